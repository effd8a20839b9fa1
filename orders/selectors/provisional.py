"""What does a product cost this customer, and when could it leave? The plain answers, behind the signatures of the full ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from django.conf import settings

from erp.core.sql import array, query
from inventory.models import Product
from inventory.selectors import atp_query
from orders.models import Channel


class AppliedPrice(NamedTuple):
    """The unit price that applies and where it comes from; None when nothing applies."""

    product_id: int
    price: Decimal | None
    source: str


class PromiseQuote(NamedTuple):
    """What could be promised of a line: units available now, the day it could leave, and what that rests on."""

    product_id: int
    quantity: int
    available: int
    promised_date: date | None
    supply: str


def prices_for(
    channel_id: int, customer_id: int | None, lines: Sequence[tuple[int, int]], currency: str, at: datetime
) -> list[AppliedPrice]:
    """This function will return the price of each (product, quantity): the list price, which is in base currency."""
    if currency != settings.KEEL_BASE_CURRENCY:
        return [AppliedPrice(product, None, f"no price in {currency}") for product, _ in lines]
    listed = dict(Product.objects.filter(pk__in={p for p, _ in lines}).values_list("pk", "list_price"))
    return [
        AppliedPrice(product, listed[product] or None, "list price" if listed[product] else "no list price")
        for product, _ in lines
    ]


def promise_quote(
    lines: Sequence[tuple[int, int]], *, channel_id: int, country: str, at: datetime
) -> list[PromiseQuote]:
    """This function will say of each (product, quantity) what is available to the channel now.

    In full: it may leave within the channel's service promise. Else no date is promised.
    """
    code, hours = Channel.objects.values_list("code", "ship_within_hours").get(pk=channel_id)
    shipping = [
        row[0] for row in query("SELECT id FROM inventory_node WHERE is_active AND can_ship ORDER BY id")
    ]
    free: dict[int, int] = {}
    for row in atp_query({product for product, _ in lines}, channel_code=code, node_ids=shipping):
        free[row.product_id] = free.get(row.product_id, 0) + row.quantity
    found = []
    for product, quantity in lines:
        have = free.get(product, 0)
        free[product] = max(
            0, have - quantity
        )  # a second line of the same product gets what the first leaves
        day = date.fromordinal(at.date().toordinal() + -(-hours // 24)) if have >= quantity else None
        found.append(PromiseQuote(product, quantity, have, day, "stock" if day else "backorder"))
    return found


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
