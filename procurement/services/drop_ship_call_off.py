"""Who keeps a drop-ship's purchase order in step with the customer's order, when either is cancelled?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from erp.core.models import User
from erp.core.money import quantize
from erp.core.services.exception_case import CaseDraft, exception_open_many
from erp.core.services.note import note_add
from orders.locks import lock_drop_ships
from orders.models import DropShip
from orders.selectors.drop_ship import drop_ships_of_purchase
from orders.states import DROP_SHIP_OPEN
from procurement.locks import lock_purchase_order
from procurement.models import PurchaseOrder, PurchaseOrderLine
from procurement.services.purchase_order_send import purchase_order_cancel
from procurement.states import PurchaseOrderState as S
from procurement.terms import base_value

DOCUMENT = "procurement.PurchaseOrder"
REASON = "the customer does not want it any more"
UNSENT = (S.DRAFT, S.PENDING_APPROVAL, S.APPROVED)


@transaction.atomic
def drop_ship_call_off(*, ids: Sequence[int], actor: User, at: datetime) -> int:
    """This function will bring purchase orders in line with drop-ships of which units were called off; returns how many.

    One that the supplier has not got is lowered, or cancelled with its last unit. Of one that he has, a case says so: he must be
    asked. Run again it changes nothing.
    """
    rows = lock_drop_ships(ids)
    changed = 0
    for purchase_id in sorted({row.purchase_id for row in rows.values() if row.purchase_id is not None}):
        order = lock_purchase_order(purchase_id)
        members = drop_ships_of_purchase(DOCUMENT, [purchase_id])
        if order.state == S.SENT:
            changed += _ask(order, members, actor, at)
        elif order.state in UNSENT and not any(row.state in DROP_SHIP_OPEN for row in members):
            purchase_order_cancel(purchase_order_id=purchase_id, reason=REASON, actor=actor, at=at)
            changed += 1
        elif order.state in UNSENT:
            changed += _lower(order, members, actor, at)
    return changed


def _ask(order: PurchaseOrder, members: Sequence[DropShip], actor: User, at: datetime) -> int:
    lines = {line.pk: line for line in order.lines.select_related("product")}
    off = {row.purchase_line_id: row.quantity_cancelled for row in members if row.quantity_cancelled}
    skus: dict[str, int] = {}
    value = Decimal(0)
    for line_id, units in off.items():
        line = lines[line_id or 0]
        skus[line.product.sku] = skus.get(line.product.sku, 0) + units
        value += base_value(units, line.unit_cost, order.rate)
    draft = CaseDraft(
        "DROPSHIP_CALL_OFF", DOCUMENT, str(order.pk),
        f"{order.number}: {sum(skus.values())} units are cancelled, and the supplier has the order already",
        {"skus": skus}, value,
    )  # fmt: skip
    exception_open_many([draft], actor=actor, at=at)
    return 1


def _lower(order: PurchaseOrder, members: Sequence[DropShip], actor: User, at: datetime) -> int:
    """The supplier has not seen it: the lines become what is still wanted, less money than was submitted or approved."""
    wanted = {row.purchase_line_id: row.quantity_open + row.quantity_shipped for row in members}
    lines = list(PurchaseOrderLine.objects.filter(purchase_order=order).order_by("position"))
    if all(wanted.get(line.pk, 0) == line.quantity_ordered for line in lines):
        return 0
    for line in lines:
        if not wanted.get(line.pk):
            line.delete()
        elif wanted[line.pk] != line.quantity_ordered:
            PurchaseOrderLine.objects.filter(pk=line.pk).update(quantity_ordered=wanted[line.pk])
    total = sum((line.unit_cost * wanted.get(line.pk, 0) for line in lines), Decimal(0))
    order.total = quantize(total, order.currency)
    order.save(update_fields=["total"])
    note_add(document_type=DOCUMENT, document_id=order.pk, body=f"Lowered: {REASON}.", actor=actor, at=at)
    return 1
