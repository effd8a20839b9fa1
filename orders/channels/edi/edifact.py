"""How is an EDIFACT interchange taken apart, and which of its counts and references are wrong?

An own reader, because pydifact's stops at the first fault and reads one interchange per text: the wild has byte order marks,
indentation, lines wrapped at 80 columns, several interchanges in one file, and a second order that is fine although the first
is not. pydifact still writes what we send and reads it back in the tests. Source: ISO 9735, syntax versions 1 to 4.
"""

from __future__ import annotations

from orders.channels.edi.envelope import (
    EDIFACT,
    LONGEST_SEGMENT,
    MOST_FAULTS,
    MOST_INTERCHANGES,
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

STANDARD = Marks("+", ":", "'", "?")
_BLANK = " \t\r\n"


def read_edifact(text: str) -> list[Interchange]:
    """This function will return every interchange of a body that begins with UNA or UNB."""
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
        if not rest.startswith(("UNA", "UNB")):
            found.append(junk(EDIFACT, text[at:]))
            break
        at = text.index("UN", at)
        interchange, at = _one(text, at, counter)
        found.append(interchange)
    return found


def _marks(text: str, start: int) -> tuple[Marks, int]:
    if not text.startswith("UNA", start):
        return STANDARD, start
    signs = text[start + 3 : start + 9]
    if len(signs) < 6 or len({*signs[:2], signs[5]}) < 3 or any(sign.isalnum() for sign in signs[:2]):
        raise Unreadable("the UNA names no usable signs", field="UNA", remedy="Send UNA:+.? ' or none.")
    release = signs[3] if signs[3] != " " else ""
    return Marks(signs[1], signs[0], signs[5], release or "\0", signs[2]), start + 9


def _end_of(text: str, at: int, marks: Marks) -> int:
    """Where the segment's terminator is; one that is released does not count."""
    end = text.find(marks.terminator, at)
    while at < end <= at + LONGEST_SEGMENT and marks.release and _released(text, at, end, marks.release):
        end = text.find(marks.terminator, end + 1)
    return end


def _released(text: str, at: int, end: int, release: str) -> bool:
    before = end
    while before > at and end - before <= LONGEST_SEGMENT and text[before - 1] == release:
        before -= 1
    return (end - before) % 2 == 1


def _one(text: str, start: int, counter: Counter) -> tuple[Interchange, int]:
    marks, at = _marks(text, start)
    interchange = Interchange(EDIFACT, marks)
    reader = _Reader(interchange)
    is_first = True
    while at < len(text):
        end = _end_of(text, at, marks)
        raw = text[at : end if end >= 0 else len(text)]
        if end < 0 and raw.strip(_BLANK):
            reader.fault("truncated", "the last segment has no terminator")
        if len(raw) > LONGEST_SEGMENT:
            raise Unreadable(
                f"a segment of more than {LONGEST_SEGMENT} characters",
                field="body",
                remedy="Is it EDI at all?",
            )
        raw = raw.replace("\r", "").replace("\n", "").strip(" \t")
        if not is_first and raw.startswith(("UNA" + marks.component, "UNB" + marks.element)):
            break  # the one before it was never closed
        at = end + 1 if end >= 0 else len(text)
        counter.take()
        if not raw:
            continue
        if is_first:
            interchange.head = text[start:at]
        is_first = False
        if reader.take(raw):
            break
    interchange.text = text[start:at]
    reader.close()
    return interchange, at


class _Reader:
    """Takes the segments of one interchange in turn, and puts down what does not fit."""

    def __init__(self, interchange: Interchange) -> None:
        self.interchange = interchange
        self.group: Group | None = None
        self.message: Message | None = None
        self.is_open = self.is_over = False

    def fault(self, reason: str, text: str) -> None:
        if len(self.interchange.faults) < MOST_FAULTS:
            self.interchange.faults.append(Fault(reason, text))

    def take(self, raw: str) -> bool:
        """This function will put a segment where it belongs and return whether it was the last."""
        message = self.message
        segment = Segment(raw, len(message.segments) + 1 if message else 0, self.interchange.marks)
        tag = segment.tag
        if tag == "UNB":
            self._open(segment)
        elif tag == "UNZ":
            self._end(segment)
        elif tag == "UNG":
            self._close_group()
            version = ":".join(segment.get(7, part) for part in (1, 2) if segment.get(7, part))
            self.group = Group(segment.get(1), version, segment.get(5), segment.get(2), segment.get(3))
            self.interchange.groups.append(self.group)
        elif tag == "UNE":
            self._end_group(segment)
        elif tag == "UNH":
            self._begin(segment)
        elif message is not None:
            message.segments.append(segment)
            if tag == "UNT":
                self._end_message(message, segment)
        else:
            self.fault("structure", f"{tag[:10]} stands outside of a message")
        return self.is_over

    def _open(self, segment: Segment) -> None:
        self.is_open, it = True, self.interchange
        it.version = ":".join(segment.get(1, part) for part in (1, 2) if segment.get(1, part))
        it.sender, it.sender_qualifier = segment.get(2), segment.get(2, 2)
        it.receiver, it.receiver_qualifier = segment.get(3), segment.get(3, 2)
        it.sent_date, it.sent_time = segment.get(4), segment.get(4, 2)
        it.sent_at = moment(it.sent_date, it.sent_time)
        it.control = segment.get(5)
        it.wants_receipt, it.is_test = segment.get(9) == "1", segment.get(11) == "1"

    def _begin(self, segment: Segment) -> None:
        self._close_message()
        if self.group is None:
            self.group = Group("", "", "", is_written=False)
            self.interchange.groups.append(self.group)
        version = ":".join(segment.get(2, part) for part in (2, 3, 4) if segment.get(2, part))
        first = Segment(segment.raw, 1, segment.marks)
        self.message = Message(segment.get(2), version, segment.get(1), [first])
        if not segment.get(1):
            self.message.faults.append(Fault("no_reference", "UNH has no message reference", "UNH", 1, 1))
        elif any(other.reference == segment.get(1) for other in self.group.messages):
            self.message.faults.append(
                Fault("duplicate_message", f"message {segment.get(1)} comes twice in its interchange")
            )
        self.group.messages.append(self.message)

    def _end_message(self, message: Message, segment: Segment) -> None:
        count = len(message.segments)
        if not is_count(segment.get(1), count):
            message.faults.append(
                Fault(
                    "count_wrong", f"UNT says {segment.get(1)[:10] or 'nothing'}, there are {count} segments"
                )
            )
        if not same_number(segment.get(2), message.reference):
            message.faults.append(
                Fault("control_mismatch", f"UNH is {message.reference}, UNT is {segment.get(2)[:20]}")
            )
        self.message = None

    def _close_message(self) -> None:
        if self.message is not None:
            self.message.faults.append(Fault("trailer_missing", "the message has no UNT"))
            self.message = None

    def _end_group(self, segment: Segment) -> None:
        self._close_message()
        if self.group is None or not self.group.is_written:
            self.fault("structure", "UNE without a UNG")
            return
        group, count = self.group, len(self.group.messages)
        group.counted = segment.get(1)
        if not is_count(segment.get(1), count):
            group.faults.append(
                Fault("count_wrong", f"UNE says {segment.get(1)[:10]}, there are {count} messages")
            )
        if not same_number(segment.get(2), group.control):
            group.faults.append(
                Fault("control_mismatch", f"UNG is {group.control}, UNE is {segment.get(2)[:20]}")
            )
        self.group = None

    def _close_group(self) -> None:
        self._close_message()
        if self.group is not None and self.group.is_written:
            self.group.faults.append(Fault("trailer_missing", "the group has no UNE"))
        self.group = None

    def _end(self, segment: Segment) -> None:
        self._close_group()
        written = [group for group in self.interchange.groups if group.is_written]
        count = len(written) or sum(len(group.messages) for group in self.interchange.groups)
        if not is_count(segment.get(1), count):
            self.fault("count_wrong", f"UNZ says {segment.get(1)[:10]}, there are {count}")
        if not same_number(segment.get(2), self.interchange.control):
            self.fault("control_mismatch", f"UNB is {self.interchange.control}, UNZ is {segment.get(2)[:20]}")
        self.is_over = True

    def close(self) -> None:
        """This function will say what is missing at the beginning and the end."""
        if not self.is_open:
            self.fault("structure", "the interchange has no UNB")
        if not self.is_over:
            self._close_group()
            self.fault("truncated", "the interchange has no UNZ")
        elif not self.interchange.groups:
            self.fault("empty", "the interchange holds nothing")
