"""Which steps on cases of the kernel's own kinds can be done at the push of a button?"""

from __future__ import annotations

from functools import partial

from django.db import transaction

from erp.core.errors import Conflict
from erp.core.models import ExceptionCase
from erp.core.playbook_registry import Play, Playbook, Played, register_playbook
from erp.core.services.canary import canary_send
from erp.core.services.inbox_replay import inbox_replay
from erp.core.services.proof import prove
from erp.core.services.work import wake, work_retry

_TABLES = {"core.Job": "job", "core.InboxMessage": "inbox", "core.OutboxMessage": "outbox"}


def _replay(play: Play) -> Played:
    became = inbox_replay(message_id=_number(play.case), actor=play.actor, at=play.at)
    return Played(f"The message was handled: it became {became}.")


def _replayed(case: ExceptionCase) -> str:
    return f"Message {case.subject_id} is handled once more, as it was received. If it is refused again, nothing changes."


def _retry(play: Play) -> Played:
    table = _TABLES[play.case.subject_type]
    work_retry(table=table, row_id=_number(play.case), reason="from its case", actor=play.actor, at=play.at)
    return Played("It waits for a worker, with all its attempts back.")


def _retried(case: ExceptionCase) -> str:
    return "It gets all its attempts back and is tried at once. If it gives up again, a new case opens."


def _canary(play: Play) -> Played:
    # the broker is asked after the commit: no network in a transaction
    transaction.on_commit(partial(canary_send, queues=[play.case.subject_id], at=play.at))
    return Played("A canary is on its way; the case settles itself when the queue answers.", settles=False)


def _wake(play: Play) -> Played:
    transaction.on_commit(partial(wake, "core.sweep", []))
    return Played("Workers were woken; the case settles itself when the work moves.", settles=False)


def _prove(play: Play) -> Played:
    failed = play.case.detail.get("failed", []) if isinstance(play.case.detail, dict) else []
    proof = prove(codes=frozenset(str(line).partition(" ")[0] for line in failed) or None)
    if proof.violations:
        named = "; ".join(f"{found.code}: {found.violations}" for found in proof.failed)
        raise Conflict(f"it still does not hold ({named})", field="case", remedy="Post a compensating entry.")
    return Played(f"Proven again up to journal sequence {proof.stock_sequence}: all of it holds now.")


def _number(case: ExceptionCase) -> int:
    if not case.subject_id.isdigit():
        raise Conflict("the case names no row", field="case", remedy="Settle it by hand.")
    return int(case.subject_id)


for kind in ("INBOX_REJECTED", "ORDER_UNKNOWN_SKU"):
    register_playbook(
        Playbook(kind, "replay", "Replay the message", "core.work_retry", "core.inbox_replay", _replay, _replayed,
                 icon="rotate-ccw")
    )  # fmt: skip
for kind in ("WORK_DEAD", "OUTBOX_DEAD"):
    register_playbook(
        Playbook(kind, "retry", "Try again", "core.work_retry", "core.work_retry", _retry, _retried,
                 icon="rotate-ccw")
    )  # fmt: skip
register_playbook(
    Playbook(
        "QUEUE_STALE", "canary", "Send a canary", "core.work_retry", "core.canary_send", _canary,
        lambda case: f"A canary goes down queue “{case.subject_id}”. The case settles itself when it is answered.",
        icon="bird",
    )
)  # fmt: skip
register_playbook(
    Playbook(
        "WORK_LATE", "wake", "Wake the workers", "core.work_retry", "core.work_sweep", _wake,
        lambda case: "Every queue and stream with due work is woken. The case settles itself when the work moves.",
        icon="alarm-clock",
    )
)  # fmt: skip
register_playbook(
    Playbook(
        "VERIFY_FAILED", "prove", "Prove it again", "reporting.verify", "core.prove", _prove,
        lambda case: "The invariants that failed are proven once more, now. The case is settled if all of them hold.",
        icon="shield-check",
    )
)  # fmt: skip
