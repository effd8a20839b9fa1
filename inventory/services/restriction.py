"""Who says to whom and where a product may not simply be sold?"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction

from erp.core.errors import InvalidInput, NotFound
from erp.core.models import User
from inventory.models import Product, ProductRestriction
from inventory.services.master import record_sign

OLDEST = 99


@dataclass(frozen=True)
class RestrictionDraft:
    """Countries as two-letter codes in one text, separated by blanks or commas."""

    min_age: int = 0
    hazmat_class: str = ""
    allowed_countries: str = ""
    forbidden_countries: str = ""
    is_business_only: bool = False


@transaction.atomic
def product_restrict(
    draft: RestrictionDraft, *, product_id: int, actor: User, at: datetime
) -> ProductRestriction | None:
    """This function will set a product's sales restrictions, or lift them all when the draft has none (None then).

    Orders with the product that come in from now on are checked by them.
    """
    if not Product.objects.select_for_update().filter(pk=product_id).exists():
        raise NotFound(f"there is no product #{product_id}", field="product", remedy="Reload the list.")
    if not 0 <= draft.min_age <= OLDEST:
        raise InvalidInput("that is no age", field="min_age", remedy="Enter 0 for none, or years such as 18.")
    if len(draft.hazmat_class.strip()) > 10:
        raise InvalidInput("that is no hazard class", field="hazmat_class", remedy="Such as 3 or 2.1.")
    values = asdict(draft) | {
        "hazmat_class": draft.hazmat_class.strip(),
        "allowed_countries": _countries(draft.allowed_countries, "allowed_countries"),
        "forbidden_countries": _countries(draft.forbidden_countries, "forbidden_countries"),
    }
    both = set(values["allowed_countries"].split()) & set(values["forbidden_countries"].split())
    if both:
        raise InvalidInput(
            f"{', '.join(sorted(both))} is allowed and forbidden",
            field="forbidden_countries",
            remedy="Keep it in one.",
        )
    found = ProductRestriction.objects.filter(product=product_id).first()
    if not any(values.values()):
        if found is not None:
            record_sign(found, actor=actor, at=at)
            found.delete()
        return None
    restriction = found or ProductRestriction(product_id=product_id)
    for name, value in values.items():
        setattr(restriction, name, value)
    record_sign(restriction, actor=actor, at=at)
    restriction.save()
    return restriction


def _countries(text: str, field: str) -> str:
    codes = text.upper().replace(",", " ").split()
    wrong = [code for code in codes if not (len(code) == 2 and code.isascii() and code.isalpha())]
    if wrong or len(codes) > 260:
        raise InvalidInput(
            f"“{(wrong or codes)[0][:20]}” is no country code",
            field=field,
            remedy="Two letters each, such as GB IE.",
        )
    return " ".join(sorted(set(codes)))
