"""Answers: do the pages of policies, rehearsals, promises, pools and freight fit a desk and a phone, and pass axe?"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from inventory.services import PoolDraft, pool_save
from orders.models import Promise, Rehearsal
from orders.services import (
    PolicyDraft,
    RuleDraft,
    freight_rate_save,
    policy_draft,
    rehearsal_run,
    rehearsal_start,
)
from tests import factories as make
from tests.browser.looks import look, show, show_everywhere
from tests.cast import NOW, Company, company_create, stock_in
from tests.fulfillment.goods import promised
from tests.orders.test_promise import slipped

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def tower(db: Any, monkeypatch: pytest.MonkeyPatch) -> Company:
    """A company with a slipped purchase order, a draft policy that was rehearsed, a pool and a freight rate."""
    monkeypatch.setattr("erp.core.services.work._wake_on_commit", lambda jobs: None)  # no broker runs here
    company = company_create()
    make.ChannelMailFactory(channel=company.wholesale)
    stock_in(company, company.lamp, 9, at=NOW - timedelta(days=9))
    for _ in range(3):
        promised(company, (company.lamp, 2))
    slipped(company, 4)
    rules = [
        RuleDraft(
            "Key accounts",
            "CHEAPEST",
            {"tiers": ["KEY"], "min_total": "50"},
            max_shipments=2,
            allow_transfer=True,
        ),
        RuleDraft("Every order", "WEIGHTED", weight_parcel=Decimal("2.50"), nodes=[company.south.pk]),
    ]
    draft = policy_draft(
        PolicyDraft("default", "Weighted", rules, note="Try South"), actor=company.olga, at=NOW
    )
    at = NOW + timedelta(days=1)
    rehearsal = rehearsal_start(policy_ids=[draft.pk], days=7, actor=company.olga, at=at)
    rehearsal_run(rehearsal_id=rehearsal.pk, actor=company.system, at=at)
    pool_save(PoolDraft("web", "Web shop", 3, channel_code="web"), actor=company.olga, at=NOW)
    freight_rate_save(
        node_id=company.north.pk,
        country="GB",
        base=Decimal("3.20"),
        per_kg=Decimal(0),
        days=1,
        actor=company.olga,
        at=NOW,
    )
    return company


def test_the_pages_fit_and_have_no_fault_of_access(browser_page: Page, login: Any, tower: Company) -> None:
    login(tower.olga)
    rehearsal = Rehearsal.objects.get()
    draft = rehearsal.policies.get()
    supply = Promise.objects.earliest("pk").supply
    assert supply is not None
    pages = [
        ("policies", reverse("orders:allocation_policy_list")),
        ("policy", reverse("orders:allocation_policy_detail", args=[draft.pk])),
        ("policy_edit", reverse("orders:allocation_policy_edit", args=[draft.pk])),
        ("rehearsal", reverse("orders:rehearsal_detail", args=[rehearsal.pk])),
        ("rehearsals", reverse("orders:rehearsal_list")),
        ("rehearsal_orders", f"{reverse('orders:rehearsal_order_list')}?rehearsal={rehearsal.pk}"),
        ("promises", reverse("orders:promises_at_risk")),
        ("promise_document", reverse("orders:promise_document", args=[supply.document_type, supply.document_id])),
        ("pools", reverse("inventory:pool_list")), ("pool", reverse("inventory:pool_create")),
        ("freight", reverse("orders:freight_rate_list")), ("freight_rate", reverse("orders:freight_rate_create")),
    ]  # fmt: skip
    show_everywhere(browser_page, pages)


def test_promises_are_renewed_by_hand(browser_page: Page, login: Any, tower: Company) -> None:
    login(tower.olga)
    show(browser_page, reverse("orders:promises_at_risk"))
    browser_page.get_by_role("link", name="PO-").first.click()
    browser_page.get_by_label("All 4 promises").check()
    browser_page.get_by_label("Why").fill("Strike at the port")
    browser_page.get_by_role("button", name="Do it").click()
    expect(browser_page.get_by_text("4 done, 0 not.")).to_be_visible()
    look(browser_page, "promise_result")
