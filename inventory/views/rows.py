"""How do rows of a line table (SKU, bin, lot, units) become line drafts?

A person types or scans codes. Each kind of code is looked up once for all rows; what is unknown is named with its row.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from django.http import HttpRequest

from erp.core.errors import InvalidInput
from inventory.models import Location, Lot
from inventory.selectors import CodeMatch, product_codes

Row = dict[str, str]
BLANK_ROWS = 4


def filled_rows(request: HttpRequest, names: Sequence[str]) -> list[Row]:
    """This function will return the rows of the line table in which anything was typed."""
    columns = [request.POST.getlist(name) for name in names]
    rows = [
        dict(zip(names, (value.strip() for value in values), strict=True))
        for values in zip(*columns, strict=False)
    ]
    return [row for row in rows if row["sku"] or row["quantity"]]


def shown_rows(request: HttpRequest, names: Sequence[str]) -> list[Row]:
    """This function will return what the line table shows: what was typed (or the query string's SKU), and blank
    rows.
    """
    rows = filled_rows(request, names)
    if not rows and request.GET.get("sku"):
        rows = [{name: request.GET.get(name, "") for name in names}]
    blank = dict.fromkeys(names, "")
    return [*rows, *([dict(blank)] * max(BLANK_ROWS - len(rows), 1))]


def products_of(rows: Sequence[Row]) -> list[CodeMatch]:
    """This function will return the product of each row; a pack's barcode multiplies the row's units."""
    found = product_codes(row["sku"] for row in rows)
    for number, row in enumerate(rows, start=1):
        if row["sku"] not in found:
            raise _wrong(
                number, f"there is no product “{row['sku'][:40]}”", "Scan it again, or search for it."
            )
    return [found[row["sku"]] for row in rows]


def bins_of(rows: Sequence[Row], name: str = "bin") -> list[int | None]:
    """This function will return the place of each row; None for a blank."""
    codes = {row[name].upper() for row in rows if row[name]}
    found = dict(Location.objects.filter(code__in=codes).values_list("code", "pk"))
    for number, row in enumerate(rows, start=1):
        if row[name] and row[name].upper() not in found:
            raise _wrong(number, f"there is no bin “{row[name][:40]}”", "Scan the bin again.")
    return [found.get(row[name].upper()) for row in rows]


def lots_of(rows: Sequence[Row], products: Sequence[CodeMatch]) -> list[int | None]:
    """This function will return the lot of each row; None for a blank."""
    wanted = {row["lot"] for row in rows if row["lot"]}
    lots = Lot.objects.filter(code__in=wanted, product__in={match.product_id for match in products})
    found = {(product_id, code): pk for product_id, code, pk in lots.values_list("product_id", "code", "pk")}
    for number, (row, match) in enumerate(zip(rows, products, strict=True), start=1):
        if row["lot"] and (match.product_id, row["lot"]) not in found:
            raise _wrong(number, f"the product has no lot “{row['lot'][:40]}”", "Register the lot first.")
    return [found.get((match.product_id, row["lot"])) for row, match in zip(rows, products, strict=True)]


def whole(row: Row, number: int, name: str = "quantity") -> int:
    """This function will read a row's units."""
    try:
        return int(row[name].replace(",", ""))
    except ValueError:
        raise _wrong(
            number, f"“{row[name][:20]}” is not a number of units", "Enter a whole number."
        ) from None


def amount(row: Row, number: int, name: str) -> Decimal | None:
    """This function will read a row's amount; None for a blank."""
    if not row[name]:
        return None
    try:
        return Decimal(row[name].replace(",", ""))
    except InvalidOperation:
        raise _wrong(number, f"“{row[name][:20]}” is not an amount", "Enter it like 3.50.") from None


def _wrong(number: int, message: str, remedy: str) -> InvalidInput:
    return InvalidInput(f"line {number}: {message}", field="lines", remedy=remedy, line=number)
