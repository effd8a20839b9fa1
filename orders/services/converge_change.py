"""How does our order become what its channel says it is since: lines, prices, taxes, charges, address, wishes?

What the channel says was agreed there. So its prices need no approval of ours, and the checks judge them as those of a new
order. Figures follow from the newest snapshot alone, never from the ones between: who missed one ends at the same cent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any

from erp.core.errors import Conflict
from erp.core.money import ZERO, quantize
from orders import checks
from orders.channels.document import Charge, Line, Place, Snapshot
from orders.editing import Edit, LineAdd, LineEdit
from orders.models import OrderLine
from orders.resolve import sku_of_listing
from orders.services.address import order_change_address
from orders.services.command import ShipTo
from orders.services.converge_case import SAID_BY_CHANNEL, Following
from orders.services.edit import order_edit
from orders.services.order_charge import order_charges_change
from orders.services.release import order_cancel

_WISHES = ("email", "priority", "ships_complete")


def order_follow_change(case: Following, before: Snapshot) -> None:
    """This function will do to our locked order what changed at the channel since the snapshot that it followed.

    An order that nothing is left of there is cancelled. Conflict and InvalidInput say what can not be followed.
    """
    after, told = case.snapshot, {"reason": SAID_BY_CHANNEL, "actor": case.actor, "at": case.at}
    if before.is_left_of and not after.is_left_of:
        order_cancel(order_id=case.order.pk, told_reason="nothing is left of it", **told)  # type: ignore[arg-type]
        return
    _change_lines(case, before)
    charges = _charges(before.charges, after.charges)
    if charges:
        order_charges_change(order_id=case.order.pk, differences=charges, **told)  # type: ignore[arg-type]
    _change_address(case, before.ship_to, after.ship_to)


def _change_lines(case: Following, before: Snapshot) -> None:
    after, row = case.snapshot, case.row
    lines = list(OrderLine.objects.filter(order=case.order).order_by("position"))
    places = {line.position: line for line in lines}
    known = {line.ref: line for line in before.lines}
    standing = {line.ref for line in after.lines}
    vanished = [replace(line, removed=line.quantity) for line in before.lines if line.ref not in standing]
    edits: list[LineEdit] = []
    added: list[tuple[str, LineAdd]] = []
    for line in [*after.lines, *vanished]:
        wanted, old, ours = (
            line.quantity - line.removed,
            known.get(line.ref),
            places.get(row.line_map.get(line.ref, 0)),
        )
        if old is None or (ours is not None and wanted and ours.quantity_ordered == ours.quantity_cancelled):
            if wanted:  # new, or it was taken off and is wanted again: what is off the order stays off
                added.append((line.ref, _addition(case, line, wanted)))
        elif ours is None and (line.quantity, line.removed, line.unit_price) != (
            old.quantity, old.removed, old.unit_price,
        ):  # fmt: skip
            raise Conflict(
                f"{case.order} has no line for “{line.sku}”",
                field="lines",
                remedy="Change the order by hand.",
            )
        elif ours is not None and ours.kit_id is not None:
            edits += _kit_edits(case, line, old, [part for part in lines if part.kit_id == ours.kit_id])
        elif ours is not None:
            edits += _edit(case, line, old, ours)
    wishes = {name: getattr(after, name) for name in _WISHES if getattr(after, name) != getattr(before, name)}
    header = {name: value for name, value in wishes.items() if value != getattr(case.order, name)}
    if not (edits or added or header):
        return
    edit = Edit(edits, [line for _, line in added], header, is_agreed=True)
    order_edit(order_id=case.order.pk, edit=edit, reason=SAID_BY_CHANNEL, actor=case.actor, at=case.at)
    new = (
        OrderLine.objects.filter(order=case.order).exclude(position__in=places).order_by("position")
    ).values_list("position", flat=True)
    row.line_map |= dict(zip((ref for ref, _ in added), new, strict=False))


def _edit(case: Following, line: Line, old: Line, ours: OrderLine) -> list[LineEdit]:
    """What our line becomes. Units that were taken off here by hand already are not taken off twice."""
    wanted, was = line.quantity - line.removed, old.quantity - old.removed
    mine = ours.quantity_ordered - ours.quantity_cancelled
    units = mine if mine == wanted else max(mine + wanted - was, 0)
    price = line.unit_price if line.unit_price != old.unit_price else ours.unit_price
    if (wanted, line.unit_price, line.tax_amount) == (was, old.unit_price, old.tax_amount):
        return []
    tax = quantize(
        line.tax_amount * (ours.quantity_ordered + units - mine) / line.quantity, case.order.currency
    )
    if (units, price) == (mine, ours.unit_price) and tax == ours.tax_amount:
        return []
    return [LineEdit(ours.pk, units, price, tax if units else None)]


def _kit_edits(case: Following, line: Line, old: Line, parts: Sequence[OrderLine]) -> list[LineEdit]:
    """A kit's components follow together; its price was split over them when it came, and only a person can split it anew."""
    if (line.unit_price, line.tax_amount) != (old.unit_price, old.tax_amount):
        raise Conflict(
            f"the kit “{line.sku}” of {case.order} costs {line.unit_price} there now, not {old.unit_price}",
            field="lines", remedy="Change the prices of its components by hand, then accept ours.",
        )  # fmt: skip
    delta = (line.quantity - line.removed) - (old.quantity - old.removed)
    return [
        LineEdit(
            part.pk,
            max(part.quantity_ordered - part.quantity_cancelled + delta * (part.quantity_per_kit or 1), 0),
        )
        for part in parts
        if delta
    ]


def _addition(case: Following, line: Line, wanted: int) -> LineAdd:
    tax = quantize(line.tax_amount * wanted / line.quantity, case.order.currency)
    sku = sku_of_listing(case.order.channel_id, line.sku) or line.sku
    return LineAdd(sku, wanted, line.unit_price, None, tax)


def _charges(before: Sequence[Charge], after: Sequence[Charge]) -> dict[str, Decimal]:
    """What became dearer or cheaper, by kind."""
    found: dict[str, Decimal] = {}
    for sign, charges in ((-1, before), (1, after)):
        for charge in charges:
            found[charge.kind] = found.get(charge.kind, ZERO) + sign * charge.amount
    return {kind: amount for kind, amount in found.items() if amount}


def _change_address(case: Following, before: Place, after: Place) -> None:
    if before == after or not any(asdict(after).values()):
        return
    wanted = checks.normal_address(checks.AddressFacts(*(value.strip() for value in asdict(after).values())))
    if all(value == getattr(case.order, f"ship_to_{name}") for name, value in wanted._asdict().items()):
        return  # somebody was quicker
    ship_to: Any = ShipTo(**asdict(after))
    order_change_address(
        order_id=case.order.pk, ship_to=ship_to, reason=SAID_BY_CHANNEL, actor=case.actor, at=case.at
    )
