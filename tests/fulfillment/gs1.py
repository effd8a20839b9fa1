"""Answers: which GS1 messages does GS1's own syntax dictionary allow?

`recorded/gs1/gs1-syntax-dictionary.txt` is release 2026-01-27 of gs1/gs1-syntax-engine, Apache License 2.0. Its format stands
in its head: identifiers, flags (`*`: no separator needed after it), components (type, length, checks).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import NamedTuple

DICTIONARY = Path(__file__).parent / "recorded/gs1/gs1-syntax-dictionary.txt"
_ROW = re.compile(r"(\d{2,4})(?:-(\d{2,4}))?\s+([*?!\"$%&'()+,./:;<=>@\\^_`{|}~]*)\s+(.*)")
_COMPONENT = re.compile(r"(\[?)([NXY])(\.\.)?(\d+)\]?((?:,\w+)*)\Z")
_LETTERS = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"  # CSET 82
_PLAIN = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-"
# The checks of a component that its generator below satisfies; identifiers with others are left out.
_EASY = {
    "csum",
    "gcppos1",
    "gcppos2",
    "yymmd0",
    "yymmdd",
    "hhmi",
    "iso4217",
    "iso3166",
    "iso3166999",
    "yesno",
}


class Component(NamedTuple):
    """A part of a field: `kind` N, X or Y; `length` exactly, or at most if it varies."""

    kind: str
    length: int
    varies: bool
    is_optional: bool
    checks: frozenset[str]


class Identifier(NamedTuple):
    """An application identifier; a field that is not of predefined length is ended by FNC1."""

    code: str
    is_predefined: bool
    components: tuple[Component, ...]


def identifiers() -> list[Identifier]:
    """Return every identifier whose values we can make."""
    found = []
    for line in DICTIONARY.read_text("utf-8").splitlines():
        row = _ROW.match(line)
        if row is None:
            continue
        first, last, flags, rest = row.groups()
        parts = []
        for word in rest.split("#")[0].split():
            part = _COMPONENT.match(word)
            if part is None:
                break
            optional, kind, varies, length, checks = part.groups()
            names = frozenset(checks.strip(",").split(",")) - {""}
            parts.append(Component(kind, int(length), bool(varies), bool(optional), names))
        if parts and all(part.checks <= _EASY for part in parts):
            for code in range(int(first), int(last or first) + 1):
                found.append(Identifier(f"{code:0{len(first)}}", "*" in flags, tuple(parts)))
    return found


def check_digit(digits: str) -> str:
    """Return GS1's check digit of these digits: weights 3 and 1 from the right."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def value_of(identifier: Identifier, dice: Random) -> str:
    """Return a value that the dictionary allows; optional parts are left out."""
    return "".join(_part(part, dice) for part in identifier.components if not part.is_optional)


def _digits(length: int, dice: Random) -> str:
    return "".join(dice.choice("0123456789") for _ in range(length))


def _date(dice: Random) -> str:
    return f"{dice.randint(0, 99):02}{dice.randint(1, 12):02}{dice.randint(1, 28):02}"


_MADE: dict[str, Callable[[Random], str]] = {
    "yymmd0": _date, "yymmdd": _date, "hhmi": lambda dice: f"{dice.randint(0, 23):02}{dice.randint(0, 59):02}",
    "iso4217": lambda dice: dice.choice(["978", "826", "840"]), "iso3166": lambda dice: dice.choice(["826", "276", "250"]),
    "iso3166999": lambda dice: dice.choice(["826", "999"]), "yesno": lambda dice: dice.choice("01"),
}  # fmt: skip


def _part(part: Component, dice: Random) -> str:
    for name in part.checks & set(_MADE):
        return _MADE[name](dice)
    least = 5 if part.checks else 1  # a key begins with a company prefix
    length = dice.randint(least, part.length) if part.varies else part.length
    if "csum" in part.checks:
        digits = _digits(length - 1, dice)
        return digits + check_digit(digits)
    if part.kind == "N":
        return _digits(length, dice)
    letters = _LETTERS if part.kind == "X" and not part.checks else _PLAIN
    digits = _digits(min(length, 4), dice) if part.checks else ""  # a company prefix begins such a key
    return digits + "".join(dice.choice(letters) for _ in range(length - len(digits)))


def message(fields: list[tuple[Identifier, str]]) -> str:
    """Return the element string of these fields, as a scanner that transmits FNC1 as GS sends it."""
    written = [
        f"{identifier.code}{value}{'' if identifier.is_predefined else chr(29)}"
        for identifier, value in fields
    ]
    return "".join(written).rstrip("\x1d")
