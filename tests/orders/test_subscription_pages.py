"""Answers: can people and programs take subscriptions on, see what comes and act, and only those who may?"""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from erp.core.services.api_key import api_key_create
from inventory.models import Product
from orders.models import Order, Subscription
from orders.services import subscription_raise_due
from tests.cast import NOW, Company
from tests.orders.desk import Login, to, toasts
from tests.orders.test_subscription import take

FORM = {
    "customer_number": "C-CAROL", "channel": "wholesale", "start_date": "2030-01-31", "interval_count": "1",
    "interval_unit": "MONTH", "end_date": "", "due_hour": "6", "price_rule": "LIST", "payment_kind": "INVOICE",
    "payment_reference": "", "sku": ["MUG", "", "lamp"], "quantity": ["2", "", "1"], "unit_price": ["", "", ""],
    "form_token": "s1",
}  # fmt: skip
DUE = datetime(2026, 3, 31, 6, tzinfo=UTC)


def test_a_subscription_is_taken_on_shown_and_changed(company: Company, as_: Login) -> None:
    cora = as_("cora")
    for _ in range(2):
        assert cora.post(to("subscription_create"), FORM).status_code == 302
    taken = Subscription.objects.get()
    shown = cora.get(to("subscription_detail", taken.pk)).content.decode()
    for words in ("Thu 31 Jan 2030", "Thu 28 Feb 2030", "every month", "£30.00", "Skip next"):
        assert words in shown
    assert str(taken) in cora.get(to("subscription_list"), {"q": str(taken)}).content.decode()
    edit = cora.get(to("subscription_edit", taken.pk))
    assert [row["sku"] for row in edit.context["rows"][:2]] == ["MUG", "LAMP"]
    changed = {**FORM, "interval_count": "2", "interval_unit": "WEEK", "sku": ["MUG"], "form_token": "s2"}
    assert cora.post(to("subscription_edit", taken.pk), changed).status_code == 302
    assert "every 2 weeks" in cora.get(to("subscription_list")).content.decode()
    assert taken.lines.count() == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"customer_number": "NOBODY"}, "no customer with that number"), ({"sku": ["NOPE"]}, "no active product"),
        ({"quantity": ["two"]}, "no whole number"), ({"unit_price": ["x"]}, "the price is no number"),
        ({"channel": "web"}, "paid before they ship"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_and_nothing_is_kept(
    company: Company, as_: Login, given: dict[str, Any], said: str
) -> None:
    answer = as_("cora").post(to("subscription_create"), {**FORM, **given})
    assert answer.status_code == 422 and said in answer.content.decode()
    assert not Subscription.objects.exists()


def test_the_buttons_act_and_say_so(company: Company, as_: Login) -> None:
    taken, cora = take(company, start_date=DUE.date().replace(year=2030)), as_("cora")

    def press(verb: str, reason: str = "Because") -> str:
        (said,) = toasts(cora.post(to("subscription_act", taken.pk, verb), {"reason": reason}, follow=True))
        taken.refresh_from_db()
        return said

    assert "reason is needed" in press("pause", " ")
    assert press("skip") == "The next date is left out." and str(taken.next_date) == "2030-04-30"
    assert "Paused" in press("pause") and taken.state == "PAUSED"
    assert press("resume") == "It goes on." and taken.state == "ACTIVE"
    assert "Cancelled" in press("cancel") and taken.state == "CANCELLED"
    assert cora.post(to("subscription_act", taken.pk, "burn"), {"reason": "x"}).status_code == 404
    for person in ("pia", "rita"):
        assert (
            as_(person).post(to("subscription_act", taken.pk, "cancel"), {"reason": "x"}).status_code == 403
        )
        assert as_(person).get(to("subscription_create")).status_code == 403
        assert as_(person).get(to("subscription_detail", taken.pk)).status_code == 200


def test_a_failed_date_is_raised_again_from_its_page(company: Company, as_: Login) -> None:
    taken, cora = take(company), as_("cora")
    Product.objects.filter(pk=company.lamp.pk).update(list_price=0)
    subscription_raise_due(actor=company.system, at=DUE)
    page = cora.get(to("subscription_detail", taken.pk)).content.decode()
    assert "Raise again" in page and "LAMP has no list price" in page and "a price is missing" in page
    run = {"run": taken.runs.get().pk}
    assert "no list price" in toasts(cora.post(to("subscription_retry", taken.pk), run, follow=True))[0]
    Product.objects.filter(pk=company.lamp.pk).update(list_price=10)
    assert toasts(cora.post(to("subscription_retry", taken.pk), run, follow=True)) == [
        "The order was raised."
    ]
    assert Order.objects.get().number in cora.get(to("subscription_detail", taken.pk)).content.decode()
    assert "no date #0" in toasts(cora.post(to("subscription_retry", taken.pk), {"run": "x"}, follow=True))[0]
    assert as_("pia").post(to("subscription_retry", taken.pk), run).status_code == 403


def test_the_list_asks_a_constant_number_of_questions(company: Company, as_: Login) -> None:
    cora = as_("cora")

    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            cora.get(to("subscription_list"))
        return len(asked)

    take(company)
    questions()
    before = questions()
    for _ in range(20):
        take(company)
    assert questions() == before


def test_a_program_takes_on_reads_and_acts(company: Company, client: Client) -> None:
    _, secret = api_key_create(name="shop", user=company.cora, actor=company.ada, at=NOW)
    headers = {"Authorization": f"Bearer {secret}"}
    url = "/api/v1/orders/subscriptions"
    body = {
        "customer_number": "C-CAROL", "channel": "wholesale", "start_date": "2030-01-31", "price_rule": "FIXED",
        "lines": [{"sku": "MUG", "quantity": 2, "unit_price": "7.50"}],
    }  # fmt: skip

    def post(path: str, content: Any) -> Any:
        keyed = headers | {"Idempotency-Key": str(uuid.uuid4())}
        return client.post(path, json.dumps(content), content_type="application/json", headers=keyed)

    made = post(url, body)
    assert made.status_code == 201, made.content
    number = made.json()["number"]
    read = client.get(f"{url}/{number}", headers=headers).json()
    assert read["upcoming"][:2] == ["2030-01-31", "2030-02-28"] and read["lines"][0]["unit_price"] == "7.5000"
    listed = client.get(url, {"customer": "C-CAROL"}, headers=headers).json()
    assert [one["number"] for one in listed["subscriptions"]] == [number] and listed["next"] is None
    assert post(f"{url}/{number}/skip", {"reason": "Holiday"}).json()["next_date"] == "2030-02-28"
    assert client.get(f"{url}/{number}", headers=headers).json()["dates"][0]["outcome"] == "SKIPPED"
    assert post(f"{url}/{number}/cancel", {"reason": "Enough"}).json()["state"] == "CANCELLED"
    for content, field in (
        ({**body, "colour": "red"}, "colour"), ({**body, "start_date": "tomorrow"}, "start_date"),
        ({**body, "lines": "MUG"}, "lines"), ({**body, "due_hour": "6"}, "due_hour"), ([], "body"),
        ({**body, "lines": [{"sku": "MUG", "quantity": 1, "unit_price": "x"}]}, "lines[1]"),
    ):  # fmt: skip
        refused = post(url, content)
        assert (refused.status_code, refused.json()["field"]) == (422, field)
    assert post(f"{url}/{number}/burn", {"reason": "x"}).status_code == 404
    assert post(f"{url}/{number}/pause", {}).status_code == 422
    assert client.get(f"{url}/SUB-x", headers=headers).status_code == 404
    assert client.get(url).status_code == 401
    assert Subscription.objects.count() == 1


def test_a_channels_key_keeps_to_its_channel(company: Company, client: Client) -> None:
    taken = take(company)
    _, secret = api_key_create(name="web", user=company.cora, channel_code="web", actor=company.ada, at=NOW)
    answer = client.post(
        f"/api/v1/orders/subscriptions/{taken}/cancel", json.dumps({"reason": "x"}), content_type="application/json",
        headers={"Authorization": f"Bearer {secret}"},
    )  # fmt: skip
    assert answer.status_code == 403
    taken.refresh_from_db()
    assert taken.state == "ACTIVE"
