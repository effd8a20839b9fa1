"""How much may be promised?"""

from datetime import timedelta

import pytest

from inventory.models import Node
from inventory.selectors import Atp, Expected, atp_query
from inventory.services import buffer_save
from tests.cast import NOW, TODAY, Company, stock_in


def promise(company: Company, **question: object) -> dict[str, int]:
    codes = dict(Node.objects.values_list("pk", "code"))
    return {codes[row.node_id]: row.quantity for row in atp_query([company.mug.pk], **question)}


@pytest.fixture
def stocked(company: Company) -> Company:
    stock_in(company, company.mug, 10)
    stock_in(company, company.mug, 4, node=company.south)
    return company


def test_what_is_available_may_be_promised(stocked: Company) -> None:
    assert promise(stocked) == {"NORTH": 10, "SOUTH": 4}
    assert promise(stocked, node_ids=[stocked.south.pk]) == {"SOUTH": 4}
    assert atp_query([stocked.lamp.pk]) == []


def test_an_inactive_node_promises_nothing(stocked: Company) -> None:
    Node.objects.filter(pk=stocked.south.pk).update(is_active=False)
    assert promise(stocked) == {"NORTH": 10}


@pytest.mark.parametrize(("buffers", "channel", "expected"), [
    ([("mug", "", 3)], None, 7),
    ([("any", "", 2)], None, 8),
    ([("mug", "", 3), ("any", "", 9)], None, 7),  # the product's own replaces the node's
    ([("mug", "", 3), ("mug", "web", 2)], None, 7),  # a channel's buffer concerns that channel only
    ([("mug", "", 3), ("mug", "web", 2)], "web", 5),
    ([("mug", "", 3), ("mug", "web", 2)], "wholesale", 7),
    ([("any", "", 1), ("any", "web", 4)], "web", 5),
    ([("mug", "", 99)], None, 0),  # never below nothing
])  # fmt: skip
def test_buffers_are_kept_back(stocked: Company, buffers: list, channel: str | None, expected: int) -> None:
    for which, code, quantity in buffers:
        buffer_save(node_id=stocked.north.pk, product_id=stocked.mug.pk if which == "mug" else None, channel_code=code,
                    quantity=quantity, actor=stocked.olga, at=NOW)  # fmt: skip
    assert promise(stocked, channel_code=channel)["NORTH"] == expected


def test_dated_promises_add_what_is_expected_until_then(stocked: Company) -> None:
    expected = [
        Expected(stocked.mug.pk, stocked.north.pk, 20, TODAY + timedelta(days=3)),
        Expected(stocked.mug.pk, stocked.store.pk, 5, TODAY + timedelta(days=1)),
        Expected(stocked.mug.pk, stocked.north.pk, -2, TODAY + timedelta(days=2)),
    ]
    on = TODAY + timedelta(days=2)
    assert promise(stocked, as_of_date=on, expected=expected) == {"NORTH": 8, "SOUTH": 4, "STORE": 5}
    assert promise(stocked, as_of_date=TODAY + timedelta(days=3), expected=expected)["NORTH"] == 28
    assert promise(stocked, expected=expected) == {"NORTH": 10, "SOUTH": 4}


def test_the_parts_are_shown(stocked: Company) -> None:
    buffer_save(node_id=stocked.north.pk, product_id=None, quantity=1, actor=stocked.olga, at=NOW)
    expected = [Expected(stocked.mug.pk, stocked.north.pk, 5, TODAY)]
    (row,) = atp_query([stocked.mug.pk], node_ids=[stocked.north.pk], as_of_date=TODAY, expected=expected)
    assert row == Atp(stocked.mug.pk, stocked.north.pk, available=10, buffer=1, supply=5, quantity=14)


def test_one_query_for_any_number_of_products(stocked: Company, django_assert_num_queries) -> None:
    with django_assert_num_queries(1):
        atp_query([stocked.mug.pk, stocked.lamp.pk, stocked.cream.pk], channel_code="web", as_of_date=TODAY)
