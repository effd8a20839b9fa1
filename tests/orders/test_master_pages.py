"""Do the pages of customers, channels, listings and policies show, change and remember?"""

from __future__ import annotations

from decimal import Decimal

import pytest

from orders.models import Customer, Order
from orders.services import (
    PaymentDraft,
    payment_capture_many,
)
from tests.cast import NOW, Company
from tests.factories import (
    AllocationPolicyFactory,
    CustomerFactory,
    ListingFactory,
)
from tests.fulfillment.goods import order_in
from tests.orders.desk import (
    LISTS,
    ORDER,
    Login,
    shown,
    to,
)

pytestmark = pytest.mark.django_db


# --- customers, channels, listings, policies ---
def test_a_customer_is_created_changed_and_kept_with_its_history(company: Company, as_: Login) -> None:
    cora = as_("cora")
    form = {"number": "C-9", "name": "Nina", "email": "nina@example.com", "segment": "BUSINESS", "credit_limit": "100",
            "line1": "2 Low Road", "city": "York", "postcode": "YO1", "country": "GB"}  # fmt: skip
    for field, value in (
        ("number", ""), ("number", "C-CAROL"), ("name", " "), ("email", "nina@"), ("segment", "GOVERNMENT"),
        ("credit_limit", "-1"), ("country", "gb"), ("country", "G1"),
    ):  # fmt: skip
        answer = cora.post(to("customer_create"), form | {field: value})
        assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert Customer.objects.count() == 1
    cora.post(to("customer_create"), form)
    nina = Customer.objects.get(number="C-9")
    edit = to("customer_edit", nina.pk)
    assert cora.get(edit).context["form"].initial["name"] == "Nina"
    saved = cora.post(edit, form | {"is_blocked": "on", "credit_limit": ""})
    assert saved["Location"] == to("customer_detail", nina.pk)
    nina.refresh_from_db()
    assert (nina.is_blocked, nina.credit_limit, nina.segment) == (True, 100, "BUSINESS")
    assert [row.history_user for row in nina.history.all()] == [company.cora] * 2
    assert "blocked" in cora.get(to("customer_detail", nina.pk)).content.decode()
    cora.post(to("order_create"), ORDER | {"customer_number": "C-9"})
    assert Order.objects.get(customer=nina).holds.get().reason == "the customer is blocked"


def test_records_of_customers_channels_and_policies_tell_what_hangs_on_them(
    company: Company, as_: Login
) -> None:
    rita = as_("rita")
    order = order_in(company, (company.mug, 2, "10.00"))
    payment_capture_many([PaymentDraft(order.pk, "bank", "bt_1", Decimal(5))], actor=company.fay, at=NOW)
    ListingFactory(channel=company.wholesale, product=company.mug, channel_sku="W-MUG")
    for name, pk, words in (
        ("customer_detail", company.carol.pk, [order.number, "£20.00", "£5.00", "−£5.00", "none set", "LS1 1AA"]),
        ("channel_detail", company.wholesale.pk, [order.number, "on invoice", "48 h", "default v1", "<dd>1</dd>"]),
        ("allocation_policy_detail", company.policy.pk, ["Node rank", "web, wholesale", "allowed"]),
    ):  # fmt: skip
        page = rita.get(to(name, pk)).content.decode()
        assert [word for word in words if word not in page] == [], name
        assert rita.get(to(name, 10**9)).status_code == 404


def test_the_other_lists_filter_and_search(company: Company, as_: Login) -> None:
    rita = as_("rita")
    blocked = CustomerFactory(name="Bad Payer", is_blocked=True, segment="BUSINESS", country="FR")
    old = AllocationPolicyFactory(version=2, state="RETIRED")
    off = ListingFactory(channel=company.web, product=company.lamp, channel_sku="LIGHT", is_active=False)
    on = ListingFactory(channel=company.wholesale, product=company.mug)
    for name, query, expected in (
        ("customer", "q=payer", [blocked]), ("customer", "is_blocked=true", [blocked]),
        ("customer", "country=fr", [blocked]), ("customer", "segment=CONSUMER", [company.carol]),
        ("channel", "kind=B2B", [company.wholesale]), ("channel", "q=web", [company.web]),
        ("listing", "q=lamp", [off]), ("listing", "q=light", [off]), ("listing", "is_active=true", [on]),
        ("listing", f"channel={company.wholesale.pk}", [on]), ("allocation_policy", "state=RETIRED", [old]),
    ):  # fmt: skip
        assert shown(rita.get(f"{to(f'{name}_list')}?{query}")) == expected, (name, query)
    for noun in LISTS:
        assert rita.get(to(f"{noun}_list"), {"format": "csv"}).status_code == 200
