"""Do payments, charges and master data leave exactly the entries and rows they say, and nothing when refused?"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from erp.core.errors import InvalidInput, NotFound
from erp.core.models import InboxMessage
from erp.core.services.inbox import InboxDraft, inbox_store_many
from ledger.models import AccountRole, JournalEntry
from ledger.services import AlreadyPosted, NoPeriod
from orders.models import Customer, Listing, Order, Payment
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
    listing_create_many,
    order_receive_many,
    payment_capture_many,
    payment_refund,
)
from tests.cast import NOW, Company
from tests.factories import ListingFactory
from tests.fulfillment.goods import order_in
from tests.orders.evidence import LATER, D, posted, refused, rows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("proven")]


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
            "ship_to": ShipTo("Pat", "1 High Street", "Leeds", "LS1 1AA", "GB"),
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
        lines=[LineCommand("w-1", 2, D(10))], ship_to=ShipTo("Pat", "1 High Street", "Leeds", "LS1 1AA", "GB"),
    )  # fmt: skip
    (received,) = order_receive_many([command], actor=company.system, at=NOW)
    assert Order.objects.get(pk=received.order_id).lines.get().product == company.lamp
