"""Answers: does a pick move exactly what was scanned, once, and leave everything else where it was?"""

from uuid import UUID, uuid4

import pytest

from erp.core.errors import IllegalTransition, InvalidInput
from erp.core.models import ExceptionCase
from fulfillment.models import FulfillmentOrder, PickScan, PickTask
from fulfillment.selectors import next_task
from fulfillment.services import (
    fulfillment_cancel,
    fulfillment_pick_many,
    fulfillment_release_many,
    pick_confirm_many,
    pick_scan,
    pick_short,
)
from inventory.models import BinStock, ProductUnit, StockEvent, StockLevel
from orders.models import Order
from tests import factories as make
from tests.cast import NOW, Company, assert_proven, stock_in
from tests.fulfillment.goods import fulfillment_of, goods_in, promised

pytestmark = pytest.mark.django_db


def released(company: Company, *lines: tuple) -> tuple[Order, FulfillmentOrder]:  # type: ignore[type-arg]
    order = promised(company, *lines)
    fulfillment_release_many(order_ids=[order.pk], actor=company.olga, at=NOW)
    order.refresh_from_db()
    return order, fulfillment_of(order)


def scan(company: Company, task: PickTask, code: str, client_id: UUID | None = None) -> str:
    return pick_scan(
        client_id=client_id or uuid4(), pick_list_id=task.pick_list_id, task_id=task.pk, code=code,
        actor=company.pia, at=NOW,
    ).outcome  # fmt: skip


def levels(company: Company) -> dict[str, int]:
    rows = StockLevel.objects.filter(product=company.mug).exclude(quantity=0)
    return dict(rows.values_list("status", "quantity"))


def test_bin_then_product_picks_the_task(company: Company) -> None:
    goods_in(company, company.mug, 5)
    order, fulfillment = released(company, (company.mug, 2))
    task = PickTask.objects.get()

    assert scan(company, task, "n-a-01") == "BIN_OK"
    assert levels(company) == {"AVAILABLE": 3, "ALLOCATED": 2}
    assert scan(company, task, "4006381333931") == "PICKED"

    assert levels(company) == {"AVAILABLE": 3, "PICKED": 2}
    bin_stock = BinStock.objects.get()
    assert (bin_stock.quantity, bin_stock.quantity_allocated) == (3, 0)
    for row in (task, fulfillment, fulfillment.pick_list):
        row.refresh_from_db()
    assert (task.state, fulfillment.state, fulfillment.pick_list.state) == ("PICKED", "PICKED", "DONE")
    assert fulfillment.pick_list.picker == company.pia
    assert order.lines.get().quantity_picked == 2
    assert next_task(task.pick_list_id) is None
    assert_proven()


@pytest.mark.parametrize(
    ("bin_first", "code", "outcome"),
    [
        (False, "N-A-02", "WRONG_BIN"),
        (False, "MUG", "BIN_FIRST"),
        (False, "nobody knows", "UNKNOWN"),
        (True, "LAMP", "WRONG_PRODUCT"),
        (True, "N-A-02", "WRONG_BIN"),
        (True, "]C1\x1dgibberish", "UNKNOWN"),
    ],
)
def test_a_wrong_scan_is_kept_and_moves_nothing(
    company: Company, bin_first: bool, code: str, outcome: str
) -> None:
    goods_in(company, company.mug, 5)
    released(company, (company.mug, 2))
    task = PickTask.objects.get()
    if bin_first:
        scan(company, task, "N-A-01")
    events = StockEvent.objects.count()

    assert scan(company, task, code) == outcome

    assert PickScan.objects.order_by("-pk").first().outcome == outcome  # type: ignore[union-attr]
    assert StockEvent.objects.count() == events
    task.refresh_from_db()
    assert task.state == "OPEN"


def test_a_scan_sent_twice_is_one_scan(company: Company) -> None:
    goods_in(company, company.mug, 5)
    released(company, (company.mug, 2))
    task, twice = PickTask.objects.get(), uuid4()
    scan(company, task, "N-A-01")
    assert scan(company, task, "MUG", twice) == "PICKED"
    events = StockEvent.objects.count()

    assert scan(company, task, "MUG", twice) == "PICKED"

    assert StockEvent.objects.count() == events
    assert PickScan.objects.count() == 2
    assert scan(company, task, "MUG") == "TASK_CLOSED"


def test_packs_and_gs1_symbols_name_the_product(company: Company) -> None:
    box = make.UnitFactory(code="BOX", name="Box")
    ProductUnit.objects.create(product=company.mug, unit=box, factor=2, gtin="14006381333938")
    lot = make.LotFactory(product=company.cream, code="L1")
    company.cream.gtin = "4012345678901"
    company.cream.save()
    goods_in(company, company.mug, 5)
    goods_in(company, company.cream, 5, lot=lot, location=company.bins[1])
    released(company, (company.mug, 2), (company.cream, 1))
    mug, cream = PickTask.objects.order_by("position")

    scan(company, mug, "N-A-01")
    assert scan(company, mug, "14006381333938") == "PICKED"
    scan(company, cream, "N-A-02")
    assert scan(company, cream, "010401234567890110L2") == "WRONG_PRODUCT"
    assert scan(company, cream, "010401234567890110L1") == "PICKED"
    assert_proven()


def test_a_task_is_picked_once(company: Company) -> None:
    goods_in(company, company.mug, 5)
    released(company, (company.mug, 2))
    task = PickTask.objects.get()
    pick_confirm_many(task_ids=[task.pk], actor=company.pia, at=NOW)
    with pytest.raises(IllegalTransition):
        pick_confirm_many(task_ids=[task.pk], actor=company.pia, at=NOW)
    assert levels(company) == {"AVAILABLE": 3, "PICKED": 2}


def test_a_short_pick_sets_the_missing_aside_and_queues_the_order_again(company: Company) -> None:
    goods_in(company, company.mug, 5)
    order, fulfillment = released(company, (company.mug, 4))
    task = PickTask.objects.get()

    case_id = pick_short(
        task_id=task.pk, quantity_found=1, reason="Fewer there than expected", actor=company.pia, at=NOW
    )

    for row in (order, fulfillment, task):
        row.refresh_from_db()
    assert levels(company) == {"AVAILABLE": 1, "PICKED": 1, "QUARANTINE": 3}
    assert (task.state, task.quantity_picked, fulfillment.state) == ("SHORT", 1, "PICKED")
    line = order.lines.get()
    assert (line.quantity_allocated, line.quantity_picked) == (1, 1)
    assert order.needs_allocation
    case = ExceptionCase.objects.get(pk=case_id)
    assert (case.kind, case.detail["missing"], case.owner_role) == ("SHORT_PICK", 3, "WAREHOUSE")
    assert_proven()


def test_a_short_pick_of_nothing_ends_the_fulfilment(company: Company) -> None:
    goods_in(company, company.mug, 5)
    order, fulfillment = released(company, (company.mug, 4))
    pick_short(
        task_id=PickTask.objects.get().pk, quantity_found=0, reason="Bin is empty", actor=company.pia, at=NOW
    )
    order.refresh_from_db()
    fulfillment.refresh_from_db()
    assert (fulfillment.state, fulfillment.pick_list.state) == ("SHORT", "DONE")
    assert levels(company) == {"AVAILABLE": 1, "QUARANTINE": 4}
    assert order.state == "CONFIRMED"
    assert_proven()


@pytest.mark.parametrize(("found", "reason"), [(4, "x"), (5, "x"), (-1, "x"), (1, "  ")])
def test_a_short_pick_must_be_short_and_say_why(company: Company, found: int, reason: str) -> None:
    goods_in(company, company.mug, 5)
    released(company, (company.mug, 4))
    with pytest.raises(InvalidInput):
        pick_short(
            task_id=PickTask.objects.get().pk, quantity_found=found, reason=reason, actor=company.pia, at=NOW
        )
    assert levels(company) == {"AVAILABLE": 1, "ALLOCATED": 4}


def test_cancelling_puts_picked_goods_back_into_their_bin(company: Company) -> None:
    goods_in(company, company.mug, 5)
    goods_in(company, company.lamp, 5, location=company.bins[1])
    order, fulfillment = released(company, (company.mug, 2), (company.lamp, 1))
    pick_confirm_many(task_ids=[PickTask.objects.get(product=company.mug).pk], actor=company.pia, at=NOW)
    fulfillment.refresh_from_db()
    assert fulfillment.state == "PICKING"

    fulfillment_cancel(fulfillment_id=fulfillment.pk, reason="customer rang", actor=company.olga, at=NOW)

    assert levels(company) == {"AVAILABLE": 3, "ALLOCATED": 2}
    assert list(BinStock.objects.values_list("quantity", "quantity_allocated")) == [(5, 0), (5, 0)]
    assert [line.quantity_picked for line in order.lines.all()] == [0, 0]
    assert_proven()
    fulfillment_release_many(order_ids=[order.pk], actor=company.olga, at=NOW)
    assert PickTask.objects.open().count() == 2
    assert_proven()


def test_a_node_without_bins_confirms_at_the_desk(company: Company) -> None:
    stock_in(company, company.mug, 5, node=company.store)
    _, fulfillment = released(company, (company.mug, 2))
    assert (fulfillment.node, fulfillment.pick_list) == (company.store, None)
    assert not PickTask.objects.exists()

    fulfillment_pick_many(fulfillment_ids=[fulfillment.pk], actor=company.olga, at=NOW)

    fulfillment.refresh_from_db()
    assert fulfillment.state == "PICKED"
    assert levels(company) == {"AVAILABLE": 3, "PICKED": 2}
    assert_proven()
    with pytest.raises(IllegalTransition):
        fulfillment_pick_many(fulfillment_ids=[fulfillment.pk], actor=company.olga, at=NOW)
