"""What happens to an order at its channel, message by message, and what must have become of it here whatever came first?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from orders.channels.contract import CANCELLED, ORDER, PAYMENT, REFUND, ChannelEvent
from orders.channels.document import Cancelled, Charge, Line, Paid, Place, Refund, Snapshot, version_of
from orders.models import ChannelOrder, Order, OrderLine
from tests.cast import NOW

HOME = Place("Pat Price", "1 High Street", "Leeds", "LS1 1AA", "GB")
AWAY = Place("Pat Price", "2 Low Road", "York", "YO1 7HH", "GB")
PRICES = {"MUG": Decimal("10.00"), "LAMP": Decimal("20.00")}


@dataclass(frozen=True)
class Life:
    """An order's events in the order in which they happened."""

    external_id: str
    events: Sequence[ChannelEvent]


def snapshot(
    external_id: str, lines: Sequence[Line], *, ship_to: Place = HOME, at: datetime = NOW
) -> Snapshot:
    """An order of these lines, with shipping."""
    charge = Charge("SHIPPING_REVENUE", Decimal("4.50"), "Standard")
    total = sum((line.unit_price * line.quantity for line in lines), Decimal(0)) + charge.amount
    return Snapshot(
        external_id, at, "GBP", tuple(lines), total, (charge,), email="pat@example.com", ship_to=ship_to
    )


def life(number: int, seed: int) -> Life:
    """A life drawn by dice: created, and then perhaps edited, moved, paid, refunded in part, cancelled."""
    dice = Random(f"{seed}:{number}")
    name = f"C-{seed}-{number}"
    lines = [
        Line("l1", "MUG", dice.randint(1, 4), PRICES["MUG"]),
        Line("l2", "LAMP", dice.randint(1, 3), PRICES["LAMP"]),
    ]
    now = snapshot(name, lines[: dice.randint(1, 2)])
    events = [_said(ORDER, name, "", 0, now)]
    paid = now.total
    events.append(_said(PAYMENT, name, "pay", 1, Paid("card", f"{name}-p", paid)))
    if dice.random() < 0.5:  # taken off before it leaves, and paid back
        first = now.lines[0]
        off = dice.randint(1, first.quantity) if len(now.lines) > 1 or first.quantity > 1 else 0
        if off and not (off == first.quantity and len(now.lines) == 1):
            now = replace(now, lines=(replace(first, removed=off), *now.lines[1:]))
            events.append(_said(ORDER, name, "", 2, now))
            back = Refund("card", f"{name}-r", first.unit_price * off, "customer", "", (("l1", off),))
            events.append(_said(REFUND, name, "r", 2, back))
    if dice.random() < 0.4:
        now = replace(now, ship_to=AWAY)
        events.append(_said(ORDER, name, "", 3, now))
    if dice.random() < 0.3:
        events.append(_said(CANCELLED, name, "", 4, Cancelled("changed their mind")))
    return Life(name, events)


def _said(kind: str, order: str, ref: str, step: int, content: Any) -> ChannelEvent:
    return ChannelEvent(kind, order, ref, version_of(NOW + timedelta(minutes=step)), content)


def outcome(external_id: str) -> dict[str, Any]:
    """What became of an order here, without what only time decides (numbers, clocks, ids)."""
    order = Order.objects.get(external_id=external_id)
    lines = sorted(
        (line.channel_sku, str(line.unit_price), line.quantity_ordered - line.quantity_cancelled)
        for line in OrderLine.objects.filter(order=order)
        if line.quantity_ordered > line.quantity_cancelled
    )
    holds = order.holds.filter(state="OPEN").values_list("kind", flat=True)
    is_over = order.state == "CANCELLED"  # where it would have gone does not matter then
    return {
        "state": order.state,
        "lines": lines,
        "paid": str(order.amount_paid),
        "refunded": str(order.amount_refunded),
        "to": [] if is_over else [order.ship_to_line1, order.ship_to_postcode],
        "holds": sorted(holds),
        "pending": ChannelOrder.objects.get(external_id=external_id).pending,
    }
