"""What has become of stock on its way, and when is a transfer done?

Apart from transfers and adjustments, because both end a transfer: by receipt, or by writing off what never came.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from erp.core.models import User
from erp.core.services.state import change_state_many
from erp.core.sql import Statements, array, query, unnest
from inventory.models import Transfer
from inventory.services.supply import transfer_supply_set
from inventory.states import TransferState

_LOST = """
changed AS (UPDATE inventory_transferline t SET quantity_lost = t.quantity_lost + v.quantity FROM v
             WHERE t.id = v.id AND t.quantity >= t.quantity_received + t.quantity_lost + v.quantity RETURNING 1)
"""
_DONE = """
SELECT t.id FROM inventory_transfer t
 WHERE t.state = 'IN_TRANSIT' AND t.id IN (SELECT transfer_id FROM inventory_transferline WHERE id = ANY(%s::bigint[]))
   AND NOT EXISTS (SELECT 1 FROM inventory_transferline l WHERE l.transfer_id = t.id
                      AND l.quantity > l.quantity_received + l.quantity_lost)
 ORDER BY t.id
"""


def transfer_settle_many(lost: Sequence[tuple[int, int]], *, actor: User, at: datetime) -> None:
    """This function will count `lost` (transfer line, units) as written off and end the transfers that are then
    complete.

    LostUpdate when more is written off than is still on its way.
    """
    if not lost:
        return
    source, parameters = unnest({"id": "bigint", "quantity": "bigint"}, lost)
    batch = Statements()
    batch.demand_last(
        f"WITH v AS (SELECT id, sum(quantity)::bigint AS quantity FROM {source} GROUP BY id), {_LOST}",
        "changed",
        parameters,
        len({line_id for line_id, _ in lost}),
        "transfer lines",
    )
    batch.run()
    transfer_close_done([line_id for line_id, _ in lost], actor=actor, at=at)
    for transfer in (
        Transfer.objects.filter(lines__in=[line_id for line_id, _ in lost]).distinct().order_by("pk")
    ):
        transfer_supply_set(transfer, at=at)


def transfer_close_done(line_ids: Sequence[int], *, actor: User, at: datetime) -> list[int]:
    """This function will set the transfers of these lines to RECEIVED when nothing of them is on its way any more."""
    done = [row[0] for row in query(_DONE, [array(line_ids, "bigint")])]
    change_state_many(
        Transfer, done, source=TransferState.IN_TRANSIT, to=TransferState.RECEIVED, actor=actor, at=at,
        action="inventory.transfer_close_done",
    )  # fmt: skip
    return done
