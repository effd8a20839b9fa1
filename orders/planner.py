"""Which node serves which order line, and why?

Pure: demand, supply and policy in, assignments with their reasons out. No clock, no database, no randomness; the same input
always gives the same plan. Never assigns more than there is; says why every unassigned unit was left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import asin, cos, radians, sin, sqrt
from typing import NamedTuple


class DemandLine(NamedTuple):
    """`wanted` units of a product for one order line."""

    line_id: int
    product_id: int
    wanted: int


class Demand(NamedTuple):
    """One order's lines. Demands are planned in the order they come in: the caller sorts by priority."""

    order_id: int
    country: str
    ships_complete: bool
    lines: Sequence[DemandLine]


@dataclass(frozen=True)
class NodeFacts:
    """What the planner knows about a node. Coordinates in degrees."""

    node_id: int
    code: str
    country: str
    rank: int
    latitude: float
    longitude: float


@dataclass(frozen=True)
class Policy:
    """A version of an allocation policy as the planner needs it."""

    code: str
    version: int
    strategy: str
    allow_split: bool = True
    allow_backorder: bool = True


class Assignment(NamedTuple):
    order_id: int
    line_id: int
    product_id: int
    node_id: int
    quantity: int


@dataclass(frozen=True)
class Plan:
    """What was assigned, what stays short per line, and the explanation to store per order."""

    assignments: list[Assignment] = field(default_factory=list)
    short: dict[int, int] = field(default_factory=dict)
    explanations: dict[int, dict[str, object]] = field(default_factory=dict)


Supply = dict[tuple[int, int], int]

# Capitals: enough to say which node is nearer to a customer whose address has not been geocoded.
_CENTRES: dict[str, tuple[float, float]] = {
    "AE": (24.5, 54.4), "AT": (48.2, 16.4), "AU": (-33.9, 151.2), "BE": (50.8, 4.4), "BH": (26.2, 50.6), "BR": (-23.5, -46.6),
    "CA": (43.7, -79.4), "CH": (47.4, 8.5), "CY": (35.2, 33.4), "CZ": (50.1, 14.4), "DE": (52.5, 13.4), "DK": (55.7, 12.6),
    "ES": (40.4, -3.7), "FI": (60.2, 24.9), "FR": (48.9, 2.4), "GB": (51.5, -0.1), "GG": (49.5, -2.5), "GR": (38.0, 23.7),
    "HK": (22.3, 114.2), "IE": (53.3, -6.3), "IL": (32.1, 34.8), "IS": (64.1, -21.9), "IT": (41.9, 12.5), "JE": (49.2, -2.1),
    "JP": (35.7, 139.7), "LB": (33.9, 35.5), "LT": (54.7, 25.3), "MT": (35.9, 14.5), "NL": (52.4, 4.9), "NO": (59.9, 10.8),
    "PL": (52.2, 21.0), "PT": (38.7, -9.1), "SA": (24.7, 46.7), "SE": (59.3, 18.1), "SG": (1.4, 103.8), "US": (40.7, -74.0),
    "ZA": (-26.2, 28.0),
}  # fmt: skip
_UNKNOWN_KM = 20_000


def distance_km(node: NodeFacts, country: str) -> int:
    """This function will return the great-circle distance from a node to a country's centre, whole kilometres.

    0 within the node's own country; 20,000 when the country is not known.
    """
    if node.country == country:
        return 0
    centre = _CENTRES.get(country)
    if centre is None:
        return _UNKNOWN_KM
    lat1, lon1, lat2, lon2 = map(radians, (node.latitude, node.longitude, *centre))
    haversine = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return round(12_742 * asin(sqrt(haversine)))


def plan_allocation(
    demands: Sequence[Demand], supply: Supply, nodes: Sequence[NodeFacts], policies: Mapping[int, Policy]
) -> Plan:
    """This function will assign supply to demands, first come first served, and consume `supply` as it goes.

    `supply` maps (product, node) → sellable units; `policies` maps order id → policy. Nodes that are not in `nodes` serve nobody.
    """
    plan = Plan()
    ranks: dict[tuple[str, str], list[tuple[NodeFacts, int]]] = {}
    for demand in demands:
        policy = policies[demand.order_id]
        key = (policy.strategy, demand.country)
        if key not in ranks:
            measured = [(node, distance_km(node, demand.country)) for node in nodes]
            by_distance = policy.strategy in ("NEAREST", "FEWEST_SPLITS")
            measured.sort(key=lambda pair: (pair[1] if by_distance else 0, pair[0].rank, pair[0].node_id))
            ranks[key] = measured
        _plan_order(demand, supply, ranks[key], policy, plan)
    return plan


def _plan_order(
    demand: Demand, supply: Supply, ranked: Sequence[tuple[NodeFacts, int]], policy: Policy, plan: Plan
) -> None:
    total = sum(line.wanted for line in demand.lines)
    covered = [_coverage(demand, supply, node.node_id) for node, _ in ranked]
    order = list(range(len(ranked)))
    if policy.strategy == "FEWEST_SPLITS":
        order.sort(key=lambda index: -covered[index])
    elif policy.strategy == "BALANCE":
        order.sort(
            key=lambda index: (
                -sum(supply.get((line.product_id, ranked[index][0].node_id), 0) for line in demand.lines)
            )
        )
    else:
        # a node that can serve the whole order saves a parcel, whatever the rank says about single lines
        order.sort(key=lambda index: covered[index] < total)
    chosen = order if policy.allow_split else order[:1]
    left: dict[int, int] = {}
    taken: list[Assignment] = []
    for line in demand.lines:
        wanted = line.wanted
        for index in chosen:
            if not wanted:
                break
            key = (line.product_id, ranked[index][0].node_id)
            there = supply.get(key, 0)
            if there > 0:
                quantity = min(there, wanted)
                supply[key] = there - quantity
                wanted -= quantity
                taken.append(Assignment(demand.order_id, line.line_id, line.product_id, key[1], quantity))
        if wanted:
            left[line.line_id] = wanted
    refused = ""
    if left and (demand.ships_complete or not policy.allow_backorder):
        refused = "ships complete" if demand.ships_complete else "policy allows no backorder"
        for assignment in taken:
            supply[assignment.product_id, assignment.node_id] += assignment.quantity
        taken = []
        left = {line.line_id: line.wanted for line in demand.lines}
    plan.assignments.extend(taken)
    plan.short.update(left)
    plan.explanations[demand.order_id] = {
        "policy": f"{policy.code} v{policy.version}",
        "strategy": policy.strategy,
        "wanted": total,
        "nodes": [
            [ranked[index][0].node_id, covered[index], ranked[index][1], ranked[index][0].rank]
            for index in order
        ],
        "lines": [[line.line_id, line.wanted, left.get(line.line_id, 0)] for line in demand.lines],
        **({"refused": refused} if refused else {}),
    }


def _coverage(demand: Demand, supply: Supply, node_id: int) -> int:
    """Units of the demand that one node could serve by itself, counting a product once however many lines want it."""
    if len(demand.lines) == 1:
        line = demand.lines[0]
        return min(max(supply.get((line.product_id, node_id), 0), 0), line.wanted)
    wanted: dict[int, int] = {}
    for line in demand.lines:
        wanted[line.product_id] = wanted.get(line.product_id, 0) + line.wanted
    return sum(min(max(supply.get((product, node_id), 0), 0), units) for product, units in wanted.items())
