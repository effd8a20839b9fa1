"""Who writes the shipment of goods that a supplier has sent to our customer?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from erp.core.errors import Conflict
from erp.core.models import User
from erp.core.sql import array, query
from fulfillment.services.pack import fulfillment_pack_many
from fulfillment.services.pick import fulfillment_pick_many
from fulfillment.services.release import fulfillment_release_many
from fulfillment.services.shipment import shipment_confirm_many


@transaction.atomic
def drop_ship_confirm(
    *,
    order_id: int,
    allocation_ids: Sequence[int],
    carrier: str,
    tracking_number: str = "",
    rate: str = "",
    actor: User,
    at: datetime,
) -> list[int]:
    """This function will ship exactly these allocations, which lie at the drop-ship node, and return the shipments' ids.

    Stock, cost of sales, invoice and the customer's notice are a shipment's like any other. `rate` is base currency per unit
    of a foreign order's currency. Run again it finds the allocations taken up and does nothing; Conflict when they are not,
    because the order was put on hold meanwhile.
    """
    released = fulfillment_release_many(
        order_ids=[order_id], actor=actor, at=at, drop_ship_allocation_ids=allocation_ids
    )
    ids = released.fulfillment_ids
    if not ids:
        _demand_done(order_id, allocation_ids)
        return []
    fulfillment_pick_many(fulfillment_ids=ids, actor=actor, at=at)
    fulfillment_pack_many(fulfillment_ids=ids, actor=actor, at=at)
    (currency,) = query("SELECT currency FROM orders_order WHERE id = %s", [order_id])[0]
    return shipment_confirm_many(
        fulfillment_ids=ids, carrier=carrier, actor=actor, at=at, tracking_numbers=dict.fromkeys(ids, tracking_number),
        rates={currency: Decimal(rate)} if rate else None,
    )  # fmt: skip


def _demand_done(order_id: int, allocation_ids: Sequence[int]) -> None:
    """Nothing to take up is right when it was taken up before, and a reason to try again later when the order is held."""
    waiting = query(
        "SELECT o.number FROM orders_allocation a JOIN orders_orderline l ON l.id = a.order_line_id "
        "JOIN orders_order o ON o.id = l.order_id "
        "WHERE o.id = %s AND a.id = ANY(%s::bigint[]) AND a.state = 'ACTIVE' AND NOT a.is_planned LIMIT 1",
        [order_id, array(allocation_ids, "bigint")],
    )
    if waiting:
        raise Conflict(
            f"{waiting[0][0]} is on hold, and its goods have left", field="order",
            remedy="Release its holds, then retry the job.",
        )  # fmt: skip
