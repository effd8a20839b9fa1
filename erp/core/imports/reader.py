"""How is somebody's file read without trusting it: encoding, delimiter, size, and what is no table at all?

Rows are streamed; a file is never held whole. Whatever can not be read is an InvalidInput that names the row and the remedy.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import IO, Any

from django.conf import settings

from erp.core.errors import InvalidInput
from erp.core.imports import xlsx
from erp.core.imports.target import Target
from erp.core.imports.values import POINT, sniff_decimal

ENCODINGS = (("utf-8-sig", "UTF-8"), ("cp1252", "Windows-1252"), ("utf-16", "UTF-16"))
DELIMITERS = ((",", "Comma"), (";", "Semicolon"), ("\t", "Tab"), ("|", "Bar"))
MAX_COLUMNS = 200
MAX_CELL = 10_000
MAX_BLANK = 2_000_000  # cells and rows without a word, one after another
MAX_LINE = MAX_COLUMNS * MAX_CELL  # characters; a longer one is no row, and would be held whole
MAX_NAME = 120
SAMPLE_ROWS = 200
_PIECE = 1 << 20
_MAGIC = (
    (b"%PDF", "a PDF"), (b"\x89PNG", "a picture"), (b"\xff\xd8\xff", "a picture"), (b"GIF8", "a picture"),
    (b"\x1f\x8b", "a compressed file"), (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls)"), (b"Rar!", "an archive"),
    (b"7z\xbc\xaf", "an archive"), (b"\x7fELF", "a program"),
)  # fmt: skip
_Row = tuple[int, Sequence[str]]


@dataclass(frozen=True)
class Dialect:
    """How a file is written. `sheet` names the sheet of a workbook; `decimal` is the sign before the decimals."""

    format: str = "csv"
    encoding: str = "utf-8-sig"
    delimiter: str = ","
    sheet: str = ""
    decimal: str = POINT

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


@dataclass(frozen=True)
class Sheet:
    """What a look into a file finds: how it is written, its headers, its first rows, and the sheets it has."""

    dialect: Dialect
    header: tuple[str, ...]
    sample: tuple[tuple[str, ...], ...]
    sheets: tuple[str, ...] = ()


def refuse(message: str, remedy: str, field: str = "file") -> InvalidInput:
    """This function will return the error of a file that can not be read."""
    return InvalidInput(message, field=field, remedy=remedy)


def check_size(size: int) -> None:
    """This function will refuse a file by the size it has or claims, before anything is read."""
    limit = settings.KEEL_UPLOAD_MAX_BYTES
    if size > limit:
        raise refuse(
            f"the file has {size / 2**20:,.0f} MB, at most {limit / 2**20:,.0f} MB are read",
            "Split the file.",
        )
    if size == 0:
        raise refuse("the file is empty", "Send a header and at least one row below it.")


def inspect(file: IO[bytes], *, wanted: Dialect | None = None) -> Sheet:
    """This function will look into a file and say how it is written; `wanted` says what a person knows better.

    The whole of a CSV is decoded once, so that a wrong byte is found now and not in the middle of the work.
    """
    head = _head(file)
    if head[:4] == b"PK\x03\x04":
        sheets = xlsx.check_workbook(file)
        sheet = wanted.sheet if wanted and wanted.sheet in sheets else sheets[0]
        dialect = Dialect("xlsx", "", "", sheet, wanted.decimal if wanted else POINT)
        return _first_rows(file, dialect, tuple(sheets))
    for magic, what in _MAGIC:
        if head.startswith(magic):
            raise refuse(f"this is {what}, not a table", "Save it as CSV UTF-8 or as .xlsx.")
    encoding = _encoding(file, head, wanted.encoding if wanted and wanted.format == "csv" else "")
    delimiter = wanted.delimiter if wanted and wanted.delimiter else _delimiter(file, encoding)
    found = _first_rows(file, Dialect("csv", encoding, delimiter), ())
    cells = (cell for row in found.sample for cell in row)
    decimal = wanted.decimal if wanted else sniff_decimal(cells)
    return Sheet(Dialect("csv", encoding, delimiter, "", decimal), found.header, found.sample)


def read_rows(file: IO[bytes], dialect: Dialect) -> Iterator[_Row]:
    """This function will yield (row number as a spreadsheet counts, cells) of every row that is not blank, the header first."""
    rows = (
        xlsx.read_sheet(file, dialect.sheet, MAX_COLUMNS)
        if dialect.format == "xlsx"
        else _csv_rows(file, dialect)
    )
    count = blank = 0
    for number, cells in rows:
        if len(cells) > MAX_COLUMNS:
            raise refuse(
                f"row {number} has {len(cells):,} columns, at most {MAX_COLUMNS}", "Delete the columns that mean nothing.",
                f"row {number}",
            )  # fmt: skip
        whole = "".join(cells)
        if len(whole) > MAX_CELL and (longest := max(map(len, cells))) > MAX_CELL:
            raise refuse(
                f"row {number}: a cell has {longest:,} characters", "Check the quotes before it.", f"row {number}"
            )  # fmt: skip
        if "\x00" in whole:
            raise refuse(
                f"row {number} holds a NUL byte", "Save the file as CSV UTF-8 again.", f"row {number}"
            )
        if not whole or whole.isspace():
            blank += 1 + len(cells)
            if blank > MAX_BLANK:
                raise refuse(
                    "the file has millions of empty cells",
                    "Delete its empty rows and columns.",
                    f"row {number}",
                )
            continue
        blank = 0
        count += 1
        if count > settings.KEEL_IMPORT_MAX_ROWS + 1:
            raise refuse(f"more than {settings.KEEL_IMPORT_MAX_ROWS:,} rows", "Split the file.")
        yield number, cells


def header_of(cells: Sequence[str]) -> tuple[str, ...]:
    """This function will return the headers; InvalidInput for one that is there twice. A blank one is named by its place."""
    names = [" ".join(cell.split())[:MAX_NAME] for cell in cells]
    while names and not names[-1]:
        names.pop()
    seen: dict[str, int] = {}
    for place, name in enumerate(names, start=1):
        if name and name.casefold() in seen:
            raise refuse(
                f"“{name[:40]}” is the header of columns {seen[name.casefold()]} and {place}", "Keep one of them, or rename it.",
                "header",
            )  # fmt: skip
        seen[name.casefold()] = place
    return tuple(name or f"column {place}" for place, name in enumerate(names, start=1))


def template(target: Target, *, safe: Any) -> str:
    """This function will return a file with every column of a kind and one example row."""
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\r\n")
    writer.writerow([column.name for column in target.columns])
    writer.writerow([safe(column.example) for column in target.columns])
    return lines.getvalue()


def _head(file: IO[bytes]) -> bytes:
    file.seek(0)
    head = file.read(4096)
    file.seek(0)
    if not head.strip():
        raise refuse("the file is empty", "Send a header and at least one row below it.")
    return head


def _encoding(file: IO[bytes], head: bytes, wanted: str) -> str:
    """UTF-8 if every byte agrees, Windows-1252 if it does not, UTF-16 only by its mark; binary is none of them."""
    if head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        wanted = "utf-16"
    elif b"\x00" in head:
        raise refuse("this is a binary file, or UTF-16 without its mark", "Save it as CSV UTF-8.")
    if wanted:
        error = _decodes(file, wanted)
        if error is not None:
            raise refuse(
                f"the file is not {dict(ENCODINGS).get(wanted, wanted)} ({error})",
                "Choose another encoding.",
                "encoding",
            )
        return wanted
    error = _decodes(file, "utf-8-sig")
    if error is None:
        return "utf-8-sig"
    if head[:3] == codecs.BOM_UTF8 or _decodes(file, "cp1252") is not None or _is_garbage(head):
        raise refuse(f"the file is not UTF-8 ({error})", "Save it as CSV UTF-8 and upload it again.")
    return "cp1252"


def _is_garbage(head: bytes) -> bool:
    """Control characters that no table has: this is no text in any encoding."""
    return sum(byte < 32 and byte not in (9, 10, 13) for byte in head) > 0


def _decodes(file: IO[bytes], encoding: str) -> str | None:
    """None when every byte can be read, else where the first one is that can not."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    line, place = 1, 0
    try:
        while True:
            piece = file.read(_PIECE)
            decoder.decode(piece, final=not piece)
            if not piece:
                return None
            line += piece.count(b"\n")
            place += len(piece)
    except UnicodeError as error:
        start = getattr(error, "start", 0)
        line += bytes(getattr(error, "object", b""))[:start].count(b"\n")
        return f"row {line}, byte {place + start}"
    finally:
        file.seek(0)


def _delimiter(file: IO[bytes], encoding: str) -> str:
    text = _text(file, encoding)
    line = text.readline(100_000)
    while line and not line.strip():
        line = text.readline(100_000)
    text.detach()
    outside = "".join(line.split('"')[::2])
    return max((sign for sign, _ in DELIMITERS), key=outside.count)


def _text(file: IO[bytes], encoding: str) -> io.TextIOWrapper:
    file.seek(0)
    return io.TextIOWrapper(file, encoding=encoding, newline="")


def _csv_rows(file: IO[bytes], dialect: Dialect) -> Iterator[_Row]:
    text = _text(file, dialect.encoding)
    reader = csv.reader(_lines(text), delimiter=dialect.delimiter, strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            yield number, cells
    except (csv.Error, UnicodeError) as error:
        what = "a NUL byte" if "NUL" in str(error) else str(error)
        raise refuse(
            f"row {number + 1} can not be read: {what}", "Check the quotes in and before that row.", f"row {number + 1}"
        ) from error  # fmt: skip
    finally:
        if not file.closed:  # whoever stops early may have closed it
            text.detach()


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    number = 0
    while line := text.readline(MAX_LINE + 1):
        number += 1
        if len(line) > MAX_LINE:
            raise refuse(
                f"line {number} has more than {MAX_LINE:,} characters", "Check the quotes and the ends of its lines.",
                f"row {number}",
            )  # fmt: skip
        yield line


def _first_rows(file: IO[bytes], dialect: Dialect, sheets: tuple[str, ...]) -> Sheet:
    rows = read_rows(file, dialect)
    first = next(rows, None)
    header = header_of(first[1]) if first else ()
    if not header:
        raise refuse("the file has no header", "Name the columns in its first row.")
    sample = []
    for _, cells in rows:
        sample.append(tuple(cells))
        if len(sample) >= SAMPLE_ROWS:
            break
    if not sample:
        raise refuse("the file has no rows", "Send at least one row below the header.")
    return Sheet(dialect, header, tuple(sample), sheets)
