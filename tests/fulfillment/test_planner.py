"""Answers: whatever the needs and the bins, does the plan stay within the shelves and always come out the same?"""

from datetime import UTC, date, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fulfillment.planner import BinSupply, Need, plan_bins

START = datetime(2026, 3, 1, tzinfo=UTC)
# a busy machine may be slow at drawing examples; that says nothing about the planner
steady = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
expiries = st.none() | st.integers(1, 5).map(lambda day: date(2026, 4, day))
supplies = st.lists(
    st.tuples(st.integers(1, 3), st.integers(1, 2), st.integers(0, 9), expiries, st.integers(0, 4)),
    max_size=12,
).map(
    lambda rows: [
        BinSupply(number, product, node, free, number, None, expiry, START + timedelta(days=age), number)
        for number, (product, node, free, expiry, age) in enumerate(rows, start=1)
    ]
)
needs = st.lists(
    st.tuples(st.integers(1, 3), st.integers(1, 2), st.integers(1, 12), st.integers(0, 3)), max_size=12
).map(
    lambda rows: [
        Need(number, product, node, quantity, bundle or f"own {number}")
        for number, (product, node, quantity, bundle) in enumerate(
            sorted(rows, key=lambda row: row[3]), start=1
        )
    ]
)


@steady
@given(needs=needs, supplies=supplies)
def test_the_plan_stays_within_the_shelves(needs: list[Need], supplies: list[BinSupply]) -> None:
    plan = plan_bins(needs, supplies)

    taken: dict[int, int] = {}
    served: dict[int, int] = {}
    for take in plan.takes:
        taken[take.supply.bin_stock_id] = taken.get(take.supply.bin_stock_id, 0) + take.quantity
        served[take.allocation_id] = served.get(take.allocation_id, 0) + take.quantity
        assert take.quantity > 0
    assert all(taken.get(supply.bin_stock_id, 0) <= supply.free for supply in supplies)
    refused = {need.allocation_id for need in plan.unserved}
    for need in needs:
        assert served.get(need.allocation_id, 0) == (0 if need.allocation_id in refused else need.quantity)
    for take in plan.takes:
        need = next(need for need in needs if need.allocation_id == take.allocation_id)
        assert (take.supply.product_id, take.supply.node_id) == (need.product_id, need.node_id)
    bundles = {need.bundle for need in plan.unserved}
    assert refused == {need.allocation_id for need in needs if need.bundle in bundles}


@steady
@given(needs=needs, supplies=supplies, seed=st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(needs, supplies, seed) -> None:  # type: ignore[no-untyped-def]
    shuffled = list(supplies)
    seed.shuffle(shuffled)
    assert plan_bins(needs, shuffled) == plan_bins(needs, supplies)


@steady
@given(supplies=supplies)
def test_what_expires_first_is_taken_first(supplies: list[BinSupply]) -> None:
    plan = plan_bins([Need(1, 1, 1, 5, 1)], supplies)
    if plan.takes:
        last = max((take.supply.expiry_date or date.max) for take in plan.takes)
        left_behind = [
            supply
            for supply in supplies
            if (supply.product_id, supply.node_id) == (1, 1)
            and supply.free > sum(t.quantity for t in plan.takes if t.supply == supply)
        ]
        assert all((supply.expiry_date or date.max) >= last for supply in left_behind)
