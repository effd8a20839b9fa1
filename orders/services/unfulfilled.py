"""Which stock is promised to orders that nobody has taken up for picking, for how long?"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from erp.core.models import User
from erp.core.money import ZERO, quantize
from erp.core.services.exception_case import CaseDraft, exception_mirror
from erp.core.sql import query

PATIENCE = timedelta(hours=48)  # a promise this old keeps stock from other orders

_UNTAKEN = """
SELECT o.id, o.number, o.currency, n.code, min(a.created_at), sum(a.quantity),
       sum(l.line_total * a.quantity / l.quantity_ordered)
  FROM orders_allocation a JOIN orders_orderline l ON l.id = a.order_line_id JOIN orders_order o ON o.id = l.order_id
  JOIN inventory_node n ON n.id = a.node_id
 WHERE a.state = 'ACTIVE' AND NOT a.is_planned AND a.created_at < %s
 GROUP BY o.id, n.code ORDER BY o.id, n.code
"""


def promise_flag_unfulfilled(*, actor: User, at: datetime) -> int:
    """This function will keep one case open per order whose promised stock nobody took up for two days.

    Money at risk is what the promised units sell for (base currency only). It is settled when they are taken up or given
    back. Returns how many cases stand.
    """
    drafts: dict[int, CaseDraft] = {}
    for order_id, number, currency, node, since, units, value in query(_UNTAKEN, [at - PATIENCE]):
        in_base = currency == settings.KEEL_BASE_CURRENCY
        drafts.setdefault(
            order_id,
            CaseDraft(
                "PROMISE_UNUSED", "orders.Order", str(order_id),
                f"{number}: {units} units at {node} promised since {since:%d %b} and not released",
                {"node": node, "units": int(units), "since": since.isoformat()},
                quantize(value, currency) if in_base else ZERO,
            ),
        )  # fmt: skip
    return exception_mirror(
        kind="PROMISE_UNUSED", drafts=list(drafts.values()), resolution="orders.promise_flag_unfulfilled",
        reason="It was taken up or given back.", actor=actor, at=at,
    )  # fmt: skip
