"""Answers: when two beats raise subscriptions at the same moment, does each date give one order?"""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from erp.core.services import work
from orders.models import Order, Subscription, SubscriptionRun
from orders.services import subscription_raise_due
from tests.cast import company_create
from tests.concurrency.test_work_claim import race
from tests.orders.test_subscription import take

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 3, 31, 6, tzinfo=UTC)


def test_two_beats_give_one_order_per_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work.current_app, "send_task", lambda *_, **__: None)
    company = company_create()
    for _ in range(12):
        take(company)
    results = race(4, lambda _: subscription_raise_due(actor=company.system, at=AT))
    assert sum(results) == 12
    assert Order.objects.count() == SubscriptionRun.objects.filter(outcome="RAISED").count() == 12
    assert Order.objects.values("external_id").distinct().count() == 12
    assert set(Subscription.objects.values_list("next_date", flat=True)) == {date(2026, 4, 30)}
    assert subscription_raise_due(actor=company.system, at=AT) == 0
