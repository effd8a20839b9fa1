"""What do purchase orders still bring, and when? Keeps inventory's expected supply in line with them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

from erp.core.errors import IllegalTransition, InvalidInput
from erp.core.models import User
from erp.core.services.note import note_add
from erp.core.sql import array, query
from inventory.services import SupplyDraft, expected_supply_set_many
from procurement.locks import lock_purchase_order
from procurement.models import PurchaseOrder
from procurement.states import INBOUND

_LINES = (
    "SELECT l.product_id, o.node_id, 'procurement.PurchaseOrderLine', l.id, 'procurement.PurchaseOrder', o.id, o.number, "
    "CASE WHEN o.state = ANY(%s::text[]) THEN greatest(l.quantity_ordered - l.quantity_received, 0) ELSE 0 END, "
    "o.expected_date FROM procurement_purchaseorder o JOIN procurement_purchaseorderline l ON l.purchase_order_id = o.id "
    "WHERE o.id = ANY(%s::bigint[]) ORDER BY l.id"
)


def purchase_supply_set(ids: Sequence[int], *, at: datetime) -> None:
    """This function will bring the expected supply in line with purchase orders: what was ordered and has not come."""
    rows = query(_LINES, [array(INBOUND, "text"), array(ids, "bigint")])
    expected_supply_set_many([SupplyDraft(*row) for row in rows], at=at)


@transaction.atomic
def purchase_order_redate(
    *, purchase_order_id: int, expected_date: date, reason: str, actor: User, at: datetime
) -> PurchaseOrder:
    """This function will move the day an order is expected; what was promised out of it then shows as at risk.

    IllegalTransition unless it is approved or sent; InvalidInput for a day in the past or without a reason.
    """
    order = lock_purchase_order(purchase_order_id)
    if not reason.strip():
        raise InvalidInput("a reason is needed", field="reason", remedy="Say what the supplier said.")
    if order.state not in INBOUND:
        raise IllegalTransition(
            f"{order} is {order.state}",
            field="state",
            remedy="Only an order that is on its way has a new date.",
        )
    if expected_date < at.date():
        raise InvalidInput("the day lies in the past", field="expected_date", remedy="Choose today or later.")
    before = order.expected_date
    order.expected_date = expected_date
    order.save(update_fields=["expected_date"])
    note_add(
        document_type="procurement.PurchaseOrder", document_id=order.pk, actor=actor, at=at,
        body=f"Expected {before:%d %b %Y} \u2192 {expected_date:%d %b %Y}: {reason.strip()}",
    )  # fmt: skip
    purchase_supply_set([order.pk], at=at)
    return order
