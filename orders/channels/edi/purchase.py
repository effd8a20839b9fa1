"""What does a purchase order say, whichever standard wrote it, and which order of ours is that?

The maps (`x12_orders`, `edifact_orders`) fill a `Purchase`; here its arithmetic is checked and it becomes a Snapshot. A change
(860, ORDCHG) is laid over what it changes before that, so that what Keel sees is always the whole order at a version.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from erp.core.errors import InvalidInput
from erp.core.money import EXPONENTS
from orders.channels.document import Charge, Line, Place, Snapshot
from orders.channels.edi.envelope import Fault
from orders.channels.edi.profile import Profile

ORDER, CHANGE, CANCEL, REPEAT = "ORDER", "CHANGE", "CANCEL", "REPEAT"
ADD, DELETE, SET = "ADD", "DELETE", "SET"
MOST_LINES = 5_000
FOUR = Decimal("0.0001")
LARGEST = Decimal("1e12")


class Broken(InvalidInput):
    """A document that does not add up, or that lacks what it must have: its acknowledgement says so."""

    code = "broken_document"

    def __init__(self, fault: Fault, *, remedy: str = "Ask the partner to send it again, corrected.") -> None:
        super().__init__(fault.text, field=fault.tag, remedy=remedy)
        self.fault = fault


@dataclass(frozen=True)
class Party:
    """`number` as the partner's location table or GS1 knows it."""

    number: str = ""
    place: Place = field(default_factory=Place)


@dataclass(frozen=True)
class Item:
    """A line. `per` is how many units the price is for; `change` is what a change document does with it."""

    ref: str
    ids: dict[str, str]
    quantity: Decimal
    unit: str
    price: Decimal | None
    per: Decimal = Decimal(1)
    basis: str = ""
    pack: Decimal | None = None
    description: str = ""
    change: str = SET
    delta: Decimal | None = None
    place: int = 0  # of its segment in the message
    peak: Decimal = Decimal(0)  # the most that was ever ordered of it


@dataclass(frozen=True)
class Purchase:
    """The order or the change of one, as the document says it."""

    purpose: str
    number: str
    ordered_at: datetime | None
    currency: str
    items: Sequence[Item]
    parties: dict[str, Party] = field(default_factory=dict)
    charges: Sequence[Charge] = ()
    tax: Decimal = Decimal(0)
    claimed_lines: str = ""
    claimed_units: str = ""
    claimed_total: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


def number(text: str, fault: Fault, decimal: str = ".") -> Decimal:
    """This function will read an amount or quantity of a document; Broken with `fault` when it is none."""
    try:
        found = Decimal(text.replace(decimal, ".") if decimal != "." else text)
    except InvalidOperation as error:
        raise Broken(fault) from error
    exponent = found.as_tuple().exponent
    if not found.is_finite() or abs(found) > LARGEST or (isinstance(exponent, int) and exponent < -12):
        raise Broken(fault)
    return found


def check_counts(purchase: Purchase) -> None:
    """This function will compare a document's own totals of lines and units with its lines; Broken when they differ."""
    lines = len(purchase.items)
    if purchase.purpose == ORDER and not lines:
        raise Broken(Fault("missing_segment", "the order has no lines", "PO1"))
    if lines > MOST_LINES:
        raise Broken(Fault("too_large", f"{lines} lines, at most {MOST_LINES}", "PO1"))
    if purchase.claimed_lines:
        fault = Fault("wrong_total", f"it counts {purchase.claimed_lines[:20]} lines and has {lines}", "CTT")
        if number(purchase.claimed_lines, fault) != lines:
            raise Broken(fault)
    if purchase.claimed_units:
        units = sum((item.quantity for item in purchase.items), Decimal(0))
        fault = Fault("wrong_total", f"it counts {purchase.claimed_units[:20]} units and has {units}", "CTT")
        if number(purchase.claimed_units, fault) != units:
            raise Broken(fault)


def numbered(items: Sequence[Item], purpose: str) -> tuple[Item, ...]:
    """This function will return lines under different numbers: some partners give all lines of an order the same one."""
    if purpose != ORDER:
        return tuple(items)
    counted: dict[str, int] = {}
    found = []
    for item in items:
        count = counted[item.ref] = counted.get(item.ref, 0) + 1
        found.append(item if count == 1 else replace(item, ref=f"{item.ref}#{count}"))
    return tuple(found)


def laid_over(before: Purchase, change: Purchase) -> Purchase:
    """This function will return the order as a change leaves it; InvalidInput when it changes a line that is not there."""
    items = {item.ref: item for item in before.items}
    for item in change.items:
        old = items.get(item.ref)
        if item.change == ADD and old is None:
            items[item.ref] = item
            continue
        if old is None:
            raise InvalidInput(
                f"line {item.ref[:40]} is not in the order", field="lines",
                remedy="Ask the partner which line is meant.",
            )  # fmt: skip
        if item.change == DELETE:
            items[item.ref] = replace(old, quantity=Decimal(0), peak=max(old.peak, old.quantity))
            continue
        quantity = item.quantity if item.delta is None else max(old.quantity + item.delta, Decimal(0))
        priced = item if item.price is not None else old
        items[item.ref] = replace(
            old, quantity=quantity, peak=max(old.peak, old.quantity), unit=item.unit or old.unit,
            pack=item.pack or old.pack, price=priced.price, per=priced.per, basis=priced.basis,
        )  # fmt: skip
    return replace(
        before, items=tuple(items.values()), parties={**before.parties, **change.parties},
        facts={**before.facts, **change.facts}, charges=change.charges or before.charges, tax=change.tax or before.tax,
        claimed_lines="", claimed_units="", claimed_total=change.claimed_total,
    )  # fmt: skip


def snapshot_of(purchase: Purchase, profile: Profile, *, sent_at: datetime, is_test: bool) -> Snapshot:
    """This function will return the order that a purchase describes.

    Broken when it does not add up, InvalidInput when it says what the profile has no word for.
    """
    currency = (purchase.currency or profile.currency).upper()
    if currency not in EXPONENTS:
        raise InvalidInput(
            f"the order's currency is “{currency[:10]}”",
            field="currency",
            remedy="Set the partner's currency.",
        )
    cent = Decimal(1).scaleb(-EXPONENTS[currency])
    lines, known = [], {}
    goods = now = shown = Decimal(0)
    for item in purchase.items:
        line, worth, worth_now, fact = _line(item, profile)
        lines.append(line)
        known[line.ref] = fact
        goods += worth.quantize(cent, ROUND_HALF_UP)
        now += worth_now.quantize(cent, ROUND_HALF_UP)
        shown += (line.unit_price * line.quantity).quantize(cent, ROUND_HALF_UP)  # as our order line has it
    extra = sum((charge.amount for charge in purchase.charges), Decimal(0)) + purchase.tax
    _check_total(purchase, now, now + extra)
    charges = list(purchase.charges)
    if goods != shown:  # a price per pack or of more decimals than a cent
        charges.append(Charge("OTHER_INCOME", goods - shown, "rounding of prices to the cent"))
    return Snapshot(
        purchase.number, purchase.ordered_at or sent_at, currency, _with_tax(lines, purchase.tax, cent), goods + extra,
        tuple(charges), customer_number=profile.customer_number, ship_to=_ship_to(purchase, profile), is_test=is_test,
        facts={**purchase.facts, "items": known, "parties": {code: party.number for code, party in purchase.parties.items()}},
    )  # fmt: skip


def _line(item: Item, profile: Profile) -> tuple[Line, Decimal, Decimal, dict[str, Any]]:
    """A line of ours, what it was worth as ordered and what it is worth now, and how the partner speaks of it."""
    ref, where = item.ref[:80], f"line {item.ref[:40]}"
    qualifier = next((code for code in profile.product_ids if item.ids.get(code)), "")
    if not qualifier:
        raise InvalidInput(
            f"{where} names no product by {', '.join(profile.product_ids)}; it has {', '.join(item.ids) or 'none'}",
            field="product_ids", remedy="Add the partner's identifier to the setting “product_ids”.",
        )  # fmt: skip
    factor = _factor(item, profile, where)
    most = max(item.quantity, item.peak)
    ordered = _units(most, factor, where)
    wanted = _units(item.quantity, factor, where, nothing=True)
    price = item.price
    if price is None:
        if profile.missing_price == "refuse":
            raise InvalidInput(
                f"{where} has no price", field="price", remedy="Set “missing_price” to zero to have it held."
            )
        price = Decimal(0)
    per = item.per * profile.price_units.get(item.basis.upper(), 1)
    if per <= 0 or price < 0:
        raise Broken(Fault("bad_value", f"{where} has the price {price} per {per}", "PO1", item.place))
    each = (price / per / factor).quantize(FOUR, ROUND_HALF_UP)
    line = Line(
        ref[:80],
        item.ids[qualifier][:80],
        ordered,
        each,
        Decimal(0),
        item.description[:200],
        ordered - wanted,
    )
    fact = {
        "ids": [list(pair) for pair in item.ids.items()],
        "sku_id": qualifier,
        "unit": item.unit,
        "factor": factor,
        "price": str(price),
    }
    return line, price * most / per, price * item.quantity / per, fact


def _factor(item: Item, profile: Profile, where: str) -> int:
    factor = profile.units.get(item.unit.upper() or "EA")
    if factor == "pack":
        factor = int(item.pack) if item.pack is not None and item.pack == int(item.pack) else None
        if not factor or factor < 1:
            raise InvalidInput(
                f"{where} does not say how many are in a {item.unit}", field="units",
                remedy="Give the unit a number in the setting “units”.",
            )  # fmt: skip
    if factor is None:
        raise InvalidInput(
            f"{where} is ordered in “{item.unit[:10]}”, which the partner's table does not have", field="units",
            remedy="Add the unit to the setting “units”.",
        )  # fmt: skip
    return int(factor)


def _units(quantity: Decimal, factor: int, where: str, *, nothing: bool = False) -> int:
    units = quantity * factor
    if units != int(units) or units < 0 or (units == 0 and not nothing) or units > 1_000_000:
        raise InvalidInput(
            f"{where} orders {quantity} × {factor} units", field="quantity",
            remedy="We sell whole units: agree with the partner on a unit.",
        )  # fmt: skip
    return int(units)


def _check_total(purchase: Purchase, goods: Decimal, total: Decimal) -> None:
    if not purchase.claimed_total:
        return
    fault = Fault(
        "wrong_total", f"it says {purchase.claimed_total[:20]} and adds up to {total.normalize():f}", "AMT"
    )
    claimed = number(purchase.claimed_total, fault)
    if claimed not in (total, goods):  # partners differ on whether charges are in it
        raise Broken(fault)


def _with_tax(lines: Sequence[Line], tax: Decimal, cent: Decimal) -> tuple[Line, ...]:
    """The document's tax over its lines by their worth; the last line takes the residual cent."""
    worth = sum((line.unit_price * line.quantity for line in lines), Decimal(0))
    if not tax or not worth:
        return tuple(lines)
    left, taxed = tax, []
    for place, line in enumerate(lines):
        share = (tax * line.unit_price * line.quantity / worth).quantize(cent, ROUND_HALF_UP)
        share = left if place == len(lines) - 1 else share
        left -= share
        taxed.append(replace(line, tax_amount=share))
    return tuple(taxed)


def _ship_to(purchase: Purchase, profile: Profile) -> Place:
    """The address in the document; where there is none, the partner's table by location number; then the buyer's."""
    for code in ("ST", "DP", "BY"):
        party = purchase.parties.get(code)
        if party is None:
            continue
        known = profile.ship_to.get(party.number)
        if party.place.line1:
            return replace(party.place, country=party.place.country or profile.country)
        if known is not None:
            return replace(known, name=party.place.name or known.name)
        if code == "ST" and party.place.name:
            return replace(party.place, country=party.place.country or profile.country)
    return Place(country=profile.country)
