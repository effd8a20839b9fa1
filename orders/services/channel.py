"""Who keeps channels and listings?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from simple_history.utils import bulk_create_with_history

from erp.core.errors import InvalidInput, NotFound
from erp.core.models import User
from erp.core.money import exponent
from orders.models import Channel, Listing


@dataclass(frozen=True)
class ChannelDraft:
    code: str
    name: str
    kind: str
    currency: str
    is_prepaid: bool = True
    ship_within_hours: int = 48
    policy_id: int | None = None
    is_active: bool = True


class ListingDraft(NamedTuple):
    channel_id: int
    channel_sku: str
    product_id: int


@transaction.atomic
def channel_save(draft: ChannelDraft, *, channel_id: int | None = None, actor: User, at: datetime) -> Channel:
    """This function will create or change a channel; InvalidInput names the field."""
    exponent(draft.currency)
    if draft.kind not in dict(Channel.KINDS):
        raise InvalidInput("there is no such kind of channel", field="kind", remedy="Choose from the list.")
    if draft.ship_within_hours < 1:
        raise InvalidInput(
            "a channel promises at least an hour", field="ship_within_hours", remedy="Use 24, 48 or 72."
        )
    if Channel.objects.filter(code=draft.code).exclude(pk=channel_id or 0).exists():
        raise InvalidInput(
            f"there is a channel {draft.code} already", field="code", remedy="Choose another code."
        )
    channel = Channel.objects.select_for_update().filter(pk=channel_id).first() if channel_id else Channel()
    if channel is None:
        raise NotFound(f"there is no channel #{channel_id}", field="channel", remedy="Reload the list.")
    for name, value in {**asdict(draft), "_history_user": actor, "_history_date": at}.items():
        setattr(channel, name, value)
    channel.save()
    return channel


@transaction.atomic
def listing_create_many(drafts: Sequence[ListingDraft], *, actor: User, at: datetime) -> int:
    """This function will map channel SKUs to products and return how many were new; a mapped SKU keeps its product."""
    channels = {draft.channel_id for draft in drafts}
    known = {
        (channel, sku.lower())
        for channel, sku in Listing.objects.filter(channel__in=channels).values_list(
            "channel_id", "channel_sku"
        )
    }
    fresh = {(draft.channel_id, draft.channel_sku.lower()): draft for draft in reversed(drafts)}
    made = bulk_create_with_history(
        [Listing(**draft._asdict()) for key, draft in fresh.items() if key not in known],
        Listing, default_user=actor, default_date=at, batch_size=5_000,
    )  # fmt: skip
    return len(made)
