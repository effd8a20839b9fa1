"""What does a scanned symbol say of itself: which GTIN, lot, expiry, quantity, serial or logistic unit; and was it read whole?

Pure, no I/O. GS1 element strings are read by biip; what it refuses is told in words a picker can act on. Anything that is no
GS1 symbol (a SKU, a bin's code) comes back as its text alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from biip import ParseError
from biip.gs1_application_identifiers import GS1ApplicationIdentifier
from biip.gs1_element_strings import GS1ElementString
from biip.gtin import Gtin
from biip.sscc import Sscc

LONGEST = 400  # characters: four fields of the longest kind
SEPARATOR = "\x1d"  # FNC1 between fields; a keyboard wedge sends it as Ctrl+]
_GS1 = re.compile(r"\](?:C1|d2|Q3|e0|J1)")
_SYMBOLOGY = re.compile(r"\][A-Za-z]\d")
_FIXED = re.compile(r"N\d\+[NXY](\d+)\Z")
SSCC, GTIN, CONTENT, LOT, BEST_BEFORE, EXPIRY, SERIAL = "00", "01", "02", "10", "15", "17", "21"
COUNTS = ("30", "37")


@dataclass(frozen=True)
class Symbol:
    """What was read. `text` is without symbology prefix and control characters; a GTIN has 14 digits, an SSCC 18.

    `fault` says why it is not to be believed ("" when it is): cut off, misread, or two symbols in one scan.
    """

    text: str
    fields: dict[str, str] = field(default_factory=dict)
    gtin: str = ""
    sscc: str = ""
    expires: date | None = None
    quantity: int | None = None
    fault: str = ""

    @property
    def lot(self) -> str:
        return self.fields.get(LOT, "")

    @property
    def serial(self) -> str:
        return self.fields.get(SERIAL, "")


class _Faulty(Exception):
    """The symbol is one of GS1's and was not read as a whole; the words are for the picker."""


def read_symbol(raw: str) -> Symbol:
    """This function will return what a scan says, whatever was scanned; it never raises."""
    raw = raw.strip(" \r\n\t" + SEPARATOR)
    if len(raw) > LONGEST:
        return Symbol("", fault="Several codes in one scan: scan them one by one.")
    prefix = _SYMBOLOGY.match(raw)
    content = raw[prefix.end() :] if prefix else raw
    text = " ".join("".join(char if char.isprintable() else " " for char in content).split())
    if inner := _SYMBOLOGY.search(content):
        return Symbol(text, fault=_two(content[: inner.start()], content[inner.end() :]))
    is_gs1 = bool(_GS1.match(raw)) or SEPARATOR in content
    if not is_gs1:
        bare = _bare(text)
        if bare is not None:
            return bare
        is_gs1 = len(content) > 14 and content[:2] in (GTIN, SSCC, CONTENT) and content[2:16].isdigit()
    if not is_gs1:
        return Symbol(text)
    found: dict[str, str] = {}
    try:
        elements = [_checked(element, found) for element in _elements(content.removeprefix(SEPARATOR))]
    except _Faulty as fault:
        return Symbol(text, found, fault=str(fault))
    return _told(text, found, elements)


def _bare(text: str) -> Symbol | None:
    """A GTIN or an SSCC without identifier in front, as shops' and older labels carry it; None when it is neither."""
    if not (text.isascii() and text.isdigit()):
        return None
    kind: type[Gtin] | type[Sscc]
    if len(text) in (8, 12, 13, 14):
        kind = Gtin
    elif len(text) == 18:
        kind = Sscc
    else:
        return None
    try:
        read = kind.parse(text)
    except ParseError:
        return Symbol(text, fault="Misread: the check digit is wrong. Scan it again.")
    if isinstance(read, Gtin):
        return Symbol(text, gtin=read.as_gtin_14())
    return Symbol(text, sscc=read.value)


def _elements(content: str) -> Iterator[GS1ElementString]:
    rest = content
    while rest:
        try:
            element = GS1ElementString.extract(rest)
        except ParseError as error:
            raise _Faulty(_why(rest)) from error
        if not element.value:  # biip lets some fields be empty
            raise _Faulty(_why(rest))
        yield element
        rest = rest[len(element) :]
        if rest and element.ai.separator_required and not rest.startswith(SEPARATOR):
            raise _Faulty(
                f"Two symbols in one scan, or a bad label: ({element.ai.ai}) does not end. Scan it again."
            )
        rest = rest.lstrip(SEPARATOR)


def _why(rest: str) -> str:
    """What is wrong with the field that `rest` begins with."""
    try:
        identifier = GS1ApplicationIdentifier.extract(rest)
    except ParseError:
        whole = "" if len(rest) > 3 else " The symbol was cut off."
        return f"“{rest[:4]}” is no GS1 field.{whole} Scan it again."
    fixed = _FIXED.match(identifier.format)
    value, _, _ = rest[len(identifier.ai) :].partition(SEPARATOR)
    if not value or (fixed and len(value) < int(fixed[1])):
        return f"The symbol was cut off in ({identifier.ai}) {identifier.data_title}. Scan it again."
    return f"({identifier.ai}) {identifier.data_title} can not be “{value[:20]}”. Scan it again, or report the label."


def _checked(element: GS1ElementString, found: dict[str, str]) -> GS1ElementString:
    """Put the field down; a wrong check digit or one field twice is a fault."""
    identifier = element.ai.ai
    if element.gtin_error or element.sscc_error:
        raise _Faulty(f"Misread: the check digit in ({identifier}) is wrong. Scan it again.")
    if identifier in found:
        raise _Faulty(_two(found[identifier], element.value))
    found[identifier] = element.value
    return element


def _two(one: str, other: str) -> str:
    return f"Two codes in one scan, {one[:30]} and {other[:30]}: scan them one by one."


def _told(text: str, found: dict[str, str], elements: list[GS1ElementString]) -> Symbol:
    by_identifier = {element.ai.ai: element for element in elements}
    dated = by_identifier.get(EXPIRY) or by_identifier.get(BEST_BEFORE)
    counted = next((found[identifier] for identifier in COUNTS if identifier in found), None)
    return Symbol(
        text, found, gtin=found.get(GTIN) or found.get(CONTENT, ""), sscc=found.get(SSCC, ""),
        expires=dated.date if dated else None, quantity=int(counted) if counted is not None else None,
    )  # fmt: skip
