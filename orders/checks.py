"""Which orders go straight through, which wait for a person, and which are refused?

Each check looks at one aspect and says pass, hold or reject, with its evidence. Pure: what it needs is in the context.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from erp.core.money import ZERO
from erp.core.roles import Role
from orders.states import HoldKind

PASS, HOLD, REJECT = "PASS", "HOLD", "REJECT"


@dataclass(frozen=True)
class LineFacts:
    sku: str
    quantity: int
    unit_price: Decimal
    line_total: Decimal
    list_price: Decimal
    is_active: bool


@dataclass(frozen=True)
class OrderFacts:
    """What the checks may look at. Amounts in the order's currency; `credit_used` is what the customer owes already."""

    channel_currency: str
    is_prepaid: bool
    currency: str
    goods_total: Decimal
    tax_total: Decimal
    total: Decimal
    amount_paid: Decimal
    lines: tuple[LineFacts, ...]
    customer_blocked: bool = False
    credit_limit: Decimal | None = None
    credit_used: Decimal = ZERO
    name: str = ""
    line1: str = ""
    city: str = ""
    postcode: str = ""
    country: str = ""


@dataclass(frozen=True)
class Finding:
    """What a check found: `hold` is set when the verdict is HOLD."""

    check: str
    verdict: str
    reason: str = ""
    hold: str = ""
    evidence: dict[str, Any] = field(default_factory=dict)


Check = Callable[[OrderFacts], Finding | None]
HOLD_OWNERS: dict[str, Role] = {
    HoldKind.PAYMENT: Role.FINANCE,
    HoldKind.CREDIT: Role.FINANCE,
    HoldKind.TAX: Role.FINANCE,
    HoldKind.FRAUD: Role.CUSTOMER_SERVICE,
    HoldKind.ADDRESS: Role.CUSTOMER_SERVICE,
    HoldKind.PRICE: Role.OPERATIONS,
    HoldKind.COMPLIANCE: Role.OPERATIONS,
    HoldKind.MANUAL: Role.OPERATIONS,
}
HUGE_LINE = 3_000
LOW_PRICE = Decimal("0.10")
HIGHEST_TAX = Decimal("0.30")


def check_currency(facts: OrderFacts) -> Finding | None:
    """This function will reject an order in another currency than its channel trades in."""
    if facts.currency == facts.channel_currency:
        return None
    return Finding(
        "currency", REJECT, f"the channel trades in {facts.channel_currency}, not {facts.currency}"
    )


def check_product(facts: OrderFacts) -> Finding | None:
    """This function will hold an order for a product that is no longer sold."""
    stopped = [line.sku for line in facts.lines if not line.is_active]
    if not stopped:
        return None
    return Finding(
        "product", HOLD, f"no longer sold: {', '.join(stopped[:5])}", HoldKind.COMPLIANCE, {"skus": stopped}
    )


def check_customer(facts: OrderFacts) -> Finding | None:
    """This function will hold the order of a blocked customer."""
    return (
        Finding("customer", HOLD, "the customer is blocked", HoldKind.FRAUD)
        if facts.customer_blocked
        else None
    )


def check_address(facts: OrderFacts) -> Finding | None:
    """This function will hold an order that could not be delivered: name, street, city and country are needed."""
    parts = {"name": facts.name, "line1": facts.line1, "city": facts.city, "country": facts.country}
    missing = [name for name, value in parts.items() if not value.strip()]
    if not missing:
        return None
    return Finding(
        "address", HOLD, f"ship-to has no {', '.join(missing)}", HoldKind.ADDRESS, {"missing": missing}
    )


def check_payment(facts: OrderFacts) -> Finding | None:
    """This function will hold an order of a prepaid channel that is not paid in full, and reject one that is paid too much."""
    if facts.amount_paid > max(facts.total, ZERO):
        return Finding("payment", REJECT, f"{facts.amount_paid} paid for an order of {facts.total}")
    if not facts.is_prepaid or facts.amount_paid >= facts.total:
        return None
    evidence = {"total": str(facts.total), "paid": str(facts.amount_paid)}
    return Finding("payment", HOLD, f"{facts.amount_paid} of {facts.total} paid", HoldKind.PAYMENT, evidence)


def check_credit(facts: OrderFacts) -> Finding | None:
    """This function will hold an invoiced order that would take the customer over the credit limit."""
    if (
        facts.is_prepaid
        or facts.credit_limit is None
        or facts.credit_used + facts.total <= facts.credit_limit
    ):
        return None
    evidence = {"limit": str(facts.credit_limit), "owed": str(facts.credit_used), "order": str(facts.total)}
    return Finding(
        "credit", HOLD, f"over the credit limit of {facts.credit_limit}", HoldKind.CREDIT, evidence
    )


def check_price(facts: OrderFacts) -> Finding | None:
    """This function will hold an order with a line below a tenth of its list price (free goods are meant to be free)."""
    low = [
        line.sku
        for line in facts.lines
        if line.list_price > 0 and ZERO < line.unit_price < line.list_price * LOW_PRICE
    ]
    if not low:
        return None
    return Finding(
        "price", HOLD, f"far below list price: {', '.join(low[:5])}", HoldKind.PRICE, {"skus": low}
    )


def check_quantity(facts: OrderFacts) -> Finding | None:
    """This function will hold an order with a line so large that a slip of the hand is likelier than the sale."""
    huge = {line.sku: line.quantity for line in facts.lines if line.quantity >= HUGE_LINE}
    if not huge:
        return None
    return Finding("quantity", HOLD, f"unusually many units: {huge}", HoldKind.FRAUD, {"quantities": huge})


def check_tax(facts: OrderFacts) -> Finding | None:
    """This function will hold an order whose tax is negative or more than any rate could make it."""
    if ZERO <= facts.tax_total <= facts.goods_total * HIGHEST_TAX:
        return None
    return Finding("tax", HOLD, f"tax of {facts.tax_total} on goods of {facts.goods_total}", HoldKind.TAX)


CHECKS: tuple[Check, ...] = (
    check_currency,
    check_product,
    check_customer,
    check_address,
    check_payment,
    check_credit,
    check_price,
    check_quantity,
    check_tax,
)
NAMES = tuple(check.__name__.removeprefix("check_") for check in CHECKS)


def check_order(facts: OrderFacts) -> list[Finding]:
    """This function will run every check and return what is not a pass; an empty list means straight through."""
    return [finding for check in CHECKS if (finding := check(facts)) is not None]
