"""Answers: who sees and presses what of a drop-ship, and does each page do what it says?"""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from erp.core.models import ExceptionCase
from erp.core.services.playbook import exception_play
from fulfillment.models import Shipment
from inventory.models import Node
from orders.models import DropShip
from orders.services import order_cancel
from procurement.models import GoodsReceipt, PurchaseOrder, SupplierProduct
from tests.cast import NOW, Company
from tests.factories import ProductFactory
from tests.fulfillment.goods import promised
from tests.orders.conftest import as_, proven  # noqa: F401 (fixtures)
from tests.orders.desk import PEOPLE, Login, toasts
from tests.scenarios.drop import bought, drop_ships_allowed, sends, work

pytestmark = pytest.mark.usefixtures("proven")


@pytest.fixture(autouse=True)
def _allowed(company: Company) -> None:
    drop_ships_allowed(company)
    sends(company, company.acme, company.mug)


def notice_url(purchase: PurchaseOrder) -> str:
    return reverse("procurement:drop_ship_notice", args=[purchase.pk])


def typed(purchase: PurchaseOrder, units: str, **given: str) -> dict[str, str]:
    line = purchase.lines.get()
    return {
        "carrier": "DHL",
        "tracking_number": "TRK-9",
        f"quantity_{line.pk}": units,
        "form_token": units,
    } | given


def text(client: Client, url: str) -> str:
    return str(client.get(url).content.decode())


def test_the_record_of_the_order_and_of_the_purchase_name_each_other(company: Company, as_: Login) -> None:  # noqa: F811
    order, purchase = bought(company, (company.mug, 3))
    ours = text(as_("olga"), reverse("orders:order_detail", args=[order.pk]))
    assert purchase.number in ours and "The supplier sends it to the customer." in ours
    assert "3 asked of a supplier, to the customer&#x27;s door." in ours
    theirs = text(as_("ben"), reverse("procurement:purchase_order_detail", args=[purchase.pk]))
    assert order.number in theirs and "1 High Street" in theirs and "Supplier has shipped" in theirs
    assert "Receive goods" not in theirs
    cora = text(
        as_("cora"), reverse("orders:order_detail", args=[order.pk])
    )  # she may not see purchase orders
    assert (
        purchase.number in cora
        and reverse("procurement:purchase_order_detail", args=[purchase.pk]) not in cora
    )


def test_a_ship_notice_is_taken_down_on_its_page(company: Company, as_: Login) -> None:  # noqa: F811
    order, purchase = bought(company, (company.mug, 3))
    ben, url = as_("ben"), notice_url(purchase)
    assert 'value="3"' in text(ben, url)
    for wrong, said in (("4", "still wants 3"), ("x", "is not a number"), ("", "no unit is named")):
        refused = ben.post(url, typed(purchase, wrong))
        assert (refused.status_code, said in refused.content.decode()) == (422, True), wrong
    assert not GoodsReceipt.objects.exists()
    assert ben.post(url, typed(purchase, "2")).status_code == 302
    assert ben.post(url, typed(purchase, "2")).status_code == 302  # the same form again
    work(company)
    assert (GoodsReceipt.objects.count(), Shipment.objects.get().tracking_number) == (1, "TRK-9")
    page = text(as_("olga"), reverse("orders:order_detail", args=[order.pk]))
    assert "passes through no shelf" in page


def test_a_customer_abroad_needs_a_rate(company: Company, as_: Login) -> None:  # noqa: F811
    order, purchase = bought(company, (company.mug, 2))
    type(order).objects.filter(pk=order.pk).update(currency="EUR")
    refused = as_("ben").post(notice_url(purchase), typed(purchase, "2"))
    assert (refused.status_code, "pays in EUR" in refused.content.decode()) == (422, True)
    assert (
        as_("ben").post(notice_url(purchase), typed(purchase, "2", rate="0.85", form_token="b")).status_code
        == 302
    )
    work(company)
    assert Shipment.objects.get().revenue == Decimal("20.00")


def test_there_is_no_ship_notice_for_what_we_buy_ourselves(company: Company, as_: Login) -> None:  # noqa: F811
    _, purchase = bought(company, (company.mug, 2))
    PurchaseOrder.objects.filter(pk=purchase.pk).update(customer_order=None)
    assert as_("ben").get(notice_url(purchase)).status_code == 404
    PurchaseOrder.objects.filter(pk=purchase.pk).update(
        customer_order=DropShip.objects.get().order_line.order_id
    )


def test_who_may_open_and_press(company: Company, as_: Login) -> None:  # noqa: F811
    _, purchase = bought(company, (company.mug, 2))
    refused = promised(company, (company.lamp, 1))
    work(company)
    sends(company, company.acme, company.lamp)
    notice, again = notice_url(purchase), reverse("orders:drop_ship_ask_again", args=[refused.pk])
    for name in PEOPLE:
        client = as_(name)
        assert client.get(reverse("orders:drop_ship_list")).status_code == (403 if name == "otto" else 200), (
            name
        )
        assert client.get(notice).status_code == (200 if name in ("ben", "pia", "ada") else 403), name
        if name not in ("ben", "pia", "ada"):
            assert client.post(notice, typed(purchase, "2")).status_code == 403, name
        if name not in ("ben", "ada"):
            assert client.post(again, {"reason": "Go"}).status_code == 403, name
    assert not GoodsReceipt.objects.exists() and DropShip.objects.filter(state="REQUESTED").count() == 0
    assert toasts(as_("ben").post(again, {"reason": "Acme does"}, follow=True)) == [
        "Purchasing is asked for 1 units."
    ]
    assert DropShip.objects.filter(state="REQUESTED").count() == 1


def test_the_list_filters_and_costs_the_same_queries_however_long(company: Company, as_: Login) -> None:  # noqa: F811
    def count(client: Client) -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert client.get(url).status_code == 200
        return len(seen)

    olga, url = as_("olga"), reverse("orders:drop_ship_list")
    assert "Nothing is drop-shipped" in text(olga, url)
    bought(company, (company.mug, 1))
    olga.get(url)
    few = count(olga)
    for _ in range(12):
        promised(company, (ProductFactory(category=company.goods, unit=company.each), 1))
    assert count(olga) == few <= 14
    assert len(olga.get(url + "?state=REQUESTED").context["page_obj"].object_list) == 12
    assert len(olga.get(url + "?q=MUG").context["page_obj"].object_list) == 1
    assert olga.get(url + "?format=csv").status_code == 200


def test_the_cases_are_settled_by_their_buttons(company: Company) -> None:
    refused = promised(company, (company.lamp, 2))
    work(company)
    case = ExceptionCase.objects.get(kind="DROPSHIP_REFUSED")
    sends(company, company.acme, company.lamp, "5.00")
    exception_play(
        case_id=case.pk, code="ask_again", inputs={"reason": "Acme does"}, actor=company.ben, at=NOW
    )
    work(company)
    case.refresh_from_db()
    assert (case.state, PurchaseOrder.objects.get().customer_order) == ("RESOLVED", refused)
    order_cancel(order_id=refused.pk, reason="No", actor=company.cora, at=NOW)
    work(company)
    case = ExceptionCase.objects.get(kind="DROPSHIP_CALL_OFF")
    exception_play(
        case_id=case.pk, code="agreed", inputs={"reason": "He stops it"}, actor=company.ben, at=NOW
    )
    case.refresh_from_db()
    assert (case.state, PurchaseOrder.objects.get().state) == ("RESOLVED", "CANCELLED")


def test_terms_say_who_drop_ships_and_no_form_offers_the_node(company: Company, as_: Login) -> None:  # noqa: F811
    bought(company, (company.mug, 1))
    ben: Any = as_("ben")
    url = reverse("procurement:supplier_product_save", args=[company.acme.pk])
    fields = {"sku": "LAMP", "unit_cost": "3", "minimum_quantity": "1", "pack_size": "1", "is_dropship": "on"}
    assert ben.post(url, fields | {"form_token": "t"}).status_code == 302
    assert SupplierProduct.objects.get(product=company.lamp).is_dropship is True
    assert "Drop-ships" in text(ben, reverse("procurement:supplier_detail", args=[company.acme.pk]))
    node = Node.objects.get(kind="DROPSHIP")
    assert f'<option value="{node.pk}"' not in text(ben, reverse("procurement:purchase_order_create"))
