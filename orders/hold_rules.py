"""Whose work is a hold of each kind, how long may it wait, how is it worked, and what releases it by itself?

These are the defaults; rows of `orders.HoldRule` replace them kind by kind.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from erp.core.roles import Role
from orders.states import HoldKind, HoldRelease

if TYPE_CHECKING:
    from orders.models import HoldRule


@dataclass(frozen=True)
class Rule:
    """How holds of a kind are worked. The owner's role may release; past `clock + escalate_after` it is `escalate`'s."""

    kind: str
    owner: Role
    playbook: tuple[str, ...]
    release_by: HoldRelease = HoldRelease.PERSON
    clock: timedelta = timedelta(hours=24)
    escalate: Role = Role.OPERATIONS
    escalate_after: timedelta = timedelta(hours=24)


_FINANCE, _SERVICE, _OPERATIONS = Role.FINANCE, Role.CUSTOMER_SERVICE, Role.OPERATIONS
DEFAULTS: dict[str, Rule] = {
    rule.kind: rule
    for rule in (
        Rule(HoldKind.PAYMENT, _FINANCE, (
            "Look for the payment at the provider.", "Remind the customer; it goes on by itself when the money is there.",
            "Cancel the order when it stays unpaid.",
        ), HoldRelease.PAID),
        Rule(HoldKind.CREDIT, _FINANCE, (
            "Open the customer's credit page.", "Collect what is overdue, or raise the limit: it then goes on by itself.",
            "Release it as an exception, with the reason.",
        ), HoldRelease.CREDIT),
        Rule(HoldKind.TAX, _FINANCE, (
            "Compare the tax with the rate of the destination.", "Correct the channel's tax setting.",
            "Release it when the rate is right, and note the rate in the tax expectations.",
        )),
        Rule(HoldKind.FRAUD, _SERVICE, (
            "Read which rules fired.", "Call the customer by the number we have on file.",
            "Release it when the order is meant; reject it and put the buyer on the deny list when it is not.",
        )),
        Rule(HoldKind.ADDRESS, _SERVICE, (
            "Ask the customer for the right address.", "Correct it on the order: it goes on by itself when it is deliverable.",
        ), HoldRelease.ADDRESS),
        Rule(HoldKind.PRICE, _OPERATIONS, (
            "Compare with the price list and what the salesman says.", "Release it when the price is meant.",
            "Correct the list, or reject the order, when it is not.",
        ), escalate=_FINANCE),
        Rule(HoldKind.COMPLIANCE, _OPERATIONS, (
            "Read which restriction applies.", "Get the proof it asks for (age, licence, carrier's consent).",
            "Release it with the proof as the reason, or reject it.",
        ), escalate=Role.ADMIN),
        Rule(HoldKind.DUPLICATE, _SERVICE, (
            "Compare it with the order it looks like.", "Ask the customer whether both are meant.",
            "Reject the second one when it is not.",
        )),
        Rule(HoldKind.MANUAL, _OPERATIONS, (
            "Read why somebody stopped it.", "Settle that with the person.", "Release or reject it.",
        ), escalate=Role.ADMIN),
    )
}  # fmt: skip
HOLD_OWNERS: dict[str, Role] = {kind: rule.owner for kind, rule in DEFAULTS.items()}


def merge_rules(rows: Iterable[HoldRule]) -> dict[str, Rule]:
    """This function will return the rule of every kind: the row where there is one, else the default."""
    return DEFAULTS | {
        row.kind: Rule(
            row.kind, Role(row.owner_role),
            tuple(step.strip() for step in row.playbook.splitlines() if step.strip()) or DEFAULTS[row.kind].playbook,
            HoldRelease(row.release_by), timedelta(hours=row.clock_hours), Role(row.escalate_role),
            timedelta(hours=row.escalate_after_hours),
        )
        for row in rows
    }  # fmt: skip
