"""How does a list leave the page as CSV or XLSX without carrying a formula into somebody's spreadsheet?"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.html import strip_tags
from django_tables2.rows import BoundRow
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from erp.core.tables import KeelTable

FORMATS = ("csv", "xlsx")
# OWASP "CSV injection": a spreadsheet reads a cell that starts like this as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
XLSX_ROWS = 1_048_575


def safe_cell(value: Any) -> Any:
    """This function will return a value that a spreadsheet cannot run: a formula gets an apostrophe before it."""
    if value is None:
        return ""
    if isinstance(value, (bool, int, float, Decimal)):
        return value
    text = strip_tags(str(value)) if hasattr(value, "__html__") else str(value)
    text = text.replace("\x00", "")
    return f"'{text}" if text.startswith(_FORMULA) else text


def export_response(table: KeelTable, name: str, kind: str) -> HttpResponseBase:
    """This function will answer with the table's rows and visible columns as a file."""
    stamp = timezone.localtime().strftime("%Y%m%d-%H%M")
    disposition = f'attachment; filename="{name.replace(".", "-")}-{stamp}.{kind}"'
    if kind == "csv":
        lines = _csv_lines(_rows(table))
        return StreamingHttpResponse(
            lines, content_type="text/csv; charset=utf-8", headers={"Content-Disposition": disposition}
        )
    return HttpResponse(
        _workbook(_rows(table)),
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        headers={"Content-Disposition": disposition},
    )


def _rows(table: KeelTable) -> Iterator[list[Any]]:
    columns = [column for column in table.columns if column.column.exclude_from_export is False]
    yield [safe_cell(str(column.header)) for column in columns]
    for record in table.data.data.iterator(chunk_size=2_000):
        row = BoundRow(record, table=table)
        yield [safe_cell(row.get_cell_value(column.name)) for column in columns]


class _Echo:
    """A file that hands each written line straight back."""

    def write(self, value: str) -> str:
        return value


def _csv_lines(rows: Iterable[list[Any]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\N{ZERO WIDTH NO-BREAK SPACE}"  # Excel takes a file without the mark for Latin-1
    for row in rows:
        yield writer.writerow(row)


def _workbook(rows: Iterable[list[Any]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Keel")
    for number, row in enumerate(rows):
        if number > XLSX_ROWS:
            break
        sheet.append([_xlsx_cell(value) for value in row])
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _xlsx_cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return ILLEGAL_CHARACTERS_RE.sub("", value) if isinstance(value, str) else value
