"""Who tries an order again that was refused when it came, from its raw message?"""

from __future__ import annotations

import json
from datetime import datetime

from erp.core.errors import InvalidInput
from erp.core.models import InboxMessage, User
from erp.core.work_registry import handles_inbox
from orders.channels.csv_feed import COLUMNS, read_feed
from orders.channels.normalise import order_command
from orders.services.command import OrderCommand
from orders.services.feed import ACTION as IMPORT
from orders.services.order import ACTION as RECEIVE
from orders.services.order import order_receive


@handles_inbox(RECEIVE)
@handles_inbox(IMPORT)
def order_receive_again(*, message: InboxMessage, actor: User, at: datetime) -> str:
    """This function will receive the order of a stored message once more and return what it became, "orders.Order:17".

    For a worker that replays a message whose cause is gone: a SKU was mapped, a channel opened. The refusal, if it is
    refused again.
    """
    received = order_receive(_command(message, at), actor=actor, at=at)
    if received.error is not None:
        raise received.error
    return f"orders.Order:{received.order_id}"


def _command(message: InboxMessage, at: datetime) -> OrderCommand:
    """Read the raw message as the inlet did that stored it: JSON from the API and the order page, rows from a file."""
    if message.body.lstrip().startswith("{"):
        try:
            content = json.loads(message.body, parse_float=str)
        except ValueError as error:
            raise InvalidInput(
                f"the message is not JSON: {error}", field="body", remedy="Ask for it again."
            ) from error
        return order_command(content, body=message.body, at=at, headers=message.headers)
    rows = f"{','.join(COLUMNS)}\n{message.body}"
    (order,) = read_feed(rows.encode(), channel=message.source, at=at)[:1]
    if order.command is None:
        raise order.error or InvalidInput(
            "the rows hold no order", field="body", remedy="Upload them corrected."
        )
    return order.command
