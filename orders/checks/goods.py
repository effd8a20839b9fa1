"""May these goods be sold to this buyer, there, and so many of them?"""

from __future__ import annotations

from orders.checks.facts import HOLD, Finding, OrderFacts
from orders.states import HoldKind


def check_product(facts: OrderFacts) -> Finding | None:
    """This function will hold an order for a product that is no longer sold."""
    stopped = [line.sku for line in facts.lines if not line.is_active]
    if not stopped:
        return None
    return Finding(
        "product", HOLD, f"no longer sold: {', '.join(stopped[:5])}", HoldKind.COMPLIANCE, {"skus": stopped}
    )


def check_quantity(facts: OrderFacts) -> Finding | None:
    """This function will hold an order with a line so large that a slip of the hand is likelier than the sale."""
    huge = {line.sku: line.quantity for line in facts.lines if line.quantity >= facts.limits.largest_line}
    if not huge:
        return None
    told = ", ".join(f"{quantity:,} × {sku}" for sku, quantity in list(huge.items())[:5])
    return Finding("quantity", HOLD, f"unusually many units: {told}", HoldKind.FRAUD, {"quantities": huge})


def check_age(facts: OrderFacts) -> Finding | None:
    """This function will hold an order with goods for adults when nobody has verified that the buyer is old enough."""
    young = {
        line.sku: line.restriction.min_age
        for line in facts.lines
        if line.restriction and line.restriction.min_age > (facts.verified_age or 0)
    }
    if not young:
        return None
    return Finding(
        "age", HOLD, f"the buyer must be {max(young.values())}, verified: {facts.verified_age or 'no'}", HoldKind.COMPLIANCE,
        {"min_age": young, "verified_age": facts.verified_age},
    )  # fmt: skip


def check_region(facts: OrderFacts) -> Finding | None:
    """This function will hold goods that may not go to the ship-to country."""
    country = facts.ship_to.country
    barred = {
        line.sku: sorted(line.restriction.forbidden & {country}) or sorted(line.restriction.allowed)
        for line in facts.lines
        if line.restriction
        and (
            country in line.restriction.forbidden
            or (line.restriction.allowed and country not in line.restriction.allowed)
        )
    }
    if not barred:
        return None
    reason = f"not to be sold to {country or '?'}: {', '.join(list(barred)[:5])}"
    return Finding("region", HOLD, reason, HoldKind.COMPLIANCE, {"country": country, "skus": barred})


def check_hazmat(facts: OrderFacts) -> Finding | None:
    """This function will hold dangerous goods for which no country is cleared: a person asks the carrier."""
    classes = {
        line.sku: line.restriction.hazmat_class
        for line in facts.lines
        if line.restriction and line.restriction.hazmat_class and not line.restriction.allowed
    }
    if not classes:
        return None
    named = ", ".join(f"{sku} (class {code})" for sku, code in list(classes.items())[:5])
    return Finding("hazmat", HOLD, f"dangerous goods: {named}", HoldKind.COMPLIANCE, {"classes": classes})


def check_business(facts: OrderFacts) -> Finding | None:
    """This function will hold goods that only businesses may buy when the buyer is none."""
    skus = [line.sku for line in facts.lines if line.restriction and line.restriction.is_business_only]
    if not skus or facts.is_business:
        return None
    reason = f"only for business customers: {', '.join(skus[:5])}"
    return Finding("business", HOLD, reason, HoldKind.COMPLIANCE, {"skus": skus})
