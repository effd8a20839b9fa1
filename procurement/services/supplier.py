"""Who keeps suppliers and their terms?"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from erp.core.errors import InvalidInput, NotFound
from erp.core.models import User
from erp.core.money import exponent
from inventory.models import Product
from inventory.services import kit_refuse
from procurement.models import Supplier, SupplierProduct

Kept = TypeVar("Kept", Supplier, SupplierProduct)
_CODE = re.compile(r"[A-Z0-9][A-Z0-9._-]{0,19}")


@transaction.atomic
def supplier_save(
    *,
    supplier_id: int | None = None,
    code: str,
    name: str,
    currency: str,
    email: str = "",
    rate: Decimal | None = None,
    lead_time_days: int = 7,
    payment_days: int = 30,
    is_active: bool = True,
    actor: User,
    at: datetime,
) -> Supplier:
    """This function will create a supplier, or change the one with `supplier_id`.

    `rate` is base currency per unit of `currency`: it must be given for a foreign supplier and is 1 for a domestic one.
    InvalidInput for a bad or taken code, currency, e-mail, rate or number of days.
    """
    code = code.strip().upper()
    _check_supplier(code, name, email, lead_time_days, payment_days)
    values = {
        "code": code, "name": name.strip()[:120], "currency": currency, "email": email.strip(),
        "rate": _rate(currency, rate), "lead_time_days": lead_time_days, "payment_days": payment_days,
        "is_active": is_active,
    }  # fmt: skip
    others = Supplier.objects.filter(code=code)
    if (others.exclude(pk=supplier_id) if supplier_id else others).exists():
        raise InvalidInput(f"the code {code} is taken", field="code", remedy="Choose another code.")
    supplier = Supplier()
    if supplier_id is not None:
        found = Supplier.objects.select_for_update().filter(pk=supplier_id).first()
        if found is None:
            raise NotFound(
                f"there is no supplier #{supplier_id}", field="supplier", remedy="Reload the list."
            )
        supplier = found
    return _write(supplier, values, actor, at)


def supplier_validated(
    *,
    code: str,
    name: str,
    email: str,
    currency: str,
    rate: Decimal | None,
    lead_time_days: int,
    payment_days: int,
) -> Decimal:
    """This function will refuse what `supplier_save` would refuse, a taken code apart, and return the rate that it would keep."""
    _check_supplier(code, name, email, lead_time_days, payment_days)
    return _rate(currency, rate)


def _check_supplier(code: str, name: str, email: str, lead_time_days: int, payment_days: int) -> None:
    if not _CODE.fullmatch(code):
        raise InvalidInput(
            "the code is not valid",
            field="code",
            remedy="Use up to 20 letters, digits, dots, dashes or underscores.",
        )
    if not name.strip():
        raise InvalidInput("a supplier needs a name", field="name", remedy="Enter its name.")
    if email.strip():
        try:
            validate_email(email.strip())
        except ValidationError as error:
            raise InvalidInput(
                "the e-mail address is not valid", field="email", remedy="Enter one like orders@acme.example."
            ) from error
    for field, value in (("lead_time_days", lead_time_days), ("payment_days", payment_days)):
        if not 0 <= value <= 365:
            raise InvalidInput(f"{value} days is out of range", field=field, remedy="Enter 0 to 365 days.")


def _rate(currency: str, rate: Decimal | None) -> Decimal:
    exponent(currency)
    if currency == settings.KEEL_BASE_CURRENCY:
        if rate not in (None, Decimal(1)):
            raise InvalidInput(
                "the base currency has the rate 1", field="rate", remedy="Leave the rate empty."
            )
        return Decimal(1)
    if rate is None or not rate.is_finite() or not 0 < rate < Decimal("1e8"):
        raise InvalidInput(
            f"{currency} needs a rate",
            field="rate",
            remedy=f"Enter how much {settings.KEEL_BASE_CURRENCY} one {currency} is worth.",
        )
    return rate


@transaction.atomic
def supplier_product_save(
    *,
    supplier_id: int,
    product_id: int,
    unit_cost: Decimal,
    supplier_sku: str = "",
    minimum_quantity: int = 1,
    pack_size: int = 1,
    rank: int | None = None,
    is_dropship: bool | None = None,
    actor: User,
    at: datetime,
) -> SupplierProduct:
    """This function will create or change a supplier's terms for a product.

    `unit_cost` is per base unit in the supplier's currency. `rank` 1 is bought from; without one a new supplier
    comes last. A rank that another supplier holds is swapped with it. `is_dropship` None leaves it as it is.
    InvalidInput for a negative price, minimum or pack below 1.
    """
    _check_terms(unit_cost, minimum_quantity, pack_size, rank)
    if not Supplier.objects.filter(pk=supplier_id).exists():
        raise NotFound(
            f"there is no supplier #{supplier_id}", field="supplier", remedy="Choose one from the list."
        )
    # the product's row orders two writers of its ranks
    if not Product.objects.select_for_update(no_key=True).filter(pk=product_id).first():
        raise NotFound(
            f"there is no product #{product_id}", field="product", remedy="Choose one from the list."
        )
    kit_refuse([product_id], doing="bought", field="product")
    others = {terms.rank: terms for terms in SupplierProduct.objects.filter(product_id=product_id)}
    mine = next((terms for terms in others.values() if terms.supplier_id == supplier_id), None)
    wanted = rank or (mine.rank if mine else max(others, default=0) + 1)
    holder = others.get(wanted)
    free = mine.rank if mine else max(others, default=0) + 1
    if holder is not None and holder is not mine:
        if mine is not None:  # step aside first: the rank is unique at every statement
            SupplierProduct.objects.filter(pk=mine.pk).update(rank=max(others) + 1)
        _write(holder, {"rank": free}, actor, at)
    terms = mine or SupplierProduct(supplier_id=supplier_id, product_id=product_id)
    return _write(
        terms,
        {
            "unit_cost": unit_cost, "supplier_sku": supplier_sku.strip()[:60], "minimum_quantity": minimum_quantity,
            "pack_size": pack_size, "rank": wanted, "is_dropship": terms.is_dropship if is_dropship is None else is_dropship,
        },
        actor,
        at,
    )  # fmt: skip


def _write(row: Kept, values: dict[str, Any], actor: User, at: datetime) -> Kept:
    """Save a row with who changed it and when, for its history."""
    for field, value in {**values, "_history_user": actor, "_history_date": at}.items():
        setattr(row, field, value)
    row.save()
    return row


def _check_terms(unit_cost: Decimal, minimum_quantity: int, pack_size: int, rank: int | None) -> None:
    if not unit_cost.is_finite() or not 0 <= unit_cost < Decimal("1e12"):
        raise InvalidInput(
            "the price is out of range", field="unit_cost", remedy="Enter a price of 0 or more."
        )
    numbers = (
        ("minimum_quantity", minimum_quantity),
        ("pack_size", pack_size),
        ("rank", 1 if rank is None else rank),
    )
    for field, value in numbers:
        if not 1 <= value <= (30_000 if field == "rank" else 1_000_000):
            raise InvalidInput(f"{value} is out of range", field=field, remedy="Enter 1 or more.")
