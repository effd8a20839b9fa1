"""Is a request really from this Shopify shop, of now, and about what it says?

Source: shopify.dev “Deliver webhooks through HTTPS”. The signature covers the body and nothing else: topic, shop and time are
headers that whoever once saw a signed body could write anew. So the body must look like its topic, and where it names its
shop that must be ours.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from orders.channels.contract import Account, Delivery, Inbound, Refused

STALE_HOURS = 72  # Shopify repeats a delivery for up to two days
AHEAD = timedelta(minutes=5)  # how far its clock may be before ours
KEPT = ("topic", "shop-domain", "webhook-id", "event-id", "triggered-at", "api-version")
_ORDER = ("id", "line_items")
# What the body of each topic must have, and where it names its shop.
TOPICS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "orders/create": (_ORDER, ""),
    "orders/updated": (_ORDER, ""),
    "orders/paid": (_ORDER, ""),
    "orders/cancelled": (_ORDER, ""),
    "orders/edited": (("order_edit",), ""),
    "refunds/create": (("order_id", "refund_line_items"), ""),
    "fulfillments/create": (("order_id", "line_items"), ""),
    "fulfillments/update": (("order_id", "line_items"), ""),
    "inventory_levels/update": (("inventory_item_id", "location_id"), ""),
    "customers/redact": (("customer",), "shop_domain"),
    "customers/data_request": (("customer",), "shop_domain"),
    "shop/redact": (("shop_id",), "shop_domain"),
    "app/uninstalled": (("id",), "myshopify_domain"),
}


def authenticate(account: Account, inbound: Inbound, at: datetime) -> Delivery:
    """This function will return the webhook that a request is; Refused says what is wrong with it."""
    headers = {name: inbound.headers.get(f"x-shopify-{name}", "").strip() for name in KEPT}
    _check_signature(account, inbound)
    for name in ("topic", "shop-domain", "triggered-at"):
        if not headers[name]:
            raise Refused("missing_header", f"X-Shopify-{name.title()} is missing", status=400)
    if not same_shop(headers["shop-domain"], account.account):
        raise Refused("wrong_shop", f"it is of {headers['shop-domain'][:80]}, not of {account.account}")
    _check_time(account, headers["triggered-at"], at)
    topic, delivery = headers["topic"].lower(), headers["webhook-id"] or headers["event-id"]
    if topic not in TOPICS:
        raise Refused("unknown_topic", f"nobody asked for “{topic[:80]}”", status=422)
    if not delivery:
        raise Refused("missing_header", "X-Shopify-Webhook-Id is missing", status=400)
    text, content = _read(inbound.body)
    _check_shape(account, topic, content)
    kept = {f"X-Shopify-{name.title()}": value for name, value in headers.items() if value}
    return Delivery(topic, delivery[:120], text, kept)


def same_shop(named: Any, account: str) -> bool:
    """This function will tell whether a shop's domain is the account's, which may be given without .myshopify.com."""
    ours = account.strip().lower()
    return str(named).strip().lower() == (ours if "." in ours else f"{ours}.myshopify.com")


def _check_signature(account: Account, inbound: Inbound) -> None:
    given = inbound.headers.get("x-shopify-hmac-sha256", "").strip()
    if not given:
        raise Refused("no_signature", "X-Shopify-Hmac-Sha256 is missing")
    if not inbound.body:
        raise Refused("empty", "the body is empty", status=400)
    good = False
    for secret in account.secrets.get("webhook", ()):  # all of them, so that time tells nothing
        made = base64.b64encode(hmac.new(secret.encode(), inbound.body, hashlib.sha256).digest())
        good |= hmac.compare_digest(made, given.encode("utf-8", "backslashreplace"))
    if not good:
        raise Refused(
            "bad_signature", "the signature is not that of any secret that is valid now",
            remedy="Enter the app's client secret on the channel's page.",
        )  # fmt: skip


def _check_time(account: Account, triggered: str, at: datetime) -> None:
    try:
        moment = datetime.fromisoformat(triggered)
    except ValueError as error:
        raise Refused("bad_time", "X-Shopify-Triggered-At is no time", status=400) from error
    if moment.tzinfo is None:
        raise Refused("bad_time", "X-Shopify-Triggered-At has no offset", status=400)
    if moment < at - timedelta(hours=stale_hours(account)):
        raise Refused("stale", f"it happened at {moment.isoformat()}, too long ago", status=400)
    if moment > at + AHEAD:
        raise Refused("future", f"it is to happen at {moment.isoformat()}", status=400)


def stale_hours(account: Account) -> int:
    """This function will return the age from which a webhook is refused, in hours."""
    set_to = str(account.settings.get("stale_hours", "")).strip()
    return int(set_to) if set_to.isascii() and set_to.isdigit() and set_to != "0" else STALE_HOURS


def _read(body: bytes) -> tuple[str, Mapping[str, Any]]:
    try:
        text = body.decode("utf-8")
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refused("not_json", "the body is no JSON in UTF-8", status=400) from error
    if not isinstance(content, dict):
        raise Refused("not_an_object", "the body is JSON, but no object", status=400)
    return text, content


def _check_shape(account: Account, topic: str, content: Mapping[str, Any]) -> None:
    needed, shop = TOPICS[topic]
    missing = [name for name in needed if content.get(name) is None]
    if missing and not (topic == "orders/edited" and "line_items" in content):
        raise Refused("topic_mismatch", f"a body of {topic} has “{missing[0]}”", status=422)
    if shop and not same_shop(content.get(shop, ""), account.account):
        raise Refused("wrong_shop", f"the body's {shop} is another shop's")
