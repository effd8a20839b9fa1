"""Is a request really from this shop's Keel plugin, and of now?

Vendure sends no webhooks. Our plugin signs what it sends as Standard Webhooks do: HMAC-SHA256 over id, time and body, so none
of the three can be written anew. The body names the shop as well: two shops with one secret are still two.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta

from erp.core.errors import InvalidInput
from orders.channels.contract import Account, Delivery, Inbound, Refused
from orders.channels.tree import read_json
from orders.channels.vendure.read import CHANGED

STALE_MINUTES = 5
AHEAD = timedelta(minutes=5)
_ID = re.compile(r"[0-9A-Za-z_.:-]{8,100}")
_TIME = re.compile(r"\d{9,11}")


def authenticate(account: Account, inbound: Inbound, at: datetime) -> Delivery:
    """This function will return the message a request is; Refused says by a stable word what is wrong with it."""
    secrets = account.secrets.get("webhook", ())
    if not secrets:
        raise Refused(
            "no_secret", "the shop has no plugin that may write to us", status=403,
            remedy="Enter the plugin's secret on the channel's page; without it orders are asked for.",
        )  # fmt: skip
    ident, sent = _header(inbound, "webhook-id", _ID), _header(inbound, "webhook-timestamp", _TIME)
    given = inbound.headers.get("webhook-signature", "")
    if not given:
        raise Refused("no_signature", "the request is not signed", field="webhook-signature")
    good = {f"v1,{sign(ident, sent, inbound.body, secret)}" for secret in secrets}
    if not any(
        hmac.compare_digest(one.encode(), known.encode()) for one in given.split()[:5] for known in good
    ):
        raise Refused(
            "bad_signature", "the signature is not that of id, time and body with our secret", field="webhook-signature",
            remedy="Compare the plugin's secret with the channel's.",
        )  # fmt: skip
    _check_time(account, sent, at)
    _check_body(account, inbound.body)
    return Delivery(
        CHANGED, ident, inbound.body.decode("utf-8"), {"webhook-id": ident, "webhook-timestamp": sent}
    )


def sign(ident: str, sent: str, body: bytes, secret: str) -> str:
    """This function will return the signature of a message."""
    signed = f"{ident}.{sent}.".encode() + body
    return base64.b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest()).decode()


def _header(inbound: Inbound, name: str, form: re.Pattern[str]) -> str:
    value = inbound.headers.get(name, "")
    if not form.fullmatch(value):
        raise Refused("missing_header", f"{name} is missing or malformed", status=400, field=name)
    return value


def _check_time(account: Account, sent: str, at: datetime) -> None:
    set_to = str(account.settings.get("stale_minutes", "")).strip()
    oldest = int(set_to) if set_to.isascii() and set_to.isdigit() and set_to != "0" else STALE_MINUTES
    moment = datetime.fromtimestamp(int(sent), UTC)
    if moment < at - timedelta(minutes=oldest):
        raise Refused("stale", f"it was sent at {moment.isoformat()}, too long ago", status=400)
    if moment > at + AHEAD:
        raise Refused("future", f"it is to be sent at {moment.isoformat()}", status=400)


def _check_body(account: Account, body: bytes) -> None:
    try:
        content = read_json(body)
    except InvalidInput as error:
        raise Refused("not_json", error.message, status=400, field="body", remedy=error.remedy) from error
    if (
        not isinstance(content, dict)
        or not isinstance(content.get("order"), dict)
        or "id" not in content["order"]
    ):
        raise Refused("wrong_body", "the body holds no order", status=400, field="order")
    if content.get("account") != account.account:
        raise Refused(
            "wrong_shop", f"the message is of “{str(content.get('account'))[:80]}”, not of {account.account}", status=403,
            field="account", remedy="Connect each shop to its own channel.",
        )  # fmt: skip
