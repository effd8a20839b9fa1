"""Who carries a product's stock, packs and kits over to the product that it is the same as?

The stock side's part of a merge; `procurement.product_merge` puts the parts of all apps together.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import models

from erp.core.errors import Conflict
from erp.core.models import User
from erp.core.sql import array, query
from inventory.models import (
    BinStock,
    KitComponent,
    Lot,
    Product,
    ProductRestriction,
    ProductUnit,
    StockBuffer,
    StockLevel,
    StockPool,
)
from inventory.postings import ValuedLine, product_merged
from inventory.selectors import binned_node_ids
from inventory.services.lot import LotDraft, lot_ensure_many
from inventory.services.master import record_sign
from inventory.services.product import search_text
from inventory.services.status import CONDITIONS
from inventory.services.stock import Move, stock_post
from inventory.states import StockStatus
from ledger.services import (
    CostIssue,
    CostReceipt,
    cost_issue_many,
    cost_receive_many,
    journal_entry_post_many,
)

ACTION = "procurement.product_merge"

_OPEN = """
SELECT 'transfer ' || t.number FROM inventory_transferline l JOIN inventory_transfer t ON t.id = l.transfer_id
 WHERE l.product_id = %s AND t.state NOT IN ('RECEIVED', 'CANCELLED') AND l.quantity > l.quantity_received + l.quantity_lost
UNION SELECT 'adjustment ' || a.number FROM inventory_adjustmentline l JOIN inventory_adjustment a ON a.id = l.adjustment_id
 WHERE l.product_id = %s AND a.state IN ('DRAFT', 'PENDING_APPROVAL')
UNION SELECT 'expected from ' || e.reference FROM inventory_expectedsupply e WHERE e.product_id = %s AND e.quantity_open > 0
UNION SELECT l.quantity || ' units ' || lower(l.status) || ' at ' || n.code FROM inventory_stocklevel l
  JOIN inventory_node n ON n.id = l.node_id WHERE l.product_id = %s AND l.quantity > 0 AND NOT l.status = ANY(%s::text[])
ORDER BY 1
"""


def product_open_stock_work(product_id: int) -> list[str]:
    """This function will name what is open about a product's stock: transfers, drafts, what is expected, promised or moving."""
    conditions = array(sorted(CONDITIONS), "text")
    return [row[0] for row in query(_OPEN, [product_id, product_id, product_id, product_id, conditions])]


def stock_move_over(
    *, merged: Product, kept: Product, reason: str, actor: User, at: datetime
) -> tuple[int | None, int]:
    """This function will turn all units of a product into units of another where they lie, each cost layer at its own cost.

    Returns (journal sequence, units), (None, 0) when there is no stock. No value is gained or lost. Lock both products first.
    """
    moves = _moves(merged, kept)
    if not moves:
        return None, 0
    units = sum(move.quantity for move in moves) // 2
    key = f"{ACTION}:{merged.pk}:{kept.pk}:{at.isoformat()}"
    sequence = stock_post(
        action=ACTION, source_type="inventory.Product", source_id=merged.pk, idempotency_key=key, moves=moves,
        actor=actor, at=at, reason=f"{merged} is {kept}: {reason}"[:200],
    )  # fmt: skip
    if StockLevel.objects.filter(product=merged, quantity__gt=0).exists():
        raise Conflict(f"stock of {merged} has just moved", field="product", remedy="Try again.")
    value = _move_cost(merged, kept, units, at)
    entry = product_merged(
        merged_id=merged.pk, kept_id=kept.pk, posting_date=at.date(), line=ValuedLine(kept.pk, value),
        memo=f"{merged} is {kept}", stock_sequence=sequence,
    )  # fmt: skip
    if entry is not None:
        journal_entry_post_many([entry], actor=actor)
    return sequence, units


def _moves(merged: Product, kept: Product) -> list[Move]:
    """Out of each bucket and bin of the one, through ASSEMBLY, into the same place as the other."""
    binned = set(binned_node_ids())
    lots = _lots(merged, kept)
    places: list[tuple[int, str, int, int | None, int | None]] = []
    for level in StockLevel.objects.filter(product=merged, quantity__gt=0).order_by("node_id", "status"):
        if level.node_id not in binned:
            places.append((level.node_id, level.status, level.quantity, None, None))
    bins = BinStock.objects.filter(product=merged, quantity__gt=0, location__node_id__in=binned)
    for held in bins.select_related("location").order_by("location_id", "lot_id", "status"):
        places.append((held.location.node_id, held.status, held.quantity, held.location_id, held.lot_id))
    moves = []
    for node, status, quantity, location, lot in places:
        gone = StockStatus.ASSEMBLY
        moves.append(Move(merged.pk, quantity, node, status, node, gone, location, None, lot))
        moves.append(
            Move(kept.pk, quantity, node, gone, node, status, None, location, lots.get(lot) if lot else None)
        )
    return moves


def _lots(merged: Product, kept: Product) -> dict[int, int]:
    """Lot of the one → lot of the same code of the other, registered when it is new."""
    held = BinStock.objects.filter(product=merged, quantity__gt=0, lot__isnull=False).values("lot_id")
    own = list(Lot.objects.filter(pk__in=held).order_by("code"))
    ids = lot_ensure_many([LotDraft(kept.pk, lot.code, lot.expiry_date) for lot in own])
    return {lot.pk: ids[kept.pk, lot.code] for lot in own}


def _move_cost(merged: Product, kept: Product, units: int, at: datetime) -> Any:
    layers = query(
        "SELECT id, quantity_left FROM ledger_costlayer WHERE product_id = %s AND is_open ORDER BY id",
        [merged.pk],
    )
    if sum(row[1] for row in layers) != units:
        raise Conflict(
            f"the cost of {merged} is not of the same units as its stock", field="product", remedy="Run verify first."
        )  # fmt: skip
    of, into = merged.category.valuation_method, kept.category.valuation_method
    source = "inventory.Product"
    values = cost_issue_many(
        [CostIssue(merged.pk, of, quantity, source, merged.pk, layer) for layer, quantity in layers], at=at
    )
    receipts = [
        CostReceipt(kept.pk, into, quantity, value, source, merged.pk)
        for (_, quantity), value in zip(layers, values, strict=True)
    ]
    cost_receive_many(receipts, at=at)
    return sum(values)


def product_stock_links_move(*, merged: Product, kept: Product, actor: User, at: datetime) -> list[str]:
    """This function will move packs, kits, buffers, pools and restrictions to the product that is kept; returns what moved.

    What the kept product has already stays as it is there, and the other's goes.
    """
    why = f"merged into {kept}"
    told = [
        move_rows(
            KitComponent.objects.filter(component=merged), "component", kept, "kit", "kits", actor=actor, at=at, why=why
        ),
        move_rows(
            StockBuffer.objects.filter(product=merged), "product", kept, "node", "channel_code", "buffers",
            actor=actor, at=at, why=why,
        ),
        move_rows(StockPool.objects.filter(product=merged), "product", kept, "stock pools", actor=actor, at=at, why=why),
        move_rows(
            ProductRestriction.objects.filter(product=merged), "product", kept, "", "sales restrictions",
            actor=actor, at=at, why=why,
        ),
        _packs(merged, kept),
    ]  # fmt: skip
    Product.objects.filter(merged_into=merged).update(merged_into=kept)
    _gtin(merged, kept, actor, at, why)
    return [words for words in told if words]


def _packs(merged: Product, kept: Product) -> str:
    """Packs have no history of their own: their product's keeps it."""
    known = set(ProductUnit.objects.filter(product=kept).values_list("unit_id", flat=True))
    mine = list(ProductUnit.objects.filter(product=merged))
    fresh = [pack.pk for pack in mine if pack.unit_id not in known and pack.unit_id != kept.unit_id]
    ProductUnit.objects.filter(pk__in=fresh).update(product=kept)
    return f"{len(fresh)} packs moved" if fresh else ""


def _gtin(merged: Product, kept: Product, actor: User, at: datetime, why: str) -> None:
    """The merged one is out of use and says where it went; its barcode goes over when the other has none."""
    gtin = merged.gtin if not kept.gtin else ""
    merged.is_active, merged.merged_into = False, kept
    if gtin:
        merged.gtin = ""
        merged.search_text = search_text(merged.sku, merged.name)
    record_sign(merged, actor=actor, at=at, reason=why[:100])
    merged.save()
    if gtin:
        kept.gtin = gtin
        kept.search_text = search_text(kept.sku, kept.name, gtin)
    record_sign(kept, actor=actor, at=at, reason=f"took up {merged}"[:100])
    kept.save()


def move_rows(
    rows: models.QuerySet[Any], field: str, kept: Product, *unique_and_words: str, actor: User, at: datetime, why: str
) -> str:  # fmt: skip
    """This function will point rows at the product that is kept, each signed; a row whose twin is there already is removed.

    The last of `unique_and_words` is what the rows are called, those before it are what makes a row unique beside the product.
    """
    *unique, words = unique_and_words
    moved = dropped = 0
    for row in rows.order_by("pk"):
        twin: dict[str, Any] = {name: getattr(row, name) for name in unique if name}
        record_sign(row, actor=actor, at=at, reason=why[:100])
        if unique and type(row)._default_manager.filter(**{field: kept}, **twin).exists():
            row.delete()
            dropped += 1
            continue
        setattr(row, field, kept)
        row.save()
        moved += 1
    parts = [f"{moved} {words} moved"] if moved else []
    return ", ".join([*parts, f"{dropped} {words} were there already"] if dropped else parts)


__all__: Sequence[str] = (
    "move_rows",
    "product_open_stock_work",
    "product_stock_links_move",
    "stock_move_over",
)
