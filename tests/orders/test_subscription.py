"""Answers: does each date of a subscription give one order, and no failure or outage more or fewer?"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal as D
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from erp.core.errors import Conflict, IllegalTransition, InvalidInput, NotFound
from erp.core.models import ExceptionCase, InboxMessage, Note, StateChange
from inventory.models import Product
from orders.models import Order, Subscription, SubscriptionRun
from orders.services import (
    SubscriptionDraft,
    SubscriptionLineDraft,
    subscription_cancel,
    subscription_pause,
    subscription_raise_due,
    subscription_resume,
    subscription_run_retry,
    subscription_save,
    subscription_skip,
)
from tests import factories as make
from tests.cast import NOW, Company

LINES = [SubscriptionLineDraft("mug", 2), SubscriptionLineDraft("LAMP", 1)]


def draft(**given: Any) -> SubscriptionDraft:
    values: dict[str, Any] = {
        "customer_number": "C-CAROL", "channel": "wholesale", "lines": LINES, "start_date": date(2026, 3, 31),
    }  # fmt: skip
    return SubscriptionDraft(**{**values, **given})


def take(company: Company, **given: Any) -> Subscription:
    return subscription_save(draft(**given), actor=company.cora, at=NOW)


def at(month: int, day: int, hour: int = 6) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def beat(company: Company, when: datetime) -> int:
    return subscription_raise_due(actor=company.system, at=when)


def runs(subscription: Subscription) -> list[tuple[str, str]]:
    return [(f"{run.due_date:%m-%d}", run.outcome) for run in subscription.runs.order_by("due_date")]


def test_each_date_gives_one_order_at_its_hour(company: Company) -> None:
    taken = take(company)
    assert taken.next_date == date(2026, 3, 31)
    assert beat(company, at(3, 31, 5)) == 0
    assert [beat(company, at(3, 31)), beat(company, at(3, 31))] == [1, 0]
    order = Order.objects.get()
    assert (order.external_id, order.state, order.total) == (
        f"SUB-{taken.pk}-2026-03-31",
        "CONFIRMED",
        D("30.00"),
    )
    assert (order.customer, order.ship_to_city, order.email) == (company.carol, "Leeds", "carol@example.com")
    assert list(order.lines.order_by("position").values_list("product__sku", "quantity_ordered")) == [
        ("MUG", 2),
        ("LAMP", 1),
    ]
    taken.refresh_from_db()
    assert taken.next_date == date(2026, 4, 30)
    assert beat(company, at(4, 29, 23)) == 0 and beat(company, at(4, 30, 7)) == 1
    assert runs(taken) == [("03-31", "RAISED"), ("04-30", "RAISED")]
    taken.refresh_from_db()
    assert taken.next_date == date(2026, 5, 31)


def test_a_hundred_dates_take_as_many_statements_as_one(company: Company) -> None:
    take(company, interval_unit="DAY", start_date=date(2026, 3, 3))
    with CaptureQueriesContext(connection) as one:
        assert beat(company, at(3, 3)) == 1
    for _ in range(99):
        take(company, interval_unit="DAY", start_date=date(2026, 3, 4))
    with CaptureQueriesContext(connection) as many:
        assert beat(company, at(3, 4)) == 100
    assert len(many) <= len(one) + 1
    assert Order.objects.count() == 101


def test_the_price_is_that_of_the_day_or_fixed(company: Company) -> None:
    take(company)
    fixed = [SubscriptionLineDraft("MUG", 2, D("7.255"))]
    take(company, lines=fixed, price_rule="FIXED")
    Product.objects.filter(pk=company.mug.pk).update(list_price=D("11.00"))
    beat(company, at(3, 31))
    assert list(Order.objects.order_by("pk").values_list("total", flat=True)) == [D("32.00"), D("14.51")]


def test_the_channels_own_sku_is_used(company: Company) -> None:
    make.ListingFactory(channel=company.wholesale, product=company.mug, channel_sku="W-MUG")
    take(company)
    beat(company, at(3, 31))
    assert Order.objects.get().lines.get(position=1).channel_sku == "W-MUG"


def test_a_stored_payment_waits_on_a_hold_until_it_is_captured(company: Company) -> None:
    take(company, channel="web", payment_kind="STORED", payment_reference="pm_1")
    beat(company, at(3, 31))
    order = Order.objects.get()
    assert (order.state, order.holds.get().kind) == ("ON_HOLD", "PAYMENT")
    assert InboxMessage.objects.get().headers["payment_reference"] == "pm_1"


def test_after_an_outage_one_order_stands_for_all(company: Company) -> None:
    taken = take(company, interval_unit="WEEK", start_date=date(2026, 3, 3))
    assert beat(company, at(4, 1)) == 1
    assert [order.external_id for order in Order.objects.all()] == [f"SUB-{taken.pk}-2026-03-31"]
    assert runs(taken) == [
        ("03-03", "MISSED"),
        ("03-10", "MISSED"),
        ("03-17", "MISSED"),
        ("03-24", "MISSED"),
        ("03-31", "RAISED"),
    ]
    note = Note.objects.get(document_type="orders.Subscription", document_id=taken.pk)
    assert "4 dates" in note.body
    taken.refresh_from_db()
    assert taken.next_date == date(2026, 4, 7)


def test_a_day_whose_hour_has_not_come_is_not_yet_due_after_an_outage(company: Company) -> None:
    taken = take(company, interval_unit="DAY", start_date=date(2026, 3, 3), due_hour=20)
    beat(company, at(3, 5, 12))
    assert runs(taken) == [("03-03", "MISSED"), ("03-04", "RAISED")]


def test_a_date_that_fails_is_kept_and_the_next_one_comes(company: Company) -> None:
    taken, other = take(company), take(company)
    Product.objects.filter(pk=company.lamp.pk).update(list_price=0)
    other.lines.get(position=2).delete()
    beat(company, at(3, 31))
    assert runs(taken) == [("03-31", "FAILED")] and runs(other) == [("03-31", "RAISED")]
    case = ExceptionCase.objects.get()
    assert (case.kind, case.subject_id, case.owner_role) == (
        "SUBSCRIPTION_FAILED",
        str(taken.pk),
        "CUSTOMER_SERVICE",
    )
    taken.refresh_from_db()
    assert taken.next_date == date(2026, 4, 30)
    failed = taken.runs.get()
    with pytest.raises(InvalidInput, match="LAMP has no list price"):
        subscription_run_retry(run_id=failed.pk, actor=company.cora, at=at(4, 1))
    Product.objects.filter(pk=company.lamp.pk).update(list_price=10)
    order_id = subscription_run_retry(run_id=failed.pk, actor=company.cora, at=at(4, 1))
    assert Order.objects.get(pk=order_id).external_id == f"SUB-{taken.pk}-2026-03-31"
    case.refresh_from_db()
    assert (case.state, case.resolution) == ("RESOLVED", "orders.subscription_run_retry")
    with pytest.raises(Conflict):
        subscription_run_retry(run_id=failed.pk, actor=company.cora, at=at(4, 1))
    with pytest.raises(NotFound):
        subscription_run_retry(run_id=failed.pk + 99, actor=company.cora, at=at(4, 1))
    assert Order.objects.count() == 2


def test_what_intake_refuses_is_raised_again_from_the_stored_message(company: Company) -> None:
    taken = take(company)
    company.wholesale.is_active = False
    company.wholesale.save()
    beat(company, at(3, 31))
    run = taken.runs.get()
    assert (run.outcome, run.order) == ("FAILED", None) and "no active channel" in run.detail
    assert sorted(ExceptionCase.objects.values_list("kind", flat=True)) == [
        "INBOX_REJECTED",
        "SUBSCRIPTION_FAILED",
    ]
    company.wholesale.is_active = True
    company.wholesale.save()
    subscription_run_retry(run_id=run.pk, actor=company.cora, at=at(4, 1))
    assert Order.objects.get().external_id == f"SUB-{taken.pk}-2026-03-31"
    assert InboxMessage.objects.get().state == "DONE"


def test_pause_resume_skip_and_cancel(company: Company) -> None:
    taken = take(company, interval_unit="WEEK", start_date=date(2026, 3, 3))
    who: dict[str, Any] = {"subscription_id": taken.pk, "actor": company.cora}
    assert subscription_skip(reason="Holiday", at=NOW, **who) == date(2026, 3, 10)
    subscription_pause(reason="Moves house", at=NOW, **who)
    with pytest.raises(InvalidInput):
        subscription_skip(reason="x", at=NOW, **who)
    assert beat(company, at(3, 20)) == 0
    assert subscription_resume(reason="Is back", at=at(3, 20), **who) == date(2026, 3, 24)
    assert beat(company, at(3, 20)) == 0
    assert runs(taken) == [("03-03", "SKIPPED")]
    subscription_cancel(reason="Had enough", at=at(3, 21), **who)
    assert beat(company, at(4, 30)) == 0
    with pytest.raises(IllegalTransition):
        subscription_cancel(reason="Again", at=at(3, 21), **who)
    with pytest.raises(InvalidInput, match="is over"):
        subscription_save(draft(), subscription_id=taken.pk, actor=company.cora, at=at(3, 21))
    changes = StateChange.objects.filter(document_type="orders.Subscription").order_by("pk")
    assert [(row.to_state, row.reason) for row in changes] == [
        ("ACTIVE", ""), ("PAUSED", "Moves house"), ("ACTIVE", "Is back"), ("CANCELLED", "Had enough"),
    ]  # fmt: skip
    for verb in (subscription_pause, subscription_resume, subscription_skip, subscription_cancel):
        with pytest.raises(InvalidInput, match="reason"):
            verb(reason=" ", at=NOW, **{**who, "subscription_id": take(company).pk})


def test_it_ends_after_its_last_date(company: Company) -> None:
    taken = take(company, interval_unit="DAY", start_date=date(2026, 3, 3), end_date=date(2026, 3, 4))
    beat(company, at(3, 3))
    assert beat(company, at(3, 4)) == 1
    taken.refresh_from_db()
    assert (taken.state, taken.next_date) == ("ENDED", None)
    short = take(company, interval_unit="DAY", start_date=date(2026, 3, 3), end_date=date(2026, 3, 3))
    assert subscription_skip(subscription_id=short.pk, reason="No", actor=company.cora, at=NOW) is None
    short.refresh_from_db()
    assert short.state == "ENDED"


def test_a_change_counts_from_the_next_date_on(company: Company) -> None:
    taken = take(company, interval_unit="WEEK", start_date=date(2026, 3, 3))
    beat(company, at(3, 3))
    changed = draft(interval_unit="DAY", start_date=date(2026, 3, 1), lines=LINES[:1])
    subscription_save(changed, subscription_id=taken.pk, actor=company.cora, at=at(3, 3, 12))
    taken.refresh_from_db()
    assert (taken.next_date, taken.lines.count(), taken.history.count()) == (date(2026, 3, 4), 1, 2)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"customer_number": "NOBODY"}, "customer_number"), ({"channel": "none"}, "channel"), ({"lines": []}, "lines"),
        ({"lines": [SubscriptionLineDraft("NOPE", 1)]}, "lines"), ({"lines": [SubscriptionLineDraft("MUG", 0)]}, "lines"),
        ({"price_rule": "FIXED"}, "lines"), ({"interval_count": 0}, "interval_count"),
        ({"interval_unit": "YEAR"}, "interval_unit"),
        ({"due_hour": 24}, "due_hour"), ({"end_date": date(2026, 3, 1)}, "end_date"), ({"channel": "web"}, "payment_kind"),
        ({"payment_kind": "STORED"}, "payment_reference"),
        ({"start_date": date(2026, 1, 1), "end_date": date(2026, 2, 1)}, "end_date"),
        ({"price_rule": "FIXED", "lines": [SubscriptionLineDraft("MUG", 1, D("NaN"))]}, "lines"),
    ],
)  # fmt: skip
def test_what_can_not_be_is_refused_at_its_field(company: Company, given: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        take(company, **given)
    assert refused.value.field == field and refused.value.remedy
    assert not Subscription.objects.exists()


def test_list_prices_are_in_the_base_currency_only(company: Company) -> None:
    company.wholesale.currency = "EUR"
    company.wholesale.save()
    with pytest.raises(InvalidInput) as refused:
        take(company)
    assert refused.value.field == "price_rule"


def test_the_hour_is_that_of_the_companys_zone(company: Company, settings: Any) -> None:
    """At 22:30 UTC on 30 June it is 00:30 on 1 July in Berlin."""
    settings.KEEL_TIME_ZONE = "Europe/Berlin"
    take(company, start_date=date(2026, 7, 1), due_hour=0)
    assert beat(company, datetime(2026, 6, 30, 21, 59, tzinfo=UTC)) == 0
    assert beat(company, datetime(2026, 6, 30, 22, 30, tzinfo=UTC)) == 1
    assert SubscriptionRun.objects.get().due_date == date(2026, 7, 1)


def test_an_hour_that_the_clock_leaves_out_is_not_lost(company: Company, settings: Any) -> None:
    """On 29 March 2026 there is no 2 o'clock in Berlin."""
    settings.KEEL_TIME_ZONE = "Europe/Berlin"
    take(company, interval_unit="DAY", start_date=date(2026, 3, 29), due_hour=2)
    assert beat(company, datetime(2026, 3, 29, 0, 59, tzinfo=UTC)) == 0
    assert beat(company, datetime(2026, 3, 29, 1, 0, tzinfo=UTC) + timedelta(minutes=1)) == 1
