"""Which open orders could leave together?"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet

from orders.models import Order
from orders.states import OrderState

MERGEABLE = (OrderState.RECEIVED, OrderState.CONFIRMED, OrderState.ALLOCATED)


def merge_key(order: Order) -> tuple[object, ...] | None:
    """This function will return what two orders must share to be merged; None for one that can not be (a guest's)."""
    if order.customer_id is None or order.fulfilled_by_channel or order.state not in MERGEABLE:
        return None
    address = (
        order.ship_to_name,
        order.ship_to_line1,
        order.ship_to_postcode,
        order.ship_to_city,
        order.ship_to_country,
    )
    words = tuple(" ".join(part.casefold().split()) for part in address)
    return (order.customer_id, order.currency, order.channel.kind, *words)


def merge_candidates(order: Order) -> list[Order]:
    """This function will return the other unreleased orders of the same customer to the same address, oldest first."""
    key = merge_key(order)
    if key is None or order.customer_id is None:
        return []
    others: QuerySet[Order] = (
        Order.objects.filter(customer_id=order.customer_id, state__in=MERGEABLE, currency=order.currency)
        .exclude(pk=order.pk)
        .select_related("channel")
        .order_by("pk")
    )
    return [other for other in others if merge_key(other) == key]


def merge_groups(orders: Iterable[Order]) -> list[list[Order]]:
    """This function will sort orders into groups that can be merged, each oldest first; singles are left out."""
    groups: dict[tuple[object, ...], list[Order]] = {}
    for order in sorted(orders, key=lambda found: found.pk):
        key = merge_key(order)
        if key is not None:
            groups.setdefault(key, []).append(order)
    return [group for group in groups.values() if len(group) > 1]
