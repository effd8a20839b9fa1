"""Answers: do the pages of connections, channel health and stock shown fit a desk and a phone, and pass axe?"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from orders.models import ChannelBreaker, ChannelTally, ListingStock, RefusedDelivery
from orders.services.channel_stock import channel_stock_run
from orders.services.connection import ConnectionDraft, connection_save
from tests import factories as make
from tests.browser.looks import look_everywhere, show
from tests.cast import NOW, Company, company_create, stock_in
from tests.orders.fake_channel import World, connect, world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
__all__ = ["world"]


@pytest.fixture
def shop(db: Any, world: World) -> Company:
    """A web shop that does not answer while something waits, drifts and was refused, and a wholesale channel in step."""
    company = company_create()
    connect(company, company.web, risk_units=2)
    link = connect(company, company.wholesale, account="shop-2")
    draft = ConnectionDraft(
        link.channel_id,
        "fake",
        "a-very-long-shop-name-that-somebody-chose.example.com",
        "https://shop.example",
    )
    connection_save(draft, actor=company.ada, at=NOW)
    for product in (company.mug, company.lamp, company.cream):
        make.ListingFactory(channel=company.web, product=product, channel_sku=f"w-{product.sku}")
    stock_in(company, company.mug, 1_200)
    stock_in(company, company.lamp, 4)
    now = timezone.now()
    channel_stock_run(actor=company.system, at=now - timedelta(minutes=40))
    rows = ListingStock.objects.order_by("pk")
    first, second, _ = rows
    ListingStock.objects.filter(pk=first.pk).update(
        quantity_sent=1_200, sent_token=1, quantity_confirmed=1_200, confirmed_at=now - timedelta(hours=1), due_since=None,
        quantity_shown=40, shown_at=now, drift_at=now - timedelta(minutes=3),
        reasons={"velocity": "12.500", "lag_seconds": 60, "blind": 1, "limit": 2, "worst": 1},
    )  # fmt: skip
    ListingStock.objects.filter(pk=second.pk).update(
        error="422 Unprocessable Entity: inventory item is not stocked at location", attempts=3, next_at=now,
        external={"item": "gid://shop/InventoryItem/49148385", "location": "L1"},
    )  # fmt: skip
    ChannelBreaker.objects.create(
        channel=company.web, state="OPEN", opened_at=now - timedelta(minutes=40), retry_at=now + timedelta(minutes=5),
        failures=9, reason="502 Bad Gateway: upstream connect error or disconnect",
    )  # fmt: skip
    ChannelTally.objects.create(
        channel=company.web, hour=now.replace(minute=0, second=0, microsecond=0), kind="STOCK", calls=40, failures=9,
        last_failure_at=now, last_error="502 Bad Gateway: upstream connect error or disconnect",
    )  # fmt: skip
    RefusedDelivery.objects.create(
        channel_code="web", reason="forged", message="the signature is wrong", status=401, body_hash="x", at=now,
        remote="203.0.113.9", headers={"x-shopify-topic": "orders/create"}, body='{"id": 1}',
    )  # fmt: skip
    return company


def test_the_pages_fit_and_have_no_fault_of_access(browser_page: Page, login: Any, shop: Company) -> None:
    login(shop.ada)
    web = [shop.web.pk]
    drift = ListingStock.objects.order_by("pk")[0]
    refused = RefusedDelivery.objects.get()
    for name, url in (
        ("health", reverse("orders:channel_health")),
        ("channel", reverse("orders:channel_detail", args=web)),
        ("connection", reverse("orders:connection_edit", args=web)),
        ("connect", reverse("orders:connection_edit", args=[make.ChannelFactory(code="new-shop").pk])),
        ("secret", reverse("orders:connection_secret", args=web)),
        ("told", reverse("orders:channel_sync", args=web)),
        ("stock", reverse("orders:listing_stock_list")),
        ("listing", reverse("orders:listing_stock_detail", args=[drift.pk])),
        ("product", reverse("inventory:product_detail", args=[shop.mug.pk])),
        ("refused", reverse("orders:refused_delivery_list")),
        ("delivery", reverse("orders:refused_delivery_detail", args=[refused.pk])),
    ):
        show(browser_page, url)
        expect(browser_page.locator("#banners")).to_contain_text("Web shop does not answer")
        look_everywhere(browser_page, f"channel-{name}")


def test_the_address_is_copied_and_a_secret_is_not_kept_in_the_browser(
    browser_page: Page, login: Any, shop: Company
) -> None:
    login(shop.ada)
    browser_page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    show(browser_page, reverse("orders:channel_detail", args=[shop.web.pk]))
    browser_page.get_by_role("button", name="Copy").click()
    expect(browser_page.locator("#announcer")).to_contain_text("Copied")
    copied = browser_page.evaluate("navigator.clipboard.readText()")
    assert copied.endswith("/channels/web/webhooks/") and copied.startswith("http://")
    show(browser_page, reverse("orders:connection_secret", args=[shop.web.pk]))
    browser_page.fill("[name=secret]", "tok-SECRET-9999")
    browser_page.fill("[name=overlap_hours]", "1")
    browser_page.get_by_role("button", name="Save").click()
    expect(browser_page.locator("body")).to_contain_text("…9999")
    assert "tok-SECRET" not in browser_page.content()
    assert "tok-SECRET" not in browser_page.evaluate(
        "JSON.stringify(sessionStorage) + JSON.stringify(localStorage)"
    )
