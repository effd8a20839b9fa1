"""Do the stock side's pages open, in a constant number of queries, and do their forms do what they say?"""

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from erp.core.models import ApprovalPolicy
from inventory.models import (
    Adjustment,
    BinStock,
    Category,
    Location,
    Lot,
    Node,
    Product,
    ProductUnit,
    StockBuffer,
    StockEvent,
    StockLevel,
    Transfer,
)
from inventory.services import (
    AdjustmentLineDraft,
    TransferLineDraft,
    adjustment_create,
    transfer_create,
    transfer_ship,
)
from procurement.services import PurchaseLine, purchase_order_create, purchase_order_submit
from tests.cast import NOW, Company, assert_proven, stock_in
from tests.factories import LotFactory, ProductFactory
from tests.fulfillment.goods import order_in

LISTS = [
    "product",
    "stock_level",
    "bin_stock",
    "stock_event",
    "transfer",
    "adjustment",
    "category",
    "node",
    "lot",
    "buffer",
]


@pytest.fixture
def olga(client: Client, company: Company) -> Client:
    client.force_login(company.olga)
    return client


def fill(company: Company, count: int) -> None:
    """`count` of everything that a list shows."""
    for n in range(count):
        product = ProductFactory(category=company.goods, unit=company.each)
        stock_in(company, product, 5)
        transfer = transfer_create(from_node_id=company.north.pk, to_node_id=company.south.pk, expected_date=None,
                                   lines=[TransferLineDraft(product.pk, 2)], actor=company.olga, at=NOW)  # fmt: skip
        transfer_ship(transfer_id=transfer.pk, actor=company.olga, at=NOW)
        LotFactory(product=company.cream)
        StockBuffer.objects.create(node=company.north, product=product, quantity=n)


@pytest.mark.parametrize("noun", LISTS)
def test_a_list_costs_the_same_queries_however_long(
    olga: Client, company: Company, noun: str, django_assert_max_num_queries
) -> None:
    fill(company, 1)
    url = reverse(f"inventory:{noun}_list")
    assert olga.get(url).status_code == 200
    fill(company, 12)
    with django_assert_max_num_queries(14):
        response = olga.get(url)
    assert response.status_code == 200


@pytest.mark.parametrize("noun", LISTS)
def test_a_list_exports_filters_and_searches(olga: Client, company: Company, noun: str) -> None:
    fill(company, 2)
    url = reverse(f"inventory:{noun}_list")
    assert olga.get(url, {"format": "csv"}).status_code == 200
    assert olga.get(url, {"q": "sku"}).status_code == 200
    assert olga.get(url, {"q": "no such thing \x00"}).status_code == 200


def test_every_record_opens(olga: Client, company: Company) -> None:
    fill(company, 1)
    lot = LotFactory(product=company.cream)
    stock_in(company, company.cream, 3, lot_id=lot.pk)
    records = [
        ("product", Product), ("stock_event", StockEvent), ("transfer", Transfer), ("adjustment", Adjustment),
        ("category", Category), ("node", Node), ("location", Location), ("lot", Lot),
    ]  # fmt: skip
    for noun, model in records:
        for record in model.objects.all():
            response = olga.get(reverse(f"inventory:{noun}_detail", args=[record.pk]))
            assert response.status_code == 200, (noun, record.pk)
        assert olga.get(reverse(f"inventory:{noun}_detail", args=[10**9])).status_code == 404


def test_stock_card_shows_levels_moves_bins_and_layers(
    olga: Client, company: Company, django_assert_max_num_queries
) -> None:
    stock_in(company, company.mug, 10, unit_cost=4)
    with django_assert_max_num_queries(22):
        page = olga.get(reverse("inventory:product_detail", args=[company.mug.pk])).content.decode()
    assert "£40.00" in page
    assert "N-A-01" in page
    moves = olga.get(reverse("inventory:product_moves", args=[company.mug.pk])).content.decode()
    assert "inventory.adjustment_post" in moves
    assert "+10" in moves


def test_stock_card_shows_who_wants_it_and_what_is_on_order(olga: Client, company: Company) -> None:
    card = olga.get(reverse("inventory:product_detail", args=[company.mug.pk])).content.decode()
    for name, words in (
        ("orders:product_orders_panel", "No open order"),
        ("procurement:product_supply_panel", "Nothing is on"),
    ):
        url = reverse(name, args=[company.mug.pk])
        assert url in card
        assert words in olga.get(url).content.decode()
    order_in(company, (company.mug, 5))
    terms = [PurchaseLine(company.mug.pk, 20, Decimal(4))]
    made = purchase_order_create(
        supplier_id=company.acme.pk, node_id=company.north.pk, lines=terms, actor=company.ben, at=NOW
    )
    purchase_order_submit(purchase_order_id=made.pk, actor=company.ben, at=NOW)
    demand = olga.get(reverse("orders:product_orders_panel", args=[company.mug.pk])).context
    assert [(line.owed, line.quantity_allocated) for line in demand["lines"]] == [(5, 0)]
    supply = olga.get(reverse("procurement:product_supply_panel", args=[company.mug.pk])).context
    assert [line.owed for line in supply["lines"]] == [20]


def test_stock_card_answers_as_of(olga: Client, company: Company) -> None:
    first = stock_in(company, company.mug, 10)
    stock_in(company, company.mug, 7)
    url = reverse("inventory:product_as_of", args=[company.mug.pk])
    assert "<b>17</b>" in olga.get(url).content.decode()
    assert "<b>10</b>" in olga.get(url, {"sequence": first}).content.decode()
    assert "<b>0</b>" in olga.get(url, {"date": "2020-01-01"}).content.decode()
    for nonsense in ({"date": "2026-99-99"}, {"sequence": "x"}, {"sequence": "9" * 40}):
        assert "Enter a day" in olga.get(url, nonsense).content.decode()


def test_older_moves_continue_where_the_page_ended(olga: Client, company: Company) -> None:
    for _ in range(20):
        stock_in(company, company.mug, 1)
    url = reverse("inventory:product_moves", args=[company.mug.pk])
    first = olga.get(url)
    assert first.content.decode().count("inventory.adjustment_post") == 15
    rest = olga.get(url, {"before": first.context["next_before"]})
    assert rest.content.decode().count("inventory.adjustment_post") == 5
    assert [row.balance for row in rest.context["moves"]] == [5, 4, 3, 2, 1]


def test_the_filter_by_category_takes_the_branch(olga: Client, company: Company) -> None:
    child = Category.objects.create(
        code="CUPS", name="Cups", parent=Category.objects.get(pk=company.goods.pk)
    )
    company.mug.category = child
    company.mug.save()
    page = olga.get(reverse("inventory:product_list"), {"category": company.goods.pk}).content.decode()
    assert "MUG" in page
    assert "LAMP" not in page
    stock_in(company, company.mug, 1)
    page = olga.get(reverse("inventory:product_list"), {"stock": "available"}).content.decode()
    assert "MUG" in page
    assert "CREAM" not in page


def test_an_adjustment_is_entered_and_posted(olga: Client, company: Company) -> None:
    form = {"node": company.north.pk, "reason": "OPENING", "note": "", "form_token": "t1", "sku": ["mug", ""],
            "bin": ["n-a-02", ""], "lot": ["", ""], "status": ["AVAILABLE", "AVAILABLE"], "quantity": ["6", ""],
            "unit_cost": ["2.50", ""]}  # fmt: skip
    url = reverse("inventory:adjustment_create")
    response = olga.post(url, form)
    adjustment = Adjustment.objects.get()
    assert response.url == reverse("inventory:adjustment_detail", args=[adjustment.pk])
    assert (adjustment.state, adjustment.value) == ("POSTED", Decimal(15))
    assert BinStock.objects.get().location == company.bins[1]
    assert olga.post(url, form).url == response.url  # the same form sent twice acts once
    assert Adjustment.objects.count() == 1
    assert_proven()


@pytest.mark.parametrize(("change", "words"), [
    ({"sku": "nothing"}, "there is no product"),
    ({"bin": "nowhere"}, "there is no bin"),
    ({"bin": ""}, "keeps its stock in bins"),
    ({"quantity": "six"}, "is not a number of units"),
    ({"quantity": "9" * 30}, "out of range"),
    ({"unit_cost": "NaN"}, "out of range"),
    ({"unit_cost": "1,,x"}, "is not an amount"),
    ({"lot": "L1"}, "has no lot"),
    ({"status": "ALLOCATED"}, "can not be adjusted"),
])  # fmt: skip
def test_a_wrong_row_is_explained_and_kept(olga: Client, company: Company, change: dict, words: str) -> None:
    row = {
        "sku": "MUG",
        "bin": "N-A-01",
        "lot": "",
        "status": "AVAILABLE",
        "quantity": "6",
        "unit_cost": "2",
    } | change
    response = olga.post(
        reverse("inventory:adjustment_create"), {"node": company.north.pk, "reason": "FOUND", **row}
    )
    assert response.status_code == 422
    page = response.content.decode()
    assert words in page
    assert not Adjustment.objects.exists()
    assert not StockEvent.objects.exists()


def test_a_large_adjustment_shows_that_it_waits(olga: Client, company: Company) -> None:
    ApprovalPolicy.objects.create(kind="inventory.adjustment_post", threshold=Decimal(10), role="OPERATIONS")
    lines = [AdjustmentLineDraft(company.mug.pk, 9, location_id=company.bins[0].pk, unit_cost=Decimal(9))]
    draft = adjustment_create(
        node_id=company.north.pk, reason="FOUND", lines=lines, actor=company.olga, at=NOW
    )
    olga.post(reverse("inventory:adjustment_submit", args=[draft.pk]))
    page = olga.get(reverse("inventory:adjustment_detail", args=[draft.pk])).content.decode()
    assert "Pending approval" in page
    assert not StockLevel.objects.exists()


def test_a_transfer_travels_through_its_pages(olga: Client, company: Company) -> None:
    stock_in(company, company.mug, 10)
    olga.post(reverse("inventory:transfer_create"), {
        "from_node": company.north.pk, "to_node": company.south.pk, "expected_date": "2026-03-09",
        "sku": "4006381333931", "quantity": "6", "lot": "",
    })  # fmt: skip
    transfer = Transfer.objects.get()
    olga.post(reverse("inventory:transfer_ship", args=[transfer.pk]))
    receive = reverse("inventory:transfer_receive", args=[transfer.pk])
    line = transfer.lines.get()
    assert olga.get(receive).status_code == 200
    refused = olga.post(receive, {f"quantity_{line.pk}": "6", f"bin_{line.pk}": ""})
    assert refused.status_code == 422
    olga.post(receive, {f"quantity_{line.pk}": "6", f"bin_{line.pk}": "S-A-02"})
    transfer.refresh_from_db()
    assert transfer.state == "RECEIVED"
    assert BinStock.objects.get(location=company.south_bins[1]).quantity == 6
    assert_proven()


def test_products_categories_nodes_bins_lots_and_buffers_are_created(olga: Client, company: Company) -> None:
    olga.post(reverse("inventory:category_create"), {
        "code": "TEA", "name": "Tea", "parent": company.goods.pk, "valuation_method": "FIFO"})  # fmt: skip
    tea = Category.objects.get(code="TEA")
    assert tea.parent_id == company.goods.pk
    olga.post(reverse("inventory:product_create"), {
        "sku": "TEAPOT", "name": "Café teapot", "category": tea.pk, "unit": company.each.pk, "gtin": "",
        "list_price": "9.99", "weight_grams": "800"})  # fmt: skip
    teapot = Product.objects.get(sku="TEAPOT")
    assert teapot.search_text == "teapot cafe teapot"
    assert teapot.history.get().history_user == company.olga
    olga.post(reverse("inventory:product_edit", args=[teapot.pk]), {
        "sku": "TEAPOT", "name": "Teapot", "category": tea.pk, "unit": company.each.pk, "gtin": "", "list_price": "12",
        "weight_grams": "800"})  # fmt: skip
    assert Product.objects.get(sku="TEAPOT").list_price == 12
    olga.post(reverse("inventory:product_deactivate", args=[teapot.pk]))
    assert not Product.objects.get(sku="TEAPOT").is_active
    olga.post(reverse("inventory:node_create"), {
        "code": "east", "name": "East", "kind": "WAREHOUSE", "country": "gb", "latitude": "0", "longitude": "0",
        "rank": "5", "handling_cost": "0", "can_ship": "on", "is_active": "on"})  # fmt: skip
    east = Node.objects.get(code="EAST")
    olga.post(reverse("inventory:location_create", args=[east.pk]), {
        "kind": "BIN", "parent": "", "codes": "e-1\ne-2", "first_walk_order": "7", "is_pickable": "on"})  # fmt: skip
    assert list(Location.objects.filter(node=east).order_by("pk").values_list("code", "walk_order")) == [
        ("E-1", 7),
        ("E-2", 8),
    ]
    olga.post(reverse("inventory:lot_create"), {"sku": "CREAM", "code": "L-7", "expiry_date": "2027-01-31"})
    assert Lot.objects.get(code="L-7").product == company.cream
    olga.post(
        reverse("inventory:buffer_create"),
        {"node": east.pk, "sku": "mug", "channel_code": "", "quantity": "4"},
    )
    assert StockBuffer.objects.get().product == company.mug


def test_condition_and_bin_are_changed_from_the_stock_card(olga: Client, company: Company) -> None:
    stock_in(company, company.mug, 10)
    url = reverse("inventory:stock_status_change", args=[company.mug.pk])
    form = {"node": company.north.pk, "quantity": "3", "from_status": "AVAILABLE", "to_status": "DAMAGED",
            "from_bin": "N-A-01", "to_bin": "", "reason": "broken handle"}  # fmt: skip
    olga.post(url, form | {"form_token": "a"})
    olga.post(url, form | {"form_token": "b", "to_status": "AVAILABLE", "to_bin": "N-A-03"})
    found = {
        (row.location.code, row.status): row.quantity for row in BinStock.objects.select_related("location")
    }
    assert found == {("N-A-01", "AVAILABLE"): 4, ("N-A-01", "DAMAGED"): 3, ("N-A-03", "AVAILABLE"): 3}
    assert_proven()


def test_roles_decide_who_may(client: Client, company: Company) -> None:
    client.force_login(company.otto)
    assert client.get(reverse("inventory:product_list")).status_code == 403
    client.force_login(company.cora)
    assert client.get(reverse("inventory:product_list")).status_code == 200
    assert client.get(reverse("inventory:adjustment_create")).status_code == 403
    assert (
        "Adjust"
        not in client.get(reverse("inventory:product_detail", args=[company.mug.pk]))
        .content.decode()
        .split("<h1")[1]
    )


def test_search_jumps_to_a_scanned_code(olga: Client, company: Company) -> None:
    from erp.core.search import exact_hit

    ProductUnit.objects.create(product=company.lamp, unit=company.each, factor=6, gtin="10614141000415")
    for code, url in (
        ("mug", reverse("inventory:product_detail", args=[company.mug.pk])),
        ("04006381333931", reverse("inventory:product_detail", args=[company.mug.pk])),
        ("10614141000415", reverse("inventory:product_detail", args=[company.lamp.pk])),
        ("n-a-02", reverse("inventory:location_detail", args=[company.bins[1].pk])),
    ):
        hit = exact_hit(code, company.olga)
        assert hit is not None
        assert hit.url == url
