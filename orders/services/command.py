"""What does any channel say about an order, once it is normalised?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from erp.core.money import ZERO


class LineCommand(NamedTuple):
    """One wanted line; `unit_price` in the order's currency, tax exclusive."""

    sku: str
    quantity: int
    unit_price: Decimal
    description: str = ""
    tax_amount: Decimal = ZERO


class ChargeCommand(NamedTuple):
    """An amount that is no product; `kind` is the account role it posts to. Negative = the customer pays less."""

    kind: str
    amount: Decimal
    description: str = ""


class PaymentCommand(NamedTuple):
    provider: str
    provider_ref: str
    amount: Decimal


@dataclass(frozen=True)
class ShipTo:
    name: str = ""
    line1: str = ""
    city: str = ""
    postcode: str = ""
    country: str = ""


@dataclass(frozen=True)
class OrderCommand:
    """An order as any channel says it, normalised: what every inlet (CSV, API, manual page, adapter) hands over.

    `body` is the raw message, kept in the inbox; `risk_score` is the payment provider's, 0 to 100; `card_ref` is its token
    of the card; `verified_age` is what the channel has checked. The same external id with another body is a
    conflict, not a second order.
    """

    channel: str
    external_id: str
    ordered_at: datetime
    currency: str
    lines: Sequence[LineCommand]
    body: str
    charges: Sequence[ChargeCommand] = ()
    customer_number: str = ""
    email: str = ""
    ship_to: ShipTo = field(default_factory=ShipTo)
    bill_to: ShipTo | None = None
    card_ref: str = ""
    risk_score: Decimal | None = None
    verified_age: int | None = None
    payment: PaymentCommand | None = None
    priority: int = 0
    ships_complete: bool = False
    reservation_key: str = ""
    fulfilled_by_channel: bool = (
        False  # sent from the channel's own warehouse, for which `fulfilment_node_id` stands
    )
    fulfilment_node_id: int | None = None
    headers: dict[str, Any] = field(default_factory=dict)
