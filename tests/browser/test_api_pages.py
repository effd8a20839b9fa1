"""Answers: do the API's document, the keys and the webhooks show at both widths, in light and dark, for everybody?"""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from erp.core.models import Event, WebhookAttempt, WebhookEndpoint
from erp.core.services.api_key import api_key_create
from erp.core.services.event import event_relay
from erp.core.services.webhook import WebhookDraft, webhook_create
from tests.browser.looks import look_everywhere, show
from tests.cast import NOW, Company, company_create
from tests.fulfillment.goods import order_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def shop(db: Any, settings: Any) -> Company:
    settings.KEEL_PRIVATE_TARGETS = True
    company = company_create()
    draft = WebhookDraft("Web shop", "http://127.0.0.1:9/hooks/keel", ["order.received", "order.shipped"])
    endpoint, _ = webhook_create(draft, actor=company.ada, at=NOW)
    order_in(company, (company.mug, 1))
    event_relay()
    event = Event.objects.get(kind="order.received")
    for number, status in enumerate((None, 500, 204), start=1):
        WebhookAttempt.objects.create(
            endpoint=endpoint, event=event, kind=event.kind, number=number, at=NOW, is_ok=status == 204, status=status,
            milliseconds=17, answer="" if status == 204 else "upstream connect error", message_id=1,
        )  # fmt: skip
    return company


def test_the_document_is_read_without_a_key_a_script_or_anybody_else(
    shop: Company, browser_page: Page
) -> None:
    show(browser_page, reverse("api_docs"))
    summary = browser_page.locator("summary").filter(has_text="Receive an order")
    summary.click()
    operation = summary.locator("xpath=..")
    expect(operation.get_by_text("lines[].unit_price").first).to_be_visible()
    expect(operation.get_by_text("curl -X POST $KEEL/api/v1/orders")).to_be_visible()
    look_everywhere(browser_page, "api-docs")


def test_keys_are_made_and_shown(shop: Company, browser_page: Page, login: Any) -> None:
    api_key_create(name="Marketplace", user=shop.cora, scopes=["orders:write"], actor=shop.ada, at=NOW)
    login(shop.ada)
    show(browser_page, reverse("api_key_list"))
    look_everywhere(browser_page, "key-list")
    show(browser_page, reverse("api_key_create"))
    look_everywhere(browser_page, "key-form")
    browser_page.get_by_label("Name").fill("Shop")
    browser_page.get_by_label("Acts as").select_option(label="cora")
    browser_page.get_by_label("orders:read").check()
    browser_page.get_by_role("button", name="Make the key").click()
    expect(browser_page.get_by_text("keel_")).to_be_visible()
    look_everywhere(browser_page, "key-secret")
    browser_page.get_by_role("link", name="I have copied it").click()
    expect(browser_page.get_by_role("heading", name="Shop")).to_be_visible()
    look_everywhere(browser_page, "key")


def test_webhooks_are_seen_and_made(shop: Company, browser_page: Page, login: Any) -> None:
    login(shop.ada)
    show(browser_page, reverse("webhook_endpoint_list"))
    look_everywhere(browser_page, "webhook-list")
    show(browser_page, reverse("webhook_endpoint_detail", args=[WebhookEndpoint.objects.get().pk]))
    look_everywhere(browser_page, "webhook")
    show(browser_page, reverse("webhook_endpoint_create"))
    look_everywhere(browser_page, "webhook-form")
    show(browser_page, reverse("webhook_attempt_list"))
    look_everywhere(browser_page, "webhook-log")
    show(browser_page, reverse("webhook_attempt_detail", args=[WebhookAttempt.objects.order_by("pk")[1].pk]))
    look_everywhere(browser_page, "webhook-attempt")
    show(browser_page, reverse("event_list"))
    look_everywhere(browser_page, "event-list")
