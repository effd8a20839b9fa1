"""Answers: when workers promise the same scarce stock at once, is exactly the stock promised, and what without the lock?"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from erp.core.errors import LostUpdate
from erp.core.services.proof import prove
from erp.core.sql import Statements
from inventory.models import StockLevel
from inventory.services import stock
from orders import locks
from orders.models import Allocation, AllocationDecision, Order, OrderLine
from orders.services import AllocationResult, allocation, order_allocate_many, order_cancel
from tests.cast import NOW, Company, assert_proven, company_create, stock_in
from tests.concurrency.test_stock_race import race
from tests.fulfillment.goods import order_in

pytestmark = pytest.mark.django_db(transaction=True)
LOCK = " FOR NO KEY UPDATE OF l"


def allocate(company: Company, *orders: Order) -> Callable[[], list[AllocationResult]]:
    ids = [order.pk for order in orders]
    return lambda: order_allocate_many(order_ids=ids, actor=company.olga, at=NOW)


def totals(status: str) -> dict[str, int]:
    """Units per SKU in a status, over all nodes."""
    found: dict[str, int] = {}
    for sku, units in StockLevel.objects.filter(status=status).values_list("product__sku", "quantity"):
        found[sku] = found.get(sku, 0) + units
    return found


def promised_units() -> dict[str, int]:
    """Units per SKU that active allocations promise."""
    found: dict[str, int] = {}
    for sku, units in Allocation.objects.filter(state="ACTIVE").values_list("product__sku", "quantity"):
        found[sku] = found.get(sku, 0) + units
    return found


def assert_exactly_promised(stock: dict[str, int]) -> None:
    """Every unit there was is promised, none twice, and both the projections and the order lines say so."""
    assert promised_units() == stock
    assert totals("ALLOCATED") == stock
    assert totals("AVAILABLE") == dict.fromkeys(stock, 0)
    assert not StockLevel.objects.filter(quantity__lt=0).exists()
    lines: dict[str, int] = {}
    for sku, units in OrderLine.objects.values_list("product__sku", "quantity_allocated"):
        lines[sku] = lines.get(sku, 0) + units
    assert lines == stock
    assert_proven()


def test_scarce_stock_of_few_skus_is_promised_exactly_however_many_want_it() -> None:
    """Eight workers, 32 orders of two lines, twice what three SKUs at two nodes have; half name the SKUs backwards."""
    company = company_create()
    products = [company.mug, company.lamp, company.cream]
    company.cream.is_lot_tracked = False
    company.cream.save()
    for product in products:
        stock_in(company, product, 13)
        stock_in(company, product, 7, node=company.south)
    batches: list[list[Order]] = [[] for _ in range(8)]
    for number in range(32):
        pair = [products[number % 3], products[(number + 1) % 3]]
        lines = [(product, 2) for product in (pair if number % 2 else reversed(pair))]
        batches[number % 8].append(order_in(company, *lines))
    results = race(*(allocate(company, *batch) for batch in batches))
    assert [type(result) for result in results] == [list] * 8, results
    found = [row for result in results for row in result]  # type: ignore[attr-defined]
    assert sorted(row.order_id for row in found) == sorted(order.pk for batch in batches for order in batch)
    assert sum(row.assigned for row in found) == 60
    assert sum(row.short for row in found) == 128 - 60
    assert_exactly_promised({"MUG": 20, "LAMP": 20, "CREAM": 20})
    decided = AllocationDecision.objects.filter(order__in=[order for batch in batches for order in batch])
    assert decided.count() == 32


def test_an_order_that_several_workers_have_in_hand_is_promised_once() -> None:
    company = company_create()
    stock_in(company, company.mug, 10)
    order = order_in(company, (company.mug, 4))
    results = race(*[allocate(company, order)] * 4)
    assert sorted(results, key=len) == [[], [], [], [(order.pk, 4, 0)]]  # type: ignore[arg-type]
    assert promised_units() == {"MUG": 4}
    assert AllocationDecision.objects.count() == 1
    assert_proven()


def test_sweeps_share_the_waiting_orders_and_leave_none_behind() -> None:
    company = company_create()
    stock_in(company, company.mug, 12)
    for _ in range(24):
        order_in(company, (company.mug, 1))

    def sweep() -> int:
        """What a worker does: five at a time, until there is nothing more to be had."""
        mine = 0
        while served := sum(row.assigned for row in order_allocate_many(limit=5, actor=company.olga, at=NOW)):
            mine += served
        return mine

    results = race(*[sweep] * 4)
    assert sum(results) <= 12, results  # type: ignore[arg-type]
    order_allocate_many(actor=company.olga, at=NOW)  # who skipped what another had in hand comes again
    assert_exactly_promised({"MUG": 12})


def test_a_cancellation_beside_an_allocation_loses_no_unit() -> None:
    company = company_create()
    stock_in(company, company.mug, 6)
    leaving = [order_in(company, (company.mug, 2)) for _ in range(3)]
    allocate(company, *leaving)()
    waiting = [order_in(company, (company.mug, 2)) for _ in range(3)]

    def cancel(order: Order) -> Callable[[], int]:
        return lambda: order_cancel(order_id=order.pk, reason="Changed mind", actor=company.cora, at=NOW)

    results = race(*map(cancel, leaving), *(allocate(company, order) for order in waiting))
    assert not [result for result in results if isinstance(result, Exception)], results
    allocate(company, *waiting)()  # for whom the cancellation came too late
    assert set(
        Order.objects.filter(pk__in=[order.pk for order in leaving]).values_list("state", flat=True)
    ) == {"CANCELLED"}
    assert_exactly_promised({"MUG": 6})


# --- the control: the same race with the level lock off ---
class Careless(Statements):
    """Statements that look at stock levels without locking them, and are the product's own otherwise."""

    def add(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        super().add(sql.replace(LOCK, "") if "FROM inventory_stocklevel l" in sql else sql, parameters)


def without_the_level_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two workers look at the same levels before either of them writes."""
    looked, lock_sellable = threading.Barrier(2), locks.lock_sellable

    def look(*args: Any, **kwargs: Any) -> Any:
        found = lock_sellable(*args, **kwargs)
        looked.wait(10)  # breaks when a lock keeps the second one out
        return found

    monkeypatch.setattr(locks, "Statements", Careless)
    monkeypatch.setattr(allocation, "lock_sellable", look)


def write_what_was_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each worker write back the level it saw less what it took, as the field's naive way does it."""
    seen = {(row.product_id, row.node_id, row.status): row.quantity for row in StockLevel.objects.all()}

    def add_levels(batch: Statements, levels: dict[tuple[int, int, str], int], *, demand: bool) -> None:
        for (product, node, status), delta in levels.items():
            batch.add(
                "INSERT INTO inventory_stocklevel (product_id, node_id, status, quantity) VALUES (%s, %s, %s, %s) "
                "ON CONFLICT (product_id, node_id, status) DO UPDATE SET quantity = excluded.quantity",
                [product, node, status, seen.get((product, node, status), 0) + delta],
            )

    monkeypatch.setattr(stock, "_add_levels", add_levels)


def two_want_two_of_three(company: Company) -> list[object]:
    stock_in(company, company.mug, 3)
    return [allocate(company, order_in(company, (company.mug, 2))) for _ in range(2)]


def test_the_lock_lets_the_second_worker_plan_with_what_the_first_one_left() -> None:
    company = company_create()
    results = race(*two_want_two_of_three(company))  # type: ignore[arg-type]
    assert sorted(row[1:] for result in results for row in result) == [(1, 1), (2, 0)]  # type: ignore[attr-defined]
    assert_exactly_promised({"MUG": 3})


def test_control_without_the_level_lock_one_worker_loses_all_it_planned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The projection's own guard still refuses the unit too many, but at the price of the whole batch."""
    company = company_create()
    acts = two_want_two_of_three(company)
    without_the_level_lock(monkeypatch)
    results = race(*acts)  # type: ignore[arg-type]
    assert sorted(type(result).__name__ for result in results) == ["LostUpdate", "list"]
    assert [str(result) for result in results if isinstance(result, LostUpdate)]
    assert promised_units() == {"MUG": 2}
    assert totals("AVAILABLE") == {"MUG": 1}
    assert_proven()


def test_control_without_the_level_lock_looking_before_writing_oversells(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    company = company_create()
    acts = two_want_two_of_three(company)
    without_the_level_lock(monkeypatch)
    write_what_was_seen(monkeypatch)
    results = race(*acts)  # type: ignore[arg-type]
    assert [row[1:] for result in results for row in result] == [(2, 0), (2, 0)]  # type: ignore[attr-defined]
    assert promised_units() == {"MUG": 4}  # of three
    assert totals("AVAILABLE") == {"MUG": 1}  # and one more for the next one
    assert {"i02", "i04"} <= {finding.code for finding in prove().failed}
