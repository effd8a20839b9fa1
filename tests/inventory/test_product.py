"""Is the product master kept clean, and does every code find its product?"""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erp.core.errors import InvalidInput, NotFound
from inventory.models import Category, Location, Node, Product, StockBuffer
from inventory.selectors import (
    CodeMatch,
    bin_candidates,
    binned_node_ids,
    product_by_code,
    product_codes,
    unit_costs,
    with_stock,
)
from inventory.services import (
    LocationDraft,
    NodeDraft,
    ProductDraft,
    buffer_remove,
    buffer_save,
    category_save,
    location_create_many,
    location_save,
    lot_save,
    node_save,
    product_create_many,
    product_deactivate,
    product_save,
    product_unit_save,
    quantity_to_base,
    unit_ensure,
)
from inventory.services.gtin import check_digit_is_right
from tests.cast import NOW, Company, stock_in
from tests.factories import LotFactory


def draft(company: Company, **change: object) -> ProductDraft:
    values = {
        "sku": "POT",
        "name": "Pot",
        "category_id": company.goods.pk,
        "unit_id": company.each.pk,
    } | change
    return ProductDraft(**values)


def test_a_product_is_created_with_its_history(company: Company) -> None:
    product = product_save(draft(company, name="  Crème   brûlée set "), actor=company.olga, at=NOW)
    assert (product.name, product.search_text) == ("Crème brûlée set", "pot creme brulee set")
    entry = product.history.get()
    assert (entry.history_user, entry.history_date) == (company.olga, NOW)


@pytest.mark.parametrize(("change", "field"), [
    ({"sku": "mug"}, "sku"),  # taken, ignoring case
    ({"sku": "  "}, "sku"),
    ({"sku": "x" * 41}, "sku"),
    ({"name": ""}, "name"),
    ({"gtin": "4006381333930"}, "gtin"),  # wrong check digit
    ({"gtin": "4006381333931"}, "gtin"),  # the mug's
    ({"gtin": "12345"}, "gtin"),
    ({"list_price": Decimal("NaN")}, "list_price"),
    ({"list_price": Decimal(-1)}, "list_price"),
    ({"weight_grams": -1}, "weight_grams"),
])  # fmt: skip
def test_a_wrong_product_is_refused(company: Company, change: dict, field: str) -> None:
    before = Product.objects.count()
    with pytest.raises(InvalidInput) as refusal:
        product_save(draft(company, **change), actor=company.olga, at=NOW)
    assert refusal.value.field == field
    assert Product.objects.count() == before


def test_unit_and_lot_tracking_are_fixed_once_stock_has_moved(company: Company) -> None:
    changed = draft(company, sku="MUG", name="Blue mug", is_lot_tracked=True)
    product_save(changed, product_id=company.mug.pk, actor=company.olga, at=NOW)
    product_save(draft(company, sku="MUG", name="Mug"), product_id=company.mug.pk, actor=company.olga, at=NOW)
    stock_in(company, company.mug, 1)
    with pytest.raises(InvalidInput) as refusal:
        product_save(changed, product_id=company.mug.pk, actor=company.olga, at=NOW)
    assert refusal.value.field == "is_lot_tracked"
    assert not Product.objects.get(pk=company.mug.pk).is_lot_tracked


def test_many_products_cost_the_same_statements(company: Company, django_assert_max_num_queries) -> None:
    drafts = [draft(company, sku=f"P{n}", name=f"Product {n}") for n in range(150)]
    with django_assert_max_num_queries(8):
        products = product_create_many(drafts, actor=company.olga, at=NOW)
    assert len(products) == 150
    assert products[0].history.get().history_user == company.olga
    with pytest.raises(InvalidInput):
        product_create_many(
            [draft(company, sku="NEW"), draft(company, sku="new")], actor=company.olga, at=NOW
        )
    assert not Product.objects.filter(sku="NEW").exists()


def test_deactivating_keeps_stock(company: Company) -> None:
    stock_in(company, company.mug, 3)
    assert not product_deactivate(product_id=company.mug.pk, actor=company.olga, at=NOW).is_active
    assert with_stock(Product.objects.filter(pk=company.mug.pk)).get().on_hand == 3
    with pytest.raises(NotFound):
        product_deactivate(product_id=0, actor=company.olga, at=NOW)


@given(st.integers(0, 10**12 - 1))
def test_the_check_digit_catches_every_single_wrong_digit(number: int) -> None:
    body = f"{number:012d}"
    right = next(digit for digit in "0123456789" if check_digit_is_right(body + digit))
    assert [digit for digit in "0123456789" if check_digit_is_right(body + digit)] == [right]


@pytest.mark.parametrize("gtin", ["96385074", "036000291452", "4006381333931", "10614141000415"])
def test_known_barcodes_are_right(gtin: str) -> None:
    assert check_digit_is_right(gtin)


def test_every_code_finds_its_product(company: Company) -> None:
    box = unit_ensure(code="BOX", name="Box")
    product_unit_save(
        product_id=company.mug.pk, unit_id=box.pk, factor=12, gtin="10614141000415", actor=company.ben, at=NOW
    )
    mug = company.mug.pk
    assert product_codes(["mug", "MUG", "04006381333931", "10614141000415", "nothing", "", "12'; --"]) == {
        "mug": CodeMatch(mug, 1), "MUG": CodeMatch(mug, 1), "04006381333931": CodeMatch(mug, 1),
        "10614141000415": CodeMatch(mug, 12),
    }  # fmt: skip
    assert product_by_code(" lamp ") == CodeMatch(company.lamp.pk, 1)
    assert product_by_code("") is None


def test_packs_convert_to_base_units(company: Company) -> None:
    box = unit_ensure(code="BOX", name="Box")
    product_unit_save(product_id=company.mug.pk, unit_id=box.pk, factor=12, actor=company.ben, at=NOW)
    assert quantity_to_base(product_id=company.mug.pk, quantity=2, unit_code="BOX") == 24
    assert quantity_to_base(product_id=company.mug.pk, quantity=Decimal("0.5"), unit_code="BOX") == 6
    assert quantity_to_base(product_id=company.mug.pk, quantity=5, unit_code="EA") == 5
    for quantity, unit in (
        (Decimal("0.1"), "BOX"),
        (1, "PALLET"),
        (Decimal("NaN"), "BOX"),
        (Decimal("Infinity"), "EA"),
    ):
        with pytest.raises(InvalidInput):
            quantity_to_base(product_id=company.mug.pk, quantity=quantity, unit_code=unit)


def test_a_category_never_lies_inside_itself(company: Company) -> None:
    cups = category_save(
        code="CUPS",
        name="Cups",
        parent_id=company.goods.pk,
        valuation_method="FIFO",
        actor=company.olga,
        at=NOW,
    )
    with pytest.raises(InvalidInput) as refusal:
        category_save(category_id=company.goods.pk, code="GOODS", name="Goods", parent_id=cups.pk, valuation_method="FIFO",
                      actor=company.olga, at=NOW)  # fmt: skip
    assert refusal.value.field == "parent"
    assert list(Category.objects.get(pk=company.goods.pk).get_descendants()) == [cups]


def test_places_are_made_in_families_and_the_tree_is_sound(company: Company) -> None:
    drafts = [
        LocationDraft("Z", "ZONE"),
        LocationDraft("Z-1", "AISLE", "Z"),
        LocationDraft("Z-2", "AISLE", "Z"),
    ]
    drafts += [LocationDraft(f"Z-1-{n}", parent="Z-1", walk_order=n) for n in range(3)]
    location_create_many(node_id=company.north.pk, drafts=drafts, actor=company.olga, at=NOW)
    location_create_many(
        node_id=company.north.pk, drafts=[LocationDraft("Z-2-0", parent="Z-2")], actor=company.olga, at=NOW
    )
    zone = Location.objects.get(code="Z")
    assert [place.code for place in zone.get_descendants()] == [
        "Z-1",
        "Z-1-0",
        "Z-1-1",
        "Z-1-2",
        "Z-2",
        "Z-2-0",
    ]
    before = list(Location.objects.order_by("pk").values_list("pk", "lft", "rght", "level"))
    Location.objects.rebuild()  # mptt's own numbering of the same tree
    assert list(Location.objects.order_by("pk").values_list("pk", "lft", "rght", "level")) == before


@pytest.mark.parametrize(("wrong", "field"), [
    ([LocationDraft("N-A-01")], "code"),
    ([LocationDraft("X"), LocationDraft("x")], "code"),
    ([LocationDraft("X", parent="NOWHERE")], "parent"),
    ([LocationDraft("X", parent="S-A-01")], "parent"),  # in another node
    ([LocationDraft("X", "SHELF")], "kind"),
])  # fmt: skip
def test_wrong_places_are_refused(company: Company, wrong: list, field: str) -> None:
    before = Location.objects.count()
    with pytest.raises(InvalidInput) as refusal:
        location_create_many(node_id=company.north.pk, drafts=wrong, actor=company.olga, at=NOW)
    assert refusal.value.field == field
    assert Location.objects.count() == before


def test_what_holds_stock_is_not_closed(company: Company) -> None:
    stock_in(company, company.mug, 1)
    place = company.bins[0]
    with pytest.raises(InvalidInput):
        location_save(
            location_id=place.pk, walk_order=1, is_pickable=True, is_active=False, actor=company.olga, at=NOW
        )
    with pytest.raises(InvalidInput):
        node_save(NodeDraft("NORTH", "North", "WAREHOUSE", "GB", is_active=False), node_id=company.north.pk, actor=company.olga,
                  at=NOW)  # fmt: skip
    assert Node.objects.get(pk=company.north.pk).is_active
    assert Location.objects.get(pk=place.pk).is_active


def test_a_node_is_binned_when_it_has_a_pickable_bin(company: Company) -> None:
    assert binned_node_ids() == {company.north.pk, company.south.pk}


def test_bins_are_offered_first_expired_first_then_first_received_then_by_walk(company: Company) -> None:
    soon = LotFactory(product=company.cream, expiry_date=NOW.date().replace(month=5))
    late = LotFactory(product=company.cream, expiry_date=NOW.date().replace(month=9))
    first, second, third = company.bins
    stock_in(company, company.cream, 2, location=first, lot_id=late.pk)
    stock_in(company, company.cream, 2, location=third, lot_id=soon.pk, at=NOW.replace(hour=11))
    stock_in(company, company.cream, 2, location=second, lot_id=soon.pk, at=NOW.replace(hour=11))
    stock_in(company, company.mug, 2, location=third, at=NOW.replace(hour=8))
    stock_in(company, company.mug, 2, location=first, at=NOW.replace(hour=10))
    pairs = [
        (company.cream.pk, company.north.pk),
        (company.mug.pk, company.north.pk),
        (company.mug.pk, company.store.pk),
    ]
    found = bin_candidates(pairs)
    assert [(c.location_code, c.lot_id) for c in found[pairs[0]]] == [
        ("N-A-02", soon.pk), ("N-A-03", soon.pk), ("N-A-01", late.pk)
    ]  # fmt: skip
    assert [c.location_code for c in found[pairs[1]]] == ["N-A-03", "N-A-01"]
    assert found[pairs[2]] == []
    assert [
        c.lot_id for c in bin_candidates(pairs, usable_on=soon.expiry_date.replace(day=30))[pairs[0]]
    ] == [late.pk]


def test_the_latest_cost_is_known_even_when_sold_out(company: Company) -> None:
    stock_in(company, company.mug, 1, unit_cost=3)
    stock_in(company, company.mug, 1, unit_cost=5)
    stock_in(company, company.lamp, 1, unit_cost=2)
    stock_in(company, company.lamp, 3, unit_cost=6)
    assert unit_costs([company.mug.pk, company.lamp.pk, company.cream.pk]) == {
        company.mug.pk: 5,
        company.lamp.pk: 5,
    }


def test_buffers_are_kept_with_their_history(company: Company) -> None:
    for quantity in (3, 5):
        buffer = buffer_save(
            node_id=company.north.pk, product_id=None, quantity=quantity, actor=company.olga, at=NOW
        )
    assert StockBuffer.objects.get().quantity == 5
    buffer_remove(buffer_id=buffer.pk, actor=company.olga, at=NOW)
    assert not StockBuffer.objects.exists()
    assert [entry.history_type for entry in StockBuffer.history.order_by("history_id")] == ["+", "~", "-"]


def test_only_lot_tracked_products_have_lots(company: Company) -> None:
    with pytest.raises(InvalidInput):
        lot_save(product_id=company.mug.pk, code="L1", expiry_date=None)
    day = NOW.date()
    assert lot_save(product_id=company.cream.pk, code="L1", expiry_date=None).expiry_date is None
    assert lot_save(product_id=company.cream.pk, code="L1", expiry_date=day).expiry_date == day
