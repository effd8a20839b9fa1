"""Answers: does one timeline tell the whole story of an order, to each reader what they may see, in a few queries?"""

from datetime import timedelta
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

import erp.urls  # noqa: F401 — what every process that shows pages has loaded: the apps' timelines
from erp.core.pages import timeline as timelines
from erp.core.pages.timeline import timeline_of
from erp.core.services.note import note_add
from erp.core.work_registry import address_resolve
from fulfillment.services import fulfillment_ship_through_many
from orders.models import Hold, Order
from orders.services import (
    PaymentDraft,
    hold_open,
    hold_release_many,
    order_allocate_many,
    order_flag_late,
    payment_capture_many,
)
from tests.cast import NOW, Company, stock_in
from tests.fulfillment.goods import order_in, promised

pytestmark = pytest.mark.django_db


def shipped(company: Company, *lines: Any) -> Order:
    """An order that was held, paid, promised and shipped."""
    for product, units in lines:
        stock_in(company, product, units)
    order = order_in(company, *lines)
    hold = hold_open(order_id=order.pk, kind="FRAUD", reason="Odd card", actor=company.cora, at=NOW)
    hold_release_many(hold_ids=[hold.pk], reason="Called", actor=company.cora, at=NOW + timedelta(hours=1))
    payment_capture_many(
        [PaymentDraft(order.pk, "card", f"ch_{order.pk}", Decimal(10))], actor=company.fay, at=NOW
    )
    order_allocate_many(order_ids=[order.pk], actor=company.olga, at=NOW + timedelta(hours=2))
    fulfillment_ship_through_many(
        order_ids=[order.pk], carrier="Van", actor=company.pia, at=NOW + timedelta(hours=3)
    )
    order.refresh_from_db()
    return order


def test_one_timeline_tells_message_decision_hold_payment_stock_shipment_and_posting(
    company: Company,
) -> None:
    order = shipped(company, (company.mug, 4))
    note_add(
        document_type="orders.Order", document_id=order.pk, body="Rang twice", actor=company.cora, at=NOW
    )
    order_flag_late(actor=company.system, at=NOW)
    found = timeline_of(order, user=company.fay)
    titles = [entry.title for entry in found.entries]
    for part in (
        "Message received from", "Fraud hold: Open", "Open → Released", "Allocated 4 units from NORTH", "£10.00 paid",
        "4 units Available → Allocated", "left NORTH with Van", "posted", "Note", "Message pending", "Allocated → Released",
    ):  # fmt: skip
        assert any(part in title for title in titles), (part, titles)
    assert {code for code, _, _ in found.chips} >= {
        "received", "decision", "hold", "payment", "stock", "fulfillment", "posting", "note", "message", "state",
    }  # fmt: skip
    times = [entry.at for entry in found.entries]
    assert times == sorted(times, reverse=True)
    assert {entry.source for entry in found.entries if entry.source and not _leads(entry.source)} == set()


def _leads(address: str) -> bool:
    """A source is a service's address, or a posting rule's."""
    try:
        address_resolve(address)
    except LookupError:
        app, _, name = address.partition(".")
        return hasattr(import_module(f"{app}.postings"), name)
    return True


def test_postings_are_for_those_who_may_see_the_ledger(company: Company) -> None:
    order = shipped(company, (company.mug, 4))
    for reader, sees in ((company.fay, True), (company.rita, True), (company.cora, False), (None, False)):
        kinds = {code for code, _, _ in timeline_of(order, user=reader).chips}
        assert ("posting" in kinds) is sees


def test_one_kind_alone_and_older_pages(
    company: Company, monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    order = order_in(company, (company.mug, 1))
    for number in range(7):
        note_add(
            document_type="orders.Order",
            document_id=order.pk,
            body=f"Note {number}",
            actor=company.cora,
            at=NOW,
        )
    monkeypatch.setattr(timelines, "LIMIT", 3)
    pages = [timeline_of(order, kind="note", page=page) for page in (1, 2, 3)]
    assert [[entry.detail[-1] for entry in page.entries] for page in pages] == [
        ["6", "5", "4"],
        ["3", "2", "1"],
        ["0"],
    ]
    assert [page.has_older for page in pages] == [True, True, False]
    client.force_login(company.cora)
    url = reverse("orders:order_detail", args=[order.pk])
    page = client.get(f"{url}?tl=note&tlp=2").content.decode()
    assert "Note 3" in page and "Note 6" not in page and "Older" in page and "Newer" in page
    assert client.get(f"{url}?tl=nonsense&tlp=abc").status_code == 200


def test_the_story_of_a_long_order_costs_as_many_queries_as_of_a_short_one(company: Company) -> None:
    counts = []
    assert company.ada.may("ledger.view")  # asks once for the roles
    for lines in (
        [(company.mug, 2)],
        [(company.mug, 3), (company.lamp, 2), (company.mug, 1), (company.lamp, 5)],
    ):
        order = shipped(company, *lines)
        for _ in range(len(lines) * 3):
            note_add(
                document_type="orders.Order",
                document_id=order.pk,
                body="@cora hm",
                actor=company.olga,
                at=NOW,
            )
        with CaptureQueriesContext(connection) as seen:
            timeline_of(order, user=company.ada)
        counts.append(len(seen))
    assert counts[0] == counts[1]
    assert counts[1] <= 40


def test_an_order_with_nothing_behind_it_has_a_timeline(company: Company) -> None:
    order = promised(company, (company.mug, 1))
    assert not Hold.objects.exists()
    assert any("Nothing could be promised" in entry.title for entry in timeline_of(order).entries)
