"""Answers: when two workers pick, release or ship the same thing at the same moment, does it happen once?"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections

from fulfillment import locks
from fulfillment.models import FulfillmentOrder, PickScan, PickTask, Shipment
from fulfillment.services import (
    fulfillment_pack_many,
    fulfillment_pick_many,
    fulfillment_release_many,
    pick_scan,
    shipment_confirm_many,
)
from inventory.models import BinStock, StockEvent
from ledger.models import JournalEntry
from tests.cast import NOW, Company, assert_proven, company_create
from tests.fulfillment.goods import goods_in, promised

pytestmark = pytest.mark.django_db(transaction=True)


def race(threads: int, act: Callable[[int], Any]) -> list[Any]:
    """Let `threads` threads start `act(n)` at one moment; returns what each returned or raised."""
    gate = threading.Barrier(threads)
    results: list[Any] = [None] * threads

    def run(number: int) -> None:
        gate.wait()
        try:
            results[number] = act(number)
        except Exception as error:  # noqa: BLE001 (the test looks at it)
            results[number] = error
        finally:
            connections.close_all()

    workers = [threading.Thread(target=run, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return results


@pytest.fixture
def company() -> Company:
    return company_create()


def packed(company: Company) -> int:
    goods_in(company, company.mug, 10)
    order = promised(company, (company.mug, 2))
    ids = fulfillment_release_many(order_ids=[order.pk], actor=company.olga, at=NOW).fulfillment_ids
    fulfillment_pick_many(fulfillment_ids=ids, actor=company.pia, at=NOW)
    fulfillment_pack_many(fulfillment_ids=ids, actor=company.pia, at=NOW)
    return ids[0]


def test_two_workers_ship_one_fulfilment_once(company: Company) -> None:
    pk = packed(company)
    results = race(
        4,
        lambda _: shipment_confirm_many(fulfillment_ids=[pk], carrier="DPD", actor=company.pia, at=NOW),
    )
    assert len([result for result in results if isinstance(result, list)]) == 1, results
    assert Shipment.objects.count() == 1
    assert JournalEntry.objects.filter(kind="fulfillment.shipment_confirmed").count() == 1
    assert_proven()


def test_without_the_lock_the_database_still_lets_only_one_through(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: workers that do not wait for each other collide, which is what the lock spares them."""
    for name in ("_ORDERS", "_LISTS", "_FULFILLMENTS"):
        monkeypatch.setattr(locks, name, getattr(locks, name).replace(" FOR NO KEY UPDATE", ""))
    pk = packed(company)
    gate = threading.Barrier(2)
    original = locks.lock_fulfillments

    def meet(ids: Any) -> Any:
        found = original(ids)
        gate.wait(10)  # both have looked, nobody has written
        return found

    monkeypatch.setattr("fulfillment.services.shipment.lock_fulfillments", meet)
    results = race(
        2,
        lambda _: shipment_confirm_many(fulfillment_ids=[pk], carrier="DPD", actor=company.pia, at=NOW),
    )
    refused = [result for result in results if isinstance(result, Exception)]
    assert len(refused) == 1
    assert type(refused[0]).__name__ != "IllegalTransition"  # not refused politely, but by a constraint
    assert Shipment.objects.count() == 1
    assert_proven()


def test_two_planners_release_one_order_once(company: Company) -> None:
    goods_in(company, company.mug, 10)
    order = promised(company, (company.mug, 2))
    results = race(3, lambda _: fulfillment_release_many(order_ids=[order.pk], actor=company.olga, at=NOW))
    assert sorted(len(result.fulfillment_ids) for result in results) == [0, 0, 1], results
    assert FulfillmentOrder.objects.count() == 1
    assert_proven()


def test_planners_of_different_orders_share_a_bin_without_taking_too_much(company: Company) -> None:
    goods_in(company, company.mug, 6)
    orders = [promised(company, (company.mug, 1)) for _ in range(6)]
    results = race(
        6, lambda n: fulfillment_release_many(order_ids=[orders[n].pk], actor=company.olga, at=NOW)
    )
    assert all(len(result.fulfillment_ids) == 1 for result in results), results
    assert BinStock.objects.get().quantity_allocated == 6
    assert_proven()


def test_one_scan_sent_by_four_threads_picks_once(company: Company) -> None:
    goods_in(company, company.mug, 10)
    order = promised(company, (company.mug, 2))
    fulfillment_release_many(order_ids=[order.pk], actor=company.olga, at=NOW)
    task = PickTask.objects.get()
    here, product = uuid4(), uuid4()

    def scan(client_id: Any, code: str) -> str:
        return pick_scan(
            client_id=client_id, pick_list_id=task.pick_list_id, task_id=task.pk, code=code, actor=company.pia, at=NOW
        ).outcome  # fmt: skip

    assert race(4, lambda _: scan(here, "N-A-01")) == ["BIN_OK"] * 4
    assert race(4, lambda _: scan(product, "MUG")) == ["PICKED"] * 4
    assert PickScan.objects.count() == 2
    assert StockEvent.objects.filter(idempotency_key=f"pick:task:{task.pk}").count() == 1
    assert_proven()
