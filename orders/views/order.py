"""Which pages show orders, and what can people do to them there?"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from erp.core.errors import KeelError
from erp.core.pages import (
    Action,
    ActionField,
    BulkAction,
    Fact,
    ListPage,
    Panel,
    PrimaryAction,
    RecordPage,
    run_action,
)
from erp.core.pages.format import money_text, when_html
from erp.core.permissions import actor_of, page
from orders.filters import BackorderFilter, OrderFilter
from orders.models import Order, OrderLine
from orders.selectors import backordered_lines, explain_decisions, ordered_items
from orders.selectors.drop_ship import drop_ship_units, drop_ships_of_order
from orders.selectors.notice import notices_of
from orders.services import (
    hold_open,
    hold_release_many,
    order_allocate_many,
    order_cancel,
    order_release_allocation,
)
from orders.states import (
    ALLOCATABLE,
    ORDER,
    HoldKind,
    HoldState,
    OrderState,
    derive_progress,
    derive_quantity_open,
)
from orders.tables import OrderLineTable, OrderTable
from orders.views.change import change_actions, merge_panels, preview_merge, run_merge
from orders.views.drop_ship import drop_ship_actions, drop_ship_panels
from orders.views.hold import OWNERS, settler_of


def preview_allocate(queryset: QuerySet[Order], request: HttpRequest) -> list[str]:
    """This function will say what a bulk allocation would look at."""
    wanting = queryset.filter(needs_allocation=True, state__in=ALLOCATABLE).count()
    return [
        f"{wanting} of {queryset.count()} orders want stock and may be allocated; the others stay as they are."
    ]


def run_allocate(ids: list[int], request: HttpRequest) -> list[tuple[str, bool, str]]:
    """This function will allocate the chosen orders in one go and say what each of them got."""
    found = {
        result.order_id: result
        for result in order_allocate_many(order_ids=ids, actor=request.user, at=timezone.now())  # type: ignore[arg-type]
    }
    outcomes = []
    for order in Order.objects.filter(pk__in=ids).order_by("pk"):
        result = found.get(order.pk)
        if result is None:
            outcomes.append((order.number, True, "Wants no stock."))
        else:
            said = f"{result.assigned} units promised" + (f", {result.short} short" if result.short else "")
            outcomes.append((order.number, not result.short, said))
    return outcomes


def preview_cancel(queryset: QuerySet[Order], request: HttpRequest) -> list[str]:
    """This function will say how many of the orders can still be cancelled."""
    early = queryset.filter(
        state__in=[OrderState.RECEIVED, OrderState.ON_HOLD, OrderState.CONFIRMED, OrderState.ALLOCATED]
    ).count()
    return [
        f"{early} of {queryset.count()} orders can be cancelled whole; released and shipped ones are refused."
    ]


def run_cancel(ids: list[int], request: HttpRequest) -> list[tuple[str, bool, str]]:
    """This function will cancel the chosen orders one by one and say what became of each."""
    outcomes = []
    for order in Order.objects.filter(pk__in=ids).order_by("pk"):
        try:
            units = order_cancel(
                order_id=order.pk,
                reason="Bulk cancellation",
                actor=actor_of(request),
                at=timezone.now(),
            )
        except KeelError as error:
            outcomes.append((order.number, False, f"{error.message}. {error.remedy}"))
        else:
            outcomes.append((order.number, True, f"{units} units cancelled"))
    return outcomes


class OrderList(ListPage):
    permission, title, list_code = "orders.view", "Orders", "orders.orders"
    table_class, filterset_class = OrderTable, OrderFilter
    search_fields = ("number__istartswith", "external_id__istartswith", "customer__name", "ship_to_name")
    default_order = ("-ordered_at", "-pk")
    hidden_columns = ("priority", "external_id")
    bulk_actions = [
        BulkAction("allocate", "Allocate", "orders.allocate", preview=preview_allocate, run=run_allocate),
        BulkAction("cancel", "Cancel", "orders.edit", preview=preview_cancel, run=run_cancel),
        BulkAction("merge", "Merge", "orders.edit", preview=preview_merge, run=run_merge, icon="merge"),
    ]
    primary_action = PrimaryAction("New order", "orders:order_create")
    secondary_actions = (
        PrimaryAction(
            "Import orders", "import_run_create", "orders.import", icon="upload", query="kind=orders"
        ),
    )
    empty_title = "No orders here"
    empty_text = "Orders arrive from channels, from a file, or you enter one."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        return Order.objects.select_related("channel", "customer")


class BackorderList(ListPage):
    permission, title, list_code = "orders.view", "Backorders", "orders.backorders"
    table_class, filterset_class = OrderLineTable, BackorderFilter
    search_fields = ("order__number__istartswith", "product__sku__istartswith", "description")
    default_order = ("order__ordered_at", "pk")
    empty_title = "Nothing is backordered"
    empty_text = "Every confirmed order has its stock promised."

    def get_queryset(self, request: HttpRequest) -> QuerySet[OrderLine]:
        return backordered_lines().select_related("order", "order__channel", "product")


class OrderRecord(RecordPage):
    permission, title, machine = "orders.view", "Order", ORDER
    list_page, list_url_name = OrderList, "orders:order_list"

    def get_object(self, request: HttpRequest, **kw: Any) -> Order:
        return get_object_or_404(
            Order.objects.select_related("channel", "customer", "created_by"), pk=kw["pk"]
        )

    def get_tags(self, obj: Order) -> list[tuple[str, str, str]]:
        lines = list(obj.lines.all())
        progress = set(derive_progress(lines))
        if obj.state not in ALLOCATABLE:  # nobody has looked for stock yet, or will
            progress.discard("backordered")
        tags = [(word, "warning", "clock") for word in sorted(progress)]
        sent = drop_ship_units([line.pk for line in lines])
        if sent:
            tags.append(("drop-shipped", "info", "truck"))
            if sum(sent.values()) == sum(map(derive_quantity_open, lines)):
                tags = [tag for tag in tags if tag[0] != "backordered"]
        if obj.state in (*ALLOCATABLE, OrderState.ON_HOLD) and obj.ship_by < timezone.now():
            tags.append(("late", "danger", "clock-alert"))
        return tags

    def get_facts(self, obj: Order) -> list[Fact]:
        kept = obj.reservations.order_by("-pk").first() if obj.reservation_key else None
        url = reverse("orders:reservation_detail", args=[kept.pk]) if kept else ""
        cart = [Fact("Reserved cart", obj.reservation_key, url=url)] if obj.reservation_key else []
        theirs = [Fact("Sent by", f"{obj.channel.name}, from {obj.fulfilment_node or 'no node yet'}")]
        return [
            Fact("Total", money_text(obj.total, obj.currency)),
            Fact("Channel", obj.channel.name),
            *(theirs if obj.fulfilled_by_channel else []),
            Fact("Ordered", when_html(obj.ordered_at)),
            Fact("Ship by", when_html(obj.ship_by)),
            Fact("Paid", money_text(obj.amount_paid - obj.amount_refunded, obj.currency)),
            Fact("Invoiced", money_text(obj.amount_invoiced - obj.amount_credited, obj.currency)),
            *cart,
        ]

    def get_actions(self, obj: Order, user: AbstractBaseUser) -> list[Action]:
        reason = [ActionField("reason", "Why", kind="textarea")]
        owner = ActionField("owner", "Whose to settle", kind="select", choices=OWNERS, value=settler_of(user))
        held = "" if obj.state == OrderState.ON_HOLD else "It is not on hold."
        wants = "" if obj.needs_allocation and obj.state in ALLOCATABLE else "Nothing of it wants stock now."
        promised = "" if obj.state == OrderState.ALLOCATED else "It has no promise that could be taken back."
        holdable = ORDER.allows(obj.state, OrderState.ON_HOLD)
        cancellable = ORDER.allows(obj.state, OrderState.CANCELLED)
        return [
            Action("Release holds", reverse("orders:order_release_holds", args=[obj.pk]), "orders.hold_release",
                   primary=True, disabled_reason=held, fields=reason),
            Action("Allocate", reverse("orders:order_allocate", args=[obj.pk]), "orders.allocate", primary=True,
                   disabled_reason=wants),
            Action("Put on hold", reverse("orders:order_hold", args=[obj.pk]), "orders.edit", fields=[*reason, owner],
                   disabled_reason="" if holdable else "It is past that."),
            Action("Take promise back", reverse("orders:order_unallocate", args=[obj.pk]), "orders.allocate",
                   disabled_reason=promised, fields=reason),
            *drop_ship_actions(obj),
            *change_actions(obj),
            Action("Write to customer", reverse("orders:order_write", args=[obj.pk]), "orders.message", method="get",
                   disabled_reason="" if obj.email else "The order has no e-mail address."),
            Action("Cancel order", reverse("orders:order_cancel", args=[obj.pk]), "orders.edit", danger=True,
                   fields=[*reason, ActionField("told_reason", "What the customer is told (may stay blank)", required=False)],
                   disabled_reason="" if cancellable else "Shipped goods come back by a return.",
                   confirm="What is not yet being picked is cancelled and its stock becomes sellable again."),
        ]  # fmt: skip

    def get_panels(self, obj: Order) -> list[Panel]:
        may_cancel = ORDER.allows(obj.state, OrderState.CANCELLED)
        return [
            Panel(
                "Lines",
                "orders/partials/_order_lines.html",
                {
                    "items": ordered_items(obj.pk),
                    "may_cancel": may_cancel,
                    "charges": obj.charges.order_by("pk"),
                },
                flush=True,
            ),
            Panel("Why this node?", "orders/partials/_why.html", {"decisions": explain_decisions(obj.pk)}),
            *drop_ship_panels(obj, drop_ships_of_order(obj.pk)),
            Panel("Fulfilment", lazy_url="fulfillment:order_fulfillments_panel", lazy_args=(obj.pk,)),
            Panel("Returns", lazy_url="returns:order_returns_panel", lazy_args=(obj.pk,)),
            Panel(
                "Messages to the customer",
                "orders/partials/_notices.html",
                {"notices": notices_of(obj.pk)},
                column="side",
            ),
            Panel(
                "Holds and checks",
                "orders/partials/_holds.html",
                {"holds": obj.holds.order_by("pk")},
                column="side",
            ),
            *merge_panels(obj),
            Panel(
                "At its channel", lazy_url="orders:order_channel_panel", lazy_args=(obj.pk,), column="side"
            ),
            Panel("Ship to", "orders/partials/_ship_to.html", column="side"),
            Panel(
                "Payments",
                "orders/partials/_payments.html",
                {"payments": obj.payments.order_by("pk")},
                column="side",
            ),
        ]


def _go(pk: int) -> str:
    return reverse("orders:order_detail", args=[pk])


@page("orders.allocate")
@require_POST
def order_allocate_view(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will promise stock to one order."""
    return run_action(
        request,
        lambda: order_allocate_many(order_ids=[pk], actor=request.user, at=timezone.now()),  # type: ignore[arg-type]
        done="Allocated what there is.", url=_go(pk),
    )  # fmt: skip


@page("orders.allocate")
@require_POST
def order_unallocate_view(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will take an order's promise back."""
    reason = request.POST.get("reason", "")
    return run_action(
        request,
        lambda: order_release_allocation(order_id=pk, reason=reason, actor=request.user, at=timezone.now()),  # type: ignore[arg-type]
        done=lambda units: "The stock is sellable again." if units else "Nothing of it was promised.",
        url=_go(pk),
    )  # fmt: skip


@page("orders.edit")
@require_POST
def order_cancel_view(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will cancel what of an order has not been released."""
    reason, told = request.POST.get("reason", ""), request.POST.get("told_reason", "")
    return run_action(
        request,
        lambda: order_cancel(order_id=pk, reason=reason, told_reason=told, actor=request.user, at=timezone.now()),  # type: ignore[arg-type]
        done="Order cancelled.", url=_go(pk),
    )  # fmt: skip


@page("orders.edit")
@require_POST
def order_hold_view(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will put an order on a manual hold."""
    reason, owner = request.POST.get("reason", ""), request.POST.get("owner", "")
    return run_action(
        request,
        lambda: hold_open(
            order_id=pk, kind=HoldKind.MANUAL, reason=reason,
            owner=owner if owner in dict(OWNERS) else settler_of(actor_of(request)),
            actor=actor_of(request), at=timezone.now(),
        ),
        done="Order on hold.", url=_go(pk),
    )  # fmt: skip


@page("orders.hold_release")
@require_POST
def order_release_holds_view(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will release every open hold of an order."""
    reason = request.POST.get("reason", "")
    order = get_object_or_404(Order, pk=pk)
    ids = list(order.holds.filter(state=HoldState.OPEN).values_list("pk", flat=True))
    return run_action(
        request,
        lambda: hold_release_many(hold_ids=ids, reason=reason, actor=request.user, at=timezone.now()),  # type: ignore[arg-type]
        done="Holds released." if ids else "No hold was open.", url=_go(pk),
    )  # fmt: skip
