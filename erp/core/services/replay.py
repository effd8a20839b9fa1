"""Who tries messages again: first to see what it would change, then, when somebody says so, for good?

Each message by itself, in a transaction of its own: one that is refused does not spoil the others. The rehearsal runs the very
handler and undoes all it did, what was to be sent included. It looks at each message as things stand now, not as they would
stand after the messages before it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import structlog
from django.db import transaction

from erp.core.effects import rehearse
from erp.core.errors import Conflict, IllegalTransition, InvalidInput, KeelError, NotFound
from erp.core.models import InboxMessage, Job, Replay, ReplayItem, User
from erp.core.services.inbox_replay import REPLAYABLE, inbox_handle_again
from erp.core.services.progress import Progress
from erp.core.services.user import system_user
from erp.core.services.work import job_enqueue
from erp.core.text import storable, storable_json
from erp.core.work_registry import UnknownKind, long_job

log = structlog.get_logger(__name__)
AT_ONCE = 5  # so many are tried while the person waits
MOST = 5_000
CHUNK = 500
ERROR_KEPT = 2_000
NOTHING = "nothing to do"


@transaction.atomic
def replay_create(*, message_ids: Sequence[int], selection: str, actor: User, at: datetime) -> Replay:
    """This function will choose messages for a replay; when they are many, a job finds out what handling them would change.

    Messages that are on their way or were called off are left out. InvalidInput when none is left, or too many.
    """
    ids = list(
        InboxMessage.objects.filter(pk__in=message_ids, state__in=REPLAYABLE)
        .order_by("received_at", "pk")
        .values_list("pk", flat=True)[: MOST + 1]
    )
    if not ids:
        raise InvalidInput(
            "there is no message to replay", field="messages", remedy="Choose messages that were handled or refused."
        )  # fmt: skip
    if len(ids) > MOST:
        raise InvalidInput(
            f"more than {MOST:,} messages", field="messages", remedy="Narrow it down: a shorter time, one kind, one state."
        )  # fmt: skip
    replay = Replay.objects.create(selection=storable(selection)[:300], created_by=actor, created_at=at)
    ReplayItem.objects.bulk_create([ReplayItem(replay=replay, message_id=pk) for pk in ids], CHUNK)
    if len(ids) > AT_ONCE:
        _job("core.replay_rehearse", replay, actor)
    return replay


def _job(kind: str, replay: Replay, actor: User) -> Job:
    return job_enqueue(kind=kind, key=f"replay:{replay.pk}", arguments={"replay_id": replay.pk}, actor=actor)


def replay_start(*, message_ids: Sequence[int], selection: str, actor: User, at: datetime) -> Replay:
    """This function will choose messages for a replay (see `replay_create`) and, when they are few, see what it would change."""
    replay = replay_create(message_ids=message_ids, selection=selection, actor=actor, at=at)
    if ReplayItem.objects.filter(replay=replay).count() <= AT_ONCE:
        replay_rehearse(replay_id=replay.pk, actor=actor, at=at)
    return replay


def replay_now(
    *, message_ids: Sequence[int], selection: str, reason: str, actor: User, at: datetime
) -> Replay | None:
    """This function will have messages handled again without a look beforehand, for an act that says so itself; None for none.

    At once when they are few, by a job when they are many; the replay says of each what it became.
    """
    with transaction.atomic():
        ids = InboxMessage.objects.filter(pk__in=message_ids, state__in=REPLAYABLE).order_by("pk")
        chosen = list(ids.values_list("pk", flat=True)[:MOST])
        if not chosen:
            return None
        replay = Replay.objects.create(
            selection=storable(selection)[:300], created_by=actor, created_at=at, reason=storable(reason)[:300],
            committed_by=actor, committed_at=at,
        )  # fmt: skip
        ReplayItem.objects.bulk_create([ReplayItem(replay=replay, message_id=pk) for pk in chosen], CHUNK)
        if len(chosen) > AT_ONCE:
            _job("core.replay_run", replay, actor)
    if len(chosen) <= AT_ONCE:
        replay_run(replay_id=replay.pk, actor=actor, at=at)
    return replay


@long_job
def replay_rehearse(
    *, replay_id: int, progress: Progress | None = None, actor: User, at: datetime
) -> dict[str, int]:
    """This function will find out what handling each message of a replay would change, and undo it at once.

    Returns how many would change something, change nothing, and be refused. What was looked at before is not looked at again.
    """
    items = ReplayItem.objects.filter(replay=replay_id, rehearsed_at=None, replay__committed_at=None)
    _each(replay_id, items, lambda item: _rehearse_one(item, actor, at), progress)
    return replay_counts(replay_id)


def _rehearse_one(item: ReplayItem, actor: User, at: datetime) -> None:
    found, refusal = _tried(lambda: rehearse(lambda: _handle(item.message_id, actor, at)))
    became, effects = found or ("", [])
    ReplayItem.objects.filter(pk=item.pk).update(
        rehearsed_at=at,
        would_become=became[:200],
        would_fail=refusal,
        effects=storable_json([effect.as_json() for effect in effects]),
    )


def _handle(message_id: int, actor: User, at: datetime) -> str:
    return inbox_handle_again(
        message_id=message_id, handled_by=system_user("channel"), actor=actor, at=at
    )  # fmt: skip


def _tried(act: Callable[[], Any]) -> tuple[Any, str]:
    """(what it gave, "") or (None, why not). Whatever a handler raises is told: the next message must have its turn."""
    try:
        with transaction.atomic():
            return act(), ""
    except KeelError as error:
        return None, error.as_text()
    except UnknownKind as error:
        return None, str(error)
    except Exception as error:
        log.exception("a replayed message's handler failed")
        return None, storable(f"{type(error).__name__}: {error}")[:ERROR_KEPT]


def _each(replay_id: int, items: Any, act: Callable[[ReplayItem], None], progress: Progress | None) -> None:
    total = ReplayItem.objects.filter(replay=replay_id).count()
    todo = list(items.order_by("pk"))
    done = total - len(todo)
    for item in todo:
        act(item)
        done += 1
        if progress is not None:
            progress(done, total, f"message {item.message_id}")


@transaction.atomic
def replay_commit(*, replay_id: int, reason: str, actor: User, at: datetime) -> Replay:
    """This function will have all messages of a replay handled again, at once or by a job when they are many.

    InvalidInput without a reason; IllegalTransition when it was done before; Conflict while it is not known yet what it changes.
    """
    replay = Replay.objects.select_for_update(of=("self",)).filter(pk=replay_id).first()
    if replay is None:
        raise NotFound(f"there is no replay {replay_id}", field="replay", remedy="Reload the list.")
    if not reason.strip():
        raise InvalidInput("a reason is needed", field="reason", remedy="Say in a few words why.")
    if replay.committed_at is not None:
        raise IllegalTransition(
            f"{replay} was carried out already", field="replay", remedy="Choose the messages anew."
        )
    if ReplayItem.objects.filter(replay=replay, rehearsed_at=None).exists():
        raise Conflict(
            f"{replay} is still being tried out", field="replay", remedy="Wait until you can see what it changes."
        )  # fmt: skip
    replay.reason, replay.committed_by, replay.committed_at = storable(reason.strip())[:300], actor, at
    replay.save()
    if ReplayItem.objects.filter(replay=replay).count() > AT_ONCE:
        _job("core.replay_run", replay, actor)
    else:
        replay_run(replay_id=replay.pk, actor=actor, at=at)
    return replay


@long_job
def replay_run(
    *, replay_id: int, progress: Progress | None = None, actor: User, at: datetime
) -> dict[str, int]:
    """This function will handle again each message of a replay that somebody decided on, and write down what became of it.

    A message that was done before this job was interrupted is not done twice. Returns how many became something and how many
    were refused; what was refused has changed nothing and its cases stay open.
    """
    if Replay.objects.filter(pk=replay_id, committed_at=None).exists():
        raise IllegalTransition(
            f"nobody decided on replay {replay_id}", field="replay", remedy="Decide on its page."
        )
    items = ReplayItem.objects.filter(replay=replay_id, replayed_at=None)
    _each(replay_id, items, lambda item: _run_one(item, actor, at), progress)
    return replay_counts(replay_id)


@transaction.atomic
def _run_one(item: ReplayItem, actor: User, at: datetime) -> None:
    ReplayItem.objects.select_for_update(of=("self",)).get(pk=item.pk)
    became, refusal = _tried(lambda: _handle(item.message_id, actor, at))
    ReplayItem.objects.filter(pk=item.pk, replayed_at=None).update(
        replayed_at=at, became=(became or "")[:200] or ("" if refusal else NOTHING), error=refusal
    )


def replay_counts(replay_id: int) -> dict[str, int]:
    """This function will count a replay's messages: looked at, changing something, changing nothing, refused, handled, failed."""
    rows = ReplayItem.objects.filter(replay=replay_id)
    looked = rows.filter(rehearsed_at__isnull=False)
    return {
        "messages": rows.count(),
        "rehearsed": looked.count(),
        "changing": looked.filter(would_fail="").exclude(effects=[]).count(),
        "unchanged": looked.filter(would_fail="", effects=[]).count(),
        "refused": looked.exclude(would_fail="").count(),
        "handled": rows.filter(replayed_at__isnull=False, error="").count(),
        "failed": rows.exclude(error="").count(),
    }
