"""Who takes in a whole file of orders?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from erp.core.errors import KeelError
from erp.core.models import User
from erp.core.services.inbox import InboxDraft, inbox_reject_many, inbox_store_many
from orders.channels.csv_feed import FeedOrder, read_feed, row_error
from orders.services.order import order_receive_many

ACTION = "orders.order_import"
BATCH = 500


@dataclass
class FeedResult:
    """What became of a file: order ids, repeats of orders we had, and errors by the row they start in."""

    created: list[int] = field(default_factory=list)
    repeated: list[int] = field(default_factory=list)
    errors: list[tuple[int, KeelError]] = field(default_factory=list)


def order_import(*, content: bytes, channel: str, file_name: str, actor: User, at: datetime) -> FeedResult:
    """This function will take in a CSV file of orders, in batches that commit by themselves.

    Sound orders become orders; a bad one is kept raw with its error and an exception case, and its rows are
    named in the result. The same file again changes nothing. InvalidInput when the file as a whole can not be
    read: it is kept raw then, too.
    """
    try:
        orders = read_feed(content, channel=channel, at=at)
    except KeelError as error:
        _keep_file(content, channel, file_name, error, actor, at)
        raise
    result = FeedResult()
    for start in range(0, len(orders), BATCH):
        _import_batch(orders[start : start + BATCH], channel, result, actor, at)
    result.errors.sort(key=lambda found: found[0])
    return result


@transaction.atomic
def _import_batch(
    orders: Sequence[FeedOrder], channel: str, result: FeedResult, actor: User, at: datetime
) -> None:
    refused = [order for order in orders if order.error is not None]
    feed_keep_many(refused, channel=channel, actor=actor, at=at)
    result.errors += [(order.first_row, order.error) for order in refused if order.error is not None]
    sound = [order for order in orders if order.command is not None]
    received = order_receive_many([order.command for order in sound if order.command], actor=actor, at=at)
    for order, outcome in zip(sound, received, strict=True):
        if outcome.error is not None:
            result.errors.append(row_error(order, outcome.error))
        elif outcome.order_id is not None:
            (result.created if outcome.is_new else result.repeated).append(outcome.order_id)


@transaction.atomic
def feed_keep_many(refused: Sequence[FeedOrder], *, channel: str, actor: User, at: datetime) -> None:
    """This function will keep orders of a file that are none in the inbox, raw, each with its error and an exception case."""
    stored = inbox_store_many(
        [
            InboxDraft(channel, ACTION, f"{order.external_id}:{order.first_row}", order.body)
            for order in refused
        ],
        at=at,
    )
    inbox_reject_many(
        {
            message.id: order.error.as_text()
            for order, message in zip(refused, stored, strict=True)
            if message.is_new and order.error is not None
        },
        actor=actor,
        at=at,
    )


@transaction.atomic
def _keep_file(
    content: bytes, channel: str, file_name: str, error: KeelError, actor: User, at: datetime
) -> None:
    (message,) = inbox_store_many(
        [InboxDraft(channel, ACTION, f"file:{file_name[:120]}:{at.isoformat()}", content)], at=at
    )
    inbox_reject_many({message.id: error.as_text()}, actor=actor, at=at)
