"""Answers: do the pages of fulfilment open in few statements for those who may, and do they do what they say?"""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from erp.core.models import User
from fulfillment.models import FulfillmentOrder, PickList, PickScan, PickTask, Shipment
from fulfillment.services import (
    fulfillment_pick_many,
    fulfillment_release_many,
    fulfillment_ship_through_many,
)
from orders.models import Order
from tests.cast import NOW, Company
from tests.fulfillment.goods import goods_in, promised

pytestmark = pytest.mark.django_db
LISTS = ("fulfillment_order_list", "release_board", "pick_list_list", "pack_list", "shipment_list")


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def busy(company: Company) -> Company:
    """A warehouse with work in every state: to release, to pick, picked, shipped."""
    goods_in(company, company.mug, 200)
    goods_in(company, company.lamp, 200, location=company.bins[1])
    orders = [promised(company, (company.mug, 2), (company.lamp, 1)) for _ in range(8)]
    fulfillment_ship_through_many(
        order_ids=[order.pk for order in orders[:2]], carrier="DPD", actor=company.pia, at=NOW
    )
    ids = fulfillment_release_many(
        order_ids=[order.pk for order in orders[2:6]], actor=company.olga, at=NOW
    ).fulfillment_ids
    fulfillment_pick_many(fulfillment_ids=ids[:2], actor=company.pia, at=NOW)
    return company


@pytest.mark.parametrize("name", LISTS)
def test_a_list_opens_in_few_statements(busy: Company, name: str) -> None:
    client = browser(busy.olga)
    with CaptureQueriesContext(connection) as seen:
        response = client.get(reverse(f"fulfillment:{name}"))
    assert response.status_code == 200
    assert len(seen) <= 18, "\n".join(query["sql"][:150] for query in seen.captured_queries)


def test_records_open_in_few_statements(busy: Company) -> None:
    client = browser(busy.olga)
    for name, model in (
        ("fulfillment_order_detail", FulfillmentOrder), ("pick_list_detail", PickList), ("shipment_detail", Shipment),
        ("shipment_slip", Shipment), ("order_fulfillments_panel", Order),
    ):  # fmt: skip
        pk = model.objects.order_by("pk").values_list("pk", flat=True)[0]  # type: ignore[attr-defined]
        with CaptureQueriesContext(connection) as seen:
            response = client.get(reverse(f"fulfillment:{name}", args=[pk]))
        assert response.status_code == 200, name
        assert len(seen) <= 22, (name, [query["sql"][:150] for query in seen.captured_queries])


def test_cost_and_margin_are_for_those_who_may_see_them(busy: Company) -> None:
    url = reverse("fulfillment:shipment_detail", args=[Shipment.objects.order_by("pk")[0].pk])
    assert "Gross margin" in browser(busy.olga).get(url).content.decode()
    page = browser(busy.cora).get(url).content.decode()
    assert "Gross margin" not in page
    assert "Cost" not in page


def test_outsiders_see_nothing(busy: Company) -> None:
    for name in LISTS:
        assert browser(busy.otto).get(reverse(f"fulfillment:{name}")).status_code == 403


def test_the_board_releases_what_was_chosen(busy: Company) -> None:
    board = reverse("fulfillment:release_board")
    waiting = list(Order.objects.filter(state="ALLOCATED").values_list("pk", flat=True))
    assert len(waiting) == 2
    assert browser(busy.rita).post(board, {"orders": waiting}).status_code == 302
    assert Order.objects.filter(state="ALLOCATED").count() == 2
    browser(busy.olga).post(board, {"orders": [waiting[0], "nonsense"]})
    assert list(Order.objects.filter(state="ALLOCATED").values_list("pk", flat=True)) == waiting[1:]


def test_the_handheld_goes_from_bin_to_product_to_the_next_task(busy: Company) -> None:
    client = browser(busy.pia)
    task = PickTask.objects.open().order_by("pick_list", "position")[0]
    scan = reverse("fulfillment:floor_scan", args=[task.pick_list_id])
    page = client.get(reverse("fulfillment:floor_pick", args=[task.pick_list_id])).content.decode()
    assert "Go to bin and scan it" in page
    said = client.post(scan, {"task": task.pk, "code": "N-A-02", "scan_id": ""}).content.decode()
    assert 'data-feedback="error"' in said
    said = client.post(scan, {"task": task.pk, "code": "N-A-01"}).content.decode()
    assert "Take and scan" in said
    page = client.get(reverse("fulfillment:floor_pick", args=[task.pick_list_id])).content.decode()
    assert "Take and scan" in page  # another device resumes at the same step
    said = client.post(scan, {"task": task.pk, "code": "mug"}).content.decode()
    assert 'data-feedback="ok"' in said
    assert PickScan.objects.count() == 3
    task.refresh_from_db()
    assert task.state == "PICKED"


def test_the_desk_packs_and_ships(busy: Company) -> None:
    client = browser(busy.pia)
    picked = FulfillmentOrder.objects.filter(state="PICKED").order_by("pk")[0]
    client.post(reverse("fulfillment:fulfillment_order_pack", args=[picked.pk]), {"weights": "900, 300"})
    assert sorted(picked.packages.values_list("weight_grams", flat=True)) == [300, 900]
    client.post(
        reverse("fulfillment:ship_confirm"), {"carrier": "DHL", "parcels": [picked.pk], "form_token": "t1"}
    )
    assert Shipment.objects.get(fulfillment=picked).carrier == "DHL"


def test_search_jumps_to_numbers(busy: Company) -> None:
    shipment = Shipment.objects.order_by("pk")[0]
    response = browser(busy.olga).get("/search/", {"q": shipment.number})
    assert shipment.number in response.content.decode() or response.url == reverse(
        "fulfillment:shipment_detail", args=[shipment.pk]
    )
