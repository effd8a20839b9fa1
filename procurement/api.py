"""What can a program read and do in purchasing? Mounted at /api/v1/procurement by `erp.api`."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Body, Router

from erp.core.api import After, Limit, body_as, page_of, require
from erp.core.errors import InvalidInput, NotFound
from erp.core.models import User
from erp.core.text import storable
from inventory.models import Location, Node
from inventory.selectors import product_codes
from procurement.api_schemas import PurchaseIn, PurchaseOut, PurchasePage, ReceiptIn, ReceiptOut
from procurement.models import PurchaseOrder, Supplier
from procurement.services import PurchaseLine, ReceivedLine, goods_receive, purchase_order_create

router = Router(tags=["procurement"])
BODY = Body(...)


@router.get("/orders", summary="List purchase orders", response=PurchasePage)
def purchase_order_list(
    request: HttpRequest, state: str = "", after: After = "", limit: Limit = 50
) -> dict[str, Any]:
    """Purchase orders as they were made."""
    require(request, "procurement.view")
    found = PurchaseOrder.objects.select_related("supplier", "node")
    if state:
        found = found.filter(state=storable(state)[:20])
    return page_of(
        request,
        found,
        after=after,
        limit=limit,
        name="orders",
        show=lambda order: order_out(order, lines=False),
    )


@router.get("/orders/{number}", summary="Read a purchase order", response=PurchaseOut)
def purchase_order_read(request: HttpRequest, number: str) -> dict[str, Any]:
    """One purchase order with its lines and receipts, by its number."""
    require(request, "procurement.view")
    return order_out(_order(number))


@router.post(
    "/orders", summary="Draft a purchase order", response={201: PurchaseOut},
    openapi_extra=body_as(PurchaseIn, **{"x-needs-key": True}),
)  # fmt: skip
def purchase_order_draft(request: HttpRequest, content: Any = BODY) -> tuple[int, dict[str, Any]]:
    """Body: {"supplier": code, "node": code, "lines": [{"sku", "quantity", "unit_cost"?}], "expected_date"?}."""
    require(request, "procurement.edit")
    body = _object(content, "body")
    supplier = Supplier.objects.filter(code=_text(body, "supplier").upper()).first()
    node = Node.objects.filter(code=_text(body, "node")).first()
    for name, found in (("supplier", supplier), ("node", node)):
        if found is None:
            raise InvalidInput(f"there is no such {name}", field=name, remedy="Send its code.")
    assert supplier is not None and node is not None
    actor: User = request.user  # type: ignore[assignment]
    order = purchase_order_create(
        supplier_id=supplier.pk, node_id=node.pk, lines=_lines(body), expected_date=_date(body, "expected_date"),
        actor=actor, at=timezone.now(),
    )  # fmt: skip
    return 201, order_out(_order(order.number))


@router.post(
    "/orders/{number}/receipts", summary="Receive goods", response={201: ReceiptOut},
    openapi_extra=body_as(ReceiptIn, **{"x-needs-key": True}),
)  # fmt: skip
def goods_receipt_create(
    request: HttpRequest, number: str, content: Any = BODY
) -> tuple[int, dict[str, Any]]:
    """Body: {"lines": [{"position", "quantity", "bin"?, "lot"?, "expiry_date"?, "status"?}]}; send an Idempotency-Key."""
    require(request, "procurement.receive")
    order = _order(number)
    positions = dict(order.lines.values_list("position", "pk"))
    arrived = []
    for index, row in enumerate(_rows(_object(content, "body"))):
        pk = positions.get(_whole(row, "position", index))
        if pk is None:
            raise InvalidInput(
                f"lines[{index}]: no such position",
                field=f"lines[{index}].position",
                remedy="Read the order.",
            )
        arrived.append(
            ReceivedLine(
                pk, _whole(row, "quantity", index), _bin(row, index), _text(row, "lot", ""), _date(row, "expiry_date"),
                _text(row, "status", "AVAILABLE"),
            )
        )  # fmt: skip
    actor: User = request.user  # type: ignore[assignment]
    receipt = goods_receive(purchase_order_id=order.pk, lines=arrived, actor=actor, at=timezone.now())
    return 201, {
        "number": receipt.number,
        "value": f"{receipt.value:.2f}",
        "order": order_out(_order(number)),
    }


def _lines(body: dict[str, Any]) -> list[PurchaseLine]:
    rows = _rows(body)
    found = product_codes(_text(row, "sku") for row in rows)
    lines = []
    for index, row in enumerate(rows):
        match = found.get(_text(row, "sku"))
        if match is None:
            raise InvalidInput(
                f"lines[{index}]: no such product", field=f"lines[{index}].sku", remedy="Send a SKU or GTIN."
            )
        lines.append(
            PurchaseLine(match.product_id, _whole(row, "quantity", index) * match.factor, _cost(row, index))
        )
    return lines


def _object(content: Any, name: str) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise InvalidInput(f"{name} is not an object", field=name, remedy="Send a JSON object.")
    return content


def _rows(body: dict[str, Any]) -> list[dict[str, Any]]:
    rows = body.get("lines")
    if not isinstance(rows, list) or not 1 <= len(rows) <= 5_000:
        raise InvalidInput(
            "lines is not a list of 1 to 5,000", field="lines", remedy="Send at least one line."
        )
    return [_object(row, f"lines[{index}]") for index, row in enumerate(rows)]


def _text(row: dict[str, Any], name: str, default: str | None = None) -> str:
    value = row.get(name, default)
    if not isinstance(value, str):
        raise InvalidInput(f"{name} is not a text", field=name, remedy=f"Send {name} as a string.")
    return storable(value).strip()[:80]


def _whole(row: dict[str, Any], name: str, index: int) -> int:
    value = row.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 2**31:
        raise InvalidInput(
            f"lines[{index}]: {name} is not a whole number",
            field=f"lines[{index}].{name}",
            remedy="Send 1 or more.",
        )
    return value


def _cost(row: dict[str, Any], index: int) -> Decimal | None:
    value = row.get("unit_cost")
    if value is None:
        return None
    try:
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            raise InvalidOperation
        return Decimal(str(value)[:40])
    except InvalidOperation:
        raise InvalidInput(
            f"lines[{index}]: unit_cost is not an amount",
            field=f"lines[{index}].unit_cost",
            remedy='Send it like "3.50".',
        ) from None


def _date(row: dict[str, Any], name: str) -> date | None:
    value = row.get(name)
    if value in (None, ""):
        return None
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise InvalidInput(f"{name} is not a date", field=name, remedy="Send it like 2026-03-31.") from None


def _bin(row: dict[str, Any], index: int) -> int | None:
    code = _text(row, "bin", "")
    if not code:
        return None
    pk = Location.objects.filter(code=code.upper()).values_list("pk", flat=True).first()
    if pk is None:
        raise InvalidInput(
            f"lines[{index}]: no such bin",
            field=f"lines[{index}].bin",
            remedy="Send its code, or leave it out.",
        )
    return pk


def _order(number: str) -> PurchaseOrder:
    rows = PurchaseOrder.objects.select_related("supplier", "node")
    order = rows.filter(number=storable(number)[:20].upper()).first()
    if order is None:
        raise NotFound(
            "there is no such purchase order", field="number", remedy="Use the number we answered with."
        )
    return order


def order_out(order: PurchaseOrder, *, lines: bool = True) -> dict[str, Any]:
    """This function will return a purchase order as the API shows it; amounts are text."""
    content: dict[str, Any] = {
        "id": order.pk, "number": order.number, "state": order.state, "supplier": order.supplier.code,
        "node": order.node.code, "currency": order.currency, "total": f"{order.total:.2f}",
        "expected_date": order.expected_date.isoformat(),
    }  # fmt: skip
    if lines:
        content["lines"] = [
            {
                "position": line.position, "sku": line.product.sku, "quantity_ordered": line.quantity_ordered,
                "quantity_received": line.quantity_received, "quantity_invoiced": line.quantity_invoiced,
                "unit_cost": f"{line.unit_cost:f}",
            }
            for line in order.lines.select_related("product").order_by("position")
        ]  # fmt: skip
        content["receipts"] = list(order.receipts.order_by("pk").values_list("number", flat=True))
    return content
