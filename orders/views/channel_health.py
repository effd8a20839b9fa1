"""Which pages show how each channel is, what it shows of our stock, and whom we turned away?"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from erp.core.errors import KeelError
from erp.core.pages import Action, ActionField, BulkAction, Fact, ListPage, Panel, RecordPage, run_action
from erp.core.pages.actions import refusal_text
from erp.core.pages.format import when_html
from erp.core.pages.parts import RowOutcome
from erp.core.permissions import actor_of, page
from orders import filters, tables
from orders.models import Channel, ListingStock, RefusedDelivery
from orders.selectors.channel_health import ChannelHealth, channel_health, exposures, refusals_of_day
from orders.services.channel_call import breaker_close
from orders.services.channel_reconcile import channel_reconcile_ask
from orders.services.channel_stock_send import listing_stock_set_again

VIEW, SYNC = "orders.view", "orders.channel_sync"
SHOWN = 10
REASON = ActionField("reason", "Why, in a few words", kind="textarea")


def _card(row: ChannelHealth) -> dict[str, Any]:
    """A channel with the addresses of the rows behind its figures."""
    stock = reverse("orders:listing_stock_list")
    at = timezone.now()
    waits = [("state", state) for state in ("PENDING", "FAILED", "RUNNING")]
    return {
        "row": row, "verdict": row.verdict(at), "lag": row.lag(at) if row.due_since else None,
        "due_url": f"{stock}?{urlencode({'channel': row.id, 'looks': 'due'})}",
        "drift_url": f"{stock}?{urlencode({'channel': row.id, 'looks': 'drift'})}",
        "refused_url": f"{stock}?{urlencode({'channel': row.id, 'looks': 'refused'})}",
        "inbox_url": f"{reverse('inbox_message_list')}?{urlencode([('q', row.code), *waits])}",
        "outbox_url": f"{reverse('outbox_message_list')}?{urlencode([('q', f'channel:{row.code}'), *waits])}",
        "dead_url": f"{reverse('exception_case_list')}?{urlencode({'q': row.code})}",
        "jobs_url": f"{reverse('job_list')}?{urlencode([('kind', 'orders.channel'), *waits])}",
        "turned_url": f"{reverse('orders:refused_delivery_list')}?{urlencode({'channel_code': row.code})}",
    }  # fmt: skip


@page(VIEW)
@require_GET
def channel_health_view(request: HttpRequest) -> HttpResponse:
    """This function will show every connected channel: does it answer, is it in step, what waits."""
    cards = [_card(row) for row in channel_health(at=timezone.now())]
    loose = Channel.objects.filter(connection__isnull=True, is_active=True).order_by("code")
    context = {"title": "Channel health", "cards": cards, "loose": loose}
    return TemplateResponse(request, "orders/channel_health.html", context)


@page(VIEW)
@require_GET
def channel_health_panel(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will show one channel's health as a part of its page."""
    found = channel_health(at=timezone.now(), channel_id=pk)
    return render(
        request, "orders/partials/_channel_health.html", {"card": _card(found[0]) if found else None}
    )


def _rows() -> QuerySet[ListingStock]:
    return ListingStock.objects.select_related("listing__product", "channel__sync")


@page(VIEW)
@require_GET
def channel_stock_panel(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will show the listings of a channel that need a look first: drift, refusals, what waits longest."""
    rows = _rows().filter(channel=pk)
    first = list(rows.filter(drift_at__isnull=False).order_by("drift_at")[:SHOWN])
    first += list(
        rows.filter(is_due=True, drift_at__isnull=True).order_by("due_since", "pk")[: SHOWN - len(first)]
    )
    first += list(
        rows.filter(is_due=False, drift_at__isnull=True).order_by("-quantity_leased", "pk")[
            : SHOWN - len(first)
        ]
    )
    more = f"{reverse('orders:listing_stock_list')}?{urlencode({'channel': pk})}"
    context = {"exposures": exposures(first, at=timezone.now()), "by": "sku", "more": more}
    return render(request, "orders/partials/_listing_stock.html", context)


@page(VIEW)
@require_GET
def product_channels_panel(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will show what each channel shows of a product, and what it could oversell at worst."""
    rows = _rows().filter(listing__product=pk).order_by("channel__code", "pk")
    context = {"exposures": exposures(rows, at=timezone.now()), "by": "channel"}
    return render(request, "orders/partials/_listing_stock.html", context)


def _again_preview(rows: QuerySet[Any], request: HttpRequest) -> list[str]:
    drift = rows.filter(drift_at__isnull=False).count()
    return [
        f"{rows.count()} listings are told their computed quantity again, whatever the channel shows.",
        *([f"{drift} of them show something that nobody confirmed; it is overwritten."] if drift else []),
    ]


def _again_run(ids: list[int], request: HttpRequest) -> list[RowOutcome]:
    rows = ListingStock.objects.filter(pk__in=ids).select_related("listing").order_by("pk")
    outcomes: list[RowOutcome] = []
    for row in rows:
        try:
            listing_stock_set_again(
                listing_stock_ids=[row.pk], reason=request.POST.get("reason", ""), actor=actor_of(request),
                at=timezone.now(),
            )  # fmt: skip
            outcomes.append((row.listing.channel_sku, True, "is told again with the next sender"))
        except KeelError as refusal:
            outcomes.append((row.listing.channel_sku, False, refusal_text(refusal)))
    return outcomes


class ListingStockList(ListPage):
    permission, title, list_code = VIEW, "Stock shown by channels", "orders.listing_stock"
    table_class, filterset_class = tables.ListingStockTable, filters.ListingStockFilter
    search_fields = ("listing__channel_sku__istartswith", "listing__product__sku__istartswith")
    default_order = ("channel__code", "listing__channel_sku")
    hidden_columns = ("confirmed_at", "error")
    bulk_actions = [
        BulkAction("again", "Set again", SYNC, _again_preview, _again_run, icon="rotate-cw", fields=lambda request: [REASON])
    ]  # fmt: skip
    help_text = "What each listing is to show, what its channel confirmed, and what it was last seen to show."
    empty_title, empty_text = (
        "No channel is told of stock",
        "Connect a channel and say on its page that it is told what it may sell.",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ListingStock]:
        return _rows()


class ListingStockRecord(RecordPage):
    permission, title = VIEW, "Stock shown"
    list_page, list_url_name = ListingStockList, "orders:listing_stock_list"

    def get_object(self, request: HttpRequest, **kw: Any) -> ListingStock:
        return get_object_or_404(_rows(), pk=kw["pk"])

    def get_title(self, obj: ListingStock) -> str:
        return f"{obj.listing.channel_sku} at {obj.channel.name}"

    def get_crumb(self, obj: ListingStock) -> str:
        return obj.listing.channel_sku

    def get_tags(self, obj: ListingStock) -> list[tuple[str, str, str]]:
        return [exposures([obj], at=timezone.now())[0].looks]

    def get_actions(self, obj: ListingStock, user: AbstractBaseUser) -> list[Action]:
        url = reverse("orders:listing_stock_again", args=[obj.pk])
        said = "The channel is told the computed quantity, whatever it shows now."
        first = bool(obj.drift_at)
        return [
            Action("Set again", url, SYNC, fields=[REASON], confirm=said, icon="rotate-cw", primary=first)
        ]

    def get_facts(self, obj: ListingStock) -> list[Fact]:
        product = obj.listing.product
        kept = f"{obj.quantity_atp:,} available, {obj.quantity_leased:,} kept back"
        seen = "never looked" if obj.shown_at is None else "unknown there"
        return [
            Fact("Product", product.sku, reverse("inventory:product_detail", args=[product.pk]), product.name[:40]),
            Fact("Channel", obj.channel.code, reverse("orders:channel_detail", args=[obj.channel_id])),
            Fact("To show", f"{obj.quantity_wanted:,}", hint=kept),
            Fact("Confirmed", "nothing yet" if obj.quantity_confirmed is None else f"{obj.quantity_confirmed:,}",
                 hint=when_html(obj.confirmed_at, "ago") if obj.confirmed_at else ""),
            Fact("Last seen", seen if obj.quantity_shown is None else f"{obj.quantity_shown:,}",
                 hint=when_html(obj.shown_at, "ago") if obj.shown_at else ""),
        ]  # fmt: skip

    def get_panels(self, obj: ListingStock) -> list[Panel]:
        (found,) = exposures([obj], at=timezone.now())
        return [
            Panel("Why this quantity", "orders/partials/_listing_stock_why.html", {"found": found}),
            Panel("The channel's ids of it", "orders/partials/_listing_stock_ids.html", {"ids": obj.external}, column="side"),
        ]  # fmt: skip


@page(SYNC)
@require_POST
def listing_stock_again_view(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will have one listing told its computed quantity again."""
    return run_action(
        request,
        lambda: listing_stock_set_again(
            listing_stock_ids=[pk], reason=request.POST.get("reason", ""), actor=actor_of(request), at=timezone.now()
        ),
        done="It is told again with the next sender.", url=reverse("orders:listing_stock_detail", args=[pk]),
    )  # fmt: skip


@page(SYNC)
@require_POST
def channel_reconcile_view(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will have a channel's quantities compared now."""
    channel = get_object_or_404(Channel, pk=pk)
    return run_action(
        request,
        lambda: channel_reconcile_ask([channel.pk], actor=actor_of(request), at=timezone.now()),
        done="The comparison is under way; drift opens a case.", url=reverse("orders:channel_health"),
    )  # fmt: skip


@page("orders.channel_edit")
@require_POST
def breaker_close_view(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will let calls to a channel through before the breaker's time."""
    channel = get_object_or_404(Channel, pk=pk)
    return run_action(
        request,
        lambda: breaker_close(
            channel_id=channel.pk, reason=request.POST.get("reason", ""), actor=actor_of(request), at=timezone.now()
        ),
        done="It is called again.", url=reverse("orders:channel_health"),
    )  # fmt: skip


class RefusedDeliveryList(ListPage):
    permission, title, list_code = "orders.channel_edit", "Refused deliveries", "orders.refused_deliveries"
    table_class, filterset_class = tables.RefusedDeliveryTable, filters.RefusedDeliveryFilter
    search_fields = ("channel_code", "reason", "message")
    default_order = ("-at", "-pk")
    help_text = (
        "Requests to a channel's address that were turned away: forged, stale, of another shop, or of nobody. Of one reason "
        "fifty an hour are kept per channel, the others are counted; all are deleted after ninety days."
    )
    empty_title, empty_text = (
        "Nobody was turned away",
        "What does not prove where it comes from appears here.",
    )

    summary_template = "orders/partials/_refused_summary.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[RefusedDelivery]:
        return RefusedDelivery.objects.all()

    def get_summary(self, request: HttpRequest, rows: QuerySet[Any]) -> dict[str, Any]:
        return {"refusals": refusals_of_day(at=timezone.now())}
