"""Do purchasing's pages open, in a constant number of queries, and do their forms do what they say?"""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from procurement.models import (
    GoodsReceipt,
    PurchaseOrder,
    ReplenishmentDecision,
    Supplier,
    SupplierInvoice,
    SupplierProduct,
)
from procurement.services import (
    BilledLine,
    ReceivedLine,
    goods_receive,
    replenishment_run,
    supplier_invoice_record,
)
from tests.cast import NOW, TODAY, Company
from tests.procurement.conftest import Buy
from tests.procurement.test_replenishment import sold  # noqa: F401 — the fixture

LISTS = ["purchase_order_list", "goods_receipt_list", "supplier_invoice_list", "supplier_list", "grni_ageing"]


@pytest.fixture
def ada(client: Client, shop: Company) -> Client:
    client.force_login(shop.ada)
    return client


def _fill(shop: Company, buy: Buy, count: int) -> PurchaseOrder:
    for _ in range(count):
        order = buy(10)
        line = order.lines.get()
        goods_receive(purchase_order_id=order.pk, lines=[ReceivedLine(line.pk, 6)], actor=shop.pia, at=NOW)
        supplier_invoice_record(
            purchase_order_id=order.pk, supplier_reference=f"R-{order.pk}", invoice_date=date(2026, 3, 1),
            lines=[BilledLine(line.pk, 6, Decimal("4"))], actor=shop.fay, at=NOW,
        )  # fmt: skip
    return order


@pytest.mark.parametrize("name", LISTS)
def test_a_list_costs_the_same_queries_however_long(
    ada: Client, shop: Company, buy: Buy, name: str, django_assert_max_num_queries: Any
) -> None:
    _fill(shop, buy, 1)
    url = reverse(f"procurement:{name}")
    assert ada.get(url).status_code == 200
    _fill(shop, buy, 6)
    with django_assert_max_num_queries(14):
        response = ada.get(url)
    assert response.status_code == 200
    if name != "grni_ageing":
        assert ada.get(f"{url}?format=csv").status_code == 200


def test_every_record_opens_and_tells_its_story(ada: Client, shop: Company, buy: Buy) -> None:
    order = _fill(shop, buy, 1)
    pages = {
        "purchase_order_detail": (order.pk, ["GR-000001", "SI-000001", "6 of 10 units", "Partly received"]),
        "goods_receipt_detail": (GoodsReceipt.objects.get().pk, ["MUG", "N-A-01", "£24.00"]),
        "supplier_invoice_detail": (SupplierInvoice.objects.get().pk, ["Agrees", "Match"]),
        "supplier_detail": (shop.acme.pk, ["ACME", "LAMP", "£24.00"]),
    }
    for name, (pk, words) in pages.items():
        text = ada.get(reverse(f"procurement:{name}", args=[pk])).content.decode()
        assert [word for word in words if word not in text] == [], name


def test_buying_by_hand(client: Client, shop: Company) -> None:
    client.force_login(shop.ben)
    url = reverse("procurement:purchase_order_create")
    assert client.get(url).status_code == 200
    form = {"supplier": shop.acme.pk, "node": shop.north.pk, "expected_date": "", "sku": ["MUG", "", "LAMP"],
            "quantity": ["10", "", "2"], "unit_cost": ["", "", "11"]}  # fmt: skip
    assert client.post(url, {**form, "sku": ["NOPE", "", "LAMP"]}).status_code == 422
    assert not PurchaseOrder.objects.exists()
    assert client.post(url, form).status_code == 302
    order = PurchaseOrder.objects.get()
    assert order.total == Decimal("62")
    record = reverse("procurement:purchase_order_detail", args=[order.pk])
    edit = reverse("procurement:purchase_order_edit", args=[order.pk])
    assert 'value="MUG"' in client.get(edit).content.decode()
    client.post(edit, {"expected_date": "2026-03-20", "sku": ["MUG"], "quantity": ["20"], "unit_cost": ["4"]})
    for verb in ("submit", "send"):
        answer = client.post(reverse(f"procurement:purchase_order_{verb}", args=[order.pk]))
        assert (answer.status_code, answer["Location"]) == (302, record)
    order.refresh_from_db()
    assert (order.state, order.total, order.expected_date) == ("SENT", Decimal("80"), date(2026, 3, 20))


def test_receiving_on_a_handheld(client: Client, shop: Company, buy: Buy) -> None:
    order = buy(10, 2)
    mugs, lamps = order.lines.order_by("position")
    client.force_login(shop.pia)
    url = reverse("procurement:goods_receive", args=[order.pk])
    text = client.get(url).content.decode()
    assert 'placeholder="10"' in text and 'placeholder="N-A-0' in text
    form = {f"quantity_{mugs.pk}": "10", f"bin_{mugs.pk}": "n-a-02", f"quantity_{lamps.pk}": ""}
    refused = client.post(url, {**form, f"quantity_{mugs.pk}": "11"})
    assert refused.status_code == 422 and "Receive at most 10" in refused.content.decode()
    assert not GoodsReceipt.objects.exists()
    assert client.post(url, form).status_code == 302
    line = GoodsReceipt.objects.get().lines.get()
    assert (line.product, line.quantity, line.location) == (shop.mug, 10, shop.bins[1])


def test_billing_from_the_order(client: Client, shop: Company, buy: Buy) -> None:
    order = buy(10)
    line = order.lines.get()
    goods_receive(purchase_order_id=order.pk, lines=[ReceivedLine(line.pk, 10)], actor=shop.pia, at=NOW)
    client.force_login(shop.fay)
    url = reverse("procurement:supplier_invoice_create", args=[order.pk])
    assert 'value="10"' in client.get(url).content.decode()
    form = {"supplier_reference": "A-1", "invoice_date": "2026-03-01", f"quantity_{line.pk}": "10",
            f"unit_cost_{line.pk}": "4.50"}  # fmt: skip
    assert client.post(url, form).status_code == 302
    invoice = SupplierInvoice.objects.get()
    client.post(reverse("procurement:supplier_invoice_match", args=[invoice.pk]))
    invoice.refresh_from_db()
    assert invoice.state == "DISPUTED"
    text = client.get(reverse("procurement:supplier_invoice_detail", args=[invoice.pk])).content.decode()
    assert "4.5 billed, 4 agreed" in text and "somebody else approves" in text


def test_suggestions_become_orders(client: Client, sold: Company) -> None:  # noqa: F811
    client.force_login(sold.ben)
    run = replenishment_run(node_id=sold.north.pk, run_date=TODAY, draft_orders=False, actor=sold.ben, at=NOW)
    decision = ReplenishmentDecision.objects.get(pk=run.decision_ids[0])
    page = client.get(reverse("procurement:replenishment_list")).content.decode()
    assert "MUG" in page and "Run now" in page
    why = client.get(
        reverse("procurement:replenishment_decision_detail", args=[decision.pk])
    ).content.decode()
    assert "Why 60 of MUG?" in why and "112 units in 28 days" in why
    client.post(reverse("procurement:replenishment_accept", args=[decision.pk]))
    order = PurchaseOrder.objects.get()
    text = client.get(reverse("procurement:purchase_order_detail", args=[order.pk])).content.decode()
    assert "Why this much?" in text
    assert client.post(reverse("procurement:replenishment_run"), {"node": sold.north.pk}).status_code == 302


def test_suppliers_and_terms(client: Client, shop: Company) -> None:
    client.force_login(shop.ben)
    form = {"code": "nord", "name": "Nordic", "currency": "EUR", "rate": "", "lead_time_days": 5, "payment_days": 14,
            "is_active": "on"}  # fmt: skip
    url = reverse("procurement:supplier_create")
    assert client.post(url, form).status_code == 422
    assert client.post(url, {**form, "rate": "0.85"}).status_code == 302
    nordic = Supplier.objects.get(code="NORD")
    assert nordic.history.get().history_user == shop.ben
    assert client.get(reverse("procurement:supplier_edit", args=[nordic.pk])).status_code == 200
    terms = reverse("procurement:supplier_product_save", args=[nordic.pk])
    client.post(terms, {"sku": "MUG", "unit_cost": "3", "minimum_quantity": 5, "pack_size": 5, "rank": 1})
    ranks = (
        SupplierProduct.objects.filter(product=shop.mug)
        .order_by("rank")
        .values_list("supplier__code", "rank")
    )
    assert list(ranks) == [("NORD", 1), ("ACME", 2)]


def test_outsiders_and_readers_change_nothing(client: Client, shop: Company, buy: Buy) -> None:
    order = buy(10)
    client.force_login(shop.otto)
    assert client.get(reverse("procurement:purchase_order_list")).status_code == 403
    client.force_login(shop.rita)
    assert client.get(reverse("procurement:purchase_order_list")).status_code == 200
    assert (
        client.post(
            reverse("procurement:purchase_order_cancel", args=[order.pk]), {"reason": "x"}
        ).status_code
        == 403
    )
    assert client.get(reverse("procurement:goods_receive", args=[order.pk])).status_code == 403
    order.refresh_from_db()
    assert order.state == "SENT"
