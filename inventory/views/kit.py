"""Which pages say what a kit consists of?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from erp.core.money import ZERO
from erp.core.pages import Fact, FormPage, ListPage, Panel, PrimaryAction, run_action
from erp.core.pages.format import money_text, quantity_text
from erp.core.permissions import actor_of, page
from inventory.filters import KitComponentFilter
from inventory.forms import KitForm
from inventory.models import KitComponent, Node, Product
from inventory.selectors import KitAtp, KitPart, atp_query, kit_parts
from inventory.selectors.kit import kits_from
from inventory.services import ComponentDraft, kit_dissolve, kit_save
from inventory.tables import KitComponentTable
from inventory.views.rows import products_of, shown_rows, whole

ROW = ("sku", "quantity")
USES_SHOWN = 20


class KitComponentList(ListPage):
    permission, title, list_code = "inventory.view", "Kits", "inventory.kit_components"
    table_class, filterset_class = KitComponentTable, KitComponentFilter
    search_fields = ("kit__sku__istartswith", "component__sku__istartswith", "kit__search_text")
    default_order = ("kit__sku", "pk")
    primary_action = PrimaryAction(
        "Import kits", "import_run_create", "inventory.product_edit", icon="upload", query="kind=kits"
    )
    empty_title = "No kits yet"
    empty_text = "Open a product that has no stock and make it a kit, or import a file."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return KitComponent.objects.select_related("kit", "component")


class KitEdit(FormPage):
    """What a product consists of, row by row."""

    permission, title, form_class = "inventory.product_edit", "Components of a kit", KitForm
    submit_label, done = "Save components", "The kit is saved."
    help_text = "A kit has no stock of its own: it is sold, picked and shipped as these. Orders that are here already stay."
    template_name = "inventory/kit_form.html"

    def get_breadcrumbs(self, request: HttpRequest, **kwargs: Any) -> list[tuple[str, str]]:
        product = get_object_or_404(Product, pk=kwargs["pk"])
        return [("Products", reverse("inventory:product_list")), (product.sku, _go(product.pk))]

    def get_extra_context(self, request: HttpRequest, form: Any, **kwargs: Any) -> dict[str, Any]:
        rows = shown_rows(request, ROW)
        if request.method == "GET":
            parts = kit_parts([kwargs["pk"]]).get(kwargs["pk"], [])
            rows = [{"sku": part.sku, "quantity": str(part.quantity)} for part in parts] + rows
        return {"rows": rows}

    def perform(self, request: HttpRequest, form: Any, **kwargs: Any) -> str:
        rows = [row for row in shown_rows(request, ROW) if row["sku"]]
        components = [
            ComponentDraft(match.product_id, whole(row, number) * match.factor)
            for number, (row, match) in enumerate(zip(rows, products_of(rows), strict=True), start=1)
        ]
        kit_save(
            kit_id=kwargs["pk"], components=components, reason=form.cleaned_data["reason"], actor=actor_of(request),
            at=timezone.now(),
        )  # fmt: skip
        return _go(kwargs["pk"])


@page("inventory.product_edit")
@require_POST
def kit_dissolve_view(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will make a kit an ordinary product again."""
    return run_action(
        request,
        lambda: kit_dissolve(
            kit_id=pk, reason=request.POST.get("reason", ""), actor=actor_of(request), at=timezone.now()
        ),
        done="It is an ordinary product now.", url=_go(pk),
    )  # fmt: skip


def _go(pk: int) -> str:
    return reverse("inventory:product_detail", args=[pk])


@dataclass(frozen=True)
class KitContent:
    """A kit's components, what each node may promise of them (product, node → units), and the kits that makes."""

    parts: list[KitPart]
    there: dict[tuple[int, int], int]
    kits: dict[int, KitAtp]


def kit_content(kit_id: int) -> KitContent:
    """This function will read what a kit consists of and what there is of it."""
    parts = kit_parts([kit_id])
    members = parts.get(kit_id, [])
    found = atp_query(part.product_id for part in members)
    there = {(row.product_id, row.node_id): row.quantity for row in found}
    return KitContent(members, there, {row.node_id: row for row in kits_from(parts, found)})


def kit_facts(product: Any) -> list[Fact]:
    """This function will say in figures what a kit is: it has no stock, but components have."""
    kit: KitContent = product.kit
    price = sum((part.quantity * part.list_price for part in kit.parts), ZERO)
    return [
        Fact("Kits that can be promised", quantity_text(sum(row.quantity for row in kit.kits.values()))),
        Fact("Components", quantity_text(len(kit.parts))),
        Fact("Units in a kit", quantity_text(sum(part.quantity for part in kit.parts))),
        Fact("List price", money_text(product.list_price)),
        Fact("Its components alone", money_text(price), hint="list price"),
    ]


def kit_panel(kit: KitContent) -> Panel:
    """This function will show what a kit consists of and how many of it each node could put together."""
    nodes = [
        node
        for node in Node.objects.filter(is_active=True).order_by("rank", "code")
        if any((part.product_id, node.pk) in kit.there for part in kit.parts)
    ]
    rows = [(part, [_cell(kit, part.product_id, node.pk) for node in nodes]) for part in kit.parts]
    sums = [kit.kits[node.pk].quantity if node.pk in kit.kits else 0 for node in nodes]
    price = sum((part.quantity * part.list_price for part in kit.parts), ZERO)
    context = {"rows": rows, "nodes": nodes, "sums": sums, "total": sum(sums), "parts_price": price}
    return Panel("Components", "inventory/partials/_kit_components.html", context, flush=True, anchor="kit")


def _cell(kit: KitContent, product_id: int, node_id: int) -> tuple[int, bool]:
    """Units that a node may promise of a component, and whether it is what allows no more kits there."""
    limit = kit.kits[node_id].limited_by if node_id in kit.kits else 0
    return kit.there.get((product_id, node_id), 0), limit == product_id


def uses_panel(product: Product) -> list[Panel]:
    """This function will show in which kits a product is sold; nothing when in none."""
    uses = KitComponent.objects.filter(component=product).select_related("kit").order_by("kit__sku")
    shown = list(uses[: USES_SHOWN + 1])
    if not shown:
        return []
    context = {"uses": shown[:USES_SHOWN], "is_more": len(shown) > USES_SHOWN}
    return [Panel("Sold in kits", "inventory/partials/_kit_uses.html", context, column="side", flush=True)]
