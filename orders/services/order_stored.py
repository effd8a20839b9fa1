"""What do stored orders look like to the checks?"""

from __future__ import annotations

from collections.abc import Sequence

from erp.core.sql import array, query
from orders.checks.facts import AddressFacts
from orders.resolve import ChannelFacts, CustomerFacts, ProductFacts
from orders.services.order_facts import Subject, SubjectLine

_ORDERS = """
SELECT o.id, o.external_id, o.ordered_at, o.currency, o.tax_total, o.amount_paid - o.amount_refunded, o.email,
       o.ship_to_name, o.ship_to_line1, o.ship_to_city, o.ship_to_postcode, o.ship_to_country,
       ch.id, ch.code, ch.currency, ch.is_prepaid, ch.ship_within_hours, ch.is_active,
       c.id, c.number, c.is_blocked, c.credit_limit, c.segment, c.verified_age,
       coalesce(r.card_ref, ''), r.provider_score, r.verified_age,
       r.bill_to ->> 'name', r.bill_to ->> 'line1', r.bill_to ->> 'city', r.bill_to ->> 'postcode', r.bill_to ->> 'country'
  FROM orders_order o JOIN orders_channel ch ON ch.id = o.channel_id LEFT JOIN orders_customer c ON c.id = o.customer_id
  LEFT JOIN orders_orderrisk r ON r.order_id = o.id WHERE o.id = ANY(%s::bigint[]) ORDER BY o.id
"""
_LINES = """
SELECT l.order_id, p.sku, p.id, p.list_price, p.is_active, l.quantity_ordered, l.unit_price, l.line_total
  FROM orders_orderline l JOIN inventory_product p ON p.id = l.product_id
 WHERE l.order_id = ANY(%s::bigint[]) ORDER BY l.order_id, l.position
"""


def stored_subjects(order_ids: Sequence[int]) -> list[Subject]:
    """This function will return stored orders as the checks see them, in three queries."""
    ids = [array(order_ids, "bigint")]
    lines: dict[int, list[SubjectLine]] = {}
    for order_id, sku, product_id, list_price, is_active, *rest in query(_LINES, ids):
        product = ProductFacts(product_id, list_price, is_active)
        lines.setdefault(order_id, []).append(SubjectLine(sku, product, *rest))
    charges: dict[int, list[tuple[str, object]]] = {}
    for order_id, kind, amount in query(
        "SELECT order_id, kind, amount FROM orders_ordercharge WHERE order_id = ANY(%s::bigint[])", ids
    ):
        charges.setdefault(order_id, []).append((kind, amount))
    return [
        Subject(
            ChannelFacts(*row[12:18]), row[1], row[2], row[3], lines.get(row[0], []), charges.get(row[0], ()),  # type: ignore[arg-type]
            row[4], row[5], CustomerFacts(*row[18:24]) if row[18] else None, row[6], AddressFacts(*row[7:12]),
            AddressFacts(*row[27:32]) if row[31] is not None else None, row[24], row[25], row[26], row[0],
        )
        for row in query(_ORDERS, ids)
    ]  # fmt: skip
