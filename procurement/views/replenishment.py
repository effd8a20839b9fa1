"""Which pages say what to order, why, and make orders of it?"""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from erp.core.errors import KeelError
from erp.core.pages import Action, BulkAction, Fact, ListPage, Panel, RecordPage, run_action
from erp.core.pages.format import money_text, quantity_text, when_html
from erp.core.permissions import actor_of, page
from inventory.models import Node
from procurement.filters import SuggestionFilter
from procurement.models import PurchaseOrderLine, ReplenishmentDecision
from procurement.selectors import open_suggestions
from procurement.services import ReplenishmentRun, replenishment_accept, replenishment_run
from procurement.services.replenishment import active_terms, explain
from procurement.tables import SuggestionTable


def _preview(rows: QuerySet[Any], request: HttpRequest) -> list[str]:
    chosen = list(rows)
    suppliers = {row.supplier_id for row in chosen}
    return [
        f"{len(chosen)} products go into draft purchase orders, one per supplier ({len(suppliers)}) and node."
    ]


def _run(ids: list[int], request: HttpRequest) -> list[tuple[str, bool, str]]:
    rows = ReplenishmentDecision.objects.filter(pk__in=ids).select_related("product").order_by("pk")
    names = [(row.product.sku, row.quantity) for row in rows]
    try:
        orders = replenishment_accept(decision_ids=ids, actor=actor_of(request), at=timezone.now())
    except KeelError as refusal:
        return [(sku, False, f"{refusal.message}. {refusal.remedy}") for sku, _ in names]
    return [(sku, True, f"{quantity:,} in one of {len(orders)} draft orders") for sku, quantity in names]


class ReplenishmentList(ListPage):
    permission, title, list_code = "procurement.view", "Replenishment", "procurement.replenishment"
    table_class, filterset_class = SuggestionTable, SuggestionFilter
    template_name = "procurement/list.html"
    search_fields = ("product__sku__istartswith", "product__name", "supplier__name")
    default_order = ("-quantity", "-pk")
    summary_template = "procurement/partials/_run.html"
    bulk_actions = [
        BulkAction(
            "accept", "Draft orders", "procurement.edit", preview=_preview, run=_run, icon="clipboard-list"
        )
    ]
    empty_title = "Nothing to order"
    empty_text = "Every product is above its reorder point, or its suggestion is ordered already. Run it again to look now."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return open_suggestions()

    def get_summary(self, request: HttpRequest, rows: QuerySet[Any]) -> dict[str, Any]:
        terms, is_automatic = active_terms()
        nodes = Node.objects.filter(is_active=True, kind="WAREHOUSE").order_by("rank", "code")
        return {"nodes": nodes, "terms": terms, "is_automatic": is_automatic, "today": timezone.localdate()}


@page("procurement.edit")
@require_POST
def replenishment_run_view(request: HttpRequest) -> HttpResponse:
    """Look at every product now and suggest what to order."""
    node = request.POST.get("node", "")

    def said(run: ReplenishmentRun) -> str:
        return (
            f"{run.considered:,} products with demand looked at, {len(run.decision_ids):,} new suggestions."
        )

    return run_action(
        request,
        lambda: replenishment_run(
            node_id=int(node) if node.isascii() and node.isdigit() else 0, run_date=timezone.localdate(),
            draft_orders=False, actor=actor_of(request), at=timezone.now(),
        ),
        done=said,
        url=reverse("procurement:replenishment_list"),
    )  # fmt: skip


class ReplenishmentDecisionRecord(RecordPage):
    permission, title = "procurement.view", "Suggestion for"
    list_page, list_url_name = ReplenishmentList, "procurement:replenishment_list"
    has_timeline = False
    template_name = "procurement/record.html"

    def get_object(self, request: HttpRequest, **kwargs: Any) -> Any:
        rows = ReplenishmentDecision.objects.select_related("product", "supplier", "node").annotate(
            value=F("quantity") * F("unit_cost")
        )
        return get_object_or_404(rows, pk=kwargs["pk"])

    def get_title(self, obj: Any) -> str:
        return f"Why {obj.quantity:,} of {obj.product.sku}?"

    def get_subtitle(self, obj: Any) -> str:
        return str(obj.product.name)

    def get_facts(self, obj: Any) -> list[Fact]:
        line = PurchaseOrderLine.objects.filter(decision=obj).select_related("purchase_order").first()
        order = line.purchase_order if line else None
        journal = reverse("inventory:stock_event_list")
        return [
            Fact("Order", quantity_text(obj.quantity), hint=money_text(obj.value, obj.supplier.currency)),
            Fact("From", obj.supplier, url=reverse("procurement:supplier_detail", args=[obj.supplier_id])),
            Fact("Run", when_html(obj.run_date), hint=f"rule {obj.rule}"),
            Fact("Looked at", f"sequence {obj.stock_sequence:,}", url=journal, hint="of the stock journal"),
            Fact("Ordered with", order or "not yet",
                 url=reverse("procurement:purchase_order_detail", args=[order.pk]) if order else ""),
        ]  # fmt: skip

    def get_actions(self, obj: Any, user: Any) -> list[Action]:
        taken = not open_suggestions().filter(pk=obj.pk).exists()
        return [
            Action("Draft an order", reverse("procurement:replenishment_accept", args=[obj.pk]), "procurement.edit",
                   primary=True, disabled_reason="It is ordered, or a later run replaced it." if taken else "")
        ]  # fmt: skip

    def get_panels(self, obj: Any) -> list[Panel]:
        return [Panel("Step by step", "procurement/partials/_steps.html", {"steps": explain(obj)})]


@page("procurement.edit")
@require_POST
def replenishment_accept_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Draft a purchase order for one suggestion."""
    return run_action(
        request,
        lambda: replenishment_accept(decision_ids=[pk], actor=actor_of(request), at=timezone.now()),
        done="Draft created.",
        url=lambda orders: reverse("procurement:purchase_order_detail", args=[orders[0]]),
    )
