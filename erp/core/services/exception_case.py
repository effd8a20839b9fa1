"""Who opens, assigns, snoozes and settles an exception case?"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from erp.core.errors import InvalidInput
from erp.core.exception_kinds import KINDS
from erp.core.models import ExceptionCase, User
from erp.core.money import ZERO
from erp.core.services.note import note_add
from erp.core.services.state import change_state, record_creation
from erp.core.sql import cents, insert, query
from erp.core.states import ExceptionState
from erp.core.text import storable, storable_json

QUIET = timedelta(days=1)  # what a person has settled is not opened again by the next look for so long


@dataclass(frozen=True)
class CaseDraft:
    """What to open: `money_at_risk` in base currency; `subject_id` is the document's id (or a natural key) as text."""

    kind: str
    subject_type: str
    subject_id: str
    title: str
    detail: Mapping[str, Any] = field(default_factory=dict)
    money_at_risk: Decimal = ZERO


_COLUMNS = {
    "kind": "text", "subject_type": "text", "subject_id": "text", "title": "text", "detail": "jsonb",
    "owner_role": "text", "money_at_risk": "numeric", "state": "text", "occurrences": "integer", "opened_at": "timestamptz",
    "due_at": "timestamptz", "resolution": "text", "reason": "text",
}  # fmt: skip


def exception_open_many(drafts: Sequence[CaseDraft], *, actor: User, at: datetime) -> list[int]:
    """This function will open a case per draft, or count one more occurrence of the case that is already open for it.

    Returns the case ids in the order of the drafts. KeyError for a kind that is not in `erp.core.exception_kinds`.
    """
    if not drafts:
        return []
    unique = {(draft.kind, draft.subject_type, draft.subject_id): draft for draft in drafts}
    rows = [
        (draft.kind, draft.subject_type, draft.subject_id, storable(draft.title)[:300],
         json.dumps(storable_json(dict(draft.detail))),
         KINDS[draft.kind].owner, cents(draft.money_at_risk), ExceptionState.OPEN, 1, at, at + KINDS[draft.kind].sla, "", "")
        for draft in unique.values()
    ]  # fmt: skip
    sql, parameters = insert(
        "core_exceptioncase",
        _COLUMNS,
        rows,
        "ON CONFLICT (kind, subject_type, subject_id) WHERE NOT (state = 'RESOLVED') DO UPDATE SET "
        "occurrences = core_exceptioncase.occurrences + 1, detail = excluded.detail, title = excluded.title, "
        "money_at_risk = greatest(core_exceptioncase.money_at_risk, excluded.money_at_risk) "
        "RETURNING kind, subject_type, subject_id, id, occurrences",
    )
    with transaction.atomic():
        found = {tuple(row[:3]): (row[3], row[4]) for row in query(sql, parameters)}
        opened = [case for case, occurrences in found.values() if occurrences == 1]
        record_creation(ExceptionCase, opened, actor=actor, at=at, action="core.exception_open_many")
    return [found[draft.kind, draft.subject_type, draft.subject_id][0] for draft in drafts]


def exception_open(
    *,
    kind: str,
    subject_type: str,
    subject_id: str | int,
    title: str,
    detail: Mapping[str, Any] | None = None,
    money_at_risk: Decimal = ZERO,
    actor: User,
    at: datetime,
) -> int:
    """This function will open one case (see `exception_open_many`) and return its id."""
    draft = CaseDraft(kind, subject_type, str(subject_id), title, detail or {}, money_at_risk)
    return exception_open_many([draft], actor=actor, at=at)[0]


def _locked(case_id: int) -> ExceptionCase:
    return ExceptionCase.objects.select_for_update().get(pk=case_id)


def _reason(reason: str) -> str:
    if not reason.strip():
        raise InvalidInput("a reason is needed", field="reason", remedy="Say in a few words why.")
    return reason.strip()[:300]


@transaction.atomic
def exception_resolve(
    *, case_id: int, resolution: str, reason: str, actor: User, at: datetime
) -> ExceptionCase:
    """This function will close a case by the action that settled it (an address such as orders.order_cancel, or "manual")."""
    case = _locked(case_id)
    reason = _reason(reason)
    change_state(
        case, to=ExceptionState.RESOLVED, actor=actor, at=at, action="core.exception_resolve", reason=reason,
        fields={"resolved_at": at, "resolved_by_id": actor.pk, "resolution": resolution or "manual", "reason": reason},
    )  # fmt: skip
    return case


@transaction.atomic
def exception_snooze(
    *, case_id: int, until: datetime, reason: str, actor: User, at: datetime
) -> ExceptionCase:
    """This function will put a case aside until a time in the future, with a reason."""
    case = _locked(case_id)
    if until <= at:
        raise InvalidInput("the time lies in the past", field="until", remedy="Choose a later time.")
    change_state(
        case, to=ExceptionState.SNOOZED, actor=actor, at=at, action="core.exception_snooze", reason=_reason(reason),
        fields={"snoozed_until": until},
    )  # fmt: skip
    return case


@transaction.atomic
def exception_wake(*, at: datetime, actor: User) -> int:
    """This function will reopen every snoozed case whose time has come and return how many."""
    due = list(
        ExceptionCase.objects.select_for_update(skip_locked=True).filter(
            state=ExceptionState.SNOOZED, snoozed_until__lte=at
        )
    )
    for case in due:
        change_state(case, to=ExceptionState.OPEN, actor=actor, at=at, action="core.exception_wake")
    return len(due)


@transaction.atomic
def exception_assign(*, case_id: int, assignee_id: int | None, actor: User, at: datetime) -> ExceptionCase:
    """This function will give a case to one person, or back to its role's queue (None)."""
    case = _locked(case_id)
    if case.state == ExceptionState.RESOLVED:
        raise InvalidInput("the case is resolved", field="assignee", remedy="Open cases can be assigned.")
    assignee = User.objects.filter(pk=assignee_id, is_active=True).first() if assignee_id else None
    if assignee_id and assignee is None:
        raise InvalidInput("no such active user", field="assignee", remedy="Choose someone from the list.")
    case.assignee = assignee
    case.save(update_fields=["assignee"])
    body = f"Assigned to {assignee.username}." if assignee else f"Back to the {case.owner_role} queue."
    note_add(document_type="core.ExceptionCase", document_id=case.pk, body=body, actor=actor, at=at)
    return case


__all__ = [
    "CaseDraft",
    "exception_assign",
    "exception_open",
    "exception_open_many",
    "exception_resolve",
    "exception_snooze",
    "exception_wake",
]


@transaction.atomic
def exception_mirror(
    *, kind: str, drafts: Sequence[CaseDraft], resolution: str, reason: str, actor: User, at: datetime
) -> int:
    """This function will make the open cases of `kind` those of `drafts`, for what a periodic look finds; returns how many stand.

    What is found for the first time opens a case, what is found no more is settled by `resolution` (an address) for
    `reason`. What a person has settled stays quiet for a day.
    """
    wanted = {draft.subject_id: draft for draft in drafts}
    known = ExceptionCase.objects.filter(kind=kind)
    still = known.exclude(state=ExceptionState.RESOLVED)
    quiet = known.filter(
        state=ExceptionState.RESOLVED, resolved_at__gt=at - QUIET, resolved_by__is_system=False
    )
    seen = set(still.values_list("subject_id", flat=True)) | set(quiet.values_list("subject_id", flat=True))
    exception_open_many([d for subject, d in wanted.items() if subject not in seen], actor=actor, at=at)
    for case_id in still.exclude(subject_id__in=list(wanted)).values_list("pk", flat=True):
        exception_resolve(case_id=case_id, resolution=resolution, reason=reason, actor=actor, at=at)
    return still.count()
