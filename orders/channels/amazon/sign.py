"""Does this notification come from our own event bus, of our own account?

Amazon calls no address of a seller's. Its event bus in the seller's AWS account does, by an API destination whose connection
adds a header X-Api-Key: that secret is the proof, and the seller's id in the notification says whose it is.
"""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta

from erp.core.errors import InvalidInput
from orders.channels.amazon.notice import (
    KINDS,
    ORDER_CHANGE,
    kind_of,
    notification_in,
    number_of,
    published_at,
    seller_of,
)
from orders.channels.contract import Account, Delivery, Inbound, Refused
from orders.channels.tree import Tree, read_json

HEADER = "x-api-key"
OLDEST = timedelta(days=15)  # a queue keeps a message for 14 days at most
AHEAD = timedelta(minutes=10)


def authenticate(account: Account, inbound: Inbound, at: datetime) -> Delivery:
    """This function will return the delivery a request is; Refused when its key, account, kind or age is wrong."""
    _prove(account, inbound)
    try:
        notification = notification_in(Tree.of(read_json(inbound.body)))
        kind, seller, number = kind_of(notification), seller_of(notification), number_of(notification)
        published = published_at(notification)
    except InvalidInput as error:
        raise Refused(
            "not_readable", error.message, status=400, field=error.field, remedy=error.remedy
        ) from error
    if kind not in KINDS:
        raise Refused(
            "unknown_topic", f"“{kind[:60]}” is no notification that Keel takes", status=400, field="NotificationType",
            remedy="Take it out of the rule of the event bus.",
        )  # fmt: skip
    if seller != account.account and (seller or kind == ORDER_CHANGE):
        raise Refused(
            "wrong_seller", f"the notification is of “{seller[:40]}”, not of {account.account}", status=403, field="SellerId",
            remedy="Connect each seller's account to its own channel.",
        )  # fmt: skip
    if at - published > OLDEST:
        raise Refused(
            "stale",
            f"published {published:%Y-%m-%d %H:%M}, more than 15 days ago",
            status=400,
            field="PublishTime",
        )
    if published - at > AHEAD:
        raise Refused(
            "from_the_future", f"published {published:%Y-%m-%d %H:%M}", status=400, field="PublishTime"
        )
    headers = {"user-agent": inbound.headers["user-agent"][:200]} if "user-agent" in inbound.headers else {}
    return Delivery(kind, number, inbound.body.decode("utf-8"), headers)


def _prove(account: Account, inbound: Inbound) -> None:
    given = inbound.headers.get(HEADER, "")
    if not given:
        raise Refused("no_key", "the request has no X-Api-Key", field="X-Api-Key")
    secrets = account.secrets.get("api_key", ())
    if not secrets:
        raise Refused("no_secret", "the channel has no API key yet", remedy="Enter it on the channel's page.")
    good = [hmac.compare_digest(secret.encode(), given.encode()) for secret in secrets]
    if not any(good):
        raise Refused(
            "forged",
            "the X-Api-Key is not ours",
            field="X-Api-Key",
            remedy="Compare it with the bus' connection.",
        )
