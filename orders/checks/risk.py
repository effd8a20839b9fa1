"""Who is behind the order, and how likely is it fraud? Points per rule; the evidence lists every rule that fired."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from orders.checks.facts import HOLD, REJECT, Finding, OrderFacts, RiskRuleFacts
from orders.states import HoldKind

FREE_MAIL = frozenset(
    "gmail.com googlemail.com outlook.com hotmail.com live.com yahoo.com ymail.com icloud.com me.com aol.com gmx.com gmx.de "
    "gmx.net web.de mail.com mail.ru yandex.com yandex.ru protonmail.com proton.me zoho.com qq.com 163.com".split()
)


def check_customer(facts: OrderFacts) -> Finding | None:
    """This function will hold the order of a blocked customer."""
    return (
        Finding("customer", HOLD, "the customer is blocked", HoldKind.FRAUD)
        if facts.customer_blocked
        else None
    )


def check_duplicate(facts: OrderFacts) -> Finding | None:
    """This function will hold an order that came before: same buyer, address and lines under another order id."""
    if not facts.duplicates:
        return None
    return Finding(
        "duplicate", HOLD, f"looks like {', '.join(facts.duplicates[:3])} came twice", HoldKind.DUPLICATE,
        {"orders": list(facts.duplicates[:10]), "window_hours": facts.limits.duplicate_hours},
    )  # fmt: skip


def risk_points(facts: OrderFacts) -> list[dict[str, Any]]:
    """This function will return the rules that fired as {rule, points, why}; none for somebody on the allow list."""
    denied = [entry for entry in facts.risk.listed if entry.verdict == "DENY"]
    trusted = [entry for entry in facts.risk.listed if entry.verdict == "ALLOW"]
    fired = []
    for rule in facts.risk.rules:
        if trusted and not (denied and rule.kind == "LISTED"):
            continue
        points, why = _fire(rule, facts)
        if points:
            fired.append({"rule": rule.code, "points": points, "why": why})
    return fired


def _fire(rule: RiskRuleFacts, facts: OrderFacts) -> tuple[int, str]:
    risk = facts.risk
    if rule.kind == "VELOCITY":
        count = risk.counts.get(rule.code, 0) + 1
        why = f"{count} orders of the same {rule.subject.lower()} in {rule.window_hours} h, {rule.normal_orders} are normal"
        return (rule.points, why) if count > rule.normal_orders else (0, "")
    if rule.kind == "LISTED":
        denied = [entry for entry in risk.listed if entry.verdict == "DENY"]
        why = "; ".join(f"{entry.subject.lower()} {entry.value}: {entry.reason}" for entry in denied)
        return (rule.points, why) if denied else (0, "")
    if rule.kind == "COUNTRY_MISMATCH":
        bill = facts.bill_to.country if facts.bill_to else ""
        why = f"ships to {facts.ship_to.country}, billed to {bill}"
        return (rule.points, why) if bill and bill != facts.ship_to.country else (0, "")
    if rule.kind == "PROVIDER":
        score = risk.provider_score
        if score is None or score < rule.amount or score <= 0:
            return 0, ""
        points = (score * rule.points / 100).quantize(Decimal(1), rounding=ROUND_HALF_UP)
        return int(points), f"the provider scored {score} of 100"
    return _by_amount(rule, facts)


def _by_amount(rule: RiskRuleFacts, facts: OrderFacts) -> tuple[int, str]:
    if facts.total < rule.amount:
        return 0, ""
    if rule.kind == "FIRST_ORDER" and facts.risk.is_first_order:
        return rule.points, f"first order, and for {facts.total}"
    domain = facts.email.rpartition("@")[2].lower()
    if rule.kind == "FREE_MAIL" and domain in FREE_MAIL:
        return rule.points, f"{facts.total} from an address at {domain}"
    return 0, ""


def check_risk(facts: OrderFacts) -> Finding | None:
    """This function will hold or reject an order by the points of the risk rules that fired."""
    fired = risk_points(facts)
    score, limits = sum(row["points"] for row in fired), facts.limits
    if score < limits.risk_hold_at:
        return None
    evidence = {
        "score": score,
        "hold_at": limits.risk_hold_at,
        "reject_at": limits.risk_reject_at,
        "rules": fired,
    }
    reason = f"{score} risk points: " + "; ".join(f"{row['why']} ({row['points']})" for row in fired)
    if limits.risk_reject_at is not None and score >= limits.risk_reject_at:
        return Finding("risk", REJECT, reason, "", evidence)
    return Finding("risk", HOLD, reason, HoldKind.FRAUD, evidence)
