"""How is an X12 interchange taken apart, and which of its counts and control numbers are wrong?

An own reader, because pyx12's X12Reader expects a header of exactly 106 characters and stops at the first thing it does not
like: the wild has byte order marks, unpadded headers, newline terminators, lines wrapped at 80 columns, indentation, headers
without a component separator, and interchanges whose second order is fine although the first is not. pyx12 still writes
what we send (`orders.channels.edi.write`) and reads it back in the tests. Source: ANSI X12.5 and X12.6.
"""

from __future__ import annotations

from orders.channels.edi.envelope import (
    LONGEST_SEGMENT,
    MOST_FAULTS,
    MOST_INTERCHANGES,
    X12,
    Counter,
    Fault,
    Group,
    Interchange,
    Marks,
    Message,
    Segment,
    Unreadable,
    is_count,
    junk,
    moment,
    same_number,
)

HEADER_ELEMENTS = 16
LONGEST_HEADER = 400
_BLANK = " \t\r\n"


def read_x12(text: str) -> list[Interchange]:
    """This function will return every interchange of a body that begins with ISA; Unreadable when its header has no end."""
    found: list[Interchange] = []
    at, counter = 0, Counter()
    while at < len(text):
        rest = text[at : at + 200].lstrip(_BLANK + "\x00\x1a")
        if not rest:
            at += 200
            continue
        if len(found) == MOST_INTERCHANGES:
            raise Unreadable(
                f"more than {MOST_INTERCHANGES} interchanges", field="body", remedy="Send fewer at once."
            )
        if not rest.startswith("ISA"):
            found.append(junk(X12, text[at:]))
            break
        at = text.index("ISA", at)
        interchange, at = _one(text, at, counter)
        found.append(interchange)
    return found


def _marks(text: str, start: int) -> tuple[Marks, int]:
    """The signs as the header uses them, and where it ends. A header is taken by its elements, not by its length."""
    mark = text[start + 3 : start + 4]
    if not mark or mark.isalnum() or mark in _BLANK:
        raise Unreadable("the ISA has no element separator", field="ISA", remedy="Send a complete header.")
    at = start
    for _ in range(HEADER_ELEMENTS):
        at = text.find(mark, at + 1, start + LONGEST_HEADER)
        if at < 0:
            raise Unreadable(
                f"the ISA has fewer than {HEADER_ELEMENTS} elements", field="ISA",
                remedy="Send a complete header.",
            )  # fmt: skip
    component, terminator = text[at + 1 : at + 2], text[at + 2 : at + 3]
    if not component:
        raise Unreadable("the ISA has no end", field="ISA", remedy="Send a complete header.")
    line = text[at + 2 : at + LONGEST_HEADER].lstrip(_BLANK).partition("\n")[0].rstrip(_BLANK)
    if (
        component in _BLANK or terminator.isalnum() or terminator == ""
    ):  # nothing stands before the terminator
        return Marks(mark, "", "\n" if component in _BLANK else component), at + 2
    if terminator in _BLANK:
        if line.endswith(component):
            return Marks(mark, "", component), at + 2
        return Marks(mark, component, "\n"), text.find("\n", at + 2) + 1 or len(text)
    return Marks(mark, component, terminator), at + 3


def _one(text: str, start: int, counter: Counter) -> tuple[Interchange, int]:
    marks, at = _marks(text, start)
    header = Segment(_clean(text[start:at].rstrip(marks.terminator), marks), 0, marks)
    counter.take()
    interchange = Interchange(
        X12, marks, head=text[start:at], sender=header.get(6), sender_qualifier=header.get(5), receiver=header.get(8),
        receiver_qualifier=header.get(7), control=header.get(13), version=header.get(12),
        sent_at=moment(header.get(9), header.get(10)), sent_date=header.get(9), sent_time=header.get(10),
        is_test=header.get(15) == "T", wants_receipt=header.get(14) == "1",
    )  # fmt: skip
    reader = _Reader(interchange)
    while at < len(text):
        end = text.find(marks.terminator, at)
        raw = text[at : end if end >= 0 else len(text)]
        if end < 0 and raw.strip(_BLANK):
            reader.fault("truncated", "the last segment has no terminator")
        if len(raw) > LONGEST_SEGMENT:
            raise Unreadable(
                f"a segment of more than {LONGEST_SEGMENT} characters",
                field="body",
                remedy="Is it EDI at all?",
            )
        raw = _clean(raw, marks)
        if raw.startswith("ISA" + marks.element):  # the one before it was never closed
            break
        at = end + 1 if end >= 0 else len(text)
        counter.take()
        if not raw:
            continue
        if reader.take(raw):
            break
    interchange.text = text[start:at]
    reader.close()
    return interchange, at


def _clean(raw: str, marks: Marks) -> str:
    """A segment without the line ends that wrapping put into it and the blanks that indentation put before it."""
    return raw.replace("\r", "").replace("\n", "").strip(" \t")


class _Reader:
    """Takes the segments of one interchange in turn, and puts down what does not fit."""

    def __init__(self, interchange: Interchange) -> None:
        self.interchange = interchange
        self.group: Group | None = None
        self.message: Message | None = None
        self.is_over = False

    def fault(self, reason: str, text: str) -> None:
        if len(self.interchange.faults) < MOST_FAULTS:
            self.interchange.faults.append(Fault(reason, text))

    def take(self, raw: str) -> bool:
        """This function will put a segment where it belongs and return whether it was the last."""
        message = self.message
        segment = Segment(raw, len(message.segments) + 1 if message else 0, self.interchange.marks)
        tag = segment.tag
        if tag == "IEA":
            self._end(segment)
        elif tag == "GS":
            self._close_group()
            self.group = Group(segment.get(1), segment.get(8), segment.get(6), segment.get(2), segment.get(3))
            self.interchange.groups.append(self.group)
        elif tag == "GE":
            self._end_group(segment)
        elif tag == "ST":
            self._begin(segment)
        elif tag == "TA1" and message is None:
            self.interchange.receipts.append(segment)
        elif message is not None:
            message.segments.append(segment)
            if tag == "SE":
                self._end_message(message, segment)
        elif tag not in ("ISB", "ISE"):
            self.fault("structure", f"{tag[:10]} stands outside of a transaction set")
        return self.is_over

    def _begin(self, segment: Segment) -> None:
        self._close_message()
        if self.group is None:
            self.fault("structure", "ST stands outside of a functional group")
            self.group = Group("", "", "", is_written=False)
            self.interchange.groups.append(self.group)
        first = Segment(segment.raw, 1, segment.marks)
        version = segment.get(3) or self.group.version
        self.message = Message(segment.get(1), version, segment.get(2), [first])
        if not segment.get(2):
            self.message.faults.append(Fault("no_reference", "ST02 is missing", "ST", 1, 2))
        elif any(same_number(other.reference, segment.get(2)) for other in self.group.messages):
            self.message.faults.append(
                Fault("duplicate_message", f"transaction set {segment.get(2)} comes twice in its group")
            )
        self.group.messages.append(self.message)

    def _end_message(self, message: Message, segment: Segment) -> None:
        count = len(message.segments)
        if not is_count(segment.get(1), count):
            message.faults.append(
                Fault(
                    "count_wrong", f"SE01 says {segment.get(1)[:10] or 'nothing'}, there are {count} segments"
                )
            )
        if not same_number(segment.get(2), message.reference):
            message.faults.append(
                Fault("control_mismatch", f"ST02 is {message.reference}, SE02 is {segment.get(2)[:20]}")
            )
        self.message = None

    def _close_message(self) -> None:
        if self.message is not None:
            self.message.faults.append(Fault("trailer_missing", "the transaction set has no SE"))
            self.message = None

    def _end_group(self, segment: Segment) -> None:
        self._close_message()
        if self.group is None:
            self.fault("structure", "GE without a GS")
            return
        group, count = self.group, len(self.group.messages)
        group.counted = segment.get(1)
        if not is_count(segment.get(1), count):
            group.faults.append(
                Fault("count_wrong", f"GE01 says {segment.get(1)[:10]}, there are {count} sets")
            )
        if not same_number(segment.get(2), group.control):
            group.faults.append(
                Fault("control_mismatch", f"GS06 is {group.control}, GE02 is {segment.get(2)[:20]}")
            )
        self.group = None

    def _close_group(self) -> None:
        self._close_message()
        if self.group is not None:
            self.group.faults.append(Fault("trailer_missing", "the functional group has no GE"))
            self.group = None

    def _end(self, segment: Segment) -> None:
        self._close_group()
        interchange, count = self.interchange, len(self.interchange.groups)
        if not is_count(segment.get(1), count):
            self.fault("count_wrong", f"IEA01 says {segment.get(1)[:10]}, there are {count} groups")
        if not same_number(segment.get(2), interchange.control):
            self.fault("control_mismatch", f"ISA13 is {interchange.control}, IEA02 is {segment.get(2)[:20]}")
        self.is_over = True

    def close(self) -> None:
        """This function will say what is missing at the end."""
        if not self.is_over:
            self._close_group()
            self.fault("truncated", "the interchange has no IEA")
        elif not self.interchange.groups and not self.interchange.receipts:
            self.fault("empty", "the interchange holds nothing")
