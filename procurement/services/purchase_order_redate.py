"""Who writes down that a supplier will deliver on another day?"""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from erp.core.errors import InvalidInput
from erp.core.models import User
from erp.core.services.note import note_add
from procurement.locks import demand_state, lock_purchase_order
from procurement.models import PurchaseOrder
from procurement.services.expected import purchase_supply_set
from procurement.states import PurchaseOrderState as S


@transaction.atomic
def purchase_order_redate(
    *, purchase_order_id: int, expected_date: date, reason: str, actor: User, at: datetime
) -> PurchaseOrder:
    """This function will move the day a sent order is expected, with a reason on its timeline; promises may then be at risk.

    InvalidInput for a day before today, the day it has already, or without a reason; IllegalTransition unless it is sent.
    """
    order = lock_purchase_order(purchase_order_id)
    demand_state([order], [S.SENT], "Only what was sent and has not arrived has a day to move.")
    if not reason.strip():
        raise InvalidInput("a reason is needed", field="reason", remedy="Say what the supplier promised.")
    if expected_date < at.date():
        raise InvalidInput("that day is past", field="expected_date", remedy="Choose today or a later day.")
    if expected_date == order.expected_date:
        raise InvalidInput(
            "it is expected on that day already", field="expected_date", remedy="Choose another day."
        )
    before, order.expected_date = order.expected_date, expected_date
    order.save(update_fields=["expected_date"])
    note_add(
        document_type="procurement.PurchaseOrder", document_id=order.pk, actor=actor, at=at,
        body=f"Expected {before:%d %b %Y} → {expected_date:%d %b %Y}: {reason.strip()}",
    )  # fmt: skip
    purchase_supply_set([order.pk], at=at)
    return order
