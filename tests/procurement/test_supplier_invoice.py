"""A bill is posted when it agrees with order and receipt, and disputed when it does not."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest

from erp.core.errors import Conflict, IllegalTransition, InvalidInput, PermissionRefused
from erp.core.models import ExceptionCase
from ledger.models import AccountRole, JournalEntry, Period
from procurement.models import PurchaseOrder, SupplierInvoice
from procurement.selectors import grni_ageing
from procurement.services import (
    BilledLine,
    ReceivedLine,
    goods_receive,
    supplier_invoice_approve_variance,
    supplier_invoice_match,
    supplier_invoice_pay,
    supplier_invoice_record,
)
from procurement.tie_outs import grni_tie_out, payable_tie_out
from tests.cast import NOW, TODAY, Company, assert_proven
from tests.procurement.conftest import Buy, balance


@pytest.fixture
def received(shop: Company, buy: Buy) -> PurchaseOrder:
    """100 mugs at 4.00, of which 60 have arrived."""
    order = buy(100)
    goods_receive(
        purchase_order_id=order.pk, lines=[ReceivedLine(order.lines.get().pk, 60)], actor=shop.pia, at=NOW
    )
    return order


@pytest.fixture(autouse=True)
def _proven(shop: Company) -> Iterator[None]:
    """Whatever a test did, every invariant of goods and money holds afterwards."""
    yield
    assert_proven("i02", "i14", "i23", "i24", "i25", "i33", "i35", "i36", "i46")


def _bill(
    shop: Company, order: PurchaseOrder, quantity: int, cost: str = "4.00", reference: str = "INV-1"
) -> SupplierInvoice:
    return supplier_invoice_record(
        purchase_order_id=order.pk, supplier_reference=reference, invoice_date=date(2026, 3, 1),
        lines=[BilledLine(order.lines.get().pk, quantity, Decimal(cost))], actor=shop.fay, at=NOW,
    )  # fmt: skip


def test_match_clears_grni_and_books_the_price_difference(shop: Company, received: PurchaseOrder) -> None:
    invoice = _bill(shop, received, 60, "4.05")
    assert (invoice.number, invoice.state, invoice.total) == ("SI-000001", "RECEIVED", Decimal("243"))
    assert invoice.due_date == date(2026, 3, 31)
    assert not JournalEntry.objects.filter(kind="procurement.supplier_invoice_matched").exists()
    invoice = supplier_invoice_match(invoice_id=invoice.pk, actor=shop.fay, at=NOW)
    assert (invoice.state, invoice.posted_base) == ("MATCHED", Decimal("243"))
    assert balance(AccountRole.GRNI) == 0
    assert balance(AccountRole.PPV) == Decimal("3")
    assert balance(AccountRole.PAYABLE) == Decimal("-243")
    assert grni_ageing(on=TODAY) == []


def test_pay_empties_the_payable_once(shop: Company, received: PurchaseOrder) -> None:
    invoice = _bill(shop, received, 60)
    with pytest.raises(IllegalTransition):
        supplier_invoice_pay(invoice_id=invoice.pk, actor=shop.fay, at=NOW)
    supplier_invoice_match(invoice_id=invoice.pk, actor=shop.fay, at=NOW)
    supplier_invoice_pay(invoice_id=invoice.pk, actor=shop.fay, at=NOW)
    with pytest.raises(IllegalTransition):
        supplier_invoice_pay(invoice_id=invoice.pk, actor=shop.fay, at=NOW)
    assert (balance(AccountRole.PAYABLE), balance(AccountRole.CASH)) == (Decimal(0), Decimal("-240"))


def test_more_billed_than_received_is_disputed_until_it_arrives(
    shop: Company, received: PurchaseOrder
) -> None:
    invoice = _bill(shop, received, 61)
    invoice = supplier_invoice_match(invoice_id=invoice.pk, actor=shop.fay, at=NOW)
    assert invoice.state == "DISPUTED"
    case = ExceptionCase.objects.get(kind="INVOICE_MISMATCH")
    assert case.detail["problems"] == ["MUG: 61 billed, 60 received and not billed yet"]
    assert balance(AccountRole.PAYABLE) == 0
    goods_receive(
        purchase_order_id=received.pk,
        lines=[ReceivedLine(received.lines.get().pk, 40)],
        actor=shop.pia,
        at=NOW,
    )
    invoice = supplier_invoice_match(invoice_id=invoice.pk, actor=shop.fay, at=NOW)
    case.refresh_from_db()
    assert (invoice.state, case.state) == ("MATCHED", "RESOLVED")
    assert [(line.quantity, line.value) for line in grni_ageing(on=TODAY)] == [(39, Decimal("156"))]


def test_a_price_beyond_two_percent_needs_somebody_else(shop: Company, received: PurchaseOrder) -> None:
    assert supplier_invoice_match(
        invoice_id=_bill(shop, received, 10, "4.08").pk, actor=shop.fay, at=NOW
    ).state == "MATCHED"  # fmt: skip
    invoice = _bill(shop, received, 50, "4.09", "INV-2")
    invoice = supplier_invoice_match(invoice_id=invoice.pk, actor=shop.fay, at=NOW)
    assert invoice.state == "DISPUTED"
    with pytest.raises(PermissionRefused):
        supplier_invoice_approve_variance(invoice_id=invoice.pk, reason="agreed", actor=shop.fay, at=NOW)
    with pytest.raises(InvalidInput):
        supplier_invoice_approve_variance(invoice_id=invoice.pk, reason=" ", actor=shop.ben, at=NOW)
    invoice.refresh_from_db()
    assert invoice.state == "DISPUTED"
    invoice = supplier_invoice_approve_variance(
        invoice_id=invoice.pk, reason="raw material surcharge", actor=shop.ben, at=NOW
    )
    assert (invoice.state, invoice.variance_approved_by) == ("MATCHED", shop.ben)
    assert balance(AccountRole.PPV) == Decimal("0.80") + Decimal("4.50")


def test_the_same_bill_is_recorded_once(shop: Company, received: PurchaseOrder) -> None:
    _bill(shop, received, 10)
    with pytest.raises(Conflict, match="SI-000001"):
        _bill(shop, received, 20)
    assert SupplierInvoice.objects.count() == 1


@pytest.mark.parametrize(("quantity", "cost"), [(0, "4"), (-1, "4"), (1, "NaN"), (1, "-4"), (1, "0")])
def test_a_bad_bill_is_refused(shop: Company, received: PurchaseOrder, quantity: int, cost: str) -> None:
    with pytest.raises(InvalidInput):
        _bill(shop, received, quantity, cost)
    assert not SupplierInvoice.objects.exists()


def test_tie_outs_agree_at_every_step(shop: Company, received: PurchaseOrder) -> None:
    march = Period.objects.get(code="2026-03")
    february = Period.objects.get(code="2026-02")

    def figures() -> list[Decimal]:
        found = [check(march) for check in (grni_tie_out, payable_tie_out)]
        assert all(f.agree for f in found)
        assert all(check(february).actual == 0 for check in (grni_tie_out, payable_tie_out))
        return [f.expected for f in found]

    assert figures() == [Decimal("240"), Decimal(0)]
    invoice = _bill(shop, received, 50)
    supplier_invoice_match(invoice_id=invoice.pk, actor=shop.fay, at=NOW)
    assert figures() == [Decimal("40"), Decimal("200")]
    supplier_invoice_pay(invoice_id=invoice.pk, actor=shop.fay, at=NOW)
    assert figures() == [Decimal("40"), Decimal(0)]
