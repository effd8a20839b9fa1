"""Who keeps what is on its way, and what is kept for some buyers?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import NamedTuple

from django.db import transaction

from erp.core.errors import InvalidInput, NotFound
from erp.core.models import User
from erp.core.sql import Statements, unnest
from inventory.models import Node, Product, StockPool, Transfer
from inventory.states import TransferState


class SupplyDraft(NamedTuple):
    """Units still to come of one document line (0 = nothing any more), and the day they are expected."""

    product_id: int
    node_id: int
    source_type: str
    source_id: int
    document_type: str
    document_id: int
    reference: str
    quantity_open: int
    expected_date: date


_COLUMNS = {
    "product_id": "bigint", "node_id": "bigint", "source_type": "text", "source_id": "bigint", "document_type": "text",
    "document_id": "bigint", "reference": "text", "quantity_open": "bigint", "expected_date": "date",
    "first_expected_date": "date", "updated_at": "timestamptz",
}  # fmt: skip
_KEYS = {"source_type": "text", "source_id": "bigint"}


def expected_supply_set_many(drafts: Sequence[SupplyDraft], *, at: datetime) -> None:
    """This function will make what is expected of these document lines what `drafts` say, in one round trip.

    A line is known by (source_type, source_id). The day that was expected first is remembered.
    """
    if not drafts:
        return
    ordered = sorted(drafts, key=lambda draft: draft[2:4])
    rows = [(*draft, draft.expected_date, at) for draft in ordered]
    source, parameters = unnest(_KEYS, [draft[2:4] for draft in ordered])
    batch = Statements()
    # by id, as promises lock them: of two documents the later one's lines may have come to be expected first
    batch.add(
        f"SELECT 1 FROM inventory_expectedsupply s JOIN {source} USING (source_type, source_id) "
        "ORDER BY s.id FOR NO KEY UPDATE OF s",
        parameters,
    )
    batch.insert(
        "inventory_expectedsupply", _COLUMNS, rows,
        "ON CONFLICT (source_type, source_id) DO UPDATE SET quantity_open = excluded.quantity_open, "
        "expected_date = excluded.expected_date, updated_at = excluded.updated_at, node_id = excluded.node_id",
    )  # fmt: skip
    batch.run()


def transfer_supply_set(transfer: Transfer, *, at: datetime) -> None:
    """This function will bring the expected supply in line with a transfer: what has left, or is set aside, is on its way."""
    comes = transfer.state == TransferState.IN_TRANSIT or (
        transfer.state == TransferState.DRAFT and transfer.is_reserved
    )
    if transfer.expected_date is None:
        return
    expected_supply_set_many(
        [
            SupplyDraft(
                line.product_id, transfer.to_node_id, "inventory.TransferLine", line.pk, "inventory.Transfer",
                transfer.pk, transfer.number,
                line.quantity - line.quantity_received - line.quantity_lost if comes else 0, transfer.expected_date,
            )
            for line in transfer.lines.order_by("pk")
        ],
        at=at,
    )  # fmt: skip


@dataclass(frozen=True)
class PoolDraft:
    code: str
    name: str
    quantity: int
    node_id: int | None = None
    product_id: int | None = None
    channel_code: str = ""
    country: str = ""
    tier: str = ""
    is_active: bool = True


@transaction.atomic
def pool_save(draft: PoolDraft, *, pool_id: int | None = None, actor: User, at: datetime) -> StockPool:
    """This function will create or change a pool: units that only its members may be promised. InvalidInput names the field."""
    if not (draft.channel_code or draft.country or draft.tier):
        raise InvalidInput(
            "a pool needs members",
            field="channel_code",
            remedy="Name a channel, a country or a customer tier.",
        )
    if not 0 < draft.quantity < 2**31:
        raise InvalidInput("a pool keeps at least one unit", field="quantity", remedy="Enter 1 or more.")
    if StockPool.objects.filter(code=draft.code).exclude(pk=pool_id or 0).exists():
        raise InvalidInput(
            f"there is a pool {draft.code} already", field="code", remedy="Choose another code."
        )
    if draft.product_id and not Product.objects.filter(pk=draft.product_id).exists():
        raise InvalidInput("there is no such product", field="product", remedy="Choose one from the list.")
    if draft.node_id and not Node.objects.filter(pk=draft.node_id).exists():
        raise InvalidInput("there is no such node", field="node", remedy="Choose one from the list.")
    pool = StockPool.objects.select_for_update().filter(pk=pool_id).first() if pool_id else StockPool()
    if pool is None:
        raise NotFound(f"there is no pool #{pool_id}", field="pool", remedy="Reload the list.")
    for name, value in {**asdict(draft), "_history_user": actor, "_history_date": at}.items():
        setattr(pool, name, value)
    pool.save()
    return pool
