"""Who runs the checks over orders that come in, and what of them is kept?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from erp.core.errors import InvalidInput
from erp.core.money import ZERO
from erp.core.sql import cents
from orders import checks
from orders.checks.facts import AddressFacts
from orders.resolve import ChannelFacts, References
from orders.services.order_facts import facts_of
from orders.services.order_ground import Subject, SubjectLine, load_ground

if TYPE_CHECKING:
    from orders.services.command import OrderCommand, ShipTo
    from orders.services.order import _Draft

RISKS = {
    "order_id": "bigint", "card_ref": "text", "provider_score": "numeric", "verified_age": "smallint", "bill_to": "jsonb",
    "score": "integer", "fired": "jsonb",
}  # fmt: skip


def command_subject(
    command: OrderCommand, channel: ChannelFacts, lines: Sequence[SubjectLine], references: References
) -> Subject:
    """This function will return what the checks look at of a command whose lines are resolved; the address is normalised."""
    return Subject(
        channel, command.external_id, command.ordered_at, command.currency, lines,
        [(charge.kind, charge.amount) for charge in command.charges],
        sum((line.tax_amount for line in command.lines), ZERO),
        command.payment.amount if command.payment else ZERO,
        references.customers.get(command.customer_number), command.email,
        checks.normal_address(_address(command.ship_to)), _address(command.bill_to) if command.bill_to else None,
        command.card_ref, command.risk_score, command.verified_age,
    )  # fmt: skip


def _address(address: ShipTo) -> AddressFacts:
    return AddressFacts(
        address.name[:120], address.line1[:160], address.city[:80], address.postcode[:20], address.country[:2]
    )


def check_drafts(drafts: Sequence[_Draft]) -> None:
    """This function will check orders on their way in: findings that hold are kept, one that rejects becomes the error."""
    ground = load_ground([draft.subject for draft in drafts if draft.subject])
    for draft in drafts:
        assert draft.subject is not None
        facts = facts_of(draft.subject, ground)
        draft.findings = checks.check_order(facts)
        draft.fired = checks.risk_points(facts)
        for finding in draft.findings:
            if finding.verdict == checks.REJECT and draft.error is None:
                draft.error = InvalidInput(
                    finding.reason, field=finding.check, remedy="Correct the order in the channel and send it again.",
                    **finding.evidence,
                )  # fmt: skip
        if draft.error is None:
            ground.remember(draft.subject)


def risk_row(draft: _Draft) -> tuple[Any, ...] | None:
    """This function will return what is kept of who pays and how risky it looked; None when there was nothing to see."""
    command = draft.command
    seen = (command.card_ref, command.risk_score, command.verified_age, command.bill_to, draft.fired)
    if not any(value is not None and value not in ("", []) for value in seen):
        return None
    return (
        draft.order_id, command.card_ref[:120], cents(command.risk_score), command.verified_age,
        json.dumps(asdict(command.bill_to) if command.bill_to else {}), sum(row["points"] for row in draft.fired),
        json.dumps(draft.fired),
    )  # fmt: skip
