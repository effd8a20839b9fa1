"""Who changes what an order costs besides its goods: shipping, discounts, fees?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import F

from erp.core.errors import Conflict, InvalidInput
from erp.core.models import User
from erp.core.money import ZERO, quantize
from orders.locks import lock_order
from orders.models import Order, OrderCharge
from orders.services.change import UNRELEASED, ChangeNote, change_record, check_editable, need_reason
from orders.services.refund_due import amount_due, refund_due_settle
from orders.services.revalidate import order_recheck


@transaction.atomic
def order_charges_change(
    *, order_id: int, differences: Mapping[str, Decimal], reason: str, actor: User, at: datetime
) -> list[str]:
    """This function will make an order's charges dearer or cheaper, kind by kind, and return the kinds of hold opened.

    `differences`: kind (an account role) → amount to add, negative to take off. Conflict once anything of the order is on the
    floor or invoiced (charges go out with the first shipment), and when it would cost less than nothing; InvalidInput names a
    kind or amount that can not be.
    """
    reason = need_reason(reason)
    order = lock_order(order_id)
    check_editable(order)
    known = {str(kind): label for kind, label in OrderCharge.KINDS}
    for kind, amount in differences.items():
        if kind not in known or amount != quantize(amount, order.currency):
            raise InvalidInput(
                f"{amount} {kind} is no charge", field="charges",
                remedy=f"Kinds are {', '.join(known)}; round to {order.currency}.",
            )  # fmt: skip
    if order.state not in UNRELEASED or order.charges_invoiced:
        raise Conflict(
            f"{order} is on the floor or invoiced with its charges", field="charges",
            remedy="Cancel its fulfilment orders first, or settle the difference by a credit note.",
        )  # fmt: skip
    changes = [
        _change(order, kind, amount, known[kind], reason) for kind, amount in sorted(differences.items()) if amount
    ]  # fmt: skip
    added = sum(differences.values(), ZERO)
    Order.objects.filter(pk=order_id).update(
        charges_total=F("charges_total") + added, total=F("total") + added
    )
    before = order.total
    order.refresh_from_db()
    if amount_due(order) < 0:
        raise Conflict(
            "the discounts would be more than the goods", field="charges", remedy="Cancel the order instead."
        )
    change_record(order=order, note=ChangeNote("CHARGES", changes, reason, before), actor=actor, at=at)
    if order.amount_paid:
        refund_due_settle([order_id], actor=actor, at=at)
    return order_recheck(order_id, actor=actor, at=at)


def _change(order: Order, kind: str, amount: Decimal, label: str, reason: str) -> dict[str, str]:
    """Change the one charge of a kind; where there are several, or none, the difference is a charge of its own."""
    rows = list(OrderCharge.objects.filter(order=order, kind=kind))
    old = sum((row.amount for row in rows), ZERO)
    if len(rows) == 1:
        rows[0].amount += amount
        if rows[0].amount:
            rows[0].save(update_fields=["amount"])
        else:
            rows[0].delete()
    else:
        OrderCharge.objects.create(order=order, kind=kind, amount=amount, description=reason[:200])
    return {"what": label.lower(), "old": f"{old:.2f}", "new": f"{old + amount:.2f}"}
