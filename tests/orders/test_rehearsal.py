"""Answers: does a rehearsal trade the past again as the planner would, compare like with like, and touch nothing live?"""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from erp.core.errors import InvalidInput
from erp.core.models import Job
from inventory.models import StockEvent, StockLevel
from orders.models import Allocation, Order, Rehearsal, RehearsalOrder
from orders.planner import Demand, DemandLine, NodeFacts, Policy, Rate, Rule
from orders.rehearsal import Arrival, SupplyChange, Trading, rehearse, totals_of
from orders.services import PolicyDraft, RuleDraft, policy_draft, rehearsal_run, rehearsal_start
from tests.cast import NOW, Company, assert_proven, stock_in
from tests.fulfillment.goods import promised
from tests.orders.desk import Login

NODES = [NodeFacts(1, "NORTH", "GB", 10, 53.8, -1.5, 50), NodeFacts(2, "SOUTH", "GB", 20, 51.5, -1.0, 50)]
RATES = {(1, ""): Rate(400, 0, 1), (2, ""): Rate(300, 0, 1)}
HOUR = timedelta(hours=1)


def trading(arrivals, supply, changes=()):
    return Trading(NOW + 100 * HOUR, arrivals, changes, supply, NODES, RATES, {7: 200, 8: 100})


def arrival(order_id, hours, *lines, **wants):
    rows = [DemandLine(order_id * 10 + n, product, units, 500) for n, (product, units) in enumerate(lines)]
    demand = Demand(order_id, "GB", wants.get("complete", False), rows, priority=wants.get("priority", 0))
    return Arrival(NOW + hours * HOUR, demand, NOW + (hours + 48) * HOUR, 1)


def policy(**rule):
    return {1: Policy("p", 1, (Rule("all", rule.pop("strategy", "PRIORITY"), **rule),))}


def test_orders_are_served_as_they_came_and_again_when_supply_comes():
    span = trading(
        [arrival(1, 0, (7, 3)), arrival(2, 1, (7, 2))], {(7, 1): 4}, [SupplyChange(NOW + 60 * HOUR, 7, 2, 1)]
    )
    found = rehearse(span, policy())
    one, two = found[1], found[2]
    assert (one.parcels, one.freight, one.served_at, one.is_late, one.nodes) == (1, 450, NOW, False, (1,))
    assert (two.parcels, two.freight, two.units_short_at_first, two.is_late, two.nodes) == (
        2,
        800,
        1,
        True,
        (1, 2),
    )
    assert (one.margin, two.margin) == (3 * 300 - 450, 2 * 300 - 800)
    sums = totals_of(found)
    assert (sums.orders, sums.parcels, sums.split_orders, sums.late_orders, sums.short_orders, sums.unserved_orders) == (
        2, 3, 1, 1, 1, 0,
    )  # fmt: skip


def test_another_policy_changes_the_outcome_and_leaves_the_span_alone():
    span = trading([arrival(1, 0, (7, 1), (8, 1))], {(7, 1): 1, (8, 2): 1, (7, 2): 1})
    many = rehearse(span, policy(strategy="PRIORITY"))[1]
    few = rehearse(span, policy(strategy="CHEAPEST"))[1]
    assert (many.parcels, few.parcels, few.nodes, few.freight) == (1, 1, (2,), 350)
    assert span.supply == {(7, 1): 1, (8, 2): 1, (7, 2): 1}
    assert rehearse(span, policy(strategy="CHEAPEST"))[1] == few


def test_the_most_urgent_waiting_order_is_served_first_when_supply_comes():
    span = trading(
        [arrival(1, 0, (7, 1)), arrival(2, 1, (7, 1), priority=5)],
        {},
        [SupplyChange(NOW + 2 * HOUR, 7, 1, 1)],
    )
    found = rehearse(span, policy())
    assert (found[1].served_at, found[2].served_at) == (None, NOW + 2 * HOUR)


def test_stock_that_left_for_other_reasons_is_not_there():
    span = trading([arrival(1, 5, (7, 2))], {(7, 1): 2}, [SupplyChange(NOW + HOUR, 7, 1, -9)])
    assert rehearse(span, policy())[1].units == 0


def draft(company: Company, code: str, **rule: object) -> int:
    rules = [RuleDraft("Every order", str(rule.pop("strategy", "BALANCE")), **rule)]  # type: ignore[arg-type]
    return policy_draft(PolicyDraft(code, "Try", rules), actor=company.olga, at=NOW).pk


def test_a_rehearsal_of_two_drafts_compares_order_by_order_and_touches_nothing_live(
    company: Company, as_: Login
) -> None:
    stock_in(company, company.mug, 4, at=NOW - timedelta(days=9))
    stock_in(company, company.mug, 9, node=company.south, at=NOW - timedelta(days=9))
    for _ in range(3):
        promised(company, (company.mug, 2))
    first, second = (
        draft(company, "default"),
        draft(company, "other", strategy="NEAREST", nodes=[company.south.pk]),
    )
    live = (
        list(StockLevel.objects.order_by("pk").values()), list(Allocation.objects.order_by("pk").values()),
        list(Order.objects.order_by("pk").values()), StockEvent.objects.count(),
    )  # fmt: skip
    olga = as_("olga")
    at = NOW + timedelta(days=1)
    rehearsal = rehearsal_start(policy_ids=[first, second], days=5, actor=company.olga, at=at)
    assert Job.objects.get(pk=rehearsal.job_id).kind == "orders.rehearsal_run"
    page = olga.get(reverse("orders:rehearsal_detail", args=[rehearsal.pk])).content.decode()
    assert "Waiting for a worker" in page
    said = rehearsal_run(rehearsal_id=rehearsal.pk, actor=company.system, at=at)
    assert said.startswith("3 orders, ")
    totals = {total.policy_id: total for total in rehearsal.totals.all()}
    assert {total.orders for total in totals.values()} == {3}
    assert totals[None].units == totals[first].units == totals[second].units == 6
    moved = (
        RehearsalOrder.objects.filter(policy=second).order_by("order").values_list("nodes_before", "nodes")
    )
    assert list(moved) == [("NORTH", "SOUTH"), ("NORTH", "SOUTH")]
    assert rehearsal_run(rehearsal_id=rehearsal.pk, actor=company.system, at=at).endswith("was run before")
    assert live == (
        list(StockLevel.objects.order_by("pk").values()), list(Allocation.objects.order_by("pk").values()),
        list(Order.objects.order_by("pk").values()), StockEvent.objects.count(),
    )  # fmt: skip
    page = olga.get(reverse("orders:rehearsal_detail", args=[rehearsal.pk])).content.decode()
    assert "Split orders" in page
    assert "other v1" in page
    rows = olga.get(f"{reverse('orders:rehearsal_order_list')}?rehearsal={rehearsal.pk}&policy={second}")
    assert len(rows.context["page_obj"].object_list) == 2
    assert_proven()


@pytest.mark.parametrize(("days", "count", "field"), [(0, 1, "days"), (9_999, 1, "days"), (5, 0, "policies")])
def test_a_rehearsal_without_span_or_policy_is_refused(
    company: Company, days: int, count: int, field: str
) -> None:
    chosen = [draft(company, "default")][:count]
    with pytest.raises(InvalidInput) as caught:
        rehearsal_start(policy_ids=chosen, days=days, actor=company.olga, at=NOW)
    assert (caught.value.field, Rehearsal.objects.count()) == (field, 0)


def test_a_rehearsal_starts_from_the_policy_by_button(company: Company, as_: Login) -> None:
    pk = draft(company, "default")
    response = as_("olga").post(
        reverse("orders:rehearsal_start", args=[pk]), {"days": "30", "others": "1"}, follow=True
    )
    assert Rehearsal.objects.get().days == 30
    assert response.redirect_chain[-1][0] == reverse(
        "orders:rehearsal_detail", args=[Rehearsal.objects.get().pk]
    )
    assert as_("rita").post(reverse("orders:rehearsal_start", args=[pk]), {"days": "30"}).status_code == 403


def test_money_of_a_total_is_kept_to_the_penny(company: Company) -> None:
    stock_in(company, company.mug, 4, at=NOW - timedelta(days=9))
    promised(company, (company.mug, 2))
    rehearsal = rehearsal_start(
        policy_ids=[draft(company, "default")], days=5, actor=company.olga, at=NOW + timedelta(days=1)
    )
    rehearsal_run(rehearsal_id=rehearsal.pk, actor=company.system, at=NOW + timedelta(days=1))
    total = rehearsal.totals.get(policy=None)
    assert total.margin + total.freight == 2 * (Decimal("10.00") - Decimal("4.00"))
