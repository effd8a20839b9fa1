"""Answers: is a channel's unknown SKU mapped by one click, with what waited for it handled, and is it known who mapped what?"""

from __future__ import annotations

import json
from typing import Any

import pytest

import orders.playbooks  # noqa: F401 (it registers the cases' buttons)
from erp.core.errors import InvalidInput
from erp.core.models import ExceptionCase, InboxMessage, Replay
from erp.core.services.playbook import exception_play
from orders.models import Connection, Listing, Order
from orders.selectors.unmapped import unmapped_skus
from orders.services.listing import (
    MapRow,
    listing_activate,
    listing_map_many,
    listing_save,
    map_rows,
    sku_map_and_replay,
)
from tests import factories as make
from tests.cast import NOW, Company, stock_in
from tests.orders.channel_case import arrive, channel_order, said, snapshot, spoken
from tests.orders.desk import Login

__all__ = ["spoken"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(company: Company, spoken: Connection) -> None:
    """Three orders of the web shop wait: two for one SKU, one for another."""
    stock_in(company, company.mug, 20)
    named = {
        "lines": (
            snapshot()
            .lines[0]
            .__class__("1", "mug blue", 2, snapshot().lines[0].unit_price, description="Blue mugs"),
        )
    }
    for name in ("W-1", "W-2"):
        arrive([said("ORDER", name, snapshot(name, **named))])
    arrive([said("ORDER", "W-3", snapshot("W-3", sku="m-u-g"))])
    assert not Order.objects.exists()


def test_what_nobody_knows_is_listed_with_what_it_could_mean(company: Company, waiting: None) -> None:
    rows, total = unmapped_skus()
    assert total == 2
    assert [(row.channel, row.channel_sku, row.messages, row.description) for row in rows] == [
        ("web", "mug blue", 2, "Blue mugs"), ("web", "m-u-g", 1, ""),
    ]  # fmt: skip
    assert [(one.sku, one.why.split(" (")[0]) for one in rows[0].suggestions] == [("MUG", "a similar title")]
    assert [(one.sku, one.why) for one in rows[1].suggestions] == [
        ("MUG", "the same SKU but for case, spacing or punctuation")
    ]
    assert unmapped_skus(text="m-u")[1] == 1 and unmapped_skus(channel="wholesale") == ([], 0)


@pytest.mark.parametrize(
    ("sku", "why"),
    [
        ("04006381333931", "its GTIN"), ("old-mug", "what this channel meant by it before"),
        ("cup", "what another channel means by it"),
    ],
)  # fmt: skip
def test_a_barcode_and_history_are_suggested(
    company: Company, spoken: Connection, sku: str, why: str
) -> None:
    old = listing_save(
        channel_id=company.web.pk,
        channel_sku="old-mug",
        product_id=company.mug.pk,
        actor=company.olga,
        at=NOW,
    )
    Listing.objects.filter(pk=old.pk).delete()
    make.ListingFactory(channel=company.wholesale, channel_sku="cup", product=company.mug)
    arrive([said("ORDER", "W-1", snapshot(sku=sku))])
    assert [(one.sku, one.why) for one in unmapped_skus()[0][0].suggestions] == [("MUG", why)]


def test_one_click_maps_it_and_lets_in_what_waited(company: Company, waiting: None, as_: Login) -> None:
    asked = {"channel": company.web.pk, "channel_sku": "MUG BLUE", "sku": "mug"}
    assert as_("rita").post("/orders/unknown-skus/map/", asked).status_code == 403
    answer = as_("ben").post("/orders/unknown-skus/map/", asked)
    replay = Replay.objects.get()
    assert answer["Location"] == f"/work/replays/{replay.pk}/"
    assert {order.external_id for order in Order.objects.all()} == {"W-1", "W-2"}
    assert [item.became.partition(":")[0] for item in replay.items.all()] == ["orders.Order"] * 2
    assert replay.committed_by == company.ben and "MUG BLUE" in replay.reason
    assert channel_order("W-1").pending == [] and channel_order("W-1").applied is not None
    left = ExceptionCase.objects.exclude(state="RESOLVED").filter(kind="ORDER_UNKNOWN_SKU")
    assert [case.detail["external_id"] for case in left] == ["W-3"]
    history = Listing.objects.get().history.get()
    assert (history.history_user, history.product_id) == (company.ben, company.mug.pk)


def test_a_wrong_product_changes_nothing(company: Company, waiting: None, as_: Login) -> None:
    as_("olga").post(
        "/orders/unknown-skus/map/", {"channel": company.web.pk, "channel_sku": "mug blue", "sku": "nope"}
    )
    as_("olga").post("/orders/unknown-skus/map/", {"channel": "x", "channel_sku": "mug blue", "sku": "MUG"})
    with pytest.raises(InvalidInput):
        sku_map_and_replay(
            channel_id=company.web.pk, channel_sku=" ", product_id=company.mug.pk, actor=company.olga, at=NOW
        )
    assert not Listing.objects.exists() and not Order.objects.exists() and not Replay.objects.exists()


def test_the_case_has_a_button_that_maps(company: Company, waiting: None) -> None:
    case = ExceptionCase.objects.get(kind="ORDER_UNKNOWN_SKU", detail__external_id="W-3")
    exception_play(case_id=case.pk, code="map", inputs={"sku": "MUG"}, actor=company.olga, at=NOW)
    case.refresh_from_db()
    assert case.state == "RESOLVED"
    assert Order.objects.get().external_id == "W-3"


def test_the_page_of_unknown_skus(
    company: Company, waiting: None, as_: Login, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(24):
        page = as_("olga").get("/orders/unknown-skus/").content.decode()
    assert "2 unknown SKUs" in page and "Blue mugs" in page and "Map mug blue to MUG" in page
    reader = as_("rita").get("/orders/unknown-skus/").content.decode()
    assert "m-u-g" in reader and "unknown-skus/map/" not in reader
    assert b"Nothing matches" in as_("rita").get("/orders/unknown-skus/?q=zz").content
    assert as_("rita").get("/orders/unknown-skus/?page=99999999999").status_code == 200
    ExceptionCase.objects.all().delete()
    assert b"Every SKU is known" in as_("rita").get("/orders/unknown-skus/").content


def test_a_listing_keeps_who_mapped_it_to_what(company: Company, as_: Login) -> None:
    common = {"channel_id": company.web.pk, "actor": company.olga, "at": NOW}
    listing = listing_save(channel_sku="cup", product_id=company.mug.pk, **common)
    again = listing_save(channel_sku="CUP", product_id=company.lamp.pk, reason="was wrong", **common)
    listing_activate(listing_id=listing.pk, is_active=False, reason="ended", actor=company.ben, at=NOW)
    assert again.pk == listing.pk
    assert [(row.product_id, row.is_active, row.history_change_reason) for row in listing.history.order_by("history_id")] == [
        (company.mug.pk, True, ""), (company.lamp.pk, True, "was wrong"), (company.lamp.pk, False, "ended"),
    ]  # fmt: skip
    page = as_("rita").get(f"/orders/listings/{listing.pk}/").content.decode()
    assert "was wrong" in page and "Out of use" in page and "Map it anew" not in page
    company.lamp.is_active = False
    company.lamp.save()
    with pytest.raises(InvalidInput):
        listing_activate(listing_id=listing.pk, is_active=True, actor=company.ben, at=NOW)


def test_many_are_mapped_or_none(company: Company, as_: Login) -> None:
    rows = map_rows("channel sku;our sku\ncup;MUG\nlight;lamp\n", channel="web")
    assert rows == [MapRow("web", "cup", "MUG"), MapRow("web", "light", "lamp")]
    assert listing_map_many(rows=rows, actor=company.olga, at=NOW) == 2
    assert listing_map_many(rows=rows, actor=company.olga, at=NOW) == 0
    answer = as_("olga").post("/orders/listings/map/", {"rows": "web,a,MUG\nweb,b,NOPE\n"})
    assert answer.status_code == 422 and b"row 2, sku" in answer.content
    assert Listing.objects.count() == 2
    assert as_("olga").post("/orders/listings/map/", {"rows": "web,a,MUG\n"}).status_code == 302
    assert as_("cora").post("/orders/listings/map/", {"rows": "web,b,MUG\n"}).status_code == 403
    assert Listing.objects.count() == 3


@pytest.mark.parametrize("text", ["", "cup\n", "a,b,c,d\n", "cup,\n", 'x,"y\n'])
def test_rows_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        map_rows(text, channel="web")


def test_the_form_maps_and_lets_in_what_waited(company: Company, waiting: None, as_: Login) -> None:
    typed = {"channel": company.web.pk, "channel_sku": "m-u-g", "sku": "MUG", "reason": "their new article"}
    assert as_("olga").post("/orders/listings/new/", typed)["Location"].startswith("/work/replays/")
    assert Order.objects.get().external_id == "W-3"
    assert (
        as_("olga")
        .post("/orders/listings/new/", typed | {"sku": "LAMP"})["Location"]
        .startswith("/orders/listings/")
    )
    listing = Listing.objects.get()
    answer = as_("olga").post("/orders/listings/", {"action": "off", "stage": "run", "ids": str(listing.pk)})
    assert b"out of use" in answer.content
    assert Listing.objects.get().is_active is False


def test_the_messages_of_an_api_order_wait_too(company: Company) -> None:
    from orders.channels.normalise import order_command
    from orders.services.order import order_receive

    content = {
        "channel": "web", "external_id": "E-1", "currency": "GBP", "ordered_at": "2026-03-01T10:00:00Z",
        "lines": [{"sku": "JUG", "quantity": 1, "unit_price": "10.00"}],
    }  # fmt: skip
    order_receive(order_command(content, body=json.dumps(content), at=NOW), actor=company.system, at=NOW)
    done = sku_map_and_replay(
        channel_id=company.web.pk, channel_sku="jug", product_id=company.mug.pk, actor=company.olga, at=NOW
    )
    assert done.replay is not None and done.followed == 0
    assert InboxMessage.objects.get().state == "DONE" and Order.objects.get().external_id == "E-1"
