"""How is an interchange shown to a person: segment by segment, with what is wrong beside it?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from erp.core.errors import InvalidInput
from orders.channels.edi.envelope import Segment
from orders.channels.edi.read import read
from orders.models import EdiInterchange

MOST_SHOWN = 2_000


@dataclass(frozen=True)
class ShownSegment:
    """A segment in columns: number in the interchange, tag, its elements. `depth`: 0 envelope, 1 group, 2 header, 3 body."""

    number: int
    tag: str
    values: list[str]
    depth: int
    fault: str = ""


_DEPTH = {
    "ISA": 0, "IEA": 0, "UNA": 0, "UNB": 0, "UNZ": 0, "TA1": 0, "GS": 1, "GE": 1, "UNG": 1, "UNE": 1, "ST": 2, "SE": 2, "UNH": 2,
    "UNT": 2,
}  # fmt: skip


def edi_segments(row: EdiInterchange) -> list[ShownSegment]:
    """This function will return the segments of an interchange, at most 2,000; none when they can not be told apart."""
    try:
        (interchange, *_) = read(row.text)
    except (InvalidInput, ValueError):
        return []
    marks, place, message = interchange.marks, 0, 0
    shown: list[ShownSegment] = []
    faults = {
        (position, int(fault["position"])): str(fault["text"])
        for position, fault in _message_faults(row)
        if fault.get("position")
    }
    for raw in _rows(row.text, marks.terminator):
        segment = Segment(raw, 0, marks)
        tag = segment.tag
        if tag in ("ST", "UNH"):
            place, message = 0, message + 1
        place += 1
        values = [value[:200] for value in segment.shown()[1:]]
        depth = _DEPTH.get(tag, 3)
        shown.append(ShownSegment(len(shown) + 1, tag[:10], values, depth, faults.get((message, place), "")))
        if len(shown) == MOST_SHOWN:
            break
    return shown


def _rows(text: str, terminator: str) -> list[str]:
    """Rough, for reading only: a released terminator shows as two rows."""
    found = [
        raw.replace("\r", "").replace("\n", "").strip(" \t\ufeff")
        for raw in text.split(terminator, MOST_SHOWN + 1)
    ]
    return [raw for raw in found if raw]


def _message_faults(row: EdiInterchange) -> list[tuple[int, dict[str, Any]]]:
    return [
        (position, fault)
        for position, faults in row.messages.values_list("position", "faults")
        for fault in faults
    ]
