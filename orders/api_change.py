"""How does a change of an order arrive through the REST API, and which edit is it?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from erp.core.errors import InvalidInput
from orders.channels import fields
from orders.editing import Edit, LineAdd, LineEdit
from orders.models import OrderLine

_TOP = {"reason", "lines", "add", "priority", "ships_complete", "email", "warehouse_note"}
MOST = 1_000


@dataclass(frozen=True)
class OrderChangeCommand:
    """What the client wishes. Lines are named by their position."""

    reason: str
    lines: Sequence[tuple[int, int | None, Decimal | None]] = ()
    added: Sequence[LineAdd] = ()
    header: Mapping[str, Any] = field(default_factory=dict)

    def edit_of(self, order_id: int, version: str) -> Edit:
        """This function will return the edit of an order in that version; InvalidInput for a position it does not have."""
        ids = dict(OrderLine.objects.filter(order=order_id).values_list("position", "pk"))
        for number, (position, _, _) in enumerate(self.lines, start=1):
            if position not in ids:
                raise InvalidInput(
                    f"the order has no line {position}", field=f"lines[{number}].position", remedy="Read the order."
                )  # fmt: skip
        edits = [LineEdit(ids[position], units, price) for position, units, price in self.lines]
        return Edit(edits, self.added, self.header, version)


def read_change(content: Any) -> OrderChangeCommand:
    """This function will return the change that a body describes; InvalidInput names the field at fault."""
    top = _object(content, "body", _TOP)
    lines = [_line(row, f"lines[{number}]") for number, row in enumerate(_list(top, "lines"), start=1)]
    positions = [position for position, _, _ in lines]
    if len(positions) != len(set(positions)):
        raise InvalidInput("a position comes twice", field="lines", remedy="Name each line once.")
    return OrderChangeCommand(
        reason=fields.read_text(top.get("reason"), "reason", 300),
        lines=lines,
        added=[_new(row, f"add[{number}]") for number, row in enumerate(_list(top, "add"), start=1)],
        header=_header(top),
    )


def _header(top: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if top.get("priority") is not None:
        priority = top["priority"]
        if isinstance(priority, bool) or not isinstance(priority, int) or not -100 <= priority <= 100:
            raise InvalidInput(
                "priority is a whole number from -100 to 100", field="priority", remedy="Send one."
            )
        found["priority"] = priority
    if top.get("ships_complete") is not None:
        if not isinstance(top["ships_complete"], bool):
            raise InvalidInput("ships_complete is true or false", field="ships_complete", remedy="Send one.")
        found["ships_complete"] = top["ships_complete"]
    for name, length in (("email", 254), ("warehouse_note", 500)):
        if top.get(name) is not None:
            found[name] = fields.read_text(top[name], name, length, required=False)
    return found


def _line(value: Any, path: str) -> tuple[int, int | None, Decimal | None]:
    row = _object(value, path, {"position", "quantity", "unit_price"})
    position = fields.read_quantity(row.get("position"), f"{path}.position")
    units = row.get("quantity")
    if units is not None and units != 0:
        units = fields.read_quantity(units, f"{path}.quantity")
    if isinstance(units, bool):
        raise InvalidInput(f"{path}.quantity is no number", field=f"{path}.quantity", remedy="Send units.")
    return position, units, _price(row, path)


def _new(value: Any, path: str) -> LineAdd:
    row = _object(value, path, {"sku", "quantity", "unit_price"})
    sku = fields.read_text(row.get("sku"), f"{path}.sku", 80)
    return LineAdd(sku, fields.read_quantity(row.get("quantity"), f"{path}.quantity"), _price(row, path))


def _price(row: Mapping[str, Any], path: str) -> Decimal | None:
    value = row.get("unit_price")
    return None if value is None else fields.read_amount(value, f"{path}.unit_price")


def _list(top: Mapping[str, Any], name: str) -> list[Any]:
    rows = top.get(name, [])
    if not isinstance(rows, list) or len(rows) > MOST:
        raise InvalidInput(f"{name} is a list of at most {MOST:,}", field=name, remedy="Send […].")
    return rows


def _object(value: Any, path: str, known: set[str]) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InvalidInput(f"{path} must be an object", field=path, remedy="Send {…}.")
    unknown = sorted(str(name)[:40] for name in value if name not in known)
    if unknown:
        raise InvalidInput(
            f"{path} has unknown fields: {', '.join(unknown[:5])}", field=unknown[0],
            remedy=f"Known are: {', '.join(sorted(known))}.",
        )  # fmt: skip
    return value
