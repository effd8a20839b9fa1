"""Do orders that are merged keep every unit and every cent, and is a merge refused where the books would not follow?"""

from __future__ import annotations

import pytest

from erp.core.errors import Conflict, InvalidInput, NotFound
from erp.core.models import ExceptionCase
from fulfillment.services import fulfillment_release_many
from inventory.models import StockLevel
from ledger.models import JournalEntry
from orders.editing import LineEdit
from orders.models import Order, OrderChange, Payment
from orders.selectors import merge_candidates
from orders.services import (
    ChargeCommand,
    LineCommand,
    OrderCommand,
    PaymentCommand,
    PaymentDraft,
    ShipTo,
    hold_open,
    order_cancel,
    order_merge,
    order_receive,
    payment_capture_many,
)
from orders.services.refund_due import refund_due
from tests.cast import NOW, Company, stock_in
from tests.factories import ChannelFactory
from tests.fulfillment.goods import order_in, promised
from tests.orders.evidence import LATER, D, refused
from tests.orders.test_edit import edit, figures

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("proven")]


def merge(company: Company, target: Order, *sources: Order) -> Order:
    found = order_merge(
        order_ids=[order.pk for order in sources],
        target_id=target.pk,
        reason="One parcel",
        actor=company.cora,
        at=LATER,
    )
    for order in (target, *sources):
        order.refresh_from_db()
    return found


def web_order(company: Company, number: int, units: int, shipping: str, *, paid: bool = True) -> Order:
    total = D(10) * units + D(shipping)
    command = OrderCommand(
        channel="web", external_id=f"W-{number}", ordered_at=NOW, currency="GBP", body=f"{number}", customer_number="C-CAROL",
        lines=[LineCommand("MUG", units, D(10))], charges=[ChargeCommand("SHIPPING_REVENUE", D(shipping))],
        payment=PaymentCommand("card", f"p-{number}", total) if paid else None,
        ship_to=ShipTo("Carol", "1 High  Street", "Leeds", "LS1 1AA", "GB"),
    )  # fmt: skip
    return Order.objects.get(pk=order_receive(command, actor=company.system, at=NOW).order_id)


def test_lines_promises_and_wishes_move_to_the_target(company: Company) -> None:
    stock_in(company, company.mug, 5)
    stock_in(company, company.lamp, 5)
    target = promised(company, (company.mug, 2, "10.00", "4.00"))
    source = promised(
        company,
        (company.mug, 3, "9.00", "5.40"),
        (company.lamp, 1, "20.00", "0"),
        priority=7,
        ships_complete=True,
    )
    assert merge_candidates(target) == [source]
    assert merge(company, target, source) == target
    assert figures(target) == [
        ("MUG", 2, 2, 0, 10, 20, 4), ("MUG", 3, 3, 0, 9, 27, D("5.40")), ("LAMP", 1, 1, 0, 20, 20, 0),
    ]  # fmt: skip
    assert figures(source) == [("MUG", 3, 0, 3, 0, 0, 0), ("LAMP", 1, 0, 1, 0, 0, 0)]
    assert (target.state, target.total, target.priority, target.ships_complete) == (
        "ALLOCATED",
        D("76.40"),
        7,
        True,
    )
    assert (source.state, source.total, source.needs_allocation) == ("CANCELLED", 0, False)
    links = list(target.lines.order_by("position").values_list("merged_from_id", flat=True))
    assert links == [None, *source.lines.order_by("position").values_list("pk", flat=True)]
    assert dict(StockLevel.objects.filter(product=company.mug).values_list("status", "quantity")) == {
        "ALLOCATED": 5,
        "AVAILABLE": 0,
    }
    told = {change.order_id: (change.kind, change.other_order_id) for change in OrderChange.objects.all()}
    assert told == {target.pk: ("MERGE", source.pk), source.pk: ("MERGE", target.pk)}


def test_payments_move_with_the_goods_and_the_lower_shipping_charge_is_owed(company: Company) -> None:
    target, source = web_order(company, 1, 2, "3.00"), web_order(company, 2, 1, "4.50")
    entries = JournalEntry.objects.count()
    merge(company, target, source)
    assert (target.total, target.charges_total, target.amount_paid) == (D("34.50"), D("4.50"), D("37.50"))
    assert (source.total, source.amount_paid, source.state) == (0, 0, "CANCELLED")
    assert set(Payment.objects.values_list("order", flat=True)) == {target.pk}
    assert JournalEntry.objects.count() == entries
    assert ExceptionCase.objects.get(kind="REFUND_DUE").money_at_risk == 3
    assert sorted(target.charges.values_list("kind", "amount")) == [
        ("SHIPPING_REVENUE", 0), ("SHIPPING_REVENUE", D("4.50")),
    ]  # fmt: skip


def test_money_paid_before_an_edit_follows_through_two_merges(company: Company) -> None:
    """What is kept then is more than any of the three orders costs, and less than they cost together at their dearest."""
    first, second, third = (
        web_order(company, number, units, "0") for number, units in ((1, 24), (2, 2), (3, 3))
    )
    edit(first, company, LineEdit(first.lines.get().pk, 1))
    order_cancel(
        order_id=second.pk, quantities={second.lines.get().pk: 1}, reason="one", actor=company.cora, at=NOW
    )
    merge(company, second, first)
    merge(company, third, second)
    assert (third.total, third.amount_paid, refund_due(third)) == (50, 290, 240)


def test_other_charges_all_move(company: Company) -> None:
    target = order_in(company, (company.mug, 2), charges=(ChargeCommand("SHIPPING_REVENUE", D(5)),))
    source = order_in(
        company, (company.mug, 1),
        charges=(ChargeCommand("SHIPPING_REVENUE", D(2)), ChargeCommand("DISCOUNT", D("-1.50"))),
    )  # fmt: skip
    third = order_in(company, (company.lamp, 1))
    merge(company, target, source, third)
    assert (target.total, target.lines.count()) == (D("43.50"), 3)
    assert [source.total, third.total] == [0, 0]


def test_paid_and_unpaid_or_held_or_released_orders_stay_apart(company: Company) -> None:
    stock_in(company, company.mug, 5)
    target, source = order_in(company, (company.mug, 2)), promised(company, (company.mug, 1))
    refused(InvalidInput, "orders", lambda: merge(company, target, target))
    refused(
        NotFound,
        "orders",
        lambda: order_merge(order_ids=[10**9], target_id=target.pk, reason="x", actor=company.cora, at=NOW),
    )
    unpaid = web_order(company, 1, 1, "1.00", paid=False)
    paid = web_order(company, 2, 1, "1.00")
    refused(Conflict, "orders", lambda: merge(company, paid, unpaid))
    fulfillment_release_many(order_ids=[source.pk], actor=company.olga, at=NOW)
    refused(Conflict, "orders", lambda: merge(company, target, source))
    held = order_in(company, (company.mug, 2))
    hold_open(order_id=held.pk, kind="FRAUD", reason="odd", actor=company.cora, at=NOW)
    refused(Conflict, "orders", lambda: merge(company, target, held))
    Order.objects.filter(pk=held.pk).update(ship_to_city="York")
    assert merge_candidates(target) == []


def test_money_stays_in_the_books_of_its_channel(company: Company) -> None:
    target, source = order_in(company, (company.mug, 2)), order_in(company, (company.mug, 1))
    other = ChannelFactory(code="wholesale-2", kind="B2B", is_prepaid=False)
    Order.objects.filter(pk=source.pk).update(channel=other)
    payment_capture_many([PaymentDraft(source.pk, "bank", "b-1", D(4))], actor=company.fay, at=NOW)
    source.refresh_from_db()
    refused(Conflict, "orders", lambda: merge(company, target, source))
    merge(company, source, target)
    assert (source.total, source.amount_paid) == (30, 4)
