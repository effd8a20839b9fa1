"""Who gives many cases to people at once, hands out the next one, and moves up the line what nobody settles?"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from erp.core.errors import InvalidInput
from erp.core.exception_kinds import KINDS
from erp.core.models import ExceptionCase, User
from erp.core.ranking import ORDER
from erp.core.roles import Role
from erp.core.services.note import NoteDraft, note_add_many
from erp.core.services.state import change_state_many
from erp.core.sql import query, unnest
from erp.core.states import ExceptionState

DOCUMENT = "core.ExceptionCase"
ESCALATE_BATCH = 1_000


def _lock_unsettled(case_ids: Sequence[int]) -> list[tuple[int, str]]:
    rows = ExceptionCase.objects.select_for_update().filter(pk__in=case_ids)
    return list(rows.exclude(state=ExceptionState.RESOLVED).order_by("pk").values_list("pk", "state"))


def _note_all(case_ids: Sequence[int], body: str, actor: User, at: datetime) -> None:
    note_add_many([NoteDraft(DOCUMENT, pk, body) for pk in case_ids], actor=actor, at=at)


@transaction.atomic
def exception_assign_many(
    *, case_ids: Sequence[int], assignee_id: int | None, actor: User, at: datetime
) -> list[int]:
    """This function will give those of `case_ids` that are not settled to one person, or back to their queues (None).

    Returns the ids it gave. InvalidInput when there is no such active user.
    """
    people = User.objects.filter(is_active=True, is_system=False)
    assignee = people.filter(pk=assignee_id).first() if assignee_id is not None else None
    if assignee_id is not None and assignee is None:
        raise InvalidInput("no such active user", field="assignee", remedy="Choose someone from the list.")
    ids = [pk for pk, _ in _lock_unsettled(case_ids)]
    ExceptionCase.objects.filter(pk__in=ids).update(assignee=assignee)
    _note_all(ids, f"Assigned to {assignee}." if assignee else "Back to the queue of its role.", actor, at)
    return ids


@transaction.atomic
def exception_assign(*, case_id: int, assignee_id: int | None, actor: User, at: datetime) -> None:
    """This function will give a case to one person, or back to its role's queue (None)."""
    if not exception_assign_many(case_ids=[case_id], assignee_id=assignee_id, actor=actor, at=at):
        raise InvalidInput("the case is resolved", field="assignee", remedy="Open cases can be assigned.")


@transaction.atomic
def exception_snooze_many(
    *, case_ids: Sequence[int], until: datetime, reason: str, actor: User, at: datetime
) -> list[int]:
    """This function will put those of `case_ids` that are open aside until a time in the future, and return their ids."""
    if until <= at:
        raise InvalidInput("the time lies in the past", field="until", remedy="Choose a later time.")
    if not reason.strip():
        raise InvalidInput("a reason is needed", field="reason", remedy="Say in a few words why.")
    ids = [pk for pk, state in _lock_unsettled(case_ids) if state == ExceptionState.OPEN]
    change_state_many(
        ExceptionCase, ids, source=ExceptionState.OPEN, to=ExceptionState.SNOOZED, actor=actor, at=at,
        action="core.exception_snooze", reason=reason.strip(), fields={"snoozed_until": until},
    )  # fmt: skip
    return ids


def _next_of(roles: Collection[str]) -> QuerySet[ExceptionCase]:
    return ExceptionCase.objects.filter(
        state=ExceptionState.OPEN, assignee__isnull=True, owner_role__in=roles
    ).order_by(*ORDER)


@transaction.atomic
def exception_take_next(*, roles: Collection[str], actor: User, at: datetime) -> ExceptionCase | None:
    """This function will give `actor` the most pressing case of `roles` that nobody has; None when there is none.

    A case that somebody else is just taking is skipped, so two people never get the same one.
    """
    case = _next_of(roles).select_for_update(skip_locked=True).first()
    if case is None:
        return None
    case.assignee = actor
    case.save(update_fields=["assignee"])
    _note_all([case.pk], f"Taken by {actor}.", actor, at)
    return case


@transaction.atomic
def exception_escalate(*, actor: User, at: datetime) -> int:
    """This function will move every open case whose time is up to the queue its kind escalates to, and return how many.

    A case moves once. It belongs to nobody then; a note says whose it was, and mentions the person who had it.
    """
    moved = 0
    while rows := _escalate_batch(at):
        note_add_many(
            [NoteDraft(DOCUMENT, pk, _told(before, after, person)) for pk, before, after, person in rows],
            actor=actor, at=at,
        )  # fmt: skip
        moved += len(rows)
    return moved


def _told(before: str, after: str, person: str | None) -> str:
    who = f"@{person}" if person else "nobody"
    return f"Escalated from {Role(before).label} to {Role(after).label}: past its time, and {who} had it."


def _escalate_batch(at: datetime) -> list[Sequence[Any]]:
    lines = [(kind.code, str(kind.escalate_to)) for kind in KINDS.values() if kind.escalate_to]
    source, parameters = unnest({"kind": "text", "owner": "text"}, lines)
    return query(
        "WITH due AS (SELECT id, owner_role, assignee_id FROM core_exceptioncase WHERE state = 'OPEN' "
        "AND escalate_at <= %s ORDER BY escalate_at LIMIT %s FOR UPDATE SKIP LOCKED), "
        "moved AS (UPDATE core_exceptioncase c SET escalate_at = NULL, escalated_at = %s, "
        "escalated_from = due.owner_role, owner_role = v.owner, assignee_id = NULL "
        f"FROM due, {source} WHERE c.id = due.id AND v.kind = c.kind "
        "RETURNING c.id, due.owner_role AS before, c.owner_role AS after, due.assignee_id) "
        "SELECT moved.id, before, after, u.username FROM moved LEFT JOIN core_user u ON u.id = moved.assignee_id "
        "ORDER BY moved.id",
        [at, ESCALATE_BATCH, at, *parameters],
    )


__all__ = [
    "exception_assign",
    "exception_assign_many",
    "exception_escalate",
    "exception_snooze_many",
    "exception_take_next",
]
