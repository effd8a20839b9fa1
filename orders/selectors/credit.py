"""What may a customer owe, what do they owe, and what should they have paid by now?"""

# ruff: noqa: S608 — every statement is put together from our own literals
from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from erp.core.sql import array, query


class CreditPosition(NamedTuple):
    """Sums over a customer's orders, in base currency: owed or on order, overdue, and what a credit hold keeps."""

    exposure: Decimal
    overdue: Decimal
    held: int
    held_value: Decimal


# Invoiced or on order, less what was paid and credited; overdue from the day after the customer's payment days. Parameters:
# the day, the customers, and the orders that are left out.
OWED = """
SELECT o.customer_id,
       sum(CASE WHEN o.state IN ('SHIPPED', 'COMPLETED') THEN o.amount_invoiced ELSE o.total END
           - o.amount_credited - o.amount_paid + o.amount_refunded),
       greatest(0, coalesce(sum(o.amount_invoiced - o.amount_credited - o.amount_paid + o.amount_refunded) FILTER (
           WHERE o.state IN ('SHIPPED', 'COMPLETED') AND NOT ch.is_prepaid
             AND (o.shipped_at AT TIME ZONE 'UTC')::date + c.payment_days < %s), 0))
  FROM orders_order o JOIN orders_customer c ON c.id = o.customer_id JOIN orders_channel ch ON ch.id = o.channel_id
 WHERE o.customer_id = ANY(%s::bigint[]) AND o.state <> 'CANCELLED' AND o.id <> ALL(%s::bigint[]) GROUP BY 1
"""
_HELD = """
SELECT count(*), coalesce(sum(o.total), 0) FROM orders_order o JOIN orders_hold h ON h.order_id = o.id
 WHERE o.customer_id = %s AND o.state <> 'CANCELLED' AND h.state = 'OPEN' AND h.kind = 'CREDIT'
"""


def credit_position(customer_id: int, *, at: datetime) -> CreditPosition:
    """This function will return where a customer stands; overdue counts from the day after their payment days."""
    (row,) = query(
        f"SELECT coalesce(owed.exposure, 0), coalesce(owed.overdue, 0), held.orders, held.worth FROM ({_HELD}) "
        f"AS held(orders, worth) LEFT JOIN ({OWED}) AS owed(customer_id, exposure, overdue) ON true",
        [customer_id, at.date(), array([customer_id], "bigint"), array([], "bigint")],
    )
    return CreditPosition(*row)
