"""What do stored orders look like to the checks?"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from erp.core.money import ZERO, quantize
from erp.core.sql import array, query
from orders.checks.facts import AddressFacts
from orders.resolve import ChannelFacts, CustomerFacts, ProductFacts
from orders.services.order_ground import Subject, SubjectLine

_ORDERS = """
SELECT o.id, o.external_id, o.ordered_at, o.currency, o.tax_total, o.amount_paid - o.amount_refunded, o.email,
       o.ship_to_name, o.ship_to_line1, o.ship_to_city, o.ship_to_postcode, o.ship_to_country,
       ch.id, ch.code, ch.currency, ch.is_prepaid, ch.ship_within_hours, ch.is_active,
       c.id, c.number, c.is_blocked, c.credit_limit, c.segment, c.verified_age,
       coalesce(r.card_ref, ''), r.provider_score, r.verified_age,
       r.bill_to ->> 'name', r.bill_to ->> 'line1', r.bill_to ->> 'city', r.bill_to ->> 'postcode', r.bill_to ->> 'country',
       c.ships_complete, c.max_shipments
  FROM orders_order o JOIN orders_channel ch ON ch.id = o.channel_id LEFT JOIN orders_customer c ON c.id = o.customer_id
  LEFT JOIN orders_orderrisk r ON r.order_id = o.id WHERE o.id = ANY(%s::bigint[]) ORDER BY o.id
"""
# What was cancelled is neither checked nor due; a kit is one line, as it was ordered.
_LINES = """
SELECT order_id, sku, product_id, list_price, is_active, units, unit_price, total, is_decided, tax FROM (
    SELECT l.order_id, l.position, p.sku, p.id AS product_id, p.list_price, p.is_active,
           l.quantity_ordered - l.quantity_cancelled AS units, l.unit_price,
           round(l.line_total * (l.quantity_ordered - l.quantity_cancelled) / l.quantity_ordered, 2) AS total,
           l.unit_price_agreed IS NOT NULL OR l.substitute_of_id IS NOT NULL AS is_decided,
           round(l.tax_amount * (l.quantity_ordered - l.quantity_cancelled) / l.quantity_ordered, 2) AS tax
      FROM orders_orderline l JOIN inventory_product p ON p.id = l.product_id
     WHERE l.order_id = ANY(%s::bigint[]) AND l.kit_id IS NULL
    UNION ALL
    SELECT k.order_id, min(c.position), p.sku, p.id, p.list_price, p.is_active,
           min((c.quantity_ordered - c.quantity_cancelled) / c.quantity_per_kit), k.unit_price,
           sum(round(c.line_total * (c.quantity_ordered - c.quantity_cancelled) / c.quantity_ordered, 2)), false,
           sum(round(c.tax_amount * (c.quantity_ordered - c.quantity_cancelled) / c.quantity_ordered, 2))
      FROM orders_orderkit k JOIN orders_orderline c ON c.kit_id = k.id JOIN inventory_product p ON p.id = k.product_id
     WHERE k.order_id = ANY(%s::bigint[]) GROUP BY k.id, p.id) every
 WHERE units > 0 ORDER BY order_id, position
"""


def stored_subjects(order_ids: Sequence[int]) -> list[Subject]:
    """This function will return stored orders as the checks see them, in three queries."""
    ids = [array(order_ids, "bigint")]
    lines: dict[int, list[SubjectLine]] = {}
    taxes: dict[int, Decimal] = {}
    for order_id, sku, product_id, list_price, is_active, *rest, tax in query(_LINES, [*ids, *ids]):
        product = ProductFacts(product_id, list_price, is_active)
        lines.setdefault(order_id, []).append(SubjectLine(sku, product, *rest))
        taxes[order_id] = taxes.get(order_id, ZERO) + tax
    charges: dict[int, list[tuple[str, Decimal]]] = {}
    for order_id, kind, amount in query(
        "SELECT order_id, kind, amount FROM orders_ordercharge WHERE order_id = ANY(%s::bigint[])", ids
    ):
        charges.setdefault(order_id, []).append((kind, amount))
    found = []
    for row in query(_ORDERS, ids):
        customer = CustomerFacts(*row[18:24], *row[32:34]) if row[18] else None
        bill_to = AddressFacts(*row[27:32]) if row[31] is not None else None
        own, extra = lines.get(row[0], []), charges.get(row[0], []) if row[0] in lines else []
        tax = taxes.get(row[0], ZERO)
        due = sum((line.total for line in own), ZERO) + tax + sum((amount for _, amount in extra), ZERO)
        found.append(
            Subject(
                ChannelFacts(*row[12:18]), row[1], row[2], row[3], own, extra, tax,
                quantize(min(row[5], max(due, ZERO)), row[3]),  # what was paid too much is owed back, and another case
                customer, row[6], AddressFacts(*row[7:12]), bill_to, row[24], row[25], row[26], row[0],
            )
        )  # fmt: skip
    return found
