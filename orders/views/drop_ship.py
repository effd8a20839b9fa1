"""Which pages show what suppliers send straight to customers, and who asks them again?"""

from __future__ import annotations

import django_filters
import django_tables2 as tables
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from erp.core.filters import KeelFilterSet, date_filter
from erp.core.pages import Action, ActionField, ListPage, Panel, run_action
from erp.core.permissions import actor_of, page
from erp.core.tables import KeelTable, LinkColumn, QuantityColumn, StateColumn, WhenColumn
from orders.models import DropShip, Order
from orders.selectors.drop_ship import drop_ships
from orders.services.drop_ship import drop_ship_ask_again
from orders.states import DropShipState


class DropShipTable(KeelTable):
    order = LinkColumn("orders:order_detail", pk="order_line__order_id", accessor="order_line__order")
    product = LinkColumn(
        "inventory:product_detail", pk="order_line__product_id", accessor="order_line__product"
    )
    state = StateColumn()
    quantity = QuantityColumn(verbose_name="Asked")
    quantity_shipped = QuantityColumn(verbose_name="Sent")
    quantity_cancelled = QuantityColumn(verbose_name="Called off")
    purchase_number = tables.Column(verbose_name="Purchase order")
    requested_at = WhenColumn(style="ago")

    class Meta(KeelTable.Meta):
        model = DropShip
        fields = ("order", "product", "state", "quantity", "quantity_shipped", "quantity_cancelled", "purchase_number",
                  "requested_at", "reason")  # fmt: skip


class DropShipFilter(KeelFilterSet):
    state = django_filters.MultipleChoiceFilter(choices=DropShipState.choices, label="State")
    since = date_filter("requested_at", "date__gte", "Asked from")
    until = date_filter("requested_at", "date__lte", "Asked to")

    class Meta:
        model = DropShip
        fields: list[str] = []


class DropShipList(ListPage):
    permission, title, list_code = "orders.view", "Drop-ships", "orders.drop_ships"
    table_class, filterset_class = DropShipTable, DropShipFilter
    search_fields = ("order_line__order__number__istartswith", "order_line__product__sku__istartswith",
                     "purchase_number__istartswith")  # fmt: skip
    default_order = ("-requested_at", "-pk")
    empty_title = "Nothing is drop-shipped"
    empty_text = "Where a rule of the allocation policy allows it, suppliers send what is short straight to the customer."

    def get_queryset(self, request: HttpRequest) -> QuerySet[DropShip]:
        return drop_ships()


def drop_ship_panels(order: Order, rows: list[DropShip]) -> list[Panel]:
    """This function will return the order record's panel of drop-ships; none when it has none."""
    return (
        [Panel("Drop-ship", "orders/partials/_drop_ships.html", {"drop_ships": rows}, flush=True)]
        if rows
        else []
    )


def drop_ship_actions(order: Order) -> list[Action]:
    """This function will return the button that asks for refused units once more, where there are any."""
    if not DropShip.objects.filter(order_line__order=order, state=DropShipState.REFUSED).exists():
        return []
    why = ActionField("reason", "Who will send it now", kind="textarea")
    url = reverse("orders:drop_ship_ask_again", args=[order.pk])
    return [Action("Ask suppliers again", url, "procurement.edit", fields=[why], icon="truck")]


@page("procurement.edit")
@require_POST
def drop_ship_ask_again_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask purchasing once more for what was refused."""
    reason = str(request.POST.get("reason", ""))
    return run_action(
        request,
        lambda: drop_ship_ask_again(order_id=pk, reason=reason, actor=actor_of(request), at=timezone.now()),
        done=lambda units: f"Purchasing is asked for {units} units.",
        url=reverse("orders:order_detail", args=[pk]),
    )
