"""Answers: can a person see what a replay changes, map a SKU by one click and merge two products, at any width?"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from inventory.services.duplicate import product_duplicate_flag
from orders.channels import registry
from orders.models import Connection, Order, RefusedDelivery
from tests import factories as make
from tests.browser.looks import look, show, show_everywhere
from tests.cast import NOW, Company, company_create, stock_in
from tests.orders.channel_case import Spoken, arrive, channel_order, said, snapshot

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Company:
    """A connected shop: one order followed, one that waits for a SKU, one changed in a way we can not follow."""
    from erp.core.services import work

    monkeypatch.setattr(work.current_app, "send_task", lambda *_, **__: None)
    company = company_create()
    monkeypatch.setattr(registry, "adapters", lambda: {"spoken": Spoken()})
    Connection.objects.create(channel=company.web, adapter="spoken", account="shop.example")
    stock_in(company, company.mug, 20)
    arrive([said("ORDER", "W-1", snapshot()), said("ORDER", "W-2", snapshot("W-2", sku="m u g"))])
    first = snapshot()
    lines = (*first.lines, type(first.lines[0])("2", "cup-xl", 1, first.lines[0].unit_price))
    arrive([said("ORDER", "W-1", snapshot(lines=lines, total=first.total + 10), minute=5)])
    RefusedDelivery.objects.create(
        channel_code="web", reason="bad_signature", message="the signature is wrong", status=401, remote="203.0.113.9",
        headers={"x-sig": "abc"}, body='{"id": 1}', body_hash="0" * 64, at=datetime.now(UTC),
    )  # fmt: skip
    twin = make.ProductFactory(sku="mug-2", name="Mug, blue", category=company.goods, unit=company.each)
    stock_in(company, twin, 5)
    return company


def test_a_replay_is_seen_and_then_kept(browser_page: Page, login: Any, shop: Company) -> None:
    login(shop.olga)
    row = channel_order("W-1")
    newest = row.facts.order_by("-pk").first().message
    show_everywhere(browser_page, [("inbox", "/work/inbox/")])
    expect(browser_page.locator("tbody")).to_contain_text("Turned away")
    show_everywhere(browser_page, [("message", f"/work/inbox/{newest.pk}/")])
    show_everywhere(
        browser_page, [("turned-away", f"/orders/turned-away/{RefusedDelivery.objects.get().pk}/")]
    )
    make.ListingFactory(channel=shop.web, channel_sku="cup-xl", product=shop.mug)
    browser_page.goto(f"/work/inbox/{newest.pk}/")
    browser_page.get_by_role("button", name="Replay").click()
    expect(browser_page.locator("#items")).to_contain_text("line 2, MUG")
    assert Order.objects.get(external_id="W-1").lines.count() == 1
    show_everywhere(browser_page, [("replay", browser_page.url)])
    expect(browser_page.locator("#items")).to_contain_text("Changed")
    browser_page.get_by_role("button", name="Handle it again").click()
    dialog = browser_page.get_by_role("dialog")
    dialog.get_by_label("Why").fill("the SKU is mapped")
    dialog.get_by_role("button", name="Handle it again").click()
    expect(browser_page.locator("#items")).to_contain_text("Handled again")
    assert Order.objects.get(external_id="W-1").lines.count() == 2
    show_everywhere(browser_page, [("replays", "/work/replays/")])
    show_everywhere(browser_page, [("replay-new", "/work/replays/new/")])


def test_theirs_and_ours(browser_page: Page, login: Any, shop: Company) -> None:
    login(shop.olga)
    show_everywhere(browser_page, [("channel-orders", "/orders/channel-orders/")])
    show_everywhere(browser_page, [("channel-order", f"/orders/channel-orders/{channel_order('W-1').pk}/")])
    expect(browser_page.locator("main")).to_contain_text("Differs")
    show(browser_page, f"/orders/{Order.objects.get(external_id='W-1').pk}/")
    expect(browser_page.locator("main")).to_contain_text("Ours does not follow")


def test_an_unknown_sku_is_mapped_by_one_click(browser_page: Page, login: Any, shop: Company) -> None:
    login(shop.olga)
    show_everywhere(browser_page, [("unknown-skus", "/orders/unknown-skus/")])
    browser_page.get_by_role("button", name="Map m u g to MUG and handle again what waited").click()
    expect(browser_page.locator("#items")).to_contain_text("became orders.Order")
    assert Order.objects.filter(external_id="W-2").exists()
    show_everywhere(browser_page, [("listings", "/orders/listings/")])
    browser_page.get_by_role("link", name="m u g").click()
    look(browser_page, "listing")
    show_everywhere(browser_page, [("listing-map", "/orders/listings/map/")])


def test_two_products_become_one(browser_page: Page, login: Any, shop: Company) -> None:
    login(shop.olga)
    product_duplicate_flag(actor=shop.system, at=NOW)
    show_everywhere(browser_page, [("duplicates", "/inventory/duplicates/")])
    browser_page.get_by_role("link", name="Merge mug-2 into MUG").click()
    expect(browser_page.locator("#merge-preview")).to_contain_text("5 units of stock move")
    look(browser_page, "merge")
    browser_page.get_by_label("How do you know").fill("the same article of Acme")
    browser_page.get_by_role("button", name="Merge them").click()
    expect(browser_page.locator("main")).to_contain_text("5 units moved")
    show_everywhere(browser_page, [("merged", browser_page.url)])
    show_everywhere(browser_page, [("merges", "/inventory/merges/")])
