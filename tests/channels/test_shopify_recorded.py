"""Is every recorded Shopify document read to the cent, or refused by the name of a field?"""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from erp.core.errors import KeelError
from orders.channels.document import Snapshot, from_json, to_json
from orders.channels.shopify import ADAPTER
from tests.channels.recorded_shopify import ACCOUNT, ORDERS, exchanges, found_in

REFUSED = {
    "2024_10": {"currency": 1},
    "2025_01": {"currency": 1},
    "python_api": {"total_price": 1, "line_items": 1},
}
READ = {"2024_10": 31, "2025_01": 31, "python_api": 0}


@pytest.mark.parametrize("family", ["2024_10", "2025_01", "python_api"])
def test_every_recorded_order_adds_up_or_is_refused_by_name(family: str) -> None:
    read, refused = 0, Counter[str]()
    for order in ORDERS[family]:
        try:
            (event,) = ADAPTER.events(ACCOUNT, "orders/updated", json.dumps(order))
        except KeelError as error:
            refused[error.field] += 1
            continue
        read += 1
        snapshot: Snapshot = event.content
        assert event.order == str(order["id"])
        assert snapshot.computed_total() == snapshot.total == Decimal(order["total_price"]) == _by_hand(order)
        assert sum(line.quantity for line in snapshot.lines) == sum(
            line["quantity"] for line in order["line_items"]
        )
        assert from_json(Snapshot, json.loads(json.dumps(to_json(snapshot)))) == from_json(
            Snapshot, to_json(snapshot)
        )
    assert read == READ[family]
    assert dict(refused) == REFUSED[family]


def _by_hand(order: dict[str, Any]) -> Decimal:
    """The document's own arithmetic, by another way than the adapter's: subtotal, tax and shipping."""
    goods = sum(Decimal(line["price"]) * line["quantity"] for line in order["line_items"])
    return goods - Decimal(order["total_discounts"]) + Decimal(order["total_tax"]) + sum(
        (Decimal(line["price"]) for line in order["shipping_lines"]), Decimal(0)
    )  # fmt: skip


def test_what_the_recorded_partial_refund_took_off_is_not_sent_and_not_a_return() -> None:
    order = next(order for order in ORDERS["2025_01"] if order["financial_status"] == "partially_refunded")
    (event,) = ADAPTER.events(ACCOUNT, "orders/updated", json.dumps(order))
    assert [(line.sku, line.quantity, line.removed) for line in event.content.lines] == [
        ("IPOD2008GREEN", 1, 1), ("IPOD2008RED", 1, 0), ("IPOD2008BLACK", 1, 1),
    ]  # fmt: skip
    assert [(line.unit_price, line.tax_amount) for line in event.content.lines] == [
        (Decimal("195.66"), Decimal("3.98")), (Decimal("195.67"), Decimal("3.98")), (Decimal("195.67"), Decimal("3.98")),
    ]  # fmt: skip
    (refund,) = event.content.refunds
    assert (refund.ref, refund.amount, refund.reason) == (
        "179259969",
        Decimal("209.00"),
        "it broke during shipping",
    )
    (parcel,) = event.content.fulfilments
    assert (parcel.ref, parcel.tracking_numbers, parcel.lines) == ("255858046", ("1Z1234512345123456",), ())


@pytest.mark.parametrize("family", ["2024_10", "2025_01"])
def test_recorded_refunds_parcels_and_levels_are_read(family: str) -> None:
    def read(name: str, key: str, topic: str) -> list[Any]:
        bodies = [
            item
            for content in exchanges(family, name)
            for item in found_in(content, key)
            if "id" in item or key == "inventory_level"
        ]
        return [event for body in bodies for event in ADAPTER.events(ACCOUNT, topic, json.dumps(body))]

    refunds = read("refund", "refund", "refunds/create")
    assert Counter(str(event.content.amount) for event in refunds) == {"209.00": 1, "41.94": 1, "5.00": 1}
    parcels = read("fulfillment", "fulfillment", "fulfillments/update")
    assert len(parcels) == 9
    assert all(event.order == "450789469" and event.version for event in parcels)
    levels = read("inventory_level", "inventory_level", "inventory_levels/update")
    assert [event.content["available"] for event in levels] == [6, 0, 42]
    payouts = read("payout", "payout", "shopify_payments/payout")
    assert [event.content["amount"] for event in payouts] == ["41.90"]
