"""Who takes an order in and promises it stock, all in one transaction?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from erp.core.models import User
from orders.services.allocation import order_allocate_many
from orders.services.command import OrderCommand
from orders.services.order import ReceivedOrder, order_receive_many


def order_take_in(command: OrderCommand, *, actor: User, at: datetime) -> ReceivedOrder:
    """This function will receive one order (see `order_receive`), promise it stock, and post its payment last.

    The other way round a prepaid order would hold the journal's number series while it waits for a stock level that a
    shipment holds, which waits for the number series.
    """

    def promise(order_ids: Sequence[int]) -> None:
        order_allocate_many(order_ids=order_ids, actor=actor, at=at)

    return order_receive_many([command], promise=promise, actor=actor, at=at)[0]
