"""How is one order filled from given nodes in a given order, whole kits first, and why is what is left left?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from django.db import models

from orders.planner.facts import Demand, DemandLine

Stock = Mapping[tuple[int, int], int]
Taken = dict[tuple[int, int], int]  # (index of the line, node) → units


class Short(models.TextChoices):
    """Why units of a line were not assigned."""

    NO_STOCK = "NO_STOCK", "nothing sellable at any node"
    KEPT = "KEPT", "what there is is kept for others: a buffer or a pool"
    NODE = "NODE", "only nodes that this rule does not use have it"
    SPLIT_LIMIT = "SPLIT_LIMIT", "another parcel than the limit allows would be needed"
    SPLIT_COST = "SPLIT_COST", "a further parcel would cost more than its goods are worth sending apart"
    KIT = "KIT", "another component of the kit is missing"
    COMPLETE = "COMPLETE", "the order ships complete, and not all of it is there"
    NO_BACKORDER = "NO_BACKORDER", "the rule allows no backorder, and not all of it is there"
    TRANSFER = "TRANSFER", "a transfer from a sister node brings it"


class Shape(NamedTuple):
    """An order's lines as the filler wants them: (line index, line) that stand alone, and kits as [line indices] and number."""

    loose: list[int]
    kits: list[tuple[list[int], int]]


def shape_of(lines: Sequence[DemandLine]) -> Shape:
    """This function will find the kits of which every component is wanted in proportion; the rest stands alone.

    When a short pick has freed a single component, the kit has been broken on the floor already and the piece is served alone.
    """
    groups: dict[int, list[int]] = {}
    loose = []
    for index, line in enumerate(lines):
        if line.kit_id is None:
            loose.append(index)
        else:
            groups.setdefault(line.kit_id, []).append(index)
    kits = []
    for members in groups.values():
        counts = {divmod(lines[index].wanted, lines[index].per_kit) for index in members}
        ((number, rest),) = counts if len(counts) == 1 else ((0, 1),)
        if rest or len(members) < 2:
            loose += members
        else:
            kits.append((members, number))
    return Shape(sorted(loose), kits)


def fill(
    lines: Sequence[DemandLine], shape: Shape, stock: Stock, nodes: Sequence[int]
) -> tuple[Taken, dict[int, int]]:
    """This function will take units from nodes in their order and return what was taken and what each line still wants.

    A kit's components come from one node, as many whole kits from each node as it can make.
    """
    used: dict[tuple[int, int], int] = {}
    taken: Taken = {}
    left: dict[int, int] = {}
    for members, number in shape.kits:
        for node in nodes:
            if not number:
                break
            made = min(number, _kits_there(lines, members, stock, used, node))
            if made > 0:
                number -= made
                for index in members:
                    line = lines[index]
                    units = made * line.per_kit
                    taken[index, node] = units
                    used[line.product_id, node] = used.get((line.product_id, node), 0) + units
        if number:
            for index in members:
                left[index] = number * lines[index].per_kit
    for index in shape.loose:
        product, wanted = lines[index].product_id, lines[index].wanted
        for node in nodes:
            key = (product, node)
            there = stock.get(key, 0) - used.get(key, 0)
            if there > 0:
                units = there if there < wanted else wanted
                used[key] = used.get(key, 0) + units
                taken[index, node] = units
                wanted -= units
                if not wanted:
                    break
        if wanted:
            left[index] = wanted
    return taken, left


def _kits_there(
    lines: Sequence[DemandLine],
    members: Sequence[int],
    stock: Stock,
    used: Mapping[tuple[int, int], int],
    node: int,
) -> int:
    """Whole kits that a node can make; a product that is in the kit twice counts together."""
    need: dict[int, int] = {}
    for index in members:
        need[lines[index].product_id] = need.get(lines[index].product_id, 0) + lines[index].per_kit
    return min(
        (stock.get((product, node), 0) - used.get((product, node), 0)) // per_kit
        for product, per_kit in need.items()
    )


def coverage(demand: Demand, shape: Shape, stock: Stock, node: int) -> int:
    """This function will return the units of an order that one node could serve by itself."""
    if len(demand.lines) == 1:
        line = demand.lines[0]
        return min(stock.get((line.product_id, node), 0), line.wanted)
    if not shape.kits:
        wanted: dict[int, int] = {}
        for line in demand.lines:
            wanted[line.product_id] = wanted.get(line.product_id, 0) + line.wanted
        return sum(min(stock.get((product, node), 0), units) for product, units in wanted.items())
    return sum(fill(demand.lines, shape, stock, [node])[0].values())
