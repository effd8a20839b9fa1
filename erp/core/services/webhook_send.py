"""Who tells an endpoint of an event, signs it, and notes what was answered? Format: Standard Webhooks 1.0."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from django.db import transaction
from standardwebhooks import Webhook

from erp.core.errors import InvalidInput
from erp.core.models import Event, OutboxMessage, WebhookAttempt, WebhookEndpoint
from erp.core.net import call
from erp.core.services.user import system_user
from erp.core.services.webhook import webhook_give_up
from erp.core.sql import query
from erp.core.states import WebhookState
from erp.core.text import storable
from erp.core.vault import unseal

GIVE_UP_AFTER = timedelta(days=3)
TIMEOUT = (5.0, 10.0)
SHOWN = 500


class WebhookFailed(Exception):
    """The endpoint did not take the message; it is tried again later."""


@dataclass(frozen=True)
class _Said:
    """What came back: no status when nothing did."""

    status: int | None
    text: str
    milliseconds: int

    @property
    def is_ok(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def webhook_send(message: OutboxMessage) -> str:
    """This function will deliver one message and return the answer's status; WebhookFailed when it is to be tried again.

    An endpoint that has failed for three days, or says 410 Gone, is disabled with an exception case.
    """
    endpoint = WebhookEndpoint.objects.get(pk=message.payload["endpoint"])
    event_id = message.payload.get("event")
    if endpoint.state != WebhookState.ACTIVE and event_id is not None:
        return "not sent: the endpoint is disabled"
    event = Event.objects.get(pk=event_id) if event_id is not None else None
    at: datetime = query("SELECT now()")[0][0]
    said = _tell(endpoint, event, message, at)
    with transaction.atomic():
        endpoint = WebhookEndpoint.objects.select_for_update().get(pk=endpoint.pk)
        WebhookAttempt.objects.create(
            endpoint=endpoint, event=event, kind=event.kind if event else "webhook.test", number=message.attempts, at=at,
            is_ok=said.is_ok, status=said.status, milliseconds=said.milliseconds,
            answer=storable(said.text)[:SHOWN], message_id=message.pk,
        )  # fmt: skip
        given_up = event is not None and _note(endpoint, said, at)
    if said.is_ok:
        return f"HTTP {said.status}"
    if event is None:
        return f"test failed: {said.status or said.text[:120]}"  # a person looks at it; nothing to try again
    if given_up:
        return "not taken: the endpoint was disabled"
    raise WebhookFailed(f"{said.status or 'no answer'}: {said.text[:200]}")


def body_of(event: Event | None, at: datetime) -> bytes:
    """This function will return what is sent: type, timestamp and data, as Standard Webhooks has it."""
    content: dict[str, Any] = (
        {"type": "webhook.test", "timestamp": at.isoformat(), "data": {"message": "Hello from Keel."}}
        if event is None
        else {"type": event.kind, "timestamp": event.at.isoformat(), "data": event.data}
    )
    return json.dumps(content, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()


def headers_of(endpoint: WebhookEndpoint, message_id: str, body: bytes, at: datetime) -> dict[str, str]:
    """This function will return the three headers of Standard Webhooks; after a rotation there are two signatures."""
    sealed = [endpoint.secret]
    if endpoint.secret_before and endpoint.secret_before_until and endpoint.secret_before_until > at:
        sealed.append(endpoint.secret_before)
    signatures = [
        Webhook(unseal(secret)).sign(message_id, at.astimezone(UTC), body.decode()) for secret in sealed
    ]
    return {
        "Content-Type": "application/json",
        "User-Agent": "Keel-Webhooks/1",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _tell(endpoint: WebhookEndpoint, event: Event | None, message: OutboxMessage, at: datetime) -> _Said:
    body = body_of(event, at)
    message_id = f"evt_{event.position}" if event else f"test_{message.pk}"
    began = time.monotonic()
    try:
        answer = call(
            "POST",
            endpoint.url,
            headers=headers_of(endpoint, message_id, body, at),
            body=body,
            timeout=TIMEOUT,
        )
    except (requests.RequestException, InvalidInput) as error:
        return _Said(None, f"{type(error).__name__}: {error}", _since(began))
    return _Said(answer.status_code, answer.content[:SHOWN].decode("utf-8", "replace"), _since(began))


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)


def _note(endpoint: WebhookEndpoint, said: _Said, at: datetime) -> bool:
    """Remember on the locked endpoint how it went; true when it was given up."""
    if said.is_ok:
        endpoint.failing_since, endpoint.delivered_at = None, at
        endpoint.save(update_fields=["failing_since", "delivered_at"])
        return False
    if endpoint.failing_since is None:
        endpoint.failing_since = at
        endpoint.save(update_fields=["failing_since"])
    if endpoint.state != WebhookState.ACTIVE:
        return True
    reason = ""
    if said.status == 410:
        reason = "it says that it is gone (410)"
    elif at - endpoint.failing_since >= GIVE_UP_AFTER:
        reason = f"it has not taken a message since {endpoint.failing_since:%d %b %H:%M} UTC"
    if reason:
        webhook_give_up(endpoint, reason=reason, actor=system_user(), at=at)
    return bool(reason)
