"""What does a channel say of its orders, how far have ours followed, and what can a person do about the rest?"""

from __future__ import annotations

from typing import Any

import django_filters
import django_tables2 as tables
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from erp.core.errors import KeelError
from erp.core.filters import KeelFilterSet, date_filter
from erp.core.pages import Action, ActionField, BulkAction, Fact, ListPage, Panel, RecordPage, run_action
from erp.core.pages.actions import refusal_text
from erp.core.pages.format import when_html
from erp.core.pages.parts import RowOutcome
from erp.core.permissions import actor_of, page
from erp.core.tables import KeelTable, LinkColumn, RecordColumn, WhenColumn
from orders.models import Channel, ChannelOrder, Order
from orders.selectors.channel_order import order_pairs
from orders.services.channel_chase import channel_order_accept, channel_order_retry, picture_of

FACTS_SHOWN = 200


class ChannelOrderFilter(KeelFilterSet):
    channel = django_filters.ModelMultipleChoiceFilter(
        queryset=Channel.objects.order_by("code"), label="Channel"
    )
    follows = django_filters.ChoiceFilter(
        choices=[("pending", "Something is pending"), ("due", "Not looked at yet"), ("yes", "Ours follows")],
        method="by_follows", label="Follows", empty_label="Any",
    )  # fmt: skip
    ours = django_filters.ChoiceFilter(
        choices=[("yes", "We have it"), ("no", "We have none")], method="by_ours", label="Our order", empty_label="Any"
    )  # fmt: skip
    since = date_filter("last_seen_at", "date__gte", "Heard of since")

    class Meta:
        model = ChannelOrder
        fields: list[str] = []

    def by_follows(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        if value == "pending":
            return rows.filter(pending_since__isnull=False)
        return rows.filter(is_due=True) if value == "due" else rows.filter(pending_since=None, is_due=False)

    def by_ours(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(our_id__isnull=value == "no")


class ChannelOrderTable(KeelTable):
    external_id = RecordColumn(verbose_name="Channel order")
    channel = LinkColumn("orders:channel_detail", pk="channel_id")
    our_number = LinkColumn("orders:order_detail", pk="our_id", verbose_name="Our order", default="–")
    told = tables.Column(accessor="pending", verbose_name="Pending", orderable=False, empty_values=(),
                         attrs={"td": {"class": "k-break"}})  # fmt: skip
    pending_since = WhenColumn(style="ago", verbose_name="Since", default="–")
    last_seen_at = WhenColumn(style="ago", verbose_name="Heard of")
    first_seen_at = WhenColumn(style="ago", verbose_name="First heard of")

    class Meta(KeelTable.Meta):
        model = ChannelOrder
        fields = (
            "external_id",
            "channel",
            "our_number",
            "told",
            "pending_since",
            "last_seen_at",
            "first_seen_at",
        )

    def render_told(self, value: Any, record: Any) -> str:
        return self.value_told(value, record) or "–"

    def value_told(self, value: Any, record: Any) -> str:
        return " · ".join(value or ()) or ("not looked at yet" if record.is_due else "")


def _retry_preview(rows: QuerySet[Any], request: HttpRequest) -> list[str]:
    waiting = rows.filter(Q(is_due=True) | Q(pending_since__isnull=False)).count()
    return [
        f"{waiting} that lack something are tried once more.",
        f"{rows.count() - waiting} follow already.",
    ]


def _retry_run(ids: list[int], request: HttpRequest) -> list[RowOutcome]:
    outcomes: list[RowOutcome] = []
    for row in ChannelOrder.objects.filter(pk__in=ids).order_by("pk"):
        try:
            pending = channel_order_retry(channel_order_id=row.pk, actor=actor_of(request), at=timezone.now())
        except KeelError as refusal:
            outcomes.append((row.external_id, False, refusal_text(refusal)))
        else:
            outcomes.append((row.external_id, not pending, " · ".join(pending) or "follows"))
    return outcomes


class ChannelOrderList(ListPage):
    permission, title, list_code = "orders.view", "Channel orders", "orders.channel_orders"
    table_class, filterset_class = ChannelOrderTable, ChannelOrderFilter
    search_fields = ("external_id", "channel__code")
    default_order = ("-last_seen_at", "-pk")
    hidden_columns = ("first_seen_at",)
    bulk_actions = [
        BulkAction("retry", "Try again", "orders.edit", _retry_preview, _retry_run, icon="rotate-cw")
    ]
    empty_title = "No channel has told us of an order yet"
    empty_text = (
        "Connect a channel: each order that it speaks of is here, with all it said and how far ours follows."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ChannelOrder]:
        ours = Order.objects.filter(channel=OuterRef("channel"), external_id=OuterRef("external_id"))
        return (
            ChannelOrder.objects.select_related("channel")
            .defer("applied", "line_map")
            .annotate(our_id=Subquery(ours.values("pk")[:1]), our_number=Subquery(ours.values("number")[:1]))
        )


class ChannelOrderRecord(RecordPage):
    permission, title = "orders.view", "Channel order"
    list_page, list_url_name = ChannelOrderList, "orders:channel_order_list"

    def get_object(self, request: HttpRequest, **kw: Any) -> Any:
        row = get_object_or_404(ChannelOrder.objects.select_related("channel"), pk=kw["pk"])
        row.ours = Order.objects.filter(channel=row.channel, external_id=row.external_id).first()  # type: ignore[attr-defined]
        return row

    def get_subtitle(self, obj: Any) -> str:
        return f"as {obj.channel} tells it"

    def get_tags(self, obj: Any) -> list[tuple[str, str, str]]:
        if obj.never_was_at:
            return [("Never arrived, and cancelled there", "secondary", "ban")]
        if obj.pending:
            return [("Ours does not follow", "warning", "triangle-alert")]
        return (
            [("Not looked at yet", "info", "clock")] if obj.is_due else [("Ours follows", "success", "check")]
        )

    def get_facts(self, obj: Any) -> list[Fact]:
        ours = obj.ours
        url = reverse("orders:order_detail", args=[ours.pk]) if ours else ""
        return [
            Fact("Our order", ours.number if ours else "–", url=url),
            Fact("Our state", ours.get_state_display() if ours else "–"),
            Fact("Pending since", when_html(obj.pending_since) if obj.pending_since else "–"),
            Fact("Followed up to", obj.applied_version or "–", hint="version"),
            Fact("First heard of", when_html(obj.first_seen_at)),
            Fact("Last heard of", when_html(obj.last_seen_at)),
        ]

    def get_actions(self, obj: Any, user: Any) -> list[Action]:
        waits = bool(obj.pending or obj.is_due)
        return [
            Action(
                "Try again", reverse("orders:channel_order_retry", args=[obj.pk]), "orders.edit", primary=True,
                icon="rotate-cw", disabled_reason="" if waits else "Nothing is pending.",
            ),
            Action(
                "Accept ours", reverse("orders:channel_order_accept", args=[obj.pk]), "orders.edit", icon="check",
                disabled_reason="" if waits and obj.ours else "There is no difference that could stay.",
                confirm="Our order stays as it is. The channel's newest version counts as followed; what it says after that is "
                "followed again.",
                fields=[ActionField("reason", "Why", kind="textarea")],
            ),
        ]  # fmt: skip

    def get_panels(self, obj: Any) -> list[Panel]:
        picture = picture_of(obj)
        facts = list(obj.facts.select_related("message").order_by("version", "pk")[: FACTS_SHOWN + 1])
        pairs = order_pairs(picture, obj.ours, obj.line_map)
        pending = [Panel("Pending", "orders/partials/_channel_pending.html")] if obj.pending else []
        return [
            *pending,
            Panel("Theirs and ours", "orders/partials/_channel_pairs.html", {"pairs": pairs}, flush=True),
            Panel(
                "What the channel said", "orders/partials/_channel_facts.html",
                {"facts": facts[:FACTS_SHOWN], "has_more": len(facts) > FACTS_SHOWN, "newest": picture.version}, flush=True,
            ),
            Panel(
                "Parcels it knows of", "orders/partials/_channel_parcels.html", {"parcels": picture.fulfilments},
                column="side",
            ),
        ]  # fmt: skip


@page("orders.view")
@require_GET
def order_channel_panel(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will return what our order's channel says of it, for the order's page."""
    order = get_object_or_404(Order.objects.select_related("channel"), pk=pk)
    row = ChannelOrder.objects.filter(channel=order.channel, external_id=order.external_id).first()
    return render(request, "orders/partials/_order_channel.html", {"row": row, "order": order})


def _said(pending: list[str]) -> str:
    return "Ours follows now." if not pending else f"Still pending: {' · '.join(pending)[:300]}"


@page("orders.edit")
@require_POST
def channel_order_retry_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Try what is pending again."""
    return run_action(
        request,
        lambda: channel_order_retry(channel_order_id=pk, actor=actor_of(request), at=timezone.now()),
        done=_said,
        url=reverse("orders:channel_order_detail", args=[pk]),
    )


@page("orders.edit")
@require_POST
def channel_order_accept_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Let our order stand as it is."""
    reason = request.POST.get("reason", "")
    return run_action(
        request,
        lambda: channel_order_accept(
            channel_order_id=pk, reason=reason, actor=actor_of(request), at=timezone.now()
        ),
        done=lambda pending: "Ours stands as it is." if not pending else _said(pending),
        url=reverse("orders:channel_order_detail", args=[pk]),
    )
