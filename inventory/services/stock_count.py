"""Who takes in what was counted: so many units of a product in a bin, whatever we thought?

A count is an adjustment by the difference, so it has a reason, a value and, above a threshold, a second person. Bins and
levels are locked before the difference is taken: nothing moves between looking and writing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.db import transaction

from erp.core.errors import InvalidInput
from erp.core.models import User
from erp.core.sql import query, unnest
from inventory.locks import lock_bins
from inventory.services.adjustment import adjustment_record_many
from inventory.services.adjustment_draft import AdjustmentDraft, AdjustmentLineDraft
from inventory.states import StockStatus

_BUCKET = {
    "n": "integer", "product_id": "bigint", "node_id": "bigint", "location_id": "bigint", "lot_id": "bigint", "status": "text",
}  # fmt: skip
# What lies in a bin; where a node keeps no bins, what it has on its shelves: promised or not, it is there to be counted.
_NOW = """
SELECT v.n, CASE WHEN v.location_id IS NULL THEN (
         SELECT coalesce(sum(l.quantity), 0) FROM inventory_stocklevel l
          WHERE l.product_id = v.product_id AND l.node_id = v.node_id
            AND (l.status = v.status OR v.status = 'AVAILABLE' AND l.status IN ('RESERVED', 'ALLOCATED')))
       ELSE (SELECT coalesce(sum(b.quantity), 0) FROM inventory_binstock b
              WHERE b.product_id = v.product_id AND b.location_id = v.location_id
                AND b.lot_id IS NOT DISTINCT FROM v.lot_id AND b.status = v.status) END
  FROM {source}
"""
_LOCK_LEVELS = """
SELECT 1 FROM {source} JOIN inventory_stocklevel l ON l.product_id = v.product_id AND l.node_id = v.node_id
 ORDER BY l.product_id, l.node_id, l.status FOR NO KEY UPDATE OF l
"""


class Bucket(NamedTuple):
    """Where units were counted; without a location the node as a whole."""

    product_id: int
    node_id: int
    location_id: int | None = None
    lot_id: int | None = None
    status: str = StockStatus.AVAILABLE


class CountDraft(NamedTuple):
    """So many base units were counted; `unit_cost` (base currency) is for units whose cost nobody knows yet."""

    bucket: Bucket
    quantity: int
    unit_cost: Decimal | None = None


class Counted(NamedTuple):
    """The adjustment that a count became (None: it was what we thought), and what there was before."""

    adjustment_id: int | None
    before: int


def stock_counted_now(buckets: Sequence[Bucket]) -> list[int]:
    """This function will return the units that lie in each bucket, in order."""
    if not buckets:
        return []
    source, parameters = unnest(
        _BUCKET,
        [(n, b.product_id, b.node_id, b.location_id, b.lot_id, b.status) for n, b in enumerate(buckets)],
    )
    found: dict[int, int] = {row[0]: row[1] for row in query(_NOW.format(source=source), parameters)}
    return [int(found[n]) for n in range(len(buckets))]


@transaction.atomic
def stock_count_record_many(
    counts: Sequence[CountDraft], *, reason: str, note: str, actor: User, at: datetime
) -> list[Counted]:
    """This function will correct the stock to what was counted, one adjustment per node, all or none.

    Returns what became of each count, in order. Adjustments above the threshold wait for a second person. InvalidInput
    names what is wrong with a count; its `detail["line"]` is the place among the counts.
    """
    if len({count.bucket for count in counts}) != len(counts):
        raise InvalidInput("the same place is counted twice", field="sku", remedy="Keep one of the counts.")
    pairs = sorted({(count.bucket.product_id, count.bucket.node_id) for count in counts})
    lock_bins(pairs)
    source, parameters = unnest({"product_id": "bigint", "node_id": "bigint"}, pairs)
    query(_LOCK_LEVELS.format(source=source), parameters)
    before = stock_counted_now([count.bucket for count in counts])
    lines: dict[int, list[AdjustmentLineDraft]] = defaultdict(list)
    for count, was in zip(counts, before, strict=True):
        if count.quantity == was:
            continue
        bucket, delta = count.bucket, count.quantity - was
        cost = count.unit_cost if delta > 0 else None
        lines[bucket.node_id].append(
            AdjustmentLineDraft(
                bucket.product_id, delta, bucket.status, bucket.location_id, bucket.lot_id, cost
            )
        )
    drafts = [AdjustmentDraft(node_id, reason, own, note[:200]) for node_id, own in sorted(lines.items())]
    ids = adjustment_record_many(drafts=drafts, actor=actor, at=at) if drafts else []
    made = dict(zip(sorted(lines), ids, strict=True))
    return [
        Counted(made[count.bucket.node_id] if count.quantity != was else None, was)
        for count, was in zip(counts, before, strict=True)
    ]
