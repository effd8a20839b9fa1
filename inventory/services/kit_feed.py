"""Who takes in a whole file of kits?"""

from __future__ import annotations

import csv
import io
from datetime import datetime

from django.db import transaction

from erp.core.errors import InvalidInput, KeelError
from erp.core.models import User
from inventory.models import Product
from inventory.services.kit import kit_save_by_sku

COLUMNS = ("kit", "component", "quantity")
MAX_ROWS = 20_000


@transaction.atomic
def kit_import(*, content: bytes, actor: User, at: datetime) -> list[Product]:
    """This function will make the kits that a CSV file lists (kit, component, quantity: a row per component) or none.

    The rows of a kit are all that it consists of from now on. InvalidInput names the row at fault.
    """
    groups: dict[str, list[tuple[int, str, int]]] = {}
    names: dict[str, str] = {}
    for number, kit, component, quantity in _rows(content):
        names.setdefault(kit.lower(), kit)
        groups.setdefault(kit.lower(), []).append((number, component, quantity))
    made = []
    for key, rows in groups.items():
        try:
            made.append(
                kit_save_by_sku(
                    sku=names[key],
                    components=[(sku, units) for _, sku, units in rows],
                    reason="import",
                    actor=actor,
                    at=at,
                )
            )
        except KeelError as error:
            raise InvalidInput(
                f"kit {names[key]}, rows {rows[0][0]} to {rows[-1][0]}: {error.message}", field="file", remedy=error.remedy
            ) from error  # fmt: skip
    return made


def _rows(content: bytes) -> list[tuple[int, str, str, int]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"the file is not UTF-8 (byte {error.start})", field="file", remedy="Save it as CSV UTF-8."
        ) from error
    if "\x00" in text:
        raise InvalidInput("the file holds NUL bytes", field="file", remedy="Save it as CSV UTF-8.")
    reader = csv.reader(io.StringIO(text), strict=True)
    try:
        lines = [(reader.line_num, row) for row in reader if any(value.strip() for value in row)]
    except csv.Error as error:
        raise InvalidInput(
            f"row {reader.line_num}: {error}", field="file", remedy="Check the quotes in that row."
        ) from error
    if not lines or tuple(name.strip().lower() for name in lines[0][1]) != COLUMNS:
        raise InvalidInput(
            "the first row is not kit,component,quantity", field="file", remedy="Add it as the header."
        )
    if not 1 <= len(lines) - 1 <= MAX_ROWS:
        raise InvalidInput(
            f"{len(lines) - 1} rows", field="file", remedy=f"Send 1 to {MAX_ROWS:,} rows below the header."
        )
    return [_row(number, row) for number, row in lines[1:]]


def _row(number: int, row: list[str]) -> tuple[int, str, str, int]:
    values = [value.strip() for value in row]
    if len(values) != len(COLUMNS) or not (values[0] and values[1]):
        raise InvalidInput(
            f"row {number} has not a kit, a component and a quantity",
            field="file",
            remedy="Complete the row.",
        )
    if not (values[2].isascii() and values[2].isdigit() and len(values[2]) < 10):
        raise InvalidInput(
            f"row {number}: “{values[2][:20]}” is no number of units", field="file", remedy="Enter a whole number."
        )  # fmt: skip
    return number, values[0], values[1], int(values[2])
