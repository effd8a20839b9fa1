"""What may a customer owe, what do they owe, and what should they have paid by now?"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from erp.core.money import ZERO
from erp.core.sql import query


class CreditPosition(NamedTuple):
    """Sums over a customer's orders, in base currency: owed or on order, overdue, and what a credit hold keeps."""

    exposure: Decimal
    overdue: Decimal
    held: int
    held_value: Decimal


def credit_position(customer_id: int, *, at: datetime) -> CreditPosition:
    """This function will return where a customer stands; overdue counts from the day after their payment days."""
    (row,) = query(
        "SELECT sum(CASE WHEN o.state IN ('SHIPPED', 'COMPLETED') THEN o.amount_invoiced ELSE o.total END "
        "- o.amount_credited - o.amount_paid + o.amount_refunded), "
        "sum(o.amount_invoiced - o.amount_credited - o.amount_paid + o.amount_refunded) FILTER (WHERE NOT ch.is_prepaid "
        "AND o.state IN ('SHIPPED', 'COMPLETED') AND (o.shipped_at AT TIME ZONE 'UTC')::date + c.payment_days < %s), "
        "count(*) FILTER (WHERE h.order_id IS NOT NULL), sum(o.total) FILTER (WHERE h.order_id IS NOT NULL) "
        "FROM orders_order o JOIN orders_customer c ON c.id = o.customer_id JOIN orders_channel ch ON ch.id = o.channel_id "
        "LEFT JOIN orders_hold h ON h.order_id = o.id AND h.state = 'OPEN' AND h.kind = 'CREDIT' "
        "WHERE o.customer_id = %s AND o.state <> 'CANCELLED'",
        [at.date(), customer_id],
    )
    return CreditPosition(row[0] or ZERO, max(row[1] or ZERO, ZERO), row[2], row[3] or ZERO)
