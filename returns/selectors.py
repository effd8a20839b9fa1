"""What may come back of an order, what waits to be looked at, and what happened to each unit?"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, F, Q, QuerySet, Sum

from erp.core.sql import query
from returns.models import Refund, Rma, RmaLine
from returns.states import RmaLineState


@dataclass(frozen=True)
class Returnable:
    """A shipped line, and how many of its units are not yet authorised to come back."""

    shipment_line_id: int
    shipment_number: str
    product_id: int
    sku: str
    name: str
    shipped: int
    left: int
    unit_refund: Decimal


def returnable_lines(order_id: int) -> list[Returnable]:
    """This function will return what was shipped of an order, in the order it left."""
    rows = query(
        "SELECT l.id, s.number, p.id, p.sku, p.name, l.quantity, l.quantity - coalesce(r.units, 0), "
        "round((l.revenue + l.tax) / l.quantity, 4) FROM fulfillment_shipmentline l "
        "JOIN fulfillment_shipment s ON s.id = l.shipment_id JOIN inventory_product p ON p.id = l.product_id "
        "LEFT JOIN (SELECT shipment_line_id, sum(quantity)::bigint AS units FROM returns_rmaline "
        "WHERE state <> 'CANCELLED' GROUP BY 1) r ON r.shipment_line_id = l.id WHERE s.order_id = %s ORDER BY l.id",
        [order_id],
    )
    return [Returnable(*row) for row in rows]


def rmas() -> QuerySet[Rma]:
    """This function will return RMAs with what a list shows: units, those that arrived, and what they are worth."""
    return Rma.objects.select_related("order__customer", "node").annotate(
        units=Sum("lines__quantity", filter=~Q(lines__state=RmaLineState.CANCELLED)),
        units_received=Sum("lines__quantity_received"),
        worth=Sum("lines__refund_amount", filter=~Q(lines__state=RmaLineState.CANCELLED)),
        currency=F("order__currency"),
    )


def refunds() -> QuerySet[Refund]:
    """This function will return refunds with what a list shows."""
    return Refund.objects.select_related("rma", "order__customer", "created_by").annotate(
        currency=F("order__currency"), line_count=Count("lines")
    )


def lines_to_inspect(node_id: int | None = None) -> QuerySet[RmaLine]:
    """This function will return the lines that wait for inspection or disposition, the longest waiting first."""
    found = RmaLine.objects.filter(state__in=[RmaLineState.RECEIVED, RmaLineState.INSPECTED])
    if node_id is not None:
        found = found.filter(rma__node=node_id)
    return found.select_related("rma__order", "rma__node", "product", "lot", "location").order_by("pk")
