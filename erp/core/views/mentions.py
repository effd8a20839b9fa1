"""Where did somebody name me in a note, and have I read it?"""

from __future__ import annotations

from typing import Any

import django_filters
import django_tables2 as tables
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from erp.core.documents import document_url
from erp.core.filters import KeelFilterSet
from erp.core.models import Mention
from erp.core.pages import BulkAction, ListPage, run_action
from erp.core.pages.format import badge_html
from erp.core.pages.parts import RowOutcome
from erp.core.permissions import actor_of, page
from erp.core.services.note import mention_read
from erp.core.tables import KeelTable, WhenColumn
from erp.core.templatetags.keel import document_name


class MentionTable(KeelTable):
    note = tables.Column(
        verbose_name="What was written", attrs={"td": {"class": "k-wide"}}, order_by="note__body"
    )
    document = tables.Column(accessor="note__document_type", verbose_name="On")
    author = tables.Column(accessor="note__author", verbose_name="By")
    at = WhenColumn(verbose_name="When", style="ago")
    read_at = tables.Column(verbose_name="Read", empty_values=())

    class Meta(KeelTable.Meta):
        model = Mention
        fields = ("note", "document", "author", "at", "read_at")

    def render_note(self, record: Mention) -> str:
        url = document_url(record.note.document_type, record.note.document_id)
        if url is None:
            return record.note.body[:200]
        return format_html('<a class="k-row-link" href="{}#timeline">{}</a>', url, record.note.body[:200])

    def value_note(self, record: Mention) -> str:
        return record.note.body

    def render_document(self, record: Mention) -> str:
        return f"{document_name(record.note.document_type)} {record.note.document_id}"

    def render_read_at(self, record: Mention) -> str:
        return badge_html("Read", "muted", "check") if record.read_at else badge_html("New", "info", "bell")

    def value_read_at(self, record: Mention) -> str:
        return record.read_at.isoformat() if record.read_at else ""


class MentionFilter(KeelFilterSet):
    read = django_filters.ChoiceFilter(
        choices=[("no", "New"), ("yes", "Read")], label="Read", method="by_read", empty_label="Read or not"
    )

    class Meta:
        model = Mention
        fields: list[str] = []

    def by_read(self, rows: QuerySet[Mention], name: str, value: str) -> QuerySet[Mention]:
        return rows.filter(read_at__isnull=value == "no")


def _preview(rows: QuerySet[Mention], request: HttpRequest) -> list[str]:
    return [f"{rows.filter(read_at__isnull=True).count()} of {rows.count()} will no longer count as new."]


def _run(ids: list[int], request: HttpRequest) -> list[RowOutcome]:
    mention_read(user=actor_of(request), mention_ids=ids, at=timezone.now())
    rows = Mention.objects.filter(pk__in=ids).select_related("note").order_by("pk")
    return [(row.note.body[:80], True, "read") for row in rows]


class MentionList(ListPage):
    permission, title, list_code = "core.view", "Mentions", "core.mentions"
    table_class, filterset_class = MentionTable, MentionFilter
    search_fields = ("note__body", "note__author__username__istartswith")
    default_order = ("-pk",)
    bulk_actions = [BulkAction("read", "Mark as read", "core.view", _preview, _run, icon="check")]
    empty_title = "Nobody has mentioned you"
    empty_text = "Write @name in a note on any record and the person finds it under this bell."
    summary_template = "core/partials/_mention_summary.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Mention]:
        return Mention.objects.filter(user=actor_of(request)).select_related("note", "note__author")

    def get_summary(self, request: HttpRequest, rows: QuerySet[Any]) -> dict[str, Any]:
        return {"unread": Mention.objects.filter(user=actor_of(request), read_at__isnull=True).count()}


@page("core.view")
def mention_count(request: HttpRequest) -> HttpResponse:
    """This function will say how many mentions are new: what the bell in the top bar loads."""
    unread = Mention.objects.filter(user=actor_of(request), read_at__isnull=True).count()
    return TemplateResponse(request, "core/partials/_bell_count.html", {"unread": unread})


@page("core.view")
@require_POST
def mention_read_all(request: HttpRequest) -> HttpResponse:
    """This function will mark every mention of this person as read."""
    return run_action(
        request,
        lambda: mention_read(user=actor_of(request), at=timezone.now()),
        done="All read.", url=reverse("mention_list"),
    )  # fmt: skip
