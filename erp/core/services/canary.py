"""Is every queue consumed? A process that lives may still consume nothing; only an answer proves that it does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from erp.core.models import Canary, User
from erp.core.services.exception_case import CaseDraft, exception_open_many
from erp.core.services.work import wake
from erp.core.sql import execute

SEND_EVERY_SECONDS = 30
STALE_AFTER = timedelta(seconds=120)
SILENT_AFTER = timedelta(seconds=30)  # the watcher does the work of a queue that is silent for so long


def canary_send(*, queues: Sequence[str], at: datetime) -> None:
    """This function will send a canary down every queue and note when."""
    for queue in queues:
        execute(
            "INSERT INTO core_canary (queue, sent_at) VALUES (%s, %s) ON CONFLICT (queue) DO UPDATE SET sent_at = "
            "excluded.sent_at",
            [queue, at],
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
    """This function will return the queues that have not answered for two minutes although canaries are being sent.

    Where none was sent in the last minute, the sender is what stands still, and nothing is known about the queue.
    """
    sent = Canary.objects.filter(queue__in=queues, sent_at__gt=at - 2 * timedelta(seconds=SEND_EVERY_SECONDS))
    return [
        canary.queue
        for canary in sent.order_by("queue")
        if canary.answered_at is None or at - canary.answered_at > after
    ]


def canary_report(*, queues: Sequence[str], actor: User, at: datetime) -> list[str]:
    """This function will open an exception case for every stale queue and return them."""
    stale = canary_stale(queues=queues, at=at)
    exception_open_many(
        [
            CaseDraft("QUEUE_STALE", "core.Canary", queue, f"Queue “{queue}” is not being consumed")
            for queue in stale
        ],
        actor=actor,
        at=at,
    )
    return stale
