"""Who keeps the customers' master data?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from simple_history.utils import bulk_create_with_history

from erp.core.errors import InvalidInput, NotFound
from erp.core.models import User
from orders.models import Customer
from orders.models.notice import LANGUAGES


@dataclass(frozen=True)
class CustomerDraft:
    """A customer as a person, an import or a channel describes it; `credit_limit` in base currency, None = no limit set."""

    number: str
    name: str
    email: str = ""
    segment: str = "CONSUMER"
    credit_limit: Decimal | None = None
    line1: str = ""
    city: str = ""
    postcode: str = ""
    country: str = ""
    is_blocked: bool = False
    tier: str = "STANDARD"
    language: str = ""
    ships_complete: str = "AS_ORDERED"
    max_shipments: int | None = None
    payment_days: int = 30
    verified_age: int | None = None


def validated(draft: CustomerDraft) -> CustomerDraft:
    """This function will return a draft that can be stored; InvalidInput names the field that can not."""
    if not draft.number.strip() or len(draft.number) > 40:
        raise InvalidInput("a customer number has 1 to 40 characters", field="number", remedy="Shorten it.")
    if not draft.name.strip() or len(draft.name) > 120:
        raise InvalidInput("a name has 1 to 120 characters", field="name", remedy="Give the customer's name.")
    for field, length in (("email", 254), ("line1", 160), ("city", 80), ("postcode", 20)):
        if len(getattr(draft, field)) > length:
            raise InvalidInput(
                f"{field} has more than {length} characters", field=field, remedy="Shorten it."
            )
    if draft.tier not in dict(Customer.TIERS):
        raise InvalidInput("there is no such tier", field="tier", remedy="STANDARD, PLUS or KEY.")
    if draft.segment not in dict(Customer.SEGMENTS):
        raise InvalidInput("there is no such segment", field="segment", remedy="CONSUMER or BUSINESS.")
    if draft.ships_complete not in dict(Customer.SHIPPING):
        raise InvalidInput(
            "there is no such way to ship", field="ships_complete", remedy="AS_ORDERED, COMPLETE or PARTIAL."
        )
    if draft.max_shipments is not None and not 1 <= draft.max_shipments <= 99:
        raise InvalidInput(
            "shipments are 1 to 99", field="max_shipments", remedy="Leave it blank for no limit."
        )
    if draft.country and not (
        len(draft.country) == 2
        and draft.country.isascii()
        and draft.country.isalpha()
        and draft.country.isupper()
    ):
        raise InvalidInput(
            "the country is not a code", field="country", remedy="Two capital letters, such as GB."
        )
    if draft.credit_limit is not None and draft.credit_limit < 0:
        raise InvalidInput(
            "a credit limit is not negative", field="credit_limit", remedy="Leave it blank for none."
        )
    if draft.language and draft.language not in dict(LANGUAGES):
        raise InvalidInput(
            "we do not write in that language", field="language", remedy="Choose from the list."
        )
    if draft.email:
        try:
            validate_email(draft.email)
        except ValidationError as error:
            raise InvalidInput(
                "that is no e-mail address", field="email", remedy="Correct it or leave it out."
            ) from error
    return draft


@transaction.atomic
def customer_create_many(drafts: Sequence[CustomerDraft], *, actor: User, at: datetime) -> dict[str, int]:
    """This function will create the customers that do not exist yet and return number → id of all of them."""
    numbers = [draft.number for draft in drafts]
    known = dict(Customer.objects.filter(number__in=numbers).values_list("number", "pk"))
    fresh = {draft.number: validated(draft) for draft in drafts if draft.number not in known}
    made = bulk_create_with_history(
        [Customer(**asdict(draft), created_at=at) for draft in fresh.values()],
        Customer,
        default_user=actor,
        default_date=at,
        batch_size=2_000,
    )
    return known | {customer.number: customer.pk for customer in made}


@transaction.atomic
def customer_save(
    draft: CustomerDraft, *, customer_id: int | None = None, actor: User, at: datetime
) -> Customer:
    """This function will create or change one customer; InvalidInput names the field, a taken number included."""
    validated(draft)
    customer = (
        Customer.objects.select_for_update().filter(pk=customer_id).first()
        if customer_id
        else Customer(created_at=at)
    )
    if customer is None:
        raise NotFound(f"there is no customer #{customer_id}", field="customer", remedy="Reload the list.")
    if customer_id and (draft.credit_limit, draft.payment_days) != (
        customer.credit_limit,
        customer.payment_days,
    ):
        raise InvalidInput(
            "credit terms are not changed here",
            field="credit_limit",
            remedy="Use the customer's credit page.",
        )
    if Customer.objects.filter(number=draft.number).exclude(pk=customer_id or 0).exists():
        raise InvalidInput(
            f"the number {draft.number} is taken", field="number", remedy="Choose another number."
        )
    for name, value in {**asdict(draft), "_history_user": actor, "_history_date": at}.items():
        setattr(customer, name, value)
    customer.save()
    return customer
