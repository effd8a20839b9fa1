"""How is a raw message laid out so that a person can read it, and which bytes was it exactly?

Pure. Layout never changes what is stored; what can not be laid out is shown as it is.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from dataclasses import dataclass, field

SHOWN = 20_000  # characters
ROWS = 50
_ESCAPED = re.compile(r"\\x([0-9a-f]{2})")
_FIGURE = "\ue000"  # of the private use area: no message holds it but to be odd
_X12_HEAD = 106  # an ISA segment is so long, its terminator included


@dataclass(frozen=True)
class Readable:
    """`kind` is what it was taken for; `rows` are there for a table, `text` for the others. `cut`: the whole length, if more."""

    kind: str
    text: str = ""
    rows: list[list[str]] = field(default_factory=list)
    cut: int = 0


def readable(body: str) -> Readable:
    """This function will lay a message out: JSON indented, EDI a segment per line, CSV as a table, all else as it is."""
    stripped = body.lstrip("\ufeff \t\r\n")
    if stripped[:1] in ("{", "["):
        found = _json(stripped)
    elif stripped.startswith("ISA") and len(stripped) >= _X12_HEAD:
        found = Readable("X12", _segments(stripped, stripped[_X12_HEAD - 1]))
    elif stripped.startswith(("UNA", "UNB")):
        end = stripped[8] if stripped.startswith("UNA") and len(stripped) > 8 else "'"
        found = Readable("EDIFACT", _segments(stripped, end))
    else:
        found = _table(stripped)
    cut = len(found.text) if len(found.text) > SHOWN else found.cut
    return Readable(found.kind, found.text[:SHOWN], found.rows, cut)


def _json(text: str) -> Readable:
    """Figures stay as they were written: 2.50 is not 2.5. They travel as marked texts, and lose their quotes at the end."""
    try:
        content = json.loads(text, parse_float=lambda figure: f"{_FIGURE}{figure}{_FIGURE}")
    except (ValueError, RecursionError):
        return Readable("text", text)
    laid_out = json.dumps(content, indent=2, ensure_ascii=False)
    return Readable("JSON", laid_out.replace(f'"{_FIGURE}', "").replace(f'{_FIGURE}"', ""))


def _segments(text: str, end: str) -> str:
    """A segment per line; a terminator that a release character (?) keeps from being one stays where it is."""
    found, start = [], 0
    for place, char in enumerate(text):
        if char == end and (end != "'" or text[place - 1 : place] != "?"):
            found.append(text[start : place + 1].strip("\r\n"))
            start = place + 1
    rest = text[start:].strip()
    return "\n".join([*found, rest] if rest else found)


def _table(text: str) -> Readable:
    first = text.partition("\n")[0]
    mark = max(",;\t|", key=first.count)
    if not first.count(mark) or text.startswith("<"):
        return Readable("text", text)
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=mark, strict=True))
    except csv.Error:
        return Readable("text", text)
    rows = [row for row in rows if row]
    if len({len(row) for row in rows}) > 1:
        return Readable("text", text)
    return Readable("CSV", "", rows[:ROWS], len(rows) if len(rows) > ROWS else 0)


def exact_bytes(body: str, body_hash: str) -> tuple[bytes, bool]:
    """This function will return a stored body's bytes, and whether they are those that arrived, which their hash proves.

    A body that is no UTF-8 is stored with \\xNN for each byte that is none; the hash tells such an escape from the same
    characters in a text.
    """
    plain = body.encode()
    if hashlib.sha256(plain).hexdigest() == body_hash:
        return plain, True
    # surrogates carry single bytes through the text, as Python reads file names
    single = _ESCAPED.sub(lambda found: _byte(int(found[1], 16)), body).encode("utf-8", "surrogateescape")
    if hashlib.sha256(single).hexdigest() == body_hash:
        return single, True
    return plain, False


def _byte(value: int) -> str:
    return chr(value) if value < 0x80 else chr(0xDC00 + value)
