"""Which work waits, failed or died, what goes out, and who may try it again? What came in: `inbox`."""

from __future__ import annotations

import json
from typing import Any, ClassVar

import django_filters
import django_tables2 as tables
from django.conf import settings
from django.db.models import Count, Model, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from erp.core.documents import document_url
from erp.core.errors import KeelError
from erp.core.filters import KeelFilterSet, date_filter
from erp.core.models import Job, OutboxMessage
from erp.core.pages import Action, ActionField, BulkAction, Fact, ListPage, Panel, RecordPage, run_action
from erp.core.pages.actions import refusal_text
from erp.core.pages.format import when_html
from erp.core.pages.parts import RowOutcome
from erp.core.permissions import page
from erp.core.selectors import job_progress
from erp.core.services.work import MODELS, work_cancel, work_retry
from erp.core.states import JOB, OUTBOX, WorkState
from erp.core.tables import KeelTable, QuantityColumn, RecordColumn, StateColumn, WhenColumn

VIEW = "core.work_view"
RETRY = "core.work_retry"


def _table_of(model: type[Model]) -> str:
    return next(name for name, known in MODELS.items() if known is model)


def _retry_preview(rows: QuerySet[Any], request: HttpRequest) -> list[str]:
    able = rows.filter(state__in=[WorkState.FAILED, WorkState.DEAD]).count()
    told = [f"{able} will be tried again, with all their attempts; their exception cases are resolved."]
    left = rows.count() - able
    return told + ([f"{left} neither failed nor died and stay as they are."] if left else [])


def _retry_run(model: type[Any]) -> Any:
    def run(ids: list[int], request: HttpRequest) -> list[RowOutcome]:
        outcomes: list[RowOutcome] = []
        for row in model.objects.filter(pk__in=ids).order_by("pk"):
            try:
                work_retry(table=_table_of(model), row_id=row.pk, actor=request.user, at=timezone.now())  # type: ignore[arg-type]
                outcomes.append((str(row), True, "waits for a worker"))
            except KeelError as refusal:
                outcomes.append((str(row), False, refusal_text(refusal)))
        return outcomes

    return run


def bulk_retry(model: type[Any]) -> BulkAction:
    """This function will return the bulk action that gives failed or dead work of a kind another try."""
    return BulkAction("retry", "Try again", RETRY, _retry_preview, _retry_run(model), icon="rotate-cw")


class _WorkFilter(KeelFilterSet):
    state = django_filters.MultipleChoiceFilter(choices=WorkState.choices, label="State")
    kind = django_filters.CharFilter(lookup_expr="icontains", label="Kind")
    since = date_filter("created_at", "date__gte", "Since")


class JobFilter(_WorkFilter):
    queue = django_filters.ChoiceFilter(
        choices=[(name, name) for name in settings.KEEL_QUEUES], label="Queue", empty_label="Any queue"
    )

    class Meta:
        model = Job
        fields: list[str] = []


class OutboxFilter(_WorkFilter):
    stream = django_filters.CharFilter(lookup_expr="icontains", label="Stream")

    class Meta:
        model = OutboxMessage
        fields: list[str] = []


class JobTable(KeelTable):
    kind = RecordColumn(verbose_name="Job")
    state = StateColumn()
    queue = tables.Column()
    percent = QuantityColumn(verbose_name="%")
    attempts = QuantityColumn()
    key = tables.Column(attrs={"td": {"class": "k-break"}})
    created_by = tables.Column(verbose_name="For")
    created_at = WhenColumn(style="ago", verbose_name="Asked")
    next_at = WhenColumn(style="ago", verbose_name="Next try")
    finished_at = WhenColumn(style="ago", verbose_name="Finished")

    class Meta(KeelTable.Meta):
        model = Job
        fields = (
            "kind", "state", "queue", "percent", "attempts", "key", "created_by", "created_at", "next_at",
            "finished_at",
        )  # fmt: skip


class OutboxTable(KeelTable):
    key = RecordColumn(verbose_name="Message")
    state = StateColumn()
    stream = tables.Column()
    kind = tables.Column()
    attempts = QuantityColumn()
    provider_ref = tables.Column(verbose_name="Provider's reference")
    created_at = WhenColumn(style="ago", verbose_name="Written")
    next_at = WhenColumn(style="ago", verbose_name="Next try")
    finished_at = WhenColumn(style="ago", verbose_name="Sent")

    class Meta(KeelTable.Meta):
        model = OutboxMessage
        fields = (
            "key", "state", "stream", "kind", "attempts", "provider_ref", "created_at", "next_at", "finished_at",
        )  # fmt: skip


class WorkList(ListPage):
    permission = VIEW
    default_order: ClassVar[tuple[str, ...]] = ("-pk",)
    summary_template = "core/partials/_work_summary.html"

    def get_summary(self, request: HttpRequest, rows: QuerySet[Any]) -> dict[str, Any]:
        counts: dict[str, Any] = rows.aggregate(
            **{state.lower(): Count("pk", filter=Q(state=state)) for state in WorkState.values}
        )
        return counts


class JobList(WorkList):
    title = "Jobs"
    list_code = "core.jobs"
    table_class = JobTable
    filterset_class = JobFilter
    search_fields = ("kind", "key", "message", "error")
    hidden_columns = ("key", "next_at")
    bulk_actions = [bulk_retry(Job)]
    empty_title = "No work was put down yet"
    empty_text = "Whatever must happen by itself is a row here: it can be late, but it can not get lost."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        return Job.objects.select_related("created_by").defer("result", "checkpoint", "arguments", "error")


class OutboxMessageList(WorkList):
    title = "Outbox messages"
    list_code = "core.outbox"
    table_class = OutboxTable
    filterset_class = OutboxFilter
    search_fields = ("key", "stream", "provider_ref")
    hidden_columns = ("next_at",)
    bulk_actions = [bulk_retry(OutboxMessage)]
    empty_title = "Nothing had to go out yet"
    empty_text = (
        "E-mails and channel updates are written here by the act that causes them, and sent in order."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[OutboxMessage]:
        return OutboxMessage.objects.defer("payload", "error")


class WorkRecord(RecordPage):
    permission = VIEW
    model: type[Any]

    def get_object(self, request: HttpRequest, **kwargs: Any) -> Any:
        return get_object_or_404(self.model, pk=kwargs["pk"])

    def get_subtitle(self, obj: Any) -> str:
        return str(obj.kind)

    def get_actions(self, obj: Any, user: Any) -> list[Action]:
        reason = ActionField("reason", "Why", required=False)
        names = {"table": _table_of(self.model), "pk": obj.pk}
        retry = "" if obj.state in (WorkState.FAILED, WorkState.DEAD) else "It neither failed nor died."
        able = (WorkState.PENDING, WorkState.FAILED)
        cancel = "" if obj.state in able or self._stoppable(obj) else "Only waiting work can be cancelled."
        return [
            Action(
                "Try again", reverse("work_retry", kwargs=names), RETRY, primary=True, disabled_reason=retry,
                icon="rotate-cw", fields=[reason],
            ),
            Action(
                "Cancel", reverse("work_cancel", kwargs=names), RETRY, disabled_reason=cancel, danger=True,
                icon="ban", confirm="What it was to do will not happen.", fields=[reason],
            ),
        ]  # fmt: skip

    @staticmethod
    def _stoppable(obj: Any) -> bool:
        return isinstance(obj, Job) and obj.state == WorkState.RUNNING and not obj.cancel_requested

    def get_facts(self, obj: Any) -> list[Fact]:
        return [
            Fact("Attempts", f"{obj.attempts} of {obj.max_attempts}"),
            Fact("Next try", when_html(obj.next_at, "ago") if obj.state == WorkState.FAILED else "–"),
            Fact("Written", when_html(obj.created_at)),
            Fact("Finished", when_html(obj.finished_at) if obj.finished_at else "–"),
        ]

    def _error_panel(self, obj: Any) -> list[Panel]:
        return [Panel("What went wrong", "core/partials/_raw.html", {"text": obj.error})] if obj.error else []


def pretty(value: Any) -> str:
    """This function will write a JSON value so that it can be read."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


class JobRecord(WorkRecord):
    model = Job
    machine = JOB
    list_page = JobList
    list_url_name = "job_list"

    def get_object(self, request: HttpRequest, **kwargs: Any) -> Job:
        return get_object_or_404(Job.objects.select_related("created_by"), pk=kwargs["pk"])

    def get_title(self, obj: Job) -> str:
        return f"Job {obj.pk}"

    def get_facts(self, obj: Job) -> list[Fact]:
        return [*super().get_facts(obj), Fact("Queue", obj.queue), Fact("For", obj.created_by)]

    def get_panels(self, obj: Job) -> list[Panel]:
        panels = [
            Panel(
                "Progress", "core/partials/_job_progress.html", {"item": job_progress(obj, timezone.now())}
            ),
            *self._error_panel(obj),
            Panel("Arguments", "core/partials/_raw.html", {"text": pretty(obj.arguments), "key": obj.key}),
        ]
        if obj.result is not None:
            panels.append(Panel("Result", "core/partials/_raw.html", {"text": pretty(obj.result)}))
        return panels


class OutboxMessageRecord(WorkRecord):
    model = OutboxMessage
    machine = OUTBOX
    list_page = OutboxMessageList
    list_url_name = "outbox_message_list"

    def get_title(self, obj: OutboxMessage) -> str:
        return f"Message {obj.pk}"

    def get_facts(self, obj: OutboxMessage) -> list[Fact]:
        subject = f"{obj.subject_type} {obj.subject_id}" if obj.subject_type else "–"
        return [
            Fact("About", subject, url=document_url(obj.subject_type, obj.subject_id) or ""),
            Fact("Stream", obj.stream),
            Fact("Provider's reference", obj.provider_ref or "–"),
            *super().get_facts(obj),
        ]

    def get_panels(self, obj: OutboxMessage) -> list[Panel]:
        return [
            *self._error_panel(obj),
            Panel("What is sent", "core/partials/_raw.html", {"text": pretty(obj.payload), "key": obj.key}),
        ]


def _back(table: str, pk: int) -> str:
    return document_url(MODELS[table]._meta.label, pk) or "/"


@page(RETRY)
@require_POST
def retry(request: HttpRequest, table: str, pk: int) -> HttpResponse:
    """This function will give failed or dead work another try."""
    if table not in MODELS:
        raise Http404("no such work")
    return run_action(
        request,
        lambda: work_retry(
            table=table, row_id=pk, reason=request.POST.get("reason", ""), actor=request.user, at=timezone.now()  # type: ignore[arg-type]
        ),
        done="It waits for a worker.",
        url=_back(table, pk),
    )  # fmt: skip


@page(RETRY)
@require_POST
def cancel(request: HttpRequest, table: str, pk: int) -> HttpResponse:
    """This function will cancel waiting work, or ask a running job to stop."""
    if table not in MODELS:
        raise Http404("no such work")
    return run_action(
        request,
        lambda: work_cancel(
            table=table, row_id=pk, reason=request.POST.get("reason", ""), actor=request.user, at=timezone.now()  # type: ignore[arg-type]
        ),
        done=lambda state: "Cancelled." if state == WorkState.CANCELLED else "It stops at its next step.",
        url=_back(table, pk),
    )  # fmt: skip
