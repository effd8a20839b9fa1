"""How do we say that an interchange arrived (TA1, 997, CONTRL), and what does a partner's acknowledgement say of ours?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from orders.channels.edi.envelope import Fault, Group, Interchange, Message
from orders.channels.edi.faults import (
    ELEMENT_MISSING,
    ELEMENT_WRONG,
    SEGMENT_MISSING,
    SEGMENT_WRONG,
    contrl_code,
    group_code,
    set_code,
    ta1_code,
)
from orders.channels.edi.judge import ACCEPTED, PARTLY, REJECTED, Judged, Verdict
from orders.channels.edi.write import Row

MOST_CODES = 5  # of AK5 and AK9
MOST_NOTES = 20


def ta1(verdict: Verdict) -> list[Row]:
    """This function will return the TA1 for an interchange: A accepted, R rejected, with the note of its first fault."""
    it = verdict.interchange
    fault = verdict.faults[0] if verdict.faults else None
    control = it.control if it.control.isdigit() else "0"
    code = ta1_code(fault.reason) if fault else "000"
    return [
        ["TA1", control.zfill(9)[:9], (it.sent_date or "000000")[:6], (it.sent_time or "0000")[:4], "R" if fault else "A", code]
    ]  # fmt: skip


def functional_997(verdict: Verdict) -> list[list[Row]]:
    """This function will return a 997 for each functional group of an interchange that is accepted as such."""
    found = []
    for group in verdict.interchange.groups:
        judged = [item for item in verdict.messages if item.group is group]
        if group.kind != "FA":
            found.append(_group_997(group, judged))
    return found


def _group_997(group: Group, judged: Sequence[Judged]) -> list[Row]:
    rows: list[Row] = [["AK1", group.kind or "PO", group.control or "0"]]
    for item in judged:
        rows.append(["AK2", item.message.kind or "000", item.message.reference or "0"])
        for fault in [fault for fault in item.faults if fault.tag][:MOST_NOTES]:
            missing = fault.reason == "missing_segment"
            at = str(fault.position or len(item.message.segments))
            rows.append(["AK3", fault.tag, at, "", SEGMENT_MISSING if missing else SEGMENT_WRONG])
            if fault.element:
                code = ELEMENT_MISSING if fault.reason == "missing_element" else ELEMENT_WRONG
                rows.append(["AK4", str(fault.element), "", code])
        codes = list(dict.fromkeys(set_code(fault.reason) for fault in item.faults))[:MOST_CODES]
        rows.append(["AK5", "R" if item.faults else "A", *codes])
    accepted = sum(item.is_accepted for item in judged)
    whole = "R" if group.faults or (judged and not accepted) else "A" if accepted == len(judged) else "P"
    counted = group.counted if group.counted.isdigit() else str(len(judged))
    codes = list(dict.fromkeys(group_code(fault.reason) for fault in group.faults))[:MOST_CODES]
    rows.append(["AK9", whole, counted[:6], str(len(judged)), str(accepted), *codes])
    return rows


def contrl(verdict: Verdict) -> list[Row]:
    """This function will return the CONTRL for an interchange, its messages by UCM.

    UCI 7: acknowledged as far as it is not rejected below; UCI 4: rejected, and all that is in it.
    """
    it = verdict.interchange
    fault = verdict.faults[0] if verdict.faults else None
    head: list[str | Sequence[str]] = [
        "UCI", it.control or "0", [it.sender, it.sender_qualifier], [it.receiver, it.receiver_qualifier],
        "4" if fault else "7",
    ]  # fmt: skip
    rows: list[Row] = [[*head, contrl_code(fault.reason)] if fault else head]
    if fault:
        return rows
    for item in verdict.messages:
        identity = [item.message.kind, *item.message.version.split(":")]
        if not item.faults:
            rows.append(["UCM", item.message.reference, identity, "7"])
            continue
        rows.append(["UCM", item.message.reference or "0", identity, "4", contrl_code(item.faults[0].reason)])
        for fault_ in [fault for fault in item.faults if fault.position][:MOST_NOTES]:
            rows.append(["UCS", str(fault_.position), contrl_code(fault_.reason)])
    return rows


@dataclass(frozen=True)
class Receipt:
    """What a partner says of something of ours: `control` is of the interchange (or the group when `is_group`)."""

    control: str
    is_group: bool
    answer: str
    words: str


_GROUP_ANSWERS = {"A": ACCEPTED, "E": ACCEPTED, "P": PARTLY}  # any other is a rejection


def receipts(interchange: Interchange) -> list[Receipt]:
    """This function will return what the TA1, 997, 999 and CONTRL in an interchange say of ours."""
    found = [
        Receipt(
            segment.get(1), False, ACCEPTED if segment.get(4) in ("A", "E") else REJECTED,
            f"TA1 {segment.get(4)} {segment.get(5)}",
        )
        for segment in interchange.receipts
    ]  # fmt: skip
    for _, message in interchange.messages():
        if message.kind in ("997", "999") and not message.faults:
            found += _of_997(message)
        elif message.kind == "CONTRL" and not message.faults:
            found += _of_contrl(message)
    return found


def _of_997(message: Message) -> list[Receipt]:
    control = ""
    words: list[str] = []
    for segment in message.segments:
        if segment.tag == "AK1":
            control = segment.get(2)
        elif segment.tag in ("AK3", "AK4", "AK5", "IK3", "IK4", "IK5") and len(words) < MOST_NOTES:
            words.append(" ".join(part for part in segment.shown() if part))
        elif segment.tag == "AK9" and control:
            answer = _GROUP_ANSWERS.get(segment.get(1), REJECTED)
            said = " ".join(part for part in segment.shown() if part)
            return [Receipt(control, True, answer, "; ".join([said, *words])[:300])]
    return []


def _of_contrl(message: Message) -> list[Receipt]:
    control = answer = ""
    words: list[str] = []
    refused = accepted = 0
    for segment in message.segments:
        if segment.tag == "UCI":
            control, answer = segment.get(1), REJECTED if segment.get(4) == "4" else ACCEPTED
        elif segment.tag in ("UCM", "UCF"):
            refused += segment.get(4) == "4" or segment.get(3) == "4"
            accepted += segment.get(4) in ("7", "8")
        if segment.tag in ("UCI", "UCM", "UCS", "UCD") and len(words) < MOST_NOTES:
            words.append(" ".join(part for part in segment.shown() if part))
    if not control:
        return []
    if answer == ACCEPTED and refused:
        answer = PARTLY if accepted else REJECTED
    return [Receipt(control, False, answer, "; ".join(words)[:300])]


__all__ = ["Fault", "Receipt", "contrl", "functional_997", "receipts", "ta1"]
