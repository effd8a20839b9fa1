"""Can an order be changed on its pages, with what it would do shown first and nothing typed ever lost?"""

from __future__ import annotations

from typing import Any

import pytest

from erp.core.models import ApprovalPolicy
from orders.editing import Edit
from orders.models import Order, OrderChange, PriceLimit, Substitution
from orders.services import order_edit
from orders.services.change import order_version
from tests.cast import NOW, Company, assert_proven, stock_in
from tests.fulfillment.goods import order_in, promised
from tests.orders.desk import Login, to, toasts
from tests.orders.evidence import D
from tests.orders.test_edit import figures, paid_order

pytestmark = pytest.mark.django_db


def page_of(order: Order, **changes: Any) -> dict[str, Any]:
    """What the edit page of an order sends when nothing is typed."""
    lines = list(order.lines.order_by("position"))
    return {
        "line_id": [line.pk for line in lines], "quantity": [line.quantity_ordered for line in lines],
        "unit_price": [f"{line.unit_price:.2f}" for line in lines], "new_sku": ["", ""], "new_quantity": ["", ""],
        "new_price": ["", ""], "new_tax": ["", ""], "ship_by": f"{order.ship_by:%Y-%m-%dT%H:%M}", "priority": order.priority,
        "max_shipments": "", "email": order.email, "warehouse_note": "", "reason": "Rang", "form_token": "t",
        "version": order_version(order.pk),
    } | changes  # fmt: skip


@pytest.fixture
def order(company: Company) -> Order:
    stock_in(company, company.mug, 5)
    stock_in(company, company.lamp, 5)
    return promised(company, (company.mug, 4, "10.00", "8.00"), (company.lamp, 1, "20.00", "4.00"))


def test_an_edit_is_shown_before_it_is_saved_and_promised_after(
    company: Company, as_: Login, order: Order
) -> None:
    cora = as_("cora")
    assert cora.get(to("order_edit", order.pk)).status_code == 200
    sent = page_of(
        order, quantity=[2, 1], new_sku=["lamp", ""], new_quantity=["2", ""], warehouse_note="Gift"
    )
    shown = cora.post(to("order_edit_preview", order.pk), sent).content.decode()
    for words in ("£72.00", "MUG units: 4 → 2", "LAMP added", "warehouse note: none → Gift"):
        assert words in shown
    order.refresh_from_db()
    assert (order.total, OrderChange.objects.count()) == (72, 0)
    answer = cora.post(to("order_edit", order.pk), sent)
    assert answer["Location"] == to("order_detail", order.pk)
    assert [row[:3] for row in figures(order)] == [("MUG", 2, 2), ("LAMP", 1, 1), ("LAMP", 2, 2)]
    record = cora.get(to("order_detail", order.pk)).content.decode()
    assert "MUG units: 4 → 2" in record and "Rang" in record
    assert (
        cora.post(to("order_edit", order.pk), sent)["Location"] == answer["Location"]
    )  # sent twice, done once
    assert OrderChange.objects.count() == 1
    assert_proven()


@pytest.mark.parametrize(("changes", "words"), [
    ({"quantity": ["x", "1"]}, "line 1: units: “x” is no whole number"), ({"unit_price": ["1,5", "1"]}, "line 1: price"),
    ({"new_sku": ["NOPE", ""], "new_quantity": ["1", ""]}, "there is no product “NOPE”"),
    ({"quantity": ["0", "0"]}, "nothing would be left"),
])  # fmt: skip
def test_a_refused_edit_says_so_and_keeps_what_was_typed(
    as_: Login, order: Order, changes: dict[str, Any], words: str
) -> None:
    cora = as_("cora")
    sent = page_of(order, **changes)
    assert words in cora.post(to("order_edit_preview", order.pk), sent).content.decode()
    answer = cora.post(to("order_edit", order.pk), sent)
    assert answer.status_code == 422
    assert words in str(answer.context["form"].errors)
    assert [row.quantity for row in answer.context["rows"]] == [str(value) for value in sent["quantity"]]
    assert not OrderChange.objects.exists()


def test_an_outdated_page_says_what_happened_and_saves_on_the_second_try(
    company: Company, as_: Login, order: Order
) -> None:
    cora, sent = as_("cora"), page_of(order, quantity=["3", "1"])
    order_edit(order_id=order.pk, edit=Edit(header={"priority": 4}), reason="VIP", actor=company.olga, at=NOW)
    answer = cora.post(to("order_edit", order.pk), sent)
    page = answer.content.decode()
    assert answer.status_code == 422 and "olga: priority 0 → 4" in page
    assert answer.context["rows"][0].quantity == "3"
    again = sent | {"version": answer.context["version"], "form_token": "t2"}
    assert cora.post(to("order_edit", order.pk), again).status_code == 302
    order.refresh_from_db()
    assert (order.priority, order.lines.get(position=1).quantity_ordered) == (0, 3)


def test_an_override_waits_on_the_approvals_page_and_can_be_withdrawn(
    company: Company, as_: Login, order: Order
) -> None:
    ApprovalPolicy.objects.create(kind="orders.price_override", threshold=0, role="OPERATIONS")
    cora = as_("cora")
    sent = page_of(order, unit_price=["1.00", "20.00"])
    assert "beyond your limit" in cora.post(to("order_edit_preview", order.pk), sent).content.decode()
    cora.post(to("order_edit", order.pk), sent)
    order.refresh_from_db()
    assert (order.state, order.total) == ("ON_HOLD", 72)
    assert "Withdraw override" in cora.get(to("order_detail", order.pk)).content.decode()
    said = toasts(cora.post(to("order_withdraw_override", order.pk), {"reason": "Typo"}, follow=True))
    order.refresh_from_db()
    assert (order.state, said) == ("CONFIRMED", ["Withdrawn: the old price stands."])


def test_units_are_cancelled_on_their_page(company: Company, as_: Login, order: Order) -> None:
    cora = as_("cora")
    mug, lamp = order.lines.order_by("position")
    sent = {
        "line_id": [mug.pk, lamp.pk], "units": ["3", "0"], "reason_code": "FRAUD", "remark": "",
        "version": order_version(order.pk), "form_token": "c",
    }  # fmt: skip
    assert cora.get(to("order_cancel_lines", order.pk)).status_code == 200
    shown = cora.post(to("order_cancel_preview", order.pk), sent).content.decode()
    assert "36.00" in shown and "72.00" in shown  # 12 + 24 of 72
    assert (
        "has 4 units left"
        in cora.post(to("order_cancel_preview", order.pk), sent | {"units": ["5", "0"]}).content.decode()
    )
    assert cora.post(to("order_cancel_lines", order.pk), sent | {"reason_code": ""}).status_code == 422
    assert cora.post(to("order_cancel_lines", order.pk), sent).status_code == 302
    assert OrderChange.objects.get().reason_code == "FRAUD"
    whole = {"whole": "1", "reason_code": "FRAUD", "form_token": "c2", "version": order_version(order.pk)}
    cora.post(to("order_cancel_lines", order.pk), whole)
    order.refresh_from_db()
    assert order.state == "CANCELLED"
    assert_proven()


def test_the_address_is_changed_on_its_page(company: Company, as_: Login, order: Order) -> None:
    cora, url = as_("cora"), to("order_address", order.pk)
    assert cora.get(url).context["form"].initial["ship_to_city"] == "Leeds"
    sent = {
        "ship_to_name": "Carol", "ship_to_line1": "2 Low Road", "ship_to_city": "York", "ship_to_postcode": "YO1",
        "ship_to_country": "gb", "reason": "Moved", "version": order_version(order.pk), "form_token": "a",
    }  # fmt: skip
    assert cora.post(url, sent | {"ship_to_country": "G1"}).status_code == 422
    assert cora.post(url, sent)["Location"] == to("order_detail", order.pk)
    order.refresh_from_db()
    assert (order.ship_to_line1, order.ship_to_country) == ("2 Low Road", "GB")


def test_a_line_is_substituted_from_the_edit_page(company: Company, as_: Login, order: Order) -> None:
    cora = as_("cora")
    line = order.lines.get(position=1)
    url = to("order_line_substitute", line.pk)
    assert url not in cora.get(to("order_edit", order.pk)).content.decode()
    Substitution.objects.create(product=company.mug, substitute=company.lamp)
    assert url in cora.get(to("order_edit", order.pk)).content.decode()
    sent = {
        "substitute": company.lamp.pk,
        "quantity": 1,
        "agreed": "",
        "reason": "None left",
        "form_token": "s",
    }
    answer = cora.post(url, sent)
    assert answer.status_code == 422 and "agree" in str(answer.context["form"].errors["agreed"])
    cora.post(url, sent | {"agreed": "By phone"})
    assert [row[:3] for row in figures(order)] == [("MUG", 3, 3), ("LAMP", 1, 1), ("LAMP", 1, 1)]
    assert "instead of line 1" in cora.get(to("order_detail", order.pk)).content.decode()


def test_orders_are_merged_from_the_record_and_from_the_list(
    company: Company, as_: Login, order: Order
) -> None:
    cora = as_("cora")
    other, third = order_in(company, (company.mug, 1)), order_in(company, (company.lamp, 1))
    assert "2 other open orders" in cora.get(to("order_detail", order.pk)).content.decode()
    cora.post(to("order_merge", order.pk), {"other": [other.pk], "reason": "One parcel"})
    other.refresh_from_db()
    assert other.state == "CANCELLED"
    chosen = {"action": "merge", "ids": [order.pk, third.pk]}
    preview = cora.post(to("order_list"), chosen)
    assert f"{order} ← {third}" in preview.content.decode()
    done = cora.post(to("order_list"), {"action": "merge", "stage": "run", "ids": f"{order.pk},{third.pk}"})
    assert "1 orders merged into it" in done.content.decode()
    order.refresh_from_db()
    assert (order.lines.count(), order.total) == (4, 92)
    assert_proven()


def test_what_is_owed_is_paid_back_by_finance_alone(company: Company, as_: Login) -> None:
    order = paid_order(company)
    line = order.lines.get()
    as_("cora").post(to("order_edit", order.pk), page_of(order, quantity=["3"], line_id=[line.pk]))
    sent = {"amount": "12.00", "provider": "card", "provider_ref": "re-9"}
    assert as_("cora").post(to("order_pay_back", order.pk), sent).status_code == 403
    fay = as_("fay")
    assert "Pay back" in fay.get(to("order_detail", order.pk)).content.decode()
    assert toasts(fay.post(to("order_pay_back", order.pk), sent, follow=True)) == ["Recorded and posted."]
    order.refresh_from_db()
    assert order.amount_refunded == 12
    assert "Pay back" not in fay.get(to("order_detail", order.pk)).content.decode()
    assert_proven()


# --- rules and limits ---
RULE = {
    "product": "mug", "substitute": "LAMP", "quantity_product": 1, "quantity_substitute": 2, "needs_agreement": "on",
    "price_rule": "KEEP", "priority": 3, "is_active": "on", "form_token": "r",
}  # fmt: skip


def test_rules_are_kept_on_their_pages(company: Company, as_: Login) -> None:
    olga = as_("olga")
    assert "No substitutions" in olga.get(to("substitution_list")).content.decode()
    olga.post(to("substitution_create"), RULE)
    rule = Substitution.objects.get()
    assert (rule.product, rule.substitute, rule.quantity_substitute, rule.price_rule) == (
        company.mug,
        company.lamp,
        2,
        "KEEP",
    )
    assert rule.history.get().history_user == company.olga
    assert "1 → 2" in olga.get(to("substitution_list")).content.decode()
    edit = RULE | {"quantity_substitute": 1, "form_token": "r2"}
    assert olga.get(to("substitution_edit", rule.pk)).context["form"].initial["substitute"] == "LAMP"
    olga.post(to("substitution_edit", rule.pk), edit)
    rule.refresh_from_db()
    assert rule.quantity_substitute == 1
    assert as_("cora").post(to("substitution_create"), RULE).status_code == 403
    seen = {name: as_(name).get(to("substitution_detail", rule.pk)) for name in ("olga", "rita")}
    assert [action.label for action in (seen["olga"].context["primary"],)] == ["Edit"]
    assert seen["rita"].context["primary"] is None and "MUG → LAMP" in seen["rita"].content.decode()


@pytest.mark.parametrize(("change", "field"), [
    ({"product": "NOPE"}, "product"), ({"substitute": "MUG"}, "substitute"), ({"quantity_product": 0}, "quantity_product"),
    ({"valid_from": "2026-03-02", "valid_to": "2026-03-01"}, "valid_to"), ({"price_rule": "GIFT"}, "price_rule"),
])  # fmt: skip
def test_a_rule_that_can_not_be_names_its_field(as_: Login, change: dict[str, Any], field: str) -> None:
    answer = as_("olga").post(to("substitution_create"), RULE | change)
    assert answer.status_code == 422 and field in answer.context["form"].errors
    assert not Substitution.objects.exists()


def test_limits_are_kept_by_finance(company: Company, as_: Login) -> None:
    fay = as_("fay")
    sent = {"role": "CUSTOMER_SERVICE", "max_percent": "10", "max_amount": "25.00", "form_token": "l"}
    fay.post(to("price_limit_create"), sent)
    limit = PriceLimit.objects.get()
    assert (limit.max_percent, limit.max_amount, limit.history.get().history_user) == (10, 25, company.fay)
    assert fay.post(to("price_limit_create"), sent | {"form_token": "l2"}).status_code == 422
    fay.post(to("price_limit_edit", limit.pk), sent | {"max_amount": "30", "form_token": "l3"})
    limit.refresh_from_db()
    assert limit.max_amount == D(30)
    assert "25.00" not in fay.get(to("price_limit_list")).content.decode()
    assert "£30.00" in as_("rita").get(to("price_limit_detail", limit.pk)).content.decode()
    assert as_("cora").post(to("price_limit_create"), sent).status_code == 403


@pytest.mark.parametrize("name", ["order_edit", "order_address", "order_cancel_lines"])
def test_who_may_not_edit_opens_no_page_of_change(as_: Login, order: Order, name: str) -> None:
    for person in ("pia", "rita", "fay"):
        assert as_(person).get(to(name, order.pk)).status_code == 403
    assert as_("cora").get(to(name, 10**9)).status_code == 404
