"""What can a program ask about products and stock? Mounted at /api/v1/inventory by `erp.api`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Body, Router

from erp.core.api import After, Limit, body_as, page_of, require
from erp.core.errors import InvalidInput, NotFound
from erp.core.text import storable
from inventory.api_schemas import Availability, KitIn, KitOut, LevelsNow, LevelsThen, ProductOut, ProductPage
from inventory.models import Node, Product, StockEvent, StockLevel
from inventory.selectors import atp_query, kit_atp, kit_parts, product_codes, stock_as_of
from inventory.services import kit_save_by_sku

router = Router(tags=["inventory"])
MOST = 200
BODY = Body(...)


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


@router.get("/products", summary="List products", response=ProductPage)
def product_list(request: HttpRequest, q: str = "", after: After = "", limit: Limit = 50) -> dict[str, Any]:
    """Products as they were made; `q` is a part of SKU or name."""
    require(request, "inventory.view")
    rows = Product.objects.select_related("category", "unit")
    if q:
        rows = rows.filter(search_text__contains=storable(q).replace("\x00", "").lower())
    return page_of(request, rows, after=after, limit=limit, name="products", show=_product_out)


@router.get("/products/{sku}", summary="Show a product", response=ProductOut)
def product_show(request: HttpRequest, sku: str) -> dict[str, Any]:
    """One product by SKU, GTIN or pack barcode."""
    require(request, "inventory.view")
    (product_id,) = _products(sku.replace(",", " "))
    return _product_out(Product.objects.select_related("category", "unit").get(pk=product_id))


def _product_out(product: Product) -> dict[str, Any]:
    return {
        "id": product.pk, "sku": product.sku, "name": product.name, "gtin": product.gtin,
        "category": product.category.code, "unit": product.unit.code, "weight_grams": product.weight_grams,
        "is_lot_tracked": product.is_lot_tracked, "is_kit": product.is_kit, "is_active": product.is_active,
        "list_price": str(product.list_price),
    }  # fmt: skip


@router.get("/kits/{sku}", summary="Show what a kit consists of", response=KitOut)
def kit_show(request: HttpRequest, sku: str) -> dict[str, Any]:
    """The components of a kit, and how many kits each node could put together now."""
    require(request, "inventory.view")
    (product_id,) = _products(sku.replace(",", " "))
    return _kit_out(product_id)


@router.put(
    "/kits/{sku}", summary="Say what a kit consists of", response=KitOut, openapi_extra=body_as(KitIn)
)
def kit_put(request: HttpRequest, sku: str, content: Any = BODY) -> dict[str, Any]:
    """Body: {"components": [{"sku": …, "quantity": …}], "reason": …}. The product becomes a kit if it is none yet."""
    require(request, "inventory.product_edit")
    rows = content.get("components") if isinstance(content, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InvalidInput(
            "components is missing", field="components", remedy='Send {"components": [{"sku": "…", "quantity": 1}]}.'
        )  # fmt: skip
    components = [_component(number, row) for number, row in enumerate(rows, start=1)]
    reason = content.get("reason", "")
    if not isinstance(reason, str):
        raise InvalidInput("reason is no text", field="reason", remedy="Send it in quotes.")
    product = kit_save_by_sku(
        sku=storable(sku), components=components, reason=storable(reason), actor=request.user, at=timezone.now()  # type: ignore[arg-type]
    )  # fmt: skip
    return _kit_out(product.pk)


def _component(number: int, row: dict[str, Any]) -> tuple[str, int]:
    sku, quantity = row.get("sku"), row.get("quantity")
    if not isinstance(sku, str) or not isinstance(quantity, int) or isinstance(quantity, bool):
        raise InvalidInput(
            f"components[{number}] has no sku or no whole quantity", field=f"components[{number}]",
            remedy='Send {"sku": "MUG", "quantity": 2}.',
        )  # fmt: skip
    return storable(sku), quantity


def _kit_out(product_id: int) -> dict[str, Any]:
    product, nodes = Product.objects.get(pk=product_id), _nodes()
    parts = kit_parts([product_id]).get(product_id, [])
    skus = {part.product_id: part.sku for part in parts}
    return {
        "sku": product.sku,
        "is_kit": product.is_kit,
        "components": [{"sku": part.sku, "quantity": part.quantity} for part in parts],
        "atp": [
            {"node": nodes[row.node_id], "quantity": row.quantity, "limited_by": skus[row.limited_by]}
            for row in kit_atp([product_id])
        ],
    }


@router.get("/stock", summary="Stock levels now", response=LevelsNow)
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


@router.get("/stock/as-of", summary="Stock levels in the past", response=LevelsThen)
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


@router.get("/atp", summary="What may be promised", response=Availability)
def atp(request: HttpRequest, sku: str, channel: str = "", on: date | None = None) -> dict[str, Any]:
    """Per product and node: available less buffers; with `on`, also what transfers bring until that day.

    `kits` says how many of the kits asked for each node could put together.
    """
    require(request, "inventory.view")
    skus, nodes = _products(sku), _nodes()
    found = atp_query(skus, channel_code=channel or None, as_of_date=on)
    kits = kit_atp(skus, channel_code=channel or None, as_of_date=on)
    return {
        "atp": [
            {"sku": skus[row.product_id], "node": nodes[row.node_id], "available": row.available, "buffer": row.buffer,
             "on_its_way": row.supply, "quantity": row.quantity}
            for row in found
        ],
        "kits": [
            {"sku": skus[row.kit_id], "node": nodes[row.node_id], "quantity": row.quantity} for row in kits
        ],
    }  # fmt: skip
