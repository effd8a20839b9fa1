"""Do the order services leave exactly what they promise: states, stock moves, journal entries, and nothing when they refuse?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import IntegrityError, transaction

from erp.core.errors import Conflict, IllegalTransition, InvalidInput, KeelError, LostUpdate, NotFound
from erp.core.models import InboxMessage, OutboxMessage, StateChange
from erp.core.services.inbox import InboxDraft, inbox_store_many
from fulfillment.services import fulfillment_release_many, fulfillment_ship_through_many
from inventory.models import StockMove
from ledger.models import AccountRole, JournalEntry, JournalLine
from ledger.services import AlreadyPosted, NoPeriod
from orders.checks import HOLD_OWNERS
from orders.models import Allocation, AllocationPolicy, Customer, Hold, Listing, Order, Payment
from orders.services import (
    ChargeCommand,
    ChargeDraft,
    CustomerDraft,
    LineCommand,
    ListingDraft,
    OrderCommand,
    PaymentCommand,
    PaymentDraft,
    ShipTo,
    charge_post_many,
    customer_create_many,
    hold_open,
    hold_release_many,
    listing_create_many,
    order_allocate_many,
    order_cancel,
    order_receive_many,
    order_release_allocation,
    payment_capture_many,
    payment_refund,
)
from orders.services.feed import order_import
from orders.services.publish import channel_shipment_publish
from orders.services.replay import order_receive_again
from orders.states import derive_progress
from tests.cast import NOW, Company, assert_proven, stock_in
from tests.factories import ListingFactory, ProductFactory
from tests.fulfillment.goods import order_in, promised
from tests.orders.test_allocate import level

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
D = Decimal


@pytest.fixture(autouse=True)
def _proven(company: Company) -> Iterator[None]:
    """Every scenario, whatever it tells, ends with all invariants proven."""
    yield
    assert_proven()


def rows() -> tuple[int, ...]:
    """How many rows there are of everything that these services write."""
    models = (
        Order,
        Hold,
        Allocation,
        Payment,
        Customer,
        Listing,
        StockMove,
        JournalEntry,
        InboxMessage,
        StateChange,
    )
    managers = [*(model.objects for model in models), Customer.history, Listing.history]
    return tuple(manager.count() for manager in managers)


def refused(kind: type[KeelError], field: str, act: Callable[[], object]) -> KeelError:
    """Let `act` be refused with that error at that field, and see that it wrote nothing and said what to do instead."""
    before = rows()
    with pytest.raises(kind) as caught:
        act()
    assert (type(caught.value), caught.value.field, bool(caught.value.remedy)) == (kind, field, True)
    assert rows() == before
    return caught.value


def moves(order: Order, action: str) -> list[tuple[Any, ...]]:
    """What an act on the order moved: (node, units, from, to)."""
    found = StockMove.objects.filter(
        event__action=action, event__source_type="orders.Order", event__source_id=order.pk
    )
    return list(found.order_by("pk").values_list("from_node__code", "quantity", "from_status", "to_status"))


def posted(kind: str) -> list[tuple[Any, ...]]:
    """The lines of all entries of a rule, entry by entry: (source, account role, debit, credit)."""
    lines = JournalLine.objects.filter(entry__kind=kind).order_by("entry", "pk")
    return list(lines.values_list("entry__source_id", "account__role", "debit", "credit"))


def story(document: Order | Hold) -> list[tuple[str, str, str]]:
    """The document's last audit row first: (action, state reached, reason)."""
    found = StateChange.objects.filter(document_type=document._meta.label, document_id=document.pk)
    return list(found.order_by("-pk").values_list("action", "to_state", "reason"))


# --- holds ---
@pytest.mark.parametrize("kind", HOLD_OWNERS)
def test_a_hold_waits_a_day_for_the_role_that_owns_its_kind(company: Company, kind: str) -> None:
    order = order_in(company, (company.mug, 4))
    hold = hold_open(
        order_id=order.pk, kind=kind, reason="Look at it", evidence={"score": 7}, actor=company.cora, at=NOW
    )
    hold.refresh_from_db()
    order.refresh_from_db()
    assert (order.state, hold.state, hold.owner_role) == ("ON_HOLD", "OPEN", HOLD_OWNERS[kind])
    assert (hold.opened_at, hold.due_at, hold.evidence) == (NOW, NOW + timedelta(days=1), {"score": 7})
    assert story(hold) == [("orders.hold_open", "OPEN", "Look at it")]
    assert story(order)[0] == ("orders.hold_open", "ON_HOLD", "Look at it")
    assert moves(order, "orders.order_release_allocation") == []


def test_a_hold_gives_the_promise_back_and_its_release_lets_it_be_made_again(company: Company) -> None:
    stock_in(company, company.mug, 3)
    order = promised(company, (company.mug, 4))
    hold = hold_open(order_id=order.pk, kind="FRAUD", reason="Odd card", actor=company.cora, at=LATER)
    order.refresh_from_db()
    assert (order.state, order.needs_allocation) == ("ON_HOLD", True)
    assert moves(order, "orders.order_release_allocation") == [("NORTH", 3, "ALLOCATED", "AVAILABLE")]
    assert (level(company, "AVAILABLE"), level(company, "ALLOCATED")) == (3, 0)
    assert [(row.state, row.closed_at) for row in Allocation.objects.all()] == [("RELEASED", LATER)]
    assert order_allocate_many(order_ids=[order.pk], actor=company.olga, at=LATER) == []  # not while it waits
    released = hold_release_many(hold_ids=[hold.pk], reason="Card is fine", actor=company.fay, at=LATER)
    assert released == [order.pk]
    assert order_allocate_many(actor=company.olga, at=LATER) == [(order.pk, 3, 1)]


def test_an_order_goes_on_when_the_last_of_its_holds_is_released(company: Company) -> None:
    first, second = (order_in(company, (company.mug, 1)) for _ in range(2))
    tax, credit, other = (
        hold_open(order_id=order.pk, kind=kind, reason="Look", actor=company.cora, at=NOW).pk
        for order, kind in ((first, "TAX"), (first, "CREDIT"), (second, "TAX"))
    )
    released = hold_release_many(hold_ids=[other, tax], reason="Rate is right", actor=company.fay, at=LATER)
    assert released == [second.pk]
    first.refresh_from_db()
    assert first.state == "ON_HOLD"
    assert hold_release_many(hold_ids=[credit], reason="Paid", actor=company.fay, at=LATER) == [first.pk]
    hold = Hold.objects.get(pk=tax)
    assert (hold.state, hold.closed_at, hold.closed_by) == ("RELEASED", LATER, company.fay)
    assert hold.close_reason == "Rate is right"
    assert story(hold)[0] == ("orders.hold_release_many", "RELEASED", "Rate is right")
    assert story(first)[0] == ("orders.order_confirm", "CONFIRMED", "Paid")


def test_a_hold_is_refused_without_a_reason_twice_or_once_the_order_is_past_it(company: Company) -> None:
    def hold(order_id: int, reason: str = "Look", kind: str = "FRAUD") -> Hold:
        return hold_open(order_id=order_id, kind=kind, reason=reason, actor=company.cora, at=NOW)

    stock_in(company, company.mug, 9)
    held, released, shipped, cancelled = (promised(company, (company.mug, 2)) for _ in range(4))
    refused(InvalidInput, "reason", lambda: hold(held.pk, " \n"))
    refused(NotFound, "order", lambda: hold(10**9))
    hold(held.pk)
    refused(Conflict, "kind", lambda: hold(held.pk))
    assert hold(held.pk, kind="TAX").state == "OPEN"
    fulfillment_release_many(order_ids=[released.pk], actor=company.olga, at=NOW)
    fulfillment_ship_through_many(order_ids=[shipped.pk], carrier="DPD", actor=company.pia, at=NOW)
    order_cancel(order_id=cancelled.pk, reason="Changed mind", actor=company.cora, at=NOW)
    for order in (released, shipped, cancelled):
        refused(IllegalTransition, "state", lambda order=order: hold(order.pk))


def test_holds_are_released_all_or_none(company: Company) -> None:
    orders = [order_in(company, (company.mug, 1)) for _ in range(2)]
    closed, still_open = (
        hold_open(order_id=order.pk, kind="TAX", reason="Look", actor=company.cora, at=NOW).pk
        for order in orders
    )
    hold_release_many(hold_ids=[closed], reason="Fine", actor=company.fay, at=NOW)

    def release(*ids: int, reason: str = "Fine") -> list[int]:
        return hold_release_many(hold_ids=ids, reason=reason, actor=company.fay, at=NOW)

    refused(InvalidInput, "reason", lambda: release(still_open, reason=""))
    refused(NotFound, "hold", lambda: release(still_open, 10**9))
    refused(LostUpdate, "", lambda: release(still_open, closed))
    assert Hold.objects.get(pk=still_open).state == "OPEN"
    assert release() == []


# --- cancellation ---
def test_a_whole_order_on_hold_is_cancelled_with_its_hold(company: Company) -> None:
    order = order_in(company, (company.mug, 4), (company.lamp, 1))
    hold = hold_open(order_id=order.pk, kind="FRAUD", reason="Odd", actor=company.cora, at=NOW)
    assert order_cancel(order_id=order.pk, reason="It was fraud", actor=company.cora, at=LATER) == 5
    order.refresh_from_db()
    hold.refresh_from_db()
    assert (order.state, order.needs_allocation, order.total) == ("CANCELLED", False, 50)
    assert (hold.state, hold.close_reason) == ("REJECTED", "order cancelled: It was fraud")
    assert story(order)[0] == ("orders.order_cancel", "CANCELLED", "It was fraud")
    assert moves(order, "orders.order_cancel") == []


def test_what_nobody_promised_is_cancelled_first_and_the_promise_stays(company: Company) -> None:
    stock_in(company, company.mug, 3)
    order = promised(company, (company.mug, 5))
    line = order.lines.get()
    assert (
        order_cancel(order_id=order.pk, quantities={line.pk: 2}, reason="Fewer", actor=company.cora, at=LATER)
        == 2
    )
    order.refresh_from_db()
    line.refresh_from_db()
    assert (order.state, order.needs_allocation) == ("ALLOCATED", False)
    assert (line.quantity_allocated, line.quantity_cancelled) == (3, 2)
    assert derive_progress([line]) == ("partly cancelled",)
    assert moves(order, "orders.order_cancel") == []


def test_a_partial_cancellation_gives_the_newest_promise_back_first(company: Company) -> None:
    stock_in(company, company.mug, 2)
    stock_in(company, company.mug, 2, node=company.south)
    stock_in(company, company.lamp, 1)
    order = promised(company, (company.mug, 4), (company.lamp, 1))
    mugs, lamp = order.lines.order_by("position")
    assert order_cancel(order_id=order.pk, quantities={mugs.pk: 3, lamp.pk: 0}, reason="Fewer", actor=company.cora,
                        at=LATER) == 3  # fmt: skip
    assert moves(order, "orders.order_cancel") == [
        ("SOUTH", 2, "ALLOCATED", "AVAILABLE"), ("NORTH", 1, "ALLOCATED", "AVAILABLE"),
    ]  # fmt: skip
    left = Allocation.objects.filter(state="ACTIVE").order_by("pk")
    assert sorted(left.values_list("product__sku", "node__code", "quantity")) == [
        ("LAMP", "NORTH", 1), ("MUG", "NORTH", 1),
    ]  # fmt: skip
    order.refresh_from_db()
    assert (order.state, order.needs_allocation) == ("ALLOCATED", False)
    assert (level(company, "AVAILABLE"), level(company, "ALLOCATED")) == (3, 1)
    order_cancel(order_id=order.pk, reason="All of it", actor=company.cora, at=LATER)
    order.refresh_from_db()
    assert (order.state, level(company, "AVAILABLE"), level(company, "ALLOCATED")) == ("CANCELLED", 4, 0)


def test_the_rest_of_a_part_shipped_order_is_cancelled_and_the_order_counts_as_shipped(
    company: Company,
) -> None:
    stock_in(company, company.mug, 3)
    order = promised(company, (company.mug, 5))
    fulfillment_ship_through_many(order_ids=[order.pk], carrier="DPD", actor=company.pia, at=NOW)
    order.refresh_from_db()
    assert order.state == "RELEASED"
    assert order_cancel(order_id=order.pk, reason="No more of it", actor=company.cora, at=LATER) == 2
    order.refresh_from_db()
    assert (order.state, order.shipped_at, order.needs_allocation) == ("SHIPPED", LATER, False)
    assert order.amount_invoiced == 30


def test_a_cancellation_is_refused_beyond_what_is_left_and_once_picking_began(company: Company) -> None:
    def cancel(order: Order, reason: str = "Fewer", **quantities: dict[int, int]) -> int:
        return order_cancel(order_id=order.pk, reason=reason, actor=company.cora, at=NOW, **quantities)

    stock_in(company, company.mug, 3)
    order, other = promised(company, (company.mug, 5)), order_in(company, (company.mug, 1))
    line, stranger = order.lines.get(), other.lines.get()
    refused(InvalidInput, "reason", lambda: cancel(order, "  "))
    refused(NotFound, "order", lambda: cancel(Order(pk=10**9)))
    for quantities in ({line.pk: 6}, {line.pk: -1}, {stranger.pk: 1}, {line.pk: 1, stranger.pk: 1}):
        refused(InvalidInput, "quantities", lambda wanted=quantities: cancel(order, quantities=wanted))
    fulfillment_release_many(order_ids=[order.pk], actor=company.olga, at=NOW)
    error = refused(Conflict, "quantities", lambda: cancel(order))
    assert error.message == f"3 units of {order} are already being picked"
    refused(Conflict, "quantities", lambda: cancel(order, quantities={line.pk: 3}))
    line.refresh_from_db()
    assert (line.quantity_cancelled, line.quantity_allocated) == (0, 3)
    assert cancel(order, quantities={line.pk: 2}) == 2  # what nobody picks may still go
    assert cancel(other) == 1
    refused(Conflict, "order", lambda: cancel(other))


# --- promises ---
def test_a_promise_is_taken_back_and_the_order_waits_again(company: Company) -> None:
    stock_in(company, company.mug, 2)
    stock_in(company, company.mug, 2, node=company.south)
    order = promised(company, (company.mug, 4))
    assert order_release_allocation(order_id=order.pk, reason="For Carol", actor=company.olga, at=LATER) == 4
    order.refresh_from_db()
    assert (order.state, order.needs_allocation) == ("CONFIRMED", True)
    assert sorted(moves(order, "orders.order_release_allocation")) == [
        ("NORTH", 2, "ALLOCATED", "AVAILABLE"), ("SOUTH", 2, "ALLOCATED", "AVAILABLE"),
    ]  # fmt: skip
    assert story(order)[0] == ("orders.order_release_allocation", "CONFIRMED", "For Carol")
    before = rows()
    assert order_release_allocation(order_id=order.pk, reason="Again", actor=company.olga, at=LATER) == 0
    assert rows() == before
    order_allocate_many(order_ids=[order.pk], actor=company.olga, at=LATER)
    assert (order.decisions.count(), order.lines.get().quantity_allocated) == (2, 4)
    refused(
        NotFound, "order",
        lambda: order_release_allocation(order_id=10**9, reason="x", actor=company.olga, at=LATER),
    )  # fmt: skip


def test_what_the_floor_has_taken_up_stays_promised(company: Company) -> None:
    stock_in(company, company.mug, 3)
    order = promised(company, (company.mug, 5))
    fulfillment_release_many(order_ids=[order.pk], actor=company.olga, at=NOW)
    stock_in(company, company.mug, 2)
    order_allocate_many(order_ids=[order.pk], actor=company.olga, at=NOW)
    assert order_release_allocation(order_id=order.pk, reason="For Carol", actor=company.olga, at=LATER) == 2
    order.refresh_from_db()
    assert (order.state, order.needs_allocation, order.lines.get().quantity_allocated) == (
        "RELEASED",
        True,
        3,
    )


def test_nothing_is_promised_while_no_policy_is_in_force(company: Company) -> None:
    stock_in(company, company.mug, 3)
    order = order_in(company, (company.mug, 1))
    AllocationPolicy.objects.update(is_active=False)
    refused(
        InvalidInput, "policy", lambda: order_allocate_many(order_ids=[order.pk], actor=company.olga, at=NOW)
    )


# --- money ---
def test_payments_are_recorded_added_up_and_posted_each(company: Company) -> None:
    one, two = order_in(company, (company.mug, 4)), order_in(company, (company.mug, 1))
    drafts = [
        PaymentDraft(one.pk, "card", "ch_1", D("15.50")), PaymentDraft(two.pk, "card", "ch_2", D("10.00")),
        PaymentDraft(one.pk, "bank", "ch_1", D("4.50")),
    ]  # fmt: skip
    ids = payment_capture_many(drafts, actor=company.fay, at=NOW)
    one.refresh_from_db()
    two.refresh_from_db()
    assert (one.amount_paid, two.amount_paid, one.amount_refunded) == (20, 10, 0)
    assert list(one.payments.order_by("pk").values_list("pk", "provider", "amount", "currency", "is_refund")) == [
        (ids[0], "card", D("15.50"), "GBP", False), (ids[2], "bank", D("4.50"), "GBP", False),
    ]  # fmt: skip
    assert posted("orders.payment_captured") == [
        (pk, role, debit, credit)
        for pk, amount in zip(ids, (D("15.50"), 10, D("4.50")), strict=True)
        for role, debit, credit in (("CASH_CLEARING", amount, 0), ("RECEIVABLE", 0, amount))
    ]
    assert payment_capture_many([], actor=company.fay, at=NOW) == []


def test_money_goes_back_up_to_what_was_paid(company: Company) -> None:
    order = order_in(company, (company.mug, 4))
    payment_capture_many([PaymentDraft(order.pk, "card", "ch_1", D(30))], actor=company.fay, at=NOW)

    def refund(reference: str, amount: str) -> int:
        return payment_refund(
            order_id=order.pk, provider="card", provider_ref=reference, amount=D(amount), actor=company.fay, at=LATER
        )  # fmt: skip

    first = refund("re_1", "12.25")
    refused(InvalidInput, "amount", lambda: refund("re_2", "17.76"))
    second = refund("re_2", "17.75")
    order.refresh_from_db()
    assert (order.amount_paid, order.amount_refunded) == (30, 30)
    assert posted("orders.payment_refunded") == [
        (first, "RECEIVABLE", D("12.25"), 0), (first, "CASH_CLEARING", 0, D("12.25")),
        (second, "RECEIVABLE", D("17.75"), 0), (second, "CASH_CLEARING", 0, D("17.75")),
    ]  # fmt: skip
    assert Payment.objects.get(pk=second).captured_at == LATER


def test_payments_that_can_not_be_are_refused_together(company: Company) -> None:
    order = order_in(company, (company.mug, 4))

    def capture(*amounts: str, order_id: int = order.pk, at: datetime = NOW) -> list[int]:
        drafts = [PaymentDraft(order_id, "card", f"ch_{n}", D(amount)) for n, amount in enumerate(amounts)]
        return payment_capture_many(drafts, actor=company.fay, at=at)

    for amounts in (["0"], ["10", "-1"], ["40.01"], ["20", "20.01"], ["5.005"]):
        refused(InvalidInput, "amount", lambda amounts=amounts: capture(*amounts))
    refused(NotFound, "order", lambda: capture("5", order_id=10**9))
    refused(NoPeriod, "posting_date", lambda: capture("5", at=datetime(2031, 1, 1, tzinfo=UTC)))
    capture("5")
    with pytest.raises(IntegrityError, match="payment_provider_ref"), transaction.atomic():
        capture("5")  # the same reference: the caller reads the winner
    order.refresh_from_db()
    assert (order.amount_paid, Payment.objects.count()) == (5, 1)


@pytest.mark.parametrize(("change", "field"), [
    ({"payment": PaymentCommand("card", "ch_1", D("20.01"))}, "payment"),
    ({"payment": PaymentCommand("card", "ch_1", D("19.995"))}, "payment.amount"),
    ({"charges": [ChargeCommand("DISCOUNT", D("-0.001"))]}, "charges[1].amount"),
    ({"lines": [LineCommand("MUG", 2, D(10), "", D("0.333"))]}, "lines[1].tax_amount"),
])  # fmt: skip
def test_an_order_whose_money_could_not_be_posted_stays_out_and_spoils_no_neighbour(
    company: Company, change: dict[str, Any], field: str
) -> None:
    def command(number: int, **changes: Any) -> OrderCommand:
        sound: dict[str, Any] = {
            "channel": "wholesale", "external_id": f"P-{number}", "ordered_at": NOW, "currency": "GBP",
            "lines": [LineCommand("MUG", 2, D(10))], "body": f"body {number}",
            "ship_to": ShipTo("Pat", "1 High Street", "Leeds", "LS1", "GB"),
        }  # fmt: skip
        return OrderCommand(**sound | changes)

    bad, good = order_receive_many([command(1, **change), command(2)], actor=company.system, at=NOW)
    assert isinstance(bad.error, InvalidInput)
    assert (bad.error.field, bool(bad.error.remedy), bad.order_id) == (field, True, None)
    assert Order.objects.get().pk == good.order_id
    assert InboxMessage.objects.get(external_id="P-1").state == "DEAD"


def test_charges_of_no_order_are_posted_by_their_role(company: Company) -> None:
    (message,) = inbox_store_many(
        [InboxDraft("web", "orders.charge_post_many", "fees", "raw", result="orders.Charge:1")], at=NOW
    )

    def draft(sequence: int, role: AccountRole, amount: str, memo: str = "") -> ChargeDraft:
        return ChargeDraft(message.id, sequence, role, D(amount), "GBP", company.web.pk, memo)

    entries = charge_post_many(
        [
            draft(1, AccountRole.CHANNEL_FEE, "-3.20", "x" * 300),
            draft(2, AccountRole.OTHER_INCOME, "5"),
            draft(3, AccountRole.BANK_CHARGE, "0"),  # nothing to post
        ],
        actor=company.fay, at=NOW,
    )  # fmt: skip
    assert posted("orders.charge_posted") == [
        (message.id, "CASH_CLEARING", 0, D("3.20")), (message.id, "CHANNEL_FEE", D("3.20"), 0),
        (message.id, "CASH_CLEARING", 5, 0), (message.id, "OTHER_INCOME", 0, 5),
    ]  # fmt: skip
    first, second = JournalEntry.objects.filter(pk__in=entries).order_by("pk")
    assert (first.memo, first.sequence, second.sequence) == ("x" * 200, 1, 2)
    for number, amount, kind, field in (
        (2, "5", AlreadyPosted, "source_id"),
        (4, "1.005", InvalidInput, "amount"),
    ):
        drafts = [draft(number, AccountRole.OTHER_INCOME, amount)]
        refused(kind, field, lambda drafts=drafts: charge_post_many(drafts, actor=company.fay, at=NOW))


# --- master data ---
def test_customers_are_created_once_and_known_ones_are_left_alone(company: Company) -> None:
    drafts = [
        CustomerDraft("C-CAROL", "Somebody else"),
        CustomerDraft(
            "C-1", "Nina", "nina@example.com", "BUSINESS", D("99.50"), "1 Low Road", "York", "YO1", "GB"
        ),
        CustomerDraft("C-2", "Max"),
    ]
    found = customer_create_many(drafts, actor=company.cora, at=NOW)
    nina = Customer.objects.get(number="C-1")
    assert found == {
        "C-CAROL": company.carol.pk,
        "C-1": nina.pk,
        "C-2": Customer.objects.get(number="C-2").pk,
    }
    assert (nina.name, nina.segment, nina.credit_limit, nina.created_at) == (
        "Nina",
        "BUSINESS",
        D("99.50"),
        NOW,
    )
    change = nina.history.get()
    assert (change.history_user, change.history_date, change.history_type) == (company.cora, NOW, "+")
    company.carol.refresh_from_db()
    assert company.carol.name == "Carol Customer"
    before = rows()
    assert customer_create_many(drafts, actor=company.cora, at=LATER) == found
    assert rows() == before


@pytest.mark.parametrize(("change", "field"), [
    ({"number": " "}, "number"), ({"number": "x" * 41}, "number"), ({"name": ""}, "name"), ({"name": "x" * 121}, "name"),
    ({"segment": "GOVERNMENT"}, "segment"), ({"country": "gb"}, "country"), ({"country": "GBR"}, "country"),
    ({"country": "G1"}, "country"), ({"credit_limit": D("-0.01")}, "credit_limit"), ({"email": "nina@"}, "email"),
])  # fmt: skip
def test_a_customer_that_can_not_be_keeps_the_others_out(
    company: Company, change: dict[str, Any], field: str
) -> None:
    drafts = [CustomerDraft("C-1", "Nina"), CustomerDraft(**{"number": "C-2", "name": "Max"} | change)]
    refused(InvalidInput, field, lambda: customer_create_many(drafts, actor=company.cora, at=NOW))


def test_listings_are_created_once_per_channel_and_keep_their_product(company: Company) -> None:
    ListingFactory(channel=company.web, product=company.mug, channel_sku="W-1")
    web, wholesale, lamp = company.web.pk, company.wholesale.pk, company.lamp.pk
    drafts = [
        ListingDraft(web, "w-1", lamp),  # known, whatever its case
        ListingDraft(web, "W-2", lamp), ListingDraft(web, "w-2", company.mug.pk),  # the first one counts
        ListingDraft(wholesale, "W-1", lamp),
    ]  # fmt: skip
    assert listing_create_many(drafts, actor=company.olga, at=NOW) == 2
    assert sorted(Listing.objects.values_list("channel__code", "channel_sku", "product__sku")) == [
        ("web", "W-1", "MUG"), ("web", "W-2", "LAMP"), ("wholesale", "W-1", "LAMP"),
    ]  # fmt: skip
    change = Listing.objects.get(channel_sku="W-2").history.get()
    assert (change.history_user, change.history_date) == (company.olga, NOW)
    assert listing_create_many(drafts, actor=company.olga, at=LATER) == 0
    command = OrderCommand(
        channel="wholesale", external_id="L-1", ordered_at=NOW, currency="GBP", body="b",
        lines=[LineCommand("w-1", 2, D(10))], ship_to=ShipTo("Pat", "1 High Street", "Leeds", "LS1", "GB"),
    )  # fmt: skip
    (received,) = order_receive_many([command], actor=company.system, at=NOW)
    assert Order.objects.get(pk=received.order_id).lines.get().product == company.lamp


# --- an order that was refused, from its raw message ---
def message_of(source: str, external_id: str, body: str, kind: str = "orders.order_receive") -> InboxMessage:
    (stored,) = inbox_store_many([InboxDraft(source, kind, external_id, body)], at=NOW)
    return InboxMessage.objects.get(pk=stored.id)


def json_order(**changes: Any) -> str:
    content = {
        "channel": "wholesale", "external_id": "J-1", "ordered_at": "2026-03-01T10:00:00Z", "currency": "GBP",
        "lines": [{"sku": "JUG", "quantity": 2, "unit_price": 3.10}],
        "ship_to": {"name": "Pat", "line1": "1 High Street", "city": "Leeds", "country": "GB"},
    }  # fmt: skip
    return json.dumps(content | changes)


def test_a_json_message_is_received_again_once_its_cause_is_gone(company: Company) -> None:
    message = message_of("wholesale", "J-1", json_order())
    error = refused(InvalidInput, "lines[1].sku", lambda: replayed(message, company))
    assert error.detail == {"skus": ["JUG"]}
    ProductFactory(sku="JUG", category=company.goods, unit=company.each, list_price=D(4))
    result = replayed(message, company)
    order = Order.objects.get()
    assert (result, order.external_id, order.total) == (f"orders.Order:{order.pk}", "J-1", D("6.20"))
    message.refresh_from_db()
    assert (message.state, message.result) == ("DONE", result)
    before = rows()
    assert replayed(message, company) == result  # and a second time it is the same order
    assert rows() == before


def replayed(message: InboxMessage, company: Company) -> str:
    """Replay in a savepoint, as the worker's transaction is undone when the order is refused again."""
    with transaction.atomic():
        return order_receive_again(message=message, actor=company.olga, at=LATER)


def test_rows_of_a_file_are_received_again_as_they_stood_there(company: Company) -> None:
    head = "external_id,ordered_at,currency,sku,quantity,unit_price,ship_to_name,ship_to_line1,ship_to_city,ship_to_country"
    first = 'F-1,2026-03-01T10:00:00Z,GBP,JUG,2,3.10,"Pat, Price",1 High St,Leeds,GB'
    file = f"{head}\n{first}\nF-1,,,MUG,1,9.00,,,,\nF-2,yesterday,GBP,MUG,1,9.00,Pat,1 High St,Leeds,GB\n"
    result = order_import(
        content=file.encode(), channel="wholesale", file_name="f.csv", actor=company.olga, at=NOW
    )
    assert [(row, error.field) for row, error in result.errors] == [
        (2, "lines[1].sku"), (4, "row 4: ordered_at"),
    ]  # fmt: skip
    sku, date = InboxMessage.objects.order_by("external_id")
    ProductFactory(sku="JUG", category=company.goods, unit=company.each, list_price=D(4))
    assert replayed(sku, company) == f"orders.Order:{Order.objects.get().pk}"
    order = Order.objects.get()
    assert (order.ship_to_name, order.total, order.lines.count()) == ("Pat, Price", D("15.20"), 2)
    assert (date.kind, date.source) == ("orders.order_import", "wholesale")
    refused(InvalidInput, "row 2: ordered_at", lambda: replayed(date, company))


@pytest.mark.parametrize(("body", "kind", "field"), [
    ("{not json", InvalidInput, "body"), (json_order(colour="red"), InvalidInput, "colour"),
    (json_order(currency="EUR", lines=[{"sku": "MUG", "quantity": 1, "unit_price": "9"}]), InvalidInput, "currency"),
    ("", InvalidInput, "file"), ("a,b\n", InvalidInput, "row 2"),
    (json_order(external_id="KNOWN", lines=[{"sku": "MUG", "quantity": 1, "unit_price": "9"}]), Conflict, "external_id"),
])  # fmt: skip
def test_a_message_that_is_still_no_order_is_refused_again(
    company: Company, body: str, kind: type[KeelError], field: str
) -> None:
    known = json_order(external_id="KNOWN", lines=[{"sku": "MUG", "quantity": 5, "unit_price": "9"}])
    replayed(message_of("wholesale", "KNOWN", known), company)
    message = message_of("wholesale", "raw", body, "orders.order_import")
    refused(kind, field, lambda: replayed(message, company))
    assert Order.objects.get().lines.get().quantity_ordered == 5


# --- telling the channel ---
def test_a_shipment_is_added_to_its_channels_feed(company: Company, settings: LazySettings) -> None:
    stock_in(company, company.mug, 5)
    orders = [promised(company, (company.mug, 1)) for _ in range(2)]
    fulfillment_ship_through_many(
        order_ids=[order.pk for order in orders], carrier="DPD", actor=company.pia, at=NOW
    )
    messages = list(
        OutboxMessage.objects.filter(kind="orders.channel_shipment_publish").order_by("subject_id")
    )
    OutboxMessage.objects.update(created_at=NOW)
    for message in messages:
        message.refresh_from_db()
    sent = [channel_shipment_publish(message) for message in [*messages, messages[0]]]
    assert sent == [f"shipments-2026-03-02.jsonl#{message.key}" for message in [*messages, messages[0]]]
    feed = Path(settings.MEDIA_ROOT) / "channels/wholesale/shipments-2026-03-02.jsonl"
    first, second, again = (json.loads(line) for line in feed.read_text().splitlines())
    assert again == first  # a line may come twice after a crash, with the same key
    assert {key: second[key] for key in ("key", "at", "order", "external_id", "carrier")} == {
        "key": messages[1].key, "at": NOW.isoformat(), "order": orders[1].number,
        "external_id": orders[1].external_id, "carrier": "DPD",
    }  # fmt: skip


@pytest.mark.parametrize("code", ["nowhere", "", "../wholesale", "a/b"])
def test_no_feed_is_written_for_a_channel_that_is_none(
    company: Company, settings: LazySettings, code: str
) -> None:
    company.web.code = "a/b"
    company.web.save()
    message = OutboxMessage(
        stream=f"channel:{code}", key="shipment:1", payload={"order": "SO-1"}, created_at=NOW
    )
    refused(InvalidInput, "stream", lambda: channel_shipment_publish(message))
    assert not (Path(settings.MEDIA_ROOT) / "channels").exists()
