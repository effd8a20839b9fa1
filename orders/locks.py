"""What do the order services lock, and in which order?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from erp.core.errors import NotFound
from erp.core.locks import AdvisoryLock
from erp.core.sql import Statements, array, query
from orders.models import Order
from orders.planner import Supply
from orders.states import ALLOCATABLE


class OrderInNeed(NamedTuple):
    order_id: int
    state: str
    channel_id: int
    policy_id: int | None
    country: str
    ships_complete: bool
    is_decided: bool


def lock_order(order_id: int) -> Order:
    """This function will lock one order and return it as it is now; NotFound when there is none."""
    order = Order.objects.select_for_update(no_key=True).filter(pk=order_id).first()
    if order is None:
        raise NotFound(f"there is no order #{order_id}", field="order", remedy="Reload the list.")
    return order


def lock_orders_in_need(
    *, order_ids: Sequence[int] | None, product_ids: Sequence[int] | None, limit: int
) -> list[OrderInNeed]:
    """This function will lock orders that want stock, most urgent first.

    Named orders are waited for; a sweep over everybody skips what another worker has in hand. With `product_ids` only orders
    that still want one of them are taken.
    """
    conditions, parameters = ["o.needs_allocation", "o.state = ANY(%s::text[])"], [array(ALLOCATABLE, "text")]
    if order_ids is not None:
        conditions.append("o.id = ANY(%s::bigint[])")
        parameters.append(array(order_ids, "bigint"))
    if product_ids is not None:
        conditions.append(
            "EXISTS (SELECT 1 FROM orders_orderline l WHERE l.order_id = o.id AND l.product_id = ANY(%s::bigint[]) "
            "AND l.quantity_ordered > l.quantity_allocated + l.quantity_shipped + l.quantity_cancelled)"
        )
        parameters.append(array(product_ids, "bigint"))
    skip, batch = "SKIP LOCKED" if order_ids is None else "", Statements()
    if order_ids is not None:
        # whoever waits must wait in id order, as every other service does; urgency only orders the plan
        batch.add(
            "SELECT 1 FROM orders_order WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE",
            [array(order_ids, "bigint")],
        )
    batch.add(
        "SELECT o.id, o.state, o.channel_id, c.policy_id, o.ship_to_country, o.ships_complete, "
        "EXISTS (SELECT 1 FROM orders_allocationdecision d WHERE d.order_id = o.id) FROM orders_order o "
        f"JOIN orders_channel c ON c.id = o.channel_id WHERE {' AND '.join(conditions)} "
        f"ORDER BY o.priority DESC, o.ship_by, o.id LIMIT %s FOR NO KEY UPDATE OF o {skip}",
        [*parameters, limit],
    )
    return [OrderInNeed(*row) for row in batch.run()]


def lock_sellable(
    product_ids: Sequence[int], channel_codes: Sequence[str]
) -> tuple[Supply, dict[tuple[int, int], int]]:
    """This function will lock the products' levels at nodes that ship and return what may be sold: (product, node) → units.

    The second value is what buffers kept back. AVAILABLE and ALLOCATED rows are locked together in bucket order, the order in
    which every posting locks them, so an allocation and a pick can not wait for each other in a circle.
    """
    batch = Statements()
    batch.add("SELECT pg_advisory_xact_lock_shared(%s)", [int(AdvisoryLock.STOCK_JOURNAL)])
    batch.add(
        "SELECT l.product_id, l.node_id, l.status, l.quantity FROM inventory_stocklevel l "
        "JOIN inventory_node n ON n.id = l.node_id WHERE n.can_ship AND n.is_active "
        "AND l.product_id = ANY(%s::bigint[]) AND l.status IN ('ALLOCATED', 'AVAILABLE') "
        "ORDER BY l.product_id, l.node_id, l.status FOR NO KEY UPDATE OF l",
        [array(product_ids, "bigint")],
    )
    supply = {(row[0], row[1]): row[3] for row in batch.run() if row[2] == "AVAILABLE" and row[3] > 0}
    buffers: dict[tuple[int, int], int] = {}
    for node_id, product_id, quantity in query(
        "SELECT node_id, product_id, max(quantity) FROM inventory_stockbuffer "
        "WHERE (product_id IS NULL OR product_id = ANY(%s::bigint[])) AND (channel_code = '' OR channel_code = ANY(%s::text[])) "
        "GROUP BY 1, 2",
        [array(product_ids, "bigint"), array(channel_codes, "text")],
    ):
        for key in [(product_id, node_id)] if product_id else [key for key in supply if key[1] == node_id]:
            if key in supply:
                buffers[key] = max(buffers.get(key, 0), quantity)
    for key, quantity in buffers.items():
        supply[key] = max(supply[key] - quantity, 0)
    return supply, buffers
