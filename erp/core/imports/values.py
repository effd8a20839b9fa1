"""How is a cell of somebody's file read: numbers of both hemispheres' commas, days, flags?

`plain` brings a cell to the one form that the rest of the house reads (a point before the decimals, no thousands); the
readers turn that into values and raise InvalidInput that names the column.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from erp.core.errors import InvalidInput

POINT, COMMA = "point", "comma"
# What `safe_cell` puts before a formula; a file of ours that comes back must read as it was.
_GUARDED = re.compile(r"'[=+\-@\t\r\n＝＋－＠]")
_SPACES = str.maketrans("", "", " \u00a0\u202f'")
_WITH_POINT = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?")
_WITH_COMMA = re.compile(r"[+-]?(\d+|\d{1,3}(\.\d{3})+)(,\d+)?")
_NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,15})?")
_SAYS_COMMA = re.compile(r"[+-]?\d{1,3}(\.?\d{3})*,(\d{1,2}|\d{4,})|[+-]?\d{1,3}(\.\d{3})+,\d+")
_SAYS_POINT = re.compile(r"[+-]?\d{1,3}(,?\d{3})*\.(\d{1,2}|\d{4,})|[+-]?\d{1,3}(,\d{3})+\.\d+")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}([T ]00:00(:00)?)?")
_FLAGS = {
    "yes": True, "y": True, "true": True, "1": True, "x": True, "no": False, "n": False, "false": False, "0": False,
}  # fmt: skip


def unguarded(cell: str) -> str:
    """This function will return a cell without the apostrophe that keeps a spreadsheet from running it."""
    return cell[1:] if _GUARDED.match(cell) else cell


def plain(cell: str, kind: str, decimal: str) -> str:
    """This function will return a cell as the house reads it; what is no number stays as it is, to be refused with its name."""
    cell = cell.strip()
    if not cell:  # half of a wide file
        return cell
    if cell[0] == "'":
        cell = unguarded(cell)
    if kind not in ("decimal", "whole"):
        return cell
    bare = cell.translate(_SPACES)
    if decimal == COMMA and _WITH_COMMA.fullmatch(bare):
        bare = bare.replace(".", "").replace(",", ".")
    elif decimal == POINT and _WITH_POINT.fullmatch(bare):
        bare = bare.replace(",", "")
    else:
        return cell
    if kind == "whole" and "." in bare and not bare.rpartition(".")[2].strip("0"):
        return bare.partition(".")[0]  # a spreadsheet's 6.0
    return bare


def sniff_decimal(cells: Iterable[str]) -> str:
    """This function will say which sign stands before the decimals in most of the cells: POINT when none says."""
    commas = points = 0
    for cell in cells:
        bare = cell.strip().translate(_SPACES)
        commas += bool(_SAYS_COMMA.fullmatch(bare))
        points += bool(_SAYS_POINT.fullmatch(bare))
    return COMMA if commas > points else POINT


def read_required(values: Mapping[str, str], name: str) -> str:
    """This function will return a text that must be there."""
    text = values.get(name, "")
    if not text:
        raise InvalidInput(f"{name} is missing", field=name, remedy="Fill it in.")
    return text


def read_whole(values: Mapping[str, str], name: str, default: int | None = None) -> int:
    """This function will return a whole number, or the default when the cell is blank."""
    text = values.get(name, "")
    if not text and default is not None:
        return default
    if not text:
        raise InvalidInput(f"{name} is missing", field=name, remedy="Fill it in.")
    if not _NUMBER.fullmatch(text) or "." in text:
        raise InvalidInput(f"“{text[:40]}” is no whole number", field=name, remedy="Digits only, such as 12.")
    return int(text)


def read_decimal(values: Mapping[str, str], name: str, default: Decimal | None = None) -> Decimal:
    """This function will return an exact amount of at most four decimals, or the default when the cell is blank."""
    text = values.get(name, "")
    if not text and default is not None:
        return default
    if not text:
        raise InvalidInput(f"{name} is missing", field=name, remedy="Fill it in.")
    if not _NUMBER.fullmatch(text):
        raise InvalidInput(
            f"“{text[:40]}” is no number", field=name, remedy="Digits such as 12.50; check the sign before the decimals."
        )  # fmt: skip
    if len(text.partition(".")[2].rstrip("0")) > 4:
        raise InvalidInput(f"“{text[:40]}” has more than four decimals", field=name, remedy="Round it.")
    return Decimal(text)


def read_day(values: Mapping[str, str], name: str) -> date | None:
    """This function will return a day, or None when the cell is blank."""
    text = values.get(name, "")
    if not text:
        return None
    try:
        if not _DAY.fullmatch(text):
            raise ValueError(text)
        return date.fromisoformat(text[:10])
    except ValueError as error:
        raise InvalidInput(f"“{text[:40]}” is no day", field=name, remedy="Write 2026-03-31.") from error


def read_flag(values: Mapping[str, str], name: str, default: bool) -> bool:
    """This function will return yes or no, or the default when the cell is blank."""
    text = values.get(name, "").lower()
    if not text:
        return default
    if text not in _FLAGS:
        raise InvalidInput(f"“{text[:40]}” is neither yes nor no", field=name, remedy="Write yes or no.")
    return _FLAGS[text]


def shown(value: object) -> str:
    """This function will write a value as a diff shows and an undo compares it: one text per value."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        text = f"{value:.8f}".rstrip("0").rstrip(".")
        return "0" if text in ("", "-0") else text
    return value.isoformat() if isinstance(value, date) else str(value)
