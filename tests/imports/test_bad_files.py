"""Answers: is whatever is no table refused with its row and a remedy, before it costs anything?"""

from __future__ import annotations

import io
import os
import zipfile

import pytest
from django.core.files.uploadhandler import SkipFile
from django.test import RequestFactory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from erp.core.errors import InvalidInput
from erp.core.imports.items import Source
from erp.core.imports.mapping import guess_mapping
from erp.core.imports.reader import Dialect, check_size, inspect, read_rows
from erp.core.imports.target import target_of
from erp.core.imports.upload import TOO_LARGE, LimitUpload
from erp.core.imports.values import COMMA, POINT, plain, sniff_decimal
from erp.core.models import ImportRun
from tests.cast import Company
from tests.imports.desk import book, text, upload

EXAMPLES = int(os.environ.get("KEEL_IMPORT_EXAMPLES", "60"))
ROW = [["sku", "name"], ["A", "B"]]


def zipped(parts: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return target.getvalue()


def with_part(name: str, content: bytes) -> bytes:
    target = io.BytesIO(book(ROW))
    with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return target.getvalue()


BAD = {
    "empty": (b"", "empty"),
    "blank": (b" \n\n  \n", "empty"),
    "binary": (bytes(range(256)) * 20, "binary"),
    "pdf": (b"%PDF-1.7 whatever", "a PDF"),
    "xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel"),
    "header only": (b"sku,name\n", "no rows"),
    "no header": (b",,\n,,\n", "no header|empty"),
    "twice": (b"sku,name,SKU\nA,B,C\n", "columns 1 and 3"),
    "ten thousand columns": (",".join(f"c{n}" for n in range(10_000)).encode() + b"\nA\n", "10,000 columns"),
    "open quote": (b'sku,name\nA,"B\nC,D\n', "row 2"),
    "utf-8 mark and latin": (b"\xef\xbb\xbfsku,name\nA,M\xfcG\n", r"not UTF-8 \(row 2"),
    "undefined in cp1252": (b"sku,name\nA,\x81\n", "not UTF-8"),
    "control": (b"sku,name\nA,\x07\xff\n", "not UTF-8"),
    "huge cell": (b"sku,name\nA," + b"x" * 10_001 + b"\n", "row 2.*10,001 characters"),
    "archive": (zipped({"readme.txt": b"hello"}), "not a workbook"),
    "torn workbook": (book(ROW)[:800], "can not be read"),
    "bomb": (zipped({"xl/workbook.xml": b"\0" * 30_000_000}), "unpacks to"),
    "entities": (with_part("xl/evil.xml", b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x/>'), "document types"),
    "wide sheet": (book([[f"c{n}" for n in range(300)], ["A"]]), "columns, at most 200"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_by_its_name(name: str) -> None:
    content, words = BAD[name]
    with pytest.raises(InvalidInput, match=words) as refused:
        check_size(len(content))
        inspect(io.BytesIO(content))
    assert refused.value.remedy


def test_a_nul_byte_names_its_row() -> None:
    content = b"sku,name\nA,B\nC,D\x00\n"
    with pytest.raises(InvalidInput, match=r"binary|row 3"):
        inspect(io.BytesIO(content))
    late = b"sku,name\n" + b"A,B\n" * 3_000 + b"C,D\x00\n"
    with pytest.raises(InvalidInput, match="row 3002"):
        list(read_rows(io.BytesIO(late), Dialect()))


def test_a_claim_of_a_gigabyte_is_refused_before_a_byte_is_kept() -> None:
    with pytest.raises(InvalidInput, match="1,024 MB, at most 100 MB"):
        check_size(2**30)
    request = RequestFactory().post("/", {"file": io.BytesIO(b"sku,name\nA,B\n")})
    request.META["CONTENT_LENGTH"] = str(2**30)
    handler = LimitUpload(request)
    handler.handle_raw_input(None, request.META, 2**30, b"b")
    with pytest.raises(SkipFile):
        handler.new_file("file", "big.csv", "text/csv", 2**30)
    assert request.META[TOO_LARGE] == 2**30


def test_rows_are_counted_against_the_limit(settings: object) -> None:
    settings.KEEL_IMPORT_MAX_ROWS = 5  # type: ignore[attr-defined]
    with pytest.raises(InvalidInput, match="more than 5 rows"):
        list(read_rows(io.BytesIO(b"sku\n" + b"A\n" * 6), Dialect()))


def test_encodings_and_delimiters_are_found() -> None:
    for encoding, delimiter in (("utf-8", ","), ("utf-8-sig", ";"), ("utf-16", "\t"), ("cp1252", "|")):
        content = f"sku{delimiter}name\nA{delimiter}Müller\n".encode(encoding)
        sheet = inspect(io.BytesIO(content))
        assert (sheet.header, sheet.sample, sheet.dialect.delimiter) == (
            ("sku", "name"),
            (("A", "Müller"),),
            delimiter,
        )


def test_numbers_of_both_kinds() -> None:
    cases = {
        ("1,234.50", POINT): "1234.50", ("1.234,50", COMMA): "1234.50", ("0,5", COMMA): "0.5", ("1 234,5", COMMA): "1234.5",
        ("-3.5", POINT): "-3.5", ("1,5", POINT): "1,5", ("1.5", COMMA): "1.5", ("£5", POINT): "£5", ("'-5", POINT): "-5",
    }  # fmt: skip
    assert {case: plain(case[0], "decimal", case[1]) for case in cases} == cases
    assert (plain("6.0", "whole", POINT), plain("6.5", "whole", POINT), plain("1,000", "whole", POINT)) == (
        "6",
        "6.5",
        "1000",
    )
    assert sniff_decimal(["1,50", "2,95", "3"]) == COMMA
    assert sniff_decimal(["1.50", "1,000"]) == POINT


@pytest.mark.django_db
def test_a_refused_file_leaves_nothing(company: Company) -> None:
    for content, _ in BAD.values():
        with pytest.raises(InvalidInput):
            upload("products", content, company.olga)
    with pytest.raises(InvalidInput, match="no kind"):
        upload("nonsense", text(ROW), company.olga)
    with pytest.raises(InvalidInput, match="Channel"):
        upload("orders", text(ROW), company.olga, {"channel": "nope"})
    assert not ImportRun.objects.exists()


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.one_of(
        st.binary(max_size=400),
        st.text(max_size=400).map(lambda t: t.encode("utf-8", "replace")),
        st.lists(st.lists(st.text(max_size=12), min_size=1, max_size=6), min_size=1, max_size=8).map(
            lambda rows: text([[cell.encode("utf-8", "replace").decode() for cell in row] for row in rows])
        ),
        st.binary(max_size=300).map(lambda tail: book(ROW)[:-200] + tail),
    )
)
def test_no_bytes_make_it_fail_otherwise_than_by_a_refusal(content: bytes) -> None:
    target = target_of("orders")
    try:
        sheet = inspect(io.BytesIO(content))
        source = Source(
            target, sheet.dialect, guess_mapping(target, sheet.header) or {"external_id": sheet.header[0]}
        )
        keys = source.keys(io.BytesIO(content))
        items = list(source.items(io.BytesIO(content), keys))
    except InvalidInput as refused:
        assert refused.message
        assert refused.remedy
        return
    assert sum(len(item.rows) for item, _ in items) == keys.rows
    assert len(items) == keys.items
