"""Is a refused message received again once its cause is gone, and does the channel hear of a shipment?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import transaction

from erp.core.errors import Conflict, InvalidInput, KeelError
from erp.core.models import InboxMessage, OutboxMessage
from erp.core.services.inbox import InboxDraft, inbox_store_many
from fulfillment.services import fulfillment_ship_through_many
from orders.models import Order
from orders.services.feed import order_import
from orders.services.publish import channel_shipment_publish
from orders.services.replay import order_receive_again
from tests.cast import NOW, Company, stock_in
from tests.factories import ProductFactory
from tests.fulfillment.goods import promised
from tests.orders.evidence import LATER, D, refused, rows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("proven")]


# --- an order that was refused, from its raw message ---
def message_of(source: str, external_id: str, body: str, kind: str = "orders.order_receive") -> InboxMessage:
    (stored,) = inbox_store_many([InboxDraft(source, kind, external_id, body)], at=NOW)
    return InboxMessage.objects.get(pk=stored.id)


def json_order(**changes: Any) -> str:
    content = {
        "channel": "wholesale", "external_id": "J-1", "ordered_at": "2026-03-01T10:00:00Z", "currency": "GBP",
        "lines": [{"sku": "JUG", "quantity": 2, "unit_price": 3.10}],
        "ship_to": {"name": "Pat", "line1": "1 High Street", "city": "Leeds", "country": "GB"},
    }  # fmt: skip
    return json.dumps(content | changes)


def test_a_json_message_is_received_again_once_its_cause_is_gone(company: Company) -> None:
    message = message_of("wholesale", "J-1", json_order())
    error = refused(InvalidInput, "lines[1].sku", lambda: replayed(message, company))
    assert error.detail == {"skus": ["JUG"]}
    ProductFactory(sku="JUG", category=company.goods, unit=company.each, list_price=D(4))
    result = replayed(message, company)
    order = Order.objects.get()
    assert (result, order.external_id, order.total) == (f"orders.Order:{order.pk}", "J-1", D("6.20"))
    message.refresh_from_db()
    assert (message.state, message.result) == ("DONE", result)
    before = rows()
    assert replayed(message, company) == result  # and a second time it is the same order
    assert rows() == before


def replayed(message: InboxMessage, company: Company) -> str:
    """Replay in a savepoint, as the worker's transaction is undone when the order is refused again."""
    with transaction.atomic():
        return order_receive_again(message=message, actor=company.olga, at=LATER)


def test_rows_of_a_file_are_received_again_as_they_stood_there(company: Company) -> None:
    head = "external_id,ordered_at,currency,sku,quantity,unit_price,ship_to_name,ship_to_line1,ship_to_city,ship_to_country"
    first = 'F-1,2026-03-01T10:00:00Z,GBP,JUG,2,3.10,"Pat, Price",1 High St,Leeds,GB'
    file = f"{head}\n{first}\nF-1,,,MUG,1,9.00,,,,\nF-2,yesterday,GBP,MUG,1,9.00,Pat,1 High St,Leeds,GB\n"
    result = order_import(
        content=file.encode(), channel="wholesale", file_name="f.csv", actor=company.olga, at=NOW
    )
    assert [(row, error.field) for row, error in result.errors] == [
        (2, "row 2: sku"), (4, "row 4: ordered_at"),
    ]  # fmt: skip
    sku, date = InboxMessage.objects.order_by("external_id")
    ProductFactory(sku="JUG", category=company.goods, unit=company.each, list_price=D(4))
    assert replayed(sku, company) == f"orders.Order:{Order.objects.get().pk}"
    order = Order.objects.get()
    assert (order.ship_to_name, order.total, order.lines.count()) == ("Pat, Price", D("15.20"), 2)
    assert (date.kind, date.source) == ("orders.order_import", "wholesale")
    refused(InvalidInput, "row 2: ordered_at", lambda: replayed(date, company))


@pytest.mark.parametrize(("body", "kind", "field"), [
    ("{not json", InvalidInput, "body"), (json_order(colour="red"), InvalidInput, "colour"),
    (json_order(currency="EUR", lines=[{"sku": "MUG", "quantity": 1, "unit_price": "9"}]), InvalidInput, "currency"),
    ("", InvalidInput, "file"), ("a,b\n", InvalidInput, "row 2"),
    (json_order(external_id="KNOWN", lines=[{"sku": "MUG", "quantity": 1, "unit_price": "9"}]), Conflict, "external_id"),
])  # fmt: skip
def test_a_message_that_is_still_no_order_is_refused_again(
    company: Company, body: str, kind: type[KeelError], field: str
) -> None:
    known = json_order(external_id="KNOWN", lines=[{"sku": "MUG", "quantity": 5, "unit_price": "9"}])
    replayed(message_of("wholesale", "KNOWN", known), company)
    message = message_of("wholesale", "raw", body, "orders.order_import")
    refused(kind, field, lambda: replayed(message, company))
    assert Order.objects.get().lines.get().quantity_ordered == 5


# --- telling the channel ---
def test_a_shipment_is_added_to_its_channels_feed(company: Company, settings: LazySettings) -> None:
    stock_in(company, company.mug, 5)
    orders = [promised(company, (company.mug, 1)) for _ in range(2)]
    fulfillment_ship_through_many(
        order_ids=[order.pk for order in orders], carrier="DPD", actor=company.pia, at=NOW
    )
    messages = list(
        OutboxMessage.objects.filter(kind="orders.channel_shipment_publish").order_by("subject_id")
    )
    OutboxMessage.objects.update(created_at=NOW)
    for message in messages:
        message.refresh_from_db()
    sent = [channel_shipment_publish(message) for message in [*messages, messages[0]]]
    assert sent == [f"shipments-2026-03-02.jsonl#{message.key}" for message in [*messages, messages[0]]]
    feed = Path(settings.MEDIA_ROOT) / "channels/wholesale/shipments-2026-03-02.jsonl"
    first, second, again = (json.loads(line) for line in feed.read_text().splitlines())
    assert again == first  # a line may come twice after a crash, with the same key
    assert {key: second[key] for key in ("key", "at", "order", "external_id", "carrier")} == {
        "key": messages[1].key, "at": NOW.isoformat(), "order": orders[1].number,
        "external_id": orders[1].external_id, "carrier": "DPD",
    }  # fmt: skip


@pytest.mark.parametrize("code", ["nowhere", "", "../wholesale", "a/b"])
def test_no_feed_is_written_for_a_channel_that_is_none(
    company: Company, settings: LazySettings, code: str
) -> None:
    company.web.code = "a/b"
    company.web.save()
    message = OutboxMessage(
        stream=f"channel:{code}", key="shipment:1", payload={"order": "SO-1"}, created_at=NOW
    )
    refused(InvalidInput, "stream", lambda: channel_shipment_publish(message))
    assert not (Path(settings.MEDIA_ROOT) / "channels").exists()
