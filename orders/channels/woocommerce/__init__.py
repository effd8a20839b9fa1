"""How does Keel speak with a WooCommerce shop: signed webhooks in, REST API v3 out?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from orders.channels.contract import Account, ChannelEvent, Delivery, Inbound, Limits, Setting, check_choice
from orders.channels.woocommerce.client import WooCommerceClient
from orders.channels.woocommerce.read import events_of
from orders.channels.woocommerce.sign import authenticate


class WooCommerce:
    """A shop is known by its address; its orders by the id that its API knows them by, not by the number it prints."""

    slug = "woocommerce"
    name = "WooCommerce"
    # A shop has no published limit; its machine has one. A batch takes a hundred, the catch-up any time that was not deleted.
    limits = Limits(calls_per_second=5.0, burst=20, stock_batch=100, body_bytes=2 * 2**20, catch_up_days=60)
    secrets: Sequence[tuple[str, str]] = (
        ("webhook", "Webhook secret"),
        ("consumer_key", "REST consumer key"),
        ("consumer_secret", "REST consumer secret"),
    )
    settings: Sequence[Setting] = (
        Setting(
            "authentication",
            "How the keys are sent: “header” (the usual), or “query” where a proxy drops the header",
        ),
    )

    def check(self, account: Account) -> None:
        """This function will refuse another way to send the keys than the two there are."""
        check_choice(account, "authentication", ("header", "query"))

    def authenticate(self, account: Account, inbound: Inbound, at: datetime) -> Delivery:
        """This function will return the delivery a request is; Refused when it is forged or of another shop."""
        return authenticate(account, inbound, at)

    def events(self, account: Account, topic: str, body: str) -> list[ChannelEvent]:
        """This function will return what a stored message says."""
        return events_of(topic, body)

    def client(self, account: Account) -> WooCommerceClient:
        """This function will return the way to the shop."""
        return WooCommerceClient(account)


ADAPTER = WooCommerce()
