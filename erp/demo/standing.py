"""What does the demo company tell its customers from its last day on, and which standing orders does it have?"""

from __future__ import annotations

from datetime import datetime, timedelta

from erp.core.sql import query
from erp.demo.master import Company
from orders.services import (
    ChannelMailDraft,
    SubscriptionDraft,
    SubscriptionLineDraft,
    channel_mail_save,
    subscription_pause,
    subscription_save,
)

COLOURS = {"web-uk": "#9d174d", "trade-uk": "#0b5f58", "trade-eu": "#1e3a8a", "export": "#7c2d12"}
# The trade customers who order most often, each with the two products they order most.
_REGULARS = """
SELECT c.number, (SELECT array_agg(sku) FROM (
         SELECT p.sku FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id
           JOIN inventory_product p ON p.id = l.product_id
          WHERE o.customer_id = c.id AND p.is_active AND p.list_price > 0
          GROUP BY p.sku ORDER BY sum(l.quantity_ordered) DESC, p.sku LIMIT 2) best)
  FROM orders_customer c JOIN orders_order o ON o.customer_id = c.id JOIN orders_channel h ON h.id = o.channel_id
 WHERE h.code = 'trade-uk' GROUP BY c.id ORDER BY count(*) DESC, c.number LIMIT 4
"""


def write_to_customers(company: Company, *, at: datetime) -> None:
    """This function will let every channel tell its customers what happens from `at` on: the past stays untold."""
    for code, channel_id in company.channels.items():
        draft = ChannelMailDraft(
            channel_id, from_name="Sail & Anchor Gifts", reply_to="help@example.com", logo_text="Sail & Anchor",
            colour=COLOURS.get(code, "#0b2239"),
        )  # fmt: skip
        channel_mail_save(draft, actor=company.people["olga"], at=at)


def subscribe(company: Company, *, at: datetime) -> None:
    """This function will take standing orders of regular customers on: one due today, others later, one paused."""
    cora, today = company.people["cora"], at.date()
    rhythms = ((1, "WEEK", 0), (1, "MONTH", 3), (2, "WEEK", 5), (1, "MONTH", 12))
    taken = []
    for (number, skus), (count, unit, days) in zip(query(_REGULARS), rhythms, strict=False):
        if not skus:
            continue
        saved = subscription_save(
            SubscriptionDraft(
                number, "trade-uk", [SubscriptionLineDraft(sku, 6) for sku in skus], today + timedelta(days=days), count, unit
            ),
            actor=cora, at=at,
        )  # fmt: skip
        taken.append(saved)
    if len(taken) > 2:
        subscription_pause(
            subscription_id=taken[2].pk, reason="The shop is being rebuilt.", actor=cora, at=at
        )
