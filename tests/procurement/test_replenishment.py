"""The planner orders what is needed and says why; the run keeps every decision and drafts the orders."""

from datetime import timedelta
from decimal import Decimal
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erp.core.errors import Conflict
from orders.models import Order, OrderLine
from procurement.models import PurchaseOrder, ReplenishmentDecision, ReplenishmentRule
from procurement.planner import ReplenishmentInput, Terms, plan_replenishment
from procurement.selectors import open_suggestions
from procurement.services import replenishment_accept, replenishment_run, replenishment_run_daily
from procurement.services.replenishment import explain
from tests.cast import NOW, TODAY, Company, stock_in

TERMS = Terms()


def _input(**changes: object) -> ReplenishmentInput:
    """28 days of 4 a day: velocity 4, no spread, lead time 7."""
    values: dict[str, object] = {
        "product_id": 1, "supplier_id": 1, "unit_cost": Decimal("4"), "minimum_quantity": 1, "pack_size": 1,
        "lead_time_days": 7, "days": 28, "weighted": 4 * 406, "total": 112, "squares": 448, "available": 0,
        "in_transit": 0, "inbound": 0, "backordered": 0,
    }  # fmt: skip
    return ReplenishmentInput(**{**values, **changes})  # type: ignore[arg-type]


def test_steady_demand_needs_no_safety_stock() -> None:
    (decision,) = plan_replenishment([_input(available=28)], TERMS).decisions
    assert (decision.safety_stock, decision.reorder_point, decision.position) == (0, 28, 28)
    assert decision.quantity == 4 * 14 - 28
    assert plan_replenishment([_input(available=29)], TERMS).decisions == []


def test_spread_adds_z_sigma_root_lead_time() -> None:
    # 56 units on every second day: mean 2, Σ squares 14 × 16 = 224, sample variance (224 − 112) / 27
    line = _input(weighted=2 * 406, total=56, squares=224)
    (decision,) = plan_replenishment([line], TERMS).decisions
    assert decision.safety_stock == ceil(1.6448536 * (112 / 27) ** 0.5 * 7**0.5) == 9
    assert decision.reorder_point == 14 + 9


def test_minimum_and_pack_round_up() -> None:
    (decision,) = plan_replenishment([_input(pack_size=24)], TERMS).decisions
    assert decision.quantity == 72
    (decision,) = plan_replenishment([_input(minimum_quantity=400, pack_size=24)], TERMS).decisions
    assert decision.quantity == 408
    assert decision.explanation["wanted"] == 56


def test_backorders_without_recent_demand_are_bought() -> None:
    line = _input(weighted=0, total=0, squares=0, backordered=7)
    (decision,) = plan_replenishment([line], TERMS).decisions
    assert (decision.position, decision.quantity) == (-7, 7)


@given(
    demand=st.lists(st.integers(0, 500), min_size=7, max_size=40), lead=st.integers(0, 60),
    available=st.integers(0, 5_000),
    inbound=st.integers(0, 5_000), backordered=st.integers(0, 500), minimum=st.integers(1, 300),
    pack=st.integers(1, 48),
)  # fmt: skip
def test_an_order_reaches_its_goal_and_no_more(
    demand: list[int], lead: int, available: int, inbound: int, backordered: int, minimum: int, pack: int
) -> None:
    line = _input(
        days=len(demand), weighted=sum(weight * units for weight, units in enumerate(demand, 1)), total=sum(demand),
        squares=sum(units * units for units in demand), lead_time_days=lead, available=available, inbound=inbound,
        backordered=backordered, minimum_quantity=minimum, pack_size=pack,
    )  # fmt: skip
    plan = plan_replenishment([line], TERMS)
    assert plan.considered == 1
    for decision in plan.decisions:
        goal = decision.explanation["order_up_to"]
        assert decision.position <= decision.reorder_point
        assert decision.quantity % pack == 0 and decision.quantity >= minimum
        assert decision.position + decision.quantity >= goal
        assert decision.quantity - pack < max(goal - decision.position, minimum)
        after = line._replace(inbound=line.inbound + decision.quantity)
        assert after.position > decision.reorder_point or decision.explanation["wanted"] > 0
        again = plan_replenishment([after], TERMS).decisions
        assert not again or again[0].explanation["wanted"] <= 0 or after.position <= decision.reorder_point


def _sold(shop: Company, days_ago: int, quantity: int, *, cancelled: int = 0) -> None:
    at = NOW - timedelta(days=days_ago)
    number = f"SO-{days_ago}"
    order = Order.objects.create(
        number=number, channel=shop.web, external_id=number, currency="GBP", ordered_at=at, ship_by=at, received_at=at,
        state="CONFIRMED", created_by=shop.olga,
    )  # fmt: skip
    OrderLine.objects.create(
        order=order, position=1, product=shop.mug, channel_sku="MUG", quantity_ordered=quantity,
        quantity_cancelled=cancelled, unit_price=Decimal("9"), line_total=Decimal("9") * quantity,
    )  # fmt: skip


@pytest.fixture
def sold(shop: Company) -> Company:
    """28 days of 4 mugs a day up to yesterday; the one ordered today and 40 days ago do not count."""
    for days_ago in range(1, 29):
        _sold(shop, days_ago, 6, cancelled=2)
    _sold(shop, 0, 1_000)
    _sold(shop, 40, 1_000)
    return shop


def test_run_keeps_the_figures_and_drafts_one_order_per_supplier(sold: Company) -> None:
    stock_in(sold, sold.mug, 20)
    run = replenishment_run(node_id=sold.north.pk, run_date=TODAY, actor=sold.ben, at=NOW)
    decision = ReplenishmentDecision.objects.get()
    assert run.decision_ids == [decision.pk] and run.considered == 1
    assert (decision.daily_velocity, decision.reorder_point, decision.position) == (Decimal("4"), 28, 20)
    assert decision.quantity == 40  # 56 − 20 = 36, in packs of 10
    order = PurchaseOrder.objects.get()
    line = order.lines.get()
    assert (order.pk, order.state, line.decision, line.quantity_ordered) == (
        run.purchase_order_ids[0], "DRAFT", decision, 40
    )  # fmt: skip
    steps = dict(explain(decision))
    assert steps["Demand"] == "112 units in 28 days, the latest weigh most: 4.00 a day"
    assert steps["Order"] == "at least 1, in packs of 10: 40"


def test_running_twice_orders_once(sold: Company) -> None:
    first = replenishment_run(node_id=sold.north.pk, run_date=TODAY, actor=sold.ben, at=NOW)
    second = replenishment_run(node_id=sold.north.pk, run_date=TODAY, actor=sold.ben, at=NOW)
    next_day = replenishment_run(
        node_id=sold.north.pk, run_date=TODAY - timedelta(days=1), actor=sold.ben, at=NOW
    )
    assert len(first.purchase_order_ids) == 1
    assert second.purchase_order_ids == next_day.purchase_order_ids == []
    assert PurchaseOrder.objects.count() == ReplenishmentDecision.objects.count() == 1


def test_suggestions_wait_for_acceptance_and_are_ordered_once(sold: Company) -> None:
    ReplenishmentRule.objects.create(version=2, is_automatic=False, review_days=14)
    run = replenishment_run(node_id=sold.north.pk, run_date=TODAY, actor=sold.ben, at=NOW)
    decision = open_suggestions().get()
    assert run.purchase_order_ids == [] and run.rule == decision.rule == "reorder-point/2"
    assert (decision.quantity, decision.value) == (90, Decimal("360"))
    (order_id,) = replenishment_accept(decision_ids=[decision.pk], actor=sold.ben, at=NOW)
    assert PurchaseOrder.objects.get(pk=order_id).lines.get().decision == decision
    assert not open_suggestions().exists()
    with pytest.raises(Conflict):
        replenishment_accept(decision_ids=[decision.pk], actor=sold.ben, at=NOW)
    assert PurchaseOrder.objects.count() == 1


def test_daily_job_runs_for_the_first_warehouse(sold: Company) -> None:
    found = replenishment_run_daily(actor=sold.system, at=NOW)
    assert found == {"considered": 1, "decisions": 1, "orders": 1, "late": 0}
    assert PurchaseOrder.objects.get().node == sold.north
