"""Which messages of an interchange are accepted, and what is wrong with the others?

Pure: the interchange, the profile and what is known of earlier ones come in, a verdict goes out. What is wrong with one message
refuses that message; only what is wrong with the envelope refuses all of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from orders.channels.edi.edifact_orders import edifact_purchase
from orders.channels.edi.envelope import (
    ACK_KINDS,
    ORDERS_KINDS,
    X12,
    Fault,
    Group,
    Interchange,
    Message,
)
from orders.channels.edi.profile import Profile
from orders.channels.edi.purchase import ORDER, Broken, Purchase, check_counts
from orders.channels.edi.x12_orders import x12_purchase

ACCEPTED, PARTLY, REJECTED = "ACCEPTED", "PARTLY", "REJECTED"


@dataclass
class Judged:
    """A message with what is wrong with it; `purchase` when it is an order or a change of one."""

    group: Group
    message: Message
    faults: list[Fault]
    purchase: Purchase | None = None

    @property
    def is_accepted(self) -> bool:
        return not self.faults


@dataclass
class Verdict:
    """`faults` are the interchange's own: when there is one, nothing in it is accepted."""

    interchange: Interchange
    faults: list[Fault]
    messages: list[Judged] = field(default_factory=list)

    @property
    def answer(self) -> str:
        if self.faults:
            return REJECTED
        bad = sum(not judged.is_accepted for judged in self.messages)
        groups = any(group.faults for group in self.interchange.groups)
        if not bad and not groups:
            return ACCEPTED
        return REJECTED if bad == len(self.messages) else PARTLY

    def all_faults(self) -> list[Fault]:
        """This function will return every fault, the envelope's first."""
        return [
            *self.faults, *(fault for group in self.interchange.groups for fault in group.faults),
            *(fault for judged in self.messages for fault in judged.faults),
        ]  # fmt: skip


def purchase_of(standard: str, message: Message) -> Purchase:
    """This function will return what an order or a change says, its counts checked; Broken when it does not add up."""
    purchase = x12_purchase(message) if standard == X12 else edifact_purchase(message)
    check_counts(purchase)
    return purchase


def judge(interchange: Interchange, profile: Profile, *, is_duplicate: bool = False) -> Verdict:
    """This function will decide on an interchange and on each message in it; `is_duplicate`: its number came before."""
    forgiven = set(profile.forgives)
    verdict = Verdict(interchange, _envelope(interchange, profile, is_duplicate, forgiven))
    for group in interchange.groups:
        group.faults = [fault for fault in group.faults if fault.reason not in forgiven]
        if group.is_written and profile.versions and not _speaks(group.version, profile):
            group.faults.append(Fault("unsupported_version", f"version {group.version[:20]} was not agreed"))
    seen: set[str] = set()
    for group, message in interchange.messages():
        judged = Judged(group, message, [fault for fault in message.faults if fault.reason not in forgiven])
        if not judged.faults and not group.faults and not verdict.faults:
            _read(judged, profile, seen)
        elif group.faults and not verdict.faults and not judged.faults:
            judged.faults = list(group.faults)
        verdict.messages.append(judged)
    return verdict


def _envelope(
    interchange: Interchange, profile: Profile, is_duplicate: bool, forgiven: set[str]
) -> list[Fault]:
    faults = [fault for fault in interchange.faults if fault.reason not in forgiven]
    if faults and faults[0].reason == "unreadable":
        return faults
    it = interchange
    if it.sender not in profile.their_ids:
        faults.append(Fault("unknown_sender", f"“{it.sender[:35]}” is not the partner {profile.theirs}"))
    if profile.ours and it.receiver != profile.ours:
        faults.append(Fault("unknown_receiver", f"it is for “{it.receiver[:35]}”, we are {profile.ours}"))
    if not it.control:
        faults.append(Fault("no_reference", "the interchange has no control number"))
    if it.sent_at is None:
        faults.append(Fault("no_time", f"“{it.sent_date[:10]} {it.sent_time[:8]}” is no time"))
    if it.is_test and profile.test_interchanges == "refuse":
        faults.append(Fault("test_refused", "tests are not accepted on this connection"))
    if is_duplicate:
        faults.append(Fault("duplicate_interchange", f"interchange {it.control[:20]} was received before"))
    return faults


def _read(judged: Judged, profile: Profile, seen: set[str]) -> None:
    """Is the message of a kind and version that was agreed, and does an order in it hold together?"""
    message, standard = judged.message, judged.message.segments[0].marks
    if message.kind in ACK_KINDS:
        return
    if message.kind not in ORDERS_KINDS:
        judged.faults.append(Fault("unsupported_document", f"{message.kind[:10]} is not taken in here"))
        return
    if profile.versions and not _speaks(message.version, profile):
        judged.faults.append(Fault("unsupported_version", f"version {message.version[:20]} was not agreed"))
        return
    try:
        purchase = purchase_of("EDIFACT" if standard.release else X12, message)
    except Broken as broken:
        judged.faults.append(broken.fault)
        return
    judged.purchase = purchase
    if purchase.number in seen:
        refuse_known([judged], seen)
    if purchase.purpose == ORDER:
        seen.add(purchase.number)


def refuse_known(messages: Iterable[Judged], known: Collection[str]) -> None:
    """This function will refuse the orders whose number was received before, unless they say that they replace it."""
    for judged in messages:
        purchase, message = judged.purchase, judged.message
        if (
            purchase is None
            or purchase.purpose != ORDER
            or purchase.number not in known
            or _replaces(message)
        ):
            continue
        words = f"order {purchase.number[:40]} was received before"
        judged.faults.append(Fault("duplicate_order", words, message.segments[1].tag, 2, 3))


def _replaces(message: Message) -> bool:
    """BEG01 or BGM 1225 = 5: it takes the place of the one before."""
    return any(
        (segment.tag == "BEG" and segment.get(1) == "05") or (segment.tag == "BGM" and segment.get(3) == "5")
        for segment in message.segments[:4]
    )


def _speaks(version: str, profile: Profile) -> bool:
    return not version or any(version.startswith(known) for known in profile.versions)


def acknowledged(verdict: Verdict) -> bool:
    """This function will tell whether an interchange holds anything that wants an acknowledgement: a receipt wants none."""
    kinds = {message.kind for _, message in verdict.interchange.messages()}
    return bool(verdict.faults) or bool(kinds - ACK_KINDS)
