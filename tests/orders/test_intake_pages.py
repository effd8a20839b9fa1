"""Does an order enter by form and by file, and is each refused field and row named while nothing is half-written?"""

from __future__ import annotations

from decimal import Decimal

import pytest

from erp.core.models import InboxMessage
from orders.models import Order
from tests.cast import Company, assert_proven, stock_in
from tests.orders.desk import (
    ORDER,
    Login,
    to,
    written,
)

pytestmark = pytest.mark.django_db


# --- a manual order ---
def test_a_manual_order_is_checked_promised_and_stored_once(company: Company, as_: Login) -> None:
    cora = as_("cora")
    stock_in(company, company.mug, 5)
    assert cora.get(to("order_create")).status_code == 200
    answer = cora.post(to("order_create"), ORDER)
    order = Order.objects.get()
    assert answer["Location"] == to("order_detail", order.pk)
    assert (order.state, order.customer, order.created_by) == ("ALLOCATED", company.carol, company.cora)
    assert (order.goods_total, order.charges_total, order.total) == (19, Decimal("4.50"), Decimal("23.50"))
    assert (order.ship_to_country, order.email, order.needs_allocation) == ("GB", "pat@example.com", True)
    assert list(
        order.lines.order_by("position").values_list("product__sku", "quantity_ordered", "quantity_allocated")
    ) == [("MUG", 2, 2), ("LAMP", 1, 0)]
    assert cora.post(to("order_create"), ORDER)["Location"] == answer["Location"]  # sent twice, acted once
    assert Order.objects.count() == 1
    assert InboxMessage.objects.get().result == f"orders.Order:{order.pk}"
    assert_proven()


def test_a_manual_order_of_a_prepaid_channel_waits_for_its_payment(company: Company, as_: Login) -> None:
    stock_in(company, company.mug, 5)
    as_("olga").post(to("order_create"), ORDER | {"channel": "web", "customer_number": ""})
    order = Order.objects.get()
    assert (order.state, order.customer, order.lines.first().quantity_allocated) == ("ON_HOLD", None, 0)
    hold = order.holds.get()
    assert (hold.kind, hold.owner_role, hold.reason) == ("PAYMENT", "FINANCE", "0 of 23.50 paid")
    assert_proven()


@pytest.mark.parametrize(("field", "value", "words"), [
    ("channel", "", "required"), ("channel", "nowhere", "valid choice"), ("external_id", "", "required"),
    ("external_id", "a\nb", "control character"), ("external_id", "x" * 81, "at most 80"),
    ("external_id", "TAKEN", "received before with other content"), ("currency", "EUR", "trades in GBP"),
    ("currency", "XXQ", "valid choice"), ("customer_number", "C-NOBODY", "no customer with that number"),
    ("email", "pat@home", "valid email"), ("ship_to_name", "", "required"), ("ship_to_line1", "\x00", "ull character"),
    ("ship_to_city", "a\tb", "control character"), ("ship_to_postcode", "x" * 21, "at most 20"),
    ("ship_to_country", "G1", "no country code"), ("ship_to_country", "GBR", "at most 2"),
    ("shipping", "-1", "greater than or equal to 0"), ("shipping", "1.005", "2 decimal places"),
    ("shipping", "NaN", "number"), ("shipping", "9999999999", "larger than any order"),
])  # fmt: skip
def test_a_refused_field_says_so_at_the_field_and_nothing_is_written(
    company: Company, as_: Login, field: str, value: str, words: str
) -> None:
    cora = as_("cora")
    cora.post(to("order_create"), ORDER | {"external_id": "TAKEN", "form_token": "t0"})
    before = written()
    answer = cora.post(to("order_create"), ORDER | {field: value})
    assert answer.status_code == 422
    errors = answer.context["form"].errors
    assert list(errors) == [field] and words in str(errors[field])
    assert f'id="error_1_id_{field}"' in answer.content.decode()
    assert written() == before
    assert_proven("i17", "i18")


@pytest.mark.parametrize(("column", "value", "words"), [
    ("sku", "NOPE", "unknown SKU “NOPE” (line 1)"), ("sku", "", "lines[1].sku is missing"),
    ("sku", "x" * 81, "lines[1].sku has 81 characters"), ("quantity", "six", "lines[1].quantity must be a whole number"),
    ("quantity", "0", "lines[1].quantity is “0”"), ("quantity", "-2", "lines[1].quantity is “-2”"),
    ("quantity", "9999999", "it must be 1 to 1000000"), ("unit_price", "x", "lines[1].unit_price must be a plain number"),
    ("unit_price", "-1", "lines[1].unit_price is negative"), ("unit_price", "1,000", "no thousands separator"),
    ("unit_price", "NaN", "lines[1].unit_price must be a plain number"), ("unit_price", "1.00001", "more than 4 decimals"),
])  # fmt: skip
def test_a_refused_line_is_named_with_what_was_typed_and_nothing_is_written(
    as_: Login, column: str, value: str, words: str
) -> None:
    before = written()
    answer = as_("cora").post(to("order_create"), ORDER | {column: ["", value, "1"]})
    assert answer.status_code == 422
    (errors,) = answer.context["form"].errors.values()
    assert words in errors[0]
    assert answer.context["rows"][0][column] == value
    assert len(answer.context["rows"]) == 4
    assert written() == before


def test_an_order_without_lines_is_refused(as_: Login) -> None:
    answer = as_("cora").post(
        to("order_create"), ORDER | {"sku": ["", " "], "quantity": ["", ""], "unit_price": ""}
    )
    assert answer.status_code == 422
    assert "Send at least one line." in answer.content.decode()
    assert not Order.objects.exists()
