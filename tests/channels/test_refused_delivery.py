"""Is every refusal counted, but only so much of a flood kept, and that not for ever?"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from erp.core.models import InboxMessage
from erp.core.services.user import system_user
from orders.channels.contract import Inbound, Refused
from orders.models import RefusalCount, RefusedDelivery
from orders.services.refused_delivery import KEEP, KEPT_PER_HOUR, delivery_refuse, refused_delivery_purge
from tests.cast import NOW, Company
from tests.channels.desk import connect, post

pytestmark = pytest.mark.django_db


def _refuse(channel: str = "web", reason: str = "forged", minutes: int = 0) -> bool:
    inbound = Inbound({"x": "y"}, b"body", "/", {}, "127.0.0.1")
    at = NOW + timedelta(minutes=minutes)
    return delivery_refuse(channel=channel, inbound=inbound, refused=Refused(reason, "no"), at=at)


def _counts() -> dict[tuple[str, str], int]:
    return {(row.channel_code, row.reason): row.count for row in RefusalCount.objects.order_by("hour")}


def test_a_flood_is_counted_and_its_beginning_kept(company: Company) -> None:
    connect(company, "woocommerce", "https://shop.example.com", {"webhook": "whsec"})
    kept = [_refuse() for _ in range(KEPT_PER_HOUR + 7)]
    assert kept == [True] * KEPT_PER_HOUR + [False] * 7
    assert _refuse(reason="stale"), "another reason has a count of its own"
    assert RefusedDelivery.objects.filter(reason="forged").count() == KEPT_PER_HOUR
    assert _counts() == {("web", "forged"): KEPT_PER_HOUR + 7, ("web", "stale"): 1}
    assert _refuse(minutes=60), "the next hour keeps again"


def test_made_up_channels_share_one_count(company: Company) -> None:
    kept = [_refuse(channel=f"nobody-{number}") for number in range(KEPT_PER_HOUR + 3)]
    assert sum(kept) == KEPT_PER_HOUR
    assert _counts() == {("", "forged"): KEPT_PER_HOUR + 3}


def test_what_is_old_is_purged(company: Company) -> None:
    _refuse()
    at = NOW + KEEP + timedelta(hours=2)
    assert refused_delivery_purge(actor=system_user(), at=NOW + KEEP - timedelta(hours=1)) == {
        "deliveries": 0,
        "counts": 0,
    }
    assert refused_delivery_purge(actor=system_user(), at=at) == {"deliveries": 1, "counts": 1}
    assert not RefusedDelivery.objects.exists()


def test_a_body_larger_than_django_takes_is_refused_and_logged(company: Company) -> None:
    connect(company, "woocommerce", "https://shop.example.com", {"webhook": "whsec"})
    answer = post(b" " * (5 * 2**20 + 1), {})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    logged = RefusedDelivery.objects.get()
    assert (logged.channel_code, logged.status, logged.body) == ("web", 413, "")
    assert InboxMessage.objects.count() == 0


def test_another_method_is_refused_and_logged(company: Company) -> None:
    answer = Client().get("/channels/web/webhooks/")
    assert (answer.status_code, answer["Allow"], answer.json()["code"]) == (405, "POST", "wrong_method")
    assert RefusedDelivery.objects.get().reason == "wrong_method"
