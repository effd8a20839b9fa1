"""Answers: which webhooks do a Shopify and a WooCommerce shop send in a row, signed, and when is each one due?

The bodies are recorded ones with ids, numbers and times of their own. Per order comes its creation; of every third an update
follows, and every twentieth message comes twice, as both kinds of shop do when an answer was slow.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from orders.channels.woocommerce.sign import sign
from tests.channels.fake_woocommerce import orders_recorded
from tests.channels.recorded_shopify import ORDERS
from tests.channels.shopify_fake import FakeShop

WOO, WOO_SHOP = "woo", "https://shop.example.com"
SHOPIFY, SHOPIFY_SHOP = "shopify", FakeShop.domain
SECRET = "a secret of the proof"
CURRENCY = "GBP"
_UPDATE, _TWICE = 3, 20
_OWN_IDS = {"id", "order_id", "line_item_id", "refund_id", "parent_id"}
_FOREIGN = {"customer", "payment_details", "discount_applications", "meta_data", "taxes", "tax_lines"}
_CURRENCIES = {"currency", "presentment_currency", "currency_code"}


@dataclass(frozen=True)
class Webhook:
    """A request as its shop sends it; `name` is what makes it one delivery."""

    channel: str
    name: str
    body: bytes
    headers: dict[str, str]


def shopify_orders() -> list[dict[str, Any]]:
    """Return the recorded Shopify orders that are whole."""
    return [order for order in ORDERS["2025_01"] if order.get("currency") and order.get("shipping_address")]


def woo_orders() -> list[dict[str, Any]]:
    """Return the recorded WooCommerce orders."""
    return orders_recorded()


def renumbered(order: dict[str, Any], number: int, at: datetime) -> dict[str, Any]:
    """Return an order like this one: another id everywhere, in our currency, placed and changed at `at`."""

    def look(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: part if name in _FOREIGN else look(part, name) for name, part in value.items()}
        if isinstance(value, list):
            return [look(part, key) for part in value]
        if key in _OWN_IDS and isinstance(value, int) and value:
            return value + number * 10**10
        return CURRENCY if key in _CURRENCIES and value else value

    found: dict[str, Any] = look(deepcopy(order))
    stamp = at.isoformat(timespec="seconds")
    for name in ("created_at", "processed_at", "updated_at"):
        if found.get(name):
            found[name] = stamp
    for name in ("date_created_gmt", "date_modified_gmt", "date_paid_gmt"):
        if found.get(name):
            found[name] = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    if "order_key" in found:
        found |= {"order_key": f"wc_order_{number}", "transaction_id": ""}
    return found


def webhooks(at: datetime) -> Iterator[Webhook]:
    """Yield requests without end, by turns of either shop."""
    shop = FakeShop()
    shop.now, shop.secret = at, SECRET
    sources = ((SHOPIFY, shopify_orders()), (WOO, woo_orders()))
    sent: list[Webhook] = []
    for number in count(1):
        channel, orders = sources[number % 2]
        order = renumbered(orders[number // 2 % len(orders)], number, at)
        said = [("create", order)]
        if number % _UPDATE == 0:
            later = at + timedelta(seconds=1)
            said.append(("update", order | {"updated_at": later.isoformat(timespec="seconds"),
                                            "date_modified_gmt": later.strftime("%Y-%m-%dT%H:%M:%S")}))  # fmt: skip
        for verb, document in said:
            made = (
                _shopify(shop, verb, number, document) if channel == SHOPIFY else _woo(verb, number, document)
            )
            sent.append(made)
            yield made
            if len(sent) % _TWICE == 0:
                yield sent[-_TWICE // 2]


def _shopify(shop: FakeShop, verb: str, number: int, order: dict[str, Any]) -> Webhook:
    topic = {"create": "orders/create", "update": "orders/updated"}[verb]
    ref = f"{verb}-{number}"
    body, headers = shop.webhook(topic, order, ref=ref)
    return Webhook(SHOPIFY, f"{SHOPIFY}:{ref}", body, headers)


def _woo(verb: str, number: int, order: dict[str, Any]) -> Webhook:
    event = {"create": "created", "update": "updated"}[verb]
    body, ref = json.dumps(order).encode(), f"{verb}-{number}"
    headers = {
        "X-WC-Webhook-Source": f"{WOO_SHOP}/", "X-WC-Webhook-Topic": f"order.{event}", "X-WC-Webhook-Resource": "order",
        "X-WC-Webhook-Event": event, "X-WC-Webhook-Signature": sign(body, SECRET), "X-WC-Webhook-ID": "142",
        "X-WC-Webhook-Delivery-ID": ref,
    }  # fmt: skip
    return Webhook(WOO, f"{WOO}:{ref}", body, headers)
