"""How does an ordered kit become lines for its components, and how is it cancelled?

A kit's price and tax are split over its components by what those cost alone (list price × units per kit; by equal parts
when none has a list price), to the minor unit, residual cents to the largest remainders (`erp.core.money.split`). So the
lines add up to the kit exactly, and everything after intake knows lines only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from erp.core.errors import InvalidInput
from erp.core.money import split
from erp.core.sql import Statements, cents
from inventory.selectors import KitPart
from orders.models import OrderKit, OrderLine

if TYPE_CHECKING:
    from orders.resolve import References
    from orders.services.command import LineCommand, OrderCommand

_FOUR = Decimal("0.0001")
_KITS = {
    "id": "bigint", "order_id": "bigint", "position": "integer", "product_id": "bigint", "channel_sku": "text",
    "description": "text", "quantity": "bigint", "unit_price": "numeric", "line_total": "numeric", "tax_amount": "numeric",
    "bill_of_materials": "jsonb",
}  # fmt: skip


class StockLine(NamedTuple):
    """A line that asks for stock, as it will be written. `kit` counts into the order's kits, from 0."""

    product_id: int
    sku: str
    description: str
    quantity: int
    unit_price: Decimal
    line_total: Decimal
    tax_amount: Decimal
    kit: int | None = None
    quantity_per_kit: int | None = None


class KitLine(NamedTuple):
    """A kit as the channel ordered it; `position` is that of its first component line."""

    position: int
    product_id: int
    line: LineCommand
    line_total: Decimal
    parts: Sequence[KitPart]


def explode(
    lines: Sequence[LineCommand],
    products: Sequence[int],
    totals: Sequence[Decimal],
    kits: Mapping[int, Sequence[KitPart]],
    currency: str,
) -> tuple[list[StockLine], list[KitLine]]:
    """This function will return the lines to write and the kits among them; `kits` maps product id → its components.

    A line of an ordinary product stays what it is. Positions follow the channel's order of lines.
    """
    if not kits:  # nearly every batch
        return [
            StockLine(product_id, line.sku, line.description, line.quantity, line.unit_price, total, line.tax_amount)
            for line, product_id, total in zip(lines, products, totals, strict=True)
        ], []  # fmt: skip
    found: list[StockLine] = []
    made: list[KitLine] = []
    for line, product_id, total in zip(lines, products, totals, strict=True):
        parts = kits.get(product_id)
        if parts is None:
            found.append(
                StockLine(product_id, line.sku, line.description, line.quantity, line.unit_price, total, line.tax_amount)
            )  # fmt: skip
            continue
        made.append(KitLine(len(found) + 1, product_id, line, total, parts))
        found.extend(_components(line, total, parts, len(made) - 1, currency))
    return found, made


def _components(
    line: LineCommand, total: Decimal, parts: Sequence[KitPart], kit: int, currency: str
) -> list[StockLine]:
    weights = [part.list_price * part.quantity for part in parts]
    if not any(weights):
        weights = [Decimal(1)] * len(parts)
    shares, taxes = split(total, weights, currency), split(line.tax_amount, weights, currency)
    return [
        StockLine(
            part.product_id, part.sku, part.name, line.quantity * part.quantity,
            (share / (line.quantity * part.quantity)).quantize(_FOUR, rounding=ROUND_HALF_EVEN), share, tax, kit,
            part.quantity,
        )
        for part, share, tax in zip(parts, shares, taxes, strict=True)
    ]  # fmt: skip


def refuse_empty_kits(command: OrderCommand, references: References) -> None:
    """This function will refuse an order for a kit that consists of nothing; no service leaves one behind."""
    if all(references.kits.values()):
        return
    channel = references.channels[command.channel]
    for number, line in enumerate(command.lines, start=1):
        product = references.product(channel, line.sku)
        if product is not None and product.is_kit and not references.kits.get(product.id):
            raise InvalidInput(
                f"line {number}: the kit {line.sku} has no components", field=f"lines[{number}].sku",
                remedy="Say what the kit consists of, then replay the message.",
            )  # fmt: skip


def add_kits(batch: Statements, rows: Sequence[tuple[int, int, KitLine]]) -> None:
    """This function will add the kits of new orders to the batch: (kit id, order id, kit)."""
    batch.insert(
        "orders_orderkit",
        _KITS,
        [
            (kit_id, order_id, kit.position, kit.product_id, kit.line.sku[:80], kit.line.description[:200],
             kit.line.quantity, cents(kit.line.unit_price), cents(kit.line_total), cents(kit.line.tax_amount),
             json.dumps([[part.product_id, part.sku, part.quantity] for part in kit.parts]))
            for kit_id, order_id, kit in rows
        ],
    )  # fmt: skip


def kit_line_units(order_id: int, kits: Mapping[int, int]) -> dict[int, int]:
    """This function will return the units per line id that `kits` (kit id → whole kits) of an order are.

    InvalidInput for a kit of another order and for a number below zero.
    """
    known = set(OrderKit.objects.filter(order_id=order_id, pk__in=list(kits)).values_list("pk", flat=True))
    for kit_id, count in kits.items():
        if kit_id not in known or count < 0:
            raise InvalidInput(
                f"the order has not {count} of kit #{kit_id}", field="kits", remedy="Load the order again."
            )
    lines = OrderLine.objects.filter(order_id=order_id, kit__in=list(kits)).order_by("position")
    return {line.pk: kits[line.kit_id] * (line.quantity_per_kit or 0) for line in lines if line.kit_id}


def refuse_broken_kits(
    lines: Sequence[OrderLine], wanted: Mapping[int, int], left: Mapping[int, int]
) -> None:
    """This function will refuse a cancellation that takes a component out of a kit: whole kits, or all that is left.

    `lines` are the order's, `wanted` and `left` units per line id. InvalidInput names the kit and the remedy.
    """
    members: dict[int, list[OrderLine]] = {}
    for line in lines:
        if line.kit_id is not None:
            members.setdefault(line.kit_id, []).append(line)
    for kit_id, parts in members.items():
        units = [(wanted.get(part.pk, 0), part.quantity_per_kit or 1) for part in parts]
        is_whole = len({Decimal(taken) / per_kit for taken, per_kit in units}) == 1 and all(
            taken % per_kit == 0 for taken, per_kit in units
        )
        is_rest = all(wanted.get(part.pk, 0) == left[part.pk] for part in parts)
        if not (is_whole or is_rest):
            kit = OrderKit.objects.select_related("product").get(pk=kit_id)
            raise InvalidInput(
                f"{kit.product.sku} is a kit: a component of it can not be cancelled alone", field="quantities",
                remedy="Cancel whole kits, or all that is left of the order.", kit=kit_id,
            )  # fmt: skip


def line_rows(
    order_id: int, ids: Sequence[int], lines: Sequence[StockLine], kit_ids: Sequence[int]
) -> list[tuple[Any, ...]]:
    """This function will return the rows of `orders_orderline` for an order's lines; `kit_ids` in the order of its kits."""
    return [
        (line_id, order_id, position, product_id, sku[:80], description[:200], quantity, cents(unit_price),
         cents(line_total), cents(tax_amount), 0, 0, 0, 0, 0, "0", None if kit is None else kit_ids[kit], per_kit)
        for position, (
            line_id,
            (product_id, sku, description, quantity, unit_price, line_total, tax_amount, kit, per_kit),
        ) in enumerate(zip(ids, lines, strict=True), start=1)
    ]  # fmt: skip
