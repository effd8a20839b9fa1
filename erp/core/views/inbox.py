"""What came in, was turned away, what was it exactly, and what became of it?"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import django_filters
import django_tables2 as tables
from django.db.models import Q, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET

from erp.core.documents import document_told
from erp.core.doors import TURNED_AWAY, of_order, turned_away, verdict_of
from erp.core.errors import KeelError
from erp.core.filters import KeelFilterSet, date_filter
from erp.core.models import InboxMessage
from erp.core.pages import Action, ActionField, BulkAction, Fact, Panel, PrimaryAction
from erp.core.pages.actions import refusal_text
from erp.core.pages.format import badge_html, when_html
from erp.core.pages.parts import RowOutcome
from erp.core.permissions import may_open, page
from erp.core.readable import exact_bytes, readable
from erp.core.services.inbox_replay import REPLAYABLE
from erp.core.services.replay import AT_ONCE, replay_start
from erp.core.states import INBOX, WorkState
from erp.core.tables import KeelTable, QuantityColumn, RecordColumn, StateColumn, WhenColumn
from erp.core.views.work import RETRY, VIEW, WorkList, WorkRecord, bulk_retry, pretty

TOPIC = "X-Keel-Topic"
AGES = {
    "hour": ("Last hour", timedelta(hours=1)),
    "day": ("Last 24 hours", timedelta(days=1)),
    "week": ("Last 7 days", timedelta(days=7)),
}
WAITING = "waiting"
RESULTS = {
    "order": ("Became an order", Q(result__startswith="orders.Order:")),
    "channel": ("News of a channel's order", Q(result__startswith="orders.ChannelOrder:")),
    "nothing": ("Nothing to do", Q(result__in=["nothing to do", "noted", "greeting"])),
    "error": ("Refused or failed", ~Q(error="")),
}


class InboxFilter(KeelFilterSet):
    source = django_filters.CharFilter(lookup_expr="icontains", label="Channel or source")
    topic = django_filters.CharFilter(method="of_topic", label="Topic or kind")
    state = django_filters.MultipleChoiceFilter(
        choices=[*WorkState.choices, (TURNED_AWAY, "Turned away at the door")], label="State"
    )
    result = django_filters.ChoiceFilter(
        choices=[(code, label) for code, (label, _) in RESULTS.items()], method="of_result", label="Result",
        empty_label="Any result",
    )  # fmt: skip
    age = django_filters.ChoiceFilter(
        choices=[*((code, label) for code, (label, _) in AGES.items()), (WAITING, "Waiting for over an hour")],
        method="of_age", label="Age", empty_label="Any age",
    )  # fmt: skip
    since = date_filter("received_at", "date__gte", "Received from")
    until = date_filter("received_at", "date__lte", "Received until")
    order = django_filters.CharFilter(method="of_order", label="Order")
    body = django_filters.CharFilter(lookup_expr="icontains", label="Text in the raw body")
    kind = django_filters.CharFilter(lookup_expr="icontains", label="Handler")

    class Meta:
        model = InboxMessage
        fields: list[str] = []

    def of_topic(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(Q(**{f"headers__{TOPIC}__icontains": value}) | Q(kind__icontains=value))

    def of_result(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(RESULTS[value][1])

    def of_age(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        if value == WAITING:
            due = timezone.now() - timedelta(hours=1)
            return rows.filter(state__in=[WorkState.PENDING, WorkState.FAILED], received_at__lt=due)
        return rows.filter(received_at__gte=timezone.now() - AGES[value][1])

    def of_order(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(of_order(value.strip()))


class _MessageColumn(RecordColumn):
    """A message by its page; what was turned away has a page of its own, by the negative of its id."""

    def render(self, value: Any, record: Any, table: Any) -> SafeString | str:
        if record.pk > 0:
            return super().render(value, record, table)
        url = may_open(table.request.user, "orders:refused_delivery_detail", -record.pk)
        return format_html('<a class="k-row-link" href="{}">{}</a>', url, value) if url else str(value)


class _StateColumn(StateColumn):
    def render(self, value: Any, record: Any) -> SafeString:
        if record.pk < 0:
            return badge_html("Turned away", "danger", "shield-x")
        return super().render(value, record)


class InboxTable(KeelTable):
    external_id = _MessageColumn(verbose_name="Message")
    state = _StateColumn()
    source = tables.Column(verbose_name="Channel")
    topic = tables.Column(verbose_name="Topic", orderable=False, empty_values=())
    kind = tables.Column(verbose_name="Handler")
    result = tables.Column(verbose_name="Became", attrs={"td": {"class": "k-break"}})
    attempts = QuantityColumn()
    received_at = WhenColumn(style="ago", verbose_name="Received")

    class Meta(KeelTable.Meta):
        model = InboxMessage
        fields = ("external_id", "state", "source", "topic", "result", "attempts", "received_at", "kind")

    def render_result(self, value: str) -> SafeString | str:
        words, url = document_told(value)
        return format_html('<a href="{}">{}</a>', url, words) if url else words

    def value_result(self, value: str) -> str:
        return value

    def render_topic(self, record: Any) -> str:
        return str(record.topic or record.kind)

    def value_topic(self, record: Any) -> str:
        return str(record.topic or record.kind)


def _replay_preview(rows: QuerySet[Any], request: HttpRequest) -> list[str]:
    able = rows.filter(state__in=REPLAYABLE).count()
    told = [f"{able} will be tried out and undone; you see what would change before anything is kept."]
    left = rows.count() - able
    told += [f"{left} are on their way or were called off, and are left out."] if left else []
    return told + (["A job tries them out; its page shows how far it is."] if able > AT_ONCE else [])


def _replay_run(ids: list[int], request: HttpRequest) -> list[RowOutcome]:
    chosen = request.GET.urlencode() or "chosen by hand"
    try:
        replay = replay_start(message_ids=ids, selection=chosen, actor=request.user, at=timezone.now())  # type: ignore[arg-type]
    except KeelError as refusal:
        return [("Replay", False, refusal_text(refusal))]
    url = reverse("replay_detail", args=[replay.pk])
    return [(str(replay), True, format_html('<a href="{}">See what would change</a>', url))]


class InboxMessageList(WorkList):
    """All that came to our doors: stored messages, and what was turned away before it was one."""

    title = "Inbox messages"
    list_code = "core.inbox"
    table_class = InboxTable
    filterset_class = InboxFilter
    search_fields = ("external_id", "source", "result")
    default_order = ("-received_at", "-pk")
    hidden_columns = ("kind",)
    bulk_actions = [
        BulkAction("replay", "Replay", RETRY, _replay_preview, _replay_run, icon="rotate-ccw"),
        bulk_retry(InboxMessage),
    ]
    secondary_actions = (
        PrimaryAction("Replay a channel or a day", "replay_create", icon="rotate-ccw"),
        PrimaryAction("Replays", "replay_list", icon="history"),
    )
    summary_template = "core/partials/_inbox_summary.html"
    empty_title = "Nothing came in yet"
    empty_text = (
        "Each message from a channel, a file or the API is kept here as it came, before anyone reads it."
    )
    acting = False
    stored: QuerySet[Any]
    refused = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[InboxMessage]:
        wanted = (
            "id",
            "state",
            "attempts",
            "source",
            "kind",
            "external_id",
            "version",
            "result",
            "received_at",
        )
        return InboxMessage.objects.only(*wanted).annotate(topic=KeyTextTransform(TOPIC, "headers"))

    def matching(self, request: HttpRequest, params: QueryDict) -> tuple[QuerySet[Any], Any]:
        """Stored messages and, beside them, what was turned away; an act is about stored ones alone."""
        rows, filterset = super().matching(request, params)
        self.stored = rows
        if self.acting or not (filterset and filterset.form.is_valid()):
            return rows, filterset
        doors = turned_away(params, timezone.now())
        self.refused = sum(door.count() for door in doors)
        return (rows.union(*doors, all=True) if self.refused else rows), filterset

    def ordered_rows(self, request: HttpRequest, params: QueryDict) -> QuerySet[Any]:
        self.acting = True
        return super().ordered_rows(request, params)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.acting = True
        return super().post(request, *args, **kwargs)

    def get_summary(self, request: HttpRequest, rows: QuerySet[Any]) -> dict[str, Any]:
        return super().get_summary(request, self.stored) | {"refused": self.refused}


class InboxMessageRecord(WorkRecord):
    model = InboxMessage
    machine = INBOX
    list_page = InboxMessageList
    list_url_name = "inbox_message_list"

    def get_title(self, obj: InboxMessage) -> str:
        return f"Message {obj.external_id}"

    def get_subtitle(self, obj: InboxMessage) -> str:
        return str(obj.headers.get(TOPIC) or obj.kind)

    def get_facts(self, obj: InboxMessage) -> list[Fact]:
        words, url = document_told(obj.result)
        became = Fact("Became", words or "–", url=url)
        return [
            became,
            Fact("Source", obj.source),
            Fact("Received", when_html(obj.received_at)),
            *super().get_facts(obj),
        ]

    def get_actions(self, obj: InboxMessage, user: Any) -> list[Action]:
        able = obj.state in REPLAYABLE
        replay = Action(
            "Replay…", reverse("replay_message", args=[obj.pk]), RETRY, primary=True, icon="rotate-ccw",
            disabled_reason="" if able else "It is on its way, or was called off.",
            fields=[ActionField("note", "", kind="hidden", value=f"message {obj.external_id}")],
        )  # fmt: skip
        download = Action(
            "Download the exact bytes", reverse("inbox_message_raw", args=[obj.pk]), VIEW, method="get", icon="download"
        )  # fmt: skip
        return [replay, *super().get_actions(obj, user), download]

    def get_panels(self, obj: InboxMessage) -> list[Panel]:
        body = {"body": readable(obj.body), "key": f"sha256 {obj.body_hash}"}
        return [
            *self._error_panel(obj),
            Panel("What it says", "core/partials/_readable.html", body),
            Panel("What it gave", lazy_url="orders:message_facts_panel", lazy_args=(obj.pk,), flush=True),
            Panel("Proof", "core/partials/_words.html", {"text": verdict_of(obj)}, column="side"),
            Panel("Headers", "core/partials/_raw.html", {"text": pretty(obj.headers)}, column="side"),
        ]


@page(VIEW)
@require_GET
def inbox_message_raw(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will return a message's bytes as they arrived, to be kept as a file."""
    message = get_object_or_404(InboxMessage, pk=pk)
    content, is_exact = exact_bytes(message.body, message.body_hash)
    answer = HttpResponse(content, content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="message-{message.pk}.bin"'
    answer["X-Keel-Exact"] = "yes" if is_exact else "no"
    return answer
