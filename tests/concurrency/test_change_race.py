"""Answers: when an order is edited, promised, released and merged at once, does every unit stay where one of them put it?"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from erp.core.errors import Conflict, KeelError
from erp.core.models import User
from fulfillment.services import fulfillment_release_many
from inventory.models import StockLevel
from orders.editing import Edit, LineEdit
from orders.models import Order, OrderChange
from orders.services import EditOutcome, order_allocate_many, order_edit, order_merge
from orders.services.change import Outdated, order_version
from tests.cast import NOW, assert_proven, company_create, stock_in
from tests.concurrency.test_stock_race import race
from tests.fulfillment.goods import order_in, promised

pytestmark = pytest.mark.django_db(transaction=True)


def lower(order: Order, units: int, actor: User, version: str = "") -> Callable[[], EditOutcome]:
    line = order.lines.get()
    edit = Edit([LineEdit(line.pk, units)], version=version)
    return lambda: order_edit(order_id=order.pk, edit=edit, reason="Fewer", actor=actor, at=NOW)


def units(status: str) -> int:
    return sum(StockLevel.objects.filter(status=status).values_list("quantity", flat=True))


def test_edits_beside_allocations_lose_no_unit() -> None:
    company = company_create()
    stock_in(company, company.mug, 12)
    edited = [promised(company, (company.mug, 4)) for _ in range(3)]
    waiting = [order_in(company, (company.mug, 2)) for _ in range(3)]

    def allocate() -> list[object]:
        return list(
            order_allocate_many(order_ids=[order.pk for order in waiting], actor=company.olga, at=NOW)
        )

    results = race(*(lower(order, 2, company.cora) for order in edited), allocate, allocate, allocate)
    assert not [result for result in results if isinstance(result, Exception)], results
    allocate()
    assert (units("ALLOCATED"), units("AVAILABLE")) == (12, 0)
    assert {order.lines.get().quantity_allocated for order in [*edited, *waiting]} == {2}
    assert_proven()


def test_an_edit_and_a_release_happen_one_after_the_other() -> None:
    company = company_create()
    stock_in(company, company.mug, 40)
    orders = [promised(company, (company.mug, 4)) for _ in range(6)]

    def release(order: Order) -> Callable[[], object]:
        return lambda: fulfillment_release_many(order_ids=[order.pk], actor=company.pia, at=NOW)

    results = race(*(act for order in orders for act in (lower(order, 1, company.cora), release(order))))
    assert not [r for r in results if isinstance(r, Exception) and not isinstance(r, Conflict)], results
    for order in orders:
        order.refresh_from_db()
        line = order.lines.get()
        edits = OrderChange.objects.filter(order=order).count()
        # released first: all four are on the floor; edited first: one is
        assert (line.quantity_ordered, line.quantity_allocated) == ((1, 1) if edits else (4, 4))
    assert_proven()


def test_two_people_who_save_the_same_page_do_not_undo_each_other() -> None:
    company = company_create()
    order = order_in(company, (company.mug, 9))
    version = order_version(order.pk)
    results = race(*(lower(order, n, company.cora, version) for n in (2, 3, 4)))
    assert sorted(type(result).__name__ for result in results) == ["EditOutcome", "Outdated", "Outdated"], (
        results
    )
    assert [r.field for r in results if isinstance(r, Outdated)] == ["version", "version"]
    assert OrderChange.objects.count() == 1
    assert_proven()


def test_orders_merged_into_each_other_at_once_end_as_one() -> None:
    company = company_create()
    stock_in(company, company.mug, 10)
    stock_in(company, company.lamp, 10)
    one, two = (
        promised(company, (company.mug, 3), (company.lamp, 1)),
        promised(company, (company.lamp, 2), (company.mug, 1)),
    )

    def merge(target: Order, source: Order) -> Callable[[], Order]:
        return lambda: order_merge(
            order_ids=[source.pk], target_id=target.pk, reason="One parcel", actor=company.cora, at=NOW
        )

    results = race(merge(one, two), merge(two, one))
    assert sorted(isinstance(result, KeelError) for result in results) == [False, True], results
    states = sorted(Order.objects.values_list("state", "total"))
    assert states == [("ALLOCATED", 70), ("CANCELLED", 0)]
    assert units("ALLOCATED") == 7
    assert_proven()
