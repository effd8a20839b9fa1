"""What can a program read and do about returns? Mounted at /api/v1/returns by `erp.api`."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Body, Router

from erp.core.api import After, Limit, body_as, page_of, require
from erp.core.errors import InvalidInput, NotFound
from erp.core.models import User
from erp.core.text import storable
from orders.models import Order
from returns.api_schemas import Returnable, ReturnIn, ReturnOut, ReturnPage
from returns.models import Rma
from returns.selectors import returnable_lines, rmas
from returns.services import ReturnLine, rma_authorize

router = Router(tags=["returns"])
BODY = Body(...)


@router.get("", summary="List returns", response=ReturnPage)
def rma_list(
    request: HttpRequest, state: str = "", order: str = "", after: After = "", limit: Limit = 50
) -> dict[str, Any]:
    """Returns as they were authorised, of an order (our number) if asked."""
    require(request, "returns.view")
    found = rmas()
    for name, value in (("state", state), ("order__number", order)):
        if value:
            found = found.filter(**{name: storable(value)[:20]})
    return page_of(
        request, found, after=after, limit=limit, name="returns", show=lambda rma: rma_out(rma, lines=False)
    )


@router.get("/returnable/{order_number}", summary="What may come back of an order", response=Returnable)
def returnable_list(request: HttpRequest, order_number: str) -> dict[str, Any]:
    """The shipped lines of an order, with how many units of each may still be authorised to come back."""
    require(request, "returns.view")
    return {
        "lines": [
            {"shipment_line": line.shipment_line_id, "shipment": line.shipment_number, "sku": line.sku,
             "shipped": line.shipped, "left": line.left}
            for line in returnable_lines(_order(order_number).pk)
        ]
    }  # fmt: skip


@router.get("/{number}", summary="Read a return", response=ReturnOut)
def rma_read(request: HttpRequest, number: str) -> dict[str, Any]:
    """One return with its lines and refunds, by its number."""
    require(request, "returns.view")
    return rma_out(_rma(number))


@router.post(
    "", summary="Authorise a return", response={201: ReturnOut},
    openapi_extra=body_as(ReturnIn, **{"x-needs-key": True}),
)  # fmt: skip
def rma_create(request: HttpRequest, content: Any = BODY) -> tuple[int, dict[str, Any]]:
    """Body: {"order": number, "reason": code, "note"?, "lines": [{"shipment_line": id, "quantity": n}]}."""
    require(request, "returns.authorize")
    if not isinstance(content, dict):
        raise InvalidInput("body is not an object", field="body", remedy="Send a JSON object.")
    rows = content.get("lines")
    if not isinstance(rows, list) or not 1 <= len(rows) <= 1_000:
        raise InvalidInput(
            "lines is not a list of 1 to 1,000", field="lines", remedy="Send at least one line."
        )
    order = _order(_text(content, "order"))
    actor: User = request.user  # type: ignore[assignment]
    rma = rma_authorize(
        order_id=order.pk, lines=[_line(row, index) for index, row in enumerate(rows)], reason=_text(content, "reason"),
        note=_text(content, "note", ""), actor=actor, at=timezone.now(),
    )  # fmt: skip
    return 201, rma_out(_rma(rma.number))


def _text(content: dict[str, Any], name: str, default: str | None = None) -> str:
    value = content.get(name, default)
    if not isinstance(value, str):
        raise InvalidInput(f"{name} is not a text", field=name, remedy=f"Send {name} as a string.")
    return storable(value).strip()[:300]


def _line(row: Any, index: int) -> ReturnLine:
    found = []
    for name in ("shipment_line", "quantity"):
        value = row.get(name) if isinstance(row, dict) else None
        if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 2**31:
            raise InvalidInput(
                f"lines[{index}]: {name} is not a whole number",
                field=f"lines[{index}].{name}",
                remedy="Send a number.",
            )
        found.append(value)
    return ReturnLine(*found)


def _order(number: str) -> Order:
    order = Order.objects.filter(number=storable(number)[:20]).first()
    if order is None:
        raise NotFound("there is no such order", field="order", remedy="Use the number we answered with.")
    return order


def _rma(number: str) -> Rma:
    rma = rmas().filter(number=storable(number)[:20].upper()).first()
    if rma is None:
        raise NotFound("there is no such return", field="number", remedy="Use the number we answered with.")
    return rma


def rma_out(rma: Rma, *, lines: bool = True) -> dict[str, Any]:
    """This function will return a return as the API shows it; amounts are text."""
    content: dict[str, Any] = {
        "id": rma.pk, "number": rma.number, "state": rma.state, "order": rma.order.number, "reason": rma.reason,
        "node": rma.node.code, "created_at": rma.created_at.isoformat(),
    }  # fmt: skip
    if lines:
        content["lines"] = [
            {
                "shipment_line": line.shipment_line_id, "sku": line.product.sku, "state": line.state,
                "quantity": line.quantity, "disposition": line.disposition, "refund_amount": f"{line.refund_amount:.2f}",
                "refund": line.refund.number if line.refund else None,
            }
            for line in rma.lines.select_related("product", "refund").order_by("pk")
        ]  # fmt: skip
        content["refunds"] = [
            {"number": refund.number, "state": refund.state, "amount": f"{refund.amount:.2f}",
             "amount_paid": f"{refund.amount_paid:.2f}"}
            for refund in rma.refunds.order_by("pk")
        ]  # fmt: skip
    return content
