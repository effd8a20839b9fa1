"""Answers: which numbers may stand on a product and on its packs?"""

from __future__ import annotations

import pytest
from django.test import Client

from erp.core.errors import InvalidInput
from inventory.models import Product, ProductUnit
from inventory.services import ProductDraft, product_create_many, product_save, product_unit_save
from inventory.services.gtin import gtin_check, gtin_forms, gtin_is_in_house
from tests import factories as make
from tests.cast import NOW, Company


@pytest.mark.parametrize(
    "gtin", ["40170725", "012345678905", "4006381333931", "14006381333938", " 400638 1333931 "]
)
def test_each_length_with_its_right_check_digit_is_taken(gtin: str) -> None:
    assert gtin_check(gtin) == "".join(gtin.split())


@pytest.mark.parametrize(
    ("gtin", "said"),
    [
        ("4006381333932", "not a valid GTIN"), ("400638133393", "not a valid GTIN"), ("40063813339A1", "not a valid GTIN"),
        ("٤006381333931", "not a valid GTIN"), ("0", "not a valid GTIN"), ("2012345678903", "inside one company"),
        ("0212345678909", "inside one company"), ("20123451", "inside one company"),
        ("9912345678909", "coupon"), ("0512345678900", "coupon"), ("94006381333934", "variable measure"),
    ],
)  # fmt: skip
def test_what_is_no_number_for_trade_is_refused_by_name(gtin: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as refused:
        gtin_check(gtin)
    assert refused.value.field == "gtin"


def test_an_in_house_number_is_one_when_somebody_says_so() -> None:
    assert gtin_is_in_house("2012345678903")
    assert gtin_check("2012345678903", in_house=True) == "2012345678903"
    assert not gtin_is_in_house("4006381333931")


def test_a_upc_and_its_ean_are_one_number() -> None:
    assert gtin_forms("012345678905") == ["012345678905", "0012345678905", "00012345678905"]
    assert gtin_forms("4006381333931") == ["4006381333931", "04006381333931"]


def draft(company: Company, sku: str, gtin: str) -> ProductDraft:
    return ProductDraft(sku, sku.title(), company.goods.pk, company.each.pk, gtin)


@pytest.mark.django_db
def test_a_number_is_one_products_in_all_its_lengths(company: Company) -> None:
    with pytest.raises(InvalidInput, match="taken"):
        product_save(draft(company, "MUG-2", "04006381333931"), actor=company.olga, at=NOW)
    box = make.UnitFactory(code="BOX", name="Box")
    product_unit_save(
        product_id=company.lamp.pk,
        unit_id=box.pk,
        factor=6,
        gtin="10614141000415",
        actor=company.olga,
        at=NOW,
    )
    with pytest.raises(InvalidInput, match="taken"):
        product_create_many([draft(company, "CRATE", "10614141000415")], actor=company.olga, at=NOW)
    assert not Product.objects.filter(sku__in=["MUG-2", "CRATE"]).exists()


@pytest.mark.django_db
def test_a_products_old_in_house_number_is_not_asked_about_again(company: Company) -> None:
    Product.objects.filter(pk=company.lamp.pk).update(gtin="2012345678903")
    saved = product_save(
        draft(company, "LAMP", "2012345678903"), product_id=company.lamp.pk, actor=company.olga, at=NOW
    )
    assert saved.gtin == "2012345678903"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("gtin", "factor", "said"),
    [
        ("14006381333938", 12, "a pack of MUG"),  # built on the mug's barcode
        ("4006381333931", 12, "MUG's"),
        ("", 0, "at least one"),
        ("", 2_000_000, "typing error"),
    ],
)
def test_a_pack_has_a_barcode_and_a_size_of_its_own(
    company: Company, gtin: str, factor: int, said: str
) -> None:
    box = make.UnitFactory(code="BOX", name="Box")
    with pytest.raises(InvalidInput, match=said):
        product_unit_save(
            product_id=company.lamp.pk, unit_id=box.pk, factor=factor, gtin=gtin, actor=company.olga, at=NOW
        )
    assert not ProductUnit.objects.exists()


@pytest.mark.django_db
def test_the_form_says_which_number_is_wrong_and_lets_an_in_house_one_pass(company: Company) -> None:
    client = Client()
    client.force_login(company.olga)
    typed = {"sku": "JUG", "name": "Jug", "category": company.goods.pk, "unit": company.each.pk, "gtin": "2012345678903",
             "list_price": "1", "weight_grams": "0"}  # fmt: skip
    answer = client.post("/inventory/products/new/", typed)
    assert answer.status_code == 422 and b"inside one company" in answer.content
    assert client.post("/inventory/products/new/", typed | {"is_in_house_gtin": "on"}).status_code == 302
    assert Product.objects.get(sku="JUG").gtin == "2012345678903"
