"""Answers: what happens to orders that no decent client would send?

Each is refused in words, kept raw, and leaves nothing behind.
"""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from erp.core.errors import InvalidInput
from erp.core.models import ExceptionCase, InboxMessage
from erp.core.services.api_key import api_key_create
from erp.core.services.user import system_user
from orders.models import Order, OrderLine
from orders.services.feed import order_import
from tests.cast import Company, stock_in

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 2, 12, tzinfo=UTC)


def sound(**changes):
    """An order that would be taken, with some fields replaced."""
    content = {
        "channel": "wholesale", "external_id": "A-1", "currency": "GBP",
        "ordered_at": (timezone.now() - timedelta(hours=1)).isoformat(),
        "lines": [{"sku": "MUG", "quantity": 2, "unit_price": "3.50"}],
        "ship_to": {"name": "Pat", "line1": "1 High Street", "city": "Leeds", "postcode": "LS1 1AA", "country": "GB"},
    }  # fmt: skip
    return content | changes


def line(**changes):
    return {"lines": [{"sku": "MUG", "quantity": 2, "unit_price": "3.50"} | changes]}


@pytest.fixture
def send(client: Client, company: Company):
    """Post bytes or JSON to the orders API with a key."""
    secret = api_key_create(name="shop", user=system_user("api"), actor=system_user(), at=timezone.now())[1]

    def post(body):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {secret}"}
        return client.post("/api/v1/orders", raw, content_type="application/json", headers=headers)

    return post


def written() -> tuple[int, ...]:
    tables = (
        "orders_order",
        "orders_orderline",
        "orders_allocation",
        "inventory_stockmove",
        "ledger_journalentry",
        "orders_hold",
    )
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT count(*) FROM {table}" for table in tables))
        return tuple(row[0] for row in cursor.fetchall())


FIELDS = {
    "no external id": (sound(external_id=None), "external_id"),
    "external id a number": (sound(external_id=17), "external_id"),
    "external id of a megabyte": (sound(external_id="x" * 1_000_000), "external_id"),
    "external id with a newline": (sound(external_id="A\nB"), "external_id"),
    "unknown channel": (sound(channel="nowhere"), "channel"),
    "channel a list": (sound(channel=["web"]), "channel"),
    "unknown currency": (sound(currency="XXQ"), "currency"),
    "currency of another channel": (sound(currency="EUR"), "currency"),
    "date without a zone": (sound(ordered_at="2026-01-05T10:00:00"), "ordered_at"),
    "date that is none": (sound(ordered_at="2025-02-29T10:00:00+00:00"), "ordered_at"),
    "year zero": (sound(ordered_at="0000-01-01T00:00:00+00:00"), "ordered_at"),
    "year 9999": (sound(ordered_at="9999-12-31T23:59:59+00:00"), "ordered_at"),
    "date a number": (sound(ordered_at=1767225600), "ordered_at"),
    "no lines": (sound(lines=[]), "lines"),
    "lines an object": (sound(lines={"sku": "MUG"}), "lines"),
    "line a text": (sound(lines=["MUG"]), "lines[1]"),
    "six thousand lines": (sound(lines=line()["lines"] * 6_000), "lines"),
    "unknown SKU": (sound(**line(sku="NOPE")), "lines[1].sku"),
    "blank SKU": (sound(**line(sku="   ")), "lines[1].sku"),
    "SKU with NUL": (sound(**line(sku="MU\x00G")), None),
    "quantity zero": (sound(**line(quantity=0)), "lines[1].quantity"),
    "quantity negative": (sound(**line(quantity=-6)), "lines[1].quantity"),
    "quantity a fraction": (sound(**line(quantity=1.5)), "lines[1].quantity"),
    "quantity true": (sound(**line(quantity=True)), "lines[1].quantity"),
    "quantity huge": (sound(**line(quantity=10**18)), "lines[1].quantity"),
    "quantity words": (sound(**line(quantity="six")), "lines[1].quantity"),
    "price negative": (sound(**line(unit_price="-1")), "lines[1].unit_price"),
    "price with a comma": (sound(**line(unit_price="1.000,00")), "lines[1].unit_price"),
    "price NaN in quotes": (sound(**line(unit_price="NaN")), "lines[1].unit_price"),
    "price infinite in quotes": (sound(**line(unit_price="Infinity")), "lines[1].unit_price"),
    "price with an exponent": (sound(**line(unit_price="1e308")), "lines[1].unit_price"),
    "price with thirteen decimals": (sound(**line(unit_price="1.0000000000001")), "lines[1].unit_price"),
    "price of a planet": (sound(**line(unit_price="99999999999")), "lines[1].unit_price"),
    "tax negative": (sound(**line(tax_amount="-1")), "lines[1].tax_amount"),
    "unknown field": (sound(lines=[{"sku": "MUG", "quantity": 1, "unit_price": "1", "qty": 3}]), "qty"),
    "unknown charge": (sound(charges=[{"kind": "BRIBE", "amount": "1"}]), "charges[1].kind"),
    "country of three letters": (sound(ship_to={"country": "GBR"}), "ship_to.country"),
    "ship-to a text": (sound(ship_to="Leeds"), "ship_to"),
    "e-mail without a domain": (sound(email="pat@home"), "email"),
    "payment of nothing": (
        sound(payment={"provider": "x", "provider_ref": "y", "amount": "0"}),
        "payment.amount",
    ),
    "priority huge": (sound(priority=10**9), "priority"),
    "flag in quotes": (sound(ships_complete="false"), "ships_complete"),
}
BODIES = {
    "nothing": b"",
    "no JSON": b"external_id=A-1",
    "NaN": json.dumps(sound(**line(quantity=float("nan")))).encode(),
    "half a surrogate pair": b'{"external_id": "\\ud800"}',
    "a key twice": b'{"channel": "wholesale", "channel": "web"}',
    "latin-1": '{"channel": "münchen"}'.encode("latin-1"),
    "UTF-16": json.dumps(sound()).encode("utf-16"),
    "an array": b"[1, 2]",
    "nested ten thousand deep": b"[" * 10_000 + b"]" * 10_000,
    "a number of 5,000 digits": b'{"priority": ' + b"9" * 5_000 + b"}",
}


@pytest.mark.parametrize("name", FIELDS)
def test_a_bad_field_is_named_and_nothing_is_written(send, name):
    body, field = FIELDS[name]
    before = written()
    answer = send(body)
    assert 400 <= answer.status_code < 500, answer.content[:300]
    problem = answer.json()
    assert answer["Content-Type"].startswith("application/problem+json")
    assert problem["remedy"]
    assert field is None or problem["field"] == field
    assert written() == before
    kept = InboxMessage.objects.get()
    assert kept.state == "DEAD" and kept.body
    assert ExceptionCase.objects.filter(subject_type="core.InboxMessage", subject_id=str(kept.pk)).exists()


@pytest.mark.parametrize("name", BODIES)
def test_an_unreadable_body_is_refused_and_kept(send, name):
    before = written()
    answer = send(BODIES[name])
    assert 400 <= answer.status_code < 500, answer.content[:300]
    assert answer.json()["remedy"]
    assert written() == before
    kept = InboxMessage.objects.get()
    assert kept.state == "DEAD"
    assert ExceptionCase.objects.filter(subject_type="core.InboxMessage", subject_id=str(kept.pk)).exists()


def test_the_same_id_with_other_content_is_a_conflict(send):
    content = sound()
    assert send(content).status_code == 201
    assert send(content).status_code == 200
    answer = send(content | line(quantity=9))
    assert answer.status_code == 409
    assert answer.json()["field"] == "external_id"
    assert OrderLine.objects.get().quantity_ordered == 2
    assert ExceptionCase.objects.get().kind == "ORDER_CONFLICT"


def test_a_clean_order_goes_straight_through(send, company):
    stock_in(company, company.mug, 5, location=company.bins[0])
    answer = send(sound())
    assert answer.status_code == 201
    order = Order.objects.get()
    assert order.state == "ALLOCATED" and not order.holds.exists() and order.total == 7
    assert order.lines.get().quantity_allocated == 2


HEAD = "external_id,ordered_at,currency,ship_to_name,ship_to_line1,ship_to_city,ship_to_country,sku,quantity,unit_price"
ROW = "F-1,2026-03-02T10:00:00+00:00,GBP,Pat,1 High Street,Leeds,GB,MUG,2,3.50"


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (ROW.replace(",2,3.50", ",-2,3.50"), "row 2: quantity"),
        (ROW.replace(",2,3.50", ",2,1.23E+12"), "row 2: unit_price"),
        (ROW.replace("MUG", "=cmd()"), "row 2: sku"),
        (ROW.replace("2026-03-02T10:00:00+00:00", "yesterday"), "row 2: ordered_at"),
        (ROW + ",surplus", "row 2"),
        (ROW.replace("F-1", ""), "row 2: external_id"),
        (ROW.replace("GBP", "£"), "row 2: currency"),
    ],
)
def test_a_bad_row_spoils_only_its_own_order(company, row, field):
    content = f"{HEAD}\n{row}\n{ROW.replace('F-1', 'F-2')}\n".encode()
    result = order_import(
        content=content, channel="wholesale", file_name="a.csv", actor=company.system, at=AT
    )
    assert len(result.created) == 1
    assert Order.objects.get().external_id == "F-2"
    ((number, error),) = result.errors
    assert number == 2 and error.field == field and error.remedy
    assert InboxMessage.objects.filter(state="DEAD").count() == 1


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe\x00", b"a,b\n1,2\n", f"{HEAD},sku\n{ROW},x\n".encode(), f'{HEAD}\n"{ROW}\n'.encode()],
)
def test_an_unreadable_file_is_kept_whole(company, content):
    with pytest.raises(InvalidInput) as refused:
        order_import(content=content, channel="wholesale", file_name="a.csv", actor=company.system, at=AT)
    assert refused.value.remedy
    assert not Order.objects.exists()
    assert InboxMessage.objects.get().state == "DEAD"
