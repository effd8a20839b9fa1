"""Goods enter bins, cost layers and books together, and never more than the tolerance allows."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest

from erp.core.errors import InvalidInput
from erp.core.models import ExceptionCase
from inventory.models import BinStock, StockEvent, StockLevel
from ledger.models import AccountRole, CostLayer, JournalEntry
from procurement.models import GoodsReceipt, PurchaseOrder
from procurement.selectors import grni_ageing, grni_balance
from procurement.services import (
    OverReceipt,
    PurchaseLine,
    ReceivedLine,
    goods_receive,
    purchase_order_close,
    purchase_order_create,
    purchase_order_flag_late,
    purchase_order_send,
    purchase_order_submit,
)
from tests import factories as make
from tests.cast import NOW, TODAY, Company, assert_proven
from tests.procurement.conftest import Buy, balance


@pytest.fixture(autouse=True)
def _proven(shop: Company) -> Iterator[None]:
    """Whatever a test did, every invariant of goods and money holds afterwards."""
    yield
    assert_proven("i02", "i14", "i23", "i24", "i25", "i33", "i35", "i36", "i46")


def _receive(shop: Company, order: PurchaseOrder, quantity: int, **kwargs: object) -> GoodsReceipt:
    line = ReceivedLine(order.lines.order_by("position")[0].pk, quantity, **kwargs)  # type: ignore[arg-type]
    return goods_receive(purchase_order_id=order.pk, lines=[line], actor=shop.pia, at=NOW)


def test_receive_moves_stock_cost_and_books_together(shop: Company, buy: Buy) -> None:
    order = buy(100)
    receipt = _receive(shop, order, 100)
    order.refresh_from_db()
    assert (order.state, order.lines.get().quantity_received) == ("RECEIVED", 100)
    assert (receipt.number, receipt.value) == ("GR-000001", Decimal("400"))
    assert StockLevel.objects.get(product=shop.mug, status="AVAILABLE").quantity == 100
    assert BinStock.objects.get(product=shop.mug).location == shop.bins[0]
    layer = CostLayer.objects.get(product_id=shop.mug.pk)
    assert (layer.quantity_left, layer.value_left) == (100, Decimal("400"))
    entry = JournalEntry.objects.get(kind="procurement.goods_received", source_id=receipt.pk)
    assert entry.stock_sequence == receipt.stock_sequence
    assert (balance(AccountRole.INVENTORY), balance(AccountRole.GRNI)) == (Decimal("400"), Decimal("-400"))
    assert grni_balance(on=TODAY) == Decimal("400")
    assert not ExceptionCase.objects.exists()


def test_partial_receipts_add_up_to_the_cent(shop: Company, buy: Buy) -> None:
    order = buy(3, mug_cost=Decimal("0.3333"))
    values = [_receive(shop, order, 1).value for _ in range(3)]
    assert values == [Decimal("0.33"), Decimal("0.34"), Decimal("0.33")]
    assert sum(values) == Decimal("1.00") == -balance(AccountRole.GRNI) == grni_balance(on=TODAY)
    assert [(line.quantity, line.value) for line in grni_ageing(on=TODAY)] == [(1, value) for value in values]


def test_over_receipt_beyond_five_percent_is_refused_whole(shop: Company, buy: Buy) -> None:
    order = buy(100)
    with pytest.raises(OverReceipt) as refusal:
        _receive(shop, order, 106)
    assert refusal.value.detail["most"] == 105
    assert (
        not GoodsReceipt.objects.exists()
        and not StockEvent.objects.exists()
        and not CostLayer.objects.exists()
    )
    _receive(shop, order, 105)
    case = ExceptionCase.objects.get(kind="RECEIPT_VARIANCE")
    assert case.detail == {"over": {"MUG": 5}, "days_late": 0} and case.money_at_risk == Decimal("20")


def test_short_receipt_opens_a_case_that_the_rest_settles(shop: Company, buy: Buy) -> None:
    order = buy(100)
    _receive(shop, order, 60)
    case = ExceptionCase.objects.get(kind="RECEIPT_VARIANCE")
    assert (case.state, case.detail["short"], case.money_at_risk) == ("OPEN", {"MUG": 40}, Decimal("160"))
    _receive(shop, order, 40)
    case.refresh_from_db()
    assert (case.state, case.resolution) == ("RESOLVED", "procurement.goods_receive")
    assert PurchaseOrder.objects.get().state == "RECEIVED"


def test_close_of_a_short_order_needs_a_reason(shop: Company, buy: Buy) -> None:
    order = buy(100)
    _receive(shop, order, 60)
    with pytest.raises(InvalidInput):
        purchase_order_close(purchase_order_id=order.pk, actor=shop.ben, at=NOW)
    purchase_order_close(purchase_order_id=order.pk, reason="discontinued", actor=shop.ben, at=NOW)
    assert PurchaseOrder.objects.get().state == "CLOSED"
    assert ExceptionCase.objects.get().state == "RESOLVED"


def test_nothing_is_received_for_an_order_that_was_not_sent(shop: Company, buy: Buy) -> None:
    order = purchase_order_create(
        supplier_id=shop.acme.pk,
        node_id=shop.north.pk,
        lines=[PurchaseLine(shop.mug.pk, 5)],
        actor=shop.ben,
        at=NOW,
    )
    with pytest.raises(InvalidInput):
        _receive(shop, order, 5)
    assert not StockEvent.objects.exists()


def test_bins_are_the_home_then_an_empty_one(shop: Company, buy: Buy) -> None:
    order = buy(10, 4)
    first, second = order.lines.order_by("position")
    goods_receive(
        purchase_order_id=order.pk,
        lines=[ReceivedLine(first.pk, 10, shop.bins[2].pk)],
        actor=shop.pia,
        at=NOW,
    )
    goods_receive(purchase_order_id=order.pk, lines=[ReceivedLine(second.pk, 4)], actor=shop.pia, at=NOW)
    again = buy(10)
    _receive(shop, again, 10)
    homes = dict(BinStock.objects.values_list("product__sku", "location__code"))
    assert homes == {"MUG": "N-A-03", "LAMP": "N-A-01"}
    assert BinStock.objects.get(product=shop.mug).quantity == 20


def test_bin_of_another_node_is_refused(shop: Company, buy: Buy) -> None:
    order = buy(10)
    with pytest.raises(InvalidInput, match="active bin"):
        _receive(shop, order, 10, location_id=shop.south_bins[0].pk)
    assert not StockEvent.objects.exists()


def test_lot_tracked_goods_need_their_lot(shop: Company) -> None:
    make.SupplierProductFactory(supplier=shop.acme, product=shop.cream, unit_cost=Decimal("2.00"))
    order = purchase_order_create(
        supplier_id=shop.acme.pk,
        node_id=shop.north.pk,
        lines=[PurchaseLine(shop.cream.pk, 5)],
        actor=shop.ben,
        at=NOW,
    )
    purchase_order_submit(purchase_order_id=order.pk, actor=shop.ben, at=NOW)
    purchase_order_send(purchase_order_id=order.pk, actor=shop.ben, at=NOW)
    with pytest.raises(InvalidInput, match="by lot"):
        _receive(shop, order, 5)
    receipt = _receive(
        shop, order, 5, lot_code="L1", expiry_date=TODAY + timedelta(days=90), status="QUARANTINE"
    )
    line = receipt.lines.get()
    assert (line.lot.code, line.status) == ("L1", "QUARANTINE")
    assert StockLevel.objects.get(product=shop.cream, status="QUARANTINE").quantity == 5


def test_foreign_goods_enter_at_the_orders_rate(shop: Company, buy: Buy) -> None:
    shop.acme.currency, shop.acme.rate = "USD", Decimal("0.79")
    shop.acme.save()
    order = buy(3)
    shop.acme.rate = Decimal("0.50")
    shop.acme.save()
    assert _receive(shop, order, 3).value == Decimal("9.48")
    assert balance(AccountRole.GRNI) == Decimal("-9.48")


def test_overdue_orders_are_flagged_once(shop: Company, buy: Buy) -> None:
    order = buy(10)
    assert purchase_order_flag_late(actor=shop.system, at=NOW + timedelta(days=7)) == 0
    assert purchase_order_flag_late(actor=shop.system, at=NOW + timedelta(days=8)) == 1
    assert purchase_order_flag_late(actor=shop.system, at=NOW + timedelta(days=9)) == 1
    assert ExceptionCase.objects.get(kind="RECEIPT_LATE").occurrences == 1
    _receive(shop, order, 10)
    assert ExceptionCase.objects.get(kind="RECEIPT_LATE").state == "RESOLVED"
