"""How is a move of stock told when somebody asks what a piece of work would change?"""

from __future__ import annotations

from collections.abc import Sequence

from erp.core.effects import Picture, Witness, register_witness
from inventory.models import StockMove
from inventory.states import StockStatus


def _events(ids: Sequence[int]) -> dict[int, Picture]:
    fields: dict[int, dict[str, str]] = {}
    titles: dict[int, str] = {}
    moves = StockMove.objects.filter(event_id__in=ids).select_related(
        "event", "product", "from_node", "to_node"
    )
    for move in moves.order_by("pk"):
        own = fields.setdefault(move.event_id, {})
        titles[move.event_id] = move.event.reason or move.event.action
        before, after = StockStatus(move.from_status).label, StockStatus(move.to_status).label
        there = "" if move.to_node_id == move.from_node_id else f" at {move.to_node.code}"
        own[f"{move.quantity} × {move.product.sku} ({len(own) + 1})"] = (
            f"{before} at {move.from_node.code} → {after}{there}"
        )
    return {pk: Picture(f"Stock moves: {titles[pk]}", own) for pk, own in fields.items()}


register_witness(
    Witness(
        "inventory.StockEvent", "Stock", {"inventory_stockevent": "sequence"}, _events, "inventory.view", 30
    )
)
