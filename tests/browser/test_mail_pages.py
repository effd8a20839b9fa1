"""Answers: does a mail show in its frame, follow what is typed, and keep its scripts to itself? On a desk and a phone?"""

from __future__ import annotations

from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives, get_connection
from django.urls import reverse
from playwright.sync_api import Page, expect

from erp.core.models import CaughtMail, OutboxMessage
from erp.core.views.mail import CATCHER
from orders.models import Order
from orders.services import order_receive_many
from tests import factories as make
from tests.browser.looks import look_everywhere
from tests.cast import NOW, Company, company_create
from tests.orders.test_notice import command

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def shop(db: Any) -> Company:
    company = company_create()
    make.ChannelMailFactory(channel=company.web, colour="#7c2d12")
    order_receive_many([command(1)], actor=company.olga, at=NOW)
    return company


def show(page: Page, name: str, *args: Any) -> None:
    page.goto(reverse(name, args=args))
    page.wait_for_load_state("networkidle")


def test_wording_is_seen_while_it_is_typed(shop: Company, browser_page: Page, login: Any) -> None:
    login(shop.olga)
    show(browser_page, "orders:message_template_list")
    look_everywhere(browser_page, "mail-kinds")
    browser_page.get_by_role("link", name="English").first.click()
    frame = browser_page.frame_locator("iframe[name=mail]")
    inner = frame.frame_locator("iframe")
    expect(inner.get_by_role("heading", name="Thank you for your order")).to_be_visible()
    expect(inner.get_by_role("cell", name="£1,240.50").first).to_be_visible()
    browser_page.get_by_label("Subject").fill("Hooray, {{ order_number }}")
    expect(frame.get_by_text("Hooray, SO-004711")).to_be_visible()
    browser_page.get_by_label("Subject").fill("{{ secret }}")
    expect(frame.get_by_text("“secret” means nothing in this message.")).to_be_visible()
    browser_page.get_by_label("Subject").fill("Hooray, {{ order_number }}")
    expect(frame.get_by_text("Hooray, SO-004711")).to_be_visible()
    look_everywhere(browser_page, "mail-wording")
    frame.get_by_label("Phone, 390 px").check()
    browser_page.get_by_role("button", name="Put in force").click()
    expect(browser_page.get_by_text("The new wording is in force.")).to_be_visible()
    look_everywhere(browser_page, "mail-version")


def test_an_orders_messages_are_read_and_written(shop: Company, browser_page: Page, login: Any) -> None:
    login(shop.cora)
    order = Order.objects.get()
    message = OutboxMessage.objects.get(kind="orders.notice_send")
    show(browser_page, "orders:order_detail", order.pk)
    look_everywhere(browser_page, "mail-order")
    browser_page.get_by_role("link", name="Order received carol@example.").click()
    inner = browser_page.frame_locator("iframe[name=mail]").frame_locator("iframe")
    expect(inner.get_by_role("heading", name="Thank you for your order")).to_be_visible()
    assert browser_page.url.endswith(reverse("orders:notice_detail", args=[message.pk]))
    look_everywhere(browser_page, "mail-notice")
    show(browser_page, "orders:order_write", order.pk)
    browser_page.get_by_label("Subject").fill("Your street")
    browser_page.get_by_label("Message").fill("Which number is it?")
    inner = browser_page.frame_locator("iframe[name=mail]").frame_locator("iframe")
    expect(inner.get_by_text("Which number is it?")).to_be_visible()
    look_everywhere(browser_page, "mail-write")
    browser_page.get_by_role("button", name="Send", exact=True).click()
    expect(browser_page.get_by_text("The message is on its way.")).to_be_visible()


def test_a_channel_says_how_it_writes(shop: Company, browser_page: Page, login: Any) -> None:
    login(shop.olga)
    show(browser_page, "orders:channel_mail", shop.web.pk)
    look_everywhere(browser_page, "mail-channel")


def test_kept_mail_can_do_nothing(shop: Company, browser_page: Page, login: Any, settings: Any) -> None:
    settings.EMAIL_BACKEND = CATCHER
    built = EmailMultiAlternatives("Evil", "As text", "a@localhost", ["pat@example.com"])
    built.attach_alternative('<h1>Hello</h1><script>top.document.title = "mine"</script>', "text/html")
    get_connection().send_messages([built])
    login(shop.olga)
    show(browser_page, "caught_mail_list")
    look_everywhere(browser_page, "mail-caught-list")
    show(browser_page, "caught_mail_detail", CaughtMail.objects.get().pk)
    inner = browser_page.frame_locator("iframe[name=mail]").frame_locator("iframe")
    expect(inner.get_by_role("heading", name="Hello")).to_be_visible()
    look_everywhere(browser_page, "mail-caught")
    assert "mine" not in browser_page.title()
    # Chromium says on the console that it did not run the script: that is what is to be seen here.
    faults = browser_page.faults  # type: ignore[attr-defined]
    assert any("script" in fault.lower() for fault in faults)
    faults.clear()


def test_subscriptions_are_taken_on_and_shown(shop: Company, browser_page: Page, login: Any) -> None:
    login(shop.cora)
    show(browser_page, "orders:subscription_create")
    look_everywhere(browser_page, "subscription-form")
    browser_page.get_by_label("Customer number").fill("C-CAROL")
    browser_page.get_by_label("Channel").select_option("wholesale")
    browser_page.get_by_label("Start date").fill("2030-01-31")
    browser_page.get_by_label("SKU, line 1").fill("MUG")
    browser_page.get_by_label("Units, line 1").fill("2")
    browser_page.get_by_role("button", name="Save").click()
    expect(browser_page.get_by_text("Subscription saved.")).to_be_visible()
    expect(browser_page.get_by_text("Thu 28 Feb 2030")).to_be_visible()
    look_everywhere(browser_page, "subscription")
    show(browser_page, "orders:subscription_list")
    look_everywhere(browser_page, "subscription-list")
