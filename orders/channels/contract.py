"""What must a channel's adapter be able to do, and in which words does it speak to the rest of Keel?

An adapter is a package `orders/channels/<slug>/` whose `ADAPTER` keeps this contract; nothing else registers it. It knows the
wire format and nothing of the database: requests and bodies in, dataclasses out; commands in, requests out. What it can not
read it refuses by a KeelError that names the field and the remedy.

Order of arrival is nobody's business here. An event says which order it is of, what it is (`kind`, `ref`) and how new
(`version`, compared as text); `orders.channels.fold` makes one picture of all that is known, in whatever order it came.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol

from erp.core.errors import InvalidInput, KeelError
from orders.channels.document import Refund, Snapshot


class Refused(KeelError):
    """A request that is not what it claims to be, or that nobody asked for. `reason` is a stable word for the log."""

    code = "refused_message"

    def __init__(
        self, reason: str, message: str, *, status: int = 401, field: str = "", remedy: str = ""
    ) -> None:
        super().__init__(message, field=field, remedy=remedy)
        self.reason = reason
        self.status = status


class ChannelError(Exception):
    """A channel did not do what it was asked. `final`: asking again can not help; `retry_after` in seconds."""

    def __init__(
        self, message: str, *, final: bool = False, retry_after: float | None = None, status: int = 0
    ) -> None:
        super().__init__(message)
        self.final = final
        self.retry_after = retry_after
        self.status = status


@dataclass(frozen=True)
class Limits:
    """What the channel allows: calls a second (with a burst), stock values per call, bytes of a message, days to look back."""

    calls_per_second: float = 2.0
    burst: int = 40
    stock_batch: int = 100
    body_bytes: int = 2 * 2**20
    catch_up_days: int = 60


class Setting(NamedTuple):
    """What else a connection must know. `kind` says what its value is in `Account.settings`: text, a whole number, true or
    false, a list of texts, or a table (an object of JSON)."""

    name: str
    label: str
    kind: Literal["text", "whole", "flag", "list", "table"] = "text"


@dataclass(frozen=True)
class Account:
    """Whom we talk to and how: what an adapter is told of a connection. Secrets by purpose, the newest first."""

    channel: str
    account: str
    base_url: str
    settings: Mapping[str, Any]
    secrets: Mapping[str, Sequence[str]]

    def secret(self, purpose: str) -> str:
        """This function will return the newest secret of a purpose; ChannelError when none was entered."""
        known = self.secrets.get(purpose, ())
        if not known:
            raise ChannelError(
                f"{self.channel} has no secret “{purpose}”: enter it on the channel's page", final=True
            )
        return known[0]


@dataclass(frozen=True)
class Inbound:
    """A request as it reached us: header names in lower case, the body untouched."""

    headers: Mapping[str, str]
    body: bytes
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    remote: str = ""


@dataclass(frozen=True)
class Delivery:
    """What an authentic message is. The same `id` again is the same message (with other bytes it is refused)."""

    topic: str
    id: str
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)
    is_greeting: bool = False  # answered, kept, nothing to handle (a ping at set-up)


def check_choice(account: Account, name: str, known: Sequence[str]) -> None:
    """This function will refuse a setting that is neither blank nor one of `known`; InvalidInput names it."""
    value = str(account.settings.get(name) or "")
    if value and value not in known:
        raise InvalidInput(
            f"“{value[:60]}” is not possible",
            field=f"settings.{name}",
            remedy=f"Blank or {' or '.join(known)}.",
        )


# What an event is about. The first five are of an order, the others of the channel.
ORDER, CANCELLED, PAYMENT, REFUND, FULFILMENT = "ORDER", "CANCELLED", "PAYMENT", "REFUND", "FULFILMENT"
STOCK, REDACT, UNINSTALLED, NEWS = "STOCK", "REDACT", "UNINSTALLED", "NEWS"
FETCH = "FETCH"  # an order changed, and the message does not say how: it is to be fetched
OF_AN_ORDER = (ORDER, CANCELLED, PAYMENT, REFUND, FULFILMENT)


@dataclass(frozen=True)
class ChannelEvent:
    """One thing that a channel says. `order`: its external id; `ref` makes it one thing of its kind ("" for the order
    itself); a later `version` of the same thing replaces an earlier one.

    `content`: a `Snapshot` for ORDER, `Cancelled`, `Paid`, `Refund`, `Fulfilled` for the kinds of those names, a plain dict for
    the others (STOCK: {"sku" or "item", "location", "available"}; FETCH names its `order`).
    """

    kind: str
    order: str
    ref: str
    version: str
    content: Any


@dataclass(frozen=True)
class Fetched:
    """A message that we asked for: the order as it is now, as if the channel had sent it."""

    topic: str
    id: str
    body: str
    changed_at: datetime


@dataclass(frozen=True)
class StockValue:
    """What a channel is to show of a SKU. `sequence` is the stock journal's at the time it was computed."""

    channel_sku: str
    quantity: int
    sequence: int = 0
    external: Mapping[str, Any] = field(
        default_factory=dict
    )  # what the listing knows of it: ids of variant, item, location


@dataclass(frozen=True)
class Published:
    """What became of one published value: an `error` is the channel's own words. `external`: ids that had to be looked up, which
    are kept and sent along the next time; "" forgets one.
    """

    channel_sku: str
    error: str = ""
    external: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ShipmentNotice:
    """A parcel that left: `lines` are (channel line ref, channel SKU, units). `key` is the same when it is said twice."""

    key: str
    external_id: str
    order_number: str
    carrier: str
    tracking_number: str
    tracking_url: str
    shipped_at: datetime
    lines: Sequence[tuple[str, str, int]]
    external: Mapping[str, Any] = field(default_factory=dict)  # the channel's own facts of the order


class Client(Protocol):
    """The way out. Every call is made outside any transaction; ChannelError when the channel does not do it."""

    def changed_orders(self, since: datetime, until: datetime) -> Iterator[Fetched]:
        """The orders that changed in the time, oldest first, each as the adapter's own message."""
        ...

    def order(self, external_id: str) -> Fetched:
        """One order as it is now; ChannelError (final) from a channel that can not be asked for one."""
        ...

    def publish_stock(self, values: Sequence[StockValue]) -> list[Published]:
        """Show these quantities; one answer per value. Setting, never adding: twice is once."""
        ...

    def publish_shipment(self, notice: ShipmentNotice) -> str:
        """Tell of a parcel; returns the channel's id of it. Told twice it is one parcel."""
        ...

    def publish_refund(self, external_id: str, refund: Refund) -> str:
        """Have money paid back through the channel; returns its reference."""
        ...

    def stock(self, values: Sequence[StockValue]) -> dict[str, int | None]:
        """Channel SKU → what the channel shows now; None for one it does not know."""
        ...


class Adapter(Protocol):
    """One kind of channel."""

    slug: str
    name: str
    limits: Limits
    secrets: Sequence[tuple[str, str]]  # (purpose, label) of what a connection needs
    settings: Sequence[Setting]

    def check(self, account: Account) -> None:
        """Can the settings be what was meant? InvalidInput names the one that can not (`settings.<name>`)."""
        ...

    def authenticate(self, account: Account, inbound: Inbound, at: datetime) -> Delivery:
        """Who says this, and what is it? Refused when it is forged, stale, of another shop or of no known kind."""
        ...

    def events(self, account: Account, topic: str, body: str) -> list[ChannelEvent]:
        """What does a stored message say? Pure, so that a replay says the same; InvalidInput names the field."""
        ...

    def client(self, account: Account) -> Client:
        """The way to the channel; ChannelError for a channel that only fetches."""
        ...


__all__ = [
    "Account",
    "Adapter",
    "ChannelError",
    "ChannelEvent",
    "Client",
    "Delivery",
    "Fetched",
    "Inbound",
    "Limits",
    "Published",
    "Refused",
    "Setting",
    "ShipmentNotice",
    "Snapshot",
    "StockValue",
    "check_choice",
]
