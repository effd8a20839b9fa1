"""How does Keel speak with Amazon's Selling Partner API: orders and shipments by polling, notifications from its event bus?

An order that Amazon sends itself (AFN) is a third party's warehouse at work: it arrives with what has left already, and
`facts["fulfilled_by"]` says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from erp.core.errors import InvalidInput
from orders.channels.amazon import order_2026
from orders.channels.amazon.client import AmazonClient
from orders.channels.amazon.notice import KINDS, notice_event
from orders.channels.amazon.order import order_event
from orders.channels.amazon.shipment import shipment_event
from orders.channels.amazon.sign import authenticate
from orders.channels.contract import Account, ChannelEvent, Delivery, Inbound, Limits, Setting, check_choice
from orders.channels.tree import Tree, read_json


class Amazon:
    """A selling partner's account in one region; `account` is the seller's id (A3TH9S8BH6GOGM)."""

    slug = "amazon"
    name = "Amazon"
    limits = Limits(calls_per_second=0.5, burst=30, stock_batch=50, body_bytes=2**18, catch_up_days=30)
    secrets: Sequence[tuple[str, str]] = (
        ("client_id", "LWA client id"),
        ("client_secret", "LWA client secret"),
        ("refresh_token", "LWA refresh token"),
        ("api_key", "API key of the event bus' connection (X-Api-Key)"),
    )
    settings: Sequence[Setting] = (
        Setting("marketplaces", "Marketplace ids, with commas, such as A1F83G8C2ARO7P"),
        Setting("fulfilment_node", "Code of our node that stands for Amazon's own warehouses (FBA)"),
        Setting("orders_api", "“v0” (the usual) or “2026-01-01”, which follows it"),
        Setting("personal_data", "“restricted” when the application may see names and addresses"),
        Setting("location", "Location id of External Fulfillment, where it is used"),
        Setting("lwa_url", "Address of Login with Amazon; blank for https://api.amazon.com"),
    )

    def check(self, account: Account) -> None:
        """This function will refuse an Orders API that there is not, and a permission that Amazon does not give."""
        check_choice(account, "orders_api", ("v0", "2026-01-01"))
        check_choice(account, "personal_data", ("restricted",))

    def authenticate(self, account: Account, inbound: Inbound, at: datetime) -> Delivery:
        """This function will return the delivery a notification is; Refused when it is not from our own event bus."""
        return authenticate(account, inbound, at)

    def events(self, account: Account, topic: str, body: str) -> list[ChannelEvent]:
        """This function will return what a stored message says: an order or shipment that was fetched, or a notification."""
        document = Tree.of(read_json(body))
        if topic == "order":
            return [order_event(document)]
        if topic == "order_2026":
            return [order_2026.order_event(document)]
        if topic == "shipment":
            return [shipment_event(document)]
        if topic in KINDS:
            return [notice_event(document)]
        raise InvalidInput(
            f"“{topic[:60]}” is no message of Amazon's",
            field="topic",
            remedy=f"One of order, order_2026, shipment, {', '.join(KINDS)}.",
        )

    def client(self, account: Account) -> AmazonClient:
        """This function will return the way to Amazon."""
        return AmazonClient(account)


ADAPTER = Amazon()
