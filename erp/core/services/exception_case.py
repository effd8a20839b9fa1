"""Who opens, assigns, snoozes and settles an exception case?"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from erp.core.causes import cause_key
from erp.core.errors import InvalidInput
from erp.core.exception_kinds import KINDS
from erp.core.models import ExceptionCase, User
from erp.core.money import ZERO
from erp.core.services.state import change_state, change_state_many, record_creation
from erp.core.sql import cents, execute, insert, query, unnest
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
    "due_at": "timestamptz", "resolution": "text", "reason": "text", "cause": "text", "escalate_at": "timestamptz",
}  # fmt: skip


def exception_open_many(drafts: Sequence[CaseDraft], *, actor: User, at: datetime) -> list[int]:
    """This function will open a case per draft, or count one more occurrence of the case that is already open for it.

    Returns the case ids in the order of the drafts. KeyError for a kind that is not in `erp.core.exception_kinds`.
    """
    if not drafts:
        return []
    unique = {(draft.kind, draft.subject_type, draft.subject_id): draft for draft in drafts}
    rows = [
        (draft.kind, draft.subject_type, draft.subject_id, *_said(draft),
         KINDS[draft.kind].owner, cents(draft.money_at_risk), ExceptionState.OPEN, 1, at, at + KINDS[draft.kind].sla, "", "",
         _cause(draft), escalation_time(draft.kind, at + KINDS[draft.kind].sla))
        for draft in unique.values()
    ]  # fmt: skip
    sql, parameters = insert(
        "core_exceptioncase",
        _COLUMNS,
        rows,
        "ON CONFLICT (kind, subject_type, subject_id) WHERE NOT (state = 'RESOLVED') DO UPDATE SET "
        "occurrences = core_exceptioncase.occurrences + 1, detail = excluded.detail, title = excluded.title, "
        "cause = excluded.cause, "
        "money_at_risk = greatest(core_exceptioncase.money_at_risk, excluded.money_at_risk) "
        "RETURNING kind, subject_type, subject_id, id, occurrences",
    )
    with transaction.atomic():
        found = {tuple(row[:3]): (row[3], row[4]) for row in query(sql, parameters)}
        opened = [case for case, occurrences in found.values() if occurrences == 1]
        record_creation(ExceptionCase, opened, actor=actor, at=at, action="core.exception_open_many")
    return [found[draft.kind, draft.subject_type, draft.subject_id][0] for draft in drafts]


def _said(draft: CaseDraft) -> tuple[str, str]:
    return storable(draft.title)[:300], json.dumps(storable_json(dict(draft.detail)))


def _cause(draft: CaseDraft) -> str:
    return cause_key(KINDS[draft.kind].cause, draft.subject_id, draft.title, draft.detail)


def escalation_time(kind: str, due_at: datetime) -> datetime | None:
    """This function will return when a case of `kind` that is due then changes hands; None when it never does."""
    found = KINDS.get(kind)
    return due_at + found.escalate_after if found and found.escalate_to else None


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
def exception_wake_one(*, case_id: int, actor: User, at: datetime) -> ExceptionCase:
    """This function will reopen one snoozed case before its time; IllegalTransition when it is not snoozed."""
    case = _locked(case_id)
    change_state(
        case, to=ExceptionState.OPEN, actor=actor, at=at, action="core.exception_wake_one",
        fields={"snoozed_until": None},
    )  # fmt: skip
    return case


@transaction.atomic
def exception_wake(*, at: datetime, actor: User) -> int:
    """This function will reopen every snoozed case whose time has come and return how many."""
    due = list(
        ExceptionCase.objects.select_for_update(skip_locked=True)
        .filter(state=ExceptionState.SNOOZED, snoozed_until__lte=at)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    change_state_many(
        ExceptionCase, due, source=ExceptionState.SNOOZED, to=ExceptionState.OPEN, actor=actor, at=at,
        action="core.exception_wake",
    )  # fmt: skip
    return len(due)


@transaction.atomic
def exception_resolve_many(
    *, case_ids: Sequence[int], resolution: str, reason: str, actor: User, at: datetime
) -> list[int]:
    """This function will close those of `case_ids` that are not settled yet, in one go, and return their ids."""
    reason = _reason(reason)
    rows = list(
        ExceptionCase.objects.select_for_update()
        .filter(pk__in=case_ids)
        .exclude(state=ExceptionState.RESOLVED)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    change_state_many(
        ExceptionCase, rows, source=[ExceptionState.OPEN, ExceptionState.SNOOZED], to=ExceptionState.RESOLVED,
        actor=actor, at=at, action="core.exception_resolve", reason=reason,
        fields={"resolved_at": at, "resolved_by": actor.pk, "resolution": resolution or "manual", "reason": reason},
    )  # fmt: skip
    return rows


@transaction.atomic
def exception_mirror(
    *, kind: str, drafts: Sequence[CaseDraft], resolution: str, reason: str, actor: User, at: datetime
) -> int:
    """This function will make the open cases of `kind` those of `drafts`, for what a periodic look finds; returns how many stand.

    What is found for the first time opens a case, what is found again says what is known now, what is found no more is
    settled by `resolution` (an address) for `reason`. What a person has settled stays quiet for a day.
    """
    wanted = {draft.subject_id: draft for draft in drafts}
    known = ExceptionCase.objects.filter(kind=kind)
    still = dict(known.exclude(state=ExceptionState.RESOLVED).values_list("subject_id", "pk"))
    quiet = known.filter(
        state=ExceptionState.RESOLVED, resolved_at__gt=at - QUIET, resolved_by__is_system=False
    )
    seen = {*still, *quiet.values_list("subject_id", flat=True)}
    exception_open_many([d for subject, d in wanted.items() if subject not in seen], actor=actor, at=at)
    _refresh([(still[subject], draft) for subject, draft in wanted.items() if subject in still])
    exception_resolve_many(
        case_ids=[pk for subject, pk in still.items() if subject not in wanted],
        resolution=resolution, reason=reason, actor=actor, at=at,
    )  # fmt: skip
    return known.exclude(state=ExceptionState.RESOLVED).count()


def _refresh(found: Sequence[tuple[int, CaseDraft]]) -> None:
    """Let standing cases say what is known now. The money may only grow, as with a repeated opening."""
    if not found:
        return
    columns = {"id": "bigint", "title": "text", "detail": "jsonb", "cause": "text", "money": "numeric"}
    source, parameters = unnest(
        columns, [(pk, *_said(draft), _cause(draft), cents(draft.money_at_risk)) for pk, draft in found]
    )
    execute(
        "UPDATE core_exceptioncase c SET title = v.title, detail = v.detail, cause = v.cause, "
        f"money_at_risk = greatest(c.money_at_risk, v.money) FROM {source} WHERE c.id = v.id AND c.state <> 'RESOLVED' "
        "AND (c.title, c.detail, c.cause) IS DISTINCT FROM (v.title, v.detail, v.cause)",
        parameters,
    )


__all__ = [
    "CaseDraft",
    "escalation_time",
    "exception_mirror",
    "exception_open",
    "exception_open_many",
    "exception_resolve",
    "exception_resolve_many",
    "exception_snooze",
    "exception_wake",
    "exception_wake_one",
]
