"""Which pages show products, and what is there of each?"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.html import format_html
from django.views.decorators.http import require_GET, require_POST

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
from erp.core.pages.format import money_text, quantity_text, sparkline_svg
from erp.core.permissions import page
from inventory.filters import ProductFilter
from inventory.forms import PackForm, ProductForm, StatusChangeForm
from inventory.models import Product, ProductUnit, StockEvent
from inventory.selectors import stock_card, stock_moves, with_stock
from inventory.selectors.stock_card import STATUSES, NodeLevels, stock_card_as_of, units_shipped_by_day
from inventory.services import (
    Move,
    ProductDraft,
    product_deactivate,
    product_save,
    product_unit_save,
    stock_bin_move,
    stock_status_change,
)
from inventory.states import StockStatus
from inventory.tables import ProductTable
from inventory.views.duplicate import merge_actions
from inventory.views.kit import kit_content, kit_facts, kit_panel, uses_panel
from inventory.views.rows import bins_of

VELOCITY_DAYS = 30
USUAL = (StockStatus.AVAILABLE, StockStatus.ALLOCATED, StockStatus.PICKED, StockStatus.IN_TRANSIT)
MOVES_PER_PAGE = 15
LAYERS_SHOWN = 8


class ProductList(ListPage):
    permission, title, list_code = "inventory.view", "Products", "inventory.products"
    table_class, filterset_class = ProductTable, ProductFilter
    search_fields = ("sku", "search_text", "gtin__exact", "units__gtin__exact")
    default_order = ("sku",)
    hidden_columns = ("gtin", "list_price", "is_active")
    primary_action = PrimaryAction("New product", "inventory:product_create")
    empty_title, empty_text = "No products yet", "Create one, or import the catalogue."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return with_stock(Product.objects.select_related("category"))

    def search(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        # packs join: a product with two packs would appear twice
        found = super().search(rows, text.lower())
        return found.distinct() if text else found


class ProductRecord(RecordPage):
    """The stock card."""

    permission, title, template_name = "inventory.view", "", "inventory/product_detail.html"
    list_page, list_url_name = ProductList, "inventory:product_list"

    def get_object(self, request: HttpRequest, **kwargs: Any) -> Any:
        product = get_object_or_404(
            Product.objects.select_related("category", "unit", "merged_into"), pk=kwargs["pk"]
        )
        product.card = stock_card(product.pk)  # type: ignore[attr-defined]
        product.kit = kit_content(product.pk) if product.is_kit else None  # type: ignore[attr-defined]
        return product

    def get_title(self, obj: Any) -> str:
        return str(obj.sku)

    def get_subtitle(self, obj: Any) -> str:
        return f"{obj.name} · {obj.category.name}"

    def get_tags(self, obj: Any) -> list[tuple[str, str, str]]:
        tags = [] if obj.is_active else [("Out of use", "muted", "ban")]
        if obj.merged_into:
            tags.append((f"Merged into {obj.merged_into}", "info", "merge"))
        if obj.is_kit:
            tags.append(("Kit", "info", "boxes"))
            if not all(part.is_active for part in obj.kit.parts):
                tags.append(("A component is out of use", "warning", "triangle-alert"))
        if obj.is_lot_tracked:
            tags.append(("By lot", "info", "barcode"))
        return tags

    def get_facts(self, obj: Any) -> list[Fact]:
        if obj.is_kit:
            return kit_facts(obj)
        levels = obj.card.totals.quantities
        of = dict(zip(STATUSES, levels, strict=True))
        promised = of[StockStatus.ALLOCATED] + of[StockStatus.PICKED] + of[StockStatus.RESERVED]
        today = timezone.now().date()
        since = datetime.combine(today - timedelta(days=VELOCITY_DAYS - 1), time.min, UTC)
        shipped = units_shipped_by_day(obj.pk, since=since)
        series = [shipped.get((since + timedelta(days=day)).date(), 0) for day in range(VELOCITY_DAYS)]
        sold = format_html(
            "{} {}",
            quantity_text(sum(series)),
            sparkline_svg(series, f"Units shipped a day, {VELOCITY_DAYS} days"),
        )
        return [
            Fact("On hand", quantity_text(obj.card.totals.on_hand)),
            Fact("Available", quantity_text(of[StockStatus.AVAILABLE])),
            Fact("Promised", quantity_text(promised)),
            Fact("On its way", quantity_text(of[StockStatus.IN_TRANSIT])),
            Fact("Stock value", money_text(obj.card.value), hint="at cost"),
            Fact(f"Shipped, {VELOCITY_DAYS} days", sold),
        ]

    def get_actions(self, obj: Any, user: Any) -> list[Action]:
        query = f"?sku={obj.sku}"
        adjust, transfer = (
            reverse(f"inventory:{noun}_create") + query for noun in ("adjustment", "transfer")
        )
        names = ("stock_status_change", "product_edit", "product_restrict", "product_deactivate")
        condition, edit, restrict, deactivate = (
            reverse(f"inventory:{name}", args=[obj.pk]) for name in names
        )
        kit, dissolve = (reverse(f"inventory:kit_{verb}", args=[obj.pk]) for verb in ("edit", "dissolve"))
        no_stock = "A kit has no stock of its own: use its components." if obj.is_kit else ""
        held = "" if obj.is_kit or not obj.card.totals.on_hand else "It has stock of its own."
        why = [ActionField("reason", "Why")]
        label, value = ("Take out of use", "") if obj.is_active else ("Take back into use", "1")
        return [
            Action(
                "Adjust", adjust, "inventory.adjust", method="get", primary=True, disabled_reason=no_stock
            ),
            Action("Transfer", transfer, "inventory.transfer", method="get", disabled_reason=no_stock),
            Action(
                "Change condition or bin",
                condition,
                "inventory.adjust",
                method="get",
                disabled_reason=no_stock,
            ),
            Action(
                "Edit components" if obj.is_kit else "Make it a kit",
                kit,
                "inventory.product_edit",
                method="get",
                primary=obj.is_kit,
                disabled_reason=held,
            ),
            *(
                [
                    Action(
                        "Dissolve the kit",
                        dissolve,
                        "inventory.product_edit",
                        fields=why,
                        danger=True,
                        confirm="New orders for it will want stock of its own.",
                    )
                ]
                if obj.is_kit
                else []
            ),
            Action("Edit", edit, "inventory.product_edit", method="get"),
            Action("Sales restrictions", restrict, "inventory.product_edit", method="get"),
            *merge_actions(obj),
            Action(
                label,
                deactivate,
                "inventory.product_edit",
                confirm="Its stock and history stay.",
                fields=[ActionField("is_active", "", kind="hidden", value=value)],
            ),
        ]

    def get_panels(self, obj: Any) -> list[Panel]:
        head = StockEvent.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        packs = ProductUnit.objects.filter(product=obj).select_related("unit").order_by("factor")
        levels = levels_context(obj.card.levels, obj.card.totals) | {"head": head}
        layers = {
            "card": obj.card,
            "layers": obj.card.layers[:LAYERS_SHOWN],
            "more": obj.card.layers[LAYERS_SHOWN:],
        }
        of = (obj.pk,)
        master = Panel(
            "Master data", "inventory/partials/_product_facts.html", {"packs": packs}, column="side"
        )
        if obj.is_kit:
            return [
                kit_panel(obj.kit),
                Panel("Open orders", lazy_url="orders:product_kit_orders_panel", lazy_args=of, flush=True),
                Panel("Channels", lazy_url="orders:product_channels_panel", lazy_args=of, flush=True),
                master,
            ]
        return [
            Panel("Levels", "inventory/partials/_levels_panel.html", levels, flush=True, anchor="levels"),
            Panel("Moves", lazy_url="inventory:product_moves", lazy_args=of, flush=True, anchor="moves"),
            Panel("Open orders", lazy_url="orders:product_orders_panel", lazy_args=of, flush=True),
            Panel("Channels", lazy_url="orders:product_channels_panel", lazy_args=of, flush=True),
            Panel("On order", lazy_url="procurement:product_supply_panel", lazy_args=of, flush=True),
            Panel("Bins", "inventory/partials/_bins.html", {"bins": obj.card.bins}, flush=True),
            Panel(
                "Cost layers",
                "inventory/partials/_layers.html",
                layers,
                column="side",
                flush=True,
            ),
            *uses_panel(obj),
            master,
        ]


@page("inventory.view")
@require_GET
def product_as_of(request: HttpRequest, pk: int) -> HttpResponse:
    """The levels as of a day's end or a journal sequence; the present when neither is given."""
    product = get_object_or_404(Product, pk=pk)
    context: dict[str, Any] = {"obj": product}
    sequence, day = request.GET.get("sequence", ""), parse_date_or_none(request.GET.get("date", ""))
    if sequence.isascii() and sequence.isdigit() and len(sequence) < 19:
        levels, totals = stock_card_as_of(product.pk, sequence=int(sequence))
        context["as_of"] = f"after event {int(sequence):,}"
    elif day is not None:
        end = datetime.combine(day, time.max, timezone.get_current_timezone())
        levels, totals = stock_card_as_of(product.pk, at=end)
        context["as_of"] = f"at the end of {day:%-d %B %Y}"
    else:
        card = stock_card(product.pk)
        levels, totals = card.levels, card.totals
        if sequence or request.GET.get("date"):
            context["problem"] = "Enter a day, or the number of a stock event."
    return render(request, "inventory/partials/_levels.html", context | levels_context(levels, totals))


def levels_context(levels: list[NodeLevels], totals: NodeLevels) -> dict[str, Any]:
    """This function will lay the matrix out: a status that is empty everywhere is left out unless it is a usual one."""
    shown = [n for n, status in enumerate(STATUSES) if totals.quantities[n] or status in USUAL]
    rows = [(row, [row.quantities[n] for n in shown]) for row in levels]
    sums = [totals.quantities[n] for n in shown]
    return {"rows": rows, "totals": totals, "sums": sums, "statuses": [STATUSES[n] for n in shown]}


def parse_date_or_none(text: str) -> Any:
    """This function will read YYYY-MM-DD; None for anything else."""
    try:
        return parse_date(text)
    except ValueError:
        return None


@page("inventory.view")
@require_GET
def product_moves(request: HttpRequest, pk: int) -> HttpResponse:
    """A page of the product's moves with the running balance; `before` continues an earlier page."""
    product = get_object_or_404(Product, pk=pk)
    status = request.GET.get("status", "")
    status = status if status in STATUSES else ""
    node = request.GET.get("node", "")
    before = tuple(
        int(part) for part in request.GET.get("before", "").split("-") if part.isascii() and part.isdigit()
    )
    found = stock_moves(
        product_id=product.pk,
        node_id=int(node) if node.isascii() and node.isdigit() and len(node) < 10 else None,
        status=status or None,
        before=(before[0], before[1]) if len(before) == 2 else None,
        limit=MOVES_PER_PAGE,
    )
    following = f"{found.next_before[0]}-{found.next_before[1]}" if found.next_before else ""
    template = "_move_rows.html" if before else "_moves.html"
    context = {
        "obj": product,
        "moves": found.rows,
        "next_before": following,
        "statuses": STATUSES,
        "status": status,
        "node": node,
        "nodes": stock_card(product.pk).levels if not before else [],
    }
    return render(request, f"inventory/partials/{template}", context)


def _draft(data: dict[str, Any]) -> ProductDraft:
    return ProductDraft(
        sku=data["sku"], name=data["name"], category_id=data["category"].pk, unit_id=data["unit"].pk, gtin=data["gtin"],
        weight_grams=data["weight_grams"], is_lot_tracked=data["is_lot_tracked"], list_price=data["list_price"],
        is_in_house_gtin=data["is_in_house_gtin"],
    )  # fmt: skip


class ProductCreate(FormPage):
    permission, title, form_class = "inventory.product_edit", "New product", ProductForm
    submit_label, done = "Create product", "Product created."

    def get_breadcrumbs(self, request: HttpRequest, **kwargs: Any) -> list[tuple[str, str]]:
        return [("Products", reverse("inventory:product_list"))]

    def perform(self, request: HttpRequest, form: Any, **kwargs: Any) -> str:
        actor: Any = request.user
        product = product_save(
            _draft(form.cleaned_data), product_id=kwargs.get("pk"), actor=actor, at=timezone.now()
        )
        return reverse("inventory:product_detail", args=[product.pk])


class ProductEdit(ProductCreate):
    title, submit_label, done = "Edit product", "Save", "Product saved."

    def get_initial(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        product = get_object_or_404(Product, pk=kwargs["pk"])
        names = ("sku", "name", "gtin", "list_price", "weight_grams", "is_lot_tracked")
        return {name: getattr(product, name) for name in names} | {
            "category": product.category_id,
            "unit": product.unit_id,
        }

    def get_breadcrumbs(self, request: HttpRequest, **kwargs: Any) -> list[tuple[str, str]]:
        sku = get_object_or_404(Product, pk=kwargs["pk"]).sku
        return [("Products", reverse("inventory:product_list")),
                (sku, reverse("inventory:product_detail", args=[kwargs["pk"]]))]  # fmt: skip


class PackCreate(FormPage):
    permission, title, form_class = "inventory.product_edit", "Pack of a product", PackForm
    help_text, done = "A scan of the pack's barcode counts as that many base units.", "Pack saved."

    def get_breadcrumbs(self, request: HttpRequest, **kwargs: Any) -> list[tuple[str, str]]:
        return ProductEdit().get_breadcrumbs(request, **kwargs)

    def perform(self, request: HttpRequest, form: Any, **kwargs: Any) -> str:
        data = form.cleaned_data
        actor: Any = request.user
        product_unit_save(
            product_id=kwargs["pk"], unit_id=data["unit"].pk, factor=data["factor"], gtin=data["gtin"],
            actor=actor, at=timezone.now(),
        )  # fmt: skip
        return reverse("inventory:product_detail", args=[kwargs["pk"]])


class StatusChange(FormPage):
    """Change the condition of units, or carry them to another bin."""

    permission, title, form_class = "inventory.adjust", "Change condition or bin", StatusChangeForm
    submit_label, done = "Move units", "Units moved."
    help_text = "Nothing is gained or lost: units go from one condition, or bin, to another of the same node."

    def get_form(self, request: HttpRequest, data: Any = None, files: Any = None, **kwargs: Any) -> Any:
        product = get_object_or_404(Product, pk=kwargs["pk"])
        return StatusChangeForm(data=data, initial=self.get_initial(request, **kwargs), product=product)

    def get_breadcrumbs(self, request: HttpRequest, **kwargs: Any) -> list[tuple[str, str]]:
        return ProductEdit().get_breadcrumbs(request, **kwargs)

    def perform(self, request: HttpRequest, form: Any, **kwargs: Any) -> str:
        data = form.cleaned_data
        (source,) = bins_of([{"bin": data["from_bin"]}])
        (target,) = bins_of([{"bin": data["to_bin"] or data["from_bin"]}])
        move = Move(
            kwargs["pk"], data["quantity"], data["node"].pk, data["from_status"], data["node"].pk, data["to_status"],
            source, target, data["lot"].pk if data.get("lot") else None,
        )  # fmt: skip
        actor: Any = request.user
        key, at = request.POST.get("form_token") or str(uuid.uuid4()), timezone.now()
        if data["from_status"] == data["to_status"]:
            stock_bin_move(move=move, idempotency_key=key, reason=data["reason"], actor=actor, at=at)
        else:
            stock_status_change(move=move, idempotency_key=key, reason=data["reason"], actor=actor, at=at)
        return reverse("inventory:product_detail", args=[kwargs["pk"]])


@page("inventory.product_edit")
@require_POST
def product_deactivate_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a product out of use, or back."""
    is_active = bool(request.POST.get("is_active"))
    actor: Any = request.user
    return run_action(
        request,
        lambda: product_deactivate(product_id=pk, is_active=is_active, actor=actor, at=timezone.now()),
        done="The product is in use again." if is_active else "The product is out of use.",
        url=reverse("inventory:product_detail", args=[pk]),
    )
