"""Answers: is the plan the best one, does it respect what is kept for others, and does it say why for every unit left?"""

from itertools import combinations, product

from hypothesis import given
from hypothesis import strategies as st

from orders.planner import (
    Conditions,
    Demand,
    DemandLine,
    NodeFacts,
    Policy,
    Rate,
    Rule,
    Short,
    Withheld,
    plan_allocation,
)

NODES = [
    NodeFacts(n, f"N{n}", "GB", n * 10, 50.0 + n, -1.0, handling)
    for n, handling in ((1, 80), (2, 0), (3, 150))
]
PRODUCTS = (7, 8, 9)
GRAMS = {7: 100, 8: 900, 9: 2_500}


def run(demands, supply, rule, **known):
    policies = {demand.order_id: Policy("p", 1, (rule,)) for demand in demands}
    return plan_allocation(demands, supply, NODES, policies, **known)


@st.composite
def small_orders(draw):
    """One order over three products and nodes, with freight rates: small enough to try every plan there is."""
    wanted = {p: draw(st.integers(0, 2)) for p in PRODUCTS}
    wanted[7] = wanted[7] or 1
    supply = {(p, n.node_id): draw(st.integers(0, 2)) for p in PRODUCTS for n in NODES}
    rates = {
        (n.node_id, ""): Rate(draw(st.integers(0, 600)), draw(st.integers(0, 300)), draw(st.integers(1, 5)))
        for n in NODES
    }
    lines = [DemandLine(p, p, units, 500, GRAMS[p]) for p, units in wanted.items() if units]
    return Demand(1, "GB", False, lines), supply, rates


def every_plan(demand, supply):
    """All ways to give the lines units from the nodes, within the supply: brute force."""
    choices = []
    for line in demand.lines:
        there = [range(min(line.wanted, supply[line.product_id, n.node_id]) + 1) for n in NODES]
        choices.append([units for units in product(*there) if sum(units) <= line.wanted])
    return product(*choices)


def measured(demand, plan, rates):
    """(units given, parcels, thousandths of a penny) of a brute-force plan."""
    grams = {}
    for line, units in zip(demand.lines, plan, strict=True):
        for node, given_units in zip(NODES, units, strict=True):
            if given_units:
                grams[node.node_id] = grams.get(node.node_id, 0) + given_units * line.grams
    cost = 0
    for node in NODES:
        if node.node_id in grams:
            rate = rates[node.node_id, ""]
            cost += (rate.base + node.handling) * 1_000 + rate.per_kg * grams[node.node_id]
    return sum(map(sum, plan)), len(grams), cost


def of_plan(demand, plan):
    """The same shape for what the planner answered."""
    found = [[0] * len(NODES) for _ in demand.lines]
    for a in plan.assignments:
        index = next(i for i, line in enumerate(demand.lines) if line.line_id == a.line_id)
        found[index][a.node_id - 1] += a.quantity
    return [tuple(units) for units in found]


@given(small_orders())
def test_cheapest_costs_what_the_best_of_all_plans_costs(situation):
    demand, supply, rates = situation
    plan = run([demand], dict(supply), Rule("r", "CHEAPEST"), rates=rates)
    units, _, cost = measured(demand, of_plan(demand, plan), rates)
    every = [measured(demand, other, rates) for other in every_plan(demand, supply)]
    most = max(row[0] for row in every)
    assert (units, cost) == (most, min(row[2] for row in every if row[0] == most))


@given(small_orders())
def test_fewest_splits_needs_no_more_parcels_than_the_best_of_all_plans(situation):
    demand, supply, rates = situation
    plan = run([demand], dict(supply), Rule("r", "FEWEST_SPLITS"), rates=rates)
    units, parcels, _ = measured(demand, of_plan(demand, plan), rates)
    every = [measured(demand, other, rates) for other in every_plan(demand, supply)]
    most = max(row[0] for row in every)
    assert (units, parcels) == (most, min(row[1] for row in every if row[0] == most))


@given(
    small_orders(),
    st.integers(1, 2),
    st.sampled_from(["NEAREST", "FEWEST_SPLITS", "CHEAPEST", "BALANCE", "FASTEST"]),
)
def test_a_limit_on_parcels_is_kept_and_used_as_well_as_it_can_be(situation, limit, strategy):
    demand, supply, rates = situation
    plan = run([demand], dict(supply), Rule("r", strategy, max_shipments=limit), rates=rates)
    units, parcels, _ = measured(demand, of_plan(demand, plan), rates)
    assert parcels <= limit
    best = max(
        sum(min(line.wanted, sum(supply[line.product_id, n] for n in chosen)) for line in demand.lines)
        for chosen in combinations([n.node_id for n in NODES], limit)
    )
    assert units == best


MEMBERS = Conditions(channels=frozenset({"b2b"}))


@st.composite
def crowds(draw):
    """Several orders with kits, pools, buffers, rules of every kind."""
    supply = {(p, n.node_id): draw(st.integers(0, 8)) for p in PRODUCTS for n in NODES}
    withheld = [
        Withheld(
            draw(st.sampled_from([None, 7])),
            draw(st.sampled_from([None, 1])),
            draw(st.integers(0, 4)),
            members=MEMBERS,
        ),
        Withheld(None, 2, draw(st.integers(0, 2)), ""),
        Withheld(8, 2, draw(st.integers(0, 2)), "web"),
    ]
    number = iter(range(1, 1_000))
    demands = []
    for order in range(1, draw(st.integers(1, 6)) + 1):
        lines = [
            DemandLine(
                next(number),
                draw(st.sampled_from(PRODUCTS)),
                draw(st.integers(1, 4)),
                draw(st.integers(1, 900)),
                300,
            )
            for _ in range(draw(st.integers(0, 3)))
        ]
        if not lines or draw(st.booleans()):
            kits = draw(st.integers(1, 3))
            lines += [
                DemandLine(next(number), p, kits * per, 400, 200, 10_000 + order, per)
                for p, per in ((7, 1), (9, 2))
            ]
        demands.append(
            Demand(order, draw(st.sampled_from(["GB", "DE"])), draw(st.booleans()), lines, draw(st.sampled_from(["web", "b2b"])),
                   max_shipments=draw(st.integers(0, 2)))
        )  # fmt: skip
    rule = Rule(
        "r", draw(st.sampled_from(["PRIORITY", "NEAREST", "FASTEST", "FEWEST_SPLITS", "CHEAPEST", "WEIGHTED", "BALANCE"])),
        draw(st.booleans()), draw(st.booleans()), draw(st.booleans()), draw(st.integers(0, 3)),
        draw(st.sampled_from([0, 100, 1_000])), draw(st.sampled_from([frozenset(), frozenset({1, 2})])),
    )  # fmt: skip
    return demands, supply, withheld, rule


def kept_from(demand, key, withheld):
    """What an order may not touch, said once more in the plainest way."""
    product_id, node_id = key
    fits = [w for w in withheld if w.product_id in (None, product_id) and w.node_id in (None, node_id)]
    pools = sum(w.quantity for w in fits if w.members and demand.channel != "b2b")
    buffers = 0
    for channel in ("", demand.channel):
        own = [w for w in fits if not w.members and w.channel == channel]
        special = [w.quantity for w in own if w.product_id is not None]
        buffers += max(special or [w.quantity for w in own], default=0)
    return pools + buffers


@given(crowds())
def test_supply_pools_kits_and_limits_hold_and_every_unit_left_has_its_reason(crowd):
    demands, supply, withheld, rule = crowd
    left = dict(supply)
    plan = run(demands, left, rule, withheld=withheld)
    stock = dict(supply)
    for demand in demands:
        mine = [a for a in plan.assignments if a.order_id == demand.order_id]
        moved = [t for t in plan.transfers if t.order_id == demand.order_id]
        for key in stock:
            taken = sum(a.quantity for a in mine if (a.product_id, a.node_id) == key)
            taken += sum(t.quantity for t in moved if (t.product_id, t.from_node_id) == key)
            if taken:
                assert taken <= stock[key] - kept_from(demand, key, withheld)
                stock[key] -= taken
        check_parcels(demand, mine, rule)
        check_kits(demand, mine)
        check_reasons(demand, mine, moved, plan, rule)
    assert stock == left
    assert all(units >= 0 for units in left.values())


def check_parcels(demand, mine, rule):
    nodes = {a.node_id for a in mine}
    limits = [
        limit for limit in (1 if not rule.allow_split else rule.max_shipments, demand.max_shipments) if limit
    ]
    assert not limits or len(nodes) <= min(limits)
    assert not rule.nodes or nodes <= rule.nodes


def check_kits(demand, mine):
    """The components of a kit leave a node in proportion."""
    kit = [line for line in demand.lines if line.kit_id]
    for node in NODES:
        made = {
            line.line_id: sum(
                a.quantity for a in mine if a.line_id == line.line_id and a.node_id == node.node_id
            )
            / line.per_kit
            for line in kit
        }
        assert len(set(made.values())) <= 1


def check_reasons(demand, mine, moved, plan, rule):
    explained = {row[0]: row for row in plan.explanations[demand.order_id]["lines"]}
    for line in demand.lines:
        units = sum(a.quantity for a in mine if a.line_id == line.line_id)
        short = plan.short.get(line.line_id, 0)
        assert units + short == line.wanted
        row = explained[line.line_id]
        assert row[:3] == [line.line_id, line.wanted, short]
        assert (row[3] in Short.values) if short else len(row) == 3
    if (demand.ships_complete or not rule.allow_backorder) and not moved:
        assert not mine or not any(line.line_id in plan.short for line in demand.lines)


@given(crowds())
def test_who_comes_first_is_served_as_if_nobody_came_after(crowd):
    demands, supply, withheld, rule = crowd
    first = run(demands[:1], dict(supply), rule, withheld=withheld)
    everyone = run(demands, dict(supply), rule, withheld=withheld)
    mine = [a for a in everyone.assignments if a.order_id == demands[0].order_id]
    assert mine == first.assignments
    again = run(demands, dict(supply), rule, withheld=withheld)
    assert (again.assignments, again.short, again.transfers) == (
        everyone.assignments,
        everyone.short,
        everyone.transfers,
    )


def test_a_further_parcel_must_be_worth_its_freight():
    demand = Demand(1, "GB", False, [DemandLine(1, 7, 3, 2_000, 100), DemandLine(2, 8, 1, 150, 900)])
    supply, rates = {(7, 1): 3, (8, 2): 1}, {(n.node_id, ""): Rate(400, 0, 1) for n in NODES}
    both = run([demand], dict(supply), Rule("r", "NEAREST"), rates=rates)
    assert {(a.line_id, a.node_id) for a in both.assignments} == {(1, 1), (2, 2)}
    one = run([demand], dict(supply), Rule("r", "NEAREST", split_worth=100), rates=rates)
    assert [(a.line_id, a.node_id, a.quantity) for a in one.assignments] == [(1, 1, 3)]
    assert one.explanations[1]["lines"][1] == [2, 1, 1, "SPLIT_COST"]
    assert one.explanations[1]["split_refused"] == [2]


def test_a_sister_node_sends_what_the_order_may_not_be_shipped_from():
    demand = Demand(1, "GB", True, [DemandLine(1, 7, 2), DemandLine(2, 8, 1)])
    rule = Rule("r", "NEAREST", allow_split=False, allow_transfer=True)
    plan = run([demand], {(7, 1): 2, (8, 2): 1}, rule)
    assert [(a.line_id, a.node_id, a.quantity) for a in plan.assignments] == [(1, 1, 2)]
    assert [tuple(t) for t in plan.transfers] == [(1, 2, 8, 2, 1, 1)]
    assert plan.explanations[1]["lines"][1] == [2, 1, 1, "TRANSFER"]
    alone = run([demand], {(7, 1): 2, (8, 2): 1}, Rule("r", "NEAREST", allow_split=False))
    assert (alone.assignments, alone.explanations[1]["refused"]) == ([], "COMPLETE")


def test_the_first_rule_that_fits_decides():
    big = Rule("big orders", "CHEAPEST", conditions=Conditions(min_total=10_000))
    policy = Policy("p", 1, (big, Rule("others", "NEAREST")))
    for total, name in ((9_999, "others"), (10_000, "big orders")):
        demand = Demand(1, "GB", False, [DemandLine(1, 7, 1)], total=total)
        assert plan_allocation([demand], {(7, 1): 1}, NODES, {1: policy}).explanations[1]["rule"] == name
