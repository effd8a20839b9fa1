"""Did this shop say that?

WooCommerce signs the body and nothing else: base64 of HMAC-SHA256 with the webhook's secret. The headers are anybody's, so
nothing is believed that only a header says: the topic must be one the body can be of, a delivery that comes again under
another number changes nothing, and an order is deleted only by a body that is nothing but its id.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from erp.core.errors import InvalidInput
from orders.channels.contract import Account, Delivery, Inbound, Refused
from orders.channels.tree import read_json
from orders.channels.woocommerce.read import DELETED, ORDER_TOPICS, TOPICS

_KEPT = ("x-wc-webhook-source", "x-wc-webhook-id", "x-wc-webhook-delivery-id", "user-agent")
_PING = re.compile(rb"webhook_id=\d{1,10}")
_NUMBER = re.compile(r"[0-9A-Za-z_.:-]{1,100}")


def authenticate(account: Account, inbound: Inbound, at: datetime) -> Delivery:
    """This function will return the delivery a request is; Refused with the reason when it is none of this shop's."""
    if _is_ping(inbound):
        # Sent unsigned when a webhook is made: kept once, whatever number it names, so that nobody fills the inbox with it.
        return Delivery("ping", "ping", "", {}, is_greeting=True)
    _prove(account, inbound)
    headers = {name: inbound.headers[name][:300] for name in _KEPT if name in inbound.headers}
    _check_shop(account, inbound.headers.get("x-wc-webhook-source", ""))
    topic = _topic(inbound)
    number = inbound.headers.get("x-wc-webhook-delivery-id", "")
    if not _NUMBER.fullmatch(number):
        raise Refused(
            "no_delivery_id", "the delivery has no number", status=400, field="X-WC-Webhook-Delivery-ID",
            remedy="Send WooCommerce's own headers.",
        )  # fmt: skip
    _check_body(topic, inbound.body)
    return Delivery(topic, number, inbound.body.decode("utf-8"), headers)


def sign(body: bytes, secret: str) -> str:
    """This function will return the signature of a body."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def _is_ping(inbound: Inbound) -> bool:
    kind = inbound.headers.get("content-type", "").partition(";")[0].strip().lower()
    return (
        kind == "application/x-www-form-urlencoded"
        and "x-wc-webhook-topic" not in inbound.headers
        and _PING.fullmatch(inbound.body) is not None
    )


def _prove(account: Account, inbound: Inbound) -> None:
    given = inbound.headers.get("x-wc-webhook-signature", "")
    if not given:
        raise Refused("no_signature", "the request is not signed", field="X-WC-Webhook-Signature")
    secrets = account.secrets.get("webhook", ())
    if not secrets:
        raise Refused(
            "no_secret", "the channel has no webhook secret yet", remedy="Enter it on the channel's page."
        )
    good = [hmac.compare_digest(sign(inbound.body, secret).encode(), given.encode()) for secret in secrets]
    if not any(good):
        raise Refused(
            "forged", "the signature is not that of the body with our secret", field="X-WC-Webhook-Signature",
            remedy="Compare the webhook's secret in the shop with the channel's.",
        )  # fmt: skip


def _check_shop(account: Account, source: str) -> None:
    if shop_of(source) != shop_of(account.account):
        raise Refused(
            "wrong_shop", f"the message is of “{source[:80]}”, not of {account.account}", status=403,
            field="X-WC-Webhook-Source", remedy="Connect each shop to its own channel.",
        )  # fmt: skip


def shop_of(address: str) -> str:
    """This function will return host and path of a shop's address, however it is written."""
    parts = urlsplit(address if "//" in address else f"//{address}")
    return f"{parts.netloc.lower()}{parts.path.rstrip('/')}"


def _topic(inbound: Inbound) -> str:
    topic = inbound.headers.get("x-wc-webhook-topic", "")
    said = (
        f"{inbound.headers.get('x-wc-webhook-resource', '')}.{inbound.headers.get('x-wc-webhook-event', '')}"
    )
    if topic not in TOPICS or topic == "order.fetched":
        raise Refused(
            "unknown_topic", f"“{topic[:60]}” is not a topic that Keel takes", status=400, field="X-WC-Webhook-Topic",
            remedy="Take the webhook off, or choose another topic.",
        )  # fmt: skip
    if said != topic:
        raise Refused(
            "headers_disagree", f"the topic is “{topic}”, resource and event are “{said[:60]}”", status=400,
            field="X-WC-Webhook-Resource",
        )  # fmt: skip
    return topic


def _check_body(topic: str, body: bytes) -> None:
    """Is this a body that the topic can have? The headers are not signed, the body is."""
    try:
        content: Any = read_json(body)
    except InvalidInput as error:
        raise Refused("not_json", error.message, status=400, field="body", remedy=error.remedy) from error
    fits = isinstance(content, dict) and "id" in content
    if fits and topic == DELETED:
        fits = set(content) == {"id"}
    elif fits and topic in ORDER_TOPICS:
        fits = "status" in content and "line_items" in content
    if not fits:
        raise Refused(
            "wrong_body", f"the body is not what “{topic}” sends", status=400, field="body",
            remedy="Send WooCommerce's own messages (API version 3).",
        )  # fmt: skip
