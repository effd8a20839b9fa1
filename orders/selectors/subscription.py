"""What comes next of a subscription, and for how much as things stand?"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import islice
from typing import NamedTuple

from erp.core.money import ZERO, quantize
from orders.models import Subscription
from orders.schedule import Schedule
from orders.states import SubscriptionState


class UpcomingOrder(NamedTuple):
    """`amount` is of the goods, at today's prices, tax exclusive; None when a product has no price."""

    day: date
    amount: Decimal | None


def upcoming_orders(subscription: Subscription, count: int = 6) -> list[UpcomingOrder]:
    """This function will return the next dates of a subscription with what each would cost today; none unless it is active."""
    if subscription.state != SubscriptionState.ACTIVE or subscription.next_date is None:
        return []
    schedule = Schedule(
        subscription.start_date,
        subscription.interval_count,
        subscription.interval_unit,
        subscription.end_date,
    )
    amount = goods_amount(subscription)
    return [UpcomingOrder(day, amount) for day in islice(schedule.from_day(subscription.next_date), count)]


def goods_amount(subscription: Subscription) -> Decimal | None:
    """This function will return what one order's goods cost today; None when a product has no price."""
    total = ZERO
    for line in subscription.lines.all():
        price = line.unit_price if subscription.price_rule == "FIXED" else line.product.list_price
        if not price:
            return None
        total += quantize(price * line.quantity, subscription.channel.currency)
    return total


def interval_words(subscription: Subscription) -> str:
    """This function will say how often: “every month”, “every 2 weeks”."""
    unit = {"DAY": "day", "WEEK": "week", "MONTH": "month"}[subscription.interval_unit]
    return (
        f"every {unit}"
        if subscription.interval_count == 1
        else f"every {subscription.interval_count} {unit}s"
    )
