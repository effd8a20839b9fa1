"""Answers: which promised units go to the floor, from which bins, and what stays behind?"""

from datetime import timedelta

import pytest

from erp.core.models import ExceptionCase, StateChange
from fulfillment.models import FulfillmentOrder, PickList, PickTask
from fulfillment.services import fulfillment_cancel, fulfillment_release_many
from inventory.models import BinStock
from inventory.services import Move, stock_post
from orders.models import Allocation, Order
from tests import factories as make
from tests.cast import NOW, TODAY, Company, assert_proven
from tests.fulfillment.goods import fulfillment_of, goods_in, promised

pytestmark = pytest.mark.django_db


def release(company: Company, *orders: Order, **options: int) -> tuple[list[int], list[int], list[int]]:
    return fulfillment_release_many(
        order_ids=[order.pk for order in orders], actor=company.olga, at=NOW, **options
    )


def test_a_released_order_has_a_list_in_walk_order(company: Company) -> None:
    first, _, third = company.bins
    goods_in(company, company.mug, 5, location=third)
    goods_in(company, company.lamp, 5, location=first)
    order = promised(company, (company.mug, 2), (company.lamp, 3))

    release(company, order)

    fulfillment = fulfillment_of(order)
    order.refresh_from_db()
    assert (order.state, fulfillment.state, fulfillment.node) == ("RELEASED", "RELEASED", company.north)
    assert [
        (task.position, task.location, task.product, task.quantity, task.state)
        for task in PickTask.objects.select_related("location", "product").order_by("position")
    ] == [(1, first, company.lamp, 3, "OPEN"), (2, third, company.mug, 2, "OPEN")]
    assert not Allocation.objects.filter(is_planned=False).exists()
    assert list(BinStock.objects.order_by("product").values_list("quantity", "quantity_allocated")) == [
        (5, 2), (5, 3),
    ]  # fmt: skip
    assert list(
        StateChange.objects.filter(
            document_type="fulfillment.FulfillmentOrder", document_id=fulfillment.pk
        ).values_list("from_state", "to_state")
    ) == [("", "PLANNED"), ("PLANNED", "RELEASED")]
    assert_proven()


def test_releasing_again_plans_nothing(company: Company) -> None:
    goods_in(company, company.mug, 5)
    order = promised(company, (company.mug, 2))
    release(company, order)
    assert release(company, order) == ([], [], [])
    assert FulfillmentOrder.objects.count() == 1


def test_what_expires_first_leaves_first(company: Company) -> None:
    late = make.LotFactory(product=company.cream, code="LATE", expiry_date=TODAY + timedelta(days=90))
    soon = make.LotFactory(product=company.cream, code="SOON", expiry_date=TODAY + timedelta(days=9))
    gone = make.LotFactory(product=company.cream, code="GONE", expiry_date=TODAY - timedelta(days=1))
    for lot, location in ((late, company.bins[0]), (soon, company.bins[1]), (gone, company.bins[2])):
        goods_in(company, company.cream, 4, location=location, lot=lot)
    order = promised(company, (company.cream, 6))

    release(company, order)

    assert list(PickTask.objects.order_by("position").values_list("lot__code", "quantity")) == [
        ("LATE", 2), ("SOON", 4),
    ]  # fmt: skip
    assert_proven()


def test_what_came_first_leaves_first(company: Company) -> None:
    goods_in(company, company.mug, 4, location=company.bins[0], at=NOW)
    goods_in(company, company.mug, 4, location=company.bins[2], at=NOW - timedelta(days=3))
    order = promised(company, (company.mug, 5))
    release(company, order)
    assert list(PickTask.objects.order_by("position").values_list("location__code", "quantity")) == [
        ("N-A-01", 1), ("N-A-03", 4),
    ]  # fmt: skip


def test_units_in_no_pickable_bin_stay_promised_and_open_a_case(company: Company) -> None:
    goods_in(company, company.mug, 5)
    goods_in(company, company.lamp, 5)
    order = promised(company, (company.mug, 2), (company.lamp, 2))
    # goods that were carried to the dock after they were promised
    stock_post(
        action="inventory.stock_move", source_type="tests", source_id=1, idempotency_key="to-dock",
        moves=[Move(company.mug.pk, 3, company.north.pk, "AVAILABLE", company.north.pk, "AVAILABLE",
                    company.bins[0].pk, company.dock.pk)],
        actor=company.pia, at=NOW,
    )  # fmt: skip
    promised(company, (company.mug, 2))
    second = Order.objects.exclude(pk=order.pk).get()

    found = release(company, second, order)

    assert len(found[2]) == 1
    assert sorted(PickTask.objects.values_list("product__sku", "quantity")) == [("LAMP", 2), ("MUG", 2)]
    assert Allocation.objects.filter(is_planned=False).get().product == company.mug
    case = ExceptionCase.objects.get(kind="SHORT_PICK")
    assert (case.subject_type, case.subject_id) == ("inventory.Product", str(company.mug.pk))


def test_an_order_that_ships_complete_waits_for_the_rest(company: Company) -> None:
    goods_in(company, company.mug, 2)
    order = promised(company, (company.mug, 2), (company.lamp, 1), ships_complete=True)
    if order.state != "ALLOCATED":
        assert order.state == "CONFIRMED"  # the allocator may refuse a half promise altogether
    assert release(company, order) == ([], [], [])
    assert not FulfillmentOrder.objects.exists()


def test_lists_take_only_so_many_orders(company: Company) -> None:
    goods_in(company, company.mug, 50)
    orders = [promised(company, (company.mug, 1)) for _ in range(5)]
    release(company, *orders, max_orders_per_list=2)
    assert [pick_list.fulfillments.count() for pick_list in PickList.objects.order_by("pk")] == [2, 2, 1]
    assert_proven()


def test_statements_do_not_grow_with_the_batch(company: Company, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    goods_in(company, company.mug, 500)
    goods_in(company, company.lamp, 500)
    few = [promised(company, (company.mug, 1), (company.lamp, 1)) for _ in range(2)]
    many = [promised(company, (company.mug, 1), (company.lamp, 1)) for _ in range(12)]
    with django_assert_max_num_queries(12):
        release(company, *few)
    with django_assert_max_num_queries(12):
        release(company, *many)


def test_cancelled_work_can_be_released_again(company: Company) -> None:
    goods_in(company, company.mug, 5)
    order = promised(company, (company.mug, 2))
    release(company, order)
    fulfillment = fulfillment_of(order)

    fulfillment_cancel(fulfillment_id=fulfillment.pk, reason="wrong box", actor=company.olga, at=NOW)

    fulfillment.refresh_from_db()
    assert (fulfillment.state, fulfillment.pick_list.state) == ("CANCELLED", "CANCELLED")
    assert BinStock.objects.get().quantity_allocated == 0
    assert Allocation.objects.get().is_planned is False
    order.refresh_from_db()
    assert order.state == "ALLOCATED"
    assert_proven()
    release(company, order)
    assert FulfillmentOrder.objects.filter(state="RELEASED").count() == 1
    assert_proven()
