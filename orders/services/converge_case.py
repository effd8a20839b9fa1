"""What does each step need to know that lets our order follow its channel's, and where does it say what it can not do?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from erp.core.errors import KeelError
from erp.core.models import User
from orders.channels.document import Snapshot
from orders.channels.fold import Picture
from orders.models import Channel, ChannelOrder, Order
from orders.states import OrderState

OVER = (OrderState.CANCELLED, OrderState.SHIPPED, OrderState.COMPLETED)
SAID_BY_CHANNEL = "as the channel says"


@dataclass
class Following:
    """One channel order on its way to being followed. `order` is ours, once there is one; `pending` is told to people."""

    row: ChannelOrder
    channel: Channel
    picture: Picture
    pending: list[str]
    actor: User
    at: datetime
    order: Order = field(init=False)

    @property
    def snapshot(self) -> Snapshot:
        """The newest snapshot; nothing is followed without one."""
        assert self.picture.snapshot is not None
        return self.picture.snapshot

    def tried(self, act: Callable[[], Any]) -> bool:
        """This function will do it, or write down why it can not be done; what it wrote before it was refused is undone."""
        try:
            with transaction.atomic():
                act()
        except KeelError as error:
            self.pending.append(error.as_text())
            return False
        return True
