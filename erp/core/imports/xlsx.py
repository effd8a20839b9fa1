"""How is a workbook from outside read: sizes checked before anything is unpacked, one row in memory at a time?"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import IO, Any
from xml.etree.ElementTree import ParseError
from xml.parsers.expat import ExpatError

from django.conf import settings
from openpyxl import Workbook
from openpyxl.reader.excel import ExcelReader
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.xml.constants import SHARED_STRINGS

from erp.core.errors import InvalidInput
from erp.core.imports.xlsx_scan import check_part, shared_texts

MAX_PARTS = 2_000
MAX_TEXTS = 64 * 2**20  # the shared texts are the one part that must be held whole
MAX_RATIO = 200
_READ = (".xml", ".rels")
_REMEDY = "Save it again as .xlsx with values only, or as CSV UTF-8."
_FAULTS = (
    zipfile.BadZipFile, InvalidFileException, ParseError, ExpatError, zlib.error, KeyError, ValueError, TypeError, IndexError,
    AttributeError, OSError, EOFError, NotImplementedError, RuntimeError, SyntaxError,
)  # fmt: skip


def _refuse(message: str, remedy: str = _REMEDY) -> InvalidInput:
    return InvalidInput(message, field="file", remedy=remedy)


def check_workbook(file: IO[bytes]) -> list[str]:
    """This function will return the names of the sheets; InvalidInput for what would unpack to more than we read.

    Sizes come from the directory of the archive; unpacking never goes beyond what it says there.
    """
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            _check_parts(parts)
            for part in parts:
                if part.flag_bits & 1:
                    raise _refuse("the workbook declares document types of its own, or is encrypted")
                if part.filename.endswith(_READ):  # what openpyxl reads; drawings may be no XML at all
                    with archive.open(part) as opened:
                        check_part(opened)
            if not any(part.filename == "xl/workbook.xml" for part in parts):
                raise _refuse("this is an archive, not a workbook")
        book = _open(file)
        names = [sheet.title for sheet in book.worksheets]
        looked_at = all(sheet._worksheet_path.endswith(_READ) for sheet in book.worksheets)
        book.close()
        if not looked_at:
            raise _refuse("the workbook keeps a sheet under a strange name")
    except _FAULTS as error:
        raise _refuse(f"the workbook can not be read ({type(error).__name__})") from error
    if not names:
        raise _refuse("the workbook has no sheet")
    return names


class _Reader(ExcelReader):
    """openpyxl builds a tree of the shared texts, hundreds of bytes for each of them; this reads them one by one."""

    def read_strings(self) -> None:
        found = self.package.find(SHARED_STRINGS)
        if found is not None:
            with self.archive.open(found.PartName[1:]) as texts:
                self.shared_strings = shared_texts(texts)


def _open(file: IO[bytes]) -> Workbook:
    reader = _Reader(file, read_only=True, data_only=True, keep_links=False)
    reader.read()
    return reader.wb


def _check_parts(parts: Sequence[zipfile.ZipInfo]) -> None:
    limit = settings.KEEL_IMPORT_MAX_UNPACKED
    total = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts) or 1
    if len(parts) > MAX_PARTS:
        raise _refuse(f"the workbook has {len(parts):,} parts")
    if total > limit or (total > 2**20 and total > packed * MAX_RATIO):
        raise _refuse(
            f"the workbook unpacks to {total / 2**20:,.0f} MB from {packed / 2**20:,.1f} MB",
            "Delete empty rows and columns, or send CSV.",
        )
    if any(part.file_size > MAX_TEXTS for part in parts if part.filename.endswith("sharedStrings.xml")):
        raise _refuse("the workbook holds too much text", "Split it, or send CSV.")


def read_sheet(file: IO[bytes], sheet: str, max_columns: int) -> Iterator[tuple[int, Sequence[str]]]:
    """This function will yield (row number, cells as text) of a sheet; a column beyond the most we read is still counted."""
    file.seek(0)
    number = 0
    try:
        book = _open(file)
        try:
            found = book[sheet] if sheet in book.sheetnames else book.worksheets[0]
            found.reset_dimensions()
            rows = found.iter_rows(values_only=True, max_col=max_columns + 1)
            for number, cells in enumerate(rows, start=1):
                if number > 1_048_576:
                    raise _refuse("the sheet has more rows than a sheet can have")
                is_blank = cells.count(None) == len(cells)  # a gap in the numbers of rows is many of them
                yield number, [] if is_blank else _trimmed([_cell(value) for value in cells])
        finally:
            book.close()
    except _FAULTS as error:
        raise _refuse(f"row {number + 1} of the sheet can not be read ({type(error).__name__})") from error


def _trimmed(cells: list[str]) -> list[str]:
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _cell(value: Any) -> str:
    """A number as it was typed: the shortest text that is the same number."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        bare = value.isoformat(timespec="seconds")
        return bare.removesuffix("T00:00:00")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, int):
        return str(value)
    return f"{Decimal(repr(value)):f}".removesuffix(".0") if value - value == 0 else str(value)
