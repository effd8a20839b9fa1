"""Where do goods go, what is owed for them, and what does a replenishment run look at?"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet, Sum

from erp.core.sql import array, query, unnest
from procurement.models import PurchaseOrder, PurchaseOrderLine, ReplenishmentDecision
from procurement.terms import base_exponent

_HOMES = """
SELECT DISTINCT ON (w.product_id, w.node_id) w.product_id, w.node_id, b.location_id
  FROM {source}
  JOIN inventory_binstock b ON b.product_id = w.product_id AND b.status = 'AVAILABLE' AND b.quantity > 0
  JOIN inventory_location l ON l.id = b.location_id AND l.node_id = w.node_id AND l.kind = 'BIN' AND l.is_active
   AND l.is_pickable
 ORDER BY w.product_id, w.node_id, b.quantity DESC, b.location_id
"""
_NEW_HOMES = """
WITH wanted AS MATERIALIZED (
    SELECT w.product_id, w.node_id, row_number() OVER (PARTITION BY w.node_id ORDER BY w.product_id) AS place
      FROM {source}),
bin AS MATERIALIZED (
    SELECT l.id, l.node_id, row_number() OVER (PARTITION BY l.node_id ORDER BY l.walk_order, l.id) - 1 AS place,
           count(*) OVER (PARTITION BY l.node_id) AS places
      FROM inventory_location l
     WHERE l.node_id IN (SELECT node_id FROM wanted) AND l.kind = 'BIN' AND l.is_active AND l.is_pickable),
empty AS (
    SELECT bin.id, bin.node_id, row_number() OVER (PARTITION BY bin.node_id ORDER BY bin.place) AS place
      FROM bin
     WHERE NOT EXISTS (SELECT 1 FROM inventory_binstock b WHERE b.location_id = bin.id AND b.quantity > 0))
SELECT w.product_id, w.node_id, coalesce(empty.id, anywhere.id)
  FROM wanted w
  LEFT JOIN empty ON empty.node_id = w.node_id AND empty.place = w.place
  LEFT JOIN bin anywhere ON anywhere.node_id = w.node_id AND anywhere.place = mod(w.product_id, anywhere.places)
"""


def putaway_bins(wanted: Iterable[tuple[int, int]]) -> dict[tuple[int, int], int | None]:
    """This function will choose a bin per (product, node): the one that holds most of it, else an empty one.

    When no bin is empty, products are spread over all of them by id. None where the node keeps no bins. One query,
    and one over all bins of the node when a product has no bin yet.
    """
    rows = sorted(set(wanted))
    chosen: dict[tuple[int, int], int | None] = {}
    for sql in (_HOMES, _NEW_HOMES):
        homeless = [row for row in rows if row not in chosen]
        if homeless:
            source, parameters = unnest({"product_id": "bigint", "node_id": "bigint"}, homeless, "w")
            found = query(sql.format(source=source), parameters)
            chosen |= {(product, node): location for product, node, location in found}
    return chosen


def holding_locations(node_ids: Collection[int]) -> dict[int, int]:
    """This function will return, per node that keeps bins, where goods wait before anyone has looked at them.

    The first dock or stage, else the first bin of the walk.
    """
    rows = query(
        "SELECT DISTINCT ON (l.node_id) l.node_id, l.id FROM inventory_location l "
        "WHERE l.node_id = ANY(%s::bigint[]) AND l.is_active AND l.kind IN ('BIN', 'DOCK', 'STAGE') "
        "AND l.node_id IN (SELECT b.node_id FROM inventory_location b WHERE b.kind = 'BIN' AND b.is_active "
        "AND b.is_pickable) ORDER BY l.node_id, l.kind = 'BIN', l.walk_order, l.id",
        [array(sorted(node_ids), "bigint")],
    )
    return dict(tuple(row) for row in rows)


@dataclass(frozen=True)
class GrniLine:
    """Goods of one receipt line's order line that were received and not billed, oldest receipt first."""

    receipt_id: int
    receipt_number: str
    received_on: date
    purchase_order_id: int
    purchase_order_number: str
    supplier_id: int
    supplier_name: str
    product_id: int
    sku: str
    quantity: int
    value: Decimal
    days: int


# Bills are taken to cover the oldest receipts first; a receipt's open units are those beyond what was billed.
_GRNI = """
SELECT r.id, r.number, r.received_at::date, o.id, o.number, s.id, s.name, p.id, p.sku, open.units,
       round((open.upto) * l.unit_cost * o.rate, %s) - round((open.upto - open.units) * l.unit_cost * o.rate, %s),
       %s::date - r.received_at::date
  FROM (SELECT rl.*, sum(rl.quantity) OVER (PARTITION BY rl.purchase_order_line_id ORDER BY rl.id) AS upto
          FROM procurement_goodsreceiptline rl
         WHERE rl.purchase_order_line_id IN
               (SELECT id FROM procurement_purchaseorderline WHERE quantity_invoiced < quantity_received)) rl
  JOIN procurement_purchaseorderline l ON l.id = rl.purchase_order_line_id
  JOIN procurement_purchaseorder o ON o.id = l.purchase_order_id
  JOIN procurement_supplier s ON s.id = o.supplier_id
  JOIN procurement_goodsreceipt r ON r.id = rl.receipt_id
  JOIN inventory_product p ON p.id = rl.product_id
 CROSS JOIN LATERAL (SELECT least(rl.quantity, rl.upto - l.quantity_invoiced)::bigint AS units,
                            rl.upto::bigint AS upto) open
 WHERE open.units > 0
 ORDER BY r.received_at, rl.id
"""


def grni_ageing(*, on: date) -> list[GrniLine]:
    """This function will list the receipt lines that nobody has billed yet, with their value (base) and age in days."""
    digits = base_exponent()
    return [GrniLine(*row) for row in query(_GRNI, [digits, digits, on])]


_GRNI_AS_OF = """
SELECT coalesce(sum(round(coalesce(r.units, 0) * l.unit_cost * o.rate, %s)
                  - round(coalesce(i.units, 0) * l.unit_cost * o.rate, %s)), 0)
  FROM procurement_purchaseorderline l
  JOIN procurement_purchaseorder o ON o.id = l.purchase_order_id
  LEFT JOIN (SELECT rl.purchase_order_line_id AS id, sum(rl.quantity) AS units
               FROM procurement_goodsreceiptline rl JOIN procurement_goodsreceipt g ON g.id = rl.receipt_id
              WHERE (g.received_at AT TIME ZONE 'UTC')::date <= %s GROUP BY 1) r ON r.id = l.id
  LEFT JOIN (SELECT il.purchase_order_line_id AS id, sum(il.quantity) AS units
               FROM procurement_supplierinvoiceline il JOIN procurement_supplierinvoice v ON v.id = il.invoice_id
              WHERE (v.matched_at AT TIME ZONE 'UTC')::date <= %s GROUP BY 1) i ON i.id = l.id
"""


def grni_balance(*, on: date) -> Decimal:
    """This function will return what GRNI must be by the documents at the end of day `on`, base currency.

    Per order line value(received) − value(invoiced), both rounded once (see `procurement.terms`).
    """
    digits = base_exponent()
    return Decimal(query(_GRNI_AS_OF, [digits, digits, on, on])[0][0])


def payable_balance(*, on: date) -> Decimal:
    """This function will return what PAYABLE must be at the end of day `on`: bills posted and not paid, base."""
    rows = query(
        "SELECT coalesce(sum(posted_base), 0) FROM procurement_supplierinvoice "
        "WHERE (matched_at AT TIME ZONE 'UTC')::date <= %s "
        "AND (paid_at IS NULL OR (paid_at AT TIME ZONE 'UTC')::date > %s)",
        [on, on],
    )
    return Decimal(rows[0][0])


def purchase_orders() -> QuerySet[PurchaseOrder]:
    """This function will return purchase orders with what a list shows: supplier, node, and how much has arrived."""
    return PurchaseOrder.objects.select_related("supplier", "node").annotate(
        quantity_ordered=Sum("lines__quantity_ordered"), quantity_received=Sum("lines__quantity_received")
    )


def open_suggestions() -> QuerySet[ReplenishmentDecision]:
    """This function will return the suggestions of each node's latest run that nobody has ordered yet.

    Those of earlier runs are stale: the later run has looked again.
    """
    newer = ReplenishmentDecision.objects.filter(node=OuterRef("node"), run_date__gt=OuterRef("run_date"))
    ordered = PurchaseOrderLine.objects.filter(decision=OuterRef("pk"))
    return (
        ReplenishmentDecision.objects.filter(~Exists(newer), ~Exists(ordered))
        .select_related("product", "supplier", "node")
        .annotate(value=F("quantity") * F("unit_cost"))
    )


def receipt_progress(order: PurchaseOrder) -> list[dict[str, Any]]:
    """This function will return an order's lines with the share received and billed, for a record page."""
    return [
        {
            "line": line,
            "received_percent": min(100, round(100 * line.quantity_received / line.quantity_ordered)),
            "invoiced_percent": min(100, round(100 * line.quantity_invoiced / line.quantity_ordered)),
            "left": max(0, line.quantity_ordered - line.quantity_received),
        }
        for line in order.lines.select_related("product", "decision").order_by("position")
    ]


@dataclass(frozen=True)
class Delivery:
    """How a supplier delivers: orders sent to it, those with a delivery, how many of these were on time, days they took."""

    orders: int
    delivered: int
    on_time: int
    average_days: float
    unbilled: Decimal

    @property
    def on_time_percent(self) -> int:
        return round(100 * self.on_time / self.delivered) if self.delivered else 0


def supplier_delivery(supplier_id: int) -> Delivery:
    """This function will return how a supplier has delivered, by the first receipt of each order, and what it may still bill."""
    digits = base_exponent()
    rows = query(
        "SELECT count(*), count(g.first), count(*) FILTER (WHERE g.first <= o.expected_date), "
        "coalesce(avg(g.first - o.sent_at::date), 0)::float8, coalesce(sum(u.value), 0) FROM procurement_purchaseorder o "
        "LEFT JOIN (SELECT purchase_order_id, min(received_at)::date AS first FROM procurement_goodsreceipt GROUP BY 1) g "
        "ON g.purchase_order_id = o.id LEFT JOIN LATERAL (SELECT sum(round(l.quantity_received * l.unit_cost * o.rate, %s) "
        "- round(l.quantity_invoiced * l.unit_cost * o.rate, %s)) AS value FROM procurement_purchaseorderline l "
        "WHERE l.purchase_order_id = o.id) u ON true WHERE o.supplier_id = %s AND o.sent_at IS NOT NULL",
        [digits, digits, supplier_id],
    )
    return Delivery(*rows[0])
