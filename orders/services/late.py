"""Which orders are past the time they were promised to leave by, or about to be, and does somebody know?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from erp.core.models import User
from erp.core.money import ZERO, quantize
from erp.core.services.exception_case import CaseDraft, exception_mirror
from erp.core.sql import query
from orders.states import OrderState

RISK = timedelta(hours=6)  # an order this near to its ship-by time that is not released yet is at risk

# The value still to leave is the share of the goods that is neither shipped nor cancelled. What it waits for is the hold that
# keeps it, or the line most of its value waits for, or the node that most of it is promised from: that groups the cases.
_WAITING = """
SELECT o.id, o.number, c.code, o.ship_by, o.state, o.currency, left_.value, hold.kind, short.sku, promised.code
  FROM orders_order o JOIN orders_channel c ON c.id = o.channel_id
  CROSS JOIN LATERAL (
       SELECT sum(l.line_total * (l.quantity_ordered - l.quantity_shipped - l.quantity_cancelled) / l.quantity_ordered) AS value,
              sum(l.quantity_ordered - l.quantity_shipped - l.quantity_cancelled) AS units
         FROM orders_orderline l WHERE l.order_id = o.id) left_
  LEFT JOIN LATERAL (
       SELECT h.kind FROM orders_hold h WHERE h.order_id = o.id AND h.state = 'OPEN' ORDER BY h.id LIMIT 1) hold ON true
  LEFT JOIN LATERAL (
       SELECT p.sku FROM orders_orderline l JOIN inventory_product p ON p.id = l.product_id
        WHERE l.order_id = o.id AND l.quantity_ordered > l.quantity_allocated + l.quantity_shipped + l.quantity_cancelled
        ORDER BY (l.quantity_ordered - l.quantity_allocated - l.quantity_shipped - l.quantity_cancelled) * l.unit_price DESC, l.id
        LIMIT 1) short ON o.needs_allocation
  LEFT JOIN LATERAL (
       SELECT n.code FROM orders_orderline l JOIN orders_allocation a ON a.order_line_id = l.id AND a.state = 'ACTIVE'
         JOIN inventory_node n ON n.id = a.node_id
        WHERE l.order_id = o.id GROUP BY n.code ORDER BY sum(a.quantity) DESC, n.code LIMIT 1) promised ON true
 WHERE o.state = ANY(%s) AND o.ship_by >= %s AND o.ship_by < %s AND left_.units > 0
 ORDER BY o.id
"""


def order_flag_late(*, actor: User, at: datetime) -> int:
    """This function will keep one case open per order that should have left by now; returns how many there are.

    The case names channel, state and the value that still has to leave (in the order's currency; as money at risk
    when that is the base currency's), and what it waits for. It is settled when the rest has left or was cancelled.
    """
    open_states = [
        s.value
        for s in OrderState
        if s not in (OrderState.SHIPPED, OrderState.COMPLETED, OrderState.CANCELLED)
    ]
    rows = query(_WAITING, [open_states, "-infinity", at])
    return exception_mirror(
        kind="ORDER_LATE", drafts=_drafts("ORDER_LATE", "should have left by", rows), resolution="orders.order_flag_late",
        reason="Everything has left or was cancelled.", actor=actor, at=at,
    )  # fmt: skip


def order_flag_at_risk(*, actor: User, at: datetime) -> int:
    """This function will keep one case open per order that has to leave within hours and is not released for picking yet.

    It is settled when the order is released, has left or is late: that is a case of its own. Returns how many there are.
    """
    early = [
        s.value for s in (OrderState.RECEIVED, OrderState.ON_HOLD, OrderState.CONFIRMED, OrderState.ALLOCATED)
    ]
    rows = query(_WAITING, [early, at, at + RISK])
    return exception_mirror(
        kind="SLA_RISK", drafts=_drafts("SLA_RISK", "has to leave by", rows), resolution="orders.order_flag_at_risk",
        reason="It was released, has left, or is late by now.", actor=actor, at=at,
    )  # fmt: skip


def _drafts(kind: str, said: str, rows: Sequence[Sequence[Any]]) -> list[CaseDraft]:
    drafts = []
    for order_id, number, channel, ship_by, state, currency, value, hold, sku, node in rows:
        detail = {
            "channel": channel,
            "state": state,
            "currency": currency,
            "value": str(quantize(value, currency)),
        }
        if hold:
            detail["hold"] = hold
        elif sku:
            detail["sku"] = sku
        elif node:
            detail |= {"node": node, "stage": state}
        in_base = currency == settings.KEEL_BASE_CURRENCY
        drafts.append(
            CaseDraft(
                kind, "orders.Order", str(order_id), f"{number} {said} {ship_by:%d %b %H:%M}", detail,
                quantize(value, currency) if in_base else ZERO,
            )
        )  # fmt: skip
    return drafts
