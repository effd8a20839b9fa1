"""May a program order and receive, and is bad input refused with the field and nothing half-written?"""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from erp.core.services.api_key import api_key_create
from procurement.models import GoodsReceipt, PurchaseOrder
from tests.cast import NOW, Company
from tests.procurement.conftest import Buy

BASE = "/api/v1/procurement"
Call = Callable[..., Any]


@pytest.fixture
def call(client: Client, shop: Company) -> Call:
    """Ask the API as Ben's program."""
    _, secret = api_key_create(name="robot", user=shop.ben, actor=shop.ada, at=NOW)

    def ask(method: str, path: str, body: Any = None, **headers: str) -> Any:
        return client.generic(
            method, f"{BASE}{path}", json.dumps(body) if body is not None else "", content_type="application/json",
            headers={"Authorization": f"Bearer {secret}", "Idempotency-Key": str(uuid.uuid4()), **headers},
        )  # fmt: skip

    return ask


def test_a_program_orders_and_receives(call: Call, shop: Company, buy: Buy) -> None:
    body = {
        "supplier": "ACME",
        "node": "NORTH",
        "lines": [{"sku": "MUG", "quantity": 10, "unit_cost": "3.90"}],
    }
    answer = call("POST", "/orders", body)
    assert (answer.status_code, answer.json()["state"], answer.json()["total"]) == (201, "DRAFT", "39.00")
    sent = buy(10)
    receipt = {"lines": [{"position": 1, "quantity": 4, "bin": "N-A-02"}]}
    for _ in range(2):  # the repeat is answered with the first receipt
        answer = call("POST", f"/orders/{sent.number}/receipts", receipt, **{"Idempotency-Key": "r1"})
        assert (answer.status_code, answer.json()["number"]) == (201, "GR-000001")
    assert GoodsReceipt.objects.get().lines.get().location == shop.bins[1]
    assert [order["number"] for order in call("GET", "/orders?state=SENT").json()["orders"]] == [sent.number]
    assert call("GET", f"/orders/{sent.number}").json()["lines"][0]["quantity_received"] == 4


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"supplier": "NOPE"}, "supplier"), ({"supplier": 7}, "supplier"), ({"node": None}, "node"), ({"lines": []}, "lines"),
        ({"lines": "MUG"}, "lines"), ({"lines": [7]}, "lines[0]"), ({"expected_date": "soon"}, "expected_date"),
        ({"lines": [{"sku": "NOPE", "quantity": 1}]}, "lines[0].sku"),
        ({"lines": [{"sku": "MUG", "quantity": "1"}]}, "lines[0].quantity"),
        ({"lines": [{"sku": "MUG", "quantity": 1, "unit_cost": "x"}]}, "lines[0].unit_cost"),
        ({"lines": [{"sku": "MUG", "quantity": -1}]}, "lines"),
        ({"lines": [{"sku": "MUG", "quantity": 1, "unit_cost": "NaN"}]}, "lines"),
    ],
)  # fmt: skip
def test_bad_input_names_the_field(call: Call, change: dict[str, Any], field: str) -> None:
    body = {"supplier": "ACME", "node": "NORTH", "lines": [{"sku": "MUG", "quantity": 1}], **change}
    answer = call("POST", "/orders", body)
    assert answer.status_code == 422
    assert (answer.json()["field"], bool(answer.json()["remedy"])) == (field, True)
    assert not PurchaseOrder.objects.exists()


def test_over_receipt_is_refused_with_how_many_may_come(call: Call, buy: Buy) -> None:
    sent = buy(10)
    answer = call("POST", f"/orders/{sent.number}/receipts", {"lines": [{"position": 1, "quantity": 11}]})
    assert (answer.status_code, answer.json()["code"]) == (409, "over_receipt")
    assert not GoodsReceipt.objects.exists()
