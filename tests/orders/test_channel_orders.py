"""Answers: does somebody learn of an order that does not follow its channel, and can they let it follow, or leave it?"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

import orders.playbooks  # noqa: F401 (it registers the cases' buttons)
from erp.core.errors import Conflict, InvalidInput
from erp.core.models import ExceptionCase, Note
from erp.core.services.playbook import exception_play
from orders.channels.document import Cancelled
from orders.models import Connection, Order, RefusedDelivery
from orders.selectors.channel_order import order_pairs
from orders.services.channel_chase import (
    PATIENCE,
    channel_order_accept,
    channel_order_chase,
    channel_order_retry,
    picture_of,
)
from tests import factories as make
from tests.cast import NOW, Company, stock_in
from tests.orders.channel_case import arrive, channel_order, said, snapshot, spoken
from tests.orders.desk import Login

__all__ = ["spoken"]
pytestmark = pytest.mark.django_db
LATER = NOW + PATIENCE + timedelta(minutes=1)


@pytest.fixture
def stuck(company: Company, spoken: Connection) -> Any:
    """Our order has two mugs; the channel says since that one of them became something that nobody has mapped."""
    stock_in(company, company.mug, 10)
    arrive([said("ORDER", "W-1", snapshot())])
    first = snapshot()
    lines = (*first.lines, type(first.lines[0])("2", "cup-xl", 1, first.lines[0].unit_price))
    arrive([said("ORDER", "W-1", snapshot(lines=lines, total=first.total + 10), minute=5)])
    row = channel_order()
    assert row.pending and row.pending_since == NOW
    return row


def test_a_case_stands_while_it_is_stuck_and_goes_when_it_follows(company: Company, stuck: Any) -> None:
    soon = channel_order_chase(actor=company.system, at=NOW + timedelta(minutes=15))
    assert soon == {"tried": 1, "followed": 0, "stuck": 0}
    assert channel_order_chase(actor=company.system, at=LATER)["stuck"] == 1
    case = ExceptionCase.objects.get(kind="CHANNEL_ORDER_STUCK")
    assert (case.subject_id, case.detail["channel"]) == (str(stuck.pk), "web")
    assert case.detail["order"] == Order.objects.get().number
    make.ListingFactory(channel=company.web, channel_sku="cup-xl", product=company.mug)
    assert channel_order_chase(actor=company.system, at=LATER) == {"tried": 1, "followed": 1, "stuck": 0}
    case.refresh_from_db()
    assert case.state == "RESOLVED"
    assert Order.objects.get().lines.count() == 2


def test_what_came_before_the_order_waits_without_a_case_for_an_hour(
    company: Company, spoken: Connection
) -> None:
    arrive([said("CANCELLED", "W-9", {"reason": "", "at": ""})])
    row = channel_order("W-9")
    assert row.pending == ["The order itself has not arrived."]
    assert channel_order_chase(actor=company.system, at=NOW)["stuck"] == 0
    assert channel_order_chase(actor=company.system, at=LATER)["stuck"] == 1
    with pytest.raises(Conflict):
        channel_order_accept(channel_order_id=row.pk, reason="fine", actor=company.cora, at=LATER)


def test_ours_may_stay_as_it_is_with_a_reason(company: Company, stuck: Any) -> None:
    channel_order_chase(actor=company.system, at=LATER)
    with pytest.raises(InvalidInput):
        channel_order_accept(channel_order_id=stuck.pk, reason=" ", actor=company.cora, at=LATER)
    assert (
        channel_order_accept(channel_order_id=stuck.pk, reason="sold by phone", actor=company.cora, at=LATER)
        == []
    )
    stuck.refresh_from_db()
    assert (stuck.pending, stuck.pending_since) == ([], None)
    assert stuck.applied_version == picture_of(stuck).version
    case = ExceptionCase.objects.get(kind="CHANNEL_ORDER_STUCK")
    assert (case.resolution, case.reason) == ("orders.channel_order_accept", "sold by phone")
    assert Order.objects.get().lines.count() == 1
    assert Note.objects.filter(document_type="orders.Order", body__contains="sold by phone").count() == 1
    # what comes after it is followed again, as a difference from it
    after = snapshot(lines=(*picture_of(stuck).snapshot.lines,), total=snapshot().total + 10,  # type: ignore[union-attr]
                     ship_to=type(snapshot().ship_to)("Carol", "9 New St", "Leeds", "LS1 1AA", "GB"))  # fmt: skip
    arrive([said("ORDER", "W-1", after, minute=9)])
    assert Order.objects.get().ship_to_line1 == "9 New St"
    assert channel_order().pending == []


@pytest.mark.parametrize(("code", "settled"), [("follow", False), ("accept", True)])
def test_the_cases_buttons_do_it(company: Company, stuck: Any, code: str, settled: bool) -> None:
    channel_order_chase(actor=company.system, at=LATER)
    case = ExceptionCase.objects.get(kind="CHANNEL_ORDER_STUCK")
    played = exception_play(
        case_id=case.pk, code=code, inputs={"reason": "fine"}, actor=company.olga, at=LATER
    )
    assert played.settles is settled
    case.refresh_from_db()
    assert (case.state == "RESOLVED") is settled


def test_theirs_and_ours_side_by_side(company: Company, stuck: Any) -> None:
    pairs = {pair.what: pair for pair in order_pairs(picture_of(stuck), Order.objects.get(), stuck.line_map)}
    assert (pairs["MUG"].theirs, pairs["MUG"].differs) == ("2 × 10.00", False)
    assert (pairs["cup-xl"].ours, pairs["cup-xl"].differs) == ("–", True)
    assert not pairs["Ship to"].differs and not pairs["Payment card PAY-W-1"].differs
    cancelled = snapshot(cancelled=Cancelled("sold out"))
    arrive([said("ORDER", "W-2", snapshot("W-2")), said("ORDER", "W-2", cancelled.__class__(
        **{**cancelled.__dict__, "external_id": "W-2", "payments": ()}), minute=3)])  # fmt: skip
    row = channel_order("W-2")
    state = order_pairs(picture_of(row), Order.objects.get(external_id="W-2"), row.line_map)[0]
    assert (state.theirs, state.ours, state.differs) == ("cancelled", "Cancelled", False)


def test_the_pages_show_it_and_who_may_tries_again(company: Company, stuck: Any, as_: Login) -> None:
    order = Order.objects.get()
    page = as_("rita").get(f"/orders/channel-orders/{stuck.pk}/").content.decode()
    assert "cup-xl" in page and "Differs" in page and "Try again" not in page and order.number in page
    assert b"W-1" in as_("rita").get("/orders/channel-orders/?follows=pending&ours=yes").content
    assert b"k-row-link" not in as_("rita").get("/orders/channel-orders/?ours=no").content
    panel = as_("rita").get(f"/orders/of-channel/{order.pk}/").content.decode()
    assert "Ours does not follow" in panel
    assert b"web says: order" in as_("rita").get(f"/orders/{order.pk}/").content
    assert as_("pia").post(f"/orders/channel-orders/{stuck.pk}/retry/").status_code == 403
    make.ListingFactory(channel=company.web, channel_sku="cup-xl", product=company.mug)
    assert as_("cora").post(f"/orders/channel-orders/{stuck.pk}/retry/").status_code == 302
    stuck.refresh_from_db()
    assert stuck.pending == []
    assert channel_order_retry(channel_order_id=stuck.pk, actor=company.cora, at=LATER) == []
    empty = as_("rita").get("/orders/channel-orders/?follows=due").content
    assert b"Nothing matches" in empty


def test_the_list_asks_as_much_for_thirty_as_for_two(
    company: Company,
    spoken: Connection,
    as_: Login,
    django_assert_max_num_queries: Any,
    django_assert_num_queries: Any,
) -> None:
    arrive(
        [
            said("PAYMENT", f"W-{n}", {"provider": "card", "ref": f"P{n}", "amount": "1.00", "at": ""})
            for n in range(2)
        ]
    )
    client = as_("rita")
    with django_assert_max_num_queries(15) as few:
        assert client.get("/orders/channel-orders/").status_code == 200
    bodies = [
        said("PAYMENT", f"X-{n}", {"provider": "card", "ref": f"X{n}", "amount": "1.00", "at": ""})
        for n in range(30)
    ]
    arrive(bodies)
    with django_assert_num_queries(len(few)):
        assert client.get("/orders/channel-orders/").status_code == 200


def test_the_inbox_lists_what_was_turned_away_and_finds_an_orders_messages(
    company: Company, stuck: Any, as_: Login
) -> None:
    door = RefusedDelivery.objects.create(
        channel_code="web", reason="bad_signature", message="the signature is wrong", status=401, remote="203.0.113.9",
        headers={"x-sig": "abc"}, body='{"id": 1}', body_hash="0" * 64, at=NOW,
    )  # fmt: skip
    client = as_("olga")
    page = client.get("/work/inbox/").content.decode()
    assert "Turned away" in page and "bad_signature" in page and "orders/updated" in page
    only = client.get("/work/inbox/?state=REFUSED").content.decode()
    assert "the signature is wrong" in only and "orders/updated" not in only
    assert "bad_signature" not in client.get("/work/inbox/?state=DONE").content.decode()
    assert "bad_signature" in client.get("/work/inbox/?topic=signature&source=we").content.decode()
    found = client.get("/work/inbox/?order=W-1").content.decode()
    assert "orders/updated" in found and "bad_signature" not in found
    assert "orders/updated" not in client.get("/work/inbox/?order=W-77").content.decode()
    assert "orders/updated" in client.get("/work/inbox/?body=cup-xl&result=channel").content.decode()
    for query in (
        "sort=-source",
        "sort=received_at&page=2",
        "format=csv",
        "age=waiting",
        "age=day&since=2026-01-01",
    ):
        assert client.get(f"/work/inbox/?{query}").status_code == 200, query
    record = client.get(f"/orders/turned-away/{door.pk}/").content.decode()
    assert "203.0.113.9" in record and "Not proven" in record and "HTTP 401" in record
    assert as_("pia").get(f"/orders/turned-away/{door.pk}/").status_code == 403


def test_a_message_says_what_it_gave(company: Company, stuck: Any, as_: Login) -> None:
    message = stuck.facts.order_by("pk").first().message
    client = as_("olga")
    page = client.get(f"/work/inbox/{message.pk}/").content.decode()
    assert "Proven: web (spoken:shop.example)" in page and "Received from web" in page
    facts = client.get(f"/orders/messages-in/{message.pk}/facts/").content.decode()
    assert Order.objects.get().number in facts and "W-1" in facts
    raw = client.get(f"/work/inbox/{message.pk}/raw/")
    assert raw.content.decode() == message.body and raw["X-Keel-Exact"] == "yes"
