"""Who moves stock between conditions and bins without changing how much there is?"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from erp.core.errors import Conflict, InvalidInput
from erp.core.models import User
from erp.core.sql import query
from inventory.models import StockEvent
from inventory.selectors import binned_node_ids
from inventory.services.stock import Move, stock_post
from inventory.states import StockStatus

S = StockStatus
# the conditions that a person may judge; promises (reserved, allocated, picked) belong to orders
CONDITIONS = frozenset({S.AVAILABLE, S.QUARANTINE, S.DAMAGED})


@transaction.atomic
def stock_status_change(*, move: Move, reason: str, idempotency_key: str, actor: User, at: datetime) -> int:
    """This function will move units between AVAILABLE, QUARANTINE and DAMAGED at one node and return the journal
    sequence.

    Give the bins where the node keeps bins. The same key again returns the first sequence and moves nothing; with other
    content it is a Conflict. InvalidInput for other statuses, two nodes or no reason.
    """
    if {move.from_status, move.to_status} - CONDITIONS or move.from_status == move.to_status:
        raise InvalidInput(
            f"{move.from_status} does not become {move.to_status} by hand", field="to_status",
            remedy="Only available, quarantine and damaged are changed by hand.",
        )  # fmt: skip
    if not reason.strip():
        raise InvalidInput("a reason is needed", field="reason", remedy="Say what was seen.")
    return _post("inventory.stock_status_change", move, reason, idempotency_key, actor, at)


@transaction.atomic
def stock_bin_move(*, move: Move, idempotency_key: str, actor: User, at: datetime, reason: str = "") -> int:
    """This function will carry units from one bin to another of the same node, in the same condition.

    Units that a pick task has taken up stay: PostgreSQL refuses to take them away. Keys as in `stock_status_change`.
    """
    if move.from_status != move.to_status or move.from_status not in CONDITIONS:
        raise InvalidInput(
            "a bin move keeps the condition", field="to_status", remedy="Change the status instead."
        )
    if move.from_location_id is None or move.to_location_id is None:
        raise InvalidInput("two bins are needed", field="to_location", remedy="Scan both bins.")
    return _post("inventory.stock_bin_move", move, reason, idempotency_key, actor, at)


def _post(action: str, move: Move, reason: str, key: str, actor: User, at: datetime) -> int:
    key = f"{action}:{key}"[:120]
    before = StockEvent.objects.filter(idempotency_key=key).first()
    if before is not None:
        return _repeated(before, move)
    if move.from_node_id != move.to_node_id:
        raise InvalidInput("the nodes differ", field="node", remedy="Use a transfer.")
    _check_places(move)
    return stock_post(
        action=action, source_type="inventory.Product", source_id=move.product_id, idempotency_key=key, moves=[move],
        actor=actor, at=at, reason=reason.strip(),
    )  # fmt: skip


def _repeated(before: StockEvent, move: Move) -> int:
    rows = query(
        "SELECT product_id, quantity, from_node_id, from_status, to_node_id, to_status, from_location_id, to_location_id, "
        "lot_id, order_line_id FROM inventory_stockmove WHERE event_id = %s",
        [before.pk],
    )
    if [Move(*row) for row in rows] != [move]:
        raise Conflict(
            "the same key was used for another move", field="idempotency_key", remedy="Use a new key."
        )
    return before.pk


def _check_places(move: Move) -> None:
    places = {place for place in (move.from_location_id, move.to_location_id) if place is not None}
    if move.from_node_id in binned_node_ids() and None in (move.from_location_id, move.to_location_id):
        raise InvalidInput("this node keeps its stock in bins", field="location", remedy="Say which bins.")
    known = query(
        "SELECT id FROM inventory_location WHERE id = ANY(%s) AND node_id = %s AND is_active",
        [sorted(places), move.from_node_id],
    )
    if len(known) != len(places):
        raise InvalidInput(
            "there is no such bin in this node", field="location", remedy="Scan the bin again."
        )
