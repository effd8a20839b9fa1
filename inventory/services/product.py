"""Who changes the product master: products, categories, units and packs?"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from simple_history.utils import bulk_create_with_history

from erp.core.errors import InvalidInput, NotFound
from erp.core.models import User
from erp.core.sql import array, query
from erp.core.text import storable
from inventory.models import Category, Product, ProductUnit, UnitOfMeasure
from inventory.services.gtin import gtin_check, gtin_forms, gtin_key, packs_base
from inventory.services.master import record_sign
from ledger.models import ValuationMethod

MOST_PER_PACK = 1_000_000


@dataclass(frozen=True)
class ProductDraft:
    """A product as a person or an import describes it; `list_price` in base currency."""

    sku: str
    name: str
    category_id: int
    unit_id: int
    gtin: str = ""
    weight_grams: int = 0
    is_lot_tracked: bool = False
    list_price: Decimal = Decimal(0)
    is_in_house_gtin: bool = False  # the barcode is a number of our own, for use in this company only


def search_text(*parts: str) -> str:
    """This function will return the parts in lower case with accents folded, as search compares them."""
    folded = unicodedata.normalize("NFKD", " ".join(part for part in parts if part).casefold())
    return "".join(char for char in folded if not unicodedata.combining(char))


@transaction.atomic
def product_save(draft: ProductDraft, *, product_id: int | None = None, actor: User, at: datetime) -> Product:
    """This function will create a product, or change the one given.

    InvalidInput names the field at fault: a SKU or barcode that is taken, a wrong check digit, or a change that would
    make the journal lie (base unit and lot tracking stay what they were once stock has moved).
    """
    known = (
        Product.objects.filter(pk=product_id).values_list("gtin", flat=True).first() if product_id else None
    )
    checked = validated(draft, known=known or "")
    if product_id is None:
        product = Product(is_active=True)
    else:
        found = Product.objects.select_for_update().filter(pk=product_id).first()
        if found is None:
            raise NotFound(f"there is no product #{product_id}", field="product", remedy="Reload the list.")
        product = found
        refuse_rewriting(product, checked)
    _refuse_taken([checked], product_id)
    fill(product, checked)
    record_sign(product, actor=actor, at=at)
    product.save()
    return product


@transaction.atomic
def product_create_many(drafts: Sequence[ProductDraft], *, actor: User, at: datetime) -> list[Product]:
    """This function will create products in a constant number of statements, or none of them (see `product_save`)."""
    checked = [validated(draft) for draft in drafts]
    _refuse_twice(checked)
    _refuse_taken(checked, None)
    products = [fill(Product(is_active=True), draft) for draft in checked]
    return list(bulk_create_with_history(products, Product, default_user=actor, default_date=at))


@transaction.atomic
def product_deactivate(*, product_id: int, actor: User, at: datetime, is_active: bool = False) -> Product:
    """This function will take a product out of use (or back, with `is_active`); its stock and history stay.

    A product with stock may be taken out of use: it can still be sold off, counted and adjusted, only not bought.
    """
    product = Product.objects.select_for_update().filter(pk=product_id).first()
    if product is None:
        raise NotFound(f"there is no product #{product_id}", field="product", remedy="Reload the list.")
    if is_active and product.merged_into_id is not None:
        raise InvalidInput(
            f"{product} was merged into another product",
            field="product",
            remedy="Use that one, or open a new product.",
        )
    product.is_active = is_active
    record_sign(product, actor=actor, at=at)
    product.save()
    return product


@transaction.atomic
def category_save(
    *,
    category_id: int | None = None,
    code: str,
    name: str,
    parent_id: int | None,
    valuation_method: str,
    actor: User,
    at: datetime,
) -> Category:
    """This function will create or change a category; its products issue by the new valuation method from now on.

    Layers of the former method are used up first, so a change revalues nothing. InvalidInput for a code that is
    taken and for a parent inside the category itself.
    """
    code, name = clean_text(code, "code", 40), clean_text(name, "name", 120)
    if valuation_method not in ValuationMethod.values:
        raise InvalidInput(
            "no such valuation method", field="valuation_method", remedy="Choose from the list."
        )
    category = Category.objects.select_for_update().get(pk=category_id) if category_id else Category()
    if Category.objects.filter(code=code).exclude(pk=category_id).exists():
        raise InvalidInput(f"there is a category {code} already", field="code", remedy="Choose another code.")
    parent = Category.objects.get(pk=parent_id) if parent_id else None
    if parent is not None and category.pk and parent in category.get_descendants(include_self=True):
        raise InvalidInput(
            "a category can not lie inside itself", field="parent", remedy="Choose another parent."
        )
    category.code, category.name, category.parent = code, name, parent
    category.valuation_method = valuation_method
    record_sign(category, actor=actor, at=at)
    category.save()
    return category


def unit_ensure(*, code: str, name: str) -> UnitOfMeasure:
    """This function will return the unit of measure with this code, made if it is new."""
    unit, _ = UnitOfMeasure.objects.get_or_create(
        code=clean_text(code, "code", 12), defaults={"name": clean_text(name, "name", 60)}
    )
    return unit


@transaction.atomic
def product_unit_save(
    *, product_id: int, unit_id: int, factor: int, gtin: str = "", actor: User, at: datetime
) -> ProductUnit:
    """This function will say that a pack `unit` of a product holds `factor` base units, with a barcode of its own.

    The product's history keeps who said so and when.
    """
    if factor < 1:
        raise InvalidInput("a pack holds at least one unit", field="factor", remedy="Enter 1 or more.")
    product = Product.objects.select_for_update().get(pk=product_id)
    if unit_id == product.unit_id:
        raise InvalidInput("this is the base unit", field="unit", remedy="Choose the unit of the pack.")
    if factor > MOST_PER_PACK:
        raise InvalidInput(
            f"a pack of {factor:,} is a typing error",
            field="factor",
            remedy=f"Enter at most {MOST_PER_PACK:,}.",
        )
    gtin = gtin_check(gtin, in_house=True)
    _refuse_pack_gtin(product, unit_id, gtin)
    pack, _ = ProductUnit.objects.update_or_create(
        product_id=product_id, unit_id=unit_id, defaults={"factor": factor, "gtin": gtin}
    )
    record_sign(product, actor=actor, at=at, reason=f"pack of {factor}")
    product.save()
    return pack


def quantity_to_base(*, product_id: int, quantity: Decimal | int, unit_code: str) -> int:
    """This function will return how many base units `quantity` of `unit_code` are, e.g. 2 BOX of 12 → 24.

    InvalidInput for a unit that the product does not come in, and when the result is not a whole number.
    """
    rows = query(
        "SELECT 1 FROM inventory_product p JOIN inventory_unitofmeasure u ON u.id = p.unit_id "
        "WHERE p.id = %s AND u.code = %s UNION ALL "
        "SELECT pu.factor FROM inventory_productunit pu JOIN inventory_unitofmeasure u ON u.id = pu.unit_id "
        "WHERE pu.product_id = %s AND u.code = %s",
        [product_id, unit_code, product_id, unit_code],
    )
    if not rows:
        raise InvalidInput(
            f"the product does not come in {unit_code}",
            field="unit",
            remedy="Use its base unit or one of its packs.",
        )
    units = Decimal(quantity) * rows[0][0]
    if not units.is_finite() or units != units.to_integral_value():
        raise InvalidInput(
            f"{quantity} {unit_code} is not a whole number of units",
            field="quantity",
            remedy="Change the quantity.",
        )
    return int(units)


def clean_text(value: str, field: str, length: int) -> str:
    """This function will return `value` without odd spaces; InvalidInput when it is blank or longer than `length`."""
    cleaned = " ".join(storable(value).split())
    if not cleaned or len(cleaned) > length:
        raise InvalidInput(
            f"the {field} is {'too long' if cleaned else 'missing'}",
            field=field,
            remedy=f"Enter 1 to {length} characters.",
        )
    return cleaned


def validated(draft: ProductDraft, *, known: str = "") -> ProductDraft:
    """This function will return a draft with clean texts; InvalidInput names the field that can not be.

    A barcode that the product has already (`known`) is not asked about again.
    """
    if not 0 <= draft.weight_grams <= 2_000_000_000:
        raise InvalidInput(
            "the weight is out of range", field="weight_grams", remedy="Enter grams, 0 or more."
        )
    if not draft.list_price.is_finite() or not 0 <= draft.list_price < Decimal(10) ** 12:
        raise InvalidInput("the price is out of range", field="list_price", remedy="Enter 0 or more.")
    return ProductDraft(
        sku=clean_text(draft.sku, "sku", 40),
        name=clean_text(draft.name, "name", 200),
        category_id=draft.category_id,
        unit_id=draft.unit_id,
        gtin=gtin_check(draft.gtin, in_house=draft.is_in_house_gtin or "".join(draft.gtin.split()) == known),
        weight_grams=draft.weight_grams,
        is_lot_tracked=draft.is_lot_tracked,
        list_price=draft.list_price,
    )


def _refuse_twice(drafts: Sequence[ProductDraft]) -> None:
    seen: set[str] = set()
    for draft in drafts:
        if draft.sku.lower() in seen:
            raise InvalidInput(f"{draft.sku} appears twice", field="sku", remedy="Leave one of them out.")
        seen.add(draft.sku.lower())


def _refuse_pack_gtin(product: Product, unit_id: int, gtin: str) -> None:
    """A pack's barcode is its own; one that is built on a unit's barcode is built on this product's."""
    if not gtin:
        return
    forms = array(gtin_forms(gtin), "text")
    taken = query(
        "SELECT sku FROM inventory_product WHERE gtin = ANY(%s::text[]) UNION ALL "
        "SELECT p.sku FROM inventory_productunit u JOIN inventory_product p ON p.id = u.product_id "
        "WHERE u.gtin = ANY(%s::text[]) AND NOT (u.product_id = %s AND u.unit_id = %s) LIMIT 1",
        [forms, forms, product.pk, unit_id],
    )
    if taken:
        raise InvalidInput(
            f"{gtin} is {taken[0][0]}'s", field="gtin", remedy="Each pack has a barcode of its own."
        )
    base = packs_base(gtin)
    if base and (not product.gtin or packs_base(f"1{gtin_key(product.gtin)[1:]}") != base):
        others = query(
            "SELECT sku FROM inventory_product WHERE gtin <> '' AND substr(lpad(gtin, 14, '0'), 2, 12) = %s AND id <> %s LIMIT 1",
            [base, product.pk],
        )
        if others:
            raise InvalidInput(
                f"{gtin} is a pack of {others[0][0]}", field="gtin", remedy="Enter it on that product, or check the number."
            )  # fmt: skip


def _refuse_taken(drafts: Sequence[ProductDraft], own_id: int | None) -> None:
    """A UPC and its EAN are one number: GTINs are compared in all their lengths."""
    forms = array([form for draft in drafts if draft.gtin for form in gtin_forms(draft.gtin)], "text")
    rows = query(
        "SELECT 'sku', sku FROM inventory_product WHERE lower(sku) = ANY(%s::text[]) AND id <> %s UNION ALL "
        "SELECT 'gtin', gtin FROM inventory_product WHERE gtin = ANY(%s::text[]) AND id <> %s UNION ALL "
        "SELECT 'gtin', gtin FROM inventory_productunit WHERE gtin = ANY(%s::text[]) AND product_id <> %s LIMIT 1",
        [
            array([draft.sku.lower() for draft in drafts], "text"),
            own_id or 0,
            forms,
            own_id or 0,
            forms,
            own_id or 0,
        ],
    )
    if rows:
        field, value = rows[0]
        raise InvalidInput(f"{value} is taken by another product", field=field, remedy="Choose another one.")


def refuse_rewriting(product: Product, draft: ProductDraft) -> None:
    """This function will refuse another base unit or lot tracking once stock has moved: the journal would lie."""
    if product.is_kit and draft.is_lot_tracked:
        raise InvalidInput(
            f"{product.sku} is a kit: it has no stock, so no lots",
            field="is_lot_tracked",
            remedy="Track its components by lot.",
        )
    changed = [
        label
        for label, before, after in (
            ("unit", product.unit_id, draft.unit_id),
            ("is_lot_tracked", product.is_lot_tracked, draft.is_lot_tracked),
        )
        if before != after
    ]
    if changed and query("SELECT 1 FROM inventory_stockmove WHERE product_id = %s LIMIT 1", [product.pk]):
        raise InvalidInput(
            f"stock of {product.sku} has moved",
            field=changed[0],
            remedy="Open a new product for the other kind.",
        )


def fill(product: Product, draft: ProductDraft) -> Product:
    """This function will set a product's fields to those of a draft and return it; nothing is written."""
    for name in (
        "sku",
        "name",
        "category_id",
        "unit_id",
        "gtin",
        "weight_grams",
        "is_lot_tracked",
        "list_price",
    ):
        setattr(product, name, getattr(draft, name))
    product.search_text = search_text(draft.sku, draft.name, draft.gtin)
    return product
