"""Answers: can any file or code make a reader do anything but read or refuse by a typed error?

`KEEL_FUZZ=5000 pytest tests/limits` reads many more; `python -m tests.limits.run_limits` measures the worst there are.
"""

from __future__ import annotations

import io
import os
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from erp.core.errors import InvalidInput, KeelError
from erp.core.imports.reader import inspect, read_rows
from erp.core.imports.xlsx import check_workbook
from erp.core.imports.xlsx_scan import check_part, shared_texts
from erp.core.search import MAX_LENGTH, normalise
from fulfillment.symbols import LONGEST, read_symbol
from tests.imports.desk import book

MANY = settings(
    max_examples=int(os.environ.get("KEEL_FUZZ", "60")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
BOOK = book([["sku", "name", "price"], ["A", "Müller", 1.5], ["B", None, "=1+1"]])
SHEET = "xl/worksheets/sheet1.xml"
_NS = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def whole_way(content: bytes) -> None:
    """Look into a file and read it to its end, as an upload and its job do."""
    try:
        found = inspect(io.BytesIO(content))
        for number, cells in read_rows(io.BytesIO(content), found.dialect):
            assert number > 0
            assert all(isinstance(cell, str) and "\0" not in cell for cell in cells)
    except KeelError as error:
        assert error.message
        assert error.remedy


def with_part(name: str, content: bytes) -> bytes:
    """A workbook of which one part is this."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(BOOK)) as known, zipfile.ZipFile(target, "w") as archive:
        for part in known.namelist():
            archive.writestr(part, content if part == name else known.read(part))
    return target.getvalue()


@MANY
@given(st.binary(max_size=400))
def test_random_bytes(content: bytes) -> None:
    whole_way(content)
    whole_way(b"sku,name\nA,B\n" + content)


@MANY
@given(
    st.text(alphabet="\"',;\t|\r\n=+@ AB1\u0000é\ufeff", max_size=200),
    st.sampled_from(["utf-8", "utf-16", "cp1252"]),
)
def test_random_tables(text: str, encoding: str) -> None:
    whole_way(b"sku,name\n" + text.encode(encoding, "ignore"))
    whole_way(text.encode(encoding, "ignore"))


@MANY
@given(st.integers(0, len(BOOK) - 1), st.binary(min_size=1, max_size=40))
def test_workbooks_with_bytes_changed(place: int, other: bytes) -> None:
    whole_way(BOOK[:place] + other + BOOK[place + len(other) :])


_TAGS = st.sampled_from(
    [b"<row>", b"</row>", b'<row r="7">', b"<c>", b"</c>", b'<c t="s">', b'<c r="XFD9" t="d">', b"<v>", b"</v>", b"1", b"x",
     b"<is><t>", b"</t></is>", b"<f>1+1</f>", b'<c t="e">', b"&#x41;", b"<!-- -->"]
)  # fmt: skip


@MANY
@given(st.lists(_TAGS, max_size=30))
def test_sheets_of_random_elements(tags: list[bytes]) -> None:
    sheet = b"<worksheet " + _NS + b"><sheetData>" + b"".join(tags) + b"</sheetData></worksheet>"
    whole_way(with_part(SHEET, sheet))


@MANY
@given(st.text(max_size=300) | st.text(alphabet="0123456789()\x1d]d2CQ", max_size=120))
def test_random_codes(code: str) -> None:
    assert len(normalise(code)) <= MAX_LENGTH
    symbol = read_symbol(code)
    assert len(symbol.text) <= LONGEST
    assert symbol.gtin.isdigit() or not symbol.gtin
    assert not (symbol.fault and (symbol.gtin or symbol.sscc))


TOO_MUCH = {
    "millions of empty cells": (b"<row>" + b"<c/>" * 999 + b"</row>") * 300,
    "a wide row": b"<row>" + b"<c><v>1</v></c>" * 5_000 + b"</row>",
    "a far row": b'<row r="1048576"><c><v>1</v></c></row>',
    "a row beyond the last": b'<row r="99999999999"><c><v>1</v></c></row>',
    "depth": b"<row>" * 100,
    "a giant cell": b"<row><c><v>" + b"x" * 40_000 + b"</v></c></row>",
    "a giant tag": b"<row " + b" " * (5 * 2**20) + b"/>",
}


@pytest.mark.parametrize("name", TOO_MUCH)
def test_a_sheet_that_would_cost_too_much_is_refused_before_it_is_read(name: str) -> None:
    sheet = b"<worksheet " + _NS + b"><sheetData>" + TOO_MUCH[name] + b"</sheetData></worksheet>"
    with pytest.raises(InvalidInput) as refused:
        check_part(io.BytesIO(sheet))
    assert refused.value.remedy


def test_a_document_type_behind_a_long_comment_is_refused() -> None:
    styles = b"<!--" + b" " * 5_000 + b'--><!DOCTYPE x [<!ENTITY a "b">]><styleSheet/>'
    with pytest.raises(InvalidInput, match="document types"):
        check_workbook(io.BytesIO(with_part("xl/styles.xml", styles)))


def test_shared_texts_are_read_in_order_without_how_they_are_pronounced() -> None:
    said = (
        b"<sst "
        + _NS
        + b"><si><t>A</t></si><si><r><t>B</t></r><r><rPr><b/></rPr><t xml:space='preserve'> C</t></r>"
        b"<rPh sb='0' eb='1'><t>no</t></rPh></si><si/></sst>"
    )
    assert shared_texts(io.BytesIO(said)) == ["A", "B C", ""]


def test_a_line_that_is_no_row_is_not_held() -> None:
    content = b"sku,name\n" + b"x" * 2_000_001 + b"\n"
    with pytest.raises(InvalidInput, match="line 2 has more than 2,000,000 characters"):
        inspect(io.BytesIO(content))
