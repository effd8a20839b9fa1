"""Who moves stock? Only this file: the journal, the levels and the bins change together, in sets, or not at all.

A posting is one business event with its moves. However many postings and moves arrive, the statements are the same few:
events, moves, missing level rows, levels, missing bin rows, bins. Rows are locked in (product, node, status) order and
bins in (product, location, lot, status) order, so two postings can not wait for each other in a circle.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from erp.core.errors import InvalidInput, KeelError
from erp.core.locks import AdvisoryLock
from erp.core.models import User
from erp.core.sql import Statements, query, unnest
from inventory.states import BIN_STATUS, OUTSIDE, StockStatus


class InsufficientStock(KeelError):
    """A posting would take more than is there.

    `detail["shortages"]` lists every short bucket: sku, node, status, wanted, there (and bin, when only that is short).
    """

    code = "insufficient_stock"


class Move(NamedTuple):
    """`quantity` base units out of one bucket into another. Locations only where the node keeps bins."""

    product_id: int
    quantity: int
    from_node_id: int
    from_status: str
    to_node_id: int
    to_status: str
    from_location_id: int | None = None
    to_location_id: int | None = None
    lot_id: int | None = None
    order_line_id: int | None = None


class Posting(NamedTuple):
    """One business event: `action` is the address of the service, `idempotency_key` makes the event unique for ever."""

    action: str
    source_type: str
    source_id: int
    idempotency_key: str
    moves: Sequence[Move]
    reason: str = ""


class BinChoice(NamedTuple):
    """Units of a bin that a pick task takes up (positive) or gives back (negative)."""

    bin_stock_id: int
    quantity: int


# Statements travel together and only the last one answers: the counts wait for it in settings of this transaction.
_TOUCHED = "SELECT current_setting('keel.levels_touched', true), current_setting('keel.bins_touched', true)"

Bucket = tuple[int, int, str]
Bin = tuple[int, int, int | None, str]

_EVENTS = {
    "sequence": "bigint", "action": "text", "source_type": "text", "source_id": "bigint", "actor_id": "bigint",
    "occurred_at": "timestamptz", "idempotency_key": "text", "reason": "text",
}  # fmt: skip
_MOVES = {
    "event_id": "bigint", "product_id": "bigint", "quantity": "bigint", "from_node_id": "bigint", "from_status": "text",
    "to_node_id": "bigint", "to_status": "text", "from_location_id": "bigint", "to_location_id": "bigint",
    "lot_id": "bigint", "order_line_id": "bigint",
}  # fmt: skip
_LEVELS = {"product_id": "bigint", "node_id": "bigint", "status": "text", "delta": "bigint"}
_WITH_AVAILABLE = (StockStatus.AVAILABLE, StockStatus.ALLOCATED, StockStatus.PICKED)
_BINS = {
    "product_id": "bigint", "location_id": "bigint", "lot_id": "bigint", "status": "text", "delta": "bigint",
    "allocated": "bigint",
}  # fmt: skip


def stock_begin(count: int) -> list[int]:
    """This function will join the stock journal for this transaction and draw `count` sequences, ascending.

    The shared advisory lock comes before the sequences, so a snapshot (which takes it exclusively) sees either all of a
    posting or none of it, and every sequence up to its own is final.
    """
    batch = Statements()
    batch.add("SELECT pg_advisory_xact_lock_shared(%s)", [int(AdvisoryLock.STOCK_JOURNAL)])
    batch.add("SELECT nextval('inventory_stockevent_sequence_seq') FROM generate_series(1, %s)", [count])
    return sorted(row[0] for row in batch.run())


def stock_post_many(
    postings: Sequence[Posting],
    *,
    actor: User,
    at: datetime,
    sequences: Sequence[int] | None = None,
    statements: Statements | None = None,
) -> list[int]:
    """This function will write all postings, or none, and return their journal sequences in order.

    Call it inside a transaction. With `statements` the work joins that batch; the caller has then locked the levels it
    takes from and knows that they suffice, so a shortage at run time is a LostUpdate. Otherwise InsufficientStock names
    every short bucket. InvalidInput for a quantity below one or a move that goes nowhere.
    """
    if not postings:
        return []
    drawn = list(sequences) if sequences is not None else stock_begin(len(postings))
    moves = [move for posting in postings for move in posting.moves]
    _check(moves)
    levels, bins = _level_deltas(moves), _bin_deltas(moves)
    batch = statements if statements is not None else Statements()
    batch.insert(
        "inventory_stockevent",
        _EVENTS,
        [
            (sequence, p.action, p.source_type, p.source_id, actor.pk, at, p.idempotency_key, p.reason[:200])
            for sequence, p in zip(drawn, postings, strict=True)
        ],
    )
    batch.insert(
        "inventory_stockmove",
        _MOVES,
        [(sequence, *move) for sequence, p in zip(drawn, postings, strict=True) for move in p.moves],
    )
    _add_bins(batch, bins, at, demand=statements is not None)
    _add_levels(batch, levels, demand=statements is not None)
    if statements is None:
        _run(batch, levels, bins)
    return drawn


def _run(batch: Statements, levels: dict[Bucket, int], bins: dict[Bin, tuple[int, int]]) -> None:
    """Send the batch and refuse what it could not take: the counts come back instead of an aborted transaction."""
    batch.add(_TOUCHED)
    ((levels_touched, bins_touched),) = batch.run()
    if levels and int(levels_touched) != len(levels):
        raise _shortage(levels)
    if bins and int(bins_touched) != len(bins):
        raise _bin_shortage(bins)


@transaction.atomic
def stock_post(
    *,
    action: str,
    source_type: str,
    source_id: int,
    idempotency_key: str,
    moves: Sequence[Move],
    actor: User,
    at: datetime,
    reason: str = "",
) -> int:
    """This function will write one posting and return its journal sequence (see `stock_post_many`)."""
    posting = Posting(action, source_type, source_id, idempotency_key, moves, reason)
    return stock_post_many([posting], actor=actor, at=at)[0]


def bin_allocate_many(choices: Iterable[BinChoice], *, statements: Statements | None = None) -> None:
    """This function will take up (or give back) units of bins for pick tasks, in id order.

    PostgreSQL refuses to take up more than a bin holds.
    """
    rows = sorted(choices)
    if not rows:
        return
    source, parameters = unnest({"id": "bigint", "delta": "bigint"}, rows)
    batch = statements if statements is not None else Statements()
    batch.demand_last(
        f"WITH v AS (SELECT id, sum(delta)::bigint AS delta FROM {source} GROUP BY id), "
        "locked AS (SELECT b.id, v.delta FROM inventory_binstock b JOIN v USING (id) "
        "ORDER BY b.product_id, b.location_id, b.lot_id, b.status FOR NO KEY UPDATE OF b), "
        "changed AS (UPDATE inventory_binstock b SET quantity_allocated = b.quantity_allocated + locked.delta "
        "FROM locked WHERE b.id = locked.id RETURNING 1)",
        "changed",
        parameters,
        len({row.bin_stock_id for row in rows}),
        "bins taken up",
    )
    if statements is None:
        batch.run()


def _check(moves: Sequence[Move]) -> None:
    for move in moves:
        if move.quantity < 1:
            raise InvalidInput(
                f"a move needs at least one unit, not {move.quantity}",
                field="quantity",
                remedy="Swap from and to instead.",
            )
        if move[2:4] == move[4:6] and move.from_location_id == move.to_location_id:
            raise InvalidInput(
                "the move goes nowhere", field="to", remedy="Name another node, status or bin."
            )


def _level_deltas(moves: Sequence[Move]) -> dict[Bucket, int]:
    """Net change per physical bucket, zero ones dropped, in lock order."""
    deltas: dict[Bucket, int] = {}
    for product, quantity, from_node, from_status, to_node, to_status, *_ in moves:
        if from_status not in OUTSIDE:
            key = (product, from_node, from_status)
            deltas[key] = deltas.get(key, 0) - quantity
        if to_status not in OUTSIDE:
            key = (product, to_node, to_status)
            deltas[key] = deltas.get(key, 0) + quantity
    return {key: deltas[key] for key in sorted(deltas) if deltas[key]}


def _bin_deltas(moves: Sequence[Move]) -> dict[Bin, tuple[int, int]]:
    """Net change of (quantity, taken up) per bin. What leaves a bin as ALLOCATED was taken up by a pick task."""
    deltas: dict[Bin, tuple[int, int]] = {}
    for move in moves:
        if move.from_location_id is not None:
            key = (move.product_id, move.from_location_id, move.lot_id, BIN_STATUS[move.from_status])
            quantity, allocated = deltas.get(key, (0, 0))
            taken = move.quantity if move.from_status == StockStatus.ALLOCATED else 0
            deltas[key] = (quantity - move.quantity, allocated - taken)
        if move.to_location_id is not None:
            key = (move.product_id, move.to_location_id, move.lot_id, BIN_STATUS[move.to_status])
            quantity, allocated = deltas.get(key, (0, 0))
            deltas[key] = (quantity + move.quantity, allocated)
    return {
        key: deltas[key]
        for key in sorted(deltas, key=lambda k: (k[0], k[1], k[2] or 0, k[3]))
        if deltas[key] != (0, 0)
    }


def _add_levels(batch: Statements, levels: dict[Bucket, int], *, demand: bool) -> None:
    if not levels:
        return
    rows = [(*bucket, delta) for bucket, delta in levels.items()]
    gaining = {bucket for bucket, delta in levels.items() if delta > 0}
    # What can be sold can be promised: whoever locks the two together must find both, or a level that appears between two
    # snapshots is locked in another order by each.
    gaining |= {
        (product, node, StockStatus.ALLOCATED)
        for product, node, status in gaining
        if status == StockStatus.AVAILABLE
    }
    if any(status not in _WITH_AVAILABLE for _, _, status in gaining):
        # Who makes a level others may want to make holds what is there already: an allocation has what can be sold in hand
        # when it sets units aside, and would wait for the new row of somebody who waits for it.
        source, parameters = unnest(_LEVELS, rows)
        batch.add(
            f"SELECT 1 FROM {source} JOIN inventory_stocklevel l USING (product_id, node_id, status) "
            "ORDER BY l.product_id, l.node_id, l.status FOR NO KEY UPDATE OF l",
            parameters,
        )
    if gaining:
        source, parameters = unnest(_LEVELS, [(*bucket, 0) for bucket in sorted(gaining)])
        batch.add(
            "INSERT INTO inventory_stocklevel (product_id, node_id, status, quantity) "
            f"SELECT v.product_id, v.node_id, v.status, 0 FROM {source} WHERE NOT EXISTS (SELECT 1 FROM "
            "inventory_stocklevel l WHERE l.product_id = v.product_id AND l.node_id = v.node_id "
            "AND l.status = v.status) ORDER BY 1, 2, 3 ON CONFLICT DO NOTHING",
            parameters,
        )
    source, parameters = unnest(_LEVELS, rows)
    ctes = (
        f"WITH locked AS (SELECT l.id, v.delta FROM {source} "
        "JOIN inventory_stocklevel l USING (product_id, node_id, status) ORDER BY l.product_id, l.node_id, l.status "
        "FOR NO KEY UPDATE OF l), "
        "changed AS (UPDATE inventory_stocklevel l SET quantity = l.quantity + locked.delta FROM locked "
        "WHERE l.id = locked.id AND l.quantity + locked.delta >= 0 RETURNING 1)"
    )
    if demand:
        batch.demand_last(ctes, "changed", parameters, len(rows), "stock levels")
    else:
        batch.add(
            f"{ctes} SELECT set_config('keel.levels_touched', count(*)::text, true) FROM changed", parameters
        )


def _add_bins(batch: Statements, bins: dict[Bin, tuple[int, int]], at: datetime, *, demand: bool) -> None:
    if not bins:
        return
    rows = [(*key, delta, allocated) for key, (delta, allocated) in bins.items()]
    gaining = [row for row in rows if row[4] > 0]
    if gaining:
        source, parameters = unnest(_BINS, gaining)
        batch.add(
            "INSERT INTO inventory_binstock (product_id, location_id, lot_id, status, quantity, quantity_allocated, "
            f"first_received_at) SELECT v.product_id, v.location_id, v.lot_id, v.status, 0, 0, %s FROM {source} "
            "WHERE NOT EXISTS (SELECT 1 FROM inventory_binstock b WHERE b.product_id = v.product_id "
            "AND b.location_id = v.location_id AND b.lot_id IS NOT DISTINCT FROM v.lot_id AND b.status = v.status) "
            "ORDER BY 1, 2, 3, 4 ON CONFLICT DO NOTHING",
            [at, *parameters],
        )
    source, parameters = unnest(_BINS, rows)
    ctes = (
        f"WITH locked AS (SELECT b.id, v.delta, v.allocated FROM {source} JOIN inventory_binstock b "
        "ON b.product_id = v.product_id AND b.location_id = v.location_id AND b.status = v.status "
        "AND b.lot_id IS NOT DISTINCT FROM v.lot_id "
        "ORDER BY b.product_id, b.location_id, b.lot_id, b.status FOR NO KEY UPDATE OF b), "
        "changed AS (UPDATE inventory_binstock b SET quantity = b.quantity + locked.delta, "
        "quantity_allocated = b.quantity_allocated + locked.allocated, "
        "first_received_at = CASE WHEN b.quantity = 0 THEN %s ELSE b.first_received_at END FROM locked "
        "WHERE b.id = locked.id AND b.quantity + locked.delta >= b.quantity_allocated + locked.allocated RETURNING 1)"
    )
    if demand:
        batch.demand_last(ctes, "changed", [*parameters, at], len(rows), "bins")
    else:
        batch.add(
            f"{ctes} SELECT set_config('keel.bins_touched', count(*)::text, true) FROM changed",
            [*parameters, at],
        )


def _shortage(levels: dict[Bucket, int]) -> InsufficientStock:
    source, parameters = unnest(_LEVELS, [(*bucket, delta) for bucket, delta in levels.items() if delta < 0])
    rows = query(
        "SELECT p.sku, n.code, v.status, -v.delta, coalesce(l.quantity, 0) "
        f"FROM {source} JOIN inventory_product p ON p.id = v.product_id JOIN inventory_node n ON n.id = v.node_id "
        "LEFT JOIN inventory_stocklevel l USING (product_id, node_id, status) "
        "WHERE coalesce(l.quantity, 0) + v.delta < 0 ORDER BY 1, 2, 3",
        parameters,
    )
    shortages = [dict(zip(("sku", "node", "status", "wanted", "there"), row, strict=True)) for row in rows]
    named = ", ".join(
        f"{s['sku']} at {s['node']} ({s['wanted']} wanted, {s['there']} {s['status']})"
        for s in shortages[:10]
    )
    return InsufficientStock(
        f"not enough stock: {named}",
        field="quantity",
        remedy="Lower the quantity, or bring stock in first.",
        shortages=shortages,
    )


def _bin_shortage(bins: dict[Bin, tuple[int, int]]) -> InsufficientStock:
    """The node has enough, but not in these bins: units lie elsewhere, or pick tasks have taken them up."""
    source, parameters = unnest(
        _BINS, [(*key, delta, taken) for key, (delta, taken) in bins.items() if delta < 0]
    )
    rows = query(
        "SELECT p.sku, n.code, v.status, l.code, -v.delta, coalesce(b.quantity - b.quantity_allocated - "
        "v.allocated, 0) FROM "
        f"{source} JOIN inventory_product p ON p.id = v.product_id JOIN inventory_location l ON l.id = v.location_id "
        "JOIN inventory_node n ON n.id = l.node_id LEFT JOIN inventory_binstock b ON b.product_id = v.product_id "
        "AND b.location_id = v.location_id AND b.status = v.status AND b.lot_id IS NOT DISTINCT FROM v.lot_id "
        "WHERE coalesce(b.quantity - b.quantity_allocated - v.allocated, 0) + v.delta < 0 ORDER BY 1, 2, 3, 4",
        parameters,
    )
    shortages = [
        dict(zip(("sku", "node", "status", "bin", "wanted", "there"), row, strict=True)) for row in rows
    ]
    named = ", ".join(
        f"{s['sku']} in bin {s['bin']} ({s['wanted']} wanted, {s['there']} free)" for s in shortages[:10]
    )
    return InsufficientStock(
        f"not enough stock: {named}",
        field="location",
        remedy="Choose another bin, or count this one.",
        shortages=shortages,
    )
