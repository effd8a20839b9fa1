"""Answers: which files and codes cost the most that can be made, for each of our readers?

Each is written to disk by a function, so that whoever measures the reader does not hold it; a code is its own file.
"""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from openpyxl import Workbook

MB = 2**20
BODY = 4 * MB  # the most that an EDI partner may send at once
HEAD = b"ISA*00*          *00*          *ZZ*BIGSHOP        *ZZ*KEEL           *260302*0800*U*00401*000000001*0*P*>~"
GROUP = b"GS*PO*BIGSHOP*KEEL*20260302*0800*1*X*004010~ST*850*0001~BEG*00*SA*PO-1**20260302~"
LINE = b"PO1**2*EA*9.95**VN*MUG*UP*4006381333931~PID*F****Blue mug with a rather long description of it~"
UNB = b"UNB+UNOA:1+BIGSHOP+KEEL+260302:0800+1'"
SHEET = "xl/worksheets/sheet1.xml"
_NS = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_HEADER = b'<row r="1"><c r="A1" t="inlineStr"><is><t>sku</t></is></c></row>'

Make = Callable[[Path], None]


def edi() -> dict[str, bytes]:
    """EDI: the worst that fits into what a request may hold."""
    return {
        "one giant segment": HEAD + b"A" * (BODY - len(HEAD)),
        "nothing but separators": HEAD + b"*" * (BODY - len(HEAD)),
        "nothing but terminators": HEAD + b"~" * (BODY - len(HEAD)),
        "segments of one letter": HEAD + b"A~" * 2_000_000,
        "49,000 segments of 80": HEAD + GROUP + (b"REF*AA*" + b"x" * 70 + b"~") * 49_000,
        "24,000 order lines": HEAD + GROUP + LINE * 24_000,
        "4,900 order lines": HEAD + GROUP + LINE * 4_900 + b"CTT*4900~SE*9804*0001~GE*1*1~IEA*1*000000001~",
        "8,000 sets": HEAD + GROUP[:44] + b"ST*850*0001~BEG*00*SA*P~PO1**1*EA*1**VN*M~SE*4*0001~" * 8_000,
        "releases": UNB + b"?" * (BODY - 60) + b"'",
        "released terminators": UNB + b"?'" * 2_000_000,
        "100 interchanges": (HEAD + b"IEA*0*000000001~") * 100,
        "NULs": HEAD + b"\0" * (BODY - len(HEAD)),
    }


def csv() -> dict[str, Iterator[bytes]]:
    """CSV: many pieces of bytes each, up to what may be uploaded."""
    head = b"sku,name\n"
    return {
        "10 million empty cells": _pieces(head, b"," * 99 + b"\n", 100_000),
        "90 million blank rows": _pieces(head, b"\n" * MB, 90),
        "90 MB of blanks in one row": _pieces(head, b" " * MB, 90),
        "one giant cell": _pieces(head + b"A,", b"x" * MB, 90),
        "one giant quoted cell of lines": _pieces(head + b'A,"', b"x\n" * (MB // 2), 90),
        "a quote that is never closed": _pieces(head + b'"', b"A,B\n" * (MB // 4), 90),
        "nothing but quotes": _pieces(head, b'"' * MB, 90),
        "one million columns": _pieces(b"", b"c," * 1_000_000, 1),
        "90 MB of commas in one row": _pieces(head, b"," * MB, 90),
        "NULs": _pieces(head, b"\0" * MB, 90),
        "a NUL behind 90 MB": _pieces(head, b"A,B\n" * (MB // 4), 90, b"C,\0\n"),
        "UTF-8, then Windows-1252": _pieces(
            "sku,name\nA,Müller\n".encode(), b"A,B\n" * 9_000, 1, b"B,M\xfcller\n"
        ),
        "UTF-16 mark, odd bytes": _pieces(b"\xff\xfe", b"a" * MB, 30, b"b"),
        "lone surrogates": _pieces(head, b"\xed\xa0\x80,\xed\xbf\xbf\n", 100_000),
        "formulas": _pieces(head, b"=cmd|'/c calc'!A1,@SUM(1)\n", 50_000),
        "a header of 90 MB": _pieces(b"", b"x" * MB, 90),
        "only carriage returns": _pieces(head, b"\r" * MB, 90),
        "bytes in all values": _pieces(head, bytes(range(1, 256)) * 4_000, 20),
    }


def _pieces(head: bytes, piece: bytes, times: int, tail: bytes = b"") -> Iterator[bytes]:
    yield head
    for _ in range(times):
        yield piece
    yield tail


def xlsx() -> dict[str, Make]:
    """Workbooks: what archives and XML can be made to unpack to, as well as what only the reader makes large."""
    cell, text = b"<c/>", b'<c t="inlineStr"><is><t> </t></is></c>'
    return {
        "a bomb by its ratio": partial(_sheet, inside=(b"<row/>",) * 5_000_000),
        "10 million empty cells": partial(_sheet, inside=_noisy(b"<row>" + cell * 100 + b"</row>", 100_000)),
        "a row of 5 million cells": partial(_sheet, inside=_noisy(cell * 50, 100_000, b"<row>", b"</row>")),
        "row 1,048,576 and nothing before": partial(_sheet, inside=(b'<row r="1048576"><c><v>1</v></c></row>',)),
        "row 99,999,999,999": partial(_sheet, inside=(b'<row r="99999999999"><c><v>1</v></c></row>',)),
        "column ZZZZZZ": partial(_sheet, inside=(b'<row r="2"><c r="ZZZZZZ2"><v>1</v></c></row>',)),
        "blanks in every cell": partial(_sheet, inside=_noisy(b"<row>" + text * 200 + b"</row>", 2_000)),
        "one giant cell": partial(
            _sheet, inside=_noisy(b"x" * 1_000, 100_000, b'<row><c t="inlineStr"><is><t>', b"</t></is></c></row>")
        ),
        "a tag of 50 MB": partial(_sheet, inside=_noisy(b" " * 500, 100_000, b"<row ", b"/>")),
        "nested 100,000 deep": partial(_sheet, inside=(b"<row>" * 100_000,)),
        "2 million merged cells": partial(_sheet, inside=(), after=_noisy(b'<mergeCell ref="A1:B2"/>' * 20, 100_000)),
        "3 million shared texts": _part("sharedStrings", b"<sst ", b"<si><t>a</t></si>" * 30, b"</sst>"),
        "one shared text of 60 MB": _part("sharedStrings", b"<sst ", b"x" * 600, b"</t></si></sst>", b"<si><t>"),
        "a million styles": _part("styles", b"<styleSheet ", b"<xf/>" * 10, b"</cellXfs></styleSheet>", b"<cellXfs>"),
        "entities that grow": partial(_with_part, name="xl/styles.xml", inside=(b"<!--" + b" " * 4_000 + b"-->" + _LAUGHS,)),
        "5,000 parts": _many_parts,
        "formulas": partial(_sheet, inside=(b"<row><c><f>1+1</f></c></row>",) * 20_000),
        "an archive in an archive": _nested,
        "torn off": _torn,
    }  # fmt: skip


_LAUGHS = (
    b'<!DOCTYPE l [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, (b"&%c;" % (97 + n)) * 10) for n in range(9))
    + b"]><styleSheet>&j;</styleSheet>"
)


def _part(name: str, tag: bytes, piece: bytes, after: bytes, before: bytes = b"") -> Make:
    return partial(
        _with_part, name=f"xl/{name}.xml", inside=_noisy(piece, 100_000, tag + _NS + b">" + before, after)
    )


def _noisy(piece: bytes, times: int, before: bytes = b"", after: bytes = b"") -> Iterator[bytes]:
    """Repeat a piece with enough noise in comments that it does not pack better than is allowed."""
    yield before
    for number in range(times):
        yield piece
        if len(piece) > 400 and number % 4 == 0 and b"<" in piece and not before:
            yield b"<!--%x-->" % (number * 0x9E3779B97F4A7C15 % 2**128)
    yield after


def _sheet(path: Path, *, inside: Iterable[bytes], after: Iterable[bytes] = ()) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"<worksheet " + _NS + b"><sheetData>" + _HEADER
        yield from inside
        yield b"</sheetData>"
        yield from after
        yield b"</worksheet>"

    _with_part(path, name=SHEET, inside=pieces())


def _book() -> bytes:
    book, target = Workbook(), io.BytesIO()
    book.active.append(["sku", "name"])
    book.active.append(["A", "B"])
    book.save(target)
    return target.getvalue()


def _with_part(path: Path, *, name: str, inside: Iterable[bytes]) -> None:
    """Write a workbook of which one part is this; padded with noise so that its ratio is allowed."""
    with (
        zipfile.ZipFile(io.BytesIO(_book())) as book,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for part in book.namelist():
            if part != name:
                archive.writestr(part, book.read(part))
        total = 0
        with archive.open(name, "w", force_zip64=True) as target:
            for piece in inside:
                total += len(piece)
                if total > 380 * MB:
                    break
                target.write(piece)
        archive.writestr("xl/media/noise.bin", os.urandom(max(total // 190, 1)))


def _many_parts(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(5_000):
            archive.writestr(f"xl/{number}.xml", b"<x/>")


def _nested(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", _book())


def _torn(path: Path) -> None:
    path.write_bytes(_book()[:-200])


def codes() -> dict[str, str]:
    """What a scanner, or who imitates one, may send."""
    return {
        "a megabyte of digits": "0" * MB,
        "a megabyte of AIs": "(01)" * (MB // 4),
        "a megabyte of (10)A": "10A\x1d" * (MB // 4),
        "a symbology and a megabyte": "]d2" + "9" * MB,
        "nothing but separators": "\x1d" * MB,
        "NULs": "\0" * MB,
        "a long lot": "010952012345678810" + "A" * 10_000,
        "dates of no calendar": "0109520123456788" + "17999999" * 1_000,
        "surrogates": "\ud800" * 1_000,
        "blanks": " " * MB,
        "digits of another script": "٤" * 20_000,
        "a million combining marks": "a" + "\u0301" * MB,
        "ligatures that grow": "\ufdfa" * 200_000,
    }
