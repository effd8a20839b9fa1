"""Who changes many customers at once, and takes back those that nobody has dealt with?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from django.db import transaction
from simple_history.utils import bulk_update_with_history

from erp.core.errors import InvalidInput, NotFound
from erp.core.models import User
from erp.core.services.take_back import row_take_back_many
from orders.models import Customer
from orders.services.customer import CustomerDraft, validated


@transaction.atomic
def customer_change_many(
    changes: Sequence[tuple[int, CustomerDraft]], *, reason: str = "", actor: User, at: datetime
) -> None:
    """This function will change customers (id, draft) in a constant number of statements, or none (see `customer_save`)."""
    if not changes:
        return
    drafts = {customer_id: validated(draft) for customer_id, draft in changes}
    customers = list(Customer.objects.select_for_update().filter(pk__in=drafts).order_by("pk"))
    if len(customers) != len(drafts):
        raise NotFound("one of the customers is gone", field="number", remedy="Load the file again.")
    for customer in customers:
        draft = drafts[customer.pk]
        if (draft.number, draft.credit_limit, draft.payment_days) != (
            customer.number, customer.credit_limit, customer.payment_days,
        ):  # fmt: skip
            raise InvalidInput(
                "number and credit terms are not changed here", field="credit_limit", remedy="Use the customer's credit page."
            )  # fmt: skip
        for name, value in asdict(draft).items():
            setattr(customer, name, value)
    names = [name for name in asdict(next(iter(drafts.values()))) if name != "number"]
    bulk_update_with_history(
        customers, Customer, names, default_user=actor, default_date=at, default_change_reason=reason[:100] or None,
        batch_size=1_000,
    )  # fmt: skip


def customer_take_back_many(
    *, customer_ids: Sequence[int], reason: str, actor: User, at: datetime
) -> dict[int, str]:
    """This function will remove customers that nothing refers to, and return why the others stay (id → reason)."""
    return row_take_back_many(Customer, customer_ids, reason=reason, actor=actor, at=at)
