"""Which subscriptions can a program take on, read and act upon? Mounted at /api/v1/orders/subscriptions by `orders.api`."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Body, Router

from erp.core.api import After, Limit, body_as, page_of, require, require_channel
from erp.core.api_schemas import Reason
from erp.core.errors import InvalidInput, NotFound
from erp.core.text import storable
from orders.api_schemas import SubscriptionHead, SubscriptionIn, SubscriptionOut, SubscriptionPage
from orders.channels import fields
from orders.models import Subscription
from orders.selectors.subscription import upcoming_orders
from orders.services import (
    SubscriptionDraft,
    SubscriptionLineDraft,
    subscription_cancel,
    subscription_pause,
    subscription_resume,
    subscription_save,
    subscription_skip,
)

BODY = Body(...)
EDIT = "orders.subscription_edit"
ACTS = {
    "pause": subscription_pause, "resume": subscription_resume, "skip": subscription_skip, "cancel": subscription_cancel,
}  # fmt: skip
KNOWN = {
    "customer_number", "channel", "lines", "start_date", "interval_count", "interval_unit", "end_date", "due_hour",
    "price_rule", "payment_kind", "payment_reference",
}  # fmt: skip


def subscription_routes(router: Router) -> None:
    """This function will add the operations to the orders' router."""
    router.get("/subscriptions", summary="List subscriptions", response=SubscriptionPage)(subscription_list)
    router.post(
        "/subscriptions", summary="Take a subscription on", response={201: SubscriptionHead},
        openapi_extra=body_as(SubscriptionIn, **{"x-needs-key": True}),
    )(subscription_create)  # fmt: skip
    router.get("/subscriptions/{number}", summary="Read a subscription", response=SubscriptionOut)(
        subscription_read
    )
    router.post(
        "/subscriptions/{number}/{act}", summary="Pause, resume, skip or cancel", response=SubscriptionHead,
        openapi_extra=body_as(Reason),
    )(subscription_act)  # fmt: skip


def subscription_list(
    request: HttpRequest, customer: str = "", state: str = "", after: After = "", limit: Limit = 50
) -> dict[str, Any]:
    """Subscriptions as they were taken on."""
    require(request, "orders.view")
    found = _rows()
    for name, value in (("customer__number", customer), ("state", state)):
        if value:
            found = found.filter(**{name: storable(value)[:80]})
    return page_of(request, found, after=after, limit=limit, name="subscriptions", show=subscription_out)


def subscription_create(request: HttpRequest, content: Any = BODY) -> tuple[int, dict[str, Any]]:
    """Take a standing order on; its orders are raised by themselves."""
    require(request, EDIT)
    draft = _draft(content)
    require_channel(request, draft.channel)
    saved = subscription_save(draft, actor=request.user, at=timezone.now())  # type: ignore[arg-type]
    return 201, subscription_out(_one(str(saved)))


def subscription_read(request: HttpRequest, number: str) -> dict[str, Any]:
    """One subscription with its lines, dates dealt with and upcoming dates, by its number, SUB-17."""
    require(request, "orders.view")
    return subscription_out(_one(number), runs=True)


def subscription_act(request: HttpRequest, number: str, act: str, content: Any = BODY) -> dict[str, Any]:
    """`act` is pause, resume, skip or cancel; body: {"reason": …}."""
    require(request, EDIT)
    if act not in ACTS:
        raise NotFound(f"there is no act “{act[:20]}”", field="act", remedy=f"Use one of {', '.join(ACTS)}.")
    reason = content.get("reason") if isinstance(content, dict) else None
    if not isinstance(reason, str):
        raise InvalidInput("reason is missing", field="reason", remedy='Send {"reason": "…"}.')
    found = _one(number)
    require_channel(request, found.channel.code)
    ACTS[act](subscription_id=found.pk, reason=reason, actor=request.user, at=timezone.now())  # type: ignore[arg-type]
    return subscription_out(_one(number))


def _rows() -> Any:
    return Subscription.objects.select_related("customer", "channel").prefetch_related("lines__product")


def _one(number: str) -> Subscription:
    digits = number.removeprefix("SUB-")
    known = digits.isascii() and digits.isdigit() and len(digits) < 18
    found: Subscription | None = _rows().filter(pk=int(digits)).first() if known else None
    if found is None:
        raise NotFound(
            "there is no such subscription", field="number", remedy="Use the number we answered with, SUB-17."
        )
    return found


def _draft(content: Any) -> SubscriptionDraft:
    if not isinstance(content, dict):
        raise InvalidInput("the body is no object", field="body", remedy="Send {…}.")
    unknown = sorted(set(content) - KNOWN)
    if unknown:
        raise InvalidInput(
            f"unknown field {unknown[0][:40]}",
            field=unknown[0][:40],
            remedy=f"Known are: {', '.join(sorted(KNOWN))}.",
        )
    lines = content.get("lines")
    if not isinstance(lines, list):
        raise InvalidInput("lines is no list", field="lines", remedy="Send a list of {sku, quantity}.")
    start, end = content.get("start_date"), content.get("end_date")
    return SubscriptionDraft(
        customer_number=fields.read_text(content.get("customer_number"), "customer_number", 40),
        channel=fields.read_text(content.get("channel"), "channel", 40),
        lines=[_line(line, f"lines[{number}]") for number, line in enumerate(lines, start=1)],
        start_date=_date(start, "start_date"),
        interval_count=_whole(content.get("interval_count", 1), "interval_count"),
        interval_unit=fields.read_text(content.get("interval_unit", "MONTH"), "interval_unit", 5),
        end_date=_date(end, "end_date") if end is not None else None,
        due_hour=_whole(content.get("due_hour", 6), "due_hour"),
        price_rule=fields.read_text(content.get("price_rule", "LIST"), "price_rule", 5),
        payment_kind=fields.read_text(content.get("payment_kind", "INVOICE"), "payment_kind", 7),
        payment_reference=fields.read_text(
            content.get("payment_reference"), "payment_reference", 120, required=False
        ),
    )


def _line(value: Any, path: str) -> SubscriptionLineDraft:
    if not isinstance(value, dict) or set(value) - {"sku", "quantity", "unit_price"}:
        raise InvalidInput(f"{path} has sku, quantity and unit_price", field=path, remedy="Correct the line.")
    price = value.get("unit_price")
    try:
        amount = Decimal(str(price)) if price is not None else None
    except InvalidOperation as error:
        raise InvalidInput(f"{path}.unit_price is no number", field=path, remedy='Send "12.50".') from error
    sku = fields.read_text(value.get("sku"), f"{path}.sku", 80)
    return SubscriptionLineDraft(sku, _whole(value.get("quantity"), f"{path}.quantity"), amount)


def _whole(value: Any, path: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > 10**9:
        raise InvalidInput(f"{path} is no whole number", field=path, remedy="Send one.")
    return value


def _date(value: Any, path: str) -> date:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else _no_date(path)
    except ValueError:
        return _no_date(path)


def _no_date(path: str) -> date:
    raise InvalidInput(f"{path} is no date", field=path, remedy="Send it as 2026-12-01.")


def subscription_out(found: Subscription, *, runs: bool = False) -> dict[str, Any]:
    """This function will return a subscription as the API shows it."""
    content: dict[str, Any] = {
        "id": found.pk, "number": str(found), "state": found.state, "customer_number": found.customer.number,
        "channel": found.channel.code, "interval_count": found.interval_count, "interval_unit": found.interval_unit,
        "start_date": found.start_date.isoformat(), "end_date": found.end_date.isoformat() if found.end_date else None,
        "next_date": found.next_date.isoformat() if found.next_date else None, "due_hour": found.due_hour,
        "price_rule": found.price_rule, "payment_kind": found.payment_kind, "payment_reference": found.payment_reference,
        "lines": [
            {
                "sku": line.product.sku, "quantity": line.quantity,
                "unit_price": None if line.unit_price is None else f"{line.unit_price:f}",
            }
            for line in found.lines.all()
        ],
    }  # fmt: skip
    if runs:
        content["upcoming"] = [order.day.isoformat() for order in upcoming_orders(found)]
        content["dates"] = [
            {
                "due_date": run.due_date.isoformat(), "outcome": run.outcome, "order": run.order.number if run.order else None,
                "detail": run.detail,
            }
            for run in found.runs.select_related("order").order_by("-due_date")[:100]
        ]  # fmt: skip
    return content
