"""Answers: do two products become one, with stock, cost and all that names them, and is nothing lost on the way?"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from erp.core.errors import Conflict, InvalidInput
from erp.core.models import ExceptionCase
from inventory.models import BinStock, KitComponent, Lot, Product, ProductMerge, StockLevel
from inventory.selectors import product_by_code
from inventory.services import ComponentDraft, LotDraft, kit_save, lot_ensure_many, product_deactivate
from inventory.services.duplicate import product_duplicate_flag
from ledger.models import CostLayer, JournalEntry
from orders.channels.normalise import order_command
from orders.models import Listing, Order, OrderLine, Substitution
from orders.services.order import order_receive
from procurement.models import SupplierProduct
from procurement.services.product_merge import product_merge, product_merge_preview
from tests import factories as make
from tests.cast import NOW, Company, assert_proven, stock_in

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=2)


@pytest.fixture
def twin(company: Company) -> Product:
    """The blue mug, entered a second time, with stock in two bins at two costs and in the store."""
    twin = make.ProductFactory(sku="mug-2", name="Mug, blue", category=company.goods, unit=company.each)
    stock_in(company, twin, 5, unit_cost=Decimal("3.33"))
    stock_in(company, twin, 7, location=company.bins[1], unit_cost=Decimal("4.01"))
    stock_in(company, twin, 2, node=company.store, unit_cost=5)
    stock_in(company, company.mug, 10, unit_cost=4)
    return twin


def merge(company: Company, merged: Product, kept: Product, at: Any = LATER) -> ProductMerge:
    return product_merge(merged_id=merged.pk, kept_id=kept.pk, reason="same thing", actor=company.olga, at=at)


def order(company: Company, sku: str, external_id: str = "E-1") -> Any:
    content = {
        "channel": "wholesale", "external_id": external_id, "currency": "GBP", "ordered_at": "2026-03-01T10:00:00Z",
        "lines": [{"sku": sku, "quantity": 1, "unit_price": "10.00"}],
    }  # fmt: skip
    return order_receive(order_command(content, body=str(content), at=NOW), actor=company.system, at=NOW)


def test_stock_goes_over_where_it_lies_at_its_own_cost(company: Company, twin: Product) -> None:
    value = sum(layer.value_left for layer in CostLayer.objects.all())
    done = merge(company, twin, company.mug)
    assert not StockLevel.objects.filter(product=twin, quantity__gt=0).exists()
    held = {
        (row.location_id, row.quantity)
        for row in BinStock.objects.filter(product=company.mug, quantity__gt=0)
    }
    assert held == {(company.bins[0].pk, 15), (company.bins[1].pk, 7)}
    assert StockLevel.objects.get(product=company.mug, node=company.store, status="AVAILABLE").quantity == 2
    layers = CostLayer.objects.filter(product_id=company.mug.pk, quantity_left__gt=0).order_by("pk")
    assert [(layer.quantity_left, layer.value_left) for layer in layers] == [
        (10, Decimal("40.00")), (5, Decimal("16.65")), (7, Decimal("28.07")), (2, Decimal("10.00")),
    ]  # fmt: skip
    assert sum(layer.value_left for layer in CostLayer.objects.all()) == value
    entry = JournalEntry.objects.get(kind="inventory.product_merged")
    assert {(line.product_id, line.debit - line.credit) for line in entry.lines.all()} == {
        (company.mug.pk, Decimal("54.72")), (twin.pk, Decimal("-54.72")),
    }  # fmt: skip
    assert (done.stock_sequence, "14 units moved" in done.moved) == (entry.stock_sequence, True)
    assert_proven()


def test_all_that_names_it_names_the_other(company: Company, twin: Product) -> None:
    make.ListingFactory(channel=company.web, channel_sku="their-mug", product=twin)
    make.SupplierProductFactory(supplier=company.acme, product=twin, rank=1)
    other = make.SupplierFactory(code="BETA")
    make.SupplierProductFactory(supplier=other, product=twin, rank=2)
    make.SupplierProductFactory(supplier=company.acme, product=company.mug, rank=1, unit_cost=Decimal("3.00"))
    Substitution.objects.create(product=twin, substitute=company.mug)
    Substitution.objects.create(product=company.lamp, substitute=twin)
    kit = make.ProductFactory(sku="KIT", category=company.goods, unit=company.each)
    kit_save(kit_id=kit.pk, components=[ComponentDraft(twin.pk, 2)], reason="", actor=company.olga, at=NOW)
    merge(company, twin, company.mug)
    assert Listing.objects.get(channel_sku="their-mug").product == company.mug
    assert {row.channel.code for row in Listing.objects.filter(channel_sku="mug-2")} == {"web", "wholesale"}
    terms = {
        (row.supplier.code, row.rank, row.unit_cost)
        for row in SupplierProduct.objects.filter(product=company.mug)
    }
    assert terms == {("ACME", 1, Decimal("3.0000")), ("BETA", 2, Decimal("4.0000"))}
    assert [(rule.product, rule.substitute) for rule in Substitution.objects.all()] == [
        (company.lamp, company.mug)
    ]
    assert KitComponent.objects.get().component == company.mug
    twin.refresh_from_db()
    assert (twin.is_active, twin.merged_into) == (False, company.mug)
    assert twin.history.order_by("-history_id").first().history_change_reason == "merged into MUG"
    with pytest.raises(InvalidInput):
        product_deactivate(product_id=twin.pk, is_active=True, actor=company.olga, at=LATER)


def test_the_old_sku_still_means_something(company: Company, twin: Product) -> None:
    merge(company, twin, company.mug)
    Listing.objects.all().delete()
    assert order(company, "MUG-2").error is None
    assert OrderLine.objects.get().product == company.mug
    found = product_by_code("mug-2")
    assert found is not None and found.product_id == company.mug.pk


def test_a_barcode_goes_over_and_a_chain_of_merges_ends_at_the_last(company: Company, twin: Product) -> None:
    merge(company, company.mug, twin)
    twin.refresh_from_db()
    assert twin.gtin == "4006381333931"
    third = make.ProductFactory(sku="third", category=company.goods, unit=company.each)
    merge(company, twin, third, LATER + timedelta(minutes=1))
    company.mug.refresh_from_db()
    assert company.mug.merged_into == third
    assert order(company, "MUG").error is None
    assert OrderLine.objects.get().product == third
    assert_proven()


def test_what_is_open_is_finished_first(company: Company, twin: Product) -> None:
    assert order(company, "mug-2").error is None
    number = Order.objects.get().number
    assert product_merge_preview(merged_id=twin.pk, kept_id=company.mug.pk).refusals == [
        f"open: order {number}"
    ]
    with pytest.raises(Conflict, match=number):
        merge(company, twin, company.mug)
    twin.refresh_from_db()
    assert twin.is_active and not ProductMerge.objects.exists()
    assert StockLevel.objects.filter(product=twin, quantity__gt=0).exists()


@pytest.mark.parametrize("what", ["unit", "lots", "kit", "out", "itself", "both"])
def test_two_that_can_not_be_one_stay_two(company: Company, twin: Product, what: str) -> None:
    kept = company.mug
    if what == "unit":
        Product.objects.filter(pk=twin.pk).update(unit=make.UnitFactory(code="KG"))
    elif what == "lots":
        kept = company.cream
    elif what == "kit":
        kept = make.ProductFactory(sku="KIT", category=company.goods, unit=company.each, is_kit=True)
    elif what == "out":
        Product.objects.filter(pk=kept.pk).update(is_active=False)
    elif what == "itself":
        kept = twin
    else:
        kit = make.ProductFactory(sku="KIT", category=company.goods, unit=company.each)
        parts = [ComponentDraft(twin.pk, 1), ComponentDraft(kept.pk, 1)]
        kit_save(kit_id=kit.pk, components=parts, reason="", actor=company.olga, at=NOW)
    with pytest.raises((Conflict, InvalidInput)):
        merge(company, twin, kept)
    assert not ProductMerge.objects.exists()


def test_lots_go_over_with_their_dates(company: Company) -> None:
    twin = make.ProductFactory(
        sku="cream-2", name="Cream", category=company.goods, unit=company.each, is_lot_tracked=True
    )
    lot = lot_ensure_many([LotDraft(twin.pk, "L1", NOW.date())])[twin.pk, "L1"]
    stock_in(company, twin, 4, lot_id=lot)
    merge(company, twin, company.cream)
    held = BinStock.objects.get(product=company.cream, quantity__gt=0)
    assert (held.quantity, held.lot.code, held.lot.expiry_date) == (4, "L1", NOW.date())  # type: ignore[union-attr]
    assert Lot.objects.filter(product=company.cream).count() == 1
    assert_proven()


def test_stock_that_comes_back_later_goes_over_too(company: Company, twin: Product) -> None:
    merge(company, twin, company.mug)
    stock_in(company, twin, 1, at=LATER)
    again = merge(company, twin, company.mug, LATER + timedelta(hours=1))
    assert again.moved[0] == "1 units moved"
    assert_proven()


def test_it_settles_the_case_and_a_reason_is_asked_for(company: Company, twin: Product) -> None:
    product_duplicate_flag(actor=company.system, at=NOW)
    case = ExceptionCase.objects.get(kind="PRODUCT_DUPLICATE")
    with pytest.raises(InvalidInput):
        product_merge(merged_id=twin.pk, kept_id=company.mug.pk, reason=" ", actor=company.olga, at=LATER)
    merge(company, twin, company.mug)
    case.refresh_from_db()
    assert (case.state, case.resolution) == ("RESOLVED", "procurement.product_merge")


def test_the_pages_show_what_would_move_and_what_did(company: Company, twin: Product) -> None:
    client, reader = Client(), Client()
    client.force_login(company.olga)
    reader.force_login(company.rita)
    url = f"/procurement/products/{twin.pk}/merge/"
    assert reader.get(url).status_code == 403
    assert b"Merge mug-2 into another" in client.get(f"{url}?kept=MUG").content
    assert b"14 units of stock move" in client.get(f"{url}preview/?kept=mug").content
    assert b"there is no product" in client.get(f"{url}preview/?kept=zzz").content
    assert client.post(url, {"kept": "zzz", "reason": "x"}).status_code == 422
    assert reader.post(url, {"kept": "MUG", "reason": "x"}).status_code == 403
    answer = client.post(url, {"kept": "MUG", "reason": "same thing"})
    done = ProductMerge.objects.get()
    assert answer["Location"] == f"/inventory/merges/{done.pk}/"
    assert b"14 units moved" in reader.get(answer["Location"]).content
    assert b"mug-2" in reader.get("/inventory/merges/").content
    page = client.get(f"/inventory/products/{twin.pk}/").content
    assert b"Merged into MUG" in page and b"Go to MUG" in page
