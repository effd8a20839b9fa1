"""What may the checks look at, and what do they say?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from erp.core.money import ZERO

PASS, HOLD, REJECT = "PASS", "HOLD", "REJECT"


@dataclass(frozen=True)
class Finding:
    """What a check found: `hold` is set when the verdict is HOLD; `owner` when it is not the kind's usual owner."""

    check: str
    verdict: str
    reason: str = ""
    hold: str = ""
    evidence: dict[str, Any] = field(default_factory=dict)
    owner: str = ""


@dataclass(frozen=True)
class Limits:
    """How strict a channel's checks are; these defaults hold where it has no policy of its own."""

    agreed_tolerance: Decimal = Decimal("0.02")
    list_tolerance: Decimal = Decimal("0.90")
    override_share: Decimal = Decimal("0.25")
    discount_share: Decimal = Decimal(1)
    largest_line: int = 3_000
    duplicate_hours: int = 0
    risk_hold_at: int = 50
    risk_reject_at: int | None = None


class RestrictionFacts(NamedTuple):
    """To whom and where a product may be sold; empty sets of countries restrict nothing."""

    min_age: int = 0
    hazmat_class: str = ""
    allowed: frozenset[str] = frozenset()
    forbidden: frozenset[str] = frozenset()
    is_business_only: bool = False


class LineFacts(NamedTuple):
    """`price` is the price that applies to the line (None: nobody set one) and `source` where it comes from."""

    sku: str
    quantity: int
    unit_price: Decimal
    line_total: Decimal
    price: Decimal | None
    is_active: bool
    is_agreed: bool = False
    source: str = "list price"
    restriction: RestrictionFacts | None = None


class TaxFacts(NamedTuple):
    """The tax we expect: `rate` of the goods, give or take `tolerance`; anything less too when `allows_less`."""

    rate: Decimal
    tolerance: Decimal
    allows_less: bool = False


class RiskRuleFacts(NamedTuple):
    code: str
    kind: str
    subject: str
    window_hours: int
    normal_orders: int
    amount: Decimal
    points: int


class ListedFacts(NamedTuple):
    """An entry of the allow or deny list that the order matches."""

    verdict: str
    subject: str
    value: str
    reason: str


@dataclass(frozen=True)
class RiskFacts:
    """What the risk rules look at: `counts` maps a velocity rule's code to the subject's orders in its window before this one."""

    rules: Sequence[RiskRuleFacts] = ()
    listed: Sequence[ListedFacts] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    is_first_order: bool = False
    provider_score: Decimal | None = None


class AddressFacts(NamedTuple):
    name: str = ""
    line1: str = ""
    city: str = ""
    postcode: str = ""
    country: str = ""


NO_ADDRESS = AddressFacts()


@dataclass(frozen=True)
class OrderFacts:
    """What the checks may look at. Amounts in the order's currency; `credit_used` is what the customer owes already.

    `discount` is positive; `duplicates` are the orders that look like this one came twice.
    """

    channel_currency: str
    is_prepaid: bool
    currency: str
    goods_total: Decimal
    tax_total: Decimal
    total: Decimal
    amount_paid: Decimal
    lines: Sequence[LineFacts]
    ship_to: AddressFacts = NO_ADDRESS
    bill_to: AddressFacts | None = None
    email: str = ""
    customer_blocked: bool = False
    is_business: bool = False
    verified_age: int | None = None
    credit_limit: Decimal | None = None
    credit_used: Decimal = ZERO
    overdue: Decimal = ZERO
    discount: Decimal = ZERO
    tax_expected: TaxFacts | None = None
    duplicates: Sequence[str] = ()
    limits: Limits = field(default_factory=Limits)
    risk: RiskFacts = field(default_factory=RiskFacts)
