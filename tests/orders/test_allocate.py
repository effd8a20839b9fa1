"""Answers: is stock promised once, with reasons, and given back exactly?"""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from erp.core.errors import Conflict, InvalidInput
from inventory.models import StockLevel
from ledger.models import JournalLine
from orders.models import Allocation, AllocationDecision, Hold, Order
from orders.services import (
    LineCommand,
    OrderCommand,
    PaymentCommand,
    ShipTo,
    hold_open,
    hold_release,
    order_allocate_many,
    order_cancel,
    order_receive_many,
)
from tests.cast import Company, stock_in

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 2, 12, tzinfo=UTC)


def ordered(company: Company, *quantities: int, first: int = 1, **changes) -> list[int]:
    """Receive an order of mugs per quantity and return their ids."""
    commands = [
        OrderCommand(
            **{
                "channel": "wholesale", "external_id": f"A-{number}", "ordered_at": AT, "currency": "GBP",
                "body": f"order {number}",
                "lines": [LineCommand("mug", units, Decimal("2.50"))],
                "ship_to": ShipTo("Pat", "1 High Street", "Leeds", "LS1 1AA", "GB"),
            }
            | changes
        )
        for number, units in enumerate(quantities, start=first)
    ]  # fmt: skip
    received = order_receive_many(commands, actor=company.system, at=AT)
    assert [outcome.error for outcome in received] == [None] * len(quantities)
    return [outcome.order_id for outcome in received]


def level(company: Company, status: str) -> int:
    return sum(
        StockLevel.objects.filter(product=company.mug, status=status).values_list("quantity", flat=True)
    )


def test_first_come_is_first_served_and_the_rest_is_backordered(company):
    stock_in(company, company.mug, 5, location=company.bins[0])
    one, two = ordered(company, 4, 4)
    results = order_allocate_many(order_ids=[one, two], actor=company.olga, at=AT)
    assert [(r.order_id, r.assigned, r.short) for r in results] == [(one, 4, 0), (two, 1, 3)]
    assert (level(company, "AVAILABLE"), level(company, "ALLOCATED")) == (0, 5)
    assert Order.objects.get(pk=one).needs_allocation is False
    assert Order.objects.get(pk=two).needs_allocation is True
    assert AllocationDecision.objects.get(order_id=two).explanation["lines"][0][1:] == [4, 3, "NO_STOCK"]


def test_looking_again_in_vain_decides_nothing_and_new_stock_is_promised(company):
    (order,) = ordered(company, 4)
    order_allocate_many(order_ids=[order], actor=company.olga, at=AT)
    order_allocate_many(order_ids=[order], actor=company.olga, at=AT)
    assert AllocationDecision.objects.count() == 1
    stock_in(company, company.mug, 9, location=company.bins[0])
    order_allocate_many(product_ids=[company.mug.pk], actor=company.olga, at=AT)
    assert AllocationDecision.objects.count() == 2
    assert Order.objects.get(pk=order).state == "ALLOCATED"


def test_an_order_is_split_over_nodes_when_no_node_has_it_all(company):
    stock_in(company, company.mug, 2, location=company.bins[0])
    stock_in(company, company.mug, 2, node=company.south, location=company.south_bins[0])
    (order,) = ordered(company, 4)
    order_allocate_many(order_ids=[order], actor=company.olga, at=AT)
    found = Allocation.objects.filter(order_line__order_id=order).values_list("node__code", "quantity")
    assert sorted(found) == [("NORTH", 2), ("SOUTH", 2)]


def test_a_cancellation_gives_the_stock_back_and_keeps_the_rest(company):
    stock_in(company, company.mug, 5, location=company.bins[0])
    (order,) = ordered(company, 4)
    order_allocate_many(order_ids=[order], actor=company.olga, at=AT)
    line = Order.objects.get(pk=order).lines.get()
    assert (
        order_cancel(order_id=order, quantities={line.pk: 3}, reason="Too many", actor=company.cora, at=AT)
        == 3
    )
    assert (level(company, "AVAILABLE"), level(company, "ALLOCATED")) == (4, 1)
    order_cancel(order_id=order, reason="Changed mind", actor=company.cora, at=AT)
    assert Order.objects.get(pk=order).state == "CANCELLED"
    assert (level(company, "AVAILABLE"), level(company, "ALLOCATED")) == (5, 0)


def test_more_than_is_left_can_not_be_cancelled(company):
    (order,) = ordered(company, 4)
    line = Order.objects.get(pk=order).lines.get()
    with pytest.raises(InvalidInput) as refused:
        order_cancel(order_id=order, quantities={line.pk: 5}, reason="Oops", actor=company.cora, at=AT)
    assert refused.value.field == "quantities"
    line.refresh_from_db()
    assert line.quantity_cancelled == 0


def test_a_hold_takes_the_promise_back_and_its_release_confirms_the_order(company):
    stock_in(company, company.mug, 5, location=company.bins[0])
    (order,) = ordered(company, 4)
    order_allocate_many(order_ids=[order], actor=company.olga, at=AT)
    hold = hold_open(order_id=order, kind="MANUAL", reason="Call first", actor=company.cora, at=AT)
    assert Order.objects.get(pk=order).state == "ON_HOLD"
    assert level(company, "AVAILABLE") == 5
    with pytest.raises(Conflict):
        hold_open(order_id=order, kind="MANUAL", reason="Again", actor=company.cora, at=AT)
    assert hold_release(hold_id=hold.pk, reason="Called", actor=company.olga, at=AT) is True
    assert Order.objects.get(pk=order).state == "CONFIRMED"
    assert Hold.objects.get().state == "RELEASED"


def test_a_prepaid_order_without_payment_waits_and_a_paid_one_is_posted(company):
    unpaid, paid = (
        ordered(company, 2, first=number, channel=company.web.code, payment=payment)[0]
        for number, payment in ((1, None), (2, PaymentCommand("card", "ch_1", Decimal("5.00"))))
    )
    assert Hold.objects.get().order_id == unpaid
    assert Order.objects.get(pk=paid).amount_paid == 5
    posted = JournalLine.objects.filter(entry__kind="orders.payment_captured").values_list(
        "account__role", "debit", "credit"
    )
    assert sorted(posted) == [("CASH_CLEARING", 5, 0), ("RECEIVABLE", 0, 5)]


def test_a_batch_costs_as_many_statements_as_an_order(company):
    stock_in(company, company.mug, 500, location=company.bins[0])
    counts = []
    for first, number in ((1, 1), (100, 40)):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            ids = ordered(company, *[1] * number, first=first)
            order_allocate_many(order_ids=ids, actor=company.olga, at=AT)
        counts.append(len(queries))
    assert counts[0] == counts[1]
