"""Answers: what happens when two do it at once? Each race is also run with its lock off, to show that the lock matters."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from erp.core.errors import KeelError
from erp.core.models import User
from ledger.models import CostLayer, CostMovement, JournalEntry, Period
from ledger.services import (
    CostIssue,
    CostReceipt,
    PeriodClosed,
    cost,
    cost_issue_many,
    cost_receive_many,
    journal_entry_post,
    period_begin_close,
    period_close,
)
from tests.ledger.conftest import APRIL, AT, sale

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Run every act in its own thread and connection; return what each returned or the refusal it met."""
    results: list[Any] = [None] * len(acts)

    def run(index: int, act: Callable[[], Any]) -> None:
        try:
            results[index] = act()
        except Exception as error:  # noqa: BLE001 — a thread's error must reach the test
            results[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def wait_after_looking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold every issue between looking and writing until two have looked, or the second is seen to be kept out."""
    barrier, plan = threading.Barrier(2), cost.plan_issues

    def planned(*args: Any) -> Any:
        found = plan(*args)
        with suppress(threading.BrokenBarrierError):
            barrier.wait(1.0)
        return found

    monkeypatch.setattr(cost, "plan_issues", planned)


@pytest.mark.parametrize("is_locked", [True, False])
def test_two_issues_of_the_same_product(
    books: User, monkeypatch: pytest.MonkeyPatch, is_locked: bool
) -> None:
    """Ten mugs, two want six. With the lock one gets them and one is refused; without it twelve leave."""
    if not is_locked:
        monkeypatch.setattr(cost, "_LOCK", cost._LOCK.replace("FOR NO KEY UPDATE", ""))
    cost_receive_many([CostReceipt(11, "FIFO", 10, Decimal("40.00"), "x.Receipt", 1)], at=AT)
    wait_after_looking(monkeypatch)
    results = at_once(*[lambda: cost_issue_many([CostIssue(11, "FIFO", 6, "x.Shipment", 1)], at=AT)] * 2)
    issued = -sum(row.quantity for row in CostMovement.objects.filter(quantity__lt=0))
    if not is_locked:
        assert issued == 12
        return
    refused = [result for result in results if isinstance(result, cost.InsufficientLayers)]
    assert len(refused) == 1
    assert refused[0].detail == {"short": {11: 2}}
    layer = CostLayer.objects.get()
    assert (issued, layer.quantity_left, layer.value_left) == (6, 4, Decimal(16))


def test_crossing_batches_do_not_deadlock(books: User) -> None:
    """Two batches name the same products in opposite order; layers are locked in (product, id) order."""
    cost_receive_many([CostReceipt(p, "FIFO", 50, Decimal(50), "x.Receipt", p) for p in range(1, 21)], at=AT)

    def many(products: list[int]) -> Callable[[], Any]:
        return lambda: [
            cost_issue_many([CostIssue(p, "FIFO", 1, "x.Shipment", p) for p in products], at=AT)
            for _ in range(10)
        ]

    results = at_once(many(list(range(1, 21))), many(list(range(20, 0, -1))))
    assert not [result for result in results if isinstance(result, Exception)]
    assert {layer.quantity_left for layer in CostLayer.objects.all()} == {30}


def test_receipts_into_one_pool_add_up(books: User) -> None:
    pooled = [CostReceipt(12, "AVERAGE", 1, Decimal("1.50"), "x.Receipt", 1)]
    at_once(*[lambda: [cost_receive_many(pooled, at=AT) for _ in range(10)]] * 4)
    pool = CostLayer.objects.get()
    assert (pool.quantity_left, pool.value_left) == (40, Decimal(60))


def test_a_posting_in_flight_is_in_the_close_or_refused(books: User) -> None:
    """The entry is written, not yet committed, when the close begins: the close waits and then holds it."""
    january = Period.objects.get(code="2011-01")
    written, closing = threading.Event(), threading.Event()

    def post() -> int:
        with transaction.atomic():
            entry = journal_entry_post(sale(day=date(2011, 1, 31)), actor=books)
            written.set()
            closing.wait(1.5)  # the close is now waiting for this transaction
        return entry

    def close() -> Period:
        assert written.wait(20)
        try:
            period_begin_close(period_id=january.pk, actor=books, at=APRIL)
            return period_close(period_id=january.pk, actor=books, at=APRIL)
        finally:
            closing.set()

    entry, closed = at_once(post, close)
    assert isinstance(closed, Period), closed
    assert closed.state == "CLOSED"
    assert JournalEntry.objects.get().pk == entry
    assert {row.base_debit + row.base_credit for row in closed.balances.all()} == {Decimal(100)}
    with pytest.raises(PeriodClosed):
        journal_entry_post(sale(day=date(2011, 1, 31), source_id=2), actor=books)


def test_many_postings_at_once_leave_no_gap_in_the_numbers(books: User) -> None:
    def post(base: int) -> Callable[[], Any]:
        def act() -> int:
            done = 0
            for number in range(15):
                try:
                    with transaction.atomic():
                        journal_entry_post(sale(source_id=base + number), actor=books)
                        if number % 5 == 4:
                            raise KeelError("changed my mind")
                    done += 1
                except KeelError:
                    pass
            return done

        return act

    results = at_once(*[post(base) for base in (0, 100, 200, 300)])
    assert results == [12] * 4
    numbers = sorted(JournalEntry.objects.values_list("number", flat=True))
    assert numbers == [f"JE-{number:06d}" for number in range(1, 49)]
