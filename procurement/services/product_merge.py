"""Who makes one product of two that are the same thing?

It lives here because it needs every floor below: stock and cost, orders and listings, and the suppliers' terms. One transaction:
either all of it is one product, or nothing has changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from erp.core.errors import Conflict, InvalidInput, NotFound
from erp.core.models import User
from erp.core.sql import query
from inventory.models import Product, ProductMerge, StockLevel
from inventory.services.duplicate import duplicate_settle
from inventory.services.master import record_sign
from inventory.services.product_merge import (
    product_open_stock_work,
    product_stock_links_move,
    stock_move_over,
)
from orders.models import ContractPrice, Listing, PriceListEntry, SubscriptionLine, Substitution
from orders.services.product_merge import product_open_order_work, product_order_links_move
from procurement.models import SupplierProduct

SHOWN = 12

_OPEN = """
SELECT 'purchase order ' || p.number FROM procurement_purchaseorderline l
  JOIN procurement_purchaseorder p ON p.id = l.purchase_order_id
 WHERE l.product_id = %s AND p.state NOT IN ('CANCELLED', 'CLOSED') AND l.quantity_received < l.quantity_ordered
 ORDER BY 1 LIMIT 50
"""


@dataclass(frozen=True)
class MergePreview:
    """What a merge would do, or why it can not be done."""

    merged: Product
    kept: Product
    refusals: list[str] = field(default_factory=list)
    effects: list[str] = field(default_factory=list)


def product_merge_preview(*, merged_id: int, kept_id: int) -> MergePreview:
    """This function will say what merging a product into another would move, and what stands in its way. NotFound for neither."""
    products = _found(Product.objects.filter(pk__in=[merged_id, kept_id]), merged_id, kept_id)
    merged, kept = products
    refusals = _refusals(merged, kept)
    return MergePreview(merged, kept, refusals, [] if refusals else _effects(merged, kept))


@transaction.atomic
def product_merge(*, merged_id: int, kept_id: int, reason: str, actor: User, at: datetime) -> ProductMerge:
    """This function will take a product up into another: stock at its cost, listings, prices, rules, terms, packs and kits.

    The merged one is out of use; its SKU means the other from now on, at every channel. What has happened under it stays there.
    InvalidInput when the two can not be one (unit, lots, kits); Conflict while orders, purchases or transfers of it are open:
    they are finished or cancelled first, because their customers and suppliers were told that product.
    """
    if not reason.strip():
        raise InvalidInput("a reason is needed", field="reason", remedy="Say how you know that they are one.")
    rows = Product.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=[merged_id, kept_id])
    merged, kept = _found(rows.order_by("pk"), merged_id, kept_id)
    refusals = _refusals(merged, kept)
    if refusals:
        named = "; ".join(refusals[:SHOWN])
        raise Conflict(
            f"{merged} can not become {kept}: {named}", field="product",
            remedy="Settle these first: ship, receive or cancel what is open.",
        )  # fmt: skip
    sequence, units = stock_move_over(merged=merged, kept=kept, reason=reason.strip(), actor=actor, at=at)
    moved = [f"{units} units moved"] if units else []
    moved += product_order_links_move(merged=merged, kept=kept, actor=actor, at=at)
    moved += _terms(merged, kept, actor, at)
    moved += product_stock_links_move(merged=merged, kept=kept, actor=actor, at=at)
    duplicate_settle(
        merged.pk,
        kept.pk,
        resolution="procurement.product_merge",
        reason=f"{merged} is {kept}",
        actor=actor,
        at=at,
    )
    return ProductMerge.objects.create(
        kept=kept,
        merged=merged,
        moved=moved,
        stock_sequence=sequence,
        reason=reason.strip()[:300],
        actor=actor,
        at=at,
    )


def _found(rows: Iterable[Product], merged_id: int, kept_id: int) -> tuple[Product, Product]:
    products = {product.pk: product for product in rows}
    if merged_id == kept_id:
        raise InvalidInput("that is one product already", field="kept", remedy="Name two.")
    for name, pk in (("merged", merged_id), ("kept", kept_id)):
        if pk not in products:
            raise NotFound(f"there is no product #{pk}", field=name, remedy="Choose one from the list.")
    return products[merged_id], products[kept_id]


def _refusals(merged: Product, kept: Product) -> list[str]:
    found = []
    if kept.merged_into_id is not None or not kept.is_active:
        found.append(f"{kept} is out of use itself")
    if merged.merged_into_id not in (None, kept.pk):
        found.append(f"{merged} was merged into another product before")
    if merged.is_kit or kept.is_kit:
        found.append("a kit is not merged: dissolve it, or change its components")
    if merged.unit_id != kept.unit_id:
        found.append("they are counted in different units")
    if merged.is_lot_tracked != kept.is_lot_tracked:
        found.append("one is tracked by lot and the other is not")
    if query(
        "SELECT 1 FROM inventory_kitcomponent a JOIN inventory_kitcomponent b ON b.kit_id = a.kit_id "
        "WHERE a.component_id = %s AND b.component_id = %s LIMIT 1",
        [merged.pk, kept.pk],
    ):
        found.append("a kit holds both")
    opened = [
        *product_open_order_work(merged.pk),
        *(row[0] for row in query(_OPEN, [merged.pk])),
        *product_open_stock_work(merged.pk),
    ]
    return found + [f"open: {name}" for name in opened]


def _effects(merged: Product, kept: Product) -> list[str]:
    units = sum(StockLevel.objects.filter(product=merged).values_list("quantity", flat=True))
    counted = [
        (units, "units of stock move, each cost layer at its own cost"),
        (Listing.objects.filter(product=merged).count(), "listings move"),
        (
            PriceListEntry.objects.filter(product=merged).count(),
            "list prices move, unless the other has its own",
        ),
        (
            ContractPrice.objects.filter(product=merged).count(),
            "contract prices move, unless the other has its own",
        ),
        (Substitution.objects.filter(product=merged).count(), "substitution rules move"),
        (SubscriptionLine.objects.filter(product=merged).count(), "subscription lines move"),
        (
            SupplierProduct.objects.filter(product=merged).count(),
            "suppliers' terms move, behind those it has",
        ),
    ]
    told = [f"{number:,} {words}." for number, words in counted if number]
    if merged.gtin and not kept.gtin:
        told.append(f"{kept} takes over the GTIN {merged.gtin}.")
    return [
        *told,
        f"{merged} goes out of use; whoever says {merged} from now on means {kept}.",
        f"What happened under {merged} so far stays under it.",
    ]


def _terms(merged: Product, kept: Product, actor: User, at: datetime) -> list[str]:
    """Terms of suppliers that the kept product has already go; the others come behind those it has."""
    why = f"merged into {kept}"[:100]
    known = set(SupplierProduct.objects.filter(product=kept).values_list("supplier_id", flat=True))
    last = SupplierProduct.objects.filter(product=kept).aggregate(last=Max("rank"))["last"] or 0
    moved = dropped = 0
    for terms in SupplierProduct.objects.filter(product=merged).order_by("rank"):
        record_sign(terms, actor=actor, at=at, reason=why)
        if terms.supplier_id in known:
            terms.delete()
            dropped += 1
            continue
        last += 1
        terms.product, terms.rank = kept, last
        terms.save()
        moved += 1
    told = [f"{moved} suppliers' terms moved"] if moved else []
    return [*told, f"{dropped} suppliers' terms were there already"] if dropped else told
