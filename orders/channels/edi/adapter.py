"""How does a partner's gateway prove itself, and what do its interchanges say?

A gateway (AS2, VAN, SFTP pick-up) posts what it received to `/channels/<slug>/webhooks/` with the connection's key in
`X-API-Key`, in `Authorization: Bearer`, or as `Authorization: Basic user:password`; other headers are not believed.

A stored message is one of two. An *interchange* is taken apart by `orders.edi_interchange_take`, which keeps it, acknowledges
it and puts each order in it down as a message of its own, so that one faulty order spoils no other. An *order* is the order's
documents so far, an 850 and its 860s, as JSON: what it says depends on nothing else, so a replay says the same.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from erp.core.errors import InvalidInput
from orders.channels.contract import (
    CANCELLED,
    ORDER,
    Account,
    ChannelEvent,
    Client,
    Delivery,
    Inbound,
    Limits,
    Refused,
)
from orders.channels.document import Cancelled
from orders.channels.edi.envelope import Interchange
from orders.channels.edi.judge import purchase_of
from orders.channels.edi.profile import SECRETS, SETTINGS, Profile
from orders.channels.edi.purchase import CANCEL, CHANGE, Purchase, laid_over, snapshot_of
from orders.channels.edi.read import decode, read

INTERCHANGE = "INTERCHANGE"  # an event that `orders.edi_interchange_take` acts on
TOPIC_INTERCHANGE, TOPIC_ORDER = "interchange", "order"
MOST_BYTES = 4 * 2**20


class Edi:
    """EDI X12 and EDIFACT with one partner."""

    slug = "edi"
    name = "EDI (X12, EDIFACT)"
    limits = Limits(
        calls_per_second=100.0, burst=100, stock_batch=1_000, body_bytes=MOST_BYTES, catch_up_days=0
    )
    secrets = SECRETS
    settings = SETTINGS

    def check(self, account: Account) -> None:
        """This function will refuse an agreement that can not be read."""
        Profile.of(account)

    def authenticate(self, account: Account, inbound: Inbound, at: datetime) -> Delivery:
        """This function will believe a request that carries the connection's key and holds an interchange."""
        _prove(account, inbound)
        return delivery_of(inbound.body)

    def events(self, account: Account, topic: str, body: str) -> list[ChannelEvent]:
        """This function will return what a stored message says."""
        if topic == TOPIC_INTERCHANGE:
            found = digest(body)
            return [
                ChannelEvent(INTERCHANGE, "", f"{place}", "", {"digest": found, "place": place})
                for place in range(len(read(body)))
            ]
        return order_events(Profile.of(account), json.loads(body))

    def client(self, account: Account) -> Client:
        from orders.channels.edi.client import (
            EdiClient,
        )  # the way out writes rows, so it stands on the services

        return EdiClient(account)


def _prove(account: Account, inbound: Inbound) -> None:
    scheme, _, given = inbound.headers.get("authorization", "").partition(" ")
    key = inbound.headers.get("x-api-key", "") or (given.strip() if scheme.lower() == "bearer" else "")
    if key:
        if not _is_one_of(key, account.secrets.get("api_key", ())):
            raise Refused("wrong_key", "the key is not the connection's")
        return
    if scheme.lower() == "basic":
        try:
            told = base64.b64decode(given.strip(), validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError) as error:
            raise Refused("wrong_key", "the Basic authorization can not be read") from error
        if not _is_one_of(told, account.secrets.get("basic", ())):
            raise Refused("wrong_key", "the user or password is not the connection's")
        return
    raise Refused("no_key", "send the key as X-API-Key, or Authorization: Bearer or Basic")


def _is_one_of(told: str, secrets: Sequence[str]) -> bool:
    """Every secret is compared, in constant time each, so that the answer's time tells nothing."""
    found = [hmac.compare_digest(told.encode(), secret.encode()) for secret in secrets]
    return any(found)


def delivery_of(body: bytes) -> Delivery:
    """This function will return a body as a delivery, named by its bytes; Refused when it is no interchange."""
    if len(body) > MOST_BYTES:
        raise Refused("too_large", f"more than {MOST_BYTES} bytes", status=413, field="file")
    if b"\0" in body:
        raise Refused("unreadable", "it holds NUL bytes", status=400, field="file")
    text = decode(body)
    try:
        read(text)
    except InvalidInput as error:
        raise Refused("unreadable", error.message, status=400, field="file", remedy=error.remedy) from error
    return Delivery(TOPIC_INTERCHANGE, digest(text), text)


def digest(text: str) -> str:
    """This function will return the name of a body."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def order_version(interchange: Interchange, place: int) -> str:
    """This function will return how new a message of an interchange is: when it was sent, then its numbers."""
    at = interchange.sent_at
    control = interchange.control[-14:].rjust(14, "0")
    return f"{at:%Y-%m-%dT%H:%MZ}#{control}#{place:04d}" if at else f"#{control}#{place:04d}"


def order_events(profile: Profile, content: Any) -> list[ChannelEvent]:
    """This function will return what an order's documents say: the order at its newest version, and whether it is off.

    `content`: {"documents": [{"version", "text", "sent_at", "is_test"}]}, oldest first; the first is the order itself.
    """
    events: list[ChannelEvent] = []
    current: Purchase | None = None
    for document in content["documents"]:
        (interchange,) = read(document["text"])
        ((_, message),) = interchange.messages()
        purchase = purchase_of(interchange.standard, message)
        version = document["version"]
        if purchase.purpose == CANCEL:
            cancelled = Cancelled("cancelled by the partner", document["sent_at"])
            events.append(ChannelEvent(CANCELLED, purchase.number, "", version, cancelled))
            continue
        if purchase.purpose == CHANGE:
            if current is None:
                raise InvalidInput(
                    f"order {purchase.number} that this changes has not arrived", field="order",
                    remedy="Ask the partner to send the order again.",
                )  # fmt: skip
            purchase = laid_over(current, purchase)
        current = purchase
        sent_at = datetime.fromisoformat(document["sent_at"])
        snapshot = snapshot_of(purchase, profile, sent_at=sent_at, is_test=document["is_test"])
        events.append(ChannelEvent(ORDER, purchase.number, "", version, snapshot))
    orders = [event for event in events if event.kind == ORDER]
    return [*orders[-1:], *(event for event in events if event.kind == CANCELLED)]
