"""Goods come back at their original cost, money goes back no further than it came, and every step happens once."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from erp.core.errors import IllegalTransition, InvalidInput, PermissionRefused
from fulfillment.models import ShipmentLine
from inventory.models import BinStock, StockEvent, StockLevel
from ledger.models import AccountRole, CostLayer, JournalEntry
from orders.models import Order, OrderLine, Payment
from returns.models import Refund, Rma, RmaLine
from returns.services import (
    ArrivedLine,
    OverReturn,
    ReturnLine,
    RmaDraft,
    refund_approve,
    refund_pay,
    refund_reject,
    refund_request,
    return_process_many,
    rma_authorize,
    rma_cancel,
    rma_close,
    rma_dispose,
    rma_inspect,
    rma_receive,
)
from tests.cast import NOW, Company, assert_proven
from tests.procurement.conftest import balance
from tests.returns.conftest import Sell


@pytest.fixture(autouse=True)
def _proven(shop: Company) -> Iterator[None]:
    """Whatever a test did, every invariant of goods and money holds afterwards."""
    yield
    assert_proven("i02", "i07", "i08", "i14", "i21", "i23", "i26", "i33", "i35", "i36", "i46")


def _authorize(shop: Company, line: ShipmentLine, quantity: int) -> Rma:
    return rma_authorize(
        order_id=line.shipment.order_id,
        lines=[ReturnLine(line.pk, quantity)],
        reason="UNWANTED",
        actor=shop.cora,
        at=NOW,
    )


def _arrive(shop: Company, rma: Rma, quantity: int) -> RmaLine:
    line = rma.lines.get(state="AUTHORIZED")
    rma_receive(rma_id=rma.pk, lines=[ArrivedLine(line.pk, quantity)], actor=shop.pia, at=NOW)
    return RmaLine.objects.get(pk=line.pk)


def _dispose(shop: Company, line: RmaLine, disposition: str) -> RmaLine:
    rma_inspect(rma_line_id=line.pk, condition="boxed", disposition=disposition, actor=shop.pia, at=NOW)
    return rma_dispose(rma_line_id=line.pk, actor=shop.pia, at=NOW)


def _level(shop: Company, status: str) -> int:
    found = StockLevel.objects.filter(product=shop.mug, status=status).first()
    return found.quantity if found else 0


def test_no_more_comes_back_than_was_shipped(shop: Company, sell: Sell) -> None:
    line = sell()
    rma = _authorize(shop, line, 2)
    with pytest.raises(OverReturn) as refusal:
        _authorize(shop, line, 2)
    assert refusal.value.detail["most"] == 1 and Rma.objects.count() == 1
    rma_cancel(rma_id=rma.pk, reason="keeps it", actor=shop.cora, at=NOW)
    _authorize(shop, line, 3)


def test_a_line_of_another_order_is_refused(shop: Company, sell: Sell) -> None:
    first, second = sell(), sell()
    with pytest.raises(InvalidInput):
        rma_authorize(
            order_id=first.shipment.order_id,
            lines=[ReturnLine(second.pk, 1)],
            reason="OTHER",
            actor=shop.cora,
            at=NOW,
        )
    assert not Rma.objects.exists()


def test_units_return_at_original_cost_to_the_cent(shop: Company, sell: Sell) -> None:
    line = sell()  # 3 units that cost 10.00: 3.33, 3.34, 3.33
    assert balance(AccountRole.COGS) == Decimal("10.00")
    inventory = balance(AccountRole.INVENTORY)
    costs = [_arrive(shop, _authorize(shop, line, 1), 1).original_cost for _ in range(3)]
    assert costs == [Decimal("3.33"), Decimal("3.34"), Decimal("3.33")]
    assert balance(AccountRole.COGS) == 0
    assert balance(AccountRole.INVENTORY) - inventory == Decimal("10.00")
    refunds = list(RmaLine.objects.order_by("pk").values_list("refund_amount", "refund_tax"))
    assert sum(amount for amount, _ in refunds) == Decimal("32.41")
    assert sum(tax for _, tax in refunds) == Decimal("5.40")
    assert ShipmentLine.objects.get().quantity_returned == OrderLine.objects.get().quantity_returned == 3


def test_restock_makes_it_available_in_a_bin(shop: Company, sell: Sell) -> None:
    line = _arrive(shop, _authorize(shop, sell(), 2), 2)
    assert (_level(shop, "RETURN_PENDING"), _level(shop, "AVAILABLE")) == (2, 0)
    assert line.location == shop.dock
    _dispose(shop, line, "RESTOCK")
    assert (_level(shop, "RETURN_PENDING"), _level(shop, "AVAILABLE")) == (0, 2)
    assert BinStock.objects.get(product=shop.mug, status="AVAILABLE", quantity__gt=0).quantity == 2
    with pytest.raises(IllegalTransition):
        rma_dispose(rma_line_id=line.pk, actor=shop.pia, at=NOW)
    assert _level(shop, "AVAILABLE") == 2


@pytest.mark.parametrize(("disposition", "status"), [("REFURBISH", "QUARANTINE"), ("LIQUIDATE", "DAMAGED")])
def test_other_dispositions_keep_it_off_sale(
    shop: Company, sell: Sell, disposition: str, status: str
) -> None:
    _dispose(shop, _arrive(shop, _authorize(shop, sell(), 2), 2), disposition)
    assert (_level(shop, status), _level(shop, "AVAILABLE")) == (2, 0)


@pytest.mark.parametrize("disposition", ["SCRAP", "RETURN_TO_VENDOR"])
def test_what_leaves_takes_its_own_cost_along(shop: Company, sell: Sell, disposition: str) -> None:
    line = _arrive(shop, _authorize(shop, sell(), 2), 2)
    inventory = balance(AccountRole.INVENTORY)
    _dispose(shop, line, disposition)
    assert balance(AccountRole.WRITE_OFF) == line.original_cost == Decimal("6.67")
    assert inventory - balance(AccountRole.INVENTORY) == Decimal("6.67")
    assert CostLayer.objects.get(pk=line.cost_layer_id).quantity_left == 0
    assert _level(shop, "RETURN_PENDING") == 0


def test_fewer_than_authorised_leaves_the_rest_expected(shop: Company, sell: Sell) -> None:
    rma = _authorize(shop, sell(), 3)
    line = _arrive(shop, rma, 1)
    rest = rma.lines.get(state="AUTHORIZED")
    assert (line.quantity, line.quantity_received, rest.quantity) == (1, 1, 2)
    assert line.refund_amount + rest.refund_amount == Decimal("32.41")
    assert line.refund_tax + rest.refund_tax == Decimal("5.40")
    _dispose(shop, line, "RESTOCK")
    refund_request(rma_id=rma.pk, actor=shop.cora, at=NOW)
    with pytest.raises(IllegalTransition):
        rma_close(rma_id=rma.pk, reason="rest lost", actor=shop.cora, at=NOW)
    refund_pay(refund_id=Refund.objects.get().pk, actor=shop.fay, at=NOW)
    rma_close(rma_id=rma.pk, reason="rest lost", actor=shop.cora, at=NOW)
    assert list(rma.lines.order_by("pk").values_list("state", flat=True)) == ["DISPOSED", "CANCELLED"]


def test_a_refund_credits_then_pays_back(shop: Company, sell: Sell) -> None:
    rma = _authorize(shop, sell(), 3)
    line = _arrive(shop, rma, 3)
    receivable, clearing = balance(AccountRole.RECEIVABLE), balance(AccountRole.CASH_CLEARING)
    refund = refund_request(rma_id=rma.pk, deduction=Decimal("2.41"), actor=shop.cora, at=NOW)
    assert (refund.number, refund.state, refund.amount, refund.tax_amount) == (
        "CN-000001", "APPROVED", Decimal("30"), Decimal("5.00"),
    )  # fmt: skip
    assert balance(AccountRole.SALES_RETURNS) == Decimal("25.00")
    assert balance(AccountRole.TAX_PAYABLE) == Decimal("-0.40")
    assert balance(AccountRole.RECEIVABLE) - receivable == Decimal("-30")
    with pytest.raises(InvalidInput):
        refund_request(rma_id=rma.pk, actor=shop.cora, at=NOW)
    refund = refund_pay(refund_id=refund.pk, actor=shop.fay, at=NOW)
    assert (refund.state, refund.amount_paid) == ("PAID", Decimal("30"))
    assert balance(AccountRole.RECEIVABLE) == receivable
    assert clearing - balance(AccountRole.CASH_CLEARING) == Decimal("30")
    with pytest.raises(IllegalTransition):
        refund_pay(refund_id=refund.pk, actor=shop.fay, at=NOW)
    order = Order.objects.get()
    assert (order.amount_credited, order.amount_refunded) == (Decimal("30"), Decimal("30"))
    assert Payment.objects.get(is_refund=True).provider_ref == "refund:CN-000001"
    _dispose(shop, line, "RESTOCK")
    assert Rma.objects.get().state == "CLOSED"


def test_an_unpaid_invoice_is_lowered_and_nothing_is_paid(shop: Company, sell: Sell) -> None:
    rma = _authorize(shop, sell(paid=False), 3)
    _arrive(shop, rma, 3)
    refund = refund_request(rma_id=rma.pk, actor=shop.cora, at=NOW)
    refund = refund_pay(refund_id=refund.pk, actor=shop.fay, at=NOW)
    assert (refund.state, refund.amount_paid) == ("PAID", Decimal(0))
    assert not Payment.objects.exists()
    assert balance(AccountRole.RECEIVABLE) == 0


def test_a_large_refund_waits_for_somebody_else(shop: Company, sell: Sell) -> None:
    rma = _authorize(shop, sell(20, "10.00", tax="0", cost="80"), 10)
    _arrive(shop, rma, 10)
    refund = refund_request(rma_id=rma.pk, actor=shop.fay, at=NOW)
    assert (refund.state, refund.needs_approval) == ("PENDING_APPROVAL", True)
    assert balance(AccountRole.SALES_RETURNS) == 0
    with pytest.raises(PermissionRefused):
        refund_approve(refund_id=refund.pk, actor=shop.fay, at=NOW)
    with pytest.raises(IllegalTransition):
        refund_pay(refund_id=refund.pk, actor=shop.fay, at=NOW)
    assert balance(AccountRole.SALES_RETURNS) == 0
    refund_reject(refund_id=refund.pk, reason="worn", actor=shop.ada, at=NOW)
    again = refund_request(rma_id=rma.pk, deduction=Decimal("50"), actor=shop.cora, at=NOW)
    assert (again.state, again.amount) == ("APPROVED", Decimal("50"))
    assert balance(AccountRole.SALES_RETURNS) == Decimal("50")


def test_the_whole_chain_in_one_go(shop: Company, sell: Sell, django_assert_max_num_queries: object) -> None:
    lines = [sell() for _ in range(4)]
    drafts = [RmaDraft(line.shipment.order_id, [ReturnLine(line.pk, 3)]) for line in lines]
    with django_assert_max_num_queries(70) as few:  # type: ignore[operator]
        return_process_many(drafts[:1], actor=shop.system, at=NOW)
    with django_assert_max_num_queries(len(few.captured_queries) + 1):  # type: ignore[operator]
        return_process_many(drafts[1:], actor=shop.system, at=NOW)
    assert list(Rma.objects.values_list("state", flat=True)) == ["CLOSED"] * 4
    assert list(Refund.objects.values_list("state", "amount_paid")) == [("PAID", Decimal("32.41"))] * 4
    assert _level(shop, "AVAILABLE") == 12
    assert (
        balance(AccountRole.COGS)
        == balance(AccountRole.RECEIVABLE)
        == balance(AccountRole.CASH_CLEARING)
        == 0
    )


def test_a_refused_batch_leaves_nothing(shop: Company, sell: Sell) -> None:
    line = sell()
    before = (StockEvent.objects.count(), JournalEntry.objects.count())
    drafts = [RmaDraft(line.shipment.order_id, [ReturnLine(line.pk, 2)]) for _ in range(2)]
    with pytest.raises(OverReturn):
        return_process_many(drafts, actor=shop.system, at=NOW)
    assert not Rma.objects.exists() and not Refund.objects.exists()
    assert (StockEvent.objects.count(), JournalEntry.objects.count()) == before
