"""What does the exception desk show, ranked by what it costs to wait, and what does a case say?"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import django_filters
import django_tables2 as tables
from django import forms
from django.db.models import Count, Q, QuerySet, Sum
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from erp.core.causes import cause_words
from erp.core.documents import document_url
from erp.core.exception_kinds import KINDS
from erp.core.filters import KeelFilterSet
from erp.core.models import ExceptionCase
from erp.core.money import ZERO
from erp.core.pages import Action, ActionField, Fact, ListPage, Panel, PrimaryAction, RecordPage
from erp.core.pages.format import badge_html, money_text, when_html
from erp.core.permissions import actor_of
from erp.core.playbook_registry import playbooks_of
from erp.core.ranking import ORDER, priority_of
from erp.core.roles import Role
from erp.core.states import EXCEPTION, ExceptionState
from erp.core.tables import KeelTable, MoneyColumn, QuantityColumn, RecordColumn, StateColumn, WhenColumn
from erp.core.views.desk_acts import roles_of
from erp.core.views.desk_bulk import BULK, RESOLVE, people

FIGURES = ("count", "overdue", "money")  # of each queue


def kind_label(code: str) -> str:
    """This function will return the words for a kind of exception."""
    return KINDS[code].label if code in KINDS else code.replace("_", " ").capitalize()


class CaseTable(KeelTable):
    title = RecordColumn(verbose_name="What happened", attrs={"td": {"class": "k-wide"}})
    rank = tables.Column(verbose_name="Priority", attrs={"td": {"class": "k-num"}, "th": {"class": "k-num"}})
    kind = tables.Column()
    cause = tables.Column(verbose_name="Cause")
    state = StateColumn()
    owner_role = tables.Column(verbose_name="Owner")
    assignee = tables.Column()
    money_at_risk = MoneyColumn(verbose_name="At risk")
    occurrences = QuantityColumn(verbose_name="Times")
    due_at = WhenColumn(verbose_name="Due", style="ago", attrs={"td": {"class": "k-nowrap"}})
    opened_at = WhenColumn(verbose_name="Opened")

    class Meta(KeelTable.Meta):
        model = ExceptionCase
        fields = ("title", "rank", "kind", "cause", "state", "owner_role", "assignee", "money_at_risk", "occurrences",
                  "due_at", "opened_at")  # fmt: skip

    def render_rank(self, record: ExceptionCase) -> str:
        if record.state == ExceptionState.RESOLVED:
            return "–"
        found = priority_of(record.due_at, record.money_at_risk, timezone.now())
        return format_html('<span title="{}">{}</span>', found.words, found.figure)

    def value_rank(self, value: Any) -> str:
        return str(value)

    def render_kind(self, value: str) -> str:
        return kind_label(value)

    def value_kind(self, value: str) -> str:
        return value

    def render_cause(self, value: str) -> str:
        return cause_words(value)

    def value_cause(self, value: str) -> str:
        return value

    def render_owner_role(self, record: ExceptionCase) -> str:
        if record.escalated_from:
            escalated = badge_html("Escalated", "warning", "arrow-up")
            return format_html("{} {}", record.get_owner_role_display(), escalated)
        return record.get_owner_role_display()

    def value_owner_role(self, record: ExceptionCase) -> str:
        return record.owner_role

    def render_due_at(self, value: datetime, record: ExceptionCase) -> str:
        if record.state == ExceptionState.OPEN and value < timezone.now():
            return format_html(
                "{} {}", badge_html("Overdue", "danger", "clock-alert"), when_html(value, "ago")
            )
        return when_html(value, "ago")


class CaseFilter(KeelFilterSet):
    """Without a state it shows what is not settled; ask for the state Resolved to see the rest."""

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
    escalated = django_filters.ChoiceFilter(
        field_name="escalated_from",
        choices=Role.choices,
        label="Escalated from",
        empty_label="Escalated or not",
    )
    person = django_filters.CharFilter(
        field_name="assignee__username", label="Person", widget=forms.HiddenInput()
    )
    cause = django_filters.CharFilter(label="Cause", widget=forms.HiddenInput())

    class Meta:
        model = ExceptionCase
        fields: list[str] = []

    def filter_queryset(self, queryset: QuerySet[ExceptionCase]) -> QuerySet[ExceptionCase]:
        rows: QuerySet[ExceptionCase] = super().filter_queryset(queryset)
        if not self.form.cleaned_data.get("state"):
            rows = rows.exclude(state=ExceptionState.RESOLVED)
        return rows

    def by_assignee(self, rows: QuerySet[ExceptionCase], name: str, value: str) -> QuerySet[ExceptionCase]:
        return rows.filter(assignee=self.request.user) if value == "me" else rows.filter(assignee=None)

    def by_clock(self, rows: QuerySet[ExceptionCase], name: str, value: str) -> QuerySet[ExceptionCase]:
        return rows.filter(due_at__lt=timezone.now(), state=ExceptionState.OPEN)


class ExceptionCaseList(ListPage):
    permission = "core.exception_view"
    title = "Exception desk"
    list_code = "core.exception_cases"
    table_class = CaseTable
    filterset_class = CaseFilter
    search_fields = ("title", "kind", "subject_id__startswith")
    default_order = ("state", *ORDER)
    hidden_columns = ("opened_at", "occurrences", "cause")
    bulk_actions = BULK
    secondary_actions = (
        PrimaryAction("By cause", "exception_case_groups", icon="layers"),
        PrimaryAction("Statistics", "exception_case_statistics", icon="chart-column"),
    )
    empty_title = "Nothing needs a person"
    empty_text = "Whatever cannot go straight through opens a case here. Right now everything flows."
    summary_template = "core/partials/_case_summary.html"
    template_name = "core/exception_case_list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ExceptionCase]:
        return ExceptionCase.objects.select_related("assignee")

    def get_summary(self, request: HttpRequest, rows: QuerySet[ExceptionCase]) -> dict[str, Any]:
        is_open, now = Q(state=ExceptionState.OPEN), timezone.now()
        found = rows.exclude(state=ExceptionState.RESOLVED).aggregate(
            open=Count("pk", filter=is_open),
            overdue=Count("pk", filter=is_open & Q(due_at__lt=now)),
            snoozed=Count("pk", filter=Q(state=ExceptionState.SNOOZED)),
            unassigned=Count("pk", filter=is_open & Q(assignee=None)),
            money=Sum("money_at_risk", filter=is_open),
        )
        return found | {"queues": _queues(request, now)}


def _queues(request: HttpRequest, now: datetime) -> list[dict[str, Any]]:
    """Whose work it is: the person's own, nobody's yet, and each role's queue, with what is late and what it may cost."""
    user = actor_of(request)
    parts = {
        "all": Q(),
        "mine": Q(assignee=user),
        "free": Q(assignee=None),
        "lost": Q(escalated_from__in=roles_of(user)),
    }
    sums: dict[str, Any] = {}
    for name, part in parts.items():
        sums |= {
            f"{name}_count": Count("pk", filter=part),
            f"{name}_overdue": Count("pk", filter=part & Q(due_at__lt=now)),
            f"{name}_money": Sum("money_at_risk", filter=part, default=ZERO),
        }
    unsettled = ExceptionCase.objects.filter(state=ExceptionState.OPEN).values("owner_role")
    found: list[dict[str, Any]] = list(unsettled.annotate(**sums).order_by("owner_role"))  # type: ignore[arg-type]
    by_role = {row["owner_role"]: {name: row[f"all_{name}"] for name in FIGURES} for row in found}
    whole = {part: {name: sum(row[f"{part}_{name}"] for row in found) for name in FIGURES} for part in parts}
    rows: list[tuple[str, str, dict[str, Any], str]] = [
        ("Mine", "mine=me", whole["mine"], "user-check"),
        ("Nobody's yet", "mine=nobody", whole["free"], "circle-user"),
    ]
    if whole["lost"]["count"] and len(user.roles) == 1:
        role = next(iter(user.roles))
        rows.append(("Escalated from you", f"escalated={role}", whole["lost"], "arrow-up"))
    rows += [(Role(role).label, f"owner_role={role}", row, "users") for role, row in by_role.items()]
    here = request.GET.urlencode()
    return [
        {
            "label": label,
            "query": f"state=OPEN&{query}",
            "icon": icon,
            "is_here": f"state=OPEN&{query}" == here,
            **values,
        }
        for label, query, values, icon in rows
    ]


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
        tags = []
        if obj.state == ExceptionState.OPEN and obj.due_at < timezone.now():
            tags.append(("Overdue", "danger", "clock-alert"))
        if obj.escalated_from:
            tags.append((f"Escalated from {Role(obj.escalated_from).label}", "warning", "arrow-up"))
        return tags

    def get_facts(self, obj: ExceptionCase) -> list[Fact]:
        facts = [
            Fact("Money at risk", money_text(obj.money_at_risk)),
            Fact("Due", when_html(obj.due_at, "ago")),
            Fact("Opened", when_html(obj.opened_at)),
            Fact("Owner", obj.get_owner_role_display()),
            Fact("Assigned to", obj.assignee or "nobody"),
            Fact("Seen", f"{obj.occurrences} ×"),
        ]
        if obj.state != ExceptionState.RESOLVED:
            facts.insert(
                0, Fact("Priority", priority_of(obj.due_at, obj.money_at_risk, timezone.now()).figure)
            )
        return facts

    def get_actions(self, obj: ExceptionCase, user: Any) -> list[Action]:
        is_closed = obj.state == ExceptionState.RESOLVED
        closed = "This case is resolved." if is_closed else ""
        reason = ActionField("reason", "Why, in a few words")
        settled_by = ActionField(
            "resolution", "Settled by", required=False, help_text="The action or service, or leave empty."
        )
        played = [
            Action(playbook.label, reverse("exception_case_play", args=[obj.pk, playbook.code]), playbook.permission,
                   primary=True, icon=playbook.icon, fields=playbook.fields, confirm=playbook.preview(obj))
            for playbook in (playbooks_of(obj.kind) if not is_closed and user.may(RESOLVE) else ())
        ]  # fmt: skip
        return [
            *played,
            Action("Resolve", reverse("exception_case_resolve", args=[obj.pk]), RESOLVE, primary=True,
                   disabled_reason=closed, icon="circle-check",
                   fields=[settled_by, ActionField("reason", "What was done and why", kind="textarea")]),
            Action("Assign", reverse("exception_case_assign", args=[obj.pk]), RESOLVE, disabled_reason=closed,
                   icon="user-plus",
                   fields=[ActionField("assignee", "To", kind="select", choices=people(), required=False,
                                       value=obj.assignee_id or "")]),
            Action("Wake", reverse("exception_case_wake", args=[obj.pk]), RESOLVE, icon="alarm-clock-off")
            if obj.state == ExceptionState.SNOOZED else
            Action("Snooze", reverse("exception_case_snooze", args=[obj.pk]), RESOLVE, disabled_reason=closed,
                   icon="alarm-clock", fields=[ActionField("until", "Until", kind="datetime-local"), reason]),
        ]  # fmt: skip

    def get_panels(self, obj: ExceptionCase) -> list[Panel]:
        kind = KINDS.get(obj.kind)
        subject = {
            "case": obj,
            "subject_url": document_url(obj.subject_type, obj.subject_id),
            "cause": cause_words(obj.cause),
            "cause_url": f"{reverse('exception_case_list')}?{urlencode({'kind': obj.kind, 'cause': obj.cause})}",
            "detail": [(str(key).replace("_", " "), value) for key, value in obj.detail.items()]
            if isinstance(obj.detail, dict)
            else [("detail", obj.detail)],
        }
        todo = {
            "steps": kind.playbook if kind else (),
            "case": obj,
            "buttons": playbooks_of(obj.kind),
            "kind": kind,
        }
        return [
            Panel("What to do", "core/partials/_playbook.html", todo),
            Panel("Evidence", "core/partials/_case_detail.html", subject),
            Panel("Why it ranks here", "core/partials/_case_rank.html",
                  {"priority": priority_of(obj.due_at, obj.money_at_risk, timezone.now()), "case": obj}, column="side"),
            Panel("Subject", "core/partials/_case_subject.html", subject, column="side"),
        ]  # fmt: skip
