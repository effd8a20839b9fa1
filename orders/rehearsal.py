"""What would another policy have done with the orders of the last days?

Pure: the trading of a span is given as events (orders that came, stock that came and went for other reasons than promising),
the planner is the one that decides in earnest, and what comes out is one outcome per order. The policies in force are
rehearsed by the same rules, so that drafts are compared with like.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from orders.planner import (
    Demand,
    NodeFacts,
    Policy,
    Supply,
    Withheld,
    distance_km,
    estimated_rate,
    plan_allocation,
)
from orders.planner.ranking import Rates


class Arrival(NamedTuple):
    """An order that came: `cost` pence per unit by product, `ship_by` as promised then."""

    at: datetime
    demand: Demand
    ship_by: datetime
    policy_id: int


class SupplyChange(NamedTuple):
    """Units that came to (or left) a node's shelf for another reason than a promise."""

    at: datetime
    product_id: int
    node_id: int
    units: int


@dataclass
class Outcome:
    """What became of one order. Money in pence; `served_at` None = never in full within the span."""

    order_id: int
    parcels: int = 0
    freight: int = 0
    margin: int = 0
    units: int = 0
    units_short_at_first: int = 0
    is_late: bool = False
    served_at: datetime | None = None
    nodes: tuple[int, ...] = ()


@dataclass
class Trading:
    """The span that is rehearsed. `supply` is what was sellable when it began; `costs` pence per unit by product."""

    ends_at: datetime
    arrivals: Sequence[Arrival]
    changes: Sequence[SupplyChange]
    supply: Mapping[tuple[int, int], int]
    nodes: Sequence[NodeFacts]
    rates: Rates
    costs: Mapping[int, int]
    withheld: Sequence[Withheld] = ()


@dataclass
class _Waiting:
    arrival: Arrival
    left: dict[int, int]
    outcome: Outcome


@dataclass
class _Stage:
    """The state of a rehearsal while it runs."""

    trading: Trading
    policies: Mapping[int, Policy]
    stock: Supply
    waiting: dict[int, _Waiting] = field(default_factory=dict)
    by_product: dict[int, dict[int, None]] = field(default_factory=dict)
    kilometres: dict[tuple[int, str], int] = field(default_factory=dict)


def rehearse(trading: Trading, policies: Mapping[int, Policy]) -> dict[int, Outcome]:
    """This function will trade the span again with `policies` (by the ids that arrivals name) and return order id → outcome.

    An order is decided when it comes, and again whenever a product that it waits for comes in, the most urgent first. Stock
    that left for other reasons than the orders leaves here as well, as far as it is there.
    """
    stage = _Stage(trading, policies, {key: units for key, units in trading.supply.items() if units > 0})
    outcomes: dict[int, Outcome] = {}
    events = sorted(
        [*((arrival.at, 1, index) for index, arrival in enumerate(trading.arrivals)),
         *((change.at, 0, index) for index, change in enumerate(trading.changes))]
    )  # fmt: skip
    position = 0
    while position < len(events):
        at, kind, index = events[position]
        if kind == 1:
            arrival = trading.arrivals[index]
            outcome = outcomes.setdefault(arrival.demand.order_id, Outcome(arrival.demand.order_id))
            left = {line.line_id: line.wanted for line in arrival.demand.lines}
            _decide(stage, [_Waiting(arrival, left, outcome)], at, is_first=True)
            position += 1
            continue
        came: set[int] = set()
        while position < len(events) and events[position][:2] == (at, 0):
            change = trading.changes[events[position][2]]
            key = (change.product_id, change.node_id)
            stage.stock[key] = max(stage.stock.get(key, 0) + change.units, 0)
            if change.units > 0:
                came.add(change.product_id)
            position += 1
        hit = {order_id for product in came for order_id in stage.by_product.get(product, ())}
        if hit:
            chosen = sorted(
                (stage.waiting[order_id] for order_id in hit),
                key=lambda w: (-w.arrival.demand.priority, w.arrival.ship_by, w.arrival.demand.order_id),
            )
            _decide(stage, chosen, at, is_first=False)
    for waiting in stage.waiting.values():
        waiting.outcome.is_late = waiting.outcome.is_late or waiting.arrival.ship_by < trading.ends_at
    return outcomes


def _decide(stage: _Stage, chosen: Sequence[_Waiting], at: datetime, *, is_first: bool) -> None:
    demands = [
        waiting.arrival.demand._replace(
            lines=[
                line._replace(wanted=waiting.left[line.line_id])
                for line in waiting.arrival.demand.lines
                if waiting.left[line.line_id]
            ]
        )
        for waiting in chosen
    ]
    policies = {w.arrival.demand.order_id: stage.policies[w.arrival.policy_id] for w in chosen}
    products = {line.product_id for demand in demands for line in demand.lines}
    supply = {
        (product, node.node_id): stage.stock[product, node.node_id]
        for product in products for node in stage.trading.nodes if stage.stock.get((product, node.node_id), 0) > 0
    }  # fmt: skip
    plan = plan_allocation(
        demands,
        supply,
        stage.trading.nodes,
        policies,
        withheld=stage.trading.withheld,
        rates=stage.trading.rates,
    )
    stage.stock.update(supply)
    given: dict[int, list[tuple[int, int, int]]] = {}
    for a in plan.assignments:
        given.setdefault(a.order_id, []).append((a.line_id, a.node_id, a.quantity))
    for moved in plan.transfers:  # a transfer's units are the order's; they leave from where they are brought
        given.setdefault(moved.order_id, []).append((moved.line_id, moved.to_node_id, moved.quantity))
    for waiting in chosen:
        _serve(stage, waiting, given.get(waiting.arrival.demand.order_id, []), at)
        if is_first:
            waiting.outcome.units_short_at_first = sum(waiting.left.values())
        _keep(stage, waiting, at)


def _serve(stage: _Stage, waiting: _Waiting, given: Sequence[tuple[int, int, int]], at: datetime) -> None:
    demand, outcome = waiting.arrival.demand, waiting.outcome
    lines = {line.line_id: line for line in demand.lines}
    grams: dict[int, int] = {}
    for line_id, node_id, units in given:
        line = lines[line_id]
        waiting.left[line_id] -= units
        outcome.units += units
        outcome.margin += units * (line.value - stage.trading.costs.get(line.product_id, 0))
        grams[node_id] = grams.get(node_id, 0) + units * line.grams
    for node_id, weight in grams.items():
        outcome.parcels += 1
        freight = _freight(stage, node_id, demand.country, weight)
        outcome.freight += freight
        outcome.margin -= freight
    outcome.nodes = tuple(sorted({*outcome.nodes, *grams}))


def _freight(stage: _Stage, node_id: int, country: str, grams: int) -> int:
    node = next(node for node in stage.trading.nodes if node.node_id == node_id)
    rate = stage.trading.rates.get((node_id, country)) or stage.trading.rates.get((node_id, ""))
    if rate is None:
        key = (node_id, country)
        if key not in stage.kilometres:
            stage.kilometres[key] = distance_km(node, country)
        rate = estimated_rate(stage.kilometres[key])
    return rate.base + node.handling + (rate.per_kg * grams + 500) // 1_000


def _keep(stage: _Stage, waiting: _Waiting, at: datetime) -> None:
    """Remember who waits for which product; whoever has everything is done."""
    order_id = waiting.arrival.demand.order_id
    for line in waiting.arrival.demand.lines:
        if waiting.left[line.line_id]:
            stage.by_product.setdefault(line.product_id, {})[order_id] = None
        elif order_id in stage.by_product.get(line.product_id, {}) and not any(
            waiting.left[other.line_id]
            for other in waiting.arrival.demand.lines
            if other.product_id == line.product_id
        ):
            del stage.by_product[line.product_id][order_id]
    if any(waiting.left.values()):
        stage.waiting[order_id] = waiting
    else:
        stage.waiting.pop(order_id, None)
        waiting.outcome.served_at = at
        waiting.outcome.is_late = at > waiting.arrival.ship_by


class Totals(NamedTuple):
    """A rehearsal in figures. Money in pence."""

    orders: int
    units: int
    parcels: int
    split_orders: int
    freight: int
    late_orders: int
    short_orders: int
    unserved_orders: int
    margin: int


def totals_of(outcomes: Mapping[int, Outcome]) -> Totals:
    """This function will sum outcomes: split = more than one parcel, short = not in full when it came, unserved = never."""
    rows = list(outcomes.values())
    return Totals(
        len(rows), sum(row.units for row in rows), sum(row.parcels for row in rows),
        sum(row.parcels > 1 for row in rows), sum(row.freight for row in rows), sum(row.is_late for row in rows),
        sum(row.units_short_at_first > 0 for row in rows), sum(row.served_at is None for row in rows),
        sum(row.margin for row in rows),
    )  # fmt: skip
