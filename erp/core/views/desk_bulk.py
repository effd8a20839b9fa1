"""What can be done to many cases at once: assign, put aside, run the playbook, settle?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from django.db.models import Count, QuerySet, Sum
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from erp.core.errors import InvalidInput, KeelError
from erp.core.exception_kinds import KINDS
from erp.core.models import ExceptionCase, User
from erp.core.pages.actions import refusal_text
from erp.core.pages.format import money_text
from erp.core.pages.parts import ActionField, BulkAction, RowOutcome
from erp.core.permissions import actor_of
from erp.core.playbook_registry import Playbook, playbooks_of
from erp.core.services.exception_case import exception_resolve_many
from erp.core.services.exception_desk import exception_assign_many, exception_snooze_many
from erp.core.services.playbook import exception_play
from erp.core.states import ExceptionState

RESOLVE = "core.exception_resolve"


def people() -> list[tuple[object, str]]:
    """This function will return whom a case can be given to, as choices; blank is the role's queue."""
    found = User.objects.filter(is_active=True, is_system=False).order_by("username")
    return [("", "The role's queue"), *((person.pk, str(person)) for person in found)]


def parse_local(text: str) -> datetime:
    """This function will read a datetime-local input in the reader's time zone; InvalidInput when it is none."""
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise InvalidInput(
            "That is not a time", field="until", remedy="Use the date picker, or 2026-03-01T09:30."
        )
    return found if timezone.is_aware(found) else timezone.make_aware(found)


def parse_person(text: str) -> int | None:
    """This function will read a chosen person; blank is nobody. InvalidInput for what is no id."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise InvalidInput("no such person", field="assignee", remedy="Choose someone from the list.")
    return int(text)


def _outcomes(ids: Sequence[int], act: Callable[[], Sequence[int]], done: str, left: str) -> list[RowOutcome]:
    """Run one act over all rows and say of each whether it was part of it."""
    titles = dict(ExceptionCase.objects.filter(pk__in=ids).order_by("pk").values_list("pk", "title"))
    try:
        touched = set(act())
    except KeelError as refusal:
        return [(title, False, refusal_text(refusal)) for title in titles.values()]
    return [(title, pk in touched, done if pk in touched else left) for pk, title in titles.items()]


def _totals(rows: QuerySet[ExceptionCase], said: str) -> list[str]:
    totals = rows.exclude(state=ExceptionState.RESOLVED).aggregate(n=Count("pk"), money=Sum("money_at_risk"))
    closed = rows.filter(state=ExceptionState.RESOLVED).count()
    lines = [
        f"{totals['n']} {'case' if totals['n'] == 1 else 'cases'} {said}; {money_text(totals['money'] or 0)} at risk in all."
    ]
    return lines + ([f"{closed} are resolved already and stay as they are."] if closed else [])


def _resolve_preview(rows: QuerySet[ExceptionCase], request: HttpRequest) -> list[str]:
    return _totals(rows, "will be closed as settled by hand, with the reason below")


def _resolve_run(ids: list[int], request: HttpRequest) -> list[RowOutcome]:
    return _outcomes(
        ids,
        lambda: exception_resolve_many(
            case_ids=ids, resolution="manual", reason=request.POST.get("reason", ""), actor=actor_of(request),
            at=timezone.now(),
        ),
        "resolved", "It was resolved already.",
    )  # fmt: skip


def _assign_preview(rows: QuerySet[ExceptionCase], request: HttpRequest) -> list[str]:
    return _totals(rows, "will be given to the person below, or back to the queues of their roles")


def _assign_run(ids: list[int], request: HttpRequest) -> list[RowOutcome]:
    return _outcomes(
        ids,
        lambda: exception_assign_many(
            case_ids=ids, assignee_id=parse_person(request.POST.get("assignee", "")), actor=actor_of(request),
            at=timezone.now(),
        ),
        "assigned", "It is resolved.",
    )  # fmt: skip


def _snooze_preview(rows: QuerySet[ExceptionCase], request: HttpRequest) -> list[str]:
    aside = rows.filter(state=ExceptionState.SNOOZED).count()
    said = _totals(rows.exclude(state=ExceptionState.SNOOZED), "will be put aside until the time below")
    return said + ([f"{aside} are put aside already and stay as they are."] if aside else [])


def _snooze_run(ids: list[int], request: HttpRequest) -> list[RowOutcome]:
    return _outcomes(
        ids,
        lambda: exception_snooze_many(
            case_ids=ids, until=parse_local(request.POST.get("until", "")), reason=request.POST.get("reason", ""),
            actor=actor_of(request), at=timezone.now(),
        ),
        "put aside", "It is not open.",
    )  # fmt: skip


def usual_playbook(kind: str, user: User) -> Playbook | None:
    """This function will return the first button of a kind that `user` may push and that asks for nothing but a reason."""
    found = (item for item in playbooks_of(kind) if {field.name for field in item.fields} <= {"reason"})
    return next((item for item in found if user.may(item.permission)), None)


def _play_preview(rows: QuerySet[ExceptionCase], request: HttpRequest) -> list[str]:
    lines = []
    for kind, count in (
        rows.exclude(state=ExceptionState.RESOLVED)
        .values_list("kind")
        .annotate(n=Count("pk"))
        .order_by("kind")
    ):
        playbook, label = (
            usual_playbook(kind, actor_of(request)),
            KINDS[kind].label if kind in KINDS else kind,
        )
        said = (
            f"“{playbook.label}” is done for each"
            if playbook
            else "nothing can be done by a button; they stay open"
        )
        lines.append(f"{count} × {label}: {said}.")
    return lines


def _play_run(ids: list[int], request: HttpRequest) -> list[RowOutcome]:
    actor, outcomes = actor_of(request), []
    for case in ExceptionCase.objects.filter(pk__in=ids).order_by("rank", "pk"):
        playbook = usual_playbook(case.kind, actor)
        if playbook is None:
            outcomes.append((case.title, False, "There is no button for it that you may push."))
            continue
        try:
            inputs = {"reason": request.POST.get("reason", "")}
            played = exception_play(
                case_id=case.pk, code=playbook.code, inputs=inputs, actor=actor, at=timezone.now()
            )
        except KeelError as refusal:
            outcomes.append((case.title, False, refusal_text(refusal)))
        else:
            outcomes.append((case.title, True, played.said))
    return outcomes


_REASON = ActionField("reason", "Why, in a few words", kind="textarea")
BULK = [
    BulkAction("play", "Do the usual step", RESOLVE, _play_preview, _play_run, icon="zap", fields=lambda request: [_REASON]),
    BulkAction(
        "assign", "Assign", RESOLVE, _assign_preview, _assign_run, icon="user-plus",
        fields=lambda request: [ActionField("assignee", "To", kind="select", choices=people(), required=False)],
    ),
    BulkAction(
        "snooze", "Put aside", RESOLVE, _snooze_preview, _snooze_run, icon="alarm-clock",
        fields=lambda request: [ActionField("until", "Until", kind="datetime-local"), _REASON],
    ),
    BulkAction(
        "resolve", "Resolve", RESOLVE, _resolve_preview, _resolve_run, icon="circle-check",
        fields=lambda request: [_REASON],
    ),
]  # fmt: skip
