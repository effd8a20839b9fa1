"""What can a program ask about products and stock? Mounted at /api/v1/inventory by `erp.api`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router

from erp.core.api import require
from erp.core.errors import InvalidInput, NotFound
from inventory.models import Node, Product, StockEvent, StockLevel
from inventory.selectors import atp_query, product_codes, stock_as_of

router = Router(tags=["inventory"])
MOST = 200


def _limit(limit: int) -> int:
    if not 1 <= limit <= MOST:
        raise InvalidInput(f"limit is 1 to {MOST}", field="limit", remedy=f"Ask for pages of at most {MOST}.")
    return limit


def _products(sku: str) -> dict[int, str]:
    """Product id → the code asked for; NotFound names the first that nobody knows."""
    codes = [code.strip() for code in sku.split(",") if code.strip()][: MOST + 1]
    if not 1 <= len(codes) <= MOST:
        raise InvalidInput(f"name 1 to {MOST} SKUs", field="sku", remedy="Separate them by commas.")
    found = product_codes(codes)
    unknown = next((code for code in codes if code not in found), None)
    if unknown is not None:
        raise NotFound(
            f"there is no product {unknown[:40]}", field="sku", remedy="Ask /products for the SKUs."
        )
    skus = Product.objects.filter(pk__in={match.product_id for match in found.values()})
    return dict(skus.values_list("pk", "sku"))


def _nodes() -> dict[int, str]:
    return dict(Node.objects.values_list("pk", "code"))


@router.get("/products", summary="List products")
def product_list(request: HttpRequest, after: int = 0, limit: int = 50, q: str = "") -> dict[str, Any]:
    """Products by id; `after` is the last id of the page before, `q` a part of SKU or name."""
    require(request, "inventory.view")
    rows = Product.objects.filter(pk__gt=after).select_related("category", "unit").order_by("pk")
    if q:
        rows = rows.filter(search_text__contains=q.replace("\x00", "").lower())
    products = list(rows[: _limit(limit)])
    return {
        "products": [_product_out(product) for product in products],
        "next_after": products[-1].pk if len(products) == limit else None,
    }


@router.get("/products/{sku}", summary="Show a product")
def product_show(request: HttpRequest, sku: str) -> dict[str, Any]:
    """One product by SKU, GTIN or pack barcode."""
    require(request, "inventory.view")
    (product_id,) = _products(sku.replace(",", " "))
    return _product_out(Product.objects.select_related("category", "unit").get(pk=product_id))


def _product_out(product: Product) -> dict[str, Any]:
    return {
        "id": product.pk, "sku": product.sku, "name": product.name, "gtin": product.gtin,
        "category": product.category.code, "unit": product.unit.code, "weight_grams": product.weight_grams,
        "is_lot_tracked": product.is_lot_tracked, "is_active": product.is_active, "list_price": str(product.list_price),
    }  # fmt: skip


@router.get("/stock", summary="Stock levels now")
def stock(request: HttpRequest, sku: str) -> dict[str, Any]:
    """Units per product, node and status; empty levels are left out. `sequence` is the last stock event seen."""
    require(request, "inventory.view")
    skus, nodes = _products(sku), _nodes()
    sequence = StockEvent.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    rows = StockLevel.objects.filter(product__in=skus, quantity__gt=0).order_by(
        "product_id", "node_id", "status"
    )
    return {
        "sequence": sequence,
        "levels": [
            {
                "sku": skus[row.product_id],
                "node": nodes[row.node_id],
                "status": row.status,
                "quantity": row.quantity,
            }
            for row in rows
        ],
    }


@router.get("/stock/as-of", summary="Stock levels in the past")
def stock_then(
    request: HttpRequest, sku: str, sequence: int | None = None, at: datetime | None = None
) -> dict[str, Any]:
    """The levels after stock event `sequence`, or after everything that had occurred `at` (ISO 8601 with offset)."""
    require(request, "inventory.view")
    if at is not None and at.tzinfo is None:
        raise InvalidInput("the time has no offset", field="at", remedy="Write it like 2026-03-02T09:00:00Z.")
    skus, nodes = _products(sku), _nodes()
    levels = stock_as_of(sequence=sequence, at=at, product_ids=skus)
    return {
        "levels": [
            {
                "sku": skus[level.product_id],
                "node": nodes[level.node_id],
                "status": level.status,
                "quantity": level.quantity,
            }
            for level in levels
        ]
    }


@router.get("/atp", summary="What may be promised")
def atp(request: HttpRequest, sku: str, channel: str = "", on: date | None = None) -> dict[str, Any]:
    """Per product and node: available less buffers; with `on`, also what transfers bring until that day."""
    require(request, "inventory.view")
    skus, nodes = _products(sku), _nodes()
    found = atp_query(skus, channel_code=channel or None, as_of_date=on)
    return {
        "atp": [
            {"sku": skus[row.product_id], "node": nodes[row.node_id], "available": row.available, "buffer": row.buffer,
             "on_its_way": row.supply, "quantity": row.quantity}
            for row in found
        ]
    }  # fmt: skip
