"""Which channels do not answer, and does everybody who works with them know?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.urls import reverse

from erp.core.banner_registry import Banner, register_banners
from erp.core.models import User
from orders.models import ChannelBreaker
from orders.states import BreakerState

NAMED = 3


def _silent_channels(user: User, at: datetime) -> Sequence[Banner]:
    if not user.may("orders.view"):
        return []
    names = list(
        ChannelBreaker.objects.exclude(state=BreakerState.CLOSED)
        .filter(channel__connection__is_enabled=True)
        .order_by("opened_at")
        .values_list("channel__name", flat=True)
    )
    if not names:
        return []
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    verb = "does" if len(names) == 1 else "do"
    title = f"{', '.join(names[:NAMED])}{more} {verb} not answer"
    said = "Orders still come in as they are sent; stock, shipments and refunds wait here and go out as soon as it answers."
    return [Banner(title, said, reverse("orders:channel_health"), "Channel health")]


register_banners("orders.channels", _silent_channels)
