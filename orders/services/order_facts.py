"""What do the checks look at for one order, out of what is known around its batch?"""

from __future__ import annotations

from datetime import timedelta

from erp.core.money import ZERO
from ledger.models import AccountRole
from orders.checks.facts import (
    Limits,
    LineFacts,
    OrderFacts,
    RiskFacts,
    TaxFacts,
)
from orders.services.order_ground import Ground, Recent, Subject, SubjectLine, fingerprint

_HOUR = timedelta(hours=1)


def facts_of(subject: Subject, ground: Ground) -> OrderFacts:
    """This function will put together what the checks look at for one order of the batch."""
    customer, limits = subject.customer, ground.limits_of(subject)
    used, overdue = ground.owed.get(customer.id, (ZERO, ZERO)) if customer else (ZERO, ZERO)
    return OrderFacts(
        subject.channel.currency, subject.channel.is_prepaid, subject.currency, subject.goods, subject.tax, subject.total,
        subject.paid, [_line(line, subject, ground) for line in subject.lines],
        ship_to=subject.ship_to, bill_to=subject.bill_to, email=subject.email,
        customer_blocked=customer.is_blocked if customer else False,
        is_business=customer.segment == "BUSINESS" if customer else False,
        verified_age=max((subject.verified_age or 0, customer.verified_age or 0 if customer else 0)) or None,
        credit_limit=customer.credit_limit if customer else None, credit_used=used, overdue=overdue,
        discount=-sum((a for kind, a in subject.charges if kind == AccountRole.DISCOUNT and a < 0), ZERO),
        tax_expected=_tax(subject, ground), duplicates=_duplicates(subject, ground, limits), limits=limits,
        risk=_risk(subject, ground),
    )  # fmt: skip


def _line(line: SubjectLine, subject: Subject, ground: Ground) -> LineFacts:
    customer_id = subject.customer.id if subject.customer else None
    applied = ground.prices.price(
        subject.channel.id, customer_id, (line.product.id, line.quantity), subject.currency, subject.ordered_at.date()
    )  # fmt: skip
    return LineFacts(
        line.sku, line.quantity, line.unit_price, line.total, None if line.is_decided else applied.price,
        line.product.is_active, applied.is_agreed, applied.words,
        ground.restrictions.get(line.product.id),
    )  # fmt: skip


def _tax(subject: Subject, ground: Ground) -> TaxFacts | None:
    """The expectation of the destination: the channel's own before everybody's, the latest before earlier ones."""
    day = subject.ordered_at.date()
    found = [
        (channel is not None, since, facts)
        for country, channel, since, until, facts in ground.taxes
        if country == subject.ship_to.country
        and channel in (None, subject.channel.id)
        and since <= day
        and (until is None or day <= until)
    ]
    return max(found, key=lambda row: row[:2])[2] if found else None


def _duplicates(subject: Subject, ground: Ground, limits: Limits) -> tuple[str, ...]:
    if not limits.duplicate_hours or not ground.recent:
        return ()
    window = limits.duplicate_hours * _HOUR
    mine, keys, since = fingerprint(subject), subject.keys, subject.ordered_at - window
    until = (
        subject.ordered_at if subject.order_id else subject.ordered_at + window
    )  # orders may arrive out of turn
    buyers = [(kind, keys[kind]) for kind in ("CUSTOMER", "EMAIL") if kind in keys]
    found = {
        order.external_id: None
        for buyer in buyers
        for order in ground.recent.get(buyer, ())
        if order.lines == mine
        and order.keys.get("ADDRESS", "") == subject.place
        and since <= order.ordered_at <= until
        and _is_other(order, subject)
    }
    return tuple(found)


def _is_other(order: Recent, subject: Subject) -> bool:
    return (order.channel_id, order.external_id) != (subject.channel.id, subject.external_id)


def _risk(subject: Subject, ground: Ground) -> RiskFacts:
    rules = ground.rules_of(subject)
    if not rules:
        return RiskFacts()
    keys = subject.keys
    counts = {}
    for rule in rules:
        if rule.kind == "VELOCITY" and rule.subject in keys:
            since = subject.ordered_at - rule.window_hours * _HOUR
            counts[rule.code] = sum(
                since <= order.ordered_at <= subject.ordered_at and _is_other(order, subject)
                for order in ground.recent.get((rule.subject, keys[rule.subject]), ())
            )
    listed = [entry for key in subject.listable.items() if (entry := ground.listed.get(key))]
    is_first = subject.customer is None or subject.customer.id not in ground.known
    return RiskFacts(rules, listed, counts, is_first, subject.provider_score)
