"""Which pages show what a node has to ship, and what can people do to it there?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

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
from erp.core.pages.format import when_html
from erp.core.permissions import actor_of, page
from fulfillment.filters import FulfillmentFilter
from fulfillment.models import FulfillmentLine, FulfillmentOrder, PickTask
from fulfillment.services import (
    fulfillment_cancel,
    fulfillment_deliver_many,
    fulfillment_pack_many,
    fulfillment_pick_many,
    shipment_confirm_many,
)
from fulfillment.states import FULFILLMENT, OPEN, FulfillmentState
from fulfillment.tables import FulfillmentTable

F_ = FulfillmentState
PICKABLE = (F_.RELEASED, F_.PICKING)
CARRIERS = ("Royal Mail", "DPD", "DHL", "UPS", "Own vehicle")


def fulfillments() -> QuerySet[FulfillmentOrder]:
    """This function will return fulfilment orders with their units, and whether they are late."""
    units = (
        FulfillmentLine.objects.filter(fulfillment=OuterRef("pk"))
        .order_by()
        .values("fulfillment")
        .annotate(total=Sum(F("quantity") - F("quantity_short")))
        .values("total")
    )
    return FulfillmentOrder.objects.select_related(
        "order__customer", "order__channel", "node", "pick_list"
    ).annotate(
        units=Coalesce(Subquery(units), 0),
        is_late=Case(
            When(Q(state__in=OPEN, ship_by__lt=timezone.now()), then=Value(value=True)),
            default=Value(value=False),
        ),
    )


def _each(
    ids: list[int], call: Callable[[FulfillmentOrder], object], done: str
) -> list[tuple[str, bool, str]]:
    outcomes = []
    for row in FulfillmentOrder.objects.filter(pk__in=ids).order_by("pk"):
        try:
            call(row)
        except KeelError as refusal:
            outcomes.append((row.number, False, f"{refusal.message}. {refusal.remedy}"))
        else:
            outcomes.append((row.number, True, done))
    return outcomes


def _preview(states: tuple[str, ...], verb: str) -> Callable[[QuerySet[Any], HttpRequest], list[str]]:
    def preview(rows: QuerySet[Any], request: HttpRequest) -> list[str]:
        count = rows.filter(state__in=states).count()
        return [f"{count} of {rows.count()} will be {verb}; the others are refused, each with its reason."]

    return preview


def run_pick(ids: list[int], request: HttpRequest) -> list[tuple[str, bool, str]]:
    """This function will confirm everything open in the chosen rows as picked, one by one."""
    actor, at = actor_of(request), timezone.now()
    return _each(
        ids, lambda row: fulfillment_pick_many(fulfillment_ids=[row.pk], actor=actor, at=at), "Picked."
    )


def run_pack(ids: list[int], request: HttpRequest) -> list[tuple[str, bool, str]]:
    """This function will pack the chosen rows, one by one."""
    actor, at = actor_of(request), timezone.now()
    return _each(
        ids, lambda row: fulfillment_pack_many(fulfillment_ids=[row.pk], actor=actor, at=at), "Packed."
    )


class FulfillmentList(ListPage):
    permission, title, list_code = "fulfillment.view", "Fulfilment orders", "fulfillment.fulfillments"
    table_class, filterset_class = FulfillmentTable, FulfillmentFilter
    search_fields = (
        "number__istartswith",
        "order__number__istartswith",
        "order__external_id",
        "order__customer__name",
    )
    default_order = ("ship_by", "pk")
    bulk_actions = [
        BulkAction(
            "pick", "Confirm picked", "fulfillment.pick", _preview(PICKABLE, "confirmed as picked"), run_pick
        ),
        BulkAction("pack", "Pack", "fulfillment.ship", _preview((F_.PICKED,), "packed"), run_pack),
    ]
    empty_title = "Nothing to ship"
    empty_text = "Allocated orders are released to the floor on the release board."

    def get_queryset(self, request: HttpRequest) -> QuerySet[FulfillmentOrder]:
        return fulfillments()


class PackList(FulfillmentList):
    """What stands picked on the bench, or packed and waiting for the carrier."""

    title, list_code = "Packing", "fulfillment.packing"
    primary_action = PrimaryAction("Confirm shipments", "fulfillment:ship_confirm", icon="truck")
    empty_title, empty_text = "The bench is empty", "Picked orders wait here to be packed and shipped."

    def get_queryset(self, request: HttpRequest) -> QuerySet[FulfillmentOrder]:
        return fulfillments().filter(state__in=[F_.PICKED, F_.PACKED])


class FulfillmentRecord(RecordPage):
    permission, title, machine = "fulfillment.view", "Fulfilment order", FULFILLMENT
    list_page, list_url_name = FulfillmentList, "fulfillment:fulfillment_order_list"

    def get_object(self, request: HttpRequest, **kwargs: Any) -> FulfillmentOrder:
        return get_object_or_404(fulfillments().select_related("shipment"), pk=kwargs["pk"])

    def get_subtitle(self, obj: Any) -> str:
        return f"{obj.order.number} from {obj.node.name}"

    def get_facts(self, obj: Any) -> list[Fact]:
        return [
            Fact("Order", obj.order.number, reverse("orders:order_detail", args=[obj.order_id])),
            Fact("Customer", obj.order.customer.name if obj.order.customer else obj.order.ship_to_name),
            Fact("Node", obj.node.code),
            Fact("Units", obj.units),
            Fact("Ship by", when_html(obj.ship_by)),
            *(
                [
                    Fact(
                        "Pick list",
                        obj.pick_list.number,
                        reverse("fulfillment:pick_list_detail", args=[obj.pick_list_id]),
                    )
                ]
                if obj.pick_list
                else []
            ),
        ]

    def get_tags(self, obj: Any) -> list[tuple[str, str, str]]:
        return [("Late", "danger", "clock-alert")] if obj.is_late else []

    def get_actions(self, obj: Any, user: Any) -> list[Action]:
        return fulfillment_actions(obj)

    def get_panels(self, obj: Any) -> list[Panel]:
        lines = list(obj.lines.select_related("product").order_by("pk"))
        tasks = (
            PickTask.objects.filter(line__fulfillment=obj)
            .select_related("product", "location", "lot")
            .order_by("position", "pk")
        )
        packages = list(obj.packages.order_by("pk"))
        shipment = getattr(obj, "shipment", None)
        return [
            Panel("Lines", "fulfillment/partials/_lines.html", {"lines": lines}, flush=True),
            Panel("Pick tasks", "fulfillment/partials/_tasks.html", {"tasks": tasks}, flush=True),
            Panel("Packages", "fulfillment/partials/_packages.html", {"packages": packages}, column="side"),
            Panel("Shipment", "fulfillment/partials/_shipment.html", {"shipment": shipment}, column="side"),
            Panel("Ship to", "fulfillment/partials/_ship_to.html", {"order": obj.order}, column="side"),
        ]  # fmt: skip


def fulfillment_actions(obj: FulfillmentOrder) -> list[Action]:
    """This function will return what can be done to a fulfilment order next, the likeliest first."""
    args = [obj.pk]
    has_left = obj.state in (F_.SHIPPED, F_.DELIVERED)
    reason = "It has left already." if has_left else f"It is {obj.get_state_display().lower()}."
    by_scan = obj.pick_list_id is not None
    found = []
    if by_scan:
        found.append(
            Action("Pick by scan", reverse("fulfillment:floor_pick", args=[obj.pick_list_id]), "fulfillment.pick",
                   primary=True, method="get", icon="scan-barcode",
                   disabled_reason="" if obj.state in PICKABLE else reason)
        )  # fmt: skip
    found += [
        Action("Confirm picked", reverse("fulfillment:fulfillment_order_pick", args=args), "fulfillment.pick",
               primary=not by_scan, icon="check", disabled_reason="" if obj.state in PICKABLE else reason,
               confirm="Everything still open counts as taken, without a scan."),
        Action("Pack", reverse("fulfillment:fulfillment_order_pack", args=args), "fulfillment.ship", primary=True,
               icon="package", disabled_reason="" if obj.state == F_.PICKED else reason,
               fields=[ActionField("weights", "Grams per parcel", required=False,
                                   help_text="From the scales, one per parcel: 1200 800. Blank: computed.")]),
        Action("Confirm shipment", reverse("fulfillment:fulfillment_order_ship", args=args), "fulfillment.ship",
               primary=True, icon="truck", disabled_reason="" if obj.state == F_.PACKED else reason,
               confirm="Stock, cost and revenue are posted, and the customer is told.",
               fields=[ActionField("carrier", "Carrier", kind="select", choices=[(name, name) for name in CARRIERS]),
                       ActionField("tracking_number", "Tracking number", required=False)]),
        Action("Mark delivered", reverse("fulfillment:fulfillment_order_deliver", args=args), "fulfillment.ship",
               primary=True, icon="house", disabled_reason="" if obj.state == F_.SHIPPED else reason),
        Action("Cancel", reverse("fulfillment:fulfillment_order_cancel", args=args), "fulfillment.release", danger=True,
               icon="x", disabled_reason="" if obj.state in OPEN else reason,
               confirm="The order keeps its stock and can be released again. Picked goods go back to their bins.",
               fields=[ActionField("reason", "Why", kind="textarea")]),
    ]  # fmt: skip
    return found


def _back(pk: int) -> str:
    return reverse("fulfillment:fulfillment_order_detail", args=[pk])


@page("fulfillment.pick")
@require_POST
def fulfillment_pick_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm everything that is open."""
    actor, at = actor_of(request), timezone.now()
    return run_action(
        request,
        lambda: fulfillment_pick_many(fulfillment_ids=[pk], actor=actor, at=at),
        done="Picked.",
        url=_back(pk),
    )


@page("fulfillment.ship")
@require_POST
def fulfillment_pack_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Close the parcels, with the scales' weights when there are any."""
    actor, at = actor_of(request), timezone.now()
    words = request.POST.get("weights", "").replace(",", " ").split()
    grams = [int(word) if word.isascii() and word.isdigit() and len(word) < 11 else 0 for word in words]
    return run_action(
        request,
        lambda: fulfillment_pack_many(
            fulfillment_ids=[pk], actor=actor, at=at, weights={pk: grams} if grams else None
        ),
        done="Packed.",
        url=_back(pk),
    )


@page("fulfillment.ship")
@require_POST
def fulfillment_ship_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand the parcels to the carrier."""
    actor, at = actor_of(request), timezone.now()
    tracking = request.POST.get("tracking_number", "").strip()
    return run_action(
        request,
        lambda: shipment_confirm_many(
            fulfillment_ids=[pk], carrier=request.POST.get("carrier", ""), actor=actor, at=at,
            tracking_numbers={pk: tracking} if tracking else None,
        ),
        done="Shipped. The customer is told.",
        url=_back(pk),
    )  # fmt: skip


@page("fulfillment.ship")
@require_POST
def fulfillment_deliver_view(request: HttpRequest, pk: int) -> HttpResponse:
    """The carrier says it arrived."""
    actor, at = actor_of(request), timezone.now()
    return run_action(
        request,
        lambda: fulfillment_deliver_many(fulfillment_ids=[pk], actor=actor, at=at),
        done="Delivered.",
        url=_back(pk),
    )


@page("fulfillment.release")
@require_POST
def fulfillment_cancel_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the work back from the floor."""
    actor, at = actor_of(request), timezone.now()
    return run_action(
        request,
        lambda: fulfillment_cancel(
            fulfillment_id=pk, reason=request.POST.get("reason", ""), actor=actor, at=at
        ),
        done="Cancelled. The order keeps its stock.",
        url=_back(pk),
    )


@page("fulfillment.view")
@require_GET
def order_fulfillments_panel(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of an order's page that shows where its goods are."""
    rows = fulfillments().select_related("shipment").filter(order_id=pk).order_by("pk")
    return render(request, "fulfillment/partials/_order_fulfillments.html", {"fulfillments": rows})
