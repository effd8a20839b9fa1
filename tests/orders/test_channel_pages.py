"""Can an administrator connect a channel without ever seeing a secret again, and does everybody see how each channel is?"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from erp.core.models import Canary, ExceptionCase, Job
from erp.core.services.work import wake
from erp.core.services.work_run import work_run
from orders.channels.contract import Inbound, Refused
from orders.models import (
    ChannelBreaker,
    ChannelSync,
    Connection,
    ConnectionSecret,
    ListingStock,
    RefusedDelivery,
)
from orders.services.channel_stock import channel_stock_run
from orders.services.connection import account_of
from orders.services.connection_switch import connection_test_start
from orders.services.refused_delivery import delivery_refuse
from tests.cast import NOW, Company, stock_in
from tests.factories import ChannelFactory, ListingFactory, ProductFactory
from tests.orders.desk import Login, to, toasts
from tests.orders.fake_channel import World, connect, world

pytestmark = pytest.mark.django_db
__all__ = ["world"]
ACCOUNT = {"adapter": "fake", "account": "shop-9", "base_url": "https://shop.example", "settings.location": "L7",
           "form_token": "t1"}  # fmt: skip


def secret(value: str, token: str, hours: int = 48) -> dict[str, Any]:
    return {"purpose": "token", "secret": value, "overlap_hours": hours, "form_token": token}


def test_an_administrator_connects_a_channel_and_no_page_says_a_secret(
    company: Company, as_: Login, world: World
) -> None:
    ada = as_("ada")
    answer = ada.post(to("connection_edit", company.web.pk), ACCOUNT)
    assert answer.status_code == 302 and answer["Location"] == to("channel_detail", company.web.pk)
    link = Connection.objects.get()
    assert (link.account, link.settings, link.is_enabled) == ("shop-9", {"location": "L7"}, True)
    said = ada.get(to("channel_detail", company.web.pk)).content.decode()
    assert f"http://testserver{reverse('channel_webhook', args=['web'])}" in said
    assert "Webhook secret, Access token" in said  # what is missing
    for value, token in (("tok-AAAA1111", "t2"), ("tok-BBBB2222", "t3")):
        assert ada.post(to("connection_secret", company.web.pk), secret(value, token)).status_code == 302
    pages = [
        ada.get(to(name, company.web.pk)).content.decode() for name in ("channel_detail", "connection_secret", "connection_edit")
    ]  # fmt: skip
    assert all("tok-" not in page for page in pages)
    assert "…1111" in pages[0] and "…2222" in pages[0]
    now = timezone.now()
    assert account_of(link, at=now).secrets["token"] == [
        "tok-BBBB2222",
        "tok-AAAA1111",
    ]  # both sides may change
    assert account_of(link, at=now + timedelta(hours=49)).secrets["token"] == ["tok-BBBB2222"]
    ada.post(to("connection_secret", company.web.pk), secret("tok-CCCC3333", "t4", hours=0))
    assert account_of(link, at=timezone.now()).secrets["token"][0] == "tok-CCCC3333"
    assert "tok-BBBB2222" not in account_of(link, at=timezone.now()).secrets["token"]  # it leaked
    assert not ConnectionSecret.objects.filter(sealed__contains="tok-").exists()


def test_what_is_wrong_lands_on_its_field_and_a_secret_is_not_given_back(
    company: Company, as_: Login, world: World
) -> None:
    connect(company, company.wholesale, account="shop-9")
    ada = as_("ada")
    answer = ada.post(to("connection_edit", company.web.pk), ACCOUNT)
    assert answer.status_code == 422 and "another channel" in str(answer.context["form"].errors["account"])
    connect(company, company.web)
    answer = ada.post(
        to("connection_secret", company.web.pk), {**secret("tok-AAAA1111", "t2"), "overlap_hours": "x"}
    )
    assert answer.status_code == 422 and "tok-AAAA" not in answer.content.decode()


def test_only_administrators_connect(company: Company, as_: Login, world: World) -> None:
    connect(company, company.web)
    for name in ("olga", "cora", "fay", "pia", "ben", "rita"):
        client = as_(name)
        for url in ("connection_edit", "connection_secret", "channel_sync"):
            assert client.get(to(url, company.web.pk)).status_code == 403, (name, url)
        for url in ("connection_switch", "connection_test", "breaker_close"):
            assert client.post(to(url, company.web.pk), {"reason": "x"}).status_code == 403, (name, url)
        assert client.get(to("channel_detail", company.web.pk)).status_code == 200
        assert client.post(to("channel_reconcile", company.web.pk)).status_code == (
            302 if name == "olga" else 403
        )
    assert Connection.objects.get().is_enabled


def test_it_is_switched_off_and_on_with_a_reason(company: Company, as_: Login, world: World) -> None:
    connect(company, company.web)
    ada, url = as_("ada"), to("connection_switch", company.web.pk)
    assert "reason is needed" in toasts(ada.post(url, {"is_enabled": "", "reason": " "}, follow=True))[0]
    assert toasts(ada.post(url, {"is_enabled": "", "reason": "relaunch"}, follow=True)) == ["Switched off."]
    link = Connection.objects.get()
    assert not link.is_enabled
    assert link.history.latest().history_change_reason == "relaunch"
    assert (
        "switched off already" in toasts(ada.post(url, {"is_enabled": "", "reason": "again"}, follow=True))[0]
    )
    assert toasts(ada.post(url, {"is_enabled": "yes", "reason": "done"}, follow=True)) == ["Switched on."]


def test_what_it_is_told_is_set_with_a_reason(company: Company, as_: Login, world: World) -> None:
    connect(company, company.web)
    told = {
        "publishes_stock": "on",
        "risk_units": "3",
        "reconcile_hours": "12",
        "reason": "oversold",
        "form_token": "t1",
    }
    assert as_("ada").post(to("channel_sync", company.web.pk), told).status_code == 302
    sync = ChannelSync.objects.get()
    assert (sync.publishes_stock, sync.polls_orders, sync.risk_units, sync.reconcile_hours) == (
        True,
        False,
        3,
        12,
    )
    assert sync.history.latest().history_change_reason == "oversold"


def shown_there(company: Company) -> ListingStock:
    connect(company, company.web, risk_units=2)
    ListingFactory(channel=company.web, product=company.mug, channel_sku="w-MUG")
    stock_in(company, company.mug, 10)
    channel_stock_run(actor=company.system, at=NOW)
    return ListingStock.objects.get()


def test_health_shows_each_channel_and_leads_to_its_rows(company: Company, as_: Login, world: World) -> None:
    row = shown_there(company)
    ChannelBreaker.objects.create(
        channel=company.web, state="OPEN", opened_at=NOW, retry_at=NOW, reason="502 Bad Gateway"
    )
    delivery_refuse(
        channel="web",
        inbound=Inbound({}, b"{}", "/"),
        refused=Refused("forged", "the secret is wrong"),
        at=timezone.now(),
    )
    ada = as_("ada")
    answer = ada.get(to("channel_health"))
    (card,) = answer.context["cards"]
    assert card["verdict"][0] == "Does not answer"
    assert (card["row"].due, card["row"].turned_away, card["row"].drift) == (1, 1, 0)
    said = answer.content.decode()
    assert "502 Bad Gateway" in said and "Nothing is lost" in said
    for name in (
        "due_url",
        "drift_url",
        "refused_url",
        "inbox_url",
        "outbox_url",
        "dead_url",
        "jobs_url",
        "turned_url",
    ):
        assert ada.get(card[name]).status_code == 200, name
    assert [found.record for found in ada.get(card["due_url"]).context["page_obj"].object_list] == [row]
    refused = RefusedDelivery.objects.get()
    assert "the secret is wrong" in ada.get(to("refused_delivery_detail", refused.pk)).content.decode()
    assert toasts(ada.post(to("breaker_close", company.web.pk), {"reason": "they called"}, follow=True)) == [
        "It is called again."
    ]
    assert (
        ada.get(to("channel_health")).context["cards"][0]["verdict"][0] == "Needs a look"
    )  # it waits since March


def test_the_product_and_the_listing_say_why_it_shows_so(company: Company, as_: Login, world: World) -> None:
    row = shown_there(company)
    olga = as_("olga")
    said = olga.get(to("product_channels_panel", company.mug.pk)).content.decode()
    assert "w-MUG" in said and "on its way" in said
    assert "w-MUG" in olga.get(to("channel_stock_panel", company.web.pk)).content.decode()
    said = olga.get(to("listing_stock_detail", row.pk)).content.decode()
    assert "<b>10</b> may be promised" in said and "Oversold at worst" in said
    assert toasts(olga.post(to("listing_stock_again", row.pk), {"reason": "check"}, follow=True)) == [
        "It is told again with the next sender."
    ]
    assert "Set again: check" in olga.get(to("listing_stock_detail", row.pk)).content.decode()
    assert as_("rita").post(to("listing_stock_again", row.pk), {"reason": "x"}).status_code == 403


def counted(client: Client, url: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def test_pages_cost_the_same_however_much_there_is(company: Company, as_: Login, world: World) -> None:
    shown_there(company)
    olga = as_("olga")
    urls = [
        to("channel_health"), to("listing_stock_list"), to("channel_stock_panel", company.web.pk),
        to("product_channels_panel", company.mug.pk), to("channel_detail", company.web.pk),
    ]  # fmt: skip
    for url in urls:
        olga.get(url)
    before = {url: counted(olga, url) for url in urls}
    for number in range(4):
        channel = ChannelFactory(code=f"c{number}")
        connect(company, channel, account=f"s{number}")
        for product in (
            company.mug,
            ProductFactory(sku=f"P{number}", category=company.goods, unit=company.each),
        ):
            ListingFactory(channel=channel, product=product, channel_sku=f"x-{product.sku}")
            ListingFactory(channel=company.web, product=product, channel_sku=f"y-{number}-{product.sku}")
    channel_stock_run(actor=company.system, at=NOW)
    assert ListingStock.objects.count() == 17
    assert {url: counted(olga, url) for url in urls} == before


# --- degraded modes: what everybody is told, and what still works ---
def banners(client: Client) -> str:
    return client.get(reverse("banner_list")).content.decode()


def test_a_silent_channel_is_told_to_everybody(company: Company, as_: Login, world: World) -> None:
    olga = as_("olga")
    assert banners(olga).strip() == ""
    connect(company, company.web)
    ChannelBreaker.objects.create(
        channel=company.web, state="OPEN", opened_at=NOW, retry_at=NOW, reason="502"
    )
    assert "Web shop does not answer" in banners(olga)
    Connection.objects.update(is_enabled=False)
    assert banners(olga).strip() == ""  # it was switched off on purpose


def test_a_broker_that_is_down_is_told_and_work_goes_on(
    company: Company,
    as_: Login,
    world: World,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    now = timezone.now()
    for queue in settings.KEEL_QUEUES:
        Canary.objects.create(
            queue=queue,
            sent_at=now,
            sent_since=now - timedelta(minutes=5),
            answered_at=now - timedelta(minutes=4),
        )
    said = banners(as_("olga"))
    assert "Background work is slow" in said and "No queue answers" in said
    Canary.objects.exclude(queue="channel").update(answered_at=now)
    assert "Not answering: channel." in banners(as_("olga"))

    def gone(*_: Any, **__: Any) -> None:
        raise OSError("no broker")

    monkeypatch.setattr("erp.core.services.work.wake", wake)
    monkeypatch.setattr("erp.core.services.work.current_app.send_task", gone)
    connect(company, company.web)
    ListingFactory(channel=company.web, product=company.mug, channel_sku="w-MUG")
    with django_capture_on_commit_callbacks(execute=True) as woken:
        channel_stock_run(actor=company.system, at=NOW)
    assert len(woken) == 1  # nobody hears it, and the row is there for whoever looks
    assert Job.objects.filter(kind="orders.channel_stock_send", state="PENDING").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_read_only_database_is_read_and_nothing_is_half_done(
    company: Company, as_: Login, world: World
) -> None:
    link = connect(company, company.web)
    ada, channel = as_("ada"), Client()
    ListingFactory(channel=company.web, product=company.mug, channel_sku="w-MUG")
    channel_stock_run(actor=company.system, at=NOW)
    job = Job.objects.get(kind="orders.channel_stock_send")
    ada.get(to("channel_detail", company.web.pk))
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION default_transaction_read_only = on")
    try:
        assert "Read-only" in banners(ada)
        for url in (
            to("channel_health"),
            to("channel_detail", company.web.pk),
            to("order_list"),
            "/",
            "/readyz",
        ):
            assert ada.get(url).status_code == 200, url
        answer = ada.post(to("connection_switch", company.web.pk), {"is_enabled": "", "reason": "x"})
        assert (answer.status_code, answer["Retry-After"]) == (503, "30")
        assert "takes no changes just now" in answer.content.decode()
        answer = channel.post(
            reverse("channel_webhook", args=["web"]), b'{"sku": "w-MUG", "available": 1}', content_type="application/json",
            headers={"x-secret": "webhook-secret-1", "x-topic": "stock", "x-id": "1"},
        )  # fmt: skip
        assert (answer.status_code, answer.json()["code"]) == (503, "read_only")  # the channel comes again
        with pytest.raises(Exception, match="read-only transaction"):
            work_run(table="job", row_id=job.pk, at=NOW)
        assert world.calls == []  # what can not be noted is not said
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION default_transaction_read_only = off")
    link.refresh_from_db()
    assert link.is_enabled and not ExceptionCase.objects.exists()
    assert work_run(table="job", row_id=job.pk, at=NOW)
    assert world.shown == {"w-MUG": 0}
    assert (
        ada.post(to("connection_switch", company.web.pk), {"is_enabled": "", "reason": "x"}).status_code
        == 302
    )


@pytest.mark.django_db(transaction=True)
def test_the_test_of_a_connection_says_what_the_channel_answered(
    company: Company, as_: Login, world: World
) -> None:
    link = connect(company, company.web)
    ada = as_("ada")
    answer = ada.post(to("connection_test", company.web.pk))
    job = Job.objects.get(kind="orders.connection_test")
    assert answer["Location"] == reverse("job_detail", args=[job.pk])
    work_run(table="job", row_id=job.pk, at=NOW)
    job.refresh_from_db()
    assert job.result == {"answers": True, "orders_of_the_last_minute": 0, "quantities": {}}
    world.faults.append("LOCKED")
    job = connection_test_start(connection_id=link.pk, actor=company.ada, at=NOW + timedelta(minutes=1))
    work_run(table="job", row_id=job.pk, at=NOW)
    job.refresh_from_db()
    assert job.result == {
        "answers": False, "said": "401 Unauthorized", "remedy": "Check address, account and secrets.",
    }  # fmt: skip


def test_a_kind_is_chosen_first_and_its_settings_keep_their_kinds(company: Company, as_: Login) -> None:
    ada, url = as_("ada"), to("connection_edit", company.web.pk)
    kinds = ada.get(url).content.decode()
    assert all(f'href="?kind={slug}"' in kinds for slug in ("amazon", "edi", "shopify", "woocommerce"))
    assert ada.get(f"{url}?kind=teletext").status_code == 404
    shown = ada.get(f"{url}?kind=edi").content.decode()
    assert "Documents that the partner wants" in shown and "Marketplace" not in shown
    given = {
        "adapter": "edi", "account": "ACME", "settings.sends": "855, 856,", "settings.acknowledges": "none",
        "settings.units": '{"CA": "dozen"}', "settings.ack_hours": "0", "settings.sends_test": "on", "form_token": "e1",
    }  # fmt: skip
    refused = ada.post(url, given)
    assert refused.status_code == 422 and "no number for CA" in str(
        refused.context["form"].errors["settings.units"]
    )
    refused = ada.post(url, {**given, "settings.units": "[12]"})
    assert "Give a table" in str(refused.context["form"].errors["settings.units"])
    assert ada.post(url, {**given, "settings.units": '{"CA": 12}'}).status_code == 302
    kept = {
        "sends": ["855", "856"], "acknowledges": [], "units": {"CA": 12}, "ack_hours": 0, "sends_test": True,
    }  # fmt: skip
    assert Connection.objects.get().settings == kept
    form = ada.get(url).context["form"]
    assert "855, 856" in str(form["settings.sends"]) and "none" in str(form["settings.acknowledges"])
    assert "{&quot;CA&quot;: 12}" in ada.get(to("channel_detail", company.web.pk)).content.decode()
