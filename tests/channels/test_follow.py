"""Does our order follow what its channel changes: charges, taxes, prices, wishes, a cancellation that is taken back?"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import permutations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from erp.core.models import Job, Note
from orders.channels.contract import CANCELLED, FETCH, FULFILMENT, ORDER, PAYMENT, ChannelEvent
from orders.channels.document import Cancelled, Charge, Fulfilled, Line, Paid, Snapshot
from orders.models import ChannelOrder, CheckPolicy, Hold, Order, OrderLine
from orders.selectors.channel_order import order_pairs
from orders.services import order_cancel
from orders.services.channel_chase import NEVER, channel_order_accept, channel_order_chase, picture_of
from orders.services.channel_news import channel_news_handle
from tests.cast import NOW, Company, stock_in
from tests.channels.lives import outcome, snapshot
from tests.channels.test_converge import hear

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("proven")]
TEN = Decimal(10)


@pytest.fixture
def shop(company: Company) -> Company:
    stock_in(company, company.mug, 100)
    stock_in(company, company.lamp, 100)
    return company


def said(content: Snapshot, version: str) -> ChannelEvent:
    return ChannelEvent(ORDER, content.external_id, "", version, content)


def mugs(units: int = 2, **changes: object) -> Snapshot:
    return replace(snapshot("C-1", [Line("a", "MUG", units, TEN, Decimal(4))]), **changes)  # type: ignore[arg-type]


def row() -> ChannelOrder:
    return ChannelOrder.objects.get(external_id="C-1")


def test_charges_that_changed_there_change_here(shop: Company) -> None:
    cheaper = mugs(
        charges=(Charge("SHIPPING_REVENUE", Decimal("2.00")), Charge("DISCOUNT", Decimal("-1.00")))
    )
    assert hear(shop, [said(mugs(), "1"), said(cheaper, "2")]) == []
    order = Order.objects.get()
    assert sorted(order.charges.values_list("kind", "amount")) == [("DISCOUNT", -1), ("SHIPPING_REVENUE", 2)]
    assert (order.charges_total, order.total) == (1, 25)
    (change,) = order.changes.all()
    assert (change.kind, change.total_before, change.total_after) == ("CHARGES", Decimal("28.50"), 25)


def test_charges_of_an_order_on_the_floor_are_pending(shop: Company) -> None:
    hear(shop, [said(mugs(), "1")])
    Order.objects.update(charges_invoiced=True)
    (why,) = hear(shop, [said(mugs(charges=()), "2")])
    assert "charges" in why
    assert Order.objects.get().charges_total == Decimal("4.50")


def test_the_tax_of_a_line_follows_and_does_not_depend_on_what_came_between(shop: Company) -> None:
    first = Line("a", "MUG", 3, Decimal("9.99"), Decimal("5.99"))
    story = [
        replace(first, removed=1),
        replace(first, removed=2),
        replace(first, tax_amount=Decimal("2.50"), removed=1),
    ]
    ends = []
    for number, places in enumerate(permutations(range(3))):
        name = f"C-{number}"
        lines = [said(snapshot(name, [first]), "0")]
        lines += [said(snapshot(name, [story[place]]), str(place + 1)) for place in places]
        assert hear(shop, lines) == []
        ends.append(
            list(OrderLine.objects.filter(order__external_id=name).values_list("tax_amount", "line_total"))
        )
    assert all(end == [(Decimal("1.67"), Decimal("19.98"))] for end in ends), ends


def test_a_line_that_was_taken_off_and_is_wanted_again_is_a_new_line(shop: Company) -> None:
    two = snapshot("C-1", [Line("a", "MUG", 1, TEN), Line("b", "LAMP", 1, TEN)])
    less = replace(two, lines=(two.lines[0], replace(two.lines[1], removed=1)))
    assert hear(shop, [said(two, "1"), said(less, "2"), said(two, "3")]) == []
    assert outcome("C-1")["lines"] == [("LAMP", "10.0000", 1), ("MUG", "10.0000", 1)]


def test_an_order_that_nothing_is_left_of_there_is_cancelled(shop: Company) -> None:
    none = mugs(lines=(Line("a", "MUG", 2, TEN, Decimal(4), "", 2),))
    assert hear(shop, [said(mugs(), "1"), said(none, "2")]) == []
    assert Order.objects.get().state == "CANCELLED"


def test_its_prices_need_no_approval_of_ours_but_the_price_check(shop: Company) -> None:
    shop.mug.list_price = TEN
    shop.mug.save()
    CheckPolicy.objects.create(channel=shop.web, list_tolerance=Decimal("0.20"))
    paid = ChannelEvent(PAYMENT, "C-1", "p", "1", Paid("card", "p", Decimal("28.50")))
    cheap = mugs(lines=(Line("a", "MUG", 2, Decimal(9), Decimal(4)),))
    assert hear(shop, [said(mugs(), "1"), paid, said(cheap, "2")]) == []
    line = OrderLine.objects.get()
    assert (line.unit_price, line.unit_price_agreed) == (9, None)
    assert not Hold.objects.filter(state="OPEN").exists()
    assert hear(shop, [said(mugs(lines=(Line("a", "MUG", 2, Decimal(2), Decimal("0.80")),)), "3")]) == []
    assert list(Hold.objects.filter(state="OPEN").values_list("kind", flat=True)) == ["PRICE"]
    assert OrderLine.objects.get().unit_price == 2


def test_what_was_paid_before_it_became_cheaper_is_taken_and_owed_back(shop: Company) -> None:
    paid = ChannelEvent(PAYMENT, "C-1", "p", "1", Paid("card", "p", Decimal("28.50")))
    ends = []
    for events in (
        [said(mugs(), "1"), paid, said(mugs(charges=()), "2")],
        [said(mugs(charges=()), "2"), paid, said(mugs(), "1")],
    ):
        name = f"C-{len(ends)}"
        renamed = [replace(e, order=name, content=replace(e.content, external_id=name) if e.kind == ORDER
                           else replace(e.content, ref=name)) for e in events]  # fmt: skip
        assert hear(shop, renamed) == []
        order = Order.objects.get(external_id=name)
        ends.append((order.amount_paid, order.total, order.state))
    assert ends[0] == ends[1] == (Decimal("28.50"), 24, ends[0][2])


def test_wishes_follow(shop: Company) -> None:
    assert hear(shop, [said(mugs(), "1"), said(mugs(email="new@example.com", priority=5), "2")]) == []
    order = Order.objects.get()
    assert (order.email, order.priority) == ("new@example.com", 5)


def test_a_reinstated_order_is_never_silent(shop: Company) -> None:
    gone, back = mugs(cancelled=Cancelled("unpaid")), mugs(email="again@example.com")
    (why,) = hear(shop, [said(mugs(), "1"), said(gone, "2"), said(back, "3")])
    assert "Reinstated there" in why and "enter it anew" in why
    assert Order.objects.get().state == "CANCELLED"
    assert (
        channel_order_accept(channel_order_id=row().pk, reason="entered anew", actor=shop.cora, at=NOW) == []
    )


def test_a_cancellation_that_is_older_than_the_reinstated_order_is_history(shop: Company) -> None:
    assert hear(shop, [said(mugs(), "3"), said(mugs(cancelled=Cancelled("unpaid")), "2")]) == []
    assert Order.objects.get().state != "CANCELLED"


def test_what_was_called_off_and_never_came_is_given_up_until_it_comes(shop: Company) -> None:
    gone = ChannelEvent(CANCELLED, "C-1", "", "2", Cancelled("unpaid"))
    assert hear(shop, [gone]) == ["The order itself has not arrived."]
    channel_order_chase(actor=shop.system, at=NOW + NEVER - timedelta(minutes=1))
    assert row().pending
    late = NOW + NEVER
    assert channel_order_chase(actor=shop.system, at=late)["stuck"] == 0
    assert (row().pending, row().never_was_at) == ([], late)
    assert "never arrived" in Note.objects.get().body
    assert hear(shop, [gone]) == []  # the same again wakes nobody
    paid = ChannelEvent(PAYMENT, "C-1", "p", "1", Paid("card", "p", TEN))
    assert hear(shop, [paid]) == ["The order itself has not arrived."]
    assert hear(shop, [said(mugs(), "1")]) == []
    assert (Order.objects.get().state, row().never_was_at) == ("CANCELLED", None)


def test_a_message_that_comes_again_locks_nothing(shop: Company) -> None:
    events = [said(mugs(), "1"), ChannelEvent(PAYMENT, "C-1", "p", "1", Paid("card", "p", Decimal("28.50")))]
    hear(shop, events)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        hear(shop, events[:1])
    texts = [query["sql"] for query in asked.captured_queries]
    assert len(texts) <= 14, texts
    assert not [text for text in texts if "inventory_stocklevel" in text or "pg_advisory" in text]


def test_what_left_there_while_ours_is_open_is_said(shop: Company) -> None:
    hear(shop, [said(mugs(), "1")])
    parcel = Fulfilled("f-1", ("TRACK1",), "DPD", "", (("a", 2),))
    (why,) = hear(shop, [ChannelEvent(FULFILMENT, "C-1", "f-1", "2", parcel)])
    assert why.startswith("Shipped there: 2 units by DPD TRACK1 (f-1)")
    called_off = replace(parcel, lines=())
    assert hear(shop, [ChannelEvent(FULFILMENT, "C-1", "f-1", "3", called_off)]) == []


def test_a_total_that_differs_says_so(shop: Company) -> None:
    hear(shop, [said(mugs(), "1")])
    same = {pair.what: pair for pair in order_pairs(picture_of(row()), Order.objects.get(), row().line_map)}
    assert (same["Total as it stands"].theirs, same["Total as it stands"].differs) == ("£28.50", False)
    line = OrderLine.objects.get()
    order_cancel(order_id=line.order_id, quantities={line.pk: 1}, reason="by phone", actor=shop.cora, at=NOW)
    pairs = {pair.what: pair for pair in order_pairs(picture_of(row()), Order.objects.get(), row().line_map)}
    total = pairs["Total as it stands"]
    assert (total.theirs, total.ours, total.differs) == ("£28.50", "£16.50", True)


def test_an_order_that_only_changed_is_fetched_once(shop: Company) -> None:
    event = ChannelEvent(FETCH, "C-1", "", "5", {"topic": "orders/edited"})
    became = [channel_news_handle(channel="web", event=event, actor=shop.system, at=NOW) for _ in range(2)]
    job = Job.objects.get(kind="orders.channel_order_fetch")
    assert became == [f"core.Job:{job.pk}"] * 2
    assert job.arguments["external_id"] == "C-1"
    hear(shop, [said(mugs(), "6")])
    assert channel_news_handle(channel="web", event=event, actor=shop.system, at=NOW).startswith("noted")
