"""What does an interchange consist of, whichever standard wrote it: groups, messages, segments, and what is wrong with each?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from erp.core.errors import InvalidInput

X12, EDIFACT = "X12", "EDIFACT"
MOST_SEGMENTS = 50_000  # of one body
MOST_INTERCHANGES = 100
MOST_FAULTS = 20  # of an interchange that are worth reading
LONGEST_SEGMENT = 16 * 1024

# The kinds of a message in the words of both standards.
ORDERS_KINDS = {"850": "ORDER", "ORDERS": "ORDER", "860": "CHANGE", "ORDCHG": "CHANGE"}
ACK_KINDS = frozenset({"997", "999", "TA1", "CONTRL"})


class Unreadable(InvalidInput):
    """Bytes that are no interchange at all: there is nobody to acknowledge them to."""

    code = "unreadable"


@dataclass(frozen=True)
class Marks:
    """The signs that an interchange is written with."""

    element: str
    component: str
    terminator: str
    release: str = ""
    decimal: str = "."


@dataclass(frozen=True)
class Segment:
    """One segment; its values are split when they are asked for, so that a giant one costs no memory."""

    raw: str
    position: int
    marks: Marks

    @property
    def tag(self) -> str:
        first = self.raw.partition(self.marks.element)[0]
        return (first.partition(self.marks.component)[0] if self.marks.release else first).strip().upper()

    def elements(self) -> list[str]:
        """This function will return tag and elements, still escaped."""
        return split(self.raw, self.marks.element, self.marks.release)

    def get(self, element: int, component: int = 1) -> str:
        """This function will return a value by its number from 1, blanks at its ends removed; "" when it is not there."""
        parts = self.elements()
        if element >= len(parts):
            return ""
        return self._component(parts[element], component).strip()

    def _component(self, value: str, component: int) -> str:
        if not self.marks.release:  # X12: a value is taken whole, what it holds is data
            return value if component == 1 else ""
        found = split(value, self.marks.component, self.marks.release)
        return plain(found[component - 1], self.marks.release) if component <= len(found) else ""

    def shown(self) -> list[str]:
        """This function will return tag and elements as a person reads them, components parted by a colon."""
        if not self.marks.release:
            return [value.strip() for value in self.elements()]
        return [
            ":".join(
                plain(part, self.marks.release)
                for part in split(value, self.marks.component, self.marks.release)
            )
            for value in self.elements()
        ]


def split(text: str, mark: str, release: str) -> list[str]:
    """This function will part a text at a mark that is not released."""
    if not mark:
        return [text]
    if not release or release not in text:
        return text.split(mark)
    parts, start, at = [], 0, 0
    while at < len(text):
        if text[at] == release:
            at += 2
            continue
        if text[at] == mark:
            parts.append(text[start:at])
            start = at + 1
        at += 1
    return [*parts, text[start:]]


def plain(text: str, release: str) -> str:
    """This function will return a value without its release characters."""
    if not release or release not in text:
        return text
    out, at = [], 0
    while at < len(text):
        if text[at] == release and at + 1 < len(text):
            at += 1
        out.append(text[at])
        at += 1
    return "".join(out)


@dataclass(frozen=True)
class Fault:
    """What is wrong: `reason` is a stable word that both standards have a code for; the rest says where."""

    reason: str
    text: str
    tag: str = ""
    position: int = 0
    element: int = 0

    def as_json(self) -> dict[str, str | int]:
        return {
            "reason": self.reason, "text": self.text[:300], "tag": self.tag, "position": self.position, "element": self.element,
        }  # fmt: skip


@dataclass
class Message:
    """A transaction set or message, header and trailer included."""

    kind: str
    version: str
    reference: str
    segments: list[Segment] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    @property
    def text(self) -> str:
        marks = self.segments[0].marks
        end = marks.terminator if marks.terminator == "\n" else f"{marks.terminator}\n"
        return "".join(segment.raw + end for segment in self.segments)


@dataclass
class Group:
    """A functional group; an EDIFACT interchange without groups has one with `is_written` False."""

    kind: str
    version: str
    control: str
    sender: str = ""
    receiver: str = ""
    is_written: bool = True
    counted: str = ""
    messages: list[Message] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


@dataclass
class Interchange:
    """What one partner sends another in one envelope. `receipts` are the TA1 segments in it."""

    standard: str
    marks: Marks
    text: str = ""
    head: str = ""  # ISA, or UNA and UNB, as they were sent
    sender: str = ""
    sender_qualifier: str = ""
    receiver: str = ""
    receiver_qualifier: str = ""
    control: str = ""
    version: str = ""
    sent_at: datetime | None = None
    sent_date: str = ""
    sent_time: str = ""
    is_test: bool = False
    wants_receipt: bool = False
    groups: list[Group] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    receipts: list[Segment] = field(default_factory=list)

    def messages(self) -> list[tuple[Group, Message]]:
        return [(group, message) for group in self.groups for message in group.messages]


def alone(interchange: Interchange, group: Group, message: Message) -> str:
    """This function will return an interchange that holds nothing but this message, under the header it came with."""
    marks, end = interchange.marks, interchange.marks.terminator
    head = interchange.head if interchange.head.endswith("\n") else f"{interchange.head}\n"
    if interchange.standard == EDIFACT:
        rows = [["UNZ", "1", interchange.control]]
        return head + message.text + "".join(marks.element.join(row) + end for row in rows)
    begin = ["GS", group.kind, group.sender, group.receiver, "", "", group.control, "X", group.version]
    close = [["GE", "1", group.control], ["IEA", "1", interchange.control]]
    tail = "".join(marks.element.join(row) + end for row in close)
    return f"{head}{marks.element.join(begin)}{end}{message.text}{tail}"


@dataclass
class Counter:
    """How many segments a body may still have."""

    left: int = MOST_SEGMENTS

    def take(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Unreadable(
                f"more than {MOST_SEGMENTS} segments", field="body", remedy="Send it in several interchanges."
            )


def moment(date: str, time: str) -> datetime | None:
    """This function will return a time of an envelope (YYMMDD or YYYYMMDD, HHMM or longer), or None when it is none."""
    day = date if len(date) == 8 else f"20{date}"
    try:
        return datetime.strptime(day + (time[:4] or "0000"), "%Y%m%d%H%M").replace(tzinfo=UTC)
    except ValueError:
        return None


def is_count(text: str, count: int) -> bool:
    """This function will tell whether a control count is this number; leading zeros do not matter."""
    return text.isascii() and text.isdigit() and len(text) < 10 and int(text) == count


def same_number(one: str, other: str) -> bool:
    """This function will compare two control references; numbers are compared as numbers."""
    if one.isdigit() and other.isdigit():
        return one.lstrip("0") == other.lstrip("0")
    return one == other


def without_mark(text: str) -> str:
    """This function will return a text without the byte order mark that some gateways put before it."""
    for mark in ("\ufeff", "ï»¿"):
        text = text.removeprefix(mark)
    return text.lstrip(" \t\r\n\x00\x1a")


def junk(standard: str, text: str) -> Interchange:
    """This function will return what stands in for bytes between interchanges that belong to none."""
    fault = Fault("unreadable", f"“{text[:40].strip()}” begins no interchange")
    return Interchange(standard, Marks("*", ":", "~"), text=text, faults=[fault])


def words(faults: Sequence[Fault]) -> str:
    """This function will return faults as one line for a case or a log."""
    return "; ".join(fault.text for fault in faults)[:300]
