"""What do the order services lock, and in which order?"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from erp.core.errors import NotFound
from erp.core.locks import AdvisoryLock
from erp.core.sql import Statements, array, query
from orders.models import DropShip, Order
from orders.planner import Conditions, Supply, Withheld
from orders.states import ALLOCATABLE

# What a supplier was asked to send to the customer's door wants nothing from our shelves.
OPEN_DROP_SHIP = (
    "coalesce((SELECT sum(d.quantity - d.quantity_shipped - d.quantity_cancelled)::bigint FROM orders_dropship d "
    "WHERE d.order_line_id = l.id AND d.state IN ('REQUESTED', 'ORDERED')), 0)"
)
_WANTED = (
    "SELECT 1 FROM orders_orderline l WHERE l.order_id = o.id AND l.quantity_ordered > l.quantity_allocated "
    f"+ l.quantity_shipped + l.quantity_cancelled + {OPEN_DROP_SHIP}"
)
_SELLABLE = (
    "SELECT 1 FROM inventory_stocklevel v JOIN inventory_node n ON n.id = v.node_id WHERE v.product_id = l.product_id "
    "AND v.status = 'AVAILABLE' AND v.quantity > 0 AND n.is_active "
    "AND CASE WHEN o.fulfilled_by_channel THEN n.id = o.fulfilment_node_id ELSE n.can_ship END"
)
_DROP_SHIPPED = (
    "EXISTS (SELECT 1 FROM orders_orderline l JOIN orders_dropship d ON d.order_line_id = l.id "
    "WHERE l.order_id = o.id AND d.state IN ('REQUESTED', 'ORDERED'))"
)
_SUPPLY = (
    "SELECT s.id, s.product_id, s.quantity_open, s.expected_date FROM inventory_expectedsupply s "
    "JOIN inventory_node n ON n.id = s.node_id AND n.kind <> 'DROPSHIP' "
    "WHERE s.product_id = ANY(%s::bigint[]) AND s.quantity_open > 0 ORDER BY s.id FOR NO KEY UPDATE OF s"
)
# What a channel sends itself is promised at the node that stands for its warehouse, and nowhere while none is named.
_WANTS_STOCK = "o.needs_allocation AND (NOT o.fulfilled_by_channel OR o.fulfilment_node_id IS NOT NULL)"
_DECIDED = "EXISTS (SELECT 1 FROM orders_allocationdecision d WHERE d.order_id = o.id)"


class OrderInNeed(NamedTuple):
    order_id: int
    state: str
    channel: str
    policy_id: int | None
    country: str
    ships_complete: bool
    is_decided: bool
    priority: int
    ship_by: datetime
    ordered_at: datetime
    total: Decimal
    segment: str
    tier: str
    max_shipments: int
    has_drop_ships: bool
    only_node: int | None


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

    Named orders are waited for; a sweep skips what another worker has in hand, and looks only at orders that were never
    decided or want a product (one of `product_ids`) that some node has to sell, so that hopeless ones never crowd out others.
    """
    conditions, parameters = [_WANTS_STOCK, "o.state = ANY(%s::text[])"], [array(ALLOCATABLE, "text")]
    if order_ids is not None:
        conditions.append("o.id = ANY(%s::bigint[])")
        parameters.append(array(order_ids, "bigint"))
    if product_ids is not None:
        conditions.append(f"EXISTS ({_WANTED} AND l.product_id = ANY(%s::bigint[]))")
        parameters.append(array(product_ids, "bigint"))
    elif order_ids is None:
        conditions.append(f"(NOT {_DECIDED} OR EXISTS ({_WANTED} AND EXISTS ({_SELLABLE})))")
    skip, batch = "SKIP LOCKED" if order_ids is None else "", Statements()
    if order_ids is not None:
        # whoever waits must wait in id order, as every other service does; urgency only orders the plan
        batch.add(
            "SELECT 1 FROM orders_order WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE",
            [array(order_ids, "bigint")],
        )
    batch.add(
        f"SELECT o.id, o.state, c.code, c.policy_id, o.ship_to_country, o.ships_complete, {_DECIDED}, o.priority, o.ship_by, "
        "o.ordered_at, o.total, coalesce(u.segment, ''), coalesce(u.tier, ''), coalesce(o.max_shipments, 0), "
        f"{_DROP_SHIPPED}, o.fulfilment_node_id "
        "FROM orders_order o "
        "JOIN orders_channel c ON c.id = o.channel_id LEFT JOIN orders_customer u ON u.id = o.customer_id "
        f"WHERE {' AND '.join(conditions)} ORDER BY o.priority DESC, o.ship_by, o.id LIMIT %s FOR NO KEY UPDATE OF o {skip}",
        [*parameters, limit],
    )
    return [OrderInNeed(*row) for row in batch.run()]


def lock_drop_ships(ids: Sequence[int]) -> dict[int, DropShip]:
    """This function will lock the orders of drop-ships in id order, then the drop-ships, and return those by id."""
    wanted = array(sorted(set(ids)), "bigint")
    query(
        "SELECT 1 FROM orders_order WHERE id IN (SELECT l.order_id FROM orders_dropship d JOIN orders_orderline l "
        "ON l.id = d.order_line_id WHERE d.id = ANY(%s::bigint[])) ORDER BY id FOR NO KEY UPDATE",
        [wanted],
    )
    rows = DropShip.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=set(ids))
    return {row.pk: row for row in rows.select_related("order_line__order").order_by("pk")}


def lock_drop_ship_levels(product_ids: Sequence[int], node_id: int) -> None:
    """This function will lock the products' levels at the drop-ship node, before anything is received or cost is laid down."""
    batch = Statements()
    batch.add("SELECT pg_advisory_xact_lock_shared(%s)", [int(AdvisoryLock.STOCK_JOURNAL)])
    batch.add(
        "SELECT 1 FROM inventory_stocklevel WHERE node_id = %s AND product_id = ANY(%s::bigint[]) "
        "AND status IN ('ALLOCATED', 'AVAILABLE') ORDER BY product_id, node_id, status FOR NO KEY UPDATE",
        [node_id, array(sorted(set(product_ids)), "bigint")],
    )
    batch.run()


_BUFFERS = (
    "SELECT product_id, node_id, quantity, channel_code FROM inventory_stockbuffer "
    "WHERE product_id IS NULL OR product_id = ANY(%s::bigint[])"
)
_POOLS = (
    "SELECT product_id, node_id, quantity, channel_code, country, tier FROM inventory_stockpool "
    "WHERE is_active AND (product_id IS NULL OR product_id = ANY(%s::bigint[])) ORDER BY id"
)


def lock_sellable(
    product_ids: Sequence[int], *, theirs: Collection[int] = ()
) -> tuple[Supply, list[Withheld]]:
    """This function will lock the products' levels at nodes that ship and return (product, node) → units, and what is withheld.

    `theirs` are nodes to lock and return as well: channels' warehouses, which ship for nobody else.
    AVAILABLE and ALLOCATED rows are locked together in bucket order, the order in which every posting locks them, so an
    allocation and a pick can not wait for each other in a circle.
    """
    products = array(product_ids, "bigint")
    batch = Statements()
    batch.add("SELECT pg_advisory_xact_lock_shared(%s)", [int(AdvisoryLock.STOCK_JOURNAL)])
    batch.add(
        "SELECT l.product_id, l.node_id, l.status, l.quantity FROM inventory_stocklevel l "
        "JOIN inventory_node n ON n.id = l.node_id WHERE (n.can_ship OR n.id = ANY(%s::bigint[])) AND n.is_active "
        "AND l.product_id = ANY(%s::bigint[]) AND l.status IN ('ALLOCATED', 'AVAILABLE') "
        "ORDER BY l.product_id, l.node_id, l.status FOR NO KEY UPDATE OF l",
        [array(sorted(theirs), "bigint"), products],
    )
    supply = {(row[0], row[1]): row[3] for row in batch.run() if row[2] == "AVAILABLE" and row[3] > 0}
    return supply, read_withheld(product_ids)


_CARTS = (
    "SELECT r.id FROM orders_reservation r JOIN orders_order o ON o.channel_id = r.channel_id AND o.reservation_key = r.key "
    "WHERE o.id = ANY(%s::bigint[]) AND o.reservation_key <> '' AND r.state = 'ACTIVE' ORDER BY r.id FOR NO KEY UPDATE OF r"
)
_TOUCHED = (
    "SELECT product_id FROM orders_orderline WHERE order_id = ANY(%s::bigint[]) UNION "
    "SELECT product_id FROM orders_reservationline WHERE reservation_id = ANY(%s::bigint[])"
)


# What is reserved among them: a promise may set units aside for a transfer.
_KEPT_OR_FREE = (
    "SELECT 1 FROM inventory_stocklevel WHERE product_id = ANY(%s::bigint[]) "
    "AND status IN ('ALLOCATED', 'AVAILABLE', 'RESERVED') ORDER BY product_id, node_id, status FOR NO KEY UPDATE"
)


def lock_levels_of_orders(order_ids: Sequence[int], *, also: Sequence[int] = ()) -> None:
    """This function will lock every level and supply that these orders' promises, lines and carts can touch, and those of
    products `also`.

    For services that touch them more than once (release, then allocate; one order after the other): they call it first,
    with all their orders, which are locked already. What they lock afterwards they have, so they wait in no circle.
    """
    ids = array(sorted(order_ids), "bigint")
    carts = [row[0] for row in query(_CARTS, [ids])]
    products = {row[0] for row in query(_TOUCHED, [ids, array(carts, "bigint")])}
    batch = Statements()
    batch.add("SELECT pg_advisory_xact_lock_shared(%s)", [int(AdvisoryLock.STOCK_JOURNAL)])
    batch.add(_KEPT_OR_FREE, [array(sorted(products | set(also)), "bigint")])
    batch.run()
    lock_supply(products | set(also))


def lock_supply(product_ids: Collection[int]) -> list[tuple[int, int, int, date]]:
    """This function will lock what is expected of these products, by id, and return (id, product, units open, day).

    Not what a supplier sends to one customer's door: that is nobody else's.
    """
    return [
        (pk, product, units, day)
        for pk, product, units, day in query(_SUPPLY, [array(sorted(set(product_ids)), "bigint")])
    ]


def read_withheld(product_ids: Sequence[int]) -> list[Withheld]:
    """This function will return the buffers and pools that keep units of these products from somebody."""
    products = array(product_ids, "bigint")
    withheld = [Withheld(*row) for row in query(_BUFFERS, [products])]
    for product_id, node_id, quantity, channel, country, tier in query(_POOLS, [products]):
        members = Conditions(
            channels=frozenset(filter(None, [channel])), countries=frozenset(filter(None, [country])),
            tiers=frozenset(filter(None, [tier])),
        )  # fmt: skip
        withheld.append(Withheld(product_id, node_id, quantity, members=members))
    return withheld


def lock_channel_streams(channel_ids: Iterable[int]) -> None:
    """This function will lock channels' streams, for who changes many listings of theirs: the stream's row comes first.

    Who computes holds it to the end, so nobody waits for one listing while holding another.
    """
    query(
        "SELECT 1 FROM orders_channelsync WHERE channel_id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE",
        [array(sorted(set(channel_ids)), "bigint")],
    )
