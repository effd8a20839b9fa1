"""Who turns promised stock into work for a picker?

However many orders are released, the statements are the same few: lock and read the allocations, lock and read the
bins, draw ids, write everything. Which bins are taken is decided by `fulfillment.planner`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from erp.core.models import User
from erp.core.services.exception_case import CaseDraft, exception_open_many
from erp.core.services.state import record_creation
from erp.core.sql import Statements, array, query, reserve_ids
from fulfillment.models import FulfillmentOrder, PickList
from fulfillment.planner import BinSupply, Need, Take, plan_bins
from fulfillment.states import FulfillmentState, PickListState
from inventory.selectors import binned_node_ids
from inventory.services import BinChoice, bin_allocate_many
from orders.services import allocation_plan_many, order_record_release_many

ACTION = "fulfillment.fulfillment_release_many"


class Release(NamedTuple):
    """What a release made; `unserved_allocation_ids` stay promised because no pickable bin holds their units."""

    fulfillment_ids: list[int]
    pick_list_ids: list[int]
    unserved_allocation_ids: list[int]


class _Want(NamedTuple):
    """An allocation that is to leave, most urgent first."""

    allocation_id: int
    order_line_id: int
    product_id: int
    node_id: int
    quantity: int
    order_id: int
    ship_by: datetime
    ships_complete: bool


# Whatever their state: an order that is promised stock between this statement and the next would be released unlocked.
_LOCK = "SELECT id FROM orders_order WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE"
_WANTS = (
    "SELECT a.id, a.order_line_id, a.product_id, a.node_id, a.quantity, o.id, o.ship_by, o.ships_complete "
    "FROM orders_order o JOIN orders_orderline l ON l.order_id = o.id "
    "JOIN orders_allocation a ON a.order_line_id = l.id JOIN inventory_node n ON n.id = a.node_id "
    "WHERE o.id = ANY(%s::bigint[]) AND o.state IN ('ALLOCATED', 'RELEASED') "
    "AND a.state = 'ACTIVE' AND NOT a.is_planned AND (n.kind = 'DROPSHIP') = (a.id = ANY(%s::bigint[])) "
    "AND (NOT %s OR n.kind = 'DROPSHIP') AND o.fulfilled_by_channel = %s "
    "AND (NOT o.ships_complete OR NOT EXISTS (SELECT 1 FROM orders_orderline m WHERE m.order_id = o.id "
    "AND m.quantity_ordered > m.quantity_allocated + m.quantity_shipped + m.quantity_cancelled)) "
    "ORDER BY o.priority DESC, o.ship_by, o.id, a.id"
)
# The bins of the products are locked first, by themselves: joined to their locations, a planner without statistics walks
# the locations. An expired lot is not sold, however full its bin is.
_SUPPLIES = (
    "WITH b AS MATERIALIZED (SELECT id, product_id, location_id, lot_id, quantity - quantity_allocated AS free, "
    "first_received_at FROM inventory_binstock WHERE product_id = ANY(%s::bigint[]) AND status = 'AVAILABLE' "
    "AND quantity > quantity_allocated ORDER BY product_id, location_id, lot_id, status FOR NO KEY UPDATE) "
    "SELECT b.id, b.product_id, l.node_id, b.free, b.location_id, b.lot_id, lot.expiry_date, b.first_received_at, "
    "l.walk_order FROM b JOIN inventory_location l ON l.id = b.location_id LEFT JOIN inventory_lot lot ON "
    "lot.id = b.lot_id WHERE l.node_id = ANY(%s::bigint[]) AND l.kind = 'BIN' AND l.is_pickable AND l.is_active "
    "AND (lot.expiry_date IS NULL OR lot.expiry_date >= %s)"
)
_FULFILLMENTS = {
    "id": "bigint", "number": "text", "order_id": "bigint", "node_id": "bigint", "pick_list_id": "bigint",
    "state": "text", "ship_by": "timestamptz", "created_at": "timestamptz",
}  # fmt: skip
_LINES = {
    "id": "bigint", "fulfillment_id": "bigint", "allocation_id": "bigint", "order_line_id": "bigint",
    "product_id": "bigint", "quantity": "bigint",
}  # fmt: skip
_LISTS = {"id": "bigint", "number": "text", "node_id": "bigint", "state": "text", "created_at": "timestamptz"}
_TASKS = {
    "id": "bigint", "pick_list_id": "bigint", "line_id": "bigint", "product_id": "bigint", "location_id": "bigint",
    "lot_id": "bigint", "position": "integer", "quantity": "bigint",
}  # fmt: skip


@transaction.atomic
def fulfillment_release_many(
    *,
    order_ids: Sequence[int],
    actor: User,
    at: datetime,
    max_orders_per_list: int = 20,
    drop_ship_allocation_ids: Sequence[int] | None = None,
    by_channel: bool = False,
) -> Release:
    """This function will plan every promised, unplanned unit of the orders and hand it to the floor.

    One fulfilment order per order and node; at nodes with bins, pick lists of at most `max_orders_per_list`
    fulfilment orders with tasks in walk order. Orders that ship complete wait until everything is promised. Orders
    that are not allocated or released, or have nothing to plan, are left alone. Units that no pickable bin holds
    stay promised and open a SHORT_PICK case. What a supplier has sent to the customer is no work for the floor: only
    `drop_ship_allocation_ids` takes it up, and nothing else with it. Nor is what a channel sends from its own warehouse: those
    orders are released `by_channel`, when it says that they have left, and no others are then.
    """
    wants = _lock_and_read(order_ids, drop_ship_allocation_ids, by_channel)
    if not wants:
        return Release([], [], [])
    binned = binned_node_ids()
    takes, unserved = _choose(wants, binned, at)
    if unserved:
        _report(unserved, actor=actor, at=at)
        left_out = {want.allocation_id for want in unserved}
        wants = [want for want in wants if want.allocation_id not in left_out]
    lists = _write(wants, takes, binned, max_orders_per_list, actor=actor, at=at) if wants else ([], [])
    return Release(*lists, [want.allocation_id for want in unserved])


def _lock_and_read(
    order_ids: Sequence[int], drop_ships: Sequence[int] | None, by_channel: bool
) -> list[_Want]:
    ids = array(sorted(set(order_ids)), "bigint")
    batch = Statements()
    batch.add(_LOCK, [ids])
    batch.add(_WANTS, [ids, array(drop_ships or [], "bigint"), drop_ships is not None, by_channel])
    return [_Want(*row) for row in batch.run()]


def _choose(
    wants: Sequence[_Want], binned: frozenset[int] | set[int], at: datetime
) -> tuple[list[Take], list[_Want]]:
    """Choose bins. An order that ships complete and misses one bin waits whole, its unbinned nodes included."""
    needs = [
        Need(w.allocation_id, w.product_id, w.node_id, w.quantity,
             ("order", w.order_id) if w.ships_complete else w.allocation_id)
        for w in wants if w.node_id in binned
    ]  # fmt: skip
    if not needs:
        return [], []
    products, nodes = {need.product_id for need in needs}, {need.node_id for need in needs}
    supplies = [
        BinSupply(*row)
        for row in query(
            _SUPPLIES, [array(sorted(products), "bigint"), array(sorted(nodes), "bigint"), at.date()]
        )
    ]
    plan = plan_bins(needs, supplies)
    if not plan.unserved:
        return plan.takes, []
    refused = {need.allocation_id for need in plan.unserved}
    waiting = {want.order_id for want in wants if want.ships_complete and want.allocation_id in refused}
    return plan.takes, [w for w in wants if w.allocation_id in refused or w.order_id in waiting]


def _report(unserved: Iterable[_Want], *, actor: User, at: datetime) -> None:
    named = {want.product_id: want for want in unserved}
    rows = query(
        "SELECT id, sku FROM inventory_product WHERE id = ANY(%s::bigint[]) ORDER BY id",
        [array(sorted(named), "bigint")],
    )
    exception_open_many(
        [
            CaseDraft(
                "SHORT_PICK", "inventory.Product", str(product_id), f"{sku}: promised units are in no pickable bin",
                {"node_id": named[product_id].node_id, "order_id": named[product_id].order_id, "sku": sku},
            )
            for product_id, sku in rows
        ],
        actor=actor, at=at,
    )  # fmt: skip


def _write(
    wants: Sequence[_Want],
    takes: Sequence[Take],
    binned: frozenset[int] | set[int],
    max_orders_per_list: int,
    *,
    actor: User,
    at: datetime,
) -> tuple[list[int], list[int]]:
    groups = _group(wants)
    per_node: dict[int, int] = {}
    for _, node_id in groups:
        if node_id in binned:
            per_node[node_id] = per_node.get(node_id, 0) + 1
    list_counts = {node: -(-count // max_orders_per_list) for node, count in sorted(per_node.items())}
    ids = reserve_ids(
        {
            "fulfillment_fulfillmentorder": len(groups), "fulfillment_fulfillmentline": len(wants),
            "fulfillment_picklist": sum(list_counts.values()), "fulfillment_picktask": len(takes),
        }
    )  # fmt: skip
    new_lists = iter(ids["fulfillment_picklist"])
    lists = {node: [next(new_lists) for _ in range(count)] for node, count in list_counts.items()}
    served = dict.fromkeys(lists, 0)
    fulfillments, lines, placed = [], [], {}
    line_ids = iter(ids["fulfillment_fulfillmentline"])
    for fulfillment_id, ((order_id, node_id), members) in zip(
        ids["fulfillment_fulfillmentorder"], groups.items(), strict=True
    ):
        list_id = None
        if node_id in lists:
            list_id = lists[node_id][served[node_id] // max_orders_per_list]
            served[node_id] += 1
        fulfillments.append(
            (fulfillment_id, f"FO-{fulfillment_id:06d}", order_id, node_id, list_id, FulfillmentState.RELEASED,
             members[0].ship_by, at)
        )  # fmt: skip
        for want in members:
            line_id = next(line_ids)
            promised = (want.allocation_id, want.order_line_id, want.product_id, want.quantity)
            lines.append((line_id, fulfillment_id, *promised))
            placed[want.allocation_id] = (list_id, line_id)
    batch = Statements()
    headers = [
        (pk, f"PL-{pk:06d}", node, PickListState.OPEN, at) for node, pks in lists.items() for pk in pks
    ]
    batch.insert("fulfillment_picklist", _LISTS, headers)
    batch.insert("fulfillment_fulfillmentorder", _FULFILLMENTS, fulfillments)
    batch.insert("fulfillment_fulfillmentline", _LINES, lines)
    batch.insert("fulfillment_picktask", _TASKS, _walk(takes, placed, ids["fulfillment_picktask"]))
    record_creation(
        PickList, ids["fulfillment_picklist"], actor=actor, at=at, action=ACTION, statements=batch
    )
    record_creation(
        FulfillmentOrder, ids["fulfillment_fulfillmentorder"], actor=actor, at=at, action=ACTION,
        then=[(FulfillmentState.RELEASED, ACTION)], statements=batch,
    )  # fmt: skip
    allocation_plan_many([want.allocation_id for want in wants], planned=True, statements=batch)
    bin_allocate_many(
        [BinChoice(take.supply.bin_stock_id, take.quantity) for take in takes], statements=batch
    )
    order_record_release_many(sorted({want.order_id for want in wants}), actor=actor, at=at, statements=batch)
    batch.run()
    return ids["fulfillment_fulfillmentorder"], ids["fulfillment_picklist"]


def _group(wants: Iterable[_Want]) -> dict[tuple[int, int], list[_Want]]:
    """One fulfilment order per order and node, in the wants' order."""
    groups: dict[tuple[int, int], list[_Want]] = {}
    for want in wants:
        groups.setdefault((want.order_id, want.node_id), []).append(want)
    return groups


def _walk(
    takes: Iterable[Take], placed: dict[int, tuple[int | None, int]], ids: Sequence[int]
) -> list[tuple[int | None, ...]]:
    """Put each list's takes in the order in which the picker passes the bins, one product after the other."""
    found = []
    for take in takes:
        list_id, line_id = placed[take.allocation_id]
        supply = take.supply
        found.append(
            (
                list_id,
                supply.walk_order,
                supply.location_id,
                supply.product_id,
                line_id,
                supply.lot_id or 0,
                take.quantity,
            )
        )
    found.sort()
    rows: list[tuple[int | None, ...]] = []
    position, previous = 0, None
    for task_id, (list_id, _, location_id, product_id, line_id, lot_id, quantity) in zip(
        ids, found, strict=True
    ):
        position = position + 1 if list_id == previous else 1
        previous = list_id
        rows.append((task_id, list_id, line_id, product_id, location_id, lot_id or None, position, quantity))
    return rows
