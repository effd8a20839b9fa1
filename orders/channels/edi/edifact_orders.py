"""What does an EDIFACT ORDERS or ORDCHG say? Segment by segment, into a `Purchase`."""

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
    "": ORDER, "9": ORDER, "5": ORDER, "1": CANCEL, "3": CANCEL, "4": CHANGE, "2": CHANGE, "7": REPEAT, "31": REPEAT,
}  # fmt: skip
CHANGES = {"1": ADD, "2": DELETE, "3": SET}
FORMATS = {"102": "%Y%m%d", "101": "%y%m%d", "203": "%Y%m%d%H%M", "204": "%Y%m%d%H%M%S", "201": "%y%m%d%H%M"}
ORDERED, DELIVERED_PACK, PER_PACK = "21", "59", "52"
TOTALS = ("86", "79", "128", "9")  # what a document's MOA says of the whole


class _Map:
    def __init__(self, message: Message) -> None:
        self.message = message
        self.decimal = message.segments[0].marks.decimal
        self.items: list[Item] = []
        self.parties: dict[str, Party] = {}
        self.charges: list[Charge] = []
        self.tax = Decimal(0)
        self.total = self.lines = self.units = self.currency = self.allowance = self.party = ""
        self.order = ""
        self.ordered_at: datetime | None = None
        self.dates: dict[str, str] = {}
        self.refs: dict[str, str] = {}
        self.is_summary = False

    def take(self, segment: Segment) -> None:
        """This function will read one segment of the body."""
        tag = segment.tag
        found = getattr(self, f"_{tag.lower()}", None) if len(tag) <= 3 else None
        if found is not None:
            found(segment)

    def _number(self, segment: Segment, element: int, component: int) -> Decimal:
        said = segment.get(element, component)
        what = f"{segment.tag} says “{said[:20]}”"
        return number(said, Fault("bad_value", what, segment.tag, segment.position, element), self.decimal)

    def _dtm(self, segment: Segment) -> None:
        if self.items:
            return
        self.dates[segment.get(1)] = segment.get(1, 2)
        if segment.get(1) == "137":
            style = FORMATS.get(segment.get(1, 3), "%Y%m%d")
            try:
                self.ordered_at = datetime.strptime(segment.get(1, 2), style).replace(tzinfo=UTC)
            except ValueError as error:
                what = f"DTM+137 is no date: “{segment.get(1, 2)[:20]}”"
                raise Broken(Fault("bad_value", what, "DTM", segment.position, 1)) from error

    def _rff(self, segment: Segment) -> None:
        if not self.items:
            self.refs[segment.get(1)] = segment.get(1, 2)
            if segment.get(1) == "ON":
                self.order = segment.get(1, 2)

    def _cux(self, segment: Segment) -> None:
        self.currency = self.currency or segment.get(1, 2)

    def _nad(self, segment: Segment) -> None:
        code = "" if self.items else segment.get(1)
        if not code or code in self.parties:
            return
        lines = " ".join(segment.get(5, part) for part in range(1, 5) if segment.get(5, part))
        free = [segment.get(3, part) for part in range(1, 6) if segment.get(3, part)]
        country = segment.get(9).upper()
        place = Place(
            (segment.get(4) or (free[0] if free else ""))[:120], (lines or " ".join(free[1:2]))[:160],
            segment.get(6)[:80], segment.get(8)[:20], country if len(country) == 2 else "",
        )  # fmt: skip
        self.parties[code] = Party(segment.get(2), place)

    def _alc(self, segment: Segment) -> None:
        self.allowance = segment.get(1)

    def _lin(self, segment: Segment) -> None:
        self.allowance = ""
        ids = {segment.get(3, 2) or "SA": segment.get(3)} if segment.get(3) else {}
        change = CHANGES.get(segment.get(2), SET)
        ref = segment.get(1) or str(len(self.items) + 1)
        self.items.append(
            Item(ref, ids, Decimal(0), "", None, change=change, delta=Decimal(0), place=segment.position)
        )

    def _last(self, **values: object) -> None:
        if self.items:
            self.items[-1] = replace(self.items[-1], **values)  # type: ignore[arg-type]

    def _pia(self, segment: Segment) -> None:
        if self.items:
            ids = dict(self.items[-1].ids)
            for element in range(2, 7):
                if segment.get(element):
                    ids.setdefault(segment.get(element, 2) or "SA", segment.get(element))
            self._last(ids=ids)

    def _imd(self, segment: Segment) -> None:
        words = " ".join(segment.get(3, part) for part in (4, 5) if segment.get(3, part))
        if self.items and words and not self.items[-1].description:
            self._last(description=words)

    def _qty(self, segment: Segment) -> None:
        if segment.get(1) == ORDERED:
            quantity = self._number(segment, 1, 2)
            if quantity < 0:
                raise Broken(Fault("bad_value", f"QTY+21 is {quantity}", "QTY", segment.position, 1))
            self._last(quantity=quantity, unit=segment.get(1, 3), delta=None)
        elif segment.get(1) in (DELIVERED_PACK, PER_PACK):
            self._last(pack=self._number(segment, 1, 2))

    def _pri(self, segment: Segment) -> None:
        if not self.items or segment.get(1) not in ("AAA", "AAB", "CAL", "INV"):
            return
        if self.items[-1].price is not None and segment.get(1) != "AAA":
            return  # the net price counts before the gross one
        per = self._number(segment, 1, 5) if segment.get(1, 5) else Decimal(1)
        self._last(price=self._number(segment, 1, 2), per=per, basis="")

    def _uns(self, segment: Segment) -> None:
        self.is_summary, self.allowance = True, ""

    def _moa(self, segment: Segment) -> None:
        code = segment.get(1)
        if self.allowance and code in ("8", "23", "204") and not self.items:
            amount = self._number(segment, 1, 2)
            is_charge = self.allowance == "C"
            self.charges.append(
                Charge("OTHER_INCOME" if is_charge else "DISCOUNT", amount if is_charge else -amount)
            )
        elif self.is_summary and code in TOTALS:
            self.total = str(self._number(segment, 1, 2))
        elif self.is_summary and code in ("124", "176"):
            self.tax += self._number(segment, 1, 2)

    def _cnt(self, segment: Segment) -> None:
        if segment.get(1) == "2":
            self.lines = segment.get(1, 2)
        elif segment.get(1) == "1":
            self.units = str(self._number(segment, 1, 2))


def edifact_purchase(message: Message) -> Purchase:
    """This function will return what an ORDERS or ORDCHG says; Broken names the segment that is missing or can not be read."""
    first = next((segment for segment in message.segments if segment.tag == "BGM"), None)
    if first is None:
        raise Broken(Fault("missing_segment", "the message has no BGM", "BGM", 2))
    purpose = PURPOSES.get(first.get(3))
    if purpose is None:
        raise Broken(Fault("bad_value", f"BGM 1225 is “{first.get(3)[:10]}”", "BGM", first.position, 3))
    reading = _Map(message)
    for segment in message.segments:
        reading.take(segment)
    is_change = message.kind == "ORDCHG"
    order = (reading.order if is_change else "") or first.get(2)
    if not order:
        raise Broken(Fault("missing_element", "BGM names no order", "BGM", first.position, 2))
    for item in reading.items:
        if not item.quantity and item.change != DELETE and not is_change:
            raise Broken(Fault("missing_segment", f"line {item.ref[:20]} has no QTY+21", "QTY", item.place))
    facts = {"document": first.get(2), "references": reading.refs, "dates": reading.dates}
    return Purchase(
        CHANGE if is_change and purpose == ORDER else purpose, order[:80], reading.ordered_at, reading.currency,
        numbered(reading.items, purpose), reading.parties, tuple(reading.charges), reading.tax, reading.lines, reading.units,
        reading.total, facts,
    )  # fmt: skip
