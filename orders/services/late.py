"""Which orders are past the time they were promised to leave by, and does somebody know?"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from erp.core.models import User
from erp.core.money import ZERO, quantize
from erp.core.services.exception_case import CaseDraft, exception_mirror
from erp.core.sql import query

# The value still to leave: the share of the goods that is neither shipped nor cancelled.
_LATE = """
SELECT o.id, o.number, c.code, o.ship_by, o.state, o.currency,
       sum(l.line_total * (l.quantity_ordered - l.quantity_shipped - l.quantity_cancelled) / l.quantity_ordered)
  FROM orders_order o JOIN orders_channel c ON c.id = o.channel_id JOIN orders_orderline l ON l.order_id = o.id
 WHERE o.state IN ('RECEIVED', 'ON_HOLD', 'CONFIRMED', 'ALLOCATED', 'RELEASED') AND o.ship_by < %s
 GROUP BY o.id, c.code
HAVING sum(l.quantity_ordered - l.quantity_shipped - l.quantity_cancelled) > 0
 ORDER BY o.id
"""


def order_flag_late(*, actor: User, at: datetime) -> int:
    """This function will keep one case open per order that should have left by now; returns how many there are.

    The case names channel, state and the value that still has to leave (in the order's currency; as money at risk
    when that is the base currency's). It is settled when the rest has left or was cancelled.
    """
    drafts = [
        CaseDraft(
            "ORDER_LATE", "orders.Order", str(order_id), f"{number} should have left by {ship_by:%d %b %H:%M}",
            {"channel": channel, "state": state, "currency": currency, "value": str(quantize(value, currency))},
            quantize(value, currency) if currency == settings.KEEL_BASE_CURRENCY else ZERO,
        )
        for order_id, number, channel, ship_by, state, currency, value in query(_LATE, [at])
    ]  # fmt: skip
    return exception_mirror(
        kind="ORDER_LATE", drafts=drafts, resolution="orders.order_flag_late",
        reason="Everything has left or was cancelled.", actor=actor, at=at,
    )  # fmt: skip
