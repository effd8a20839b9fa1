"""Who keeps the rules of substitution and the limits of price overrides?"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from erp.core.errors import InvalidInput, NotFound
from erp.core.models import User
from erp.core.roles import Role
from inventory.models import Product
from orders.models import PriceLimit, Substitution


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
