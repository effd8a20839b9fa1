"""Is every queue consumed? A process that lives may still consume nothing; only an answer proves that it does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Q

from erp.core.models import Canary, User
from erp.core.services.exception_case import CaseDraft, exception_mirror
from erp.core.services.work import wake
from erp.core.sql import execute

SEND_EVERY_SECONDS = 30
PAUSE = timedelta(seconds=2 * SEND_EVERY_SECONDS)  # longer than this between two canaries: nobody was sending
STALE_AFTER = timedelta(seconds=120)
SILENT_AFTER = timedelta(seconds=30)  # the watcher does the work of a queue that is silent for so long


def canary_send(*, queues: Sequence[str], at: datetime) -> None:
    """This function will send a canary down every queue and note when, and since when without a pause."""
    for queue in queues:
        execute(
            "INSERT INTO core_canary (queue, sent_at, sent_since) VALUES (%s, %s, %s) ON CONFLICT (queue) DO UPDATE "
            "SET sent_at = excluded.sent_at, sent_since = CASE WHEN core_canary.sent_at > %s "
            "THEN coalesce(core_canary.sent_since, excluded.sent_at) ELSE excluded.sent_at END",
            [queue, at, at, at - PAUSE],
        )
        wake("core.canary_answer", [queue], queue)


def canary_answer(*, queue: str, at: datetime) -> None:
    """This function will note that a worker consumed `queue`."""
    execute(
        "INSERT INTO core_canary (queue, answered_at) VALUES (%s, %s) "
        "ON CONFLICT (queue) DO UPDATE SET answered_at = greatest(core_canary.answered_at, excluded.answered_at)",
        [queue, at],
    )


def canary_stale(*, queues: Sequence[str], at: datetime, after: timedelta = STALE_AFTER) -> list[str]:
    """This function will return the queues that have not answered for `after` although canaries were sent all the while.

    Where none was sent in the last minute, the sender is what stands still, and nothing is known about the queue.
    """
    sent = Canary.objects.filter(queue__in=queues, sent_at__gt=at - PAUSE, sent_since__lt=at - after)
    silent = Q(answered_at__isnull=True) | Q(answered_at__lt=at - after)
    return list(sent.filter(silent).order_by("queue").values_list("queue", flat=True))


def canary_report(*, queues: Sequence[str], actor: User, at: datetime) -> list[str]:
    """This function will keep a case open for every stale queue, settle those of the others, and return the stale ones."""
    stale = canary_stale(queues=queues, at=at)
    drafts = [
        CaseDraft("QUEUE_STALE", "core.Canary", queue, f"Queue “{queue}” is not being consumed")
        for queue in stale
    ]
    exception_mirror(
        kind="QUEUE_STALE", drafts=drafts, resolution="core.canary_report", reason="The queue answers again.",
        actor=actor, at=at,
    )  # fmt: skip
    return stale
