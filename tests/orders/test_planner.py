"""Answers: does the allocation planner keep its promises, whatever it is given?"""

from hypothesis import given
from hypothesis import strategies as st

from orders.planner import Demand, DemandLine, NodeFacts, Policy, Rule, plan_allocation

LEEDS = NodeFacts(1, "NORTH", "GB", 10, 53.8, -1.5)
READING = NodeFacts(2, "SOUTH", "GB", 20, 51.5, -1.0)
ROTTERDAM = NodeFacts(3, "TPL", "NL", 30, 51.9, 4.5)
NODES = [LEEDS, READING, ROTTERDAM]
STRATEGIES = ("PRIORITY", "NEAREST", "FEWEST_SPLITS", "BALANCE")


def plan_of(lines, supply, *, strategy="NEAREST", country="GB", complete=False, split=True, backorder=True):
    """One order through the planner; the supply given is left alone."""
    demand = Demand(
        1, country, complete, [DemandLine(n, product, units) for n, (product, units) in enumerate(lines, 1)]
    )
    policy = Policy("default", 1, (Rule("all", strategy, split, backorder),))
    return plan_allocation([demand], dict(supply), NODES, {1: policy})


def taken(plan):
    return [(a.line_id, a.node_id, a.quantity) for a in plan.assignments]


def test_the_nearest_node_that_has_it_all_serves_the_order():
    plan = plan_of([(7, 5)], {(7, 1): 3, (7, 2): 9, (7, 3): 9})
    assert taken(plan) == [(1, 2, 5)]
    assert plan.short == {}
    assert [row[0] for row in plan.explanations[1]["nodes"]] == [2, 3, 1]


def test_a_foreign_order_is_served_from_abroad():
    assert taken(plan_of([(7, 2)], {(7, 1): 9, (7, 3): 9}, country="DE")) == [(1, 3, 2)]


def test_what_no_node_has_is_short_and_explained():
    plan = plan_of([(7, 5), (8, 1)], {(7, 1): 2, (7, 2): 1})
    assert taken(plan) == [(1, 1, 2), (1, 2, 1)]
    assert plan.short == {1: 2, 2: 1}
    assert plan.explanations[1]["lines"] == [[1, 5, 2, "NO_STOCK"], [2, 1, 1, "NO_STOCK"]]


def test_an_order_that_ships_complete_takes_nothing_when_it_can_not():
    supply = {(7, 1): 2}
    plan = plan_of([(7, 5)], supply, complete=True)
    assert taken(plan) == []
    assert plan.short == {1: 5}
    assert plan.explanations[1]["refused"] == "COMPLETE"


def test_without_splits_only_the_first_node_is_asked():
    plan = plan_of([(7, 5)], {(7, 1): 3, (7, 2): 2}, split=False)
    assert {node for _, node, _ in taken(plan)} == {1}
    assert plan.short == {1: 2}


def test_fewest_splits_prefers_the_node_that_covers_most():
    plan = plan_of([(7, 1), (8, 1)], {(7, 1): 1, (7, 2): 1, (8, 2): 1}, strategy="FEWEST_SPLITS")
    assert taken(plan) == [(1, 2, 1), (2, 2, 1)]


@st.composite
def situations(draw):
    """A few orders over a few products and nodes."""
    products = st.integers(1, 3)
    supply = draw(st.dictionaries(st.tuples(products, st.integers(1, 3)), st.integers(0, 6), max_size=9))
    number = iter(range(1, 100))
    demands = [
        Demand(order, draw(st.sampled_from(["GB", "DE", "??"])), draw(st.booleans()),
               [DemandLine(next(number), draw(products), draw(st.integers(1, 5))) for _ in range(draw(st.integers(1, 4)))])
        for order in range(1, draw(st.integers(1, 5)) + 1)
    ]  # fmt: skip
    policies = {
        demand.order_id: Policy(
            "p", 1, (Rule("r", draw(st.sampled_from(STRATEGIES)), draw(st.booleans()), draw(st.booleans())),)
        )
        for demand in demands
    }
    return demands, supply, policies


@given(situations())
def test_it_never_exceeds_supply_and_accounts_for_every_unit(situation):
    demands, supply, policies = situation
    plan = plan_allocation(demands, dict(supply), NODES, policies)
    used: dict[tuple[int, int], int] = {}
    given_to: dict[int, int] = {}
    for assignment in plan.assignments:
        key = (assignment.product_id, assignment.node_id)
        used[key] = used.get(key, 0) + assignment.quantity
        given_to[assignment.line_id] = given_to.get(assignment.line_id, 0) + assignment.quantity
        assert assignment.quantity > 0
    assert all(units <= supply.get(key, 0) for key, units in used.items())
    for demand in demands:
        for line in demand.lines:
            assert given_to.get(line.line_id, 0) + plan.short.get(line.line_id, 0) == line.wanted
        if demand.ships_complete and any(line.line_id in plan.short for line in demand.lines):
            assert all(line.line_id not in given_to for line in demand.lines)
        explained = plan.explanations[demand.order_id]["lines"]
        assert [row[2] for row in explained] == [plan.short.get(line.line_id, 0) for line in demand.lines]


@given(situations())
def test_the_same_input_gives_the_same_plan(situation):
    demands, supply, policies = situation
    first = plan_allocation(demands, dict(supply), NODES, policies)
    again = plan_allocation(demands, dict(supply), NODES, policies)
    assert (first.assignments, first.short, first.explanations) == (
        again.assignments,
        again.short,
        again.explanations,
    )
