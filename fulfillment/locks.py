"""Which rows does fulfilment lock, and in which order?

Order (the aggregate that everything here serves) → pick list → fulfilment order, each by id. Bins and levels come
after, then cost layers, then number series (erp.core.locks). One round trip takes all three.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from erp.core.errors import NotFound
from erp.core.sql import Statements, array

_ORDERS = (
    "SELECT id FROM orders_order WHERE id IN (SELECT order_id FROM fulfillment_fulfillmentorder "
    "WHERE id = ANY(%s::bigint[])) ORDER BY id FOR NO KEY UPDATE"
)
_LISTS = (
    "SELECT id FROM fulfillment_picklist WHERE id IN (SELECT pick_list_id FROM fulfillment_fulfillmentorder "
    "WHERE id = ANY(%s::bigint[])) ORDER BY id FOR NO KEY UPDATE"
)
_FULFILLMENTS = (
    "SELECT id, number, order_id, node_id, pick_list_id, state FROM fulfillment_fulfillmentorder "
    "WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE"
)


class LockedFulfillment(NamedTuple):
    """A fulfilment order as it stands under lock."""

    id: int
    number: str
    order_id: int
    node_id: int
    pick_list_id: int | None
    state: str


def lock_fulfillments(fulfillment_ids: Sequence[int]) -> list[LockedFulfillment]:
    """This function will lock fulfilment orders with their orders and pick lists and return them by id.

    NotFound when one of them does not exist.
    """
    ids = array(sorted(set(fulfillment_ids)), "bigint")
    batch = Statements()
    for sql in (_ORDERS, _LISTS, _FULFILLMENTS):
        batch.add(sql, [ids])
    found = [LockedFulfillment(*row) for row in batch.run()]
    missing = set(fulfillment_ids) - {row.id for row in found}
    if missing:
        raise NotFound(
            f"there is no fulfilment order #{min(missing)}", field="fulfillment", remedy="Reload the list."
        )
    return found
