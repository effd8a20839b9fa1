"""Answers: are products that are one thing twice found, and are those that only look alike left alone?"""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from erp.core.models import ExceptionCase, Job
from inventory.models import Product, ProductDistinct, ProductPair, ProductUnit
from inventory.selectors.duplicate import (
    packs_that_do_not_nest,
    product_duplicates,
    similarity,
    sku_key,
    titles_mean_the_same,
)
from inventory.services.duplicate import product_distinct_set, product_duplicate_flag
from tests import factories as make
from tests.cast import NOW, Company

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Jumbo bag red retrospot", "RED RETROSPOT JUMBO BAG"),
        ("Hanging heart t-light holder", "Hanging hearts t-light holder"),
        ("Set of 6 spice tins", "Spice tins, set of 6"),
        ("Vintage doily deluxe sewing kit", "Vintage doilly deluxe sewing kit"),
    ],
)
def test_titles_of_one_thing(one: str, other: str) -> None:
    assert titles_mean_the_same(one, other) and titles_mean_the_same(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Jumbo bag red retrospot", "Jumbo bag pink retrospot"),
        ("LED lamp 10 W", "LED lamp 20 W"),
        ("Blue mug", "Blue mug large"),
        ("", ""),
        ("Set of 6 spice tins", "Set of 12 spice tins"),
    ],
)
def test_titles_of_two_things(one: str, other: str) -> None:
    assert not titles_mean_the_same(one, other)


def test_how_alike_texts_are() -> None:
    assert similarity("Blue mug", "mug, BLUE") == 1.0
    assert similarity("Blue mug", "garden hose") == 0.0
    assert sku_key(" Mug-BLUE/01 ") == "mugblue01"


def twins(company: Company) -> tuple[Product, Product, Product]:
    common = {"category": company.goods, "unit": company.each}
    return (
        make.ProductFactory(sku="RB-01", name="Jumbo bag red retrospot", **common),
        make.ProductFactory(sku="rb 01", name="Something else entirely", **common),
        make.ProductFactory(sku="OTHER", name="Red retrospot jumbo bags", gtin="04006381333931", **common),
    )


def test_pairs_are_found_by_barcode_sku_and_title(company: Company) -> None:
    first, second, third = twins(company)
    found = {pair[:2]: pair.kind for pair in product_duplicates()}
    assert found == {
        (company.mug.pk, third.pk): "GTIN", (first.pk, second.pk): "SKU", (first.pk, third.pk): "TITLE"
    }  # fmt: skip
    Product.objects.filter(pk=third.pk).update(is_active=False)
    assert {pair[:2] for pair in product_duplicates()} == {(first.pk, second.pk)}


def test_a_case_stands_for_each_pair_until_somebody_says_they_are_two(company: Company) -> None:
    first, second, _ = twins(company)
    assert product_duplicate_flag(actor=company.system, at=NOW) == 3
    assert product_duplicate_flag(actor=company.system, at=NOW) == 3
    product_distinct_set(
        first_id=second.pk, second_id=first.pk, reason="other size", actor=company.olga, at=NOW
    )
    case = ExceptionCase.objects.get(subject_id=f"{first.pk}-{second.pk}")
    assert (case.state, case.reason, case.resolved_by) == ("RESOLVED", "other size", company.olga)
    assert product_duplicate_flag(actor=company.system, at=NOW) == 2
    assert ExceptionCase.objects.count() == 3


def test_packs_that_do_not_nest_are_named(company: Company) -> None:
    for code, factor in (("TRAY", 6), ("CASE", 24), ("PAL", 250)):
        ProductUnit.objects.create(product=company.mug, unit=make.UnitFactory(code=code), factor=factor)
    assert [finding.why for finding in packs_that_do_not_nest()] == [
        "PAL of 250 holds no whole number of TRAY of 6",
        "PAL of 250 holds no whole number of CASE of 24",
    ]


def log_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_page_shows_pairs_and_who_may_tells_them_apart(company: Company) -> None:
    first, second, _ = twins(company)
    product_duplicate_flag(actor=company.system, at=NOW)
    url = f"/inventory/duplicates/{first.pk}/{second.pk}/"
    page = log_in(company.olga).get("/inventory/duplicates/?kind=SKU").content.decode()
    assert "RB-01" in page and "OTHER" not in page and "They are two" in page
    assert "They are two" not in log_in(company.rita).get("/inventory/duplicates/").content.decode()
    assert log_in(company.pia).post(url, {"reason": "no"}).status_code == 403
    log_in(company.olga).post(url, {"reason": " "})
    assert not ProductDistinct.objects.exists()
    log_in(company.olga).post(url, {"reason": "other size"})
    assert ProductDistinct.objects.get().reason == "other size"


def test_the_page_asks_as_much_for_many_pairs_as_for_two(
    company: Company, django_assert_max_num_queries: Any
) -> None:
    for n in range(20):
        make.ProductFactory(sku=f"A-{n}", name=f"Thing number {n}", category=company.goods, unit=company.each)
        make.ProductFactory(sku=f"a {n}", name=f"Matter {n * 7}", category=company.goods, unit=company.each)
    product_duplicate_flag(actor=company.system, at=NOW)
    client = log_in(company.olga)
    with django_assert_max_num_queries(14):
        assert b"20 pairs" in client.get("/inventory/duplicates/").content


def test_nothing_alike_says_so(company: Company) -> None:
    assert b"Every product is one of its kind" in log_in(company.rita).get("/inventory/duplicates/").content
    assert b"Nothing matches" in log_in(company.rita).get("/inventory/duplicates/?q=zzz").content


def test_the_page_shows_what_the_last_comparison_found_until_somebody_asks_anew(company: Company) -> None:
    page, again = "/inventory/duplicates/", "/inventory/duplicates/again/"
    first, second, third = twins(company)
    olga = log_in(company.olga)
    assert b"compared every night" in olga.get(page).content
    assert log_in(company.pia).post(again).status_code == 403
    assert not Job.objects.exists()
    for _ in range(2):
        assert olga.post(again).status_code == 302
    (job,) = Job.objects.filter(kind="inventory.product_duplicate_flag")[:1]
    product_duplicate_flag(actor=job.created_by, at=NOW)
    assert ProductPair.objects.count() == 3
    assert b"3 pairs" in olga.get(page).content
    product_distinct_set(first_id=first.pk, second_id=second.pk, reason="two", actor=company.olga, at=NOW)
    assert b"2 pairs" in olga.get(page).content, "told apart: gone at once"
    Product.objects.filter(pk=third.pk).update(is_active=False)
    assert b"Every product is one of its kind" in olga.get(page).content, "out of use: gone at once"
    assert product_duplicate_flag(actor=company.system, at=NOW) == ProductPair.objects.count() == 0
