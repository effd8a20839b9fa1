"""How is a document put into an envelope: by pyx12 for X12, by pydifact for EDIFACT?

The libraries write counts, trailers and release characters; what they do not do is keep data out of the syntax: X12 has no
release character, so a separator inside a value becomes a blank, and neither may hold a line end.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from unicodedata import normalize

from pydifact.control.characters import Characters
from pydifact.segments import Segment as EdifactSegment
from pydifact.serializer import Serializer
from pyx12.segment import Segment as X12Segment  # type: ignore[import-untyped]
from pyx12.x12file import X12Writer  # type: ignore[import-untyped]

from orders.channels.edi.profile import Profile

Value = str | Sequence[str]
Row = Sequence[Value]  # a tag and its elements
GROUPS = {"997": "FA", "855": "PR", "856": "SH", "810": "IN", "846": "IB"}
REPETITION = "^"


@dataclass(frozen=True)
class Controls:
    """The numbers of an interchange that is being written, and when that is."""

    interchange: int
    group: int
    at: datetime


def x12(
    profile: Profile, controls: Controls, kind: str, sets: Sequence[Sequence[Row]], *, is_test: bool = False
) -> str:
    """This function will return an X12 interchange of one group with these transaction sets, without their ST and SE.

    With `kind` TA1 there is no group: the rows of the only "set" stand in the interchange as they are.
    """
    element, component, terminator = profile.marks
    out = io.StringIO()
    writer = X12Writer(out, terminator, element, component, "\n", REPETITION)

    def put(row: Row) -> None:
        text = element.join(_x12_value(value, profile) for value in row).rstrip(element)
        writer.Write(X12Segment(text + terminator, terminator, element, component))

    version = profile.version if profile.version.isdigit() else "004010"
    at, control = controls.at, f"{controls.interchange:09d}"
    standards = REPETITION if version >= "005" else "U"
    header = [
        "ISA", "00", " " * 10, "00", " " * 10, profile.ours_qualifier[:2].ljust(2), profile.ours[:15].ljust(15),
        profile.theirs_qualifier[:2].ljust(2), profile.theirs[:15].ljust(15), f"{at:%y%m%d}", f"{at:%H%M}", standards,
        version[:5], control, "0", "T" if is_test else "P", component,
    ]  # fmt: skip
    writer.Write(X12Segment(element.join(header) + terminator, terminator, element, component))
    if kind == "TA1":
        for row in sets[0]:
            put(row)
    else:
        ids, when = [profile.our_group, profile.their_group], [f"{at:%Y%m%d}", f"{at:%H%M}"]
        put(["GS", GROUPS[kind], *ids, *when, str(controls.group), "X", version])
        for place, rows in enumerate(sets, start=1):
            put(["ST", kind, f"{place:04d}"])
            for row in rows:
                put(row)
    writer.Close()
    return out.getvalue()


def _x12_value(value: Value, profile: Profile) -> str:
    if not isinstance(value, str):
        return profile.marks[1].join(_x12_value(part, profile) for part in value)
    return clean(value, {*profile.marks, REPETITION})


def clean(value: str, signs: set[str], highest: int = 127) -> str:
    """This function will return a value that no reader takes for syntax: one line, without these signs.

    A letter beyond the character set loses its accent (X12 is ASCII, UNOC is Latin-1); what has none becomes a point.
    """
    return "".join(
        " " if sign in signs or ord(sign) < 32 or 127 <= ord(sign) < 160 else _narrow(sign, highest)
        for sign in value
    )


def _narrow(sign: str, highest: int) -> str:
    if ord(sign) < highest:
        return sign
    base = normalize("NFKD", sign)[0]
    return base if 32 <= ord(base) < highest else "."


def edifact(
    profile: Profile, controls: Controls, messages: Sequence[tuple[Sequence[str], Sequence[Row]]], *,
    is_test: bool = False,
) -> str:  # fmt: skip
    """This function will return an EDIFACT interchange with these messages: (type, version, release, agency…), rows."""
    at = controls.at
    unb = EdifactSegment(
        "UNB", ["UNOC", "3"], [profile.ours, profile.ours_qualifier], [profile.theirs, profile.theirs_qualifier],
        [f"{at:%y%m%d}", f"{at:%H%M}"], str(controls.interchange), *(["", "", "", "", "", "1"] if is_test else []),
    )  # fmt: skip
    segments = [unb]
    for place, (identity, rows) in enumerate(messages, start=1):
        segments.append(EdifactSegment("UNH", str(place), list(identity)))
        segments += [
            EdifactSegment(str(row[0]), *(_edifact_value(value) for value in row[1:])) for row in rows
        ]
        segments.append(EdifactSegment("UNT", str(len(rows) + 2), str(place)))
    segments.append(EdifactSegment("UNZ", str(len(messages)), str(controls.interchange)))
    element, component, terminator = profile.marks
    signs = Characters(component, element, ".", "?", " ", terminator)
    return Serializer(signs).serialize(segments, with_una_header=True, break_lines=True)


def _edifact_value(value: Value) -> str | list[str]:
    if isinstance(value, str):
        return clean(value, set(), 256).strip()
    return [clean(part, set(), 256).strip() for part in value]
