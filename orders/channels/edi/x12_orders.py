"""What does an X12 850 or 860 say? Segment by segment, into a `Purchase`."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from orders.channels.document import Charge, Place
from orders.channels.edi.envelope import Fault, Message, Segment
from orders.channels.edi.purchase import (
    ADD,
    CANCEL,
    CHANGE,
    DELETE,
    ORDER,
    REPEAT,
    SET,
    Broken,
    Item,
    Party,
    Purchase,
    number,
    numbered,
)

PURPOSES = {
    "01": CANCEL, "03": CANCEL, "04": CHANGE, "00": ORDER, "05": ORDER, "02": CHANGE, "06": REPEAT, "07": REPEAT,
}  # fmt: skip
CHANGES = {"AI": ADD, "DI": DELETE}  # every other says what the line is from now on
NOT_OURS = ("RTL", "MSR", "SRP", "RES")  # prices that the partner's customers pay
FREIGHT = ("D240", "D500", "D510", "G821")


class _Map:
    def __init__(self, message: Message) -> None:
        self.message = message
        self.items: list[Item] = []
        self.parties: dict[str, Party] = {}
        self.party = ""
        self.charges: list[Charge] = []
        self.tax = Decimal(0)
        self.claims = {"lines": "", "units": "", "total": ""}
        self.currency = ""
        self.dates: dict[str, str] = {}
        self.refs: dict[str, str] = {}

    def take(self, segment: Segment) -> None:
        """This function will read one segment of the body."""
        tag = segment.tag
        found = getattr(self, f"_{tag.lower()}", None) if len(tag) <= 3 else None
        if found is not None:
            found(segment)

    def _cur(self, segment: Segment) -> None:
        self.currency = self.currency or segment.get(2)

    def _ref(self, segment: Segment) -> None:
        if not self.items:
            self.refs[segment.get(1)] = segment.get(2) or segment.get(3)

    def _dtm(self, segment: Segment) -> None:
        if not self.items:
            self.dates[segment.get(1)] = segment.get(2)

    def _n1(self, segment: Segment) -> None:
        self.party = "" if self.items else segment.get(1)
        if self.party and self.party not in self.parties:
            self.parties[self.party] = Party(segment.get(4), Place(name=segment.get(2)[:120]))
        elif self.party:
            self.party = ""  # the first of a kind counts

    def _n3(self, segment: Segment) -> None:
        party = self.parties.get(self.party)
        if party is not None and not party.place.line1:
            line = " ".join(part for part in (segment.get(1), segment.get(2)) if part)
            self.parties[self.party] = replace(party, place=replace(party.place, line1=line[:160]))

    def _n4(self, segment: Segment) -> None:
        party = self.parties.get(self.party)
        if party is not None:
            city = ", ".join(part for part in (segment.get(1), segment.get(2)) if part)
            country = segment.get(4).upper()
            place = replace(
                party.place, city=city[:80], postcode=segment.get(3)[:20],
                country=country if len(country) == 2 else "",
            )  # fmt: skip
            self.parties[self.party] = replace(party, place=place)

    def _sac(self, segment: Segment) -> None:
        if not segment.get(5):
            return
        fault = Fault("bad_value", f"SAC05 is “{segment.get(5)[:20]}”", "SAC", segment.position, 5)
        amount = number(segment.get(5), fault) / 100  # N2: two decimals are implied
        kind, words = segment.get(1), segment.get(15)[:200] or segment.get(2)
        if kind in ("A", "P"):
            self.charges.append(Charge("DISCOUNT", -amount, words))
        elif kind in ("C", "N"):
            role = "SHIPPING_REVENUE" if segment.get(2) in FREIGHT else "OTHER_INCOME"
            self.charges.append(Charge(role, amount, words))

    def _txi(self, segment: Segment) -> None:
        fault = Fault("bad_value", f"TXI02 is “{segment.get(2)[:20]}”", "TXI", segment.position, 2)
        if segment.get(2):
            self.tax += number(segment.get(2), fault)

    def _po1(self, segment: Segment) -> None:
        self._item(segment, quantity=2, unit=3, price=4, basis=5, ids=6)

    def _poc(self, segment: Segment) -> None:
        change = segment.get(2)
        self._item(segment, quantity=3, unit=5, price=6, basis=7, ids=8)
        self.items[-1] = replace(self.items[-1], change=CHANGES.get(change, SET))

    def _item(self, segment: Segment, *, quantity: int, unit: int, price: int, basis: int, ids: int) -> None:
        place, tag = segment.position, segment.tag
        said = segment.get(quantity)
        if not said and tag == "PO1":
            raise Broken(Fault("missing_element", f"{tag}{quantity:02} is missing", tag, place, quantity))
        fault = Fault("bad_value", f"{tag}{quantity:02} is “{said[:20]}”", tag, place, quantity)
        count = number(said or "0", fault)
        if count < 0 or (not count and tag == "PO1"):
            raise Broken(fault)
        wrong = Fault("bad_value", f"{tag}{price:02} is “{segment.get(price)[:20]}”", tag, place, price)
        names = {
            segment.get(at): segment.get(at + 1)
            for at in range(ids, len(segment.elements()) - 1, 2)
            if segment.get(at) and segment.get(at + 1)
        }
        cost = number(segment.get(price), wrong) if segment.get(price) else None
        ref = segment.get(1) or str(len(self.items) + 1)
        keeps = None if said else Decimal(0)  # a change without a quantity leaves it as it is
        self.items.append(
            Item(
                ref, names, count, segment.get(unit), cost, basis=segment.get(basis), delta=keeps, place=place
            )
        )

    def _ctp(self, segment: Segment) -> None:
        if self.items and self.items[-1].price is None and segment.get(2) not in NOT_OURS and segment.get(3):
            fault = Fault("bad_value", f"CTP03 is “{segment.get(3)[:20]}”", "CTP", segment.position, 3)
            self.items[-1] = replace(self.items[-1], price=number(segment.get(3), fault))

    def _po4(self, segment: Segment) -> None:
        if self.items and segment.get(1):
            fault = Fault("bad_value", f"PO401 is “{segment.get(1)[:20]}”", "PO4", segment.position, 1)
            self.items[-1] = replace(self.items[-1], pack=number(segment.get(1), fault))

    def _pid(self, segment: Segment) -> None:
        if self.items and not self.items[-1].description:
            self.items[-1] = replace(self.items[-1], description=segment.get(5))

    def _ctt(self, segment: Segment) -> None:
        self.claims["lines"], self.claims["units"] = segment.get(1), segment.get(2)

    def _amt(self, segment: Segment) -> None:
        is_total = segment.get(1) in ("TT", "GV", "1") and self.claims["lines"] != ""
        if is_total:  # behind CTT it is the order's, before it a line's
            self.claims["total"] = segment.get(2)


def x12_purchase(message: Message) -> Purchase:
    """This function will return what an 850 or 860 says; Broken names the segment that is missing or can not be read."""
    head = "BEG" if message.kind == "850" else "BCH"
    first = next((segment for segment in message.segments if segment.tag == head), None)
    if first is None:
        raise Broken(Fault("missing_segment", f"the document has no {head}", head, 2))
    purpose = PURPOSES.get(first.get(1))
    if purpose is None:
        raise Broken(Fault("bad_value", f"{head}01 is “{first.get(1)[:10]}”", head, first.position, 1))
    if not first.get(3):
        raise Broken(Fault("missing_element", f"{head}03 names no order", head, first.position, 3))
    reading = _Map(message)
    for segment in message.segments:
        reading.take(segment)
    release = first.get(4)
    facts = {"po_type": first.get(2), "release": release, "references": reading.refs, "dates": reading.dates}
    date_at = 5 if head == "BEG" else 6
    return Purchase(
        CHANGE if purpose == ORDER and head == "BCH" else purpose, _order_number(first.get(3), release),
        _day(first.get(date_at), first, date_at), reading.currency, numbered(reading.items, purpose), reading.parties,
        tuple(reading.charges), reading.tax, reading.claims["lines"], reading.claims["units"], reading.claims["total"], facts,
    )  # fmt: skip


def _order_number(number_: str, release: str) -> str:
    """A release of a blanket order is an order of its own."""
    return f"{number_}-{release}"[:80] if release else number_[:80]


def _day(text: str, segment: Segment, element: int) -> datetime | None:
    day = text if len(text) == 8 else f"20{text}"
    try:
        return datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC) if text else None
    except ValueError as error:
        what = f"{segment.tag}{element:02} is no date: “{text[:20]}”"
        raise Broken(Fault("bad_value", what, segment.tag, segment.position, element)) from error
