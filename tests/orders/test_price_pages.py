"""Are price lists, contract prices, credit terms and restrictions kept by the right people, with their history?"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from erp.core.errors import Conflict, InvalidInput, NotFound, PermissionRefused
from erp.core.models import ApprovalRequest
from erp.core.services.approval import approval_decide
from inventory.models import ProductRestriction
from inventory.services.restriction import RestrictionDraft, product_restrict
from orders.models import ContractPrice, CreditLimitChange, Customer, PriceList, PriceListEntry
from orders.selectors import prices_for
from orders.services import (
    CustomerDraft,
    EntryDraft,
    PriceListDraft,
    customer_create_many,
    customer_credit_change,
    customer_save,
    price_entry_save,
    price_list_assign,
    price_list_save,
)
from tests.cast import NOW, TODAY, Company
from tests.imports.desk import counts, imported
from tests.orders.desk import Login, to
from tests.orders.evidence import refused

pytestmark = pytest.mark.django_db
D = Decimal
GOOD = {"code": "TRADE", "name": "Trade", "currency": "GBP", "is_active": "on", "form_token": "a"}


def a_list(company: Company, code: str = "TRADE", currency: str = "GBP") -> PriceList:
    return price_list_save(PriceListDraft(code, code.title(), currency), actor=company.fay, at=NOW)


# --- price lists ---
def test_a_list_is_made_filled_assigned_and_applies(company: Company, as_: Login) -> None:
    olga = as_("olga")
    made = olga.post(to("price_list_create"), GOOD)
    price_list = PriceList.objects.get()
    assert made["Location"] == to("price_list_detail", price_list.pk)
    entry = {"sku": "mug", "price": "8.50", "minimum_quantity": "5", "form_token": "b"}
    olga.post(to("price_entry_create", price_list.pk), entry)
    olga.post(
        to("price_list_assign", price_list.pk), {"customer": "C-CAROL", "segment": "", "form_token": "c"}
    )
    page = olga.get(to("price_list_detail", price_list.pk)).content.decode()
    assert [word for word in ("MUG", "£8.50", "Carol Customer") if word not in page] == []
    (found,) = prices_for(company.web.pk, company.carol.pk, [(company.mug.pk, 5)], "GBP", NOW)
    assert found[1:] == (D("8.5"), "CUSTOMER_LIST", "TRADE from 5")
    row = price_list.entries.get()
    assert [str(change.history_user) for change in row.history.all()] == ["olga"]
    olga.post(to("price_entry_create", price_list.pk), entry | {"price": "8.40", "form_token": "d"})
    row.refresh_from_db()
    assert (row.price, row.history.count()) == (D("8.4"), 2)
    olga.post(to("price_list_unassign", price_list.assignments.get().pk))
    olga.post(to("price_entry_delete", row.pk))
    assert (price_list.entries.count(), price_list.assignments.count()) == (0, 0)
    assert PriceListEntry.history.filter(history_type="-", history_user=company.olga).count() == 1


@pytest.mark.parametrize(("change", "field"), [
    ({"code": " "}, "code"), ({"name": ""}, "name"), ({"valid_from": "2026-03-02", "valid_to": "2026-03-01"}, "valid_to"),
    ({"currency": "XXX"}, "currency"),
])  # fmt: skip
def test_a_list_that_can_not_be_is_refused_at_its_field(
    company: Company, as_: Login, change: dict[str, str], field: str
) -> None:
    answer = as_("fay").post(to("price_list_create"), GOOD | change)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert PriceList.objects.count() == 0


def test_a_list_keeps_its_code_to_itself_and_its_currency_while_it_has_prices(company: Company) -> None:
    price_list, draft = a_list(company), EntryDraft(company.mug.pk, D(9))
    refused(InvalidInput, "code", lambda: a_list(company, "trade"))
    price_entry_save(price_list_id=price_list.pk, draft=draft, actor=company.fay, at=NOW)
    change = PriceListDraft("TRADE", "Trade", "EUR")
    refused(
        InvalidInput, "currency",
        lambda: price_list_save(change, price_list_id=price_list.pk, actor=company.fay, at=NOW),
    )  # fmt: skip
    refused(
        NotFound, "price_list", lambda: price_list_save(change, price_list_id=9**9, actor=company.fay, at=NOW)
    )


@pytest.mark.parametrize(("change", "field"), [
    ({"price": D("-0.01")}, "price"), ({"price": D("0.00001")}, "price"), ({"price": D("NaN")}, "price"),
    ({"minimum_quantity": 0}, "minimum_quantity"), ({"valid_from": TODAY, "valid_to": TODAY - timedelta(1)}, "valid_to"),
])  # fmt: skip
def test_a_price_that_can_not_be_is_refused(company: Company, change: dict[str, Any], field: str) -> None:
    price_list = a_list(company)
    draft = EntryDraft(**{"product_id": company.mug.pk, "price": D(1)} | change)
    refused(
        InvalidInput, field,
        lambda: price_entry_save(price_list_id=price_list.pk, draft=draft, actor=company.fay, at=NOW),
    )  # fmt: skip


def test_a_list_is_for_one_party_that_trades_in_its_currency(company: Company) -> None:
    price_list, euros = a_list(company), a_list(company, "EURO", "EUR")

    def assign(list_id: int = price_list.pk, **party: Any) -> Any:
        return price_list_assign(price_list_id=list_id, **party, actor=company.fay, at=NOW)

    refused(InvalidInput, "customer", assign)
    refused(InvalidInput, "customer", lambda: assign(segment="CONSUMER", channel_id=company.web.pk))
    refused(InvalidInput, "segment", lambda: assign(segment="ROYALTY"))
    refused(InvalidInput, "channel", lambda: assign(euros.pk, channel_id=company.web.pk))
    assign(segment="CONSUMER")
    refused(InvalidInput, "customer", lambda: assign(segment="CONSUMER"))


def test_a_list_is_exported_as_the_wizard_reads_it(company: Company, as_: Login) -> None:
    price_list, fay = a_list(company), as_("fay")
    for product, price, units in ((company.mug, "9", 1), (company.mug, "8.5", 10), (company.lamp, "12", 1)):
        draft = EntryDraft(product.pk, D(price), units, None, None)
        price_entry_save(price_list_id=price_list.pk, draft=draft, actor=company.fay, at=NOW)
    exported = fay.get(to("price_list_export", price_list.pk)).content
    assert exported.decode().splitlines() == [
        "sku,price,minimum_quantity,valid_from,valid_to", "LAMP,12.0000,1,,", "MUG,9.0000,1,,", "MUG,8.5000,10,,",
    ]  # fmt: skip
    page = fay.get(to("price_list_detail", price_list.pk)).content.decode()
    wizard = f"{reverse('import_run_create')}?kind=prices&amp;price_list={price_list.code}"
    assert wizard in page
    assert fay.get(wizard.replace("&amp;", "&")).context["form"].initial["price_list"] == price_list.code
    run = imported("prices", exported, company.fay, {"price_list": price_list.code})
    assert counts(run) == (0, 0, 3, 0)


def test_a_contract_price_is_made_replaced_and_ended(company: Company, as_: Login) -> None:
    fay = as_("fay")
    form = {
        "customer": "C-CAROL",
        "sku": "MUG",
        "currency": "GBP",
        "price": "7",
        "minimum_quantity": "1",
        "form_token": "1",
    }
    for field, value in (("customer", "C-NOBODY"), ("sku", "NOPE"), ("price", "-1")):
        answer = fay.post(to("contract_price_create"), form | {field: value})
        assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    fay.post(to("contract_price_create"), form)
    fay.post(to("contract_price_create"), form | {"price": "6.90", "form_token": "2"})
    price = ContractPrice.objects.get()
    assert (price.price, price.history.count()) == (D("6.9"), 2)
    ended = {"action": "end", "stage": "run", "ids": str(price.pk)}
    assert fay.post(to("contract_price_list"), ended).context["done"] == [("C-CAROL MUG", True, "Ended.")]
    assert ContractPrice.objects.count() == 0


def test_only_operations_and_finance_change_prices(company: Company, as_: Login) -> None:
    price_list = a_list(company)
    for name, status in (
        ("olga", 200),
        ("fay", 200),
        ("ada", 200),
        ("cora", 403),
        ("pia", 403),
        ("rita", 403),
    ):
        client = as_(name)
        for url in (
            to("price_list_create"),
            to("contract_price_create"),
        ):
            assert client.get(url).status_code == status, (name, url)
        assert client.get(to("price_list_detail", price_list.pk)).status_code == 200
        assert client.get(to("customer_credit", company.carol.pk)).status_code == 200
        allowed = client.get(to("customer_credit_change", company.carol.pk)).status_code == 200
        assert allowed == (name in ("fay", "ada"))


@pytest.mark.parametrize("name", ["price_list_list", "price_entry_list", "contract_price_list"])
def test_the_price_pages_cost_the_same_queries_whatever_their_rows(
    company: Company, as_: Login, name: str, django_assert_max_num_queries: Any
) -> None:
    def fill(start: int, count: int) -> None:
        for number in range(start, start + count):
            price_list = a_list(company, f"L{number}")
            draft = EntryDraft(company.mug.pk, D(9))
            price_entry_save(price_list_id=price_list.pk, draft=draft, actor=company.fay, at=NOW)
            ContractPrice.objects.create(
                customer=company.carol,
                product=company.mug,
                currency="GBP",
                price=1,
                minimum_quantity=number + 1,
            )

    fay = as_("fay")
    fill(0, 1)
    with django_assert_max_num_queries(30) as few:
        assert fay.get(to(name)).status_code == 200
    fill(1, 8)
    with django_assert_max_num_queries(len(few)):
        fay.get(to(name))


# --- credit ---
def change(
    company: Company, who: str, limit: Any, days: int = 30, reason: str = "Good payer"
) -> CreditLimitChange:
    return customer_credit_change(
        customer_id=company.carol.pk, limit=limit, payment_days=days, reason=reason, actor=getattr(company, who), at=NOW
    )  # fmt: skip


def test_credit_terms_change_with_a_reason_and_a_history(company: Company, as_: Login) -> None:
    for limit, days, reason, field in (
        (D(5), 30, " ", "reason"), (D(-1), 30, "x", "limit"), (D("1.001"), 30, "x", "limit"), (D("NaN"), 30, "x", "limit"),
        (D(5), 366, "x", "payment_days"), (None, 30, "x", "limit"),
    ):  # fmt: skip
        refused(InvalidInput, field, lambda a=limit, b=days, c=reason: change(company, "fay", a, b, c))
    form = {"limit": "500", "payment_days": "14", "reason": "References", "form_token": "1"}
    answer = as_("fay").post(to("customer_credit_change", company.carol.pk), form)
    assert answer["Location"] == to("customer_credit", company.carol.pk)
    carol = Customer.objects.get()
    assert (carol.credit_limit, carol.payment_days) == (500, 14)
    last = carol.history.first()
    assert (last.history_user, last.history_change_reason) == (company.fay, "References")
    page = as_("rita").get(to("customer_credit", carol.pk)).content.decode()
    assert [word for word in ("£500.00", "14 days", "References", "Applied") if word not in page] == []


def test_a_raise_above_ones_own_limit_waits_for_a_second_person(company: Company) -> None:
    change(company, "fay", D(500))
    change(company, "fay", D(10_500))  # exactly her limit
    waiting = change(company, "fay", D("20500.01"))
    assert (waiting.applied_at, Customer.objects.get().credit_limit) == (None, 10_500)
    refused(Conflict, "limit", lambda: change(company, "fay", D(1)))
    request = ApprovalRequest.objects.get()
    assert (request.amount, request.role, request.document_id) == (D("10000.01"), "FINANCE", company.carol.pk)
    refused(
        PermissionRefused, "actor",
        lambda: approval_decide(request_id=request.pk, approve=True, reason="", actor=company.fay, at=NOW),
    )  # fmt: skip
    approval_decide(request_id=request.pk, approve=True, reason="", actor=company.ada, at=NOW)
    assert Customer.objects.get().credit_limit == D("20500.01")
    change(company, "fay", D(90_000))
    request = ApprovalRequest.objects.get(state="PENDING")
    approval_decide(request_id=request.pk, approve=False, reason="Too much", actor=company.ada, at=NOW)
    last = CreditLimitChange.objects.latest("pk")
    assert (last.refused_at, last.applied_at, Customer.objects.get().credit_limit) == (
        NOW,
        None,
        D("20500.01"),
    )
    refused(PermissionRefused, "limit", lambda: change(company, "fay", None))
    change(company, "ada", None)
    assert Customer.objects.get().credit_limit is None


def test_credit_terms_do_not_change_beside_their_page(company: Company) -> None:
    draft = CustomerDraft("C-CAROL", "Carol", credit_limit=D(9))
    refused(
        InvalidInput, "credit_limit",
        lambda: customer_save(draft, customer_id=company.carol.pk, actor=company.cora, at=NOW),
    )  # fmt: skip


@pytest.mark.parametrize(("field", "value"), [
    ("line1", "x" * 161), ("city", "x" * 81), ("postcode", "x" * 21), ("email", "a@" + "b" * 250 + ".com"),
])  # fmt: skip
def test_an_address_that_is_too_long_is_refused_at_its_field(
    company: Company, field: str, value: str
) -> None:
    drafts = [CustomerDraft("C-1", "Max"), CustomerDraft("C-2", "Nina", **{field: value})]
    refused(InvalidInput, field, lambda: customer_create_many(drafts, actor=company.cora, at=NOW))


# --- restrictions ---
def test_a_product_is_restricted_on_its_page_and_freed_again(company: Company, as_: Login) -> None:
    olga, url = as_("olga"), reverse("inventory:product_restrict", args=[company.mug.pk])
    form = {
        "min_age": "18",
        "hazmat_class": "3",
        "allowed_countries": "gb, ie gb",
        "forbidden_countries": "",
        "form_token": "1",
    }
    assert olga.post(url, form).status_code == 302
    row = ProductRestriction.objects.get()
    assert (row.min_age, row.hazmat_class, row.allowed_countries, row.is_business_only) == (
        18,
        "3",
        "GB IE",
        False,
    )
    assert olga.get(url).context["form"].initial["allowed_countries"] == "GB IE"
    for field, value in (("allowed_countries", "GBR"), ("forbidden_countries", "IE"), ("min_age", "100")):
        answer = olga.post(url, form | {field: value, "form_token": field})
        assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    olga.post(url, {"min_age": "0", "form_token": "9"})
    assert ProductRestriction.objects.count() == 0
    assert ProductRestriction.history.count() == 2
    assert as_("pia").get(url).status_code == 403


def test_a_restriction_is_refused_for_no_product_and_no_class(company: Company) -> None:
    draft = RestrictionDraft(18)
    refused(NotFound, "product", lambda: product_restrict(draft, product_id=9**9, actor=company.olga, at=NOW))
    draft = RestrictionDraft(hazmat_class="x" * 11)
    refused(
        InvalidInput, "hazmat_class",
        lambda: product_restrict(draft, product_id=company.mug.pk, actor=company.olga, at=NOW),
    )  # fmt: skip
