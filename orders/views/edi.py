"""Which pages show what EDI partners sent us and we sent them, and where does a person bring a file?"""

from __future__ import annotations

from typing import Any

import django_filters
import django_tables2 as tables
from django import forms
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from erp.core.filters import KeelFilterSet, date_filter
from erp.core.pages import Action, Fact, FormPage, ListPage, Panel, PrimaryAction, RecordPage
from erp.core.pages.format import badge_html, when_html
from erp.core.permissions import actor_of, page
from erp.core.tables import KeelTable, LinkColumn, RecordColumn, WhenColumn
from orders.channels.edi.adapter import MOST_BYTES
from orders.models import Channel, EdiInterchange, EdiMessage
from orders.selectors.edi import MOST_SHOWN, edi_segments
from orders.services.edi_interchange import edi_receive

TONES = {
    "WAITING": ("info", "clock"), "NOT_WANTED": ("muted", "minus"), "ACCEPTED": ("success", "check"),
    "PARTLY": ("warning", "triangle-alert"), "REJECTED": ("danger", "circle-x"),
}  # fmt: skip


def answer_badge(row: EdiInterchange) -> SafeString:
    """This function will return the acknowledgement as a badge; one that is late says so."""
    late = row.answer == "WAITING" and row.due_at is not None and row.due_at < timezone.now()
    tone, icon = ("warning", "clock-alert") if late else TONES[row.answer]
    return badge_html("Unacknowledged, late" if late else row.get_answer_display(), tone, icon)


class EdiInterchangeTable(KeelTable):
    control_number = RecordColumn(verbose_name="Interchange", order_by="pk", empty_values=())
    direction = tables.Column()
    partner = LinkColumn(
        "orders:channel_detail",
        pk="connection__channel_id",
        accessor="connection__channel__code",
        verbose_name="Partner",
    )
    documents = tables.Column()
    answer = tables.Column(verbose_name="Acknowledgement")
    answer_words = tables.Column(verbose_name="What was said")
    at = WhenColumn(verbose_name="When")

    class Meta(KeelTable.Meta):
        model = EdiInterchange
        fields = (
            "control_number", "direction", "partner", "documents", "answer", "answer_words", "standard", "sender", "receiver",
            "at",
        )  # fmt: skip

    def value_control_number(self, value: str) -> str:
        return value or "–"

    def render_answer(self, record: EdiInterchange) -> SafeString:
        return answer_badge(record)

    def value_answer(self, record: EdiInterchange) -> str:
        return str(record.get_answer_display())


class EdiInterchangeFilter(KeelFilterSet):
    direction = django_filters.MultipleChoiceFilter(choices=EdiInterchange.DIRECTIONS, label="Direction")
    answer = django_filters.MultipleChoiceFilter(choices=EdiInterchange.ANSWERS, label="Acknowledgement")
    partner = django_filters.ModelMultipleChoiceFilter(
        field_name="connection__channel__code", queryset=Channel.objects.filter(connection__adapter="edi").order_by("code"),
        to_field_name="code", label="Partner",
    )  # fmt: skip
    since = date_filter("at", "date__gte", "From")

    class Meta:
        model = EdiInterchange
        fields: list[str] = []


class EdiInterchangeList(ListPage):
    permission, title, list_code = "orders.view", "EDI interchanges", "orders.edi_interchanges"
    table_class, filterset_class = EdiInterchangeTable, EdiInterchangeFilter
    search_fields = ("control_number__istartswith", "messages__number__istartswith", "documents__istartswith")
    default_order = ("-at", "-pk")
    hidden_columns = ("standard", "sender", "receiver")
    primary_action = PrimaryAction("Bring a file", "orders:edi_receive")
    empty_title = "No interchanges"
    empty_text = "A partner's gateway posts them; you can bring a file yourself."

    def get_queryset(self, request: HttpRequest) -> QuerySet[EdiInterchange]:
        return EdiInterchange.objects.select_related("connection__channel").defer("text", "faults")

    def search(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """This function will find an interchange by its control number, what is in it, or the order it is about."""
        return super().search(rows, text).distinct() if text else rows


class EdiInterchangeRecord(RecordPage):
    permission, title = "orders.view", "EDI interchange"
    list_page, list_url_name = EdiInterchangeList, "orders:edi_interchange_list"

    def get_object(self, request: HttpRequest, **kw: Any) -> EdiInterchange:
        found = EdiInterchange.objects.select_related("connection__channel", "acknowledges")
        return get_object_or_404(found, pk=kw["pk"])

    def get_facts(self, obj: EdiInterchange) -> list[Fact]:
        facts = [
            Fact("Partner", obj.connection.channel.name, url=reverse("orders:channel_detail", args=[obj.connection.channel_id])),
            Fact("Direction", obj.get_direction_display()), Fact("Documents", obj.documents or "–"),
            Fact("Standard", obj.standard, hint="a test" if obj.is_test else ""),
            Fact("From", obj.sender or "–"), Fact("To", obj.receiver or "–"),
            Fact("Acknowledgement", answer_badge(obj), hint=obj.answer_words),
            Fact("When", when_html(obj.at)),
        ]  # fmt: skip
        if obj.due_at and obj.answer == "WAITING":
            facts.append(Fact("Acknowledged until", when_html(obj.due_at)))
        if obj.acknowledges is not None:
            facts.append(Fact("Acknowledges", str(obj.acknowledges), url=_address(obj.acknowledges)))
        for answer in obj.acknowledgements.defer("text"):
            facts.append(
                Fact("Answered by", f"{answer.documents} {answer.control_number}", url=_address(answer))
            )
        return facts

    def get_actions(self, obj: EdiInterchange, user: AbstractBaseUser) -> list[Action]:
        url = reverse("orders:edi_interchange_raw", args=[obj.pk])
        return [Action("Download", url, "orders.view", method="get", icon="download")]

    def get_panels(self, obj: EdiInterchange) -> list[Panel]:
        messages = EdiMessage.objects.filter(interchange=obj).defer("text").order_by("position")[:200]
        segments = edi_segments(obj)
        context = {"segments": segments, "text": obj.text[:20_000], "is_cut": len(segments) == MOST_SHOWN}
        return [
            Panel("Documents", "orders/partials/_edi_messages.html", {"messages": messages}, flush=True),
            Panel("Segments", "orders/partials/_edi_segments.html", context, flush=True),
        ]


def _address(row: EdiInterchange) -> str:
    return reverse("orders:edi_interchange_detail", args=[row.pk])


@page("orders.view")
def edi_interchange_raw(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will return an interchange as it stands on the wire, as a file."""
    row = get_object_or_404(EdiInterchange.objects.only("text", "standard", "control_number"), pk=pk)
    response = HttpResponse(row.text.encode("utf-8"), content_type="application/octet-stream")
    name = "".join(sign for sign in row.control_number if sign.isalnum()) or str(pk)
    response["Content-Disposition"] = (
        f'attachment; filename="{name}.{"x12" if row.standard == "X12" else "edi"}"'
    )
    return response


class EdiReceiveForm(forms.Form):
    channel = forms.ModelChoiceField(
        queryset=Channel.objects.filter(connection__adapter="edi").order_by("code"), label="Partner",
        to_field_name="code",
    )  # fmt: skip
    file = forms.FileField(help_text=f"An X12 or EDIFACT interchange, at most {MOST_BYTES // 2**20} MiB.")


class EdiReceive(FormPage):
    permission, title, form_class = "orders.import", "Bring an EDI file", EdiReceiveForm
    submit_label, done = "Take it in", "Taken in. Its acknowledgement appears here within seconds."
    help_text = "It is read as if the partner's gateway had posted it. The same file again changes nothing."

    def get_breadcrumbs(self, request: HttpRequest, **kwargs: Any) -> list[tuple[str, str]]:
        return [("EDI interchanges", reverse("orders:edi_interchange_list"))]

    def perform(self, request: HttpRequest, form: Any, **kwargs: Any) -> str:
        """This function will take the file in and go to the list."""
        body = form.cleaned_data["file"].read(MOST_BYTES + 1)
        channel = form.cleaned_data["channel"].code
        edi_receive(channel=channel, body=body, actor=actor_of(request), at=timezone.now())
        return f"{reverse('orders:edi_interchange_list')}?partner={channel}"
