"""What does the stock side lock, and in which order?

Journal (advisory, shared) → document → levels by (product, node, status) → bins by (product, location, lot, status).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from erp.core.errors import NotFound
from erp.core.locks import AdvisoryLock, advisory_lock
from erp.core.sql import query, unnest
from inventory.models import Adjustment, Transfer

_BINS = """
SELECT b.id FROM {source} JOIN inventory_location l ON l.node_id = v.node_id
  JOIN inventory_binstock b ON b.product_id = v.product_id AND b.location_id = l.id
 ORDER BY b.product_id, b.location_id, b.lot_id, b.status FOR NO KEY UPDATE OF b
"""


def lock_transfer(transfer_id: int) -> Transfer:
    """This function will lock a transfer's row and return it; NotFound when there is none."""
    transfer = Transfer.objects.select_for_update().filter(pk=transfer_id).first()
    if transfer is None:
        raise NotFound(f"there is no transfer #{transfer_id}", field="transfer", remedy="Reload the list.")
    return transfer


def lock_adjustments(ids: Sequence[int]) -> list[Adjustment]:
    """This function will lock adjustments in id order and return them; NotFound when one is missing."""
    found = list(Adjustment.objects.select_for_update().filter(pk__in=ids).order_by("pk"))
    missing = sorted(set(ids) - {adjustment.pk for adjustment in found})
    if missing:
        raise NotFound(f"there is no adjustment #{missing[0]}", field="adjustment", remedy="Reload the list.")
    return found


def lock_bins(pairs: Iterable[tuple[int, int]]) -> int:
    """This function will lock every bin of the (product, node) pairs in bin order and return how many there are.

    It joins the stock journal first: who waited for it with bins in hand would wait behind a snapshot, which waits for
    a posting, which waits for the bins.
    """
    advisory_lock(AdvisoryLock.STOCK_JOURNAL, shared=True)
    source, parameters = unnest({"product_id": "bigint", "node_id": "bigint"}, sorted(set(pairs)))
    return len(query(_BINS.format(source=source), parameters))
