"""How do a channel's order and ours differ, thing by thing?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from erp.core.money import quantize
from erp.core.pages.format import money_text
from orders.channels.document import Snapshot
from orders.channels.fold import Picture
from orders.editing import due_of
from orders.models import Order, OrderCharge, OrderLine, Payment
from orders.states import OrderState

PLACE = ("name", "line1", "city", "postcode", "country")


@dataclass(frozen=True)
class Pair:
    """One thing as the channel says it and as we have it. `differs` only where the two should agree."""

    what: str
    theirs: str
    ours: str
    differs: bool = False


def order_pairs(picture: Picture, order: Order | None, line_map: Mapping[str, int]) -> list[Pair]:
    """This function will lay the picture of a channel's order and our order side by side."""
    snapshot = picture.snapshot
    if snapshot is None:
        return []
    cancelled = picture.cancelled is not None
    return [
        Pair(
            "State", "cancelled" if cancelled else "open", order.get_state_display() if order else "–",
            bool(order) and cancelled != (order.state == OrderState.CANCELLED),  # type: ignore[union-attr]
        ),
        _place(snapshot, order),
        *_lines(snapshot, order, line_map),
        *_charges(snapshot, order),
        *_money(picture, order),
        _standing(picture, order),
    ]  # fmt: skip


def _place(snapshot: Snapshot, order: Order | None) -> Pair:
    theirs = ", ".join(part for part in asdict(snapshot.ship_to).values() if part)
    ours = (
        ", ".join(part for name in PLACE if (part := getattr(order, f"ship_to_{name}", ""))) if order else ""
    )
    return Pair(
        "Ship to", theirs or "–", ours or "–", bool(order and theirs) and theirs.lower() != ours.lower()
    )


def _lines(snapshot: Snapshot, order: Order | None, line_map: Mapping[str, int]) -> Iterator[Pair]:
    rows = OrderLine.objects.filter(order=order).select_related("product", "kit__product") if order else ()
    ours = {line.position: line for line in rows}
    seen = set()
    for line in snapshot.lines:
        units = line.quantity - line.removed
        mine = ours.get(line_map.get(line.ref, 0))
        seen.add(line_map.get(line.ref, 0))
        theirs = f"{units} × {line.unit_price:,.2f}"
        if mine is None:
            yield Pair(line.sku, theirs, "–", order is not None and units > 0)
            continue
        left = mine.quantity_ordered - mine.quantity_cancelled
        yield Pair(
            line.sku, theirs, f"{left} × {mine.unit_price:,.2f} ({mine.product.sku})",
            mine.kit_id is None and (left != units or mine.unit_price != line.unit_price),
        )  # fmt: skip
    for position, extra in sorted(ours.items()):
        left = extra.quantity_ordered - extra.quantity_cancelled
        if position not in seen and left and extra.kit_id is None and extra.substitute_of_id is None:
            yield Pair(extra.product.sku, "–", f"{left} × {extra.unit_price:,.2f}", bool(line_map))


def _charges(snapshot: Snapshot, order: Order | None) -> Iterator[Pair]:
    words = {str(kind): label for kind, label in OrderCharge.KINDS}
    theirs: dict[str, Decimal] = {}
    for charge in snapshot.charges:
        theirs[charge.kind] = theirs.get(charge.kind, Decimal(0)) + charge.amount
    ours: dict[str, Decimal] = {}
    for row in OrderCharge.objects.filter(order=order) if order else ():
        ours[row.kind] = ours.get(row.kind, Decimal(0)) + row.amount
    for kind in sorted({*theirs, *ours}):
        told, kept = theirs.get(kind, Decimal(0)), ours.get(kind, Decimal(0))
        yield Pair(words.get(kind, kind), f"{told:,.2f}", f"{kept:,.2f}", order is not None and told != kept)


def _money(picture: Picture, order: Order | None) -> Iterator[Pair]:
    known: dict[tuple[str, str], Payment] = {}
    if order:
        known = {(row.provider, row.provider_ref): row for row in Payment.objects.filter(order=order)}
    for word, rows in (("Payment", picture.payments), ("Refund", picture.refunds)):
        for row in rows:
            mine: Any = known.get((row.provider, row.ref))
            yield Pair(
                f"{word} {row.provider} {row.ref}", f"{row.amount:,.2f}", f"{mine.amount:,.2f}" if mine else "–",
                order is not None and (mine is None or mine.amount != row.amount) and row.amount > 0,
            )  # fmt: skip


def _standing(picture: Picture, order: Order | None) -> Pair:
    """What is to be paid in all by now, each side reckoned the same way: what is called off costs nothing."""
    snapshot = picture.snapshot
    assert snapshot is not None
    theirs = Decimal(0)
    if picture.cancelled is None:
        rows = [
            (
                quantize(line.unit_price * line.quantity, snapshot.currency), line.tax_amount, line.quantity - line.removed,
                line.quantity,
            )
            for line in snapshot.lines
        ]  # fmt: skip
        charges = sum((charge.amount for charge in snapshot.charges), Decimal(0))
        theirs = due_of(rows, charges, snapshot.currency)
    lines = OrderLine.objects.filter(order=order) if order else ()
    kept = [
        (row.line_total, row.tax_amount, row.quantity_ordered - row.quantity_cancelled, row.quantity_ordered) for row in lines
    ]  # fmt: skip
    ours = due_of(kept, order.charges_total, order.currency) if order else Decimal(0)
    return Pair(
        "Total as it stands", money_text(theirs, snapshot.currency),
        money_text(ours, order.currency) if order else "–",
        order is not None and (theirs, snapshot.currency) != (ours, order.currency),
    )  # fmt: skip
