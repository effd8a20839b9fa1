"""Who keeps what came from outside, raw, before anyone interprets it?

A message is stored once per (source, kind, external id, version), whatever its bytes. Whoever handled it says
what it became; whoever refused it says why, and the exception desk has a case. A failed message may be
replayed.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from erp.core.models import ExceptionCase, InboxMessage, User
from erp.core.services.exception_case import exception_resolve
from erp.core.services.work import dead_open, wake_row_on_commit
from erp.core.sql import Statements, query, unnest
from erp.core.states import ExceptionState
from erp.core.text import digest, storable, storable_json


@dataclass(frozen=True)
class InboxDraft:
    """A message as it arrived. `result` ("orders.Order:17") when the caller handles it in the same transaction."""

    source: str
    kind: str
    external_id: str
    body: bytes | str
    version: str = ""
    headers: Mapping[str, Any] = field(default_factory=dict)
    result: str = ""


@dataclass(frozen=True)
class StoredMessage:
    """What the inbox holds for a draft: is it new, and if not, did the first one have the same body?"""

    id: int
    is_new: bool
    is_same_body: bool
    state: str
    result: str


_COLUMNS = {
    "source": "text", "kind": "text", "external_id": "text", "version": "text", "headers": "jsonb", "body": "text",
    "body_hash": "text", "result": "text",
}  # fmt: skip
_INSERT = (
    "INSERT INTO core_inboxmessage (source, kind, external_id, version, headers, body, body_hash, result, state, attempts, "
    "max_attempts, received_at, finished_at) "
    "SELECT source, kind, external_id, version, headers, body, body_hash, result, "
    "CASE WHEN result = '' THEN 'PENDING' ELSE 'DONE' END, 0, 5, %s, CASE WHEN result = '' THEN NULL ELSE now() END "
    "FROM {source} ON CONFLICT (source, kind, external_id, version) DO NOTHING "
    "RETURNING source, kind, external_id, version, id, body_hash, state, result"
)
_FIND = (
    "SELECT m.source, m.kind, m.external_id, m.version, m.id, m.body_hash, m.state, m.result FROM core_inboxmessage m "
    "JOIN {source} USING (source, kind, external_id, version)"
)


def _row(draft: InboxDraft) -> tuple[str, ...]:
    identity = (
        storable(draft.source)[:60],
        draft.kind,
        storable(draft.external_id)[:200],
        storable(draft.version)[:80],
    )
    return (
        *identity,
        json.dumps(storable_json(dict(draft.headers))),
        storable(draft.body),
        digest(draft.body),
        draft.result,
    )


@transaction.atomic
def inbox_store_many(drafts: Sequence[InboxDraft], *, at: datetime) -> list[StoredMessage]:
    """This function will store every message that is not there yet and return what the inbox holds, draft by draft.

    Of several drafts with one identity the first is stored; the others find it. Nothing is handled here.
    """
    if not drafts:
        return []
    rows = [_row(draft) for draft in drafts]
    first = {row[:4]: row for row in reversed(rows)}
    source, parameters = unnest(_COLUMNS, list(first.values()))
    fresh = {tuple(found[:4]): found[4:] for found in query(_INSERT.format(source=source), [at, *parameters])}
    missing = [identity for identity in first if identity not in fresh]
    known: dict[tuple[Any, ...], Sequence[Any]] = {}
    if missing:
        names = dict.fromkeys(("source", "kind", "external_id", "version"), "text")
        source, parameters = unnest(names, missing)
        known = {tuple(found[:4]): found[4:] for found in query(_FIND.format(source=source), parameters)}
    stored = []
    for row in rows:
        is_new = row[:4] in fresh and first[row[:4]] is row
        message_id, body_hash, state, result = fresh.get(row[:4]) or known[row[:4]]
        stored.append(StoredMessage(message_id, is_new, body_hash == row[6], state, result))
    return stored


def inbox_store(
    *,
    source: str,
    kind: str,
    external_id: str,
    body: bytes | str,
    version: str = "",
    headers: Mapping[str, Any] | None = None,
    at: datetime,
) -> tuple[InboxMessage, bool]:
    """This function will store one message (see `inbox_store_many`) and return it and whether it is new."""
    (stored,) = inbox_store_many([InboxDraft(source, kind, external_id, body, version, headers or {})], at=at)
    return InboxMessage.objects.get(pk=stored.id), stored.is_new


def inbox_done_many(results: Mapping[int, str], *, statements: Statements | None = None) -> None:
    """This function will mark messages as handled: message id → what it became ("orders.Order:17", never blank).

    LostUpdate when one of them was already done, dead or cancelled.
    """
    if not results:
        return
    batch = statements or Statements()
    source, parameters = unnest({"id": "bigint", "result": "text"}, list(results.items()))
    batch.demand(
        "UPDATE core_inboxmessage m SET state = 'DONE', result = v.result, finished_at = now(), lease_until = NULL, "
        "error = '' "
        f"FROM {source} WHERE m.id = v.id AND m.state IN ('PENDING', 'RUNNING', 'FAILED') RETURNING 1",
        parameters,
        len(results),
        "core.InboxMessage → DONE",
    )
    if statements is None:
        with transaction.atomic():
            batch.run()


@transaction.atomic
def inbox_reject_many(
    errors: Mapping[int, str], *, told: Collection[int] = (), actor: User, at: datetime
) -> None:
    """This function will mark messages as refused: message id → the error that names field and remedy. Each
    gets an exception case.

    The raw message stays; it can be replayed once the cause is gone. For messages in `told` the caller has opened a
    case that says more.
    """
    if not errors:
        return
    batch = Statements()
    source, parameters = unnest(
        {"id": "bigint", "error": "text"},
        [(message_id, storable(error)[:4000]) for message_id, error in errors.items()],
    )
    batch.demand(
        "UPDATE core_inboxmessage m SET state = 'DEAD', error = v.error, finished_at = now(), lease_until = NULL, "
        "attempts = greatest(attempts, 1) "
        f"FROM {source} WHERE m.id = v.id AND m.state IN ('PENDING', 'RUNNING', 'FAILED') RETURNING 1",
        parameters,
        len(errors),
        "core.InboxMessage → DEAD",
    )
    batch.run()
    dead_open("inbox", [message_id for message_id in errors if message_id not in told], actor=actor, at=at)


@transaction.atomic
def inbox_revive_many(results: Mapping[int, str], *, actor: User, at: datetime) -> None:
    """This function will mark messages as handled that failed or died before, and settle their exception cases.

    For a message that came again, or was replayed, after its cause was gone. LostUpdate when one was handled meanwhile.
    """
    if not results:
        return
    batch = Statements()
    source, parameters = unnest({"id": "bigint", "result": "text"}, list(results.items()))
    batch.demand(
        "UPDATE core_inboxmessage m SET state = 'DONE', result = v.result, finished_at = now(), lease_until = NULL, error = '' "
        ""
        f"FROM {source} WHERE m.id = v.id AND m.state <> 'DONE' RETURNING 1",
        parameters,
        len(results),
        "core.InboxMessage → DONE",
    )
    batch.run()
    cases = ExceptionCase.objects.exclude(state=ExceptionState.RESOLVED).filter(
        subject_type="core.InboxMessage", subject_id__in=[str(message_id) for message_id in results]
    )
    for case in cases:
        reason = f"became {results[int(case.subject_id)]}"
        exception_resolve(
            case_id=case.pk, resolution="core.inbox_revive_many", reason=reason, actor=actor, at=at
        )


def inbox_wake(message: InboxMessage) -> None:
    """This function will let a worker handle a stored message after the transaction commits (webhooks answer
    first)."""
    wake_row_on_commit("inbox", message)


__all__ = [
    "InboxDraft",
    "StoredMessage",
    "inbox_done_many",
    "inbox_reject_many",
    "inbox_revive_many",
    "inbox_store",
    "inbox_store_many",
    "inbox_wake",
]
