"""What happens to an order at its channel, message by message, and what must have become of it here whatever came first?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from erp.core.money import quantize
from erp.core.sql import query
from orders.channels.contract import CANCELLED, ORDER, PAYMENT, REFUND, ChannelEvent
from orders.channels.document import Cancelled, Charge, Line, Paid, Place, Refund, Snapshot, version_of
from orders.models import ChannelOrder, Order, OrderCharge, OrderLine, Payment
from tests.cast import NOW

HOME = Place("Pat Price", "1 High Street", "Leeds", "LS1 1AA", "GB")
AWAY = Place("Pat Price", "2 Low Road", "York", "YO1 7HH", "GB")
PRICES = {"MUG": Decimal("9.99"), "LAMP": Decimal("20.01")}


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


def sold(ref: str, sku: str, units: int) -> Line:
    """A line with a fifth of its worth as tax, rounded over the line as a channel does."""
    return Line(ref, sku, units, PRICES[sku], quantize(PRICES[sku] * units / 5, "GBP"))


def worth(order: Snapshot) -> Decimal:
    """What an order costs as it stands at its channel."""
    total = sum((charge.amount for charge in order.charges), Decimal(0))
    for line in order.lines:
        left = line.quantity - line.removed
        total += quantize(line.unit_price * left, "GBP") + quantize(
            line.tax_amount * left / line.quantity, "GBP"
        )
    return total


class Told:
    """A life while it is told. What the order costs less or more after a change is paid back or paid."""

    def __init__(self, name: str, now: Snapshot) -> None:
        self.name, self.now, self.step = name, now, 0
        self.events = [_said(ORDER, name, "", 0, now)]
        self.say(PAYMENT, "pay", Paid("card", f"{name}-p", worth(now)))

    def say(self, kind: str, ref: str, content: Any) -> None:
        """Let the channel say something of the next minute."""
        self.step += 1
        self.events.append(_said(kind, self.name, ref, self.step, content))

    def become(self, now: Snapshot) -> None:
        """Let the order change, and its money follow."""
        owed = worth(now) - worth(self.now)
        self.now = now
        self.say(ORDER, "", now)
        ref = f"{self.name}-{self.step}"
        if owed > 0:
            self.say(PAYMENT, ref, Paid("card", ref, owed))
        elif owed < 0:
            self.say(REFUND, ref, Refund("card", ref, -owed, "customer"))


def life(number: int, seed: int) -> Life:
    """A life drawn by dice: created and paid, and then perhaps shortened, lengthened, made cheaper, moved, cancelled."""
    dice = Random(f"{seed}:{number}")
    name = f"C-{seed}-{number}"
    lines = [sold("l1", "MUG", dice.randint(1, 4)), sold("l2", "LAMP", dice.randint(1, 3))]
    told = Told(name, snapshot(name, lines[: dice.randint(1, 2)]))
    if dice.random() < 0.5:  # taken off before it leaves, and paid back
        first, *rest = told.now.lines
        off = dice.randint(1, first.quantity) if rest else dice.randint(0, first.quantity - 1)
        if off:
            told.become(replace(told.now, lines=(replace(first, removed=off), *rest)))
    if dice.random() < 0.3:
        told.become(replace(told.now, lines=(*told.now.lines, sold("l3", "MUG", dice.randint(1, 3)))))
    if dice.random() < 0.3:
        free = Charge("DISCOUNT", Decimal("-1.50"), "Sorry")
        told.become(replace(told.now, charges=(*told.now.charges, free)))
    if dice.random() < 0.2:
        *others, last = told.now.lines
        cheaper = replace(last, unit_price=last.unit_price - 1, tax_amount=last.tax_amount - Decimal("0.13"))
        told.become(replace(told.now, lines=(*others, cheaper)))
    if dice.random() < 0.4:
        told.become(replace(told.now, ship_to=AWAY, email="pat@example.org"))
    if dice.random() < 0.3:
        told.say(CANCELLED, "", Cancelled("changed their mind"))
        if dice.random() < 0.5:
            ref = f"{name}-all"
            told.say(REFUND, ref, Refund("card", ref, worth(told.now), "cancelled"))
    return Life(name, told.events)


def _said(kind: str, order: str, ref: str, step: int, content: Any) -> ChannelEvent:
    return ChannelEvent(kind, order, ref, version_of(NOW + timedelta(minutes=step)), content)


_UNITS = """
SELECT p.sku, n.code, x.status, sum(x.units)::bigint FROM (
       SELECT product_id, to_node_id AS node_id, to_status AS status, quantity AS units, order_line_id FROM inventory_stockmove
       UNION ALL
       SELECT product_id, from_node_id, from_status, -quantity, order_line_id FROM inventory_stockmove) x
  JOIN inventory_product p ON p.id = x.product_id JOIN inventory_node n ON n.id = x.node_id
 WHERE x.order_line_id IN (SELECT id FROM orders_orderline WHERE order_id = %s)
 GROUP BY 1, 2, 3 HAVING sum(x.units) <> 0 ORDER BY 1, 2, 3
"""
_MONEY = """
SELECT a.code, sum(l.debit - l.credit) FROM ledger_journalentry e JOIN ledger_journalline l ON l.entry_id = e.id
  JOIN ledger_account a ON a.id = l.account_id
 WHERE e.source_type = 'orders.Payment' AND e.source_id IN (SELECT id FROM orders_payment WHERE order_id = %s)
 GROUP BY 1 HAVING sum(l.debit - l.credit) <> 0 ORDER BY 1
"""


def outcome(external_id: str) -> dict[str, Any]:
    """What became of an order here, without what only the time of arrival decides (numbers, clocks, ids, positions)."""
    order = Order.objects.get(external_id=external_id)
    lines = sorted(
        (line.channel_sku, str(line.unit_price), line.quantity_ordered - line.quantity_cancelled)
        for line in OrderLine.objects.filter(order=order)
        if line.quantity_ordered > line.quantity_cancelled
    )
    holds = order.holds.filter(state="OPEN").values_list("kind", flat=True)
    is_over = (
        order.state == "CANCELLED"
    )  # what it would have cost, and where it would have gone, does not matter then
    return {
        "state": order.state,
        "lines": lines,
        "taxes": _taxes(order),
        "promised": sum(line.quantity_allocated for line in OrderLine.objects.filter(order=order)),
        "total": "" if is_over else str(order.total),
        "charges": [] if is_over else _charges(order),
        "payments": sorted(
            (row.provider, row.provider_ref.removeprefix(external_id), str(row.amount), row.is_refund)
            for row in Payment.objects.filter(order=order)
        ),
        "paid": str(order.amount_paid),
        "refunded": str(order.amount_refunded),
        "to": [] if is_over else [order.ship_to_line1, order.ship_to_postcode, order.email],
        "stock": [list(row) for row in query(_UNITS, [order.pk])],
        "ledger": [[number, str(amount)] for number, amount in query(_MONEY, [order.pk])],
        "holds": sorted(holds),
        "pending": ChannelOrder.objects.get(external_id=external_id).pending,
    }


def _taxes(order: Order) -> list[tuple[str, str]]:
    return sorted(
        (line.channel_sku, str(line.tax_amount))
        for line in OrderLine.objects.filter(order=order)
        if line.quantity_ordered > line.quantity_cancelled
    )


def _charges(order: Order) -> list[tuple[str, str]]:
    return sorted((row.kind, str(row.amount)) for row in OrderCharge.objects.filter(order=order))
