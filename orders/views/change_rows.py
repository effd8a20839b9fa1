"""Which lines does an edit page show, and what did a person type into them?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import HttpRequest

from erp.core.errors import InvalidInput
from orders.editing import Edit, LineAdd, LineEdit, LineNow

NEW_ROWS = 3
NEW_FIELDS = ("new_sku", "new_quantity", "new_price", "new_tax")


@dataclass(frozen=True)
class Row:
    """A line of the order with what was typed; `locked` says why it can not change."""

    line: LineNow
    name: str
    quantity: str
    unit_price: str
    locked: str
    can_substitute: bool


def rows_of(
    lines: list[LineNow], names: Mapping[int, str], replaceable: set[int], request: HttpRequest
) -> list[Row]:
    """This function will return the rows to show: as typed on a post, else as they are."""
    typed = {
        line: (quantity, price)
        for line, quantity, price in zip(
            request.POST.getlist("line_id"),
            request.POST.getlist("quantity"),
            request.POST.getlist("unit_price"),
            strict=False,
        )
    }
    found = []
    for line in lines:
        now = (str(line.wanted), plain(line.unit_price))
        quantity, price = typed.get(str(line.line_id), now)
        locked = "" if line.is_free else "On the floor or shipped"
        if not line.wanted:
            locked = "Off the order"
        can = not locked and line.product_id in replaceable and line.kit_id is None
        found.append(Row(line, names.get(line.product_id, ""), quantity, price, locked, can))
    return found


def new_rows(request: HttpRequest) -> list[dict[str, str]]:
    """This function will return the rows for new lines: what was typed, and blank ones to type into."""
    columns = [request.POST.getlist(name) for name in NEW_FIELDS]
    typed = [
        dict(zip(NEW_FIELDS, row, strict=True))
        for row in zip(*columns, strict=False)
        if any(map(str.strip, row))
    ]
    return typed + [dict.fromkeys(NEW_FIELDS, "")] * max(NEW_ROWS - len(typed), 1)


def edit_of(request: HttpRequest, header: Mapping[str, Any], version: str) -> Edit:
    """This function will return the edit that a page's rows and head ask for; InvalidInput names the row."""
    lines = []
    columns = [request.POST.getlist(name) for name in ("line_id", "quantity", "unit_price")]
    for number, (line, quantity, price) in enumerate(zip(*columns, strict=False), start=1):
        where = f"line {number}"
        lines.append(
            LineEdit(whole(line, where), whole(quantity, f"{where}: units"), amount(price, f"{where}: price"))
        )
    added = []
    for number, row in enumerate(new_rows(request), start=1):
        if not any(value.strip() for value in row.values()):
            continue
        where = f"new line {number}"
        price, tax = row["new_price"].strip(), row["new_tax"].strip()
        added.append(
            LineAdd(
                row["new_sku"].strip(), whole(row["new_quantity"], f"{where}: units"),
                amount(price, f"{where}: price") if price else None, amount(tax, f"{where}: tax") if tax else None,
            )
        )  # fmt: skip
    return Edit(lines, added, header, version)


def whole(text: str, where: str) -> int:
    """This function will read a whole number of zero or more."""
    text = text.strip()
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise InvalidInput(
            f"{where}: “{text[:20]}” is no whole number", field=where, remedy="Type digits only."
        )
    return int(text)


def amount(text: str, where: str) -> Decimal:
    """This function will read a plain decimal number."""
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise InvalidInput(
            f"{where}: “{text[:20]}” is no number", field=where, remedy="Type it plainly, such as 1234.50."
        )
    return value


def plain(value: Decimal) -> str:
    """This function will write a price with its cents and without trailing zeros beyond them."""
    short = value.quantize(Decimal("0.01"))
    return f"{short:f}" if short == value else f"{value.normalize():f}"
