"""Which pages show where stock lies: nodes, bins, lots, buffers, and the category tree?"""

from __future__ import annotations

from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from erp.core.errors import InvalidInput
from erp.core.pages import Action, Fact, FormPage, ListPage, Panel, PrimaryAction, RecordPage, run_action
from erp.core.pages.format import quantity_text
from erp.core.permissions import page
from inventory.filters import LotFilter
from inventory.forms import BufferForm, CategoryForm, LocationForm, LocationsForm, LotForm, NodeForm
from inventory.models import BinStock, Category, Location, Lot, Node, Product, StockBuffer, StockLevel
from inventory.selectors import product_by_code
from inventory.services import (
    LocationDraft,
    NodeDraft,
    buffer_remove,
    buffer_save,
    category_save,
    location_create_many,
    location_save,
    lot_save,
    node_save,
)
from inventory.states import ON_HAND
from inventory.tables import BufferTable, CategoryTable, LotTable, NodeTable


class CategoryList(ListPage):
    permission, title, list_code = "inventory.view", "Categories", "inventory.categories"
    table_class, search_fields, default_order = CategoryTable, ("code", "name"), ("tree_id", "lft")
    primary_action = PrimaryAction("New category", "inventory:category_create")
    help_text = "In tree order. A product is valued as its category says."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return Category.objects.select_related("parent").annotate(product_count=Count("products"))


class CategoryRecord(RecordPage):
    permission, title = "inventory.view", "Category"
    list_page, list_url_name = CategoryList, "inventory:category_list"

    def get_object(self, request: HttpRequest, **kwargs: Any) -> Any:
        return get_object_or_404(Category.objects.select_related("parent"), pk=kwargs["pk"])

    def get_title(self, obj: Any) -> str:
        return str(obj.name)

    def get_breadcrumbs(self, obj: Any) -> list[tuple[str, str]]:
        return [
            (item.name, reverse("inventory:category_detail", args=[item.pk])) for item in obj.get_ancestors()
        ]

    def get_facts(self, obj: Any) -> list[Fact]:
        branch = obj.get_descendants(include_self=True)
        products = Product.objects.filter(category__in=branch).count()
        url = f"{reverse('inventory:product_list')}?category={obj.pk}"
        return [Fact("Code", obj.code), Fact("Valued by", obj.get_valuation_method_display()),
                Fact("Products in the branch", quantity_text(products), url=url)]  # fmt: skip

    def get_actions(self, obj: Any, user: Any) -> list[Action]:
        url = reverse("inventory:category_edit", args=[obj.pk])
        return [Action("Edit", url, "inventory.product_edit", method="get", primary=True)]

    def get_panels(self, obj: Any) -> list[Panel]:
        children = obj.get_children().annotate(product_count=Count("products"))
        return [Panel("Within it", "inventory/partials/_categories.html", {"children": children}, flush=True)]


class CategoryCreate(FormPage):
    permission, title, form_class = "inventory.product_edit", "New category", CategoryForm
    done = "Category saved."

    def get_breadcrumbs(self, request: HttpRequest, **kwargs: Any) -> list[tuple[str, str]]:
        return [("Categories", reverse("inventory:category_list"))]

    def perform(self, request: HttpRequest, form: Any, **kwargs: Any) -> str:
        data = form.cleaned_data
        actor: Any = request.user
        category = category_save(
            category_id=kwargs.get("pk"), code=data["code"], name=data["name"],
            parent_id=data["parent"].pk if data["parent"] else None, valuation_method=data["valuation_method"],
            actor=actor, at=timezone.now(),
        )  # fmt: skip
        return reverse("inventory:category_detail", args=[category.pk])


class CategoryEdit(CategoryCreate):
    title = "Edit category"
    help_text = (
        "A new valuation method counts for what is issued from now on; former layers are used up first."
    )

    def get_initial(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        category = get_object_or_404(Category, pk=kwargs["pk"])
        names = ("code", "name", "valuation_method")
        return {name: getattr(category, name) for name in names} | {"parent": category.parent_id}


class NodeList(ListPage):
    permission, title, list_code = "inventory.view", "Nodes and locations", "inventory.nodes"
    table_class, search_fields, default_order = NodeTable, ("code", "name"), ("rank", "code")
    primary_action = PrimaryAction("New node", "inventory:node_create")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        levels = StockLevel.objects.filter(node=OuterRef("pk"), status__in=ON_HAND).order_by().values("node")
        bins = Count("locations", filter=Q(locations__kind="BIN", locations__is_active=True))
        units = Coalesce(Subquery(levels.annotate(total=Sum("quantity")).values("total")), 0)
        return Node.objects.annotate(bins=bins, units=units)


class NodeRecord(RecordPage):
    permission, title = "inventory.view", "Node"
    list_page, list_url_name = NodeList, "inventory:node_list"

    def get_object(self, request: HttpRequest, **kwargs: Any) -> Any:
        return get_object_or_404(NodeList().get_queryset(request), pk=kwargs["pk"])

    def get_title(self, obj: Any) -> str:
        return f"{obj.code} · {obj.name}"

    def get_tags(self, obj: Any) -> list[tuple[str, str, str]]:
        return [] if obj.is_active else [("Closed", "muted", "ban")]

    def get_facts(self, obj: Any) -> list[Fact]:
        levels = f"{reverse('inventory:stock_level_list')}?node={obj.pk}"
        bins = f"{reverse('inventory:bin_stock_list')}?node={obj.pk}"
        return [
            Fact("Kind", obj.get_kind_display()), Fact("Country", obj.country), Fact("Rank", obj.rank),
            Fact("On hand", quantity_text(obj.units), url=levels), Fact("Bins", quantity_text(obj.bins), url=bins),
        ]  # fmt: skip

    def get_actions(self, obj: Any, user: Any) -> list[Action]:
        edit, add = (reverse(f"inventory:{name}", args=[obj.pk]) for name in ("node_edit", "location_create"))
        return [
            Action("Add bins", add, "inventory.product_edit", method="get", primary=True),
            Action("Edit", edit, "inventory.product_edit", method="get"),
        ]

    def get_panels(self, obj: Any) -> list[Panel]:
        places = Location.objects.filter(node=obj).annotate(
            units=Coalesce(Sum("contents__quantity"), 0),
            products=Count("contents__product", filter=Q(contents__quantity__gt=0), distinct=True),
        )
        shown = list(places.order_by("tree_id", "lft")[:500])
        for place in shown:
            place.indent = "· " * place.level
        buffers = (
            StockBuffer.objects.filter(node=obj)
            .select_related("product")
            .order_by("product__sku", "channel_code")
        )
        return [
            Panel("Places", "inventory/partials/_places.html", {"places": shown}, flush=True),
            Panel(
                "Buffers",
                "inventory/partials/_buffers.html",
                {"buffers": buffers[:100]},
                column="side",
                flush=True,
            ),
        ]


class NodeCreate(FormPage):
    permission, title, form_class, done = "inventory.product_edit", "New node", NodeForm, "Node saved."

    def get_breadcrumbs(self, request: HttpRequest, **kwargs: Any) -> list[tuple[str, str]]:
        return [("Nodes and locations", reverse("inventory:node_list"))]

    def perform(self, request: HttpRequest, form: Any, **kwargs: Any) -> str:
        actor: Any = request.user
        node = node_save(
            NodeDraft(**form.cleaned_data), node_id=kwargs.get("pk"), actor=actor, at=timezone.now()
        )
        return reverse("inventory:node_detail", args=[node.pk])


class NodeEdit(NodeCreate):
    title = "Edit node"

    def get_initial(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        node = get_object_or_404(Node, pk=kwargs["pk"])
        return {name: getattr(node, name) for name in NodeForm.base_fields}


class LocationsCreate(FormPage):
    permission, title, form_class = "inventory.product_edit", "Add places", LocationsForm
    done = "Places added."

    def get_breadcrumbs(self, request: HttpRequest, **kwargs: Any) -> list[tuple[str, str]]:
        node = get_object_or_404(Node, pk=kwargs["pk"])
        return [("Nodes and locations", reverse("inventory:node_list")),
                (node.code, reverse("inventory:node_detail", args=[node.pk]))]  # fmt: skip

    def perform(self, request: HttpRequest, form: Any, **kwargs: Any) -> str:
        data = form.cleaned_data
        actor: Any = request.user
        drafts = [
            LocationDraft(
                code, data["kind"], data["parent"], data["first_walk_order"] + place, data["is_pickable"]
            )
            for place, code in enumerate(data["codes"].split())
        ]
        location_create_many(node_id=kwargs["pk"], drafts=drafts, actor=actor, at=timezone.now())
        return reverse("inventory:node_detail", args=[kwargs["pk"]])


class LocationRecord(RecordPage):
    """The bin page: what a scan of a bin's label opens."""

    permission, title, list_url_name = "inventory.view", "Bin", "inventory:bin_stock_list"

    def get_object(self, request: HttpRequest, **kwargs: Any) -> Any:
        return get_object_or_404(Location.objects.select_related("node", "parent"), pk=kwargs["pk"])

    def get_breadcrumbs(self, obj: Any) -> list[tuple[str, str]]:
        node = reverse("inventory:node_detail", args=[obj.node_id])
        above = [
            (item.code, reverse("inventory:location_detail", args=[item.pk])) for item in obj.get_ancestors()
        ]
        return [(obj.node.code, node), *above]

    def get_title(self, obj: Any) -> str:
        return f"{obj.get_kind_display()} {obj.code}"

    def get_tags(self, obj: Any) -> list[tuple[str, str, str]]:
        tags = [] if obj.is_active else [("Closed", "muted", "ban")]
        return tags if obj.is_pickable else [*tags, ("Not picked from", "neutral", "hand")]

    def get_facts(self, obj: Any) -> list[Fact]:
        held = BinStock.objects.filter(location=obj, quantity__gt=0)
        sums = held.aggregate(
            units=Coalesce(Sum("quantity"), 0), taken=Coalesce(Sum("quantity_allocated"), 0)
        )
        return [
            Fact("Node", obj.node.name),
            Fact("Walk order", quantity_text(obj.walk_order)),
            Fact("Units", quantity_text(sums["units"])),
            Fact("Taken up by picks", quantity_text(sums["taken"])),
        ]

    def get_actions(self, obj: Any, user: Any) -> list[Action]:
        adjust = f"{reverse('inventory:adjustment_create')}?bin={obj.code}&node={obj.node_id}&reason=COUNT"
        edit = reverse("inventory:location_edit", args=[obj.pk])
        return [
            Action("Correct its content", adjust, "inventory.adjust", method="get", primary=True),
            Action("Edit", edit, "inventory.product_edit", method="get"),
        ]

    def get_panels(self, obj: Any) -> list[Panel]:
        held = BinStock.objects.filter(location=obj, quantity__gt=0).select_related("product", "lot")
        rows = list(held.order_by("product__sku", "lot__expiry_date", "status"))
        return [Panel("Content", "inventory/partials/_bin_content.html", {"rows": rows}, flush=True)]


class LocationEdit(FormPage):
    permission, title, form_class, done = "inventory.product_edit", "Edit place", LocationForm, "Place saved."

    def get_initial(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        place = get_object_or_404(Location, pk=kwargs["pk"])
        return {name: getattr(place, name) for name in LocationForm.base_fields}

    def get_breadcrumbs(self, request: HttpRequest, **kwargs: Any) -> list[tuple[str, str]]:
        place = get_object_or_404(Location, pk=kwargs["pk"])
        return [(place.code, reverse("inventory:location_detail", args=[place.pk]))]

    def perform(self, request: HttpRequest, form: Any, **kwargs: Any) -> str:
        actor: Any = request.user
        location_save(location_id=kwargs["pk"], actor=actor, at=timezone.now(), **form.cleaned_data)
        return reverse("inventory:location_detail", args=[kwargs["pk"]])


class LotList(ListPage):
    permission, title, list_code = "inventory.view", "Lots", "inventory.lots"
    table_class, filterset_class, default_order = LotTable, LotFilter, ("expiry_date", "code")
    search_fields = ("code__istartswith", "product__sku")
    primary_action = PrimaryAction("Register a lot", "inventory:lot_create")
    empty_title, empty_text = "No lots yet", "Receipts of lot-tracked products register them."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        held = BinStock.objects.filter(lot=OuterRef("pk")).order_by().values("lot")
        units = Coalesce(Subquery(held.annotate(total=Sum("quantity")).values("total")), 0)
        return Lot.objects.select_related("product").annotate(units=units)


class LotRecord(RecordPage):
    permission, title, has_timeline = "inventory.view", "Lot", False
    list_page, list_url_name = LotList, "inventory:lot_list"

    def get_object(self, request: HttpRequest, **kwargs: Any) -> Any:
        return get_object_or_404(LotList().get_queryset(request), pk=kwargs["pk"])

    def get_title(self, obj: Any) -> str:
        return f"Lot {obj.code}"

    def get_facts(self, obj: Any) -> list[Fact]:
        product = reverse("inventory:product_detail", args=[obj.product_id])
        expiry = f"{obj.expiry_date:%-d %B %Y}" if obj.expiry_date else "never"
        return [Fact("Product", obj.product.sku, url=product), Fact("Expires", expiry),
                Fact("In bins", quantity_text(obj.units))]  # fmt: skip

    def get_panels(self, obj: Any) -> list[Panel]:
        held = BinStock.objects.filter(lot=obj, quantity__gt=0).select_related("location", "product", "lot")
        rows = list(held.order_by("location__walk_order"))
        return [Panel("Where it lies", "inventory/partials/_bin_content.html", {"rows": rows}, flush=True)]


class LotCreate(FormPage):
    permission, title, form_class, done = (
        "inventory.product_edit",
        "Register a lot",
        LotForm,
        "Lot registered.",
    )

    def get_breadcrumbs(self, request: HttpRequest, **kwargs: Any) -> list[tuple[str, str]]:
        return [("Lots", reverse("inventory:lot_list"))]

    def perform(self, request: HttpRequest, form: Any, **kwargs: Any) -> str:
        data = form.cleaned_data
        lot = lot_save(
            product_id=product_id_of(data["sku"]), code=data["code"], expiry_date=data["expiry_date"]
        )
        return reverse("inventory:lot_detail", args=[lot.pk])


class BufferList(ListPage):
    permission, title, list_code = "inventory.view", "Buffers", "inventory.buffers"
    table_class, search_fields = BufferTable, ("product__sku", "node__code", "channel_code")
    default_order = ("node__code", "product__sku", "channel_code")
    primary_action = PrimaryAction("Set a buffer", "inventory:buffer_create")
    help_text = "Units that promises leave alone. A product's own buffer replaces its node's; a channel's comes on top."
    empty_title, empty_text = "No buffers", "Everything that is available can be promised."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return StockBuffer.objects.select_related("node", "product")


class BufferCreate(FormPage):
    permission, title, form_class, done = "inventory.product_edit", "Set a buffer", BufferForm, "Buffer set."

    def get_breadcrumbs(self, request: HttpRequest, **kwargs: Any) -> list[tuple[str, str]]:
        return [("Buffers", reverse("inventory:buffer_list"))]

    def perform(self, request: HttpRequest, form: Any, **kwargs: Any) -> str:
        data = form.cleaned_data
        actor: Any = request.user
        buffer_save(
            node_id=data["node"].pk, product_id=product_id_of(data["sku"]) if data["sku"] else None,
            channel_code=data["channel_code"], quantity=data["quantity"], actor=actor, at=timezone.now(),
        )  # fmt: skip
        return reverse("inventory:buffer_list")


@page("inventory.product_edit")
@require_POST
def buffer_remove_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Let promises use the units again."""
    actor: Any = request.user
    return run_action(
        request,
        lambda: buffer_remove(buffer_id=pk, actor=actor, at=timezone.now()),
        done="Buffer removed.",
        url=reverse("inventory:buffer_list"),
    )


def product_id_of(code: str) -> int:
    """This function will return the product that a typed or scanned code means; InvalidInput for none."""
    match = product_by_code(code)
    if match is None:
        raise InvalidInput(f"there is no product “{code[:40]}”", field="sku", remedy="Scan it again.")
    return match.product_id
