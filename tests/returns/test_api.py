"""May a program authorise a return, and no more than was shipped?"""

import json
import uuid
from typing import Any

from django.test import Client

from erp.core.services.api_key import api_key_create
from returns.models import Rma
from tests.cast import NOW, Company
from tests.returns.conftest import Sell

BASE = "/api/v1/returns"


def test_a_program_authorises_a_return(client: Client, shop: Company, sell: Sell) -> None:
    line = sell()
    number = line.shipment.order.number
    _, secret = api_key_create(name="portal", user=shop.cora, actor=shop.ada, at=NOW)
    headers = {"Authorization": f"Bearer {secret}"}

    def post(quantity: Any, reason: str = "DEFECTIVE") -> Any:
        body = {
            "order": number,
            "reason": reason,
            "lines": [{"shipment_line": line.pk, "quantity": quantity}],
        }
        return client.post(
            BASE,
            json.dumps(body),
            content_type="application/json",
            headers=headers | {"Idempotency-Key": str(uuid.uuid4())},
        )

    (returnable,) = client.get(f"{BASE}/returnable/{number}", headers=headers).json()["lines"]
    assert (returnable["shipment_line"], returnable["left"]) == (line.pk, 3)
    assert (post(4).status_code, post(4).json()["code"]) == (409, "over_return")
    assert (post("2").status_code, post(2, "BORED").status_code, post(0).status_code) == (422, 422, 422)
    assert not Rma.objects.exists()
    answer = post(2)
    rma = Rma.objects.get()
    assert (answer.status_code, answer.json()["number"], answer.json()["lines"][0]["quantity"]) == (
        201,
        rma.number,
        2,
    )
    assert client.get(f"{BASE}/{rma.number}", headers=headers).json()["state"] == "AUTHORIZED"
    assert [row["number"] for row in client.get(BASE, headers=headers).json()["returns"]] == [rma.number]
