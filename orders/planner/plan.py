"""Who gets what: the orders one after the other, each by its rule, each with its reasons?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orders.planner.facts import (
    Assignment,
    Demand,
    NodeFacts,
    Plan,
    Policy,
    Rule,
    Supply,
    TransferProposal,
    Withheld,
)
from orders.planner.fill import Shape, Short, Stock, Taken, coverage, fill, shape_of
from orders.planner.ranking import Candidate, Rates, candidates_of, freight_of
from orders.planner.search import BY_COST, best_nodes, cost_of

SEARCHED = (*BY_COST, "FEWEST_SPLITS")
THEIRS = Rule("the channel sends it from its own warehouse", "PRIORITY")


@dataclass
class _Case:
    """One order on its way through the planner. `free` is what is there for it: supply less what is kept from it."""

    demand: Demand
    rule: Rule
    ranked: list[Candidate]
    shape: Shape
    free: Stock
    covered: list[int]
    order: list[int]
    taken: Taken
    left: dict[int, int]
    refused: str = ""
    split_refused: tuple[int, ...] = ()
    transfers: dict[tuple[int, int], int] | None = None
    hub: int = 0


def plan_allocation(
    demands: Sequence[Demand],
    supply: Supply,
    nodes: Sequence[NodeFacts],
    policies: Mapping[int, Policy],
    *,
    withheld: Sequence[Withheld] = (),
    rates: Rates | None = None,
    theirs: Sequence[NodeFacts] = (),
) -> Plan:
    """This function will assign supply to demands, first come first served, and consume `supply` as it goes.

    `supply` maps (product, node) → sellable units; `policies` maps order id → policy; `withheld` are the buffers and pools;
    `rates` maps (node, country; "" = any) → freight. Nodes that are not in `nodes` serve nobody, but those in `theirs` (the
    channels' warehouses) serve the demands that name them. No buffer or pool is kept from those: the units are sold there.
    """
    plan = Plan()
    ranks: dict[tuple[int, str], list[Candidate]] = {}
    kept: dict[tuple[object, ...], dict[tuple[int, int], int]] = {}
    for demand in demands:
        policy = policies[demand.order_id]
        if demand.only_node is not None:
            own = [node for node in theirs if node.node_id == demand.only_node]
            ranked = candidates_of(own, rates or {}, THEIRS, demand.country)
            case = _decide(demand, THEIRS, ranked, _free(demand, supply, {}, own))
            _write(case, policy, supply, own, plan)
            continue
        rule = policy.rule_for(demand)
        key = (id(rule), demand.country)
        if key not in ranks:
            ranks[key] = candidates_of(nodes, rates or {}, rule, demand.country)
        untouchable: Mapping[tuple[int, int], int] = {}
        if withheld:
            untouchable = _kept_from(demand, withheld, supply, kept)
        free = _free(demand, supply, untouchable, nodes)
        case = _decide(demand, rule, ranks[key], free)
        _write(case, policy, supply, nodes, plan)
    return plan


def _kept_from(
    demand: Demand,
    withheld: Sequence[Withheld],
    supply: Supply,
    known: dict[tuple[object, ...], dict[tuple[int, int], int]],
) -> dict[tuple[int, int], int]:
    """Units per (product, node) that this kind of order may not touch.

    A product's own buffer replaces its node's general one, a channel's comes on top of the one for all, and so do pools.
    """
    kind = (demand.channel, demand.country, demand.segment, demand.tier, tuple(
        row.holds_from(demand) for row in withheld if row.members is not None
    ))  # fmt: skip
    if kind not in known:
        rows = [row for row in withheld if row.holds_from(demand)]
        found: dict[tuple[int, int], int] = {}
        for key in supply:
            buffers: dict[str, tuple[bool, int]] = {}
            pools = 0
            for row in rows:
                if row.product_id not in (None, key[0]) or row.node_id not in (None, key[1]):
                    continue
                if row.members is not None:
                    pools += row.quantity
                else:
                    own = (row.product_id is not None, row.quantity)
                    buffers[row.channel] = max(buffers.get(row.channel, own), own)
            units = pools + sum(quantity for _, quantity in buffers.values())
            if units:
                found[key] = units
        known[kind] = found
    return known[kind]


def _free(
    demand: Demand, supply: Supply, kept: Mapping[tuple[int, int], int], nodes: Sequence[NodeFacts]
) -> dict[tuple[int, int], int]:
    free = {}
    for line in demand.lines:
        for node in nodes:
            key = (line.product_id, node.node_id)
            units = supply.get(key, 0)
            if units > 0 and kept:
                units -= kept.get(key, 0)
            if units > 0:
                free[key] = units
    return free


def _decide(
    demand: Demand, rule: Rule, ranked: list[Candidate], free: Mapping[tuple[int, int], int]
) -> _Case:
    shape = shape_of(demand.lines)
    covered = [coverage(demand, shape, free, node.node_id) for node in ranked]
    limit = 1 if not rule.allow_split else rule.max_shipments
    if demand.max_shipments:
        limit = min(limit or demand.max_shipments, demand.max_shipments)
    order = _greedy_order(demand, rule, ranked, free, covered)
    case = _Case(demand, rule, ranked, shape, free, covered, order, {}, {})
    if rule.strategy in SEARCHED or (limit and limit < len(ranked)):
        chosen, case.taken, case.left = best_nodes(demand, shape, free, ranked, covered, rule.strategy, limit)
        case.order = chosen + [index for index in order if index not in chosen]
    else:
        case.taken, case.left = fill(demand.lines, shape, free, [ranked[index].node_id for index in order])
    if rule.split_worth and not demand.ships_complete and rule.allow_backorder:
        _drop_unworthy(case)
    if rule.allow_transfer and case.left:
        _propose_transfers(case)
    if case.left and (demand.ships_complete or not rule.allow_backorder) and not _all_transferred(case):
        case.refused = Short.COMPLETE if demand.ships_complete else Short.NO_BACKORDER
        case.taken, case.transfers = {}, None
        case.left = {index: line.wanted for index, line in enumerate(demand.lines)}
    return case


def _greedy_order(
    demand: Demand, rule: Rule, ranked: Sequence[Candidate], stock: Stock, covered: Sequence[int]
) -> list[int]:
    order = list(range(len(ranked)))
    if rule.strategy == "BALANCE":
        held = [
            sum(stock.get((line.product_id, node.node_id), 0) for line in demand.lines) for node in ranked
        ]
        order.sort(key=lambda index: -held[index])
    else:
        # a node that can serve the whole order saves a parcel, whatever the rank says about single lines
        total = sum(line.wanted for line in demand.lines)
        order.sort(key=lambda index: covered[index] < total)
    return order


def _drop_unworthy(case: _Case) -> None:
    """Leave out further parcels whose goods are not worth their freight, the poorest first; their units wait."""
    nodes = {node.node_id: node for node in case.ranked}
    while True:
        worth: dict[int, list[int]] = {}
        for (index, node_id), units in case.taken.items():
            line = case.demand.lines[index]
            sums = worth.setdefault(node_id, [0, 0])
            sums[0] += units * line.value
            sums[1] += units * line.grams
        if len(worth) < 2:
            return
        value, node_id = min((sums[0], node_id) for node_id, sums in worth.items())
        freight = freight_of(nodes[node_id], worth[node_id][1])
        if value * 100_000 >= freight * case.rule.split_worth:
            return
        case.split_refused += (node_id,)
        stay = [case.ranked[index].node_id for index in case.order if case.ranked[index].node_id in worth]
        stay.remove(node_id)
        case.taken, case.left = fill(case.demand.lines, case.shape, case.free, stay)


def _propose_transfers(case: _Case) -> None:
    """Let sister nodes send what is left to the node that serves most of the order, if they have it and it is no kit."""
    given: dict[int, int] = {}
    for (_, node_id), units in case.taken.items():
        given[node_id] = given.get(node_id, 0) + units
    if given:
        case.hub = max(given, key=lambda node_id: (given[node_id], -node_id))
    elif case.ranked:
        case.hub = case.ranked[case.order[0]].node_id
    else:
        return
    used: dict[tuple[int, int], int] = {}
    for (index, node_id), units in case.taken.items():
        key = (case.demand.lines[index].product_id, node_id)
        used[key] = used.get(key, 0) + units
    case.transfers = {}
    for index, wanted in case.left.items():
        product = case.demand.lines[index].product_id
        sisters = sorted(
            (key for key in case.free if key[0] == product and key[1] != case.hub),
            key=lambda key: (-(case.free[key] - used.get(key, 0)), key[1]),
        )
        for key in sisters:
            units = min(wanted, case.free[key] - used.get(key, 0))
            if units > 0:
                used[key] = used.get(key, 0) + units
                case.transfers[index, key[1]] = units
                wanted -= units


def _all_transferred(case: _Case) -> bool:
    brought: dict[int, int] = {}
    for (index, _), units in (case.transfers or {}).items():
        brought[index] = brought.get(index, 0) + units
    return bool(brought) and all(brought.get(index, 0) >= units for index, units in case.left.items())


def _write(case: _Case, policy: Policy, supply: Supply, nodes: Sequence[NodeFacts], plan: Plan) -> None:
    demand = case.demand
    for (index, node_id), units in case.taken.items():
        line = demand.lines[index]
        supply[line.product_id, node_id] -= units
        plan.assignments.append(Assignment(demand.order_id, line.line_id, line.product_id, node_id, units))
    for (index, node_id), units in (case.transfers or {}).items():
        line = demand.lines[index]
        supply[line.product_id, node_id] -= units
        plan.transfers.append(
            TransferProposal(demand.order_id, line.line_id, line.product_id, node_id, case.hub, units)
        )
    for index, units in case.left.items():
        plan.short[demand.lines[index].line_id] = units
    plan.explanations[demand.order_id] = _explain(case, policy, supply, nodes)


def _explain(case: _Case, policy: Policy, supply: Supply, nodes: Sequence[NodeFacts]) -> dict[str, object]:
    demand = case.demand
    said: dict[str, object] = {
        "policy": f"{policy.code} v{policy.version}",
        "rule": case.rule.name,
        "strategy": case.rule.strategy,
        "wanted": sum(line.wanted for line in demand.lines),
        "nodes": [
            [case.ranked[index].node_id, case.covered[index], case.ranked[index].km, case.ranked[index].rank]
            for index in case.order
        ],
        "lines": [
            [line.line_id, line.wanted, case.left.get(index, 0), *_why(case, index, supply, nodes)]
            for index, line in enumerate(demand.lines)
        ],
    }
    if case.rule.strategy in BY_COST and case.taken:
        used = {node for _, node in case.taken}
        chosen = [node for node in case.ranked if node.node_id in used]
        said["cost"] = round(cost_of(demand, case.taken, chosen) / 1_000)
    if case.refused:
        said["refused"] = case.refused
    if case.split_refused:
        said["split_refused"] = list(case.split_refused)
    if case.transfers:
        said["transfers"] = [
            [demand.lines[index].line_id, node_id, case.hub, units]
            for (index, node_id), units in case.transfers.items()
        ]
    return said


def _why(case: _Case, index: int, supply: Supply, nodes: Sequence[NodeFacts]) -> tuple[str, ...]:
    """The reason why units of a line were left, from the strongest to the weakest; nothing when none was."""
    if not case.left.get(index):
        return ()
    product = case.demand.lines[index].product_id
    if case.transfers and any(line == index for line, _ in case.transfers):
        return (Short.TRANSFER,)
    if case.refused:
        return (case.refused,)
    if not any(supply.get((product, node.node_id), 0) > 0 for node in nodes):
        return (Short.NO_STOCK,)
    mine = {key[1]: units for key, units in case.free.items() if key[0] == product}
    for (line, node_id), units in case.taken.items():
        if case.demand.lines[line].product_id == product:
            mine[node_id] -= units
    remaining = {node_id for node_id, units in mine.items() if units > 0}
    if not remaining:
        return (Short.KEPT,)
    reachable = remaining & {node.node_id for node in case.ranked}
    if not reachable:
        return (Short.NODE,)
    if any(index in members for members, _ in case.shape.kits):
        return (Short.KIT,)
    return (Short.SPLIT_COST if reachable & set(case.split_refused) else Short.SPLIT_LIMIT,)
