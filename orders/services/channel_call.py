"""Who calls a channel, counts what became of it, and stops calling one that does not answer?

The circuit breaker is a row, so every process sees the same one. After five failures in a row it opens; when its time has come
one call tries, and closes or opens it again for twice as long. What a channel refuses for good (an unknown SKU) is an answer
and opens nothing; refused credentials and a request for a pause open it at once.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import connection, transaction

from erp.core.errors import InvalidInput
from erp.core.models import User
from erp.core.services.state import change_state, record_creation
from erp.core.sql import execute
from erp.core.text import storable
from orders.channels.contract import ChannelError, Client
from orders.channels.registry import adapter_of
from orders.models import ChannelBreaker, Connection
from orders.services.connection import account_of
from orders.states import BreakerState as B

Answer = TypeVar("Answer")
FAILURES = 5
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=15)
TRIAL = timedelta(minutes=1)
LOCKED_OUT = (401, 403)
CLEARED = {
    "failures": 0,
    "openings": 0,
    "reason": "",
    "opened_at": None,
    "retry_at": None,
    "trial_until": None,
}


class ChannelPaused(Exception):
    """The channel is not called now: it is switched off, or its breaker is open until `retry_at`."""

    def __init__(self, message: str, retry_at: datetime) -> None:
        super().__init__(message)
        self.retry_at = retry_at


def channel_call(
    *, channel_id: int, kind: str, call: Callable[[], Answer], actor: User, at: datetime
) -> Answer:
    """This function will make one call, outside any transaction, and note what became of it.

    ChannelPaused when the breaker is open; whatever the call raises is raised again, as ChannelPaused where the channel
    refuses us altogether.
    """
    if connection.in_atomic_block:
        raise RuntimeError("no network inside a transaction")
    breaker_pass(channel_id=channel_id, actor=actor, at=at)
    try:
        answer = call()
    except ChannelError as error:
        retry_at = channel_call_failed(channel_id=channel_id, kind=kind, error=error, actor=actor, at=at)
        if error.status in (*LOCKED_OUT, 429):
            raise ChannelPaused(str(error), retry_at or at + FIRST_PAUSE) from error
        raise
    except Exception as error:
        said = ChannelError(f"{type(error).__name__}: {error}")
        channel_call_failed(channel_id=channel_id, kind=kind, error=said, actor=actor, at=at)
        raise
    channel_call_succeeded(channel_id=channel_id, kind=kind, actor=actor, at=at)
    return answer


def client_of(link: Connection, *, at: datetime) -> Client:
    """This function will return the client of a connection; ChannelPaused while it is switched off."""
    if not link.is_enabled:
        raise ChannelPaused(f"{link.channel.code} is switched off", at + LONGEST_PAUSE)
    return adapter_of(link.adapter).client(account_of(link, at=at))


@transaction.atomic
def breaker_pass(*, channel_id: int, actor: User, at: datetime) -> None:
    """This function will let one call through; ChannelPaused while the breaker is open or somebody else is trying."""
    row = _locked(channel_id, actor, at)
    if row.state == B.CLOSED:
        return
    if row.state == B.OPEN and row.retry_at is not None and at < row.retry_at:
        raise ChannelPaused(row.reason, row.retry_at)
    if row.state == B.HALF_OPEN and row.trial_until is not None and at < row.trial_until:
        raise ChannelPaused("another call is trying whether it answers", row.trial_until)
    if row.state == B.OPEN:
        change_state(
            row, to=B.HALF_OPEN, actor=actor, at=at, action="orders.breaker_pass", reason="its time has come",
            fields={"trial_until": at + TRIAL},
        )  # fmt: skip
    else:  # whoever tried has died
        ChannelBreaker.objects.filter(pk=row.pk).update(trial_until=at + TRIAL)


def breaker_is_shut(channel_id: int, *, at: datetime) -> bool:
    """This function will tell, without a trial, whether a call would be refused now."""
    row = ChannelBreaker.objects.filter(channel=channel_id).exclude(state=B.CLOSED).first()
    until = row and (row.retry_at if row.state == B.OPEN else row.trial_until)
    return bool(until and at < until)


def _locked(channel_id: int, actor: User, at: datetime) -> ChannelBreaker:
    rows = ChannelBreaker.objects.select_for_update(no_key=True).filter(channel=channel_id)
    found = rows.first()
    if found is None:
        row, is_new = ChannelBreaker.objects.get_or_create(channel_id=channel_id)
        if is_new:
            record_creation(ChannelBreaker, [row.pk], actor=actor, at=at, action="orders.breaker_pass")
        found = rows.get()
    return found


@transaction.atomic
def channel_call_succeeded(*, channel_id: int, kind: str, actor: User, at: datetime) -> None:
    """This function will count a call that was answered; an open breaker closes."""
    _tally(channel_id, kind, "", at)
    row = _locked(channel_id, actor, at)
    if row.state != B.CLOSED:
        change_state(
            row, to=B.CLOSED, actor=actor, at=at, action="orders.channel_call_succeeded", reason="it answers again",
            fields=CLEARED,
        )  # fmt: skip
    elif row.failures:
        ChannelBreaker.objects.filter(pk=row.pk).update(failures=0)


@transaction.atomic
def channel_call_failed(
    *, channel_id: int, kind: str, error: ChannelError, actor: User, at: datetime
) -> datetime | None:
    """This function will count a call that failed, open the breaker where it must, and return when to try again then."""
    said = storable(str(error))[:300] or "no answer"
    _tally(channel_id, kind, said, at)
    row = _locked(channel_id, actor, at)
    is_answer = error.final and error.status not in LOCKED_OUT
    if is_answer and row.state == B.CLOSED:
        return None
    if is_answer:  # it refuses what was asked, so it is there
        change_state(
            row, to=B.CLOSED, actor=actor, at=at, action="orders.channel_call_failed", reason="it answers, by a refusal",
            fields=CLEARED,
        )  # fmt: skip
        return None
    failures = row.failures + 1
    opens = row.state != B.CLOSED or failures >= FAILURES or error.status in (*LOCKED_OUT, 429)
    if not opens:
        ChannelBreaker.objects.filter(pk=row.pk).update(failures=failures, reason=said)
        return None
    pause = min(FIRST_PAUSE * 2 ** min(row.openings, 10), LONGEST_PAUSE)
    if error.retry_after is not None:
        pause = timedelta(seconds=min(max(error.retry_after, 1), 3600))
    elif error.status in LOCKED_OUT:
        pause = LONGEST_PAUSE
    fields = {
        "failures": failures, "openings": min(row.openings + 1, 1000), "reason": said, "retry_at": at + pause,
        "trial_until": None, "opened_at": row.opened_at or at,
    }  # fmt: skip
    if row.state == B.OPEN:  # a call that was under way when it opened
        ChannelBreaker.objects.filter(pk=row.pk).update(failures=failures)
        return row.retry_at
    change_state(
        row, to=B.OPEN, actor=actor, at=at, action="orders.channel_call_failed", reason=said, fields=fields
    )
    return at + pause


@transaction.atomic
def breaker_close(*, channel_id: int, reason: str, actor: User, at: datetime) -> None:
    """This function will let calls through at once, for a person who knows that the channel is back. A reason is needed."""
    if not reason.strip():
        raise InvalidInput("a reason is needed", field="reason", remedy="Say in a few words why.")
    row = _locked(channel_id, actor, at)
    change_state(
        row, to=B.CLOSED, actor=actor, at=at, action="orders.breaker_close", reason=reason.strip()[:300],
        fields=CLEARED,
    )  # fmt: skip


def _tally(channel_id: int, kind: str, error: str, at: datetime) -> None:
    hour = at.replace(minute=0, second=0, microsecond=0)
    execute(
        "INSERT INTO orders_channeltally AS t (channel_id, hour, kind, calls, failures, last_error, last_success_at, "
        "last_failure_at) VALUES (%s, %s, %s, 1, %s, %s, %s, %s) ON CONFLICT (channel_id, hour, kind) DO UPDATE SET "
        "calls = t.calls + 1, failures = t.failures + excluded.failures, "
        "last_error = CASE WHEN excluded.failures > 0 THEN excluded.last_error ELSE t.last_error END, "
        "last_success_at = greatest(t.last_success_at, excluded.last_success_at), "
        "last_failure_at = greatest(t.last_failure_at, excluded.last_failure_at)",
        [channel_id, hour, kind, 1 if error else 0, error, None if error else at, at if error else None],
    )
