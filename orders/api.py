"""Which orders can a program send and read? Mounted at /api/v1/orders by `erp.api`."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Body, Router

from erp.core.api import (
    After,
    Limit,
    VersionWrong,
    body_as,
    caller,
    matched,
    page_of,
    require,
    require_channel,
    tag,
)
from erp.core.api_schemas import Reason
from erp.core.errors import Conflict, InvalidInput, NotFound
from erp.core.text import storable
from orders.api_change import read_change
from orders.api_schemas import HoldIn, OrderChangeIn, OrderIn, OrderOut, OrderPage
from orders.api_subscription import subscription_routes
from orders.channels.normalise import order_command
from orders.models import Hold, Order
from orders.selectors import OrderedItem, ordered_items
from orders.services import hold_open, hold_release_many, order_cancel, order_edit, order_take_in
from orders.services.change import Outdated, order_version
from orders.states import HoldKind, HoldState

HELD_BY_HAND = (HoldKind.MANUAL, HoldKind.FRAUD, HoldKind.ADDRESS, HoldKind.COMPLIANCE, HoldKind.DUPLICATE)
router = Router(tags=["orders"])
BODY = Body(...)
subscription_routes(router)  # before /{number}, which would take their address for a number


CREATED = {201: OrderOut, 200: OrderOut}


@router.post("", summary="Receive an order", response=CREATED, openapi_extra=body_as(OrderIn))
def order_create(request: HttpRequest, content: Any = BODY) -> tuple[int, dict[str, Any]]:
    """Store the order raw, validate it, confirm or hold it, and promise stock to it.

    The same `external_id` with the same content answers 200 with the order it became; with other content 409.
    """
    require(request, "orders.create")
    at = timezone.now()
    command = order_command(content, body=storable(request.body), at=at, headers=_headers(request))
    require_channel(request, command.channel)
    received = order_take_in(command, actor=caller(request), at=at)
    if received.error is not None:
        raise received.error
    order = Order.objects.get(pk=received.order_id or 0)
    return (201 if received.is_new else 200), _shown(request, order)


@router.get("", summary="List orders", response=OrderPage)
def order_list(
    request: HttpRequest,
    channel: str = "",
    state: str = "",
    external_id: str = "",
    after: After = "",
    limit: Limit = 50,
) -> dict[str, Any]:
    """Orders as they came, filtered by channel code, state or the channel's own number."""
    require(request, "orders.view")
    found = Order.objects.select_related("channel", "customer")
    for name, value in (("channel__code", channel), ("state", state), ("external_id", external_id)):
        if value:
            found = found.filter(**{name: storable(value)[:80]})
    return page_of(
        request,
        found,
        after=after,
        limit=limit,
        name="orders",
        show=lambda order: order_out(order, lines=False),
    )


@router.get("/{number}", summary="Read an order", response=OrderOut)
def order_read(request: HttpRequest, number: str) -> dict[str, Any]:
    """One order with its lines, kits and holds, by its number. Its ETag changes with everything that a change of it must know."""
    require(request, "orders.view")
    return _shown(request, _order(number))


@router.patch(
    "/{number}", summary="Change an order", response=OrderOut,
    openapi_extra=body_as(OrderChangeIn, **{"x-if-match": "required"}),
)  # fmt: skip
def order_change(request: HttpRequest, number: str, content: Any = BODY) -> dict[str, Any]:
    """Change quantities and prices of lines, add lines, or change wishes: all of it or nothing. If-Match must be sent.

    A price below the agreed one by more than your limit puts the order on hold until somebody approves.
    """
    require(request, "orders.edit")
    change = read_change(content)
    order = _order(number)
    require_channel(request, order.channel.code)
    version = order_version(order.pk)
    matched(request, version, is_required=True)
    try:
        order_edit(
            order_id=order.pk, edit=change.edit_of(order.pk, version), reason=change.reason, actor=caller(request),
            at=timezone.now(),
        )  # fmt: skip
    except Outdated as error:
        raise VersionWrong(
            error.message, field="If-Match", remedy="Read it again and decide anew."
        ) from error
    return _shown(request, _order(number))


@router.post(
    "/{number}/cancel", summary="Cancel an order", response=OrderOut, openapi_extra=body_as(Reason, **{"x-if-match": "optional"})
)  # fmt: skip
def order_cancel_(request: HttpRequest, number: str, content: Any = BODY) -> dict[str, Any]:
    """Cancel what has not been released for picking; body: {"reason": …}."""
    require(request, "orders.edit")
    reason = _reason(content)
    order = _seen(request, number)
    order_cancel(order_id=order.pk, reason=reason, actor=caller(request), at=timezone.now())
    return _shown(request, _order(number))


@router.post(
    "/{number}/hold", summary="Put an order on hold", response=OrderOut,
    openapi_extra=body_as(HoldIn, **{"x-if-match": "optional"}),
)  # fmt: skip
def order_hold(request: HttpRequest, number: str, content: Any = BODY) -> dict[str, Any]:
    """Keep an order from going on; what was promised to it goes back to the shelf. 409 once it is on the floor."""
    require(request, "orders.edit")
    reason = _reason(content, {"kind", "reason"})
    kind = content.get("kind", HoldKind.MANUAL)
    if kind not in HELD_BY_HAND:
        raise InvalidInput(
            "there is no such kind of hold", field="kind", remedy=f"Use one of {', '.join(HELD_BY_HAND)}."
        )
    order = _seen(request, number)
    hold_open(order_id=order.pk, kind=kind, reason=reason, actor=caller(request), at=timezone.now())
    return _shown(request, _order(number))


@router.post(
    "/{number}/release", summary="Release the holds of an order", response=OrderOut,
    openapi_extra=body_as(Reason, **{"x-if-match": "optional"}),
)  # fmt: skip
def order_release(request: HttpRequest, number: str, content: Any = BODY) -> dict[str, Any]:
    """Release all open holds; the order is confirmed. 403 when one of them is another role's, 409 when there is none."""
    require(request, "orders.hold_release")
    reason = _reason(content)
    order = _seen(request, number)
    holds = list(Hold.objects.filter(order=order, state=HoldState.OPEN).values_list("pk", flat=True))
    if not holds:
        raise Conflict(f"{order} has no open hold", field="number", remedy="Nothing is to be done.")
    hold_release_many(hold_ids=holds, reason=reason, actor=caller(request), at=timezone.now())
    return _shown(request, _order(number))


def _seen(request: HttpRequest, number: str) -> Order:
    """The order, of a channel that the key may act for, in the version that the client saw if it says so."""
    order = _order(number)
    require_channel(request, order.channel.code)
    matched(request, order_version(order.pk))
    return order


def _shown(request: HttpRequest, order: Order) -> dict[str, Any]:
    tag(request, order_version(order.pk))
    return order_out(order)


def _reason(content: Any, known: Collection[str] = ("reason",)) -> str:
    reason = content.get("reason") if isinstance(content, dict) else None
    if not isinstance(reason, str):
        raise InvalidInput("reason is missing", field="reason", remedy='Send {"reason": "…"}.')
    unknown = sorted(set(content) - set(known))
    if unknown:
        raise InvalidInput(
            f"unknown field {unknown[0][:40]}",
            field=unknown[0][:40],
            remedy=f"Known are: {', '.join(sorted(known))}.",
        )
    return reason[:300]


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
            {"id": hold.pk, "kind": hold.kind, "reason": hold.reason, "state": hold.state}
            for hold in order.holds.order_by("pk")
        ]
    return content
