"""Answers: what would a careless program do? A gunicorn configuration that takes the stock locks away from its workers.

Nothing in the product knows of it: `run_buyers` names it in GUNICORN_CMD_ARGS of the control's stack. Levels are read, decided
upon and written back, as in `erp.demo.race`, but per thread.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Sequence
from typing import Any
from unittest.mock import patch

_seen = threading.local()


def post_worker_init(worker: Any) -> None:
    """Gunicorn calls this in each worker once the application is loaded."""
    for name in ("allocation", "reservation", "reservation_hand_over"):
        patch(f"orders.services.{name}.lock_sellable", _read_sellable).start()
    patch("inventory.services.stock._add_levels", _write_back).start()


def _read_sellable(
    product_ids: Sequence[int], *, theirs: Collection[int] = ()
) -> tuple[dict[tuple[int, int], int], list[Any]]:
    from erp.core.sql import array, query

    _seen.levels = {
        row[:3]: row[3]
        for row in query(
            "SELECT product_id, node_id, status, quantity FROM inventory_stocklevel WHERE product_id = ANY(%s::bigint[])",
            [array(product_ids, "bigint")],
        )
    }
    time.sleep(0.005)  # what a person or a slow line would take between looking and writing
    available = {key[:2]: units for key, units in _seen.levels.items() if key[2] == "AVAILABLE" and units > 0}
    return available, []


def _write_back(batch: Any, levels: dict[tuple[int, int, str], int], *, demand: bool) -> None:
    for (product, node, status), delta in levels.items():
        batch.add(
            "INSERT INTO inventory_stocklevel (product_id, node_id, status, quantity) VALUES (%s, %s, %s, %s) "
            "ON CONFLICT (product_id, node_id, status) DO UPDATE SET quantity = excluded.quantity",
            [product, node, status, max(_seen.levels.get((product, node, status), 0) + delta, 0)],
        )
    if not demand:
        batch.add("SELECT set_config('keel.levels_touched', %s, true)", [str(len(levels))])
