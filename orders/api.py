"""Which orders can a program send and read? Mounted at /api/v1/orders by `erp.api`."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Body, Router

from erp.core.api import require
from erp.core.errors import InvalidInput, NotFound, PermissionRefused
from erp.core.models import User
from erp.core.text import storable
from orders.api_subscription import subscription_routes
from orders.channels.normalise import order_command
from orders.models import Order
from orders.selectors import OrderedItem, ordered_items
from orders.services import order_cancel, order_take_in

router = Router(tags=["orders"])
BODY = Body(...)
subscription_routes(router)  # before /{number}, which would take their address for a number


@router.post("", summary="Receive an order", response={201: dict[str, Any], 200: dict[str, Any]})
def order_create(request: HttpRequest, content: Any = BODY) -> tuple[int, dict[str, Any]]:
    """Store the order raw, validate it, confirm or hold it, and promise stock to it.

    The same `external_id` with the same content answers 200 with the order it became; with other content 409.
    """
    require(request, "orders.create")
    at = timezone.now()
    actor: User = request.user  # type: ignore[assignment]
    command = order_command(content, body=storable(request.body), at=at, headers=_headers(request))
    allowed = getattr(request, "auth", None)
    if allowed is not None and allowed.channel_code not in ("", command.channel):
        raise PermissionRefused(
            f"this key may only send orders of {allowed.channel_code}",
            field="channel",
            remedy="Use that channel's key.",
        )
    received = order_take_in(command, actor=actor, at=at)
    if received.error is not None:
        raise received.error
    order = Order.objects.get(pk=received.order_id or 0)
    return (201 if received.is_new else 200), order_out(order)


@router.get("", summary="List orders")
def order_list(
    request: HttpRequest,
    channel: str = "",
    state: str = "",
    external_id: str = "",
    after: int = 0,
    limit: int = 50,
) -> dict[str, Any]:
    """Orders by id; `after` is the last id of the page before."""
    require(request, "orders.view")
    if not 1 <= limit <= 200:
        raise InvalidInput("limit is 1 to 200", field="limit", remedy="Ask for pages of at most 200.")
    found = Order.objects.filter(pk__gt=after).select_related("channel", "customer").order_by("pk")
    for name, value in (("channel__code", channel), ("state", state), ("external_id", external_id)):
        if value:
            found = found.filter(**{name: value})
    orders = list(found[:limit])
    return {
        "orders": [order_out(order, lines=False) for order in orders],
        "next": orders[-1].pk if len(orders) == limit else None,
    }


@router.get("/{number}", summary="Read an order")
def order_read(request: HttpRequest, number: str) -> dict[str, Any]:
    """One order with its lines, charges and allocations, by its number."""
    require(request, "orders.view")
    return order_out(_order(number))


@router.post("/{number}/cancel", summary="Cancel an order")
def order_cancel_(request: HttpRequest, number: str, content: Any = BODY) -> dict[str, Any]:
    """Cancel what has not been released for picking; body: {"reason": …}."""
    require(request, "orders.edit")
    reason = content.get("reason") if isinstance(content, dict) else None
    if not isinstance(reason, str):
        raise InvalidInput("reason is missing", field="reason", remedy='Send {"reason": "…"}.')
    order = _order(number)
    order_cancel(order_id=order.pk, reason=reason, actor=request.user, at=timezone.now())  # type: ignore[arg-type]
    return order_out(_order(number))


def _order(number: str) -> Order:
    order = Order.objects.select_related("channel", "customer").filter(number=storable(number)[:20]).first()
    if order is None:
        raise NotFound(
            f"there is no order {storable(number)[:20]}",
            field="number",
            remedy="Use the number we answered with.",
        )
    return order


def _headers(request: HttpRequest) -> dict[str, str]:
    kept = ("Content-Type", "Idempotency-Key", "User-Agent", "X-Request-Id")
    return {name: request.headers[name] for name in kept if name in request.headers}


def _kit_out(item: OrderedItem) -> dict[str, Any]:
    """A kit as it was ordered; `lines[].kit` names its position."""
    kit = item.kit
    assert kit is not None
    return {
        "position": kit.position, "sku": kit.product.sku, "channel_sku": kit.channel_sku, "quantity": kit.quantity,
        "quantity_shippable": item.progress.shippable, "quantity_shipped": item.progress.shipped,
        "quantity_cancelled": item.progress.cancelled, "unit_price": f"{kit.unit_price:f}",
        "line_total": f"{kit.line_total:f}",
        "components": [{"sku": sku, "quantity": units} for _, sku, units in kit.bill_of_materials],
    }  # fmt: skip


def order_out(order: Order, *, lines: bool = True) -> dict[str, Any]:
    """This function will return an order as the API shows it; amounts are text, so that no client reads them as floats."""
    content: dict[str, Any] = {
        "id": order.pk, "number": order.number, "channel": order.channel.code, "external_id": order.external_id,
        "state": order.state, "currency": order.currency, "ordered_at": order.ordered_at.isoformat(),
        "ship_by": order.ship_by.isoformat(), "total": f"{order.total:.2f}",
        "customer": order.customer.number if order.customer else None,
    }  # fmt: skip
    if lines:
        items = ordered_items(order.pk)
        content["lines"] = [
            {
                "position": line.position, "sku": line.product.sku, "quantity_ordered": line.quantity_ordered,
                "quantity_allocated": line.quantity_allocated, "quantity_shipped": line.quantity_shipped,
                "quantity_cancelled": line.quantity_cancelled, "unit_price": f"{line.unit_price:f}",
                "line_total": f"{line.line_total:f}", "kit": item.kit.position if item.kit else None,
            }
            for item in items for line in item.lines
        ]  # fmt: skip
        content["kits"] = [_kit_out(item) for item in items if item.kit]
        content["holds"] = [
            {"kind": hold.kind, "reason": hold.reason, "state": hold.state}
            for hold in order.holds.order_by("pk")
        ]
    return content
