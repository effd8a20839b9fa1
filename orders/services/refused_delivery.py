"""What is kept of a request that a channel's address turned away, and for how long?

Whoever knows the address can send as many as he likes. So of one reason `KEPT_PER_HOUR` are kept per channel with headers and
the beginning of the body, the rest are only counted (`RefusalCount`), and what is older than `KEEP` is deleted every night.
Addresses of channels that are not connected share one count, or made-up ones would each have their own.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from django.db import transaction

from erp.core.models import User
from erp.core.sql import execute, query
from erp.core.text import storable, storable_json
from orders.channels.contract import Inbound, Refused
from orders.models import RefusedDelivery

KEPT_PER_HOUR = 50
KEPT_CHARACTERS = 4_000
KEPT_HEADERS = 60
KEEP = timedelta(days=90)
_COUNT = (
    "INSERT INTO orders_refusalcount AS r (channel_code, reason, hour, count) "
    "VALUES (coalesce((SELECT c.code FROM orders_connection n JOIN orders_channel c ON c.id = n.channel_id "
    "WHERE c.code = %s), ''), %s, date_trunc('hour', %s::timestamptz), 1) "
    "ON CONFLICT (channel_code, reason, hour) DO UPDATE SET count = r.count + 1 RETURNING r.count"
)


@transaction.atomic
def delivery_refuse(*, channel: str, inbound: Inbound, refused: Refused, at: datetime) -> bool:
    """This function will count a request that was turned away and keep it unless the hour has enough of its kind; tells whether
    it was kept."""
    code = storable(channel)[:40]
    ((count,),) = query(_COUNT, [code, refused.reason, at])
    if count > KEPT_PER_HOUR:
        return False
    headers = dict(list(inbound.headers.items())[:KEPT_HEADERS])
    RefusedDelivery.objects.create(
        channel_code=code, reason=refused.reason, message=storable(refused.message)[:300],
        status=refused.status, remote=inbound.remote or None, headers=storable_json(headers),
        body=storable(inbound.body[:KEPT_CHARACTERS])[:KEPT_CHARACTERS], body_hash=hashlib.sha256(inbound.body).hexdigest(),
        at=at,
    )  # fmt: skip
    return True


@transaction.atomic
def refused_delivery_purge(*, actor: User, at: datetime) -> dict[str, int]:
    """This function will delete what was turned away longer ago than `KEEP`; returns how many rows."""
    return {
        "deliveries": execute("DELETE FROM orders_refuseddelivery WHERE at < %s", [at - KEEP]),
        "counts": execute("DELETE FROM orders_refusalcount WHERE hour < %s", [at - KEEP]),
    }
