"""Answers: is an order refused, alone and with its raw message kept, when what it refers to is somebody else's or nobody?"""

from decimal import Decimal

import pytest

from erp.core.models import ExceptionCase, InboxMessage
from orders.models import Order, Payment
from orders.services import LineCommand, OrderCommand, PaymentCommand, order_receive_many
from tests.cast import NOW, assert_proven

pytestmark = pytest.mark.django_db


def command(number: int, **changes) -> OrderCommand:
    return OrderCommand(
        **{
            "channel": "wholesale", "external_id": f"R-{number}", "ordered_at": NOW, "currency": "GBP",
            "body": f"order {number}", "lines": [LineCommand("mug", 1, Decimal("2.50"))],
        }
        | changes
    )  # fmt: skip


def test_a_payment_pays_one_order_within_a_batch_and_after_it(company):
    card = PaymentCommand("card", "ch_1", Decimal("2.50"))
    first, second, third = order_receive_many(
        [command(1, payment=card), command(2, payment=card), command(3)], actor=company.system, at=NOW
    )
    assert (first.error, third.error) == (None, None)
    assert second.error.field == "payment.provider_ref"
    (later,) = order_receive_many([command(4, payment=card)], actor=company.system, at=NOW)
    assert later.error.field == "payment.provider_ref"
    (again,) = order_receive_many([command(1, payment=card)], actor=company.system, at=NOW)
    assert (again.error, again.order_id) == (None, first.order_id)
    assert (Order.objects.count(), Payment.objects.count()) == (2, 1)
    assert InboxMessage.objects.filter(state="DEAD").count() == 2
    assert_proven()


def test_a_customer_number_that_means_nobody_is_no_guest(company):
    (outcome,) = order_receive_many([command(1, customer_number="C-404")], actor=company.system, at=NOW)
    assert outcome.error.field == "customer_number"
    assert not Order.objects.exists()
    assert ExceptionCase.objects.get().kind == "INBOX_REJECTED"


def test_an_unknown_sku_has_one_case_that_says_so(company):
    lines = [LineCommand("no-such-mug", 1, Decimal("2.50"))]
    order_receive_many([command(1, lines=lines)], actor=company.system, at=NOW)
    assert [case.kind for case in ExceptionCase.objects.all()] == ["ORDER_UNKNOWN_SKU"]
    assert InboxMessage.objects.get().state == "DEAD"
