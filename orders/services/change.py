"""How is a change of an order recorded, and how does a form know that it looks at an old order?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Max

from erp.core.errors import Conflict, InvalidInput
from erp.core.models import ApprovalRequest, StateChange, User
from erp.core.sql import query
from erp.core.states import ApprovalState
from orders.editing import LineNow
from orders.models import Order, OrderChange, OrderLine
from orders.states import OrderState

DOCUMENT = "orders.Order"
OVERRIDE = "orders.price_override"
UNRELEASED = (OrderState.RECEIVED, OrderState.ON_HOLD, OrderState.CONFIRMED, OrderState.ALLOCATED)
_QUIET = "orders.order_allocate_many"  # a promise changes nothing that a form shows


class Outdated(Conflict):
    """The form was filled in on an order that has changed since."""

    code = "outdated"


@dataclass(frozen=True)
class ChangeNote:
    """What to write down about a change besides who and when."""

    kind: str
    changes: Sequence[dict[str, str]]
    reason: str
    total_before: Decimal
    reason_code: str = ""
    approval: ApprovalRequest | None = None
    other_order_id: int | None = None


def change_record(*, order: Order, note: ChangeNote, actor: User, at: datetime) -> OrderChange:
    """This function will append a change to a locked order, numbered and ending at the order's total of now."""
    last = OrderChange.objects.filter(order=order).aggregate(last=Max("number"))["last"] or 0
    total = Order.objects.values_list("total", flat=True).get(pk=order.pk)
    return OrderChange.objects.create(
        order=order, number=last + 1, kind=note.kind, changes=list(note.changes), total_before=note.total_before,
        total_after=total, reason=note.reason[:300], reason_code=note.reason_code, actor=actor,
        approval=note.approval, other_order_id=note.other_order_id, at=at,
    )  # fmt: skip


def need_reason(reason: str) -> str:
    """This function will return the reason without its edges; InvalidInput when there is none."""
    if not reason.strip():
        raise InvalidInput("a change needs a reason", field="reason", remedy="Say why in a few words.")
    return reason.strip()


def order_version(order_id: int) -> str:
    """This function will return a text that is another one after every change of the order that a form should know of."""
    change = OrderChange.objects.filter(order=order_id).aggregate(last=Max("pk"))["last"] or 0
    states = StateChange.objects.filter(document_type=DOCUMENT, document_id=order_id).exclude(action=_QUIET)
    state = states.aggregate(last=Max("pk"))["last"] or 0
    ((cancelled, shipped),) = query(
        "SELECT coalesce(sum(quantity_cancelled), 0), coalesce(sum(quantity_shipped), 0) FROM orders_orderline "
        "WHERE order_id = %s",
        [order_id],
    )
    return f"{change}.{state}.{cancelled}.{shipped}"


def check_version(order: Order, version: str) -> None:
    """This function will raise Outdated, saying what happened meanwhile, unless the form saw the order as it is."""
    if not version or version == order_version(order.pk):
        return
    raise Outdated(
        f"{order} has changed since you opened this page", field="version",
        remedy="Look at what changed, check what you typed, and save again.",
        meanwhile=changed_since(order.pk, version),
    )  # fmt: skip


def changed_since(order_id: int, version: str) -> list[str]:
    """This function will tell what happened to an order since it had that version, oldest first."""
    parts = [int(part) if part.isascii() and part.isdigit() else 0 for part in version.split(".")[:2]] + [
        0,
        0,
    ]
    found = [
        f"{change.actor}: "
        + "; ".join(f"{c['what']} {c['old'] or '–'} → {c['new'] or '–'}" for c in change.changes)
        for change in OrderChange.objects.filter(order=order_id, pk__gt=parts[0])
        .select_related("actor")
        .order_by("pk")
    ]
    states = StateChange.objects.filter(document_type=DOCUMENT, document_id=order_id, pk__gt=parts[1])
    for row in states.exclude(action=_QUIET).select_related("actor").order_by("pk"):
        why = f" ({row.reason})" if row.reason else ""
        found.append(f"{row.actor}: {row.from_state} → {row.to_state}{why}")
    return found or ["Units were cancelled or shipped."]


def check_editable(order: Order) -> None:
    """This function will raise Conflict once nothing of the order may be changed any more, or while a change waits."""
    if order.state not in (*UNRELEASED, OrderState.RELEASED):
        raise Conflict(
            f"{order} is {order.get_state_display().lower()}", field="order",
            remedy="What has been shipped comes back by a return; a new wish is a new order.",
        )  # fmt: skip
    if pending_approval(order.pk) is not None:
        raise Conflict(
            f"a price override of {order} waits for approval", field="order",
            remedy="Have it decided, or withdraw it on the order's page.",
        )  # fmt: skip


def pending_approval(order_id: int) -> ApprovalRequest | None:
    """This function will return the price override of an order that waits for somebody's decision, if there is one."""
    return ApprovalRequest.objects.filter(
        kind=OVERRIDE, document_type=DOCUMENT, document_id=order_id, state=ApprovalState.PENDING
    ).first()


def lines_now(order_id: int) -> list[LineNow]:
    """This function will return an order's lines as they stand, with the units that the floor has taken up."""
    planned: dict[int, int] = dict(
        query(
            "SELECT a.order_line_id, sum(a.quantity)::bigint FROM orders_allocation a JOIN orders_orderline l "
            "ON l.id = a.order_line_id WHERE l.order_id = %s AND a.state = 'ACTIVE' AND a.is_planned GROUP BY 1",
            [order_id],
        )  # type: ignore[arg-type]
    )
    lines = OrderLine.objects.filter(order_id=order_id).select_related("product").order_by("position")
    return [
        LineNow(
            line.pk, line.position, line.product_id, line.product.sku, line.quantity_ordered, line.quantity_allocated,
            planned.get(line.pk, 0), line.quantity_picked, line.quantity_shipped, line.quantity_cancelled,
            line.unit_price, line.line_total, line.tax_amount, line.unit_price_agreed, kit_of(line), line.quantity_per_kit or 1,
        )
        for line in lines
    ]  # fmt: skip


def kit_of(line: Any) -> int | None:
    """This function will return the kit that a line belongs to, or None."""
    return getattr(line, "kit_id", None)
