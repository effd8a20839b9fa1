"""Who puts down what must reach someone outside, and who delivers it, in order, at least once?

A message is written in the transaction that caused it. Delivery goes strictly by id within a stream: a head
that fails holds its stream back until its next try, which is the stream's circuit breaker; a head that died
lets the next one try after a pause. So a stream should be the smallest thing whose order matters, say
"order:17:email", not "email".
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.db import connection, transaction

from erp.core.errors import InvalidInput
from erp.core.models import OutboxMessage, User
from erp.core.services.user import system_user
from erp.core.services.work import claim, fail, wake
from erp.core.sql import Statements, execute, insert, query
from erp.core.states import WorkState
from erp.core.text import storable, storable_json
from erp.core.work_registry import UnknownKind, address_resolve

SEND_SECONDS = 30  # the lease of a message that is being sent: longer than any sender's own timeout
MAX_ATTEMPTS = 12  # about an hour and a half of trying
DEATH_PAUSE_SECONDS = 300
BATCH = 100


class SendLater(Exception):
    """A sender's word that the receiver can not be asked now, through no fault of the message: the attempt does not count."""

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


@dataclass(frozen=True)
class OutboxDraft:
    """What to send: `kind` is the address of the sender ("core.send_email"), `key` makes the effect unique
    for the receiver."""

    stream: str
    kind: str
    key: str
    payload: Mapping[str, Any]
    subject_type: str = ""
    subject_id: int | None = None


_COLUMNS = {
    "stream": "text", "kind": "text", "key": "text", "subject_type": "text", "subject_id": "bigint",
    "payload": "jsonb", "state": "text", "attempts": "smallint", "max_attempts": "smallint",
}  # fmt: skip


def outbox_add_many(messages: Sequence[OutboxDraft], statements: Statements | None = None) -> None:
    """This function will put messages down in the caller's transaction; one whose (kind, key) exists already
    is left out.

    With `statements` the insert joins that batch. A worker is woken when the transaction commits.
    """
    if not messages:
        return
    rows = [
        (message.stream, message.kind, message.key, message.subject_type, message.subject_id,
         json.dumps(storable_json(dict(message.payload))), WorkState.PENDING, 0, MAX_ATTEMPTS)
        for message in messages
    ]  # fmt: skip
    batch = statements or Statements()
    batch.add(*insert("core_outboxmessage", _COLUMNS, rows, "ON CONFLICT (kind, key) DO NOTHING"))
    if statements is None:
        with transaction.atomic():
            batch.run()
    streams = {message.stream for message in messages}
    if len(streams) == 1:
        transaction.on_commit(partial(wake, "core.deliver_stream", [streams.pop()]), robust=True)
    else:
        transaction.on_commit(partial(wake, "core.deliver_due", []), robust=True)


def outbox_add_selected(
    select: str,
    parameters: Sequence[Any],
    statements: Statements | None = None,
    *,
    max_attempts: int = MAX_ATTEMPTS,
) -> None:
    """This function will put down a message per row of `select`, which yields stream, kind, key, subject type, subject id
    and payload, in one statement; one whose (kind, key) exists already is left out.

    For what is decided by data, such as whom a channel writes to: nothing is read first. The rows go in by subject and
    key, so that two transactions that add the same ones wait for each other rather than deadlock. No worker is woken, the
    sweeper finds the rows within seconds, so that a transaction that adds none costs the broker nothing.
    """
    batch = statements or Statements()
    batch.add(
        f"INSERT INTO core_outboxmessage ({', '.join(_COLUMNS)}) "
        f"SELECT message.*, '{WorkState.PENDING}', 0, {int(max_attempts)} FROM ({select}) "
        "AS message(stream, kind, key, subject_type, subject_id, payload) "
        "ORDER BY subject_id, key ON CONFLICT (kind, key) DO NOTHING",
        parameters,
    )
    if statements is None:
        with transaction.atomic():
            batch.run()


def stream_deliver(*, stream: str, actor: User, at: datetime, limit: int = 200) -> int:
    """This function will send the stream's waiting messages in order, each outside any transaction, and
    return how many went.

    It stops at the first that fails, that is not due or that another worker is sending.
    """
    if connection.in_atomic_block:
        raise RuntimeError("no network inside a transaction")
    for sent in range(limit):
        head = query(
            "SELECT id FROM core_outboxmessage WHERE stream = %s AND state IN ('PENDING', 'FAILED', 'RUNNING') "
            "ORDER BY id LIMIT 1",
            [stream],
        )
        attempt = claim("outbox", head[0][0], lease_seconds=SEND_SECONDS) if head else None
        if attempt is None or not _send(head[0][0], attempt, actor=actor, at=at):
            return sent
    return limit


def stream_drain(*, streams: Iterable[str], clock: Callable[[], datetime], seconds: float) -> int:
    """This function will send what waits in `streams`, batch after batch, for a limited time; returns how many went."""
    deadline = time.monotonic() + seconds
    actor, total = system_user(), 0
    for stream in streams:
        sent = BATCH
        while sent == BATCH and time.monotonic() < deadline:
            sent = stream_deliver(stream=stream, actor=actor, at=clock(), limit=BATCH)
            total += sent
    return total


def _send(message_id: int, attempt: int, *, actor: User, at: datetime) -> bool:
    message = OutboxMessage.objects.get(pk=message_id)
    try:
        reference = str(address_resolve(message.kind)(message))
    except SendLater as later:
        _put_off(message_id, attempt, later)
        return False
    except (UnknownKind, InvalidInput) as error:  # trying again can not help
        fail("outbox", message_id, attempt=attempt, error=str(error), final=True, actor=actor, at=at)
        return False
    except Exception as error:  # noqa: BLE001 (whatever a provider does to us must end in the row)
        state = fail(
            "outbox",
            message_id,
            attempt=attempt,
            error=f"{type(error).__name__}: {error}",
            final=False,
            actor=actor,
            at=at,
        )
        if state == WorkState.DEAD:
            _pause(message.stream)
        return False
    return bool(
        execute(
            "UPDATE core_outboxmessage SET state = 'DONE', provider_ref = %s, finished_at = now(), lease_until = "
            "NULL, error = '' "
            "WHERE id = %s AND state = 'RUNNING' AND attempts = %s",
            [reference[:200] or f"sent:{message_id}", message_id, attempt],
        )
    )


def _put_off(message_id: int, attempt: int, later: SendLater) -> None:
    execute(
        "UPDATE core_outboxmessage SET state = 'FAILED', attempts = attempts - 1, lease_until = NULL, error = %s, "
        "next_at = now() + make_interval(secs => %s) WHERE id = %s AND state = 'RUNNING' AND attempts = %s",
        [storable(str(later))[:4000], max(1.0, later.seconds), message_id, attempt],
    )


def _pause(stream: str) -> None:
    """A provider that killed one message is given a pause before the next, or an outage would kill them all
    in a row."""
    execute(
        "UPDATE core_outboxmessage SET next_at = now() + make_interval(secs => %s) WHERE id = (SELECT min(id) FROM "
        "core_outboxmessage WHERE stream = %s AND state IN ('PENDING', 'FAILED')) AND state IN ('PENDING', "
        "'FAILED')",
        [DEATH_PAUSE_SECONDS, stream],
    )


def stream_cancel(*, stream: str, reason: str) -> int:
    """This function will take back what waits in a stream, but for what is being sent just now; returns how many."""
    return execute(
        "UPDATE core_outboxmessage SET state = 'CANCELLED', error = %s, finished_at = now() "
        "WHERE stream = %s AND state IN ('PENDING', 'FAILED')",
        [reason[:4000], stream],
    )


def due_streams(limit: int = 500) -> list[str]:
    """This function will return the streams whose head is due, the longest waiting first."""
    rows = query(
        "SELECT stream FROM (SELECT DISTINCT ON (stream) stream, id, state, next_at FROM core_outboxmessage "
        "WHERE state IN ('PENDING', 'FAILED', 'RUNNING') ORDER BY stream, id) head "
        "WHERE state <> 'RUNNING' AND next_at <= now() ORDER BY id LIMIT %s",
        [limit],
    )
    return [stream for (stream,) in rows]
