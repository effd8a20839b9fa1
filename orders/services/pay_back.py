"""Who records money paid back for what an order no longer costs?"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from erp.core.errors import InvalidInput
from erp.core.models import User
from orders.locks import lock_order
from orders.services.payment import payment_refund
from orders.services.refund_due import refund_due, refund_due_settle


@transaction.atomic
def order_pay_back(
    *, order_id: int, provider: str, provider_ref: str, amount: Decimal, actor: User, at: datetime
) -> int:
    """This function will record money paid back for what an order no longer costs, and close its case.

    InvalidInput for more than is owed (goods that came back are refunded by their return), or without a reference.
    """
    if not provider.strip() or not provider_ref.strip():
        raise InvalidInput(
            "a refund has a provider and its reference",
            field="provider_ref",
            remedy="Copy them from the provider.",
        )
    order = lock_order(order_id)
    owed = refund_due(order)
    if amount > owed:
        raise InvalidInput(
            f"{owed:.2f} {order.currency} is to be paid back, not {amount}",
            field="amount",
            remedy="Lower the amount.",
        )
    payment_id = payment_refund(
        order_id=order_id, provider=provider.strip()[:40], provider_ref=provider_ref.strip()[:120], amount=amount,
        actor=actor, at=at,
    )  # fmt: skip
    refund_due_settle([order_id], actor=actor, at=at)
    return payment_id
