"""How does Keel speak with a Vendure shop: orders by polling and by signed messages, everything else by its Admin API?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from orders.channels.contract import Account, ChannelEvent, Delivery, Inbound, Limits, Setting
from orders.channels.vendure.client import VendureClient
from orders.channels.vendure.read import events_of
from orders.channels.vendure.sign import authenticate


class Vendure:
    """A shop is known by a name of its own; its orders by their id. Vendure has no webhooks: the catch-up finds every order.

    A shop that installs our plugin (`tests/live/vendure/keel-webhook-plugin.js`) tells of them at once.
    """

    slug = "vendure"
    name = "Vendure"
    # A shop's own machine: nobody limits it but itself. Its lists give a hundred rows unless its owner set another number.
    limits = Limits(calls_per_second=10.0, burst=20, stock_batch=50, body_bytes=2 * 2**20, catch_up_days=60)
    secrets: Sequence[tuple[str, str]] = (
        (
            "username",
            "Administrator's e-mail or name, with rights to read and update orders and the catalogue",
        ),
        ("password", "That administrator's password"),
        ("webhook", "Secret of the Keel plugin, where the shop has it"),
    )
    settings: Sequence[Setting] = (
        Setting("location", "Id of the stock location that Keel sets (not needed where the shop has one)"),
        Setting("channel_token", "Token of the Vendure channel that this is; empty = the default channel"),
        Setting("precision", "Decimals of the shop's amounts, as its MoneyStrategy has them (2)", "whole"),
        Setting("stale_minutes", "Age in minutes from which a message is refused (5)", "whole"),
    )

    def check(self, account: Account) -> None:
        """Nothing that the kinds of the settings do not say already."""

    def authenticate(self, account: Account, inbound: Inbound, at: datetime) -> Delivery:
        """This function will return the message a request is; Refused when it is forged, stale or of another shop."""
        return authenticate(account, inbound, at)

    def events(self, account: Account, topic: str, body: str) -> list[ChannelEvent]:
        """This function will return what a stored message says."""
        return events_of(account, topic, body)

    def client(self, account: Account) -> VendureClient:
        """This function will return the way to the shop."""
        return VendureClient(account, self.limits)


ADAPTER = Vendure()
