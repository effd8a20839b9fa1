"""Which pages authorise returns, show where each unit is, and take goods in?"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST
from django.views.generic import View

from erp.core.errors import InvalidInput, NotFound
from erp.core.pages import (
    Action,
    ActionField,
    Fact,
    FormPage,
    ListPage,
    Panel,
    PrimaryAction,
    RecordPage,
    run_action,
)
from erp.core.pages.format import money_text, quantity_text, when_html
from erp.core.permissions import actor_of, page
from orders.models import Order
from returns.filters import RmaFilter
from returns.forms import EmptyForm, OrderNumberForm, RmaForm
from returns.models import Rma
from returns.selectors import returnable_lines, rmas
from returns.services import ArrivedLine, ReturnLine, rma_authorize, rma_cancel, rma_close, rma_receive
from returns.states import RMA, RmaLineState, RmaState
from returns.tables import RmaTable

S, L = RmaState, RmaLineState


class RmaList(ListPage):
    permission, title, list_code = "returns.view", "Returns", "returns.rmas"
    table_class, filterset_class = RmaTable, RmaFilter
    search_fields = (
        "number__istartswith",
        "order__number__istartswith",
        "order__customer__name",
        "external_id__istartswith",
    )
    default_order = ("-created_at", "-pk")
    hidden_columns = ("external_id",)
    primary_action = PrimaryAction("New return", "returns:rma_create")
    secondary_actions = (PrimaryAction("Inspect", "returns:inspection_list", icon="search-check"),)
    empty_title, empty_text = "No returns yet", "Authorise one from an order that was shipped."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return rmas()


class RmaRecord(RecordPage):
    permission, title, machine = "returns.view", "Return", RMA
    list_page, list_url_name = RmaList, "returns:rma_list"
    template_name = "returns/record.html"

    def get_object(self, request: HttpRequest, **kwargs: Any) -> Any:
        return get_object_or_404(rmas().select_related("created_by"), pk=kwargs["pk"])

    def get_subtitle(self, obj: Any) -> str:
        customer = obj.order.customer.name if obj.order.customer else "no customer"
        return f"{obj.get_reason_display()} · {customer}"

    def get_facts(self, obj: Any) -> list[Fact]:
        return [
            Fact("Order", obj.order, url=reverse("orders:order_detail", args=[obj.order_id])),
            Fact(
                "Arrived",
                f"{quantity_text(obj.units_received or 0)} of {quantity_text(obj.units or 0)} units",
            ),
            Fact("Worth", money_text(obj.worth, obj.currency)),
            Fact("Goes to", obj.node),
            Fact("Authorised", when_html(obj.created_at), hint=f"by {obj.created_by}"),
        ]

    def get_actions(self, obj: Any, user: Any) -> list[Action]:
        def url(verb: str) -> str:
            return reverse(f"returns:{verb}", args=[obj.pk])

        lines = list(obj.lines.all())
        why = [ActionField("reason", "Why", kind="textarea")]
        actions = []
        if any(line.state == L.AUTHORIZED for line in lines):
            actions.append(
                Action(
                    "Receive",
                    url("rma_receive"),
                    "returns.receive",
                    primary=True,
                    method="get",
                    icon="package-open",
                )
            )
        waiting = next((line for line in lines if line.state in (L.RECEIVED, L.INSPECTED)), None)
        if waiting is not None:
            inspect = reverse("returns:rma_inspect", args=[waiting.pk])
            actions.append(
                Action("Inspect", inspect, "returns.inspect", primary=True, method="get", icon="search-check")
            )
        arrived = (L.RECEIVED, L.INSPECTED, L.DISPOSED)
        if any(line.state in arrived and line.refund_id is None and line.refund_amount for line in lines):
            actions.append(
                Action(
                    "Refund",
                    url("refund_request"),
                    "returns.refund",
                    primary=True,
                    method="get",
                    icon="undo-2",
                )
            )
        if obj.state == S.AUTHORIZED:
            actions.append(Action("Cancel", url("rma_cancel"), "returns.authorize", danger=True, fields=why))
        if obj.state == S.RECEIVED:
            actions.append(Action("Close", url("rma_close"), "returns.authorize", fields=why,
                                  confirm="What has not arrived is no longer expected."))  # fmt: skip
        return actions

    def get_panels(self, obj: Any) -> list[Panel]:
        lines = obj.lines.select_related(
            "product", "lot", "location", "refund", "shipment_line__shipment"
        ).order_by("pk")
        refunds = obj.refunds.select_related("created_by", "approved_by").order_by("pk")
        panels = [
            Panel(
                "Lines",
                "returns/partials/_rma_lines.html",
                {"lines": lines, "currency": obj.currency},
                flush=True,
            ),
            Panel(
                "Refunds",
                "returns/partials/_refunds.html",
                {"refunds": refunds, "currency": obj.currency},
                flush=True,
            ),
        ]
        if obj.note:
            panels.append(Panel("What the customer says", "returns/partials/_note.html", column="side"))
        return panels


class RmaStart(FormPage):
    """A return starts from an order: find it by its number."""

    permission, title, form_class = "returns.authorize", "New return", OrderNumberForm
    submit_label, done = "Find the order", "Choose what comes back."

    def get_breadcrumbs(self, request: HttpRequest, **kwargs: Any) -> list[tuple[str, str]]:
        return [("Returns", reverse("returns:rma_list"))]

    def perform(self, request: HttpRequest, form: Any, **kwargs: Any) -> str:
        number = form.cleaned_data["order"].strip()
        order = Order.objects.filter(Q(number=number.upper()) | Q(external_id=number)).order_by("-pk").first()
        if order is None:
            raise NotFound(
                "there is no such order", field="order", remedy="Check the number on the delivery note."
            )
        return reverse("returns:rma_create_for_order", args=[order.pk])


class RmaCreate(FormPage):
    """Which shipped units of one order may come back."""

    permission, title, form_class = "returns.authorize", "New return", RmaForm
    submit_label, done = "Authorise return", "Return authorised."
    template_name = "returns/rma_form.html"

    def get_title(self, request: HttpRequest, **kwargs: Any) -> str:
        return f"New return for order {get_object_or_404(Order, pk=kwargs['pk'])}"

    def get_breadcrumbs(self, request: HttpRequest, **kwargs: Any) -> list[tuple[str, str]]:
        order = get_object_or_404(Order, pk=kwargs["pk"])
        return [
            ("Returns", reverse("returns:rma_list")),
            (order.number, reverse("orders:order_detail", args=[order.pk])),
        ]

    def get_extra_context(self, request: HttpRequest, form: Any, **kwargs: Any) -> dict[str, Any]:
        order = get_object_or_404(Order, pk=kwargs["pk"])
        lines = returnable_lines(order.pk)
        rows = [(line, request.POST.get(f"quantity_{line.shipment_line_id}", "")) for line in lines]
        return {"rows": rows, "order": order}

    def perform(self, request: HttpRequest, form: Any, **kwargs: Any) -> str:
        lines = [
            ReturnLine(line.shipment_line_id, units)
            for line in returnable_lines(kwargs["pk"])
            if (units := typed_units(request, f"quantity_{line.shipment_line_id}", line.sku))
        ]
        rma = rma_authorize(
            order_id=kwargs["pk"], lines=lines, reason=form.cleaned_data["reason"], note=form.cleaned_data["note"],
            actor=actor_of(request), at=timezone.now(),
        )  # fmt: skip
        return reverse("returns:rma_detail", args=[rma.pk])


class RmaReceive(FormPage):
    """What came back, line by line; what did not come stays expected."""

    permission, title, form_class = "returns.receive", "Receive return", EmptyForm
    submit_label, done = "Receive", "Received. Inspect it next."
    help_text = "Count what is in the parcel. What did not come stays expected on a line of its own."
    template_name = "returns/rma_receive.html"

    def get_initial(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        return {}

    def get_title(self, request: HttpRequest, **kwargs: Any) -> str:
        return f"Receive {get_object_or_404(Rma, pk=kwargs['pk'])}"

    def get_breadcrumbs(self, request: HttpRequest, **kwargs: Any) -> list[tuple[str, str]]:
        rma = get_object_or_404(Rma, pk=kwargs["pk"])
        return [
            ("Returns", reverse("returns:rma_list")),
            (rma.number, reverse("returns:rma_detail", args=[rma.pk])),
        ]

    def get_extra_context(self, request: HttpRequest, form: Any, **kwargs: Any) -> dict[str, Any]:
        rma = get_object_or_404(Rma.objects.select_related("order"), pk=kwargs["pk"])
        lines = rma.lines.filter(state=L.AUTHORIZED).select_related("product", "lot").order_by("pk")
        return {
            "rma": rma,
            "rows": [(line, request.POST.get(f"quantity_{line.pk}", line.quantity)) for line in lines],
        }

    def perform(self, request: HttpRequest, form: Any, **kwargs: Any) -> str:
        rma = get_object_or_404(Rma, pk=kwargs["pk"])
        lines = rma.lines.filter(state=L.AUTHORIZED).select_related("product").order_by("pk")
        arrived = [
            ArrivedLine(line.pk, units)
            for line in lines
            if (units := typed_units(request, f"quantity_{line.pk}", line.product.sku))
        ]
        rma_receive(rma_id=rma.pk, lines=arrived, actor=actor_of(request), at=timezone.now())
        return reverse("returns:rma_detail", args=[rma.pk])


def typed_units(request: HttpRequest, name: str, sku: str) -> int:
    """This function will read the units typed for a line; 0 for a blank."""
    text = request.POST.get(name, "").strip().replace(",", "")
    if not text:
        return 0
    try:
        return int(text)
    except ValueError:
        raise InvalidInput(
            f"{sku}: “{text[:20]}” is not a number of units", field="lines", remedy="Enter a whole number."
        ) from None


@page("returns.authorize")
@require_POST
def rma_cancel_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Call off a return of which nothing has arrived."""
    reason = request.POST.get("reason", "")
    return run_action(
        request,
        lambda: rma_cancel(rma_id=pk, reason=reason, actor=actor_of(request), at=timezone.now()),
        done="Cancelled.",
        url=reverse("returns:rma_detail", args=[pk]),
    )


@page("returns.authorize")
@require_POST
def rma_close_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Expect nothing more of a return."""
    reason = request.POST.get("reason", "")
    return run_action(
        request,
        lambda: rma_close(rma_id=pk, reason=reason, actor=actor_of(request), at=timezone.now()),
        done="Closed.",
        url=reverse("returns:rma_detail", args=[pk]),
    )


class OrderReturnsPanel(View):
    """The returns of one order, for the order's own page."""

    permission: ClassVar[str] = "returns.view"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """This function will render the part that the order's page includes by URL name."""
        found = rmas().filter(order_id=pk).order_by("pk")
        can_return = any(line.left for line in returnable_lines(pk))
        context = {"rmas": found, "order_id": pk, "can_return": can_return}
        return TemplateResponse(request, "returns/partials/_order_returns.html", context)
