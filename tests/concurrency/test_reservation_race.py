"""Answers: when carts want the same last units at once, is each unit kept for one of them, and what without the lock?"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from erp.core.services.proof import prove
from orders import locks
from orders.models import Reservation, ReservationLine
from orders.services import (
    ReservationDraft,
    ReservationShort,
    order_allocate_many,
    reservation,
    reservation_create,
    reservation_expire,
    reservation_hand_over_many,
)
from tests.cast import NOW, Company, assert_proven, company_create, stock_in
from tests.concurrency.test_allocate_race import Careless, totals, write_what_was_seen
from tests.concurrency.test_stock_race import race
from tests.inventory.test_kit import kit_of
from tests.orders.test_reservations import MINUTE, ordered

pytestmark = pytest.mark.django_db(transaction=True)


def keep(company: Company, key: str, *lines: tuple[str, int]) -> Callable[[], tuple[Reservation, bool]]:
    draft = ReservationDraft("wholesale", key, lines, 600, "GB")
    return lambda: reservation_create(draft, actor=company.olga, at=NOW)


def names(results: list[object]) -> list[str]:
    return sorted(type(result).__name__ for result in results)


def test_carts_that_race_for_scarce_units_keep_exactly_what_there_is() -> None:
    """Twelve carts of two products, named in either order, one of them in a kit too; stock for five of them."""
    company = company_create()
    stock_in(company, company.mug, 7)
    stock_in(company, company.mug, 3, node=company.south)
    stock_in(company, company.lamp, 40)
    kit = kit_of(company, (company.mug, 2), (company.lamp, 1))
    acts = []
    for number in range(12):
        lines = [("mug", 2), ("lamp", 1)] if number % 3 else [(kit.sku, 1)]
        acts.append(keep(company, f"c{number}", *(lines if number % 2 else reversed(lines))))
    results = race(*acts)
    assert names(results) == ["ReservationShort"] * 7 + ["tuple"] * 5
    assert totals("RESERVED") == {"MUG": 10, "LAMP": 5}
    assert totals("AVAILABLE") == {"MUG": 0, "LAMP": 35}
    assert_proven()


def test_one_key_is_one_reservation_however_often_it_is_sent_at_once() -> None:
    company = company_create()
    stock_in(company, company.mug, 9)
    results = race(*[keep(company, "same", ("mug", 2))] * 4)
    assert sorted(is_new for _, is_new in results) == [False, False, False, True]  # type: ignore[misc]
    assert (Reservation.objects.count(), totals("RESERVED")) == (1, {"MUG": 2})
    assert_proven()


def test_a_cart_is_either_ordered_or_expired() -> None:
    company = company_create()
    stock_in(company, company.mug, 4)
    keep(company, "cart-1", ("mug", 4))()
    order = ordered(company, 4)

    def take() -> Any:
        with transaction.atomic():
            first = reservation_hand_over_many([order.pk], actor=company.olga, at=NOW)
            return first, order_allocate_many(order_ids=[order.pk], actor=company.olga, at=NOW)

    results = race(take, lambda: reservation_expire(actor=company.system, at=NOW + 60 * MINUTE))
    assert not [result for result in results if isinstance(result, Exception)], results
    (first, allocated), swept = results  # type: ignore[misc]
    assert (first, swept) in (([order.pk], {"expired": 0}), ([], {"expired": 1}))  # type: ignore[comparison-overlap]
    assert totals("RESERVED") == {"MUG": 0}
    if not allocated or not allocated[0].assigned:  # it looked while the sweeper still had the units
        order_allocate_many(order_ids=[order.pk], actor=company.olga, at=NOW)
    assert totals("ALLOCATED") == {"MUG": 4}
    assert_proven()


def test_carts_orders_and_the_sweeper_wait_for_each_other_in_no_circle() -> None:
    company = company_create()
    for product in (company.mug, company.lamp):
        stock_in(company, product, 30)
        stock_in(company, product, 30, node=company.south)
    for number in range(6):
        keep(company, f"old-{number}", ("mug", 2), ("lamp", 2))()
    orders = [
        ordered(company, 3, cart=f"old-{number}", sku=("mug", "lamp")[number % 2], number=number)
        for number in range(3)
    ]

    def take(batch: list[Any]) -> Callable[[], Any]:
        def act() -> Any:
            with transaction.atomic():
                reservation_hand_over_many([order.pk for order in batch], actor=company.olga, at=NOW)
                return order_allocate_many(
                    order_ids=[order.pk for order in batch], actor=company.olga, at=NOW
                )

        return act

    results = race(
        take(orders[:2]), take(orders[2:]), lambda: reservation_expire(actor=company.system, at=NOW + 60 * MINUTE),
        *(keep(company, f"new-{number}", *pair) for number, pair in enumerate(
            [(("lamp", 3), ("mug", 1)), (("mug", 4), ("lamp", 1)), (("lamp", 2), ("mug", 2))]
        )),
    )  # fmt: skip
    assert not [result for result in results if isinstance(result, Exception)], results
    assert_proven()


# --- the control: the same race with the level lock off ---
def without_the_level_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two carts look at the same levels before either of them is kept."""
    looked, lock_sellable = threading.Barrier(2), locks.lock_sellable

    def look(*args: Any) -> Any:
        found = lock_sellable(*args)
        looked.wait(10)  # breaks when a lock keeps the second one out
        return found

    monkeypatch.setattr(locks, "Statements", Careless)
    monkeypatch.setattr(reservation, "lock_sellable", look)


def two_want_two_of_three(company: Company) -> list[Callable[[], Any]]:
    stock_in(company, company.mug, 3)
    return [keep(company, f"c{number}", ("mug", 2)) for number in range(2)]


def test_with_the_lock_the_second_cart_is_told_what_the_first_one_left() -> None:
    company = company_create()
    results = race(*two_want_two_of_three(company))
    (refused,) = (result for result in results if isinstance(result, ReservationShort))
    assert refused.detail["shortages"] == [{"sku": "MUG", "wanted": 2, "available": 1}]
    assert totals("RESERVED") == {"MUG": 2}
    assert_proven()


def test_control_without_the_level_lock_the_second_cart_is_planned_on_units_that_are_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The projection's own guard still refuses the unit too many, but names nothing that the customer could be told."""
    company = company_create()
    acts = two_want_two_of_three(company)
    without_the_level_lock(monkeypatch)
    results = race(*acts)
    assert names(results) == ["LostUpdate", "tuple"]
    assert totals("RESERVED") == {"MUG": 2}
    assert_proven()


def test_control_without_the_level_lock_looking_before_writing_keeps_one_unit_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    company = company_create()
    acts = two_want_two_of_three(company)
    without_the_level_lock(monkeypatch)
    write_what_was_seen(monkeypatch)
    results = race(*acts)
    assert names(results) == ["tuple", "tuple"]
    assert sum(ReservationLine.objects.values_list("quantity", flat=True)) == 4  # of three
    assert {"i02", "i04"} <= {finding.code for finding in prove().failed}
