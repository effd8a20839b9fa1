"""What does the exception desk show, ranked by what it costs to wait, and how is a case settled?"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import django_filters
import django_tables2 as tables
from django.db.models import Case, Count, Q, QuerySet, Sum, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from erp.core.documents import document_url
from erp.core.errors import InvalidInput, KeelError
from erp.core.exception_kinds import KINDS
from erp.core.filters import KeelFilterSet
from erp.core.models import ExceptionCase, User
from erp.core.pages import Action, ActionField, BulkAction, Fact, ListPage, Panel, RecordPage, run_action
from erp.core.pages.format import badge_html, money_text, when_html
from erp.core.pages.parts import RowOutcome
from erp.core.permissions import actor_of, page
from erp.core.roles import Role
from erp.core.services.exception_case import exception_assign, exception_resolve, exception_snooze
from erp.core.states import EXCEPTION, ExceptionState
from erp.core.tables import KeelTable, MoneyColumn, QuantityColumn, RecordColumn, StateColumn, WhenColumn

RESOLVE = "core.exception_resolve"


def kind_label(code: str) -> str:
    """This function will return the words for a kind of exception."""
    return KINDS[code].label if code in KINDS else code.replace("_", " ").capitalize()


class CaseTable(KeelTable):
    title = RecordColumn(verbose_name="What happened", attrs={"td": {"class": "k-wide"}})
    kind = tables.Column()
    state = StateColumn()
    owner_role = tables.Column(verbose_name="Owner")
    assignee = tables.Column()
    money_at_risk = MoneyColumn(verbose_name="At risk")
    occurrences = QuantityColumn(verbose_name="Times")
    due_at = WhenColumn(verbose_name="Due", style="ago", attrs={"td": {"class": "k-nowrap"}})
    opened_at = WhenColumn(verbose_name="Opened")

    class Meta(KeelTable.Meta):
        model = ExceptionCase
        fields = (
            "title",
            "kind",
            "state",
            "owner_role",
            "assignee",
            "money_at_risk",
            "occurrences",
            "due_at",
            "opened_at",
        )

    def render_kind(self, value: str) -> str:
        return kind_label(value)

    def value_kind(self, value: str) -> str:
        return value

    def render_owner_role(self, record: ExceptionCase) -> str:
        return record.get_owner_role_display()

    def render_due_at(self, value: datetime, record: ExceptionCase) -> str:
        if record.state == ExceptionState.OPEN and value < timezone.now():
            return format_html(
                "{} {}", badge_html("Overdue", "danger", "clock-alert"), when_html(value, "ago")
            )
        return when_html(value, "ago")


class CaseFilter(KeelFilterSet):
    state = django_filters.MultipleChoiceFilter(choices=ExceptionState.choices, label="State")
    kind = django_filters.ChoiceFilter(
        choices=[(kind.code, kind.label) for kind in KINDS.values()], label="Kind", empty_label="Any kind"
    )
    owner_role = django_filters.ChoiceFilter(choices=Role.choices, label="Owner", empty_label="Any owner")
    mine = django_filters.ChoiceFilter(
        label="Assigned",
        choices=[("me", "To me"), ("nobody", "To nobody")],
        method="by_assignee",
        empty_label="To anyone",
    )
    overdue = django_filters.ChoiceFilter(
        label="Clock", choices=[("yes", "Overdue")], method="by_clock", empty_label="Any time"
    )

    class Meta:
        model = ExceptionCase
        fields: list[str] = []

    def by_assignee(self, rows: QuerySet[ExceptionCase], name: str, value: str) -> QuerySet[ExceptionCase]:
        return rows.filter(assignee=self.request.user) if value == "me" else rows.filter(assignee=None)

    def by_clock(self, rows: QuerySet[ExceptionCase], name: str, value: str) -> QuerySet[ExceptionCase]:
        return rows.filter(due_at__lt=timezone.now(), state=ExceptionState.OPEN)


def _resolve_preview(rows: QuerySet[ExceptionCase], request: HttpRequest) -> list[str]:
    totals = rows.exclude(state=ExceptionState.RESOLVED).aggregate(n=Count("pk"), money=Sum("money_at_risk"))
    closed = rows.filter(state=ExceptionState.RESOLVED).count()
    lines = [
        f"{totals['n']} cases will be closed as “settled by hand”; {money_text(totals['money'] or 0)} at risk in all."
    ]
    if closed:
        lines.append(f"{closed} are resolved already and stay as they are.")
    return lines


def _resolve_run(ids: list[int], request: HttpRequest) -> list[RowOutcome]:
    outcomes: list[RowOutcome] = []
    for case in ExceptionCase.objects.filter(pk__in=ids).order_by("pk"):
        try:
            exception_resolve(
                case_id=case.pk,
                resolution="manual",
                reason="Settled by hand, in bulk",
                actor=actor_of(request),
                at=timezone.now(),
            )
        except KeelError as refusal:
            outcomes.append((case.title, False, f"{refusal.message}. {refusal.remedy}"))
        else:
            outcomes.append((case.title, True, "resolved"))
    return outcomes


class ExceptionCaseList(ListPage):
    permission = "core.exception_view"
    title = "Exception desk"
    list_code = "core.exception_cases"
    table_class = CaseTable
    filterset_class = CaseFilter
    search_fields = ("title", "kind", "subject_id__startswith")
    default_order = ("rank", "due_at", "-money_at_risk", "pk")
    hidden_columns = ("opened_at", "occurrences")
    bulk_actions = [
        BulkAction("resolve", "Resolve", RESOLVE, _resolve_preview, _resolve_run, icon="circle-check")
    ]
    empty_title = "Nothing needs a person"
    empty_text = "Whatever cannot go straight through opens a case here. Right now everything flows."
    summary_template = "core/partials/_case_summary.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ExceptionCase]:
        rank = Case(
            When(state=ExceptionState.OPEN, then=Value(0)),
            When(state=ExceptionState.SNOOZED, then=Value(1)),
            default=Value(2),
        )
        return ExceptionCase.objects.select_related("assignee").annotate(rank=rank)

    def get_summary(self, request: HttpRequest, rows: QuerySet[ExceptionCase]) -> dict[str, Any]:
        is_open = Q(state=ExceptionState.OPEN)
        return rows.aggregate(
            open=Count("pk", filter=is_open),
            overdue=Count("pk", filter=is_open & Q(due_at__lt=timezone.now())),
            snoozed=Count("pk", filter=Q(state=ExceptionState.SNOOZED)),
            unassigned=Count("pk", filter=is_open & Q(assignee=None)),
            money=Sum("money_at_risk", filter=is_open),
        )


class ExceptionCaseRecord(RecordPage):
    permission = "core.exception_view"
    title = ""
    machine = EXCEPTION
    list_page = ExceptionCaseList
    list_url_name = "exception_case_list"

    def get_object(self, request: HttpRequest, **kwargs: Any) -> ExceptionCase:
        return get_object_or_404(
            ExceptionCase.objects.select_related("assignee", "resolved_by"), pk=kwargs["pk"]
        )

    def get_title(self, obj: ExceptionCase) -> str:
        return obj.title

    def get_crumb(self, obj: ExceptionCase) -> str:
        return f"Case {obj.pk}"

    def get_subtitle(self, obj: ExceptionCase) -> str:
        return kind_label(obj.kind)

    def get_tags(self, obj: ExceptionCase) -> list[tuple[str, str, str]]:
        if obj.state == ExceptionState.OPEN and obj.due_at < timezone.now():
            return [("Overdue", "danger", "clock-alert")]
        return []

    def get_facts(self, obj: ExceptionCase) -> list[Fact]:
        return [
            Fact("Money at risk", money_text(obj.money_at_risk)),
            Fact("Due", when_html(obj.due_at, "ago")),
            Fact("Opened", when_html(obj.opened_at)),
            Fact("Owner", obj.get_owner_role_display()),
            Fact("Assigned to", obj.assignee or "nobody"),
            Fact("Seen", f"{obj.occurrences} ×"),
        ]

    def get_actions(self, obj: ExceptionCase, user: Any) -> list[Action]:
        closed = "This case is resolved." if obj.state == ExceptionState.RESOLVED else ""
        people = [("", "The role's queue")] + [
            (person.pk, str(person))
            for person in User.objects.filter(is_active=True, is_system=False).order_by("username")
        ]
        reason = ActionField("reason", "Why, in a few words")
        return [
            Action(
                "Resolve",
                reverse("exception_case_resolve", args=[obj.pk]),
                RESOLVE,
                primary=True,
                disabled_reason=closed,
                icon="circle-check",
                fields=[
                    ActionField(
                        "resolution",
                        "Settled by",
                        required=False,
                        help_text="The action or service, or leave empty.",
                    ),
                    ActionField("reason", "What was done and why", kind="textarea"),
                ],
            ),
            Action(
                "Assign",
                reverse("exception_case_assign", args=[obj.pk]),
                RESOLVE,
                disabled_reason=closed,
                icon="user-plus",
                fields=[
                    ActionField(
                        "assignee",
                        "To",
                        kind="select",
                        choices=people,
                        required=False,
                        value=obj.assignee_id or "",
                    )
                ],
            ),
            Action(
                "Snooze",
                reverse("exception_case_snooze", args=[obj.pk]),
                RESOLVE,
                disabled_reason=closed
                or ("It is put aside already." if obj.state == ExceptionState.SNOOZED else ""),
                icon="alarm-clock",
                fields=[ActionField("until", "Until", kind="datetime-local"), reason],
            ),
        ]

    def get_panels(self, obj: ExceptionCase) -> list[Panel]:
        kind = KINDS.get(obj.kind)
        subject = {
            "case": obj,
            "subject_url": document_url(obj.subject_type, obj.subject_id),
            "detail": [(str(key).replace("_", " "), value) for key, value in obj.detail.items()]
            if isinstance(obj.detail, dict)
            else [("detail", obj.detail)],
        }
        return [
            Panel(
                "What to do",
                "core/partials/_playbook.html",
                {"steps": kind.playbook if kind else (), "case": obj},
            ),
            Panel("Evidence", "core/partials/_case_detail.html", subject),
            Panel("Subject", "core/partials/_case_subject.html", subject, column="side"),
        ]


def _case_or_404(pk: int) -> None:
    if not ExceptionCase.objects.filter(pk=pk).exists():
        raise Http404("no such case")


@page(RESOLVE)
@require_POST
def case_resolve(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will close a case with the reason given."""
    _case_or_404(pk)
    return run_action(
        request,
        lambda: exception_resolve(
            case_id=pk,
            resolution=request.POST.get("resolution", "").strip()[:60] or "manual",
            reason=request.POST.get("reason", ""),
            actor=actor_of(request),
            at=timezone.now(),
        ),
        done="Case resolved.",
        url=reverse("exception_case_detail", args=[pk]),
    )


@page(RESOLVE)
@require_POST
def case_snooze(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will put a case aside until a later time."""
    _case_or_404(pk)

    def snooze() -> ExceptionCase:
        until = parse_local(request.POST.get("until", ""))
        return exception_snooze(
            case_id=pk,
            until=until,
            reason=request.POST.get("reason", ""),
            actor=actor_of(request),
            at=timezone.now(),
        )

    return run_action(request, snooze, done="Put aside.", url=reverse("exception_case_detail", args=[pk]))


@page(RESOLVE)
@require_POST
def case_assign(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will give a case to one person, or back to its role."""
    _case_or_404(pk)
    chosen = request.POST.get("assignee", "")
    return run_action(
        request,
        lambda: exception_assign(
            case_id=pk,
            assignee_id=int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 19 else None,
            actor=actor_of(request),
            at=timezone.now(),
        ),
        done="Assigned.",
        url=reverse("exception_case_detail", args=[pk]),
    )


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
