"""Who keeps the rules of substitution and the limits of price overrides?"""

from __future__ import annotations

import csv
import io
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.dateparse import parse_date

from erp.core.errors import InvalidInput, NotFound
from erp.core.models import User
from erp.core.roles import Role
from inventory.models import Product
from orders.models import PriceLimit, Substitution

COLUMNS = (
    "product", "substitute", "quantity_product", "quantity_substitute", "is_both_ways", "needs_agreement", "price_rule",
    "valid_from", "valid_to", "priority", "is_active",
)  # fmt: skip
MAX_ROWS = 10_000
_FLAGS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


@dataclass(frozen=True)
class SubstitutionDraft:
    """A rule as a person or a file says it; products by SKU."""

    product: str
    substitute: str
    quantity_product: int = 1
    quantity_substitute: int = 1
    is_both_ways: bool = False
    needs_agreement: bool = True
    price_rule: str = "LOWER"
    valid_from: date | None = None
    valid_to: date | None = None
    priority: int = 0
    is_active: bool = True


@transaction.atomic
def substitution_save(
    draft: SubstitutionDraft, *, substitution_id: int | None = None, actor: User, at: datetime
) -> Substitution:
    """This function will create or change a rule; InvalidInput names the field, a pair that has a rule included."""
    products = _products([draft.product, draft.substitute])
    for name in ("product", "substitute"):
        if getattr(draft, name).strip().lower() not in products:
            raise InvalidInput(
                f"there is no product “{getattr(draft, name)[:40]}”",
                field=name,
                remedy="Use a product's SKU.",
            )
    product, substitute = products[draft.product.strip().lower()], products[draft.substitute.strip().lower()]
    if product.pk == substitute.pk:
        raise InvalidInput(
            "a product does not replace itself", field="substitute", remedy="Name another product."
        )
    if draft.quantity_product < 1 or draft.quantity_substitute < 1:
        raise InvalidInput(
            "a ratio has 1 unit at least", field="quantity_product", remedy="1 to 1 is the usual one."
        )
    if draft.price_rule not in dict(Substitution.PRICE_RULES):
        raise InvalidInput("there is no such price rule", field="price_rule", remedy="KEEP or LOWER.")
    if draft.valid_from and draft.valid_to and draft.valid_from > draft.valid_to:
        raise InvalidInput("it ends before it begins", field="valid_to", remedy="Choose a later day.")
    pair = Substitution.objects.filter(product=product, substitute=substitute)
    if pair.exclude(pk=substitution_id or 0).exists():
        raise InvalidInput(
            f"{product} has a rule for {substitute}", field="substitute", remedy="Edit that rule."
        )
    rule = Substitution()
    if substitution_id is not None:
        found = Substitution.objects.select_for_update(of=("self",)).filter(pk=substitution_id).first()
        if found is None:
            raise NotFound(
                f"there is no rule #{substitution_id}", field="substitution", remedy="Reload the list."
            )
        rule = found
    values = asdict(draft) | {
        "product": product,
        "substitute": substitute,
        "_history_user": actor,
        "_history_date": at,
    }
    for name, value in values.items():
        setattr(rule, name, value)
    rule.save()
    return rule


@transaction.atomic
def substitution_import(*, content: bytes, actor: User, at: datetime) -> int:
    """This function will create or change the rules of a CSV file, all or none, and return how many.

    InvalidInput names the row at fault.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput("the file is not UTF-8", field="file", remedy="Save it as CSV UTF-8.") from error
    rows = list(csv.DictReader(io.StringIO(text)))
    if not rows or not {"product", "substitute"} <= set(rows[0]):
        raise InvalidInput(
            "columns product and substitute are missing",
            field="file",
            remedy=f"Columns: {', '.join(COLUMNS)}.",
        )
    if len(rows) > MAX_ROWS:
        raise InvalidInput(f"{len(rows)} rows, at most {MAX_ROWS}", field="file", remedy="Split the file.")
    known = {
        (product.lower(), substitute.lower()): pk
        for pk, product, substitute in Substitution.objects.values_list(
            "pk", "product__sku", "substitute__sku"
        )
    }
    for number, row in enumerate(rows, start=2):
        try:
            draft = _draft(row)
            pair = (draft.product.lower(), draft.substitute.lower())
            known[pair] = substitution_save(draft, substitution_id=known.get(pair), actor=actor, at=at).pk
        except InvalidInput as error:
            raise InvalidInput(f"row {number}: {error.message}", field="file", remedy=error.remedy) from error
    return len(rows)


def _draft(row: dict[str, str | None]) -> SubstitutionDraft:
    unknown = sorted(str(name) for name in set(row) - set(COLUMNS))
    if unknown:
        raise InvalidInput(
            f"unknown column {unknown[0][:40]}", field="file", remedy=f"Columns: {', '.join(COLUMNS)}."
        )
    said = {name: (value or "").strip() for name, value in row.items() if (value or "").strip()}
    values: dict[str, object] = {"product": "", "substitute": "", **said}
    for name in ("quantity_product", "quantity_substitute", "priority"):
        if name in said:
            if not said[name].lstrip("-").isdecimal() or len(said[name]) > 6:
                raise InvalidInput(
                    f"{name} “{said[name][:20]}” is no whole number", field="file", remedy="Use digits."
                )
            values[name] = int(said[name])
    for name in ("is_both_ways", "needs_agreement", "is_active"):
        if name in said:
            if said[name].lower() not in _FLAGS:
                raise InvalidInput(f"{name} is “{said[name][:20]}”", field="file", remedy="Use yes or no.")
            values[name] = _FLAGS[said[name].lower()]
    for name in ("valid_from", "valid_to"):
        if name in said:
            values[name] = _day(name, said[name])
    return SubstitutionDraft(**values)  # type: ignore[arg-type]


def _day(name: str, text: str) -> date:
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise InvalidInput(f"{name} “{text[:20]}” is no day", field="file", remedy="Write 2026-03-31.")
    return day


def _products(skus: list[str]) -> dict[str, Product]:
    wanted = [sku.strip().lower() for sku in skus]
    found = Product.objects.extra(where=["lower(sku) = ANY(%s)"], params=[wanted])
    return {product.sku.lower(): product for product in found}


@transaction.atomic
def price_limit_save(
    *,
    role: str,
    max_percent: Decimal,
    max_amount: Decimal,
    price_limit_id: int | None = None,
    actor: User,
    at: datetime,
) -> PriceLimit:
    """This function will say how far below the agreed price a role may go by itself; InvalidInput names the field."""
    if role not in Role.values:
        raise InvalidInput("there is no such role", field="role", remedy="Choose from the list.")
    if not 0 <= max_percent <= 100:
        raise InvalidInput(
            "a limit is 0 to 100 %", field="max_percent", remedy="0 = every override is asked for."
        )
    if max_amount < 0:
        raise InvalidInput(
            "a limit is not negative", field="max_amount", remedy="0 = every override is asked for."
        )
    if PriceLimit.objects.filter(role=role).exclude(pk=price_limit_id or 0).exists():
        raise InvalidInput("that role has a limit", field="role", remedy="Edit that one.")
    limit = PriceLimit()
    if price_limit_id is not None:
        found = PriceLimit.objects.select_for_update().filter(pk=price_limit_id).first()
        if found is None:
            raise NotFound(
                f"there is no limit #{price_limit_id}", field="price_limit", remedy="Reload the list."
            )
        limit = found
    values = {"role": role, "max_percent": max_percent, "max_amount": max_amount}
    for name, value in {**values, "_history_user": actor, "_history_date": at}.items():
        setattr(limit, name, value)
    limit.save()
    return limit
