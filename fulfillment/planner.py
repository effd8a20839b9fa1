"""From which bins are units taken, when a node releases work?

Pure: rows in, takes out, no I/O. First expired first out, then first received first out, then the picker's walk;
ties by id, so the same stock gives the same plan. A bundle (an order that ships complete, or else one allocation) is
served entirely or not at all: half of it would only wait on the packing bench.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import NamedTuple


class Need(NamedTuple):
    """Units of an allocation that want bins. Needs of one bundle stand next to each other."""

    allocation_id: int
    product_id: int
    node_id: int
    quantity: int
    bundle: Hashable


class BinSupply(NamedTuple):
    """What a bin has to give: `free` units that no pick task has taken up."""

    bin_stock_id: int
    product_id: int
    node_id: int
    free: int
    location_id: int
    lot_id: int | None
    expiry_date: date | None
    received_at: datetime
    walk_order: int


class Take(NamedTuple):
    """`quantity` units of `supply`'s bin for one allocation."""

    allocation_id: int
    supply: BinSupply
    quantity: int


class BinPlan(NamedTuple):
    """Takes in the order of the needs; `unserved` are the needs of every bundle that the bins could not serve."""

    takes: list[Take]
    unserved: list[Need]


def _rank(supply: BinSupply) -> tuple[date, datetime, int, int]:
    return supply.expiry_date or date.max, supply.received_at, supply.walk_order, supply.bin_stock_id


def plan_bins(needs: Iterable[Need], supplies: Sequence[BinSupply]) -> BinPlan:
    """This function will choose bins for `needs` in their order, never more of a bin than it has free."""
    shelves: dict[tuple[int, int], list[BinSupply]] = {}
    left: dict[int, int] = {}
    free: dict[tuple[int, int], int] = {}
    for supply in sorted(supplies, key=_rank):
        key = supply.product_id, supply.node_id
        shelves.setdefault(key, []).append(supply)
        left[supply.bin_stock_id] = supply.free
        free[key] = free.get(key, 0) + supply.free
    cursors = dict.fromkeys(shelves, 0)
    plan = BinPlan([], [])
    for _, members in groupby(needs, key=lambda need: need.bundle):
        bundle = list(members)
        wanted: dict[tuple[int, int], int] = {}
        for need in bundle:
            key = need.product_id, need.node_id
            wanted[key] = wanted.get(key, 0) + need.quantity
        if any(free.get(key, 0) < quantity for key, quantity in wanted.items()):
            plan.unserved.extend(bundle)
            continue
        for need in bundle:
            key = need.product_id, need.node_id
            free[key] -= need.quantity
            cursors[key] = _take(need, shelves[key], cursors[key], left, plan.takes)
    return plan


def _take(need: Need, shelf: list[BinSupply], cursor: int, left: dict[int, int], takes: list[Take]) -> int:
    """Serve one need from the shelf's `cursor` on; return where the next need of that product starts."""
    missing = need.quantity
    while missing:
        supply = shelf[cursor]
        there = left[supply.bin_stock_id]
        quantity = there if there < missing else missing
        if quantity:
            takes.append(Take(need.allocation_id, supply, quantity))
            left[supply.bin_stock_id] = there - quantity
            missing -= quantity
        if missing:
            cursor += 1
    return cursor
