"""Which nodes together serve an order best: fewest parcels, cheapest, or as many units as a limit on parcels allows?

Exact: every set of candidates is looked at, smallest first, and a set that can not win any more is skipped. The order
of importance is always: most units first, then what the strategy asks for, then the better ranked nodes. With more than
`WIDEST` candidates the ones that cover most are kept: the answer is then the best among those. (With kits and loose lines of
the same component in one order the units are those of kits-first filling.)
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from orders.planner.facts import Demand
from orders.planner.fill import Shape, Stock, Taken, fill
from orders.planner.ranking import Candidate, freight_of

WIDEST = 10
BY_COST = ("CHEAPEST", "WEIGHTED")


def best_nodes(
    demand: Demand, shape: Shape, stock: Stock, ranked: Sequence[Candidate], covered: Sequence[int], strategy: str,
    limit: int,
) -> tuple[list[int], Taken, dict[int, int]]:  # fmt: skip
    """This function will return the indices of the chosen candidates in the order they are emptied, and what they give.

    `limit` is the most parcels (0 = any number).
    """
    useful = [index for index in range(len(ranked)) if covered[index]]
    if len(useful) > WIDEST:
        useful = sorted(sorted(useful, key=lambda index: (-covered[index], index))[:WIDEST])
    total = sum(line.wanted for line in demand.lines)
    _, missing = fill(demand.lines, shape, stock, [ranked[index].node_id for index in useful])
    reachable = total - sum(missing.values())
    best: tuple[tuple[int, ...], list[int], Taken, dict[int, int]] | None = None
    for size in range(1, min(limit or len(useful), len(useful)) + 1):
        for chosen in combinations(useful, size):
            if best and best[0][0] == -reachable and _is_beaten(chosen, ranked, strategy, best[0]):
                continue
            order = _emptied(chosen, ranked, strategy)
            taken, left = fill(demand.lines, shape, stock, [ranked[index].node_id for index in order])
            units = total - sum(left.values())
            key = (-units, *_score(demand, taken, order, ranked, strategy), *chosen)
            if best is None or key < best[0]:
                best = (key, order, taken, left)
        if strategy not in BY_COST and best and best[0][0] == -reachable:
            break
    if best is None:
        return [], {}, {index: line.wanted for index, line in enumerate(demand.lines)}
    return best[1:]


def _emptied(chosen: Sequence[int], ranked: Sequence[Candidate], strategy: str) -> list[int]:
    """Freight is linear in weight, so within a set every line belongs to the node with the lowest rate per kilogram."""
    if strategy in BY_COST:
        return sorted(chosen, key=lambda index: (ranked[index].per_kg, ranked[index].parcel, index))
    return list(chosen)


def _score(
    demand: Demand, taken: Taken, order: Sequence[int], ranked: Sequence[Candidate], strategy: str
) -> tuple[int, ...]:
    used = {node for _, node in taken}
    nodes = [ranked[index] for index in order if ranked[index].node_id in used]
    if strategy in BY_COST:
        return (cost_of(demand, taken, nodes), len(nodes))
    return len(nodes), sum(node.km for node in nodes)


def cost_of(demand: Demand, taken: Taken, nodes: Sequence[Candidate]) -> int:
    """This function will return what the parcels cost together, in thousandths of a penny."""
    grams = dict.fromkeys((node.node_id for node in nodes), 0)
    for (index, node_id), units in taken.items():
        grams[node_id] += units * demand.lines[index].grams
    return sum(freight_of(node, grams[node.node_id]) for node in nodes)


def _is_beaten(
    chosen: Sequence[int], ranked: Sequence[Candidate], strategy: str, best: tuple[int, ...]
) -> bool:
    """A set whose parcels alone cost more than the best whole plan can not win; using fewer of them is a smaller set."""
    return strategy in BY_COST and sum(ranked[index].parcel for index in chosen) * 1_000 > best[1]
