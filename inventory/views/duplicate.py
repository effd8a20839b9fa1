"""Which products look like one thing twice, and which were merged?"""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from erp.core.documents import document_url
from erp.core.pages import Action, Fact, ListPage, Panel, RecordPage, run_action
from erp.core.pages.format import when_html
from erp.core.permissions import actor_of, page, url_or_none
from erp.core.tables import KeelTable, LinkColumn, RecordColumn, WhenColumn
from inventory.models import ProductMerge
from inventory.selectors.duplicate import packs_that_do_not_nest, product_pairs, products_compared_at
from inventory.services.duplicate import product_distinct_set, product_duplicate_ask

MERGE = "inventory.product_merge"
PER_PAGE = 25
KINDS = {
    "GTIN": ("GTIN", "danger", "barcode"),
    "SKU": ("SKU", "warning", "tag"),
    "TITLE": ("Title", "info", "type"),
}


@page("inventory.view")
@require_GET
def product_duplicate_list(request: HttpRequest) -> HttpResponse:
    """The pairs of products that look alike, the surest first, and packs that do not fit their product."""
    kind, text = request.GET.get("kind", ""), request.GET.get("q", "").replace("\x00", "").strip()[:80]
    pairs = product_pairs(kind=kind if kind in KINDS else "", text=text)
    found = Paginator(pairs, PER_PAGE).get_page(request.GET.get("page", "1"))
    context = {
        "title": "Duplicates", "page_obj": found, "rows": [{"pair": pair, "badge": KINDS[pair.kind]} for pair in found],
        "kind": kind, "q": text, "kinds": [(code, label) for code, (label, _, _) in KINDS.items()],
        "packs": packs_that_do_not_nest() if not (kind or text) else [], "is_filtered": bool(kind or text),
        "compared_at": products_compared_at(),
    }  # fmt: skip
    return TemplateResponse(request, "inventory/product_duplicate_list.html", context)


@page(MERGE)
@require_POST
def product_duplicate_again(request: HttpRequest) -> HttpResponse:
    """Have the products compared now."""
    return run_action(
        request,
        lambda: product_duplicate_ask(actor=actor_of(request), at=timezone.now()),
        done="The products are being compared; reload the page in a moment.",
        url=reverse("inventory:product_duplicate_list"),
    )


@page(MERGE)
@require_POST
def product_distinct(request: HttpRequest, first: int, second: int) -> HttpResponse:
    """Say that two products are two."""
    reason = request.POST.get("reason", "")
    return run_action(
        request,
        lambda: product_distinct_set(
            first_id=first, second_id=second, reason=reason, actor=actor_of(request), at=timezone.now()
        ),
        done="They are two; they are not reported again.",
        url=reverse("inventory:product_duplicate_list"),
    )


class ProductMergeTable(KeelTable):
    number = RecordColumn(accessor="pk", verbose_name="Merge")
    merged = LinkColumn("inventory:product_detail", pk="merged_id", verbose_name="Merged")
    kept = LinkColumn("inventory:product_detail", pk="kept_id", verbose_name="Into")
    reason = tables.Column(attrs={"td": {"class": "k-break"}})
    actor = tables.Column(verbose_name="By")
    at = WhenColumn(verbose_name="When")

    class Meta(KeelTable.Meta):
        model = ProductMerge
        fields = ("number", "merged", "kept", "reason", "actor", "at")


class ProductMergeList(ListPage):
    permission, title, list_code = "inventory.view", "Merged products", "inventory.product_merges"
    table_class = ProductMergeTable
    search_fields = ("merged__sku__istartswith", "kept__sku__istartswith", "reason")
    empty_title = "No product was merged yet"
    empty_text = (
        "Two products that turn out to be one are merged from the duplicates, or from a product's page."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProductMerge]:
        return ProductMerge.objects.select_related("merged", "kept", "actor")


class ProductMergeRecord(RecordPage):
    permission, title = "inventory.view", "Merge"
    list_page, list_url_name = ProductMergeList, "inventory:product_merge_list"

    def get_object(self, request: HttpRequest, **kw: Any) -> ProductMerge:
        return get_object_or_404(ProductMerge.objects.select_related("merged", "kept", "actor"), pk=kw["pk"])

    def get_title(self, obj: ProductMerge) -> str:
        return f"{obj.merged} is {obj.kept}"

    def get_subtitle(self, obj: ProductMerge) -> str:
        return str(obj.reason)

    def get_facts(self, obj: ProductMerge) -> list[Fact]:
        of = {pk: reverse("inventory:product_detail", args=[pk]) for pk in (obj.merged_id, obj.kept_id)}
        event = document_url("inventory.StockEvent", obj.stock_sequence) or "" if obj.stock_sequence else ""
        return [
            Fact("Merged", str(obj.merged), url=of[obj.merged_id], hint=obj.merged.name),
            Fact("Into", str(obj.kept), url=of[obj.kept_id], hint=obj.kept.name),
            Fact("By", str(obj.actor)),
            Fact("When", when_html(obj.at)),
            Fact("Stock", f"event {obj.stock_sequence}" if obj.stock_sequence else "none", url=event),
        ]

    def get_panels(self, obj: ProductMerge) -> list[Panel]:
        return [Panel("What moved", "inventory/partials/_merge_moved.html")]


def merge_actions(obj: Any) -> list[Action]:
    """This function will return the way from a product's page to its merge, or to the product that it became."""
    if obj.merged_into_id is not None:
        url = reverse("inventory:product_detail", args=[obj.merged_into_id])
        return [Action(f"Go to {obj.merged_into}", url, "inventory.view", method="get", icon="merge")]
    into = url_or_none("procurement:product_merge", obj.pk)
    return [Action("Merge into another", into, MERGE, method="get", icon="merge")] if into else []
