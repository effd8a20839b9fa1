"""Who lets a sister node send what an order may not be shipped from there?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from erp.core.models import User
from inventory.services import TransferLineDraft, transfer_raise_many
from orders.planner import TransferProposal

ON_THE_WAY = timedelta(days=2)  # between two of our own nodes, where no transfer says otherwise


def transfers_raise(proposals: Sequence[TransferProposal], *, actor: User, at: datetime) -> list[int]:
    """This function will raise one transfer per pair of nodes for what the planner proposed, its units set aside at once.

    Returns the transfers' ids. The units are expected supply from then on, so the waiting lines are promised out of them.
    """
    routes: dict[tuple[int, int], dict[int, int]] = {}
    for proposal in proposals:
        units = routes.setdefault((proposal.from_node_id, proposal.to_node_id), {})
        units[proposal.product_id] = units.get(proposal.product_id, 0) + proposal.quantity
    raised = transfer_raise_many(
        {
            route: [TransferLineDraft(product, quantity) for product, quantity in sorted(units.items())]
            for route, units in routes.items()
        },
        expected_date=(at + ON_THE_WAY).date(), actor=actor, at=at,
    )  # fmt: skip
    return [transfer.pk for transfer in raised]
