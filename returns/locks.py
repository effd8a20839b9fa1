"""What do returns lock? RMAs, then their lines, then the shipped lines behind them, each in id order."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal

from erp.core.errors import IllegalTransition, NotFound
from erp.core.sql import array, query
from returns.models import Refund, Rma, RmaLine


def lock_rmas(ids: Collection[int]) -> dict[int, Rma]:
    """This function will lock the RMAs `ids` and return them by id; NotFound names one that is missing."""
    found = {
        rma.pk: rma for rma in Rma.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    }
    _demand("return", ids, found)
    return found


@dataclass
class LineFacts:
    """A locked RMA line with what its sale knows of it. `shipped`, `returned` and `cogs` are the shipment line's."""

    id: int
    rma_id: int
    rma_number: str
    node_id: int
    shipment_line_id: int
    order_line_id: int
    product_id: int
    lot_id: int | None
    state: str
    quantity: int
    quantity_received: int
    disposition: str
    refund_amount: Decimal
    refund_tax: Decimal
    original_cost: Decimal
    cost_layer_id: int | None
    location_id: int | None
    shipped: int
    returned: int
    cogs: Decimal
    channel_id: int
    currency: str
    segment: str
    sku: str
    method: str


_LINES = """
SELECT l.id, r.id, r.number, r.node_id, l.shipment_line_id, l.order_line_id, l.product_id, l.lot_id, l.state,
l.quantity,
       l.quantity_received, l.disposition, l.refund_amount, l.refund_tax, l.original_cost, l.cost_layer_id,
       l.location_id,
       s.quantity, s.quantity_returned, s.cogs, o.channel_id, o.currency, coalesce(u.segment, ''), p.sku,
       c.valuation_method
  FROM returns_rmaline l
  JOIN returns_rma r ON r.id = l.rma_id
  JOIN fulfillment_shipmentline s ON s.id = l.shipment_line_id
  JOIN orders_order o ON o.id = r.order_id
  LEFT JOIN orders_customer u ON u.id = o.customer_id
  JOIN inventory_product p ON p.id = l.product_id
  JOIN inventory_category c ON c.id = p.category_id
 WHERE l.id = ANY(%s::bigint[])
 ORDER BY l.id
   FOR NO KEY UPDATE OF l, s
"""


def lock_rma_lines(ids: Collection[int]) -> dict[int, LineFacts]:
    """This function will lock RMA lines (RMAs first) and their shipped lines, and return what is known of them."""
    rmas = set(RmaLine.objects.filter(pk__in=ids).values_list("rma_id", flat=True))
    lock_rmas(rmas)
    found = {row[0]: LineFacts(*row) for row in query(_LINES, [array(sorted(set(ids)), "bigint")])}
    _demand("return line", ids, found)
    return found


def lock_refunds(ids: Collection[int]) -> dict[int, Refund]:
    """This function will lock the refunds `ids` and return them by id; NotFound names one that is missing."""
    rows = Refund.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    found = {refund.pk: refund for refund in rows}
    _demand("refund", ids, found)
    return found


def demand_line_state(lines: Iterable[LineFacts], state: str, remedy: str) -> None:
    """This function will raise IllegalTransition, naming the line, unless all of them are in `state`."""
    for line in lines:
        if line.state != state:
            raise IllegalTransition(
                f"{line.sku} of {line.rma_number} is {line.state}", field="state", remedy=remedy
            )


def _demand(noun: str, ids: Collection[int], found: Collection[int]) -> None:
    missing = sorted(set(ids) - set(found))
    if missing:
        raise NotFound(
            f"there is no {noun} #{missing[0]}", field="id", remedy="Reload the list.", missing=missing
        )
