"""How many units could be promised to a buyer now, from which nodes, and by when all of them?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.utils.timezone import localtime

from erp.core.sql import array, query
from inventory.selectors import atp_query
from orders.models import Channel
from orders.selectors.policy import shipping_nodes
from orders.selectors.promise import PromiseQuote, quote_dates


def promise_quote(
    lines: Sequence[tuple[int, int]], *, channel_id: int, country: str, at: datetime
) -> list[PromiseQuote]:
    """This function will say of each (product, quantity) what the channel could have now, and the day for all of it.

    In full from the shelf: within the channel's service promise. Else when named supply that nobody was promised brings the
    rest; without such supply no day is promised. A second line of a product gets what the first leaves.
    """
    code, hours = Channel.objects.values_list("code", "ship_within_hours").get(pk=channel_id)
    free = sellable_units({product for product, _ in lines}, channel_code=code)
    return quote_dates(lines, free, ships_on=localtime(at + timedelta(hours=hours)).date())


def sellable_units(product_ids: Iterable[int], *, channel_code: str | None = None) -> dict[int, int]:
    """This function will return product → units that could be promised now, over the nodes that ship."""
    nodes = [node.node_id for node in shipping_nodes()]
    units: dict[int, int] = {}
    for row in atp_query(product_ids, channel_code=channel_code, node_ids=nodes):
        units[row.product_id] = units.get(row.product_id, 0) + row.quantity
    return units


def units_by_node(product_ids: Sequence[int], *, channel_code: str) -> dict[int, list[tuple[str, int]]]:
    """This function will return per product the (node code, units to promise) of the nodes that ship and have some."""
    nodes: dict[int, str] = dict(
        query(
            "SELECT id, code FROM inventory_node WHERE is_active AND can_ship AND id = ANY("
            "SELECT node_id FROM inventory_stocklevel WHERE product_id = ANY(%s::bigint[])) ORDER BY rank, id",
            [array(sorted(set(product_ids)), "bigint")],
        )  # type: ignore[arg-type]
    )
    found: dict[int, list[tuple[str, int]]] = {}
    for row in atp_query(product_ids, channel_code=channel_code, node_ids=nodes):
        if row.quantity:
            found.setdefault(row.product_id, []).append((nodes[row.node_id], row.quantity))
    return found
