"""Who says what a channel's SKU means, and lets the orders in that waited for it?"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import structlog
from django.db import transaction

from erp.core.errors import InvalidInput, KeelError, NotFound
from erp.core.models import Replay, User
from erp.core.services.replay import replay_now
from erp.core.sql import query
from erp.core.text import storable
from inventory.models import Product
from orders.models import Channel, Listing
from orders.services.converge import channel_order_converge

log = structlog.get_logger(__name__)
LENGTH = 80
MAX_ROWS = 20_000
FOLLOWED = 200  # channel orders tried at once; the chase has the rest


@dataclass(frozen=True)
class Mapping:
    """What became of a mapping: the listing, the replay of the messages that waited, how many channel orders follow now."""

    listing: Listing
    replay: Replay | None = None
    followed: int = 0


class MapRow(NamedTuple):
    channel: str
    channel_sku: str
    sku: str


@transaction.atomic
def listing_save(
    *, channel_id: int, channel_sku: str, product_id: int, reason: str = "", actor: User, at: datetime
) -> Listing:
    """This function will let a channel's SKU mean a product from now on, whatever it meant before; its history keeps both.

    InvalidInput for a blank SKU and for a product that is out of use; NotFound for a channel or product that is not there.
    """
    channel_sku = _clean(channel_sku)
    channel = Channel.objects.filter(pk=channel_id).first()
    if channel is None:
        raise NotFound("there is no such channel", field="channel", remedy="Choose one from the list.")
    product = _product(product_id)
    listing = (
        Listing.objects.select_for_update(of=("self",))
        .filter(channel=channel, channel_sku__iexact=channel_sku)
        .first()
    )
    listing = listing or Listing(channel=channel, channel_sku=channel_sku)
    if listing.pk and listing.product_id == product.pk and listing.is_active:
        return listing
    listing.product, listing.is_active = product, True
    return _signed(listing, reason, actor, at)


@transaction.atomic
def listing_activate(
    *, listing_id: int, is_active: bool, reason: str = "", actor: User, at: datetime
) -> Listing:
    """This function will take a listing out of use, or back: without one a channel's SKU is looked up among our own."""
    listing = Listing.objects.select_for_update(of=("self",)).filter(pk=listing_id).first()
    if listing is None:
        raise NotFound("there is no such listing", field="listing", remedy="Reload the list.")
    if is_active:
        _product(listing.product_id)
    listing.is_active = is_active
    return _signed(listing, reason, actor, at)


def _signed(listing: Listing, reason: str, actor: User, at: datetime) -> Listing:
    signature: dict[str, Any] = {
        "_history_user": actor,
        "_history_date": at,
        "_change_reason": storable(reason.strip())[:100],
    }
    for name, value in signature.items():
        setattr(listing, name, value)
    listing.save()
    return listing


def _clean(channel_sku: str) -> str:
    cleaned = storable(channel_sku).strip()
    if not cleaned or len(cleaned) > LENGTH:
        raise InvalidInput(
            "the channel's SKU is missing or too long", field="channel_sku", remedy=f"Enter 1 to {LENGTH} characters."
        )  # fmt: skip
    return cleaned


def _product(product_id: int) -> Product:
    product = Product.objects.filter(pk=product_id).first()
    if product is None:
        raise NotFound(
            f"there is no product #{product_id}", field="product", remedy="Choose one from the list."
        )
    if not product.is_active:
        raise InvalidInput(
            f"{product} is out of use", field="product", remedy="Map it to a product that is sold."
        )
    return product


@transaction.atomic
def listing_map_many(*, rows: Sequence[MapRow], reason: str = "", actor: User, at: datetime) -> int:
    """This function will map many channel SKUs at once, all or none, and return how many were new or changed.

    InvalidInput names the first row at fault, by its number and field.
    """
    channels = {channel.code.lower(): channel.pk for channel in Channel.objects.all()}
    wanted = sorted({row.sku.strip().lower() for row in rows})
    found = query(
        "SELECT lower(sku), id FROM inventory_product WHERE lower(sku) = ANY(%s::text[]) AND is_active",
        [wanted],
    )
    products = {str(row[0]): int(row[1]) for row in found}
    said: dict[tuple[int, str], int] = {}
    changed = 0
    for number, row in enumerate(rows, start=1):
        channel_id = channels.get(row.channel.strip().lower())
        product_id = products.get(row.sku.strip().lower())
        if channel_id is None:
            raise _wrong(
                number, "channel", f"there is no channel “{row.channel[:40]}”", "Use a channel's code."
            )
        if product_id is None:
            raise _wrong(
                number, "sku", f"no product in use has the SKU “{row.sku[:40]}”", "Use one of our SKUs."
            )
        key = (channel_id, row.channel_sku.strip().lower())
        if said.setdefault(key, product_id) != product_id:
            raise _wrong(
                number, "channel_sku", f"“{row.channel_sku[:40]}” is mapped twice", "Keep one of the rows."
            )
        before = Listing.objects.filter(
            channel=channel_id, channel_sku__iexact=key[1], product=product_id, is_active=True
        )
        if not before.exists():
            try:
                listing_save(
                    channel_id=channel_id, channel_sku=row.channel_sku, product_id=product_id, reason=reason, actor=actor, at=at
                )  # fmt: skip
            except KeelError as error:
                raise _wrong(number, "channel_sku", error.message, error.remedy) from error
            changed += 1
    return changed


def _wrong(number: int, field: str, message: str, remedy: str) -> InvalidInput:
    return InvalidInput(f"row {number}, {field}: {message}", field="rows", remedy=remedy, row=number)


def map_rows(text: str, *, channel: str = "") -> list[MapRow]:
    """This function will read rows of "channel SKU, our SKU" (or "channel, channel SKU, our SKU"), comma, semicolon or tab apart.

    A heading is left out. InvalidInput names the row that is not such a row.
    """
    lines = text.lstrip("\ufeff").replace("\x00", "").splitlines()
    mark = max(",;\t", key=text.count)
    found: list[MapRow] = []
    try:
        cells_of = [
            [cell.strip() for cell in row]
            for row in csv.reader(io.StringIO("\n".join(lines)), delimiter=mark, strict=True)
        ]
    except csv.Error as error:
        raise InvalidInput(
            f"the rows can not be read: {error}", field="rows", remedy="Check the quotes."
        ) from error
    for number, cells in enumerate(cells_of, start=1):
        if not any(cells) or (number == 1 and cells[-1].lower() in ("sku", "our sku", "product")):
            continue
        if len(cells) == 2 and channel:
            cells = [channel, *cells]
        if len(cells) != 3 or not all(cells):
            raise _wrong(number, "rows", "it has not a channel, a channel SKU and a SKU", "Complete the row.")
        found.append(MapRow(*cells))
    if not 1 <= len(found) <= MAX_ROWS:
        raise InvalidInput(f"{len(found)} rows", field="rows", remedy=f"Enter 1 to {MAX_ROWS:,}.")
    return found


_WAITING = """
SELECT DISTINCT m.id FROM core_exceptioncase e
  JOIN core_inboxmessage m ON m.id = CASE WHEN e.subject_id ~ '^[0-9]{1,18}$' THEN e.subject_id::bigint END
 WHERE e.kind = 'ORDER_UNKNOWN_SKU' AND e.state <> 'RESOLVED' AND e.subject_type = 'core.InboxMessage'
   AND m.state IN ('DEAD', 'FAILED') AND e.detail ->> 'channel' = %s
   AND EXISTS (SELECT 1 FROM jsonb_array_elements_text(coalesce(e.detail -> 'detail' -> 'skus', '[]')) AS s(sku)
               WHERE lower(s.sku) = lower(%s))
 ORDER BY m.id LIMIT 5000
"""
_PENDING = """
SELECT r.id FROM orders_channelorder r WHERE r.channel_id = %s AND r.pending_since IS NOT NULL
   AND strpos(lower(r.pending::text), lower(%s)) > 0 ORDER BY r.id LIMIT %s
"""


def waiting_messages(*, channel: str, channel_sku: str) -> list[int]:
    """This function will return the messages that were refused because nobody knew what a channel's SKU means."""
    return [row[0] for row in query(_WAITING, [channel, channel_sku])]


def sku_map_and_replay(
    *, channel_id: int, channel_sku: str, product_id: int, reason: str = "", actor: User, at: datetime
) -> Mapping:
    """This function will map a channel's SKU and handle again what waited for it: refused orders, and orders that did not follow.

    The mapping stands whatever becomes of the messages: one that is refused for another cause keeps its case, and the replay says
    why. Many are replayed by a job.
    """
    why = reason.strip() or "mapped from the list of unknown SKUs"
    listing = listing_save(
        channel_id=channel_id, channel_sku=channel_sku, product_id=product_id, reason=why, actor=actor, at=at
    )
    channel = listing.channel
    waiting = waiting_messages(channel=channel.code, channel_sku=listing.channel_sku)
    replay = None
    if waiting:
        said = f"{len(waiting)} messages of {channel.code} that waited for “{listing.channel_sku}”"
        told = f"“{listing.channel_sku}” means {listing.product} now"
        replay = replay_now(message_ids=waiting, selection=said, reason=told, actor=actor, at=at)
    return Mapping(listing, replay, _follow(channel, listing.channel_sku, actor, at))


def _follow(channel: Channel, channel_sku: str, actor: User, at: datetime) -> int:
    followed = 0
    quoted = channel_sku.replace("\\", "\\\\").replace('"', '\\"')
    for (channel_order_id,) in query(_PENDING, [channel.pk, quoted, FOLLOWED]):
        try:
            followed += not channel_order_converge(channel_order_id=channel_order_id, actor=actor, at=at)
        except KeelError as error:  # it stays pending, and the chase tries it again
            log.warning(
                "a channel order could not follow its new mapping", id=channel_order_id, error=error.as_text()
            )
    return followed
