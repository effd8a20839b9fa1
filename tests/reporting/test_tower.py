"""Answers: does the control tower know where every order is, does each cell lead to its rows, and does it ask little?"""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from fulfillment.services import fulfillment_pack_many, fulfillment_pick_many, fulfillment_ship_through_many
from orders.models import Order
from orders.services import hold_open
from reporting.selectors.tower import STAGES, tower_matrix
from tests.cast import Company, stock_in
from tests.fulfillment.goods import fulfillment_of, order_in, promised
from tests.fulfillment.test_pick import released

pytestmark = pytest.mark.django_db


@pytest.fixture
def busy(company: Company) -> dict[str, Order]:
    """One order in each stage but the first, which orders leave within their own transaction."""
    stock_in(company, company.mug, 50)
    found = {"hold": order_in(company, (company.mug, 1)), "waiting": order_in(company, (company.lamp, 2))}
    hold_open(order_id=found["hold"].pk, kind="FRAUD", reason="Odd", actor=company.cora, at=timezone.now())
    found["allocated"] = promised(company, (company.mug, 1))
    for stage in ("released", "picked", "packed"):
        found[stage] = released(company, (company.mug, 1))[0]
    for stage in ("picked", "packed"):
        ids = [fulfillment_of(found[stage]).pk]
        fulfillment_pick_many(fulfillment_ids=ids, actor=company.pia, at=timezone.now())
        if stage == "packed":
            fulfillment_pack_many(fulfillment_ids=ids, actor=company.pia, at=timezone.now())
    found["shipped"] = promised(company, (company.mug, 1))
    fulfillment_ship_through_many(
        order_ids=[found["shipped"].pk], carrier="Van", actor=company.pia, at=timezone.now()
    )
    return found


@pytest.mark.parametrize("by", ["age", "channel", "node"])
def test_every_order_stands_in_one_place(company: Company, busy: dict[str, Order], by: str) -> None:
    now = timezone.now()
    matrix = tower_matrix(by, at=now, midnight=now + timedelta(hours=12))
    assert {code: line.total.count for code, line in matrix.lines.items()} == dict.fromkeys(
        [*busy, "hold:FRAUD"], 1
    )
    assert matrix.open_total.count == len(busy) - 1
    columns = {code for code, _ in matrix.columns}
    assert all(set(line.cells) <= columns for line in matrix.lines.values())
    assert {stage.code for stage in STAGES} >= set(busy)


@pytest.mark.parametrize("by", ["age", "channel", "node"])
def test_each_figure_leads_to_as_many_rows(
    client: Client, company: Company, busy: dict[str, Order], by: str
) -> None:
    client.force_login(company.olga)
    page = client.get(f"/reporting/tower/?by={by}").content.decode()
    links = re.findall(
        r'href="([^"]*rows/tower/[^"]*)"[^>]*>(?:<b>)?(?:<svg.*?</svg>)?\s*([\d,]+)', page, re.S
    )
    assert len(links) >= 3 * len(busy)
    for url, count in links:
        assert client.get(unescape(url)).context["page_obj"].paginator.count == int(count), url


def test_it_asks_few_questions_however_many_orders_there_are(
    client: Client, company: Company, busy: dict[str, Order]
) -> None:
    client.force_login(company.olga)
    counts: list[int] = []
    for _ in range(2):
        for by in ("age", "channel", "node"):
            with CaptureQueriesContext(connection) as seen:
                assert client.get(f"/reporting/tower/?by={by}").status_code == 200
            counts.append(len(seen))
        for _ in range(12):
            order_in(company, (company.mug, 1))
    assert counts[:3] == counts[3:]
    assert max(counts) <= 12


def test_it_shows_an_empty_company_and_has_a_short_address(client: Client, company: Company) -> None:
    client.force_login(company.rita)
    answer: Any = client.get("/tower/", follow=True)
    assert answer.status_code == 200
    assert "Nothing has moved today" in answer.content.decode()
    assert client.get("/reporting/tower/?by=nonsense").status_code == 200
