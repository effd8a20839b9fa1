"""Can two people sell the same last unit, and would the control without the lock?"""

import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from inventory.models import BinStock, StockLevel
from inventory.services import BinChoice, InsufficientStock, Move, bin_allocate_many, stock_post
from inventory.states import StockStatus as S
from tests.cast import NOW, Company, assert_proven, company_create, stock_in

pytestmark = pytest.mark.django_db(transaction=True)


def race(*acts: Callable[[], object]) -> list[object]:
    """Run each act in a thread with its own connection, all let go at once; an exception is its thread's result."""
    start, results = threading.Barrier(len(acts)), [None] * len(acts)

    def run(index: int, act: Callable[[], object]) -> None:
        try:
            start.wait(10)
            results[index] = act()
        except Exception as error:  # noqa: BLE001 — the outcome of the race is what the test looks at
            results[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(index, act)) for index, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def promise(company: Company, quantity: int, key: str) -> Callable[[], int]:
    north = company.north.pk
    move = Move(company.mug.pk, quantity, north, S.AVAILABLE, north, S.ALLOCATED)
    return lambda: stock_post(
        action="orders.order_allocate", source_type="tests", source_id=1, idempotency_key=key, moves=[move],
        actor=company.olga, at=NOW,
    )  # fmt: skip


def quantity(company: Company, status: str) -> int:
    return sum(
        StockLevel.objects.filter(product=company.mug, status=status).values_list("quantity", flat=True)
    )


def test_the_last_units_are_promised_once() -> None:
    company = company_create()
    stock_in(company, company.mug, 3)
    results = race(*(promise(company, 2, f"k{n}") for n in range(4)))
    assert sorted(type(result).__name__ for result in results) == ["InsufficientStock"] * 3 + ["int"]
    assert (quantity(company, S.AVAILABLE), quantity(company, S.ALLOCATED)) == (1, 2)
    assert_proven("i02", "i03")


def test_everything_is_promised_when_there_is_enough() -> None:
    company = company_create()
    stock_in(company, company.mug, 40)
    results = race(*(promise(company, 5, f"k{n}") for n in range(8)))
    assert [type(result) for result in results] == [int] * 8
    assert quantity(company, S.ALLOCATED) == 40
    assert_proven("i02", "i03")


def test_control_looking_before_writing_without_the_lock_oversells() -> None:
    """The same race, done as the field's naive way does it: read, decide, write what was decided."""
    company = company_create()
    stock_in(company, company.mug, 3)
    looked = threading.Barrier(2)

    def naive() -> int:
        with transaction.atomic():
            level = StockLevel.objects.get(product=company.mug, status=S.AVAILABLE)
            looked.wait(10)
            assert level.quantity >= 2
            StockLevel.objects.filter(pk=level.pk).update(quantity=level.quantity - 2)
            return 2

    sold = sum(result for result in race(naive, naive) if isinstance(result, int))
    assert sold == 4  # of three
    assert quantity(company, S.AVAILABLE) == 1


def test_opposite_directions_do_not_wait_for_each_other_in_a_circle() -> None:
    """Two postings that touch the same products in opposite order: locks are taken in bucket order, so none dies."""
    company = company_create()
    stock_in(company, company.mug, 50)
    stock_in(company, company.lamp, 50)
    north = company.north.pk

    def both(first: int, second: int, key: str) -> Callable[[], None]:
        def act() -> None:
            for n in range(20):
                moves = [
                    Move(product, 1, north, S.AVAILABLE, north, S.ALLOCATED) for product in (first, second)
                ]
                stock_post(action="orders.order_allocate", source_type="tests", source_id=n, actor=company.olga,
                           idempotency_key=f"{key}{n}", moves=moves, at=NOW)  # fmt: skip

        return act

    mug, lamp = company.mug.pk, company.lamp.pk
    results = race(both(mug, lamp, "a"), both(lamp, mug, "b"))
    assert results == [None, None]
    assert quantity(company, S.ALLOCATED) == 40
    assert_proven("i02", "i03")


def test_two_pick_tasks_never_take_up_the_same_units_of_a_bin() -> None:
    company = company_create()
    stock_in(company, company.mug, 5)
    bin_id = BinStock.objects.get().pk

    def take() -> str:
        with transaction.atomic():
            bin_allocate_many([BinChoice(bin_id, 3)])
        return "taken"

    results = race(take, take)
    assert [result for result in results if result == "taken"] == ["taken"]
    assert BinStock.objects.get().quantity_allocated == 3


def test_the_same_key_twice_moves_once() -> None:
    company = company_create()
    stock_in(company, company.mug, 10)
    results = race(promise(company, 2, "same"), promise(company, 2, "same"))
    assert sorted(isinstance(result, int) for result in results) == [False, True]
    assert not any(isinstance(result, InsufficientStock) for result in results)
    assert quantity(company, S.ALLOCATED) == 2
    assert_proven("i02", "i10")
