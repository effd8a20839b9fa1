"""What does a row of a product file mean?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, ClassVar

from django.db.models.functions import Lower

from erp.core.imports.master import MasterTarget, take, texts_of, unknown
from erp.core.imports.target import CHANGED, Column, Item, Plan, Scope, register_target
from erp.core.imports.values import read_decimal, read_flag, read_required, read_whole
from inventory.models import Category, Product, UnitOfMeasure
from inventory.services import ProductDraft, product_create_many
from inventory.services.product import validated
from inventory.services.product_many import product_change_many, product_take_back_many

_PLAIN = ("sku", "name", "gtin", "weight_grams", "is_lot_tracked", "list_price")


@dataclass(frozen=True)
class _Draft:
    """The draft of the service, with the codes that a person reads."""

    draft: ProductDraft
    category: str
    unit: str


@dataclass(frozen=True)
class _Context:
    products: Mapping[str, Product]
    categories: Mapping[str, Category]
    units: Mapping[str, UnitOfMeasure]


class ProductTarget(MasterTarget):
    kind: ClassVar[str] = "products"
    label: ClassVar[str] = "Products"
    noun: ClassVar[str] = "product"
    help_text: ClassVar[str] = "A row per product. A known SKU is changed; a blank cell leaves what is there."
    permission: ClassVar[str] = "inventory.product_edit"
    view_permission: ClassVar[str] = "inventory.view"
    document: ClassVar[str] = "inventory.Product"
    key_columns: ClassVar[tuple[str, ...]] = ("sku",)
    columns: ClassVar[tuple[Column, ...]] = (
        Column(
            "sku",
            "SKU",
            is_required=True,
            aliases=("item", "article", "artikelnummer", "item number", "product code", "code"),
            example="MUG-BLUE",
        ),
        Column(
            "name",
            "Name",
            aliases=("description", "title", "product name", "bezeichnung"),
            example="Blue mug",
            help_text="Needed for a new product.",
        ),
        Column(
            "category",
            "Category",
            aliases=("category code", "group"),
            example="GOODS",
            help_text="Its code. Needed for a new product.",
        ),
        Column(
            "unit",
            "Unit",
            aliases=("uom", "base unit", "unit of measure"),
            example="EA",
            help_text="The base unit's code; the only unit there is, if blank.",
        ),
        Column("gtin", "GTIN", aliases=("ean", "barcode", "upc"), example="4006381333931"),
        Column("weight_grams", "Weight in grams", "whole", aliases=("weight", "grams"), example="350"),
        Column("is_lot_tracked", "Tracked by lot", "flag", aliases=("lot tracked", "batch"), example="no"),
        Column(
            "list_price",
            "List price",
            "decimal",
            aliases=("price", "rrp", "unit price", "preis"),
            example="12.50",
            help_text="Base currency, at most four decimals.",
        ),
    )

    def look_up(self, items: Sequence[Item], scope: Scope) -> _Context:
        skus = {item.values["sku"].lower() for item in items}
        products = (
            Product.objects.annotate(low=Lower("sku")).filter(low__in=skus).select_related("category", "unit")
        )
        return _Context(
            {product.sku.lower(): product for product in products},
            {category.code.lower(): category for category in Category.objects.all()},
            {unit.code.lower(): unit for unit in UnitOfMeasure.objects.all()},
        )

    def find(self, item: Item, context: _Context) -> Product | None:
        return context.products.get(item.values["sku"].lower())

    def read(self, plan: Plan, row: Product | None, context: _Context, scope: Scope) -> _Draft:
        values = plan.item.values
        sku = take(plan, lambda: read_required(values, "sku"), "")
        category = self._reference(plan, row and row.category, context.categories, "category")
        units = context.units
        only = next(iter(units.values())) if len(units) == 1 else None
        unit = self._reference(plan, row.unit if row else only, units, "unit")
        name = values["name"] or (row.name if row else take(plan, lambda: read_required(values, "name"), ""))
        weight = row.weight_grams if row else 0
        price = row.list_price if row else Decimal(0)
        draft = ProductDraft(
            sku=row.sku if row else sku, name=" ".join(name.split()), category_id=category.pk if category else 0,
            unit_id=unit.pk if unit else 0, gtin=values["gtin"] or (row.gtin if row else ""),
            weight_grams=take(plan, lambda: read_whole(values, "weight_grams", weight), weight),
            is_lot_tracked=take(plan, lambda: read_flag(values, "is_lot_tracked", bool(row and row.is_lot_tracked)), False),
            list_price=take(plan, lambda: read_decimal(values, "list_price", price), price),
        )  # fmt: skip
        if not plan.problems:
            draft = take(plan, lambda: validated(draft), draft)
        return _Draft(draft, category.code if category else "", unit.code if unit else "")

    @staticmethod
    def _reference(plan: Plan, current: Any, known: Mapping[str, Any], name: str) -> Any:
        text = plan.item.values[name]
        if not text:
            if current is None:
                take(plan, lambda: read_required(plan.item.values, name), "")
            return current
        found = known.get(text.lower())
        if found is None:
            codes = ", ".join(sorted(known)[:5])
            plan.refuse(
                unknown(name, text, name, f"Create it first, or use the code of one there is: {codes}.")
            )
        return found

    def texts(self, draft: _Draft) -> dict[str, str]:
        return texts_of(draft.draft, _PLAIN) | {"category": draft.category, "unit": draft.unit}

    def row_texts(self, row: Product) -> dict[str, str]:
        return texts_of(row, _PLAIN) | {"category": row.category.code, "unit": row.unit.code}

    def rows(self, ids: Sequence[int]) -> Mapping[int, Product]:
        return Product.objects.select_related("category", "unit").in_bulk(list(ids))

    def write(self, plans: Sequence[Plan], scope: Scope) -> None:
        changed = [plan for plan in plans if plan.action == CHANGED]
        fresh = [plan for plan in plans if plan.action != CHANGED]
        product_change_many(
            [(plan.subject_id or 0, plan.payload.draft) for plan in changed], reason=scope.name, actor=scope.actor, at=scope.at
        )  # fmt: skip
        made = product_create_many([plan.payload.draft for plan in fresh], actor=scope.actor, at=scope.at)
        for plan, product in zip(fresh, made, strict=True):
            plan.subject_id = product.pk

    def restore(self, row: Product, before: Mapping[str, str], scope: Scope) -> None:
        draft = ProductDraft(
            row.sku, row.name, row.category_id, row.unit_id, row.gtin, row.weight_grams, row.is_lot_tracked, row.list_price
        )  # fmt: skip
        values: dict[str, Any] = {name: before[name] for name in ("name", "gtin") if name in before}
        if "weight_grams" in before:
            values["weight_grams"] = int(before["weight_grams"])
        if "list_price" in before:
            values["list_price"] = Decimal(before["list_price"])
        if "is_lot_tracked" in before:
            values["is_lot_tracked"] = before["is_lot_tracked"] == "yes"
        if "category" in before:
            values["category_id"] = Category.objects.get(code=before["category"]).pk
        if "unit" in before:
            values["unit_id"] = UnitOfMeasure.objects.get(code=before["unit"]).pk
        reason = f"{scope.name} taken back"
        product_change_many(
            [(row.pk, replace(draft, **values))], reason=reason, actor=scope.actor, at=scope.at
        )

    def take_back(self, ids: Sequence[int], scope: Scope) -> dict[int, str]:
        return product_take_back_many(product_ids=ids, reason=scope.name, actor=scope.actor, at=scope.at)


register_target(ProductTarget())
