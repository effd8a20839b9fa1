"""Can two people receive the same goods, bill them, authorise the same return or refund it twice?"""

import threading
from decimal import Decimal

import pytest
from django.db import transaction

from fulfillment.models import ShipmentLine
from fulfillment.services import fulfillment_ship_through_many
from ledger.models import JournalEntry
from procurement.models import GoodsReceipt, PurchaseOrder, PurchaseOrderLine, SupplierInvoice
from procurement.services import (
    BilledLine,
    PurchaseLine,
    ReceivedLine,
    goods_receive,
    purchase_order_create,
    purchase_order_send,
    purchase_order_submit,
    supplier_invoice_match,
    supplier_invoice_record,
)
from returns.models import Refund, Rma
from returns.services import (
    ArrivedLine,
    ReturnLine,
    refund_pay,
    refund_request,
    rma_authorize,
    rma_receive,
)
from tests.cast import NOW, TODAY, Company, assert_proven, company_create
from tests.concurrency.test_stock_race import race
from tests.fulfillment.goods import goods_in, promised

pytestmark = pytest.mark.django_db(transaction=True)


def _sent(company: Company) -> PurchaseOrder:
    order = purchase_order_create(
        supplier_id=company.acme.pk, node_id=company.north.pk, actor=company.ben, at=NOW,
        lines=[PurchaseLine(company.mug.pk, 100, Decimal("4.00"))],
    )  # fmt: skip
    purchase_order_submit(purchase_order_id=order.pk, actor=company.ben, at=NOW)
    return purchase_order_send(purchase_order_id=order.pk, actor=company.ben, at=NOW)


def test_the_same_delivery_is_received_once() -> None:
    company = company_create()
    order = _sent(company)
    line = ReceivedLine(order.lines.get().pk, 60)

    def receive() -> int:
        return goods_receive(purchase_order_id=order.pk, lines=[line], actor=company.pia, at=NOW).pk

    results = race(receive, receive, receive)
    assert sorted(type(result).__name__ for result in results) == ["OverReceipt", "OverReceipt", "int"]
    assert PurchaseOrderLine.objects.get().quantity_received == 60
    assert GoodsReceipt.objects.count() == 1
    assert_proven("i02", "i14", "i23", "i33", "i35")


def test_control_counting_before_writing_without_the_lock_loses_a_delivery() -> None:
    """The same race, done as the field's naive way does it: read, add, save."""
    company = company_create()
    order = _sent(company)
    looked = threading.Barrier(2)

    def naive() -> int:
        with transaction.atomic():
            line = PurchaseOrderLine.objects.get(purchase_order=order)
            looked.wait(10)
            PurchaseOrderLine.objects.filter(pk=line.pk).update(quantity_received=line.quantity_received + 60)
            return 60

    assert sum(result for result in race(naive, naive) if isinstance(result, int)) == 120  # of 100 ordered
    assert PurchaseOrderLine.objects.get().quantity_received == 60  # and one of them is forgotten


def test_two_bills_for_the_same_goods_match_once() -> None:
    company = company_create()
    order = _sent(company)
    line = order.lines.get()
    goods_receive(purchase_order_id=order.pk, lines=[ReceivedLine(line.pk, 100)], actor=company.pia, at=NOW)
    bills = [
        supplier_invoice_record(
            purchase_order_id=order.pk, supplier_reference=f"B{n}", invoice_date=TODAY,
            lines=[BilledLine(line.pk, 100, Decimal("4.00"))], actor=company.fay, at=NOW,
        ).pk
        for n in range(2)
    ]  # fmt: skip
    results = race(*(
        lambda pk=pk: supplier_invoice_match(invoice_id=pk, actor=company.fay, at=NOW).state for pk in bills
    ))  # fmt: skip
    assert sorted(map(str, results)) == ["DISPUTED", "MATCHED"]
    assert PurchaseOrderLine.objects.get().quantity_invoiced == 100
    assert SupplierInvoice.objects.filter(state="MATCHED").count() == 1
    assert_proven("i24", "i33", "i36")


def _shipped(company: Company) -> ShipmentLine:
    goods_in(company, company.mug, 5)
    order = promised(company, (company.mug, 5))
    fulfillment_ship_through_many(order_ids=[order.pk], carrier="Royal Mail", actor=company.pia, at=NOW)
    return ShipmentLine.objects.select_related("shipment").get()


def test_the_same_units_are_authorised_to_come_back_once() -> None:
    company = company_create()
    line = _shipped(company)

    def authorize() -> int:
        return rma_authorize(
            order_id=line.shipment.order_id,
            lines=[ReturnLine(line.pk, 3)],
            reason="OTHER",
            actor=company.cora,
            at=NOW,
        ).pk

    results = race(authorize, authorize, authorize)
    assert sorted(type(result).__name__ for result in results) == ["OverReturn", "OverReturn", "int"]
    assert Rma.objects.count() == 1
    assert_proven("i26")


def test_a_return_is_received_and_refunded_once() -> None:
    company = company_create()
    line = _shipped(company)
    rma = rma_authorize(
        order_id=line.shipment.order_id,
        lines=[ReturnLine(line.pk, 3)],
        reason="OTHER",
        actor=company.cora,
        at=NOW,
    )
    arrived = [ArrivedLine(rma.lines.get().pk, 3)]

    def receive() -> str:
        return rma_receive(rma_id=rma.pk, lines=arrived, actor=company.pia, at=NOW).state

    def refund() -> int:
        return refund_request(rma_id=rma.pk, actor=company.cora, at=NOW).pk

    assert sorted(map(_outcome, race(receive, receive))) == ["IllegalTransition", "str"]
    assert sorted(map(_outcome, race(refund, refund))) == ["InvalidInput", "int"]
    pk = Refund.objects.get().pk
    pay = race(*(lambda: refund_pay(refund_id=pk, actor=company.fay, at=NOW).state for _ in range(2)))
    assert sorted(map(_outcome, pay)) == ["IllegalTransition", "str"]
    assert JournalEntry.objects.filter(kind="returns.refund_credited").count() == 1
    assert_proven("i02", "i14", "i21", "i26", "i33", "i35", "i36")


def _outcome(result: object) -> str:
    return type(result).__name__
