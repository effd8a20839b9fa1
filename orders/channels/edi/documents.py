"""What do we tell a partner of an order, a parcel, an invoice and our stock? Facts; each standard has its own words for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from orders.channels.document import Place

ACCEPTED, CHANGED, BACKORDERED, REJECTED = "ACCEPTED", "CHANGED", "BACKORDERED", "REJECTED"


@dataclass(frozen=True)
class Product:
    """A line as the partner speaks of it: `ids` are (qualifier, identifier) pairs, `factor` our units in one of `unit`."""

    ref: str
    ids: Sequence[tuple[str, str]]
    unit: str = "EA"
    factor: int = 1
    description: str = ""


@dataclass(frozen=True)
class AnswerLine:
    """What becomes of a line: units in the partner's unit, of which `backordered` come later."""

    product: Product
    ordered: Decimal
    confirmed: Decimal
    backordered: Decimal
    price: Decimal
    status: str


@dataclass(frozen=True)
class Heading:
    """What each document says of the order it is about. `parties`: party code → the partner's number of it."""

    order: str
    ours: str
    ordered_at: datetime
    currency: str
    at: datetime
    ship_to: Place = field(default_factory=Place)
    ship_to_number: str = ""
    buyer_number: str = ""


@dataclass(frozen=True)
class Answer:
    """855, ORDRSP."""

    heading: Heading
    status: str
    lines: Sequence[AnswerLine]
    reason: str = ""


@dataclass(frozen=True)
class SentLine:
    product: Product
    quantity: Decimal


@dataclass(frozen=True)
class Despatch:
    """856, DESADV: one parcel or load. `sscc` when the parcel has one."""

    heading: Heading
    number: str
    shipped_at: datetime
    carrier: str
    tracking_number: str
    lines: Sequence[SentLine]
    sscc: str = ""
    ship_from: Place = field(default_factory=Place)


@dataclass(frozen=True)
class InvoiceLine:
    product: Product
    quantity: Decimal
    price: Decimal
    amount: Decimal


@dataclass(frozen=True)
class Invoice:
    """810, INVOIC. `charges`: (words, amount); total = lines + charges + tax."""

    heading: Heading
    number: str
    day: datetime
    lines: Sequence[InvoiceLine]
    charges: Sequence[tuple[str, Decimal]] = ()
    tax: Decimal = Decimal(0)

    @property
    def total(self) -> Decimal:
        goods = sum((line.amount for line in self.lines), Decimal(0))
        return goods + sum((amount for _, amount in self.charges), Decimal(0)) + self.tax


@dataclass(frozen=True)
class Stock:
    """846, INVRPT: what there is of each product now."""

    number: str
    at: datetime
    lines: Sequence[tuple[Product, int]]


Document = Answer | Despatch | Invoice | Stock
KINDS: dict[type, tuple[str, str]] = {
    Answer: ("855", "ORDRSP"), Despatch: ("856", "DESADV"), Invoice: ("810", "INVOIC"), Stock: ("846", "INVRPT"),
}  # fmt: skip


def plain(value: Decimal) -> str:
    """This function will return a number without exponent and without zeros that say nothing."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
