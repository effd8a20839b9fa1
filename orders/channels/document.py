"""How does Keel write down what a channel says of an order: lines, charges, payments, refunds, fulfilments?

Plain data that JSON can hold and give back unchanged. Amounts are in the order's currency; units are whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from erp.core.money import quantize


@dataclass(frozen=True)
class Line:
    """A line of the order. `quantity` counts what was ordered, `removed` what was taken off again before it left."""

    ref: str
    sku: str
    quantity: int
    unit_price: Decimal
    tax_amount: Decimal = Decimal(0)
    description: str = ""
    removed: int = 0


@dataclass(frozen=True)
class Charge:
    """`kind` is an account role: SHIPPING_REVENUE, DISCOUNT (negative), …"""

    kind: str
    amount: Decimal
    description: str = ""


@dataclass(frozen=True)
class Place:
    name: str = ""
    line1: str = ""
    city: str = ""
    postcode: str = ""
    country: str = ""


@dataclass(frozen=True)
class Cancelled:
    reason: str = ""
    at: str = ""


@dataclass(frozen=True)
class Paid:
    """Money that the channel or its provider took. (`provider`, `ref`) names it once and for all."""

    provider: str
    ref: str
    amount: Decimal
    at: str = ""


@dataclass(frozen=True)
class Refund:
    """Money that went back. `lines`: (line ref, units that left the order before they were sent)."""

    provider: str
    ref: str
    amount: Decimal
    reason: str = ""
    at: str = ""
    lines: Sequence[tuple[str, int]] = ()


@dataclass(frozen=True)
class Fulfilled:
    """A parcel that the channel knows of; ours come back to us like those of others."""

    ref: str
    tracking_numbers: Sequence[str] = ()
    carrier: str = ""
    at: str = ""
    lines: Sequence[tuple[str, int]] = ()


@dataclass(frozen=True)
class Snapshot:
    """The order as it stands at one version. `total` is the document's own total of lines, charges and tax, for the proof
    that nothing was misread; `facts` keep what only this channel has (tax lines, promised days, rates, constraints).
    """

    external_id: str
    ordered_at: datetime
    currency: str
    lines: Sequence[Line]
    total: Decimal
    charges: Sequence[Charge] = ()
    email: str = ""
    customer_number: str = ""
    ship_to: Place = field(default_factory=Place)
    bill_to: Place | None = None
    card_ref: str = ""
    risk_score: Decimal | None = None
    priority: int = 0
    ships_complete: bool = False
    is_test: bool = False
    cancelled: Cancelled | None = None
    payments: Sequence[Paid] = ()
    refunds: Sequence[Refund] = ()
    fulfilments: Sequence[Fulfilled] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_sent_by_channel(self) -> bool:
        """Does the channel send it from a warehouse of its own? Adapters say so by facts["fulfilled_by"], "US" or a name."""
        return str(self.facts.get("fulfilled_by") or "US") != "US"

    @property
    def is_left_of(self) -> bool:
        """Is any unit of it still wanted?"""
        return any(line.quantity > line.removed for line in self.lines)

    def computed_total(self) -> Decimal:
        """This function will return the sum of the lines, charges and taxes as they were ordered.

        Quantity × price is rounded to the minor unit, as our own order's lines are.
        """
        lines = sum(
            (
                quantize(line.unit_price * line.quantity, self.currency) + line.tax_amount
                for line in self.lines
            ),
            Decimal(0),
        )
        return lines + sum((charge.amount for charge in self.charges), Decimal(0))


_OF = {"lines": Line, "charges": Charge, "payments": Paid, "refunds": Refund, "fulfilments": Fulfilled}
_ONE = {"ship_to": Place, "bill_to": Place, "cancelled": Cancelled}
_AMOUNTS = {"unit_price", "tax_amount", "amount", "total", "risk_score"}


def to_json(document: Any) -> dict[str, Any]:
    """This function will return a document of this module as JSON can hold it."""
    found = _plain(asdict(document))
    assert isinstance(found, dict)
    return found


def from_json(kind: type[Any], content: Mapping[str, Any]) -> Any:
    """This function will return the document that `to_json` was given."""
    values: dict[str, Any] = {}
    for name, value in content.items():
        if name in _AMOUNTS and value is not None:
            values[name] = Decimal(value)
        elif name == "ordered_at":
            values[name] = datetime.fromisoformat(value)
        elif kind is Snapshot and name in _OF:
            values[name] = tuple(from_json(_OF[name], item) for item in value)
        elif name in _ONE and value is not None:
            values[name] = from_json(_ONE[name], value)
        elif name == "lines":
            values[name] = tuple((ref, units) for ref, units in value)
        elif name == "tracking_numbers":
            values[name] = tuple(value)
        else:
            values[name] = value
    return kind(**values)


def version_of(moment: datetime) -> str:
    """This function will return a moment as a version: text that sorts by time."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
