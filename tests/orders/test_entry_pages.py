"""Does the page of manual entry show, while typing, what the order will really be?"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from inventory.models import Product
from orders.models import Customer, Order
from tests.cast import Company, assert_proven, stock_in
from tests.orders.desk import ORDER, Login, to, written

pytestmark = pytest.mark.django_db


def quote(client: Client, **changes: Any) -> str:
    return client.post(to("order_quote"), ORDER | changes).content.decode()


def test_prices_stock_dates_and_totals_are_shown_and_nothing_is_written(company: Company, as_: Login) -> None:
    stock_in(company, company.mug, 5)
    stock_in(company, company.mug, 3, node=company.south)
    cora, before = as_("cora"), written()
    page = quote(cora, unit_price=["", "", "12"], tax_rate="20")
    for words in ("Blue mug", "NORTH 5, SOUTH 3", "list price", "typed", "applies", "backorder"):
        assert words in page
    answer = cora.post(to("order_quote"), ORDER | {"unit_price": ["", "", "12"], "tax_rate": "20"})
    seen = answer.context["seen"]
    assert [(line.sku, line.quantity, line.price, line.total, line.tax) for line in seen.lines] == [
        ("mug", 2, 10, 20, 4), ("LAMP", 1, 12, 12, Decimal("2.40")),
    ]  # fmt: skip
    assert (seen.goods, seen.tax, seen.shipping, seen.total) == (
        32,
        Decimal("6.40"),
        Decimal("4.50"),
        Decimal("42.90"),
    )
    assert seen.lines[0].promised is not None and seen.lines[1].promised is None
    assert written() == before


def test_the_quote_is_what_the_order_becomes(company: Company, as_: Login) -> None:
    stock_in(company, company.mug, 5)
    cora = as_("cora")
    sent = ORDER | {
        "sku": ["4006381333931", "", "LAMP"],
        "quantity": ["2", "", "1"],
        "unit_price": ["", "", "12"],
        "tax_rate": "20",
    }
    seen = cora.post(to("order_quote"), sent).context["seen"]
    cora.post(to("order_create"), sent)
    order = Order.objects.get()
    assert (order.total, order.tax_total, order.goods_total) == (seen.total, seen.tax, seen.goods)
    assert list(order.lines.order_by("position").values_list("product__sku", "unit_price", "tax_amount")) == [
        ("MUG", 10, 4), ("LAMP", 12, Decimal("2.40")),
    ]  # fmt: skip
    assert_proven()


def test_a_row_without_a_price_that_applies_is_refused(company: Company, as_: Login) -> None:
    Product.objects.filter(pk=company.mug.pk).update(list_price=0)
    answer = as_("cora").post(to("order_create"), ORDER | {"unit_price": ["", "", "12"]})
    assert answer.status_code == 422 and not Order.objects.exists()


def test_what_the_checks_would_stop_is_said_before(company: Company, as_: Login) -> None:
    cora = as_("cora")
    assert "The checks would let it through." in quote(cora)
    assert "Will be held: ship-to has no city" in quote(cora, ship_to_city="")
    Customer.objects.filter(pk=company.carol.pk).update(is_blocked=True, credit_limit=5)
    page = quote(cora)
    for words in ("the customer is blocked", "over the credit limit", "over the limit", "owes"):
        assert words in page
    assert "Refused: " in quote(cora, currency="EUR", unit_price=["", "1", "1"])
    assert "unknown SKU" in quote(cora, sku=["NOPE", "", ""])


@pytest.mark.parametrize("changes", [
    {"channel": ""}, {"channel": "nowhere"}, {"currency": "XXQ"}, {"quantity": ["x", "", "1e9"]},
    {"unit_price": ["NaN", "-", "1,5"]},
    {"sku": ["a\x00b", "", "x" * 200]}, {"sku": []}, {"tax_rate": "NaN"}, {"shipping": "Infinity"},
    {"quantity": "9" * 30}, {"customer_number": "\x00"},
])  # fmt: skip
def test_what_is_half_typed_is_no_fault(as_: Login, changes: dict[str, Any]) -> None:
    assert as_("cora").post(to("order_quote"), ORDER | changes).status_code == 200


def test_the_customers_address_is_filled_in_only_where_none_is_typed(company: Company, as_: Login) -> None:
    Customer.objects.filter(pk=company.carol.pk).update(
        line1="1 Low Road", city="York", postcode="YO1", country="GB"
    )
    cora = as_("cora")
    blank = {f"ship_to_{name}": "" for name in ("name", "line1", "city", "postcode")}
    page = quote(cora, **blank)
    assert 'value="1 Low Road"' in page and page.count("hx-swap-oob") == 5
    assert "hx-swap-oob" not in quote(cora, **blank | {"ship_to_city": "Hull"})


def test_products_and_customers_are_suggested_while_typing(company: Company, as_: Login) -> None:
    cora = as_("cora")
    for typed in ("mu", "blue", "40063"):
        page = cora.get(to("product_suggest"), {"sku": typed}).content.decode()
        assert 'value="MUG"' in page and "4006381333931" in page
    for typed in ("", "\x00", "zzz"):
        assert "option" not in cora.get(to("product_suggest"), {"sku": typed}).content.decode()
    assert (
        'value="C-CAROL"' in cora.get(to("customer_suggest"), {"customer_number": "carol"}).content.decode()
    )
    assert "option" not in cora.get(to("customer_suggest")).content.decode()
    assert as_("rita").get(to("product_suggest"), {"sku": "mu"}).status_code == 403


def test_more_rows_are_numbered_on(as_: Login) -> None:
    page = as_("cora").get(to("order_rows"), {"from": "4"}).content.decode()
    assert (
        page.count('name="sku"') == 5 and "SKU, line 5" in page and "SKU, line 9" in page and "from=9" in page
    )
    assert "SKU, line 1" in as_("cora").get(to("order_rows"), {"from": "x"}).content.decode()


def test_twenty_lines_cost_no_more_queries_than_two(
    company: Company, as_: Login, django_assert_max_num_queries: Any
) -> None:
    stock_in(company, company.mug, 50)
    cora = as_("cora")
    quote(cora)
    with django_assert_max_num_queries(20):
        quote(cora, sku=["MUG", "LAMP"] * 10, quantity=["1"] * 20, unit_price=[""] * 20)
