"""What does Keel need to know of a Shopify shop, and where is each part of the conversation?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from orders.channels.contract import Account, ChannelEvent, Delivery, Inbound, Limits, Setting
from orders.channels.shopify.client import ShopifyClient
from orders.channels.shopify.messages import events
from orders.channels.shopify.signature import authenticate


class ShopifyAdapter:
    """A Shopify shop. Its account is the shop's myshopify.com domain."""

    slug = "shopify"
    name = "Shopify"
    limits = Limits(
        calls_per_second=2.0, burst=40, stock_batch=50, body_bytes=4 * 2**20, catch_up_days=60
    )  # REST: a bucket of 40 that leaks 2 a second; orders older than 60 days need a scope of their own
    secrets: Sequence[tuple[str, str]] = (
        ("webhook", "Client secret of the app (it signs the webhooks)"),
        ("token", "Admin API access token"),
    )
    settings: Sequence[Setting] = (
        Setting("location", "Id of the location whose stock Keel sets"),
        Setting("stale_hours", "Age in hours from which a webhook is refused (72)", "whole"),
        Setting("notify_customer", "Shopify mails the customer about parcels and refunds", "flag"),
        Setting("promise_attribute", "Note attribute that holds the promised day"),
    )

    def check(self, account: Account) -> None:
        """Nothing that the kinds of the settings do not say already."""

    def authenticate(self, account: Account, inbound: Inbound, at: datetime) -> Delivery:
        """This function will return the webhook that a request is; Refused says what is wrong with it."""
        return authenticate(account, inbound, at)

    def events(self, account: Account, topic: str, body: str) -> list[ChannelEvent]:
        """This function will return what a stored message says; InvalidInput names the field."""
        return events(account, topic, body)

    def client(self, account: Account) -> ShopifyClient:
        """This function will return the way to the shop's Admin API."""
        return ShopifyClient(account, self.limits)
