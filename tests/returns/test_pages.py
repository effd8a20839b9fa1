"""Do the pages of returns open, in a constant number of queries, and do their forms do what they say?"""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from inventory.models import BinStock
from returns.models import Refund, Rma, RmaLine
from returns.services import ArrivedLine, ReturnLine, refund_request, rma_authorize, rma_receive
from tests.cast import NOW, Company
from tests.returns.conftest import Sell


def _returned(shop: Company, sell: Sell, **terms: Any) -> Rma:
    """Three units of an order that have come back."""
    line = sell(**terms)
    rma = rma_authorize(
        order_id=line.shipment.order_id, lines=[ReturnLine(line.pk, 3)], reason="DAMAGED", note="lid is broken",
        actor=shop.cora, at=NOW,
    )  # fmt: skip
    rma_receive(rma_id=rma.pk, lines=[ArrivedLine(rma.lines.get().pk, 3)], actor=shop.pia, at=NOW)
    return rma


@pytest.mark.parametrize("name", ["rma_list", "refund_list", "inspection_list"])
def test_a_list_costs_the_same_queries_however_long(
    client: Client, shop: Company, sell: Sell, name: str, django_assert_max_num_queries: Any
) -> None:
    client.force_login(shop.ada)
    url = reverse(f"returns:{name}")
    for _ in range(2):
        refund_request(rma_id=_returned(shop, sell).pk, actor=shop.cora, at=NOW)
    assert client.get(url).status_code == 200
    for _ in range(4):
        refund_request(rma_id=_returned(shop, sell).pk, actor=shop.cora, at=NOW)
    with django_assert_max_num_queries(14):
        response = client.get(url)
    assert response.status_code == 200
    assert client.get(f"{url}?format=csv").status_code == 200


def test_a_return_from_order_to_refund(client: Client, shop: Company, sell: Sell) -> None:
    line = sell()
    order = line.shipment.order
    client.force_login(shop.cora)
    answer = client.post(reverse("returns:rma_create"), {"order": "nope"})
    assert answer.status_code == 422 and "no such order" in answer.content.decode()
    start = client.post(reverse("returns:rma_create"), {"order": order.external_id})
    form = reverse("returns:rma_create_for_order", args=[order.pk])
    assert start["Location"] == form
    assert "3 may come back" in client.get(form).content.decode()
    field = f"quantity_{line.pk}"
    assert client.post(form, {"reason": "DAMAGED", "note": "", field: "4"}).status_code == 422
    assert not Rma.objects.exists()
    assert client.post(form, {"reason": "DAMAGED", "note": "broken", field: "2"}).status_code == 302
    rma = Rma.objects.get()

    client.force_login(shop.pia)
    receive = reverse("returns:rma_receive", args=[rma.pk])
    assert "2 authorised" in client.get(receive).content.decode()
    client.post(receive, {f"quantity_{rma.lines.get().pk}": "2"})
    returned = RmaLine.objects.get()
    inspect = reverse("returns:rma_inspect", args=[returned.pk])
    assert "broken" in client.get(inspect).content.decode()
    answer = client.post(inspect, {"condition": "scratched", "disposition": "LIQUIDATE", "bin": "n-a-03"})
    assert answer["Location"] == reverse("returns:rma_detail", args=[rma.pk])
    assert BinStock.objects.get(status="DAMAGED").location == shop.bins[2]

    client.force_login(shop.cora)
    refund_form = reverse("returns:refund_request", args=[rma.pk])
    assert "£21.61" in client.get(refund_form).content.decode()
    client.post(refund_form, {"deduction": "1.61"})
    refund = Refund.objects.get()
    assert (refund.amount, refund.state) == (Decimal("20"), "APPROVED")
    client.post(reverse("returns:refund_pay", args=[refund.pk]))
    rma.refresh_from_db()
    assert rma.state == "CLOSED"
    text = client.get(reverse("returns:rma_detail", args=[rma.pk])).content.decode()
    assert [word for word in ("CN-000001", "scratched", "Liquidate", "£21.61") if word not in text] == []


def test_approval_of_a_refund_needs_somebody_else(client: Client, shop: Company, sell: Sell) -> None:
    rma = _returned(shop, sell, price="50.00", tax="0", cost="30")
    refund = refund_request(rma_id=rma.pk, actor=shop.fay, at=NOW)
    page = reverse("returns:refund_detail", args=[refund.pk])
    client.force_login(shop.fay)
    assert "somebody else approves" in client.get(page).content.decode()
    client.post(reverse("returns:refund_approve", args=[refund.pk]))
    refund.refresh_from_db()
    assert refund.state == "PENDING_APPROVAL"
    client.force_login(shop.ada)
    client.post(reverse("returns:refund_approve", args=[refund.pk]))
    refund.refresh_from_db()
    assert (refund.state, refund.approved_by) == ("APPROVED", shop.ada)


def test_the_orders_page_shows_its_returns(client: Client, shop: Company, sell: Sell) -> None:
    rma = _returned(shop, sell)
    client.force_login(shop.cora)
    text = client.get(reverse("returns:order_returns_panel", args=[rma.order_id])).content.decode()
    assert rma.number in text and "New return" not in text


def test_a_picker_may_not_refund(client: Client, shop: Company, sell: Sell) -> None:
    rma = _returned(shop, sell)
    client.force_login(shop.pia)
    assert client.get(reverse("returns:refund_request", args=[rma.pk])).status_code == 403
    assert not Refund.objects.exists()
