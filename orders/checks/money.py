"""Is the order in the right money, paid or good for its amount, at the agreed prices and a plausible tax?"""

from __future__ import annotations

from decimal import Decimal

from erp.core.money import ZERO
from erp.core.roles import Role
from orders.checks.facts import HOLD, REJECT, Finding, LineFacts, OrderFacts
from orders.states import HoldKind

HIGHEST_TAX = Decimal("0.30")
_CENT = Decimal("0.01")


def check_currency(facts: OrderFacts) -> Finding | None:
    """This function will reject an order in another currency than its channel trades in."""
    if facts.currency == facts.channel_currency:
        return None
    return Finding(
        "currency", REJECT, f"the channel trades in {facts.channel_currency}, not {facts.currency}"
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
    """This function will hold an invoiced order that takes the customer over the limit, or while invoices are overdue."""
    if facts.is_prepaid:
        return None
    said = []
    if facts.credit_limit is not None and facts.credit_used + facts.total > facts.credit_limit:
        said.append(f"over the credit limit of {facts.credit_limit.quantize(_CENT)}")
    if facts.overdue > 0:
        said.append(f"{facts.overdue.quantize(_CENT)} is overdue")
    if not said:
        return None
    evidence = {
        "limit": "none" if facts.credit_limit is None else str(facts.credit_limit), "owed": str(facts.credit_used),
        "order": str(facts.total), "overdue": str(facts.overdue),
    }  # fmt: skip
    return Finding("credit", HOLD, "; ".join(said), HoldKind.CREDIT, evidence)


def price_gap(line: LineFacts) -> Decimal:
    """This function will return by which share a line is below the price that applies (negative: above it).

    Zero where nobody set a price, and for free goods, which are meant to be free.
    """
    if not line.price or line.unit_price <= 0:
        return ZERO
    return 1 - line.unit_price / line.price


def check_price(facts: OrderFacts) -> Finding | None:
    """This function will hold an order with a line off its agreed price, or far below the product's list price.

    Finance must release what lies beyond the override limit of an agreed price.
    """
    limits = facts.limits
    off: dict[str, dict[str, str]] = {}
    owner = ""
    for line in facts.lines:
        gap = price_gap(line)
        allowed = limits.agreed_tolerance if line.is_agreed else limits.list_tolerance
        if gap > allowed or (line.is_agreed and -gap > allowed):
            off[line.sku] = {
                "price": f"{line.unit_price:f}", "expected": f"{line.price:f}", "source": line.source, "off": f"{-gap:+.1%}",
            }  # fmt: skip
            if line.is_agreed and gap > limits.override_share:
                owner = Role.FINANCE
    if not off:
        return None
    named = ", ".join(f"{sku} {row['off']} of {row['source']}" for sku, row in list(off.items())[:5])
    evidence = {"skus": list(off), "lines": off, "beyond_override_share": bool(owner)}
    return Finding("price", HOLD, f"off price: {named}", HoldKind.PRICE, evidence, owner)


def check_discount(facts: OrderFacts) -> Finding | None:
    """This function will hold an order whose discounts are a larger share of the goods than the channel allows."""
    if facts.discount <= facts.goods_total * facts.limits.discount_share:
        return None
    evidence = {
        "discount": str(facts.discount), "goods": str(facts.goods_total), "limit": f"{facts.limits.discount_share:.0%}",
    }  # fmt: skip
    reason = f"discount of {facts.discount} on goods of {facts.goods_total}"
    return Finding("discount", HOLD, reason, HoldKind.PRICE, evidence)


def check_tax(facts: OrderFacts) -> Finding | None:
    """This function will hold an order whose tax is not what we expect for its destination.

    Where nothing is expected: negative, or more than any rate could make it.
    """
    expected, goods, tax = facts.tax_expected, facts.goods_total, facts.tax_total
    charged = (
        facts.total - tax
    )  # freight may be taxed like goods, and a discount may have lowered what is taxed
    most, least = max(goods, charged), max(min(goods, charged), ZERO)
    reason = f"tax of {tax} on goods of {goods}"
    if expected is None or tax < 0:
        if ZERO <= tax <= most * HIGHEST_TAX:
            return None
        return Finding("tax", HOLD, reason, HoldKind.TAX)
    slack = most * expected.tolerance + _CENT * len(facts.lines)
    highest = most * expected.rate + slack
    lowest = ZERO if expected.allows_less else least * expected.rate - slack
    if lowest <= tax <= highest:
        return None
    evidence = {
        "country": facts.ship_to.country, "expected_rate": f"{expected.rate:.2%}", "tax": str(tax), "goods": str(goods),
        "plausible": [str(max(lowest, ZERO).quantize(_CENT)), str(highest.quantize(_CENT))],
    }  # fmt: skip
    return Finding("tax", HOLD, f"{reason}, {expected.rate:.2%} expected", HoldKind.TAX, evidence)
