"""What do purchase orders still bring, and when? Keeps inventory's expected supply in line with them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from erp.core.sql import array, query
from inventory.services import SupplyDraft, expected_supply_set_many
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
