"""Who says which address is told of which events, under which secret, and from when on again?"""

from __future__ import annotations

import base64
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from erp.core.errors import Conflict, InvalidInput, PermissionRefused
from erp.core.event_kinds import KINDS
from erp.core.models import Event, ExceptionCase, User, WebhookEndpoint
from erp.core.net import check_target
from erp.core.services.event import MAX_ATTEMPTS, SENDER, event_latest
from erp.core.services.exception_case import exception_open, exception_resolve
from erp.core.services.outbox import OutboxDraft, outbox_add_many, outbox_add_selected, stream_cancel
from erp.core.services.state import change_state, record_creation
from erp.core.sql import execute, query
from erp.core.states import ExceptionState, WebhookState
from erp.core.text import storable
from erp.core.vault import seal

OVERLAP = timedelta(days=1)  # so long both secrets sign
KEEP_DAYS = 30
EDIT = "core.webhook_edit"
SUBJECT = "core.WebhookEndpoint"


@dataclass(frozen=True)
class WebhookDraft:
    """Whom to tell what: no `kinds` means everything."""

    name: str
    url: str
    kinds: Sequence[str] = ()


def _demand(actor: User) -> None:
    if not (actor.is_system or actor.may(EDIT)):
        raise PermissionRefused(
            "only an administrator says who is told", field="actor", remedy="Ask an administrator."
        )


def _secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _checked(draft: WebhookDraft, besides: int | None) -> WebhookDraft:
    name, url = storable(draft.name).strip(), storable(draft.url).strip()
    taken = WebhookEndpoint.objects.filter(name=name).exclude(pk=besides or 0).exists()
    if not name or len(name) > 80 or taken:
        raise InvalidInput(
            "the name is empty, too long or taken", field="name", remedy="Choose another name."
        )
    if len(url) > 500:
        raise InvalidInput("the address is too long", field="url", remedy="Use at most 500 characters.")
    check_target(url)
    unknown = sorted(set(draft.kinds) - set(KINDS))
    if unknown:
        raise InvalidInput(
            f"there is no event {unknown[0][:40]}", field="kinds", remedy=f"Known are: {', '.join(KINDS)}."
        )
    return WebhookDraft(name, url, sorted(set(draft.kinds)))


def webhook_create(draft: WebhookDraft, *, actor: User, at: datetime) -> tuple[WebhookEndpoint, str]:
    """This function will tell a new address of what happens from now on; returns it with the secret, shown this once.

    InvalidInput for an address that Keel may not call, a name that is taken or an event that there is not.
    """
    _demand(actor)
    checked, secret = _checked(draft, None), _secret()  # looks the host up, so before the transaction
    with transaction.atomic():
        endpoint = WebhookEndpoint.objects.create(
            name=checked.name, url=checked.url, kinds=list(checked.kinds), secret=seal(secret),
            position=event_latest(), created_by=actor, created_at=at,
        )  # fmt: skip
        record_creation(WebhookEndpoint, [endpoint.pk], actor=actor, at=at, action="core.webhook_create")
    return endpoint, secret


def webhook_save(*, endpoint_id: int, draft: WebhookDraft, actor: User, at: datetime) -> WebhookEndpoint:
    """This function will change an endpoint's name, address and events; what waits goes to the new address."""
    _demand(actor)
    checked = _checked(draft, endpoint_id)
    with transaction.atomic():
        endpoint = _locked(endpoint_id)
        endpoint.name, endpoint.url, endpoint.kinds = checked.name, checked.url, list(checked.kinds)
        endpoint.save(update_fields=["name", "url", "kinds"])
    return endpoint


@transaction.atomic
def webhook_rotate(
    *, endpoint_id: int, overlap: timedelta = OVERLAP, actor: User, at: datetime
) -> tuple[WebhookEndpoint, str]:
    """This function will give an endpoint a new secret; for `overlap` each message carries a signature by either."""
    _demand(actor)
    endpoint, secret = _locked(endpoint_id), _secret()
    endpoint.secret_before, endpoint.secret_before_until = endpoint.secret, at + overlap
    endpoint.secret = seal(secret)
    endpoint.save(update_fields=["secret", "secret_before", "secret_before_until"])
    return endpoint, secret


@transaction.atomic
def webhook_disable(*, endpoint_id: int, reason: str, actor: User, at: datetime) -> WebhookEndpoint:
    """This function will stop telling an endpoint; what it has not got stays in the feed for when it is enabled again."""
    _demand(actor)
    if not reason.strip():
        raise InvalidInput("a reason is needed", field="reason", remedy="Say in a few words why.")
    return webhook_stop(_locked(endpoint_id), reason=reason.strip(), actor=actor, at=at)


def webhook_stop(endpoint: WebhookEndpoint, *, reason: str, actor: User, at: datetime) -> WebhookEndpoint:
    """This function will disable a locked endpoint and set it back to before the first event that it has not got."""
    change_state(
        endpoint, to=WebhookState.DISABLED, actor=actor, at=at, action="core.webhook_disable", reason=reason
    )
    ((first,),) = query(
        "SELECT min(e.position) FROM core_outboxmessage m JOIN core_event e ON e.id = (m.payload->>'event')::bigint "
        "WHERE m.stream = %s AND m.state IN ('PENDING', 'FAILED', 'RUNNING') AND strpos(m.key, ':again:') = 0",
        [endpoint.stream],
    )
    stream_cancel(stream=endpoint.stream, reason=f"The endpoint was disabled: {reason}")
    _set_back(endpoint, endpoint.position if first is None else min(endpoint.position, first - 1))
    return endpoint


def _set_back(endpoint: WebhookEndpoint, position: int) -> None:
    endpoint.position, endpoint.generation = position, endpoint.generation + 1
    endpoint.save(update_fields=["position", "generation"])


@transaction.atomic
def webhook_enable(*, endpoint_id: int, reason: str, actor: User, at: datetime) -> WebhookEndpoint:
    """This function will tell an endpoint again, beginning with the first event that it has not got; its case is settled."""
    _demand(actor)
    if not reason.strip():
        raise InvalidInput("a reason is needed", field="reason", remedy="Say what was repaired.")
    endpoint = _locked(endpoint_id)
    change_state(
        endpoint, to=WebhookState.ACTIVE, actor=actor, at=at, action="core.webhook_enable", reason=reason.strip(),
        fields={"failing_since": None},
    )  # fmt: skip
    open_case = ExceptionCase.objects.filter(
        kind="WEBHOOK_DISABLED", subject_type=SUBJECT, subject_id=str(endpoint_id)
    ).exclude(state=ExceptionState.RESOLVED)
    for case in open_case:
        exception_resolve(
            case_id=case.pk, resolution="core.webhook_enable", reason=reason.strip(), actor=actor, at=at
        )
    return endpoint


@transaction.atomic
def webhook_test(*, endpoint_id: int, actor: User, at: datetime) -> None:
    """This function will send an endpoint a message of kind `webhook.test`, beside its queue."""
    _demand(actor)
    endpoint = _locked(endpoint_id)
    outbox_add_many([
        OutboxDraft(
            f"{endpoint.stream}:test", SENDER, f"{endpoint.pk}:test:{uuid.uuid4()}", {"endpoint": endpoint.pk}, SUBJECT,
            endpoint.pk,
        )
    ])  # fmt: skip


@transaction.atomic
def webhook_replay_one(*, endpoint_id: int, event_id: int, actor: User, at: datetime) -> None:
    """This function will tell an endpoint of one event again, behind what waits. Its id is the same: a receiver knows it."""
    _demand(actor)
    endpoint = _demand_active(_locked(endpoint_id))
    if not Event.objects.filter(pk=event_id, position__isnull=False).exists():
        raise InvalidInput("there is no such event", field="event", remedy="Choose one of the feed.")
    key = f"{endpoint.pk}:again:{uuid.uuid4()}"
    outbox_add_selected(
        "SELECT %s::text, %s::text, %s::text, '', NULL::bigint, "
        "jsonb_build_object('endpoint', %s::bigint, 'event', id) FROM core_event WHERE id = %s",
        [endpoint.stream, SENDER, key, endpoint.pk, event_id],
        max_attempts=MAX_ATTEMPTS,
    )


@transaction.atomic
def webhook_replay_since(*, endpoint_id: int, since: datetime, actor: User, at: datetime) -> int:
    """This function will tell an endpoint again, in order, of all that was recorded since; returns the number it begins after."""
    _demand(actor)
    endpoint = _demand_active(_locked(endpoint_id))
    if since > at:
        raise InvalidInput("that time is yet to come", field="since", remedy="Choose an earlier time.")
    first = (
        Event.objects.filter(position__isnull=False, recorded_at__gte=since)
        .order_by("position")
        .values_list("position", flat=True)
        .first()
    )
    if first is None:
        raise InvalidInput("nothing happened since", field="since", remedy="Choose an earlier time.")
    stream_cancel(stream=endpoint.stream, reason="All since then is told again.")
    _set_back(endpoint, min(endpoint.position, first - 1))
    return first - 1


def webhook_give_up(endpoint: WebhookEndpoint, *, reason: str, actor: User, at: datetime) -> None:
    """This function will disable a locked endpoint that does not answer, and open a case for it."""
    webhook_stop(endpoint, reason=reason, actor=actor, at=at)
    exception_open(
        kind="WEBHOOK_DISABLED", subject_type=SUBJECT, subject_id=endpoint.pk,
        title=f"Webhook {endpoint.name} was disabled: {reason}", detail={"url": endpoint.url}, actor=actor, at=at,
    )  # fmt: skip


def webhook_purge(*, actor: User, at: datetime) -> int:
    """This function will delete the delivery log beyond thirty days; the events themselves stay."""
    return execute("DELETE FROM core_webhookattempt WHERE at < %s", [at - timedelta(days=KEEP_DAYS)])


def _locked(endpoint_id: int) -> WebhookEndpoint:
    found = WebhookEndpoint.objects.select_for_update().filter(pk=endpoint_id).first()
    if found is None:
        raise InvalidInput("there is no such endpoint", field="endpoint", remedy="Reload the list.")
    return found


def _demand_active(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    if endpoint.state != WebhookState.ACTIVE:
        raise Conflict(f"{endpoint} is disabled", field="endpoint", remedy="Enable it first.")
    return endpoint
