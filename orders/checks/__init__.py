"""Which orders go straight through, which wait for a person, and which are refused?

Each check looks at one aspect and says pass (None), hold or reject, with its evidence. Pure: what it needs is in the
facts, which `orders.services.order_facts` reads for a whole batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from orders.checks.address import address_faults, check_address, normal_address, normal_postcode
from orders.checks.facts import (
    HOLD,
    PASS,
    REJECT,
    AddressFacts,
    Finding,
    Limits,
    LineFacts,
    ListedFacts,
    OrderFacts,
    RestrictionFacts,
    RiskFacts,
    RiskRuleFacts,
    TaxFacts,
)
from orders.checks.goods import (
    check_age,
    check_business,
    check_hazmat,
    check_product,
    check_quantity,
    check_region,
)
from orders.checks.money import (
    check_credit,
    check_currency,
    check_discount,
    check_payment,
    check_price,
    check_tax,
)
from orders.checks.risk import check_customer, check_duplicate, check_risk, risk_points
from orders.hold_rules import HOLD_OWNERS

Check = Callable[[OrderFacts], Finding | None]
CHECKS: tuple[Check, ...] = (
    check_currency,
    check_product,
    check_customer,
    check_address,
    check_payment,
    check_credit,
    check_price,
    check_discount,
    check_quantity,
    check_tax,
    check_age,
    check_region,
    check_hazmat,
    check_business,
    check_duplicate,
    check_risk,
)
NAMES = tuple(check.__name__.removeprefix("check_") for check in CHECKS)


def check_order(facts: OrderFacts) -> list[Finding]:
    """This function will run every check and return what is not a pass; an empty list means straight through."""
    return [finding for check in CHECKS if (finding := check(facts)) is not None]


def holds_of(findings: Iterable[Finding]) -> dict[str, Finding]:
    """This function will return one finding per kind of hold; what several checks found of a kind stands together in it."""
    found: dict[str, Finding] = {}
    for finding in findings:
        if finding.verdict != HOLD:
            continue
        before = found.get(finding.hold)
        if before is None:
            found[finding.hold] = finding
            continue
        found[finding.hold] = replace(
            before,
            check=f"{before.check}, {finding.check}",
            reason=f"{before.reason}; {finding.reason}",
            evidence=before.evidence | {finding.check: finding.evidence},
            owner=before.owner or finding.owner,
        )
    return found


__all__ = [
    "CHECKS", "HOLD", "HOLD_OWNERS", "NAMES", "PASS", "REJECT", "AddressFacts", "Check", "Finding", "Limits", "LineFacts",
    "ListedFacts", "OrderFacts", "RestrictionFacts", "RiskFacts", "RiskRuleFacts", "TaxFacts", "address_faults", "check_order",
    "holds_of", "normal_address", "normal_postcode", "risk_points",
]  # fmt: skip
