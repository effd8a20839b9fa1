"""Answers: does a prepaid order that comes in ever wait in a circle with somebody who has the stock and posts to the books?"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from decimal import Decimal

import pytest
from django.db import OperationalError, transaction

from orders.locks import lock_sellable
from orders.models import Order
from orders.services import (
    LineCommand,
    OrderCommand,
    PaymentCommand,
    PaymentDraft,
    ShipTo,
    order_allocate_many,
    order_receive,
    order_receive_many,
    payment_capture_many,
)
from tests.cast import NOW, Company, assert_proven, company_create, stock_in
from tests.concurrency.test_stock_race import race
from tests.fulfillment.goods import order_in

pytestmark = pytest.mark.django_db(transaction=True)
PREPAID = OrderCommand(
    channel="web", external_id="PAID-1", ordered_at=NOW, currency="GBP", lines=[LineCommand("MUG", 1, Decimal(10))],
    body="paid", email="carol@example.com", ship_to=ShipTo("Carol", "1 High Street", "Leeds", "LS1 1AA", "GB"),
    payment=PaymentCommand("card", "P-1", Decimal(10)),
)  # fmt: skip


def stock_then_books(company: Company, both: threading.Barrier) -> Callable[[], None]:
    """As a shipment does it: the levels in hand, then an entry, which takes a number of the journal's series."""
    other = order_in(company, (company.mug, 1))

    def act() -> None:
        with transaction.atomic():
            lock_sellable([company.mug.pk])
            both.wait(10)
            payment_capture_many(
                [PaymentDraft(other.pk, "card", "P-2", Decimal(10))], actor=company.fay, at=NOW
            )

    return act


def test_a_prepaid_order_is_promised_stock_before_it_takes_a_number() -> None:
    company, both = company_create(), threading.Barrier(2)
    stock_in(company, company.mug, 5)

    def promise(order_ids: Sequence[int]) -> None:
        both.wait(10)
        order_allocate_many(order_ids=order_ids, actor=company.system, at=NOW)

    def take_in() -> object:
        return order_receive_many([PREPAID], promise=promise, actor=company.system, at=NOW)

    results = race(take_in, stock_then_books(company, both))
    assert not [result for result in results if isinstance(result, Exception)], results
    order = Order.objects.get(external_id="PAID-1")
    assert (order.state, order.amount_paid) == ("ALLOCATED", 10)
    assert_proven()


def test_control_the_other_way_round_one_of_them_dies() -> None:
    company, both = company_create(), threading.Barrier(2)
    stock_in(company, company.mug, 5)

    def take_in() -> None:
        with transaction.atomic():
            received = order_receive(PREPAID, actor=company.system, at=NOW)
            both.wait(10)
            order_allocate_many(order_ids=[received.order_id or 0], actor=company.system, at=NOW)

    results = race(take_in, stock_then_books(company, both))
    (dead,) = (result for result in results if isinstance(result, OperationalError))
    assert "deadlock detected" in str(dead)
    assert_proven()
