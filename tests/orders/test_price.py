"""Does the price that applies come from the nearest agreement, on its dates, from its quantity?"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.models import ContractPrice, PriceList, PriceListAssignment, PriceListEntry
from orders.selectors.price import AppliedPrice, PriceBook, _Entry, prices_for
from tests.cast import NOW, TODAY, Company

D = Decimal
DAY = timedelta(days=1)


def listed(company: Company, code: str, price: str, party: dict[str, Any], **entry: Any) -> PriceList:
    price_list = PriceList.objects.create(code=code, name=code, currency=entry.pop("currency", "GBP"))
    PriceListEntry.objects.create(price_list=price_list, product=company.mug, price=D(price), **entry)
    PriceListAssignment.objects.create(price_list=price_list, **party)
    return price_list


def price_of(
    company: Company, quantity: int = 1, *, guest: bool = False, currency: str = "GBP"
) -> tuple[Any, ...]:
    customer = None if guest else company.carol.pk
    (found,) = prices_for(company.web.pk, customer, [(company.mug.pk, quantity)], currency, NOW)
    assert found.product_id == company.mug.pk
    return found[1:]


@pytest.mark.django_db
def test_the_nearest_agreement_wins(company: Company, django_assert_num_queries: Any) -> None:
    company.mug.list_price = D(10)
    company.mug.save()
    assert price_of(company) == (D(10), "PRODUCT", "")
    listed(company, "WEB", "9", {"channel": company.web})
    assert price_of(company) == price_of(company, guest=True) == (D(9), "CHANNEL_LIST", "WEB")
    listed(company, "CONSUMERS", "9.50", {"segment": "CONSUMER"})
    assert price_of(company) == (D("9.5"), "SEGMENT_LIST", "CONSUMERS")
    assert price_of(company, guest=True)[1] == "CHANNEL_LIST"
    listed(company, "CAROL", "9.70", {"customer": company.carol})
    assert price_of(company) == (D("9.7"), "CUSTOMER_LIST", "CAROL")
    ContractPrice.objects.create(customer=company.carol, product=company.mug, currency="GBP", price=D("9.90"))
    lines = [(company.mug.pk, 1), (company.lamp.pk, 1), (company.mug.pk, 5)]
    with django_assert_num_queries(1):
        found = prices_for(company.web.pk, company.carol.pk, lines, "GBP", NOW)
    assert [row[2] for row in found] == ["CONTRACT", "PRODUCT", "CONTRACT"]
    assert price_of(company, currency="EUR") == (None, "NONE", "")


@pytest.mark.django_db
@pytest.mark.parametrize(("entry", "applies"), [
    ({}, True), ({"valid_from": TODAY}, True), ({"valid_to": TODAY}, True), ({"valid_from": TODAY + DAY}, False),
    ({"valid_to": TODAY - DAY}, False), ({"minimum_quantity": 3}, True), ({"minimum_quantity": 4}, False),
    ({"currency": "EUR"}, False),
])  # fmt: skip
def test_an_entry_applies_on_its_days_and_from_its_quantity(
    company: Company, entry: dict[str, Any], applies: bool
) -> None:
    listed(company, "WEB", "9", {"channel": company.web}, **entry)
    assert (price_of(company, 3)[1] == "CHANNEL_LIST") is applies


@pytest.mark.django_db
def test_a_list_that_is_not_in_force_sets_no_price(company: Company) -> None:
    price_list = listed(company, "WEB", "9", {"channel": company.web})
    for change in ({"is_active": False}, {"valid_from": TODAY + DAY}, {"valid_to": TODAY - DAY}):
        PriceList.objects.update(**{"is_active": True, "valid_from": None, "valid_to": None} | change)
        assert price_of(company)[1] == "PRODUCT", change
    PriceList.objects.filter(pk=price_list.pk).update(valid_to=TODAY)
    assert price_of(company)[1] == "CHANNEL_LIST"


@given(
    st.lists(st.tuples(st.integers(1, 20), st.decimals(0, 100, places=2)), max_size=6),
    st.integers(1, 20),
)
def test_the_largest_break_that_is_reached_sets_the_price(
    breaks: list[tuple[int, Decimal]], quantity: int
) -> None:
    entries = [_Entry(minimum, price, None, None, "L") for minimum, price in breaks]
    book = PriceBook({("CHANNEL_LIST", 1, "GBP", 7): entries})
    found: AppliedPrice = book.price(1, None, (7, quantity), "GBP", date(2026, 3, 2))
    reached = [(minimum, -price) for minimum, price in breaks if minimum <= quantity]
    assert found.price == (-max(reached)[1] if reached else None)
