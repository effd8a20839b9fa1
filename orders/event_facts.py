"""What is said of an order, and of a cart's reservation, in an event about it?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from orders.models import Order, Reservation


def facts(document_type: str, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """This function will name orders by our number and the channel's, reservations by channel and key."""
    if document_type == "orders.Order":
        orders = Order.objects.filter(pk__in=ids).values_list("pk", "number", "channel__code", "external_id")
        return {
            pk: {"order": number, "channel": channel, "external_id": external_id}
            for pk, number, channel, external_id in orders
        }
    if document_type == "orders.Reservation":
        carts = Reservation.objects.filter(pk__in=ids).values_list("pk", "channel__code", "key")
        return {pk: {"channel": channel, "key": key} for pk, channel, key in carts}
    return {}
