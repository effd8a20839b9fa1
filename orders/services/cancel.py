"""Who cancels an order, lines or units of it, for a reason that can be counted?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.db import transaction

from erp.core.errors import Conflict, InvalidInput, NotFound
from erp.core.models import User
from erp.core.money import ZERO
from orders.editing import LineNow, share
from orders.locks import lock_order
from orders.models import CancelReason, Order, OrderLine
from orders.services.change import ChangeNote, change_record, check_version, kit_of, lines_now
from orders.services.refund_due import amount_due
from orders.services.release import order_cancel

# What may be chosen until an administrator keeps a list of their own.
REASONS = {
    "CUSTOMER_REQUEST": "The customer asked for it",
    "OUT_OF_STOCK": "Out of stock",
    "FRAUD": "Fraud",
    "PRICE_ERROR": "Price error",
    "ADDRESS": "Can not be delivered there",
    "PAYMENT": "Not paid",
    "DUPLICATE": "Ordered twice",
    "OTHER": "Other",
}


class CancelPreview(NamedTuple):
    """What a cancellation would do: units cancelled, units that become sellable, and what is to be paid back."""

    units: int
    units_back: int
    due_before: Decimal
    due_after: Decimal
    refund_due: Decimal
    is_whole: bool


def cancel_reasons() -> dict[str, str]:
    """This function will return the reasons to choose from, code → label."""
    return (
        dict(CancelReason.objects.filter(is_active=True).order_by("label").values_list("code", "label"))
        or REASONS
    )


@transaction.atomic
def order_cancel_units(
    *, order_id: int, quantities: Mapping[int, int] | None, reason_code: str, remark: str = "", version: str = "",
    actor: User, at: datetime,
) -> int:  # fmt: skip
    """This function will cancel units per line id (None: everything left) and record why; returns the units.

    InvalidInput for a reason that is not on the list, or when no unit is named; Outdated when the form saw another
    version; Conflict for units on the floor (see `order_cancel`), and for a part of a kit.
    """
    reasons = cancel_reasons()
    if reason_code not in reasons:
        raise InvalidInput("choose a reason", field="reason_code", remedy=f"One of {', '.join(reasons)}.")
    order = lock_order(order_id)
    check_version(order, version)
    if quantities is not None and not any(quantities.values()):
        raise InvalidInput("no unit is named", field="quantities", remedy="Say how many units of which line.")
    lines = lines_now(order_id)
    _check_kits(order_id, quantities)
    words = reasons[reason_code] + (f": {remark.strip()}" if remark.strip() else "")
    total = order.total
    units = order_cancel(order_id=order_id, quantities=quantities, reason=words, actor=actor, at=at)
    changes = [
        {"what": f"{line.sku} cancelled", "old": str(line.cancelled), "new": str(line.cancelled + n)}
        for line in lines if (n := _units(line, quantities))
    ]  # fmt: skip
    change_record(
        order=order, note=ChangeNote("CANCEL", changes, words, total, reason_code), actor=actor, at=at
    )
    return units


def order_cancel_preview(*, order_id: int, quantities: Mapping[int, int] | None) -> CancelPreview:
    """This function will say what a cancellation would do; InvalidInput or Conflict as when it is done."""
    order = Order.objects.filter(pk=order_id).first()
    if order is None:
        raise NotFound(f"there is no order #{order_id}", field="order", remedy="Reload the list.")
    lines = lines_now(order_id)
    wanted = {line.line_id: _units(line, quantities) for line in lines}
    for line in lines:
        left = line.wanted - line.shipped
        if not 0 <= wanted[line.line_id] <= left:
            raise InvalidInput(
                f"{line.sku} has {left} units left", field="quantities", remedy=f"Cancel 0 to {left}."
            )
        if wanted[line.line_id] > left - line.planned:
            raise Conflict(
                f"{line.planned} units of {line.sku} are on the floor", field="quantities",
                remedy="Cancel the fulfilment order first, or let it ship and take it back.",
            )  # fmt: skip
    _check_kits(order_id, quantities)
    before = amount_due(order)
    rows = [(line, line.wanted - wanted[line.line_id]) for line in lines]
    after = sum(
        (share(line.line_total, kept, line.ordered, order.currency) + share(line.tax, kept, line.ordered, order.currency)
         for line, kept in rows),
        ZERO,
    )  # fmt: skip
    after += order.charges_total if any(kept for _, kept in rows) else ZERO
    back = sum(max(0, wanted[row.line_id] - (row.wanted - row.shipped - row.allocated)) for row in lines)
    paid = order.amount_paid - order.amount_refunded
    units = sum(wanted.values())
    whole = not any(kept - line.shipped for line, kept in rows)
    return CancelPreview(units, back, before, after, max(ZERO, paid - after), whole)


def _units(line: LineNow, quantities: Mapping[int, int] | None) -> int:
    return line.wanted - line.shipped if quantities is None else quantities.get(line.line_id, 0)


def _check_kits(order_id: int, quantities: Mapping[int, int] | None) -> None:
    """A kit is cancelled whole kits at a time: its lines lose the same share."""
    shares: dict[int, set[Decimal]] = {}
    for line in OrderLine.objects.filter(order_id=order_id) if quantities is not None else []:
        kit = kit_of(line)
        if kit is not None and quantities is not None:
            lost = Decimal(quantities.get(line.pk, 0)) / line.quantity_ordered
            shares.setdefault(kit, set()).add(lost)
    if any(len(found) > 1 for found in shares.values()):
        raise Conflict(
            "a kit is cancelled whole",
            field="quantities",
            remedy="Cancel the same number of kits of every line of it.",
        )
