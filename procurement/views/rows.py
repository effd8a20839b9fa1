"""How do the rows of a purchasing form (typed or scanned codes, units, prices) become line drafts?

Each kind of code is looked up once for all rows; what is wrong is named with its row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

from django.http import HttpRequest

from erp.core.errors import InvalidInput
from inventory.models import Location
from inventory.selectors import product_codes
from procurement.services import PurchaseLine

Row = dict[str, str]
NAMES = ("sku", "quantity", "unit_cost")
BLANK_ROWS = 4


def filled_rows(request: HttpRequest) -> list[Row]:
    """This function will return the rows of the line table in which a product or a quantity was typed."""
    columns = [request.POST.getlist(name) for name in NAMES]
    rows = [
        dict(zip(NAMES, (value.strip() for value in values), strict=True))
        for values in zip(*columns, strict=False)
    ]
    return [row for row in rows if row["sku"] or row["quantity"]]


def shown_rows(request: HttpRequest, known: Sequence[Row] = ()) -> list[Row]:
    """This function will return what the table shows: what was typed, else what is `known`, and blank rows."""
    rows = filled_rows(request) or list(known)
    if not rows and request.GET.get("sku"):
        rows = [{name: request.GET.get(name, "") for name in NAMES}]
    return [*rows, *(dict.fromkeys(NAMES, "") for _ in range(max(BLANK_ROWS - len(rows), 1)))]


def purchase_lines(rows: Sequence[Row]) -> list[PurchaseLine]:
    """This function will turn rows into lines; a pack's barcode multiplies the units."""
    found = product_codes(row["sku"] for row in rows)
    lines = []
    for number, row in enumerate(rows, start=1):
        match = found.get(row["sku"])
        if match is None:
            raise wrong(
                number, f"there is no product “{row['sku'][:40]}”", "Scan it again, or search for it."
            )
        cost = amount(row["unit_cost"], number) if row["unit_cost"] else None
        lines.append(PurchaseLine(match.product_id, whole(row["quantity"], number) * match.factor, cost))
    return lines


def bins_by_code(codes: Sequence[str]) -> Mapping[str, int]:
    """This function will return the ids of the bins with these codes; InvalidInput names one that does not exist."""
    wanted = {code.upper() for code in codes if code}
    found = dict(Location.objects.filter(code__in=wanted).values_list("code", "pk"))
    missing = sorted(wanted - set(found))
    if missing:
        raise InvalidInput(
            f"there is no bin “{missing[0][:40]}”", field="lines", remedy="Scan the bin again."
        )
    return found


def whole(text: str, number: int) -> int:
    """This function will read a row's units."""
    try:
        return int(text.replace(",", ""))
    except ValueError:
        raise wrong(number, f"“{text[:20]}” is not a number of units", "Enter a whole number.") from None


def amount(text: str, number: int) -> Decimal:
    """This function will read a row's price."""
    try:
        return Decimal(text.replace(",", ""))
    except InvalidOperation:
        raise wrong(number, f"“{text[:20]}” is not a price", "Enter it like 3.50.") from None


def day(text: str, number: int) -> date | None:
    """This function will read a row's date; None for a blank."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise wrong(number, f"“{text[:20]}” is not a date", "Enter it like 2026-03-31.") from None


def wrong(number: int, message: str, remedy: str) -> InvalidInput:
    """This function will return the refusal of one row."""
    return InvalidInput(f"line {number}: {message}", field="lines", remedy=remedy, line=number)
