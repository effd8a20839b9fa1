"""Answers: do the roll-ups say what the journals say, however often and in whatever steps they were refreshed?"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from erp.core.services.user import system_user
from fulfillment.models import ShipmentLine
from ledger.models import AccountRole, JournalLine
from ledger.services import DraftLine, JournalDraft, journal_entry_post
from orders.models import AllocationDecision, Channel, Hold, Order
from reporting.models import DailyBalance, DailyProduct, DailySales, DailyService, RollupMark
from reporting.services import rollup_rebuild, rollup_refresh
from reporting.services.rollup import SETTLE
from tests.traded.conftest import Traded

R = AccountRole
MODELS = (DailySales, DailyService, DailyProduct, DailyBalance)


@pytest.fixture
def undone(traded: Traded) -> Iterator[Traded]:
    with transaction.atomic():
        yield traded
        transaction.set_rollback(True)


def _rows() -> dict[str, list[dict[str, Any]]]:
    found = {}
    for model in MODELS:
        names = [field.attname for field in model._meta.concrete_fields if field.attname != "id"]
        found[model.__name__] = sorted(
            model.objects.values(*names), key=lambda row: [str(row[name]) for name in names]
        )
    return found


def _post(amount: str, traded: Traded, *, sequence: int = 0) -> None:
    channel = Channel.objects.order_by("pk").first()
    assert channel is not None
    lines = [
        DraftLine(R.RECEIVABLE, debit=Decimal(amount), channel_id=channel.pk),
        DraftLine(R.REVENUE, credit=Decimal(amount), channel_id=channel.pk),
    ]
    draft = JournalDraft("orders.charge_posted", "tests.Sale", 1, traded.first, lines, sequence=sequence)
    journal_entry_post(draft, actor=traded.user("fay"))


def test_sales_are_what_the_journal_lines_add_up_to(traded: Traded) -> None:
    sums: dict[tuple[Any, ...], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for line in JournalLine.objects.filter(channel_id__isnull=False).select_related("entry", "account"):
        day = sums[line.entry.posting_date, line.channel_id]
        change = line.base_credit - line.base_debit
        if line.account.role in (R.REVENUE, R.SHIPPING_REVENUE, R.DISCOUNT):
            day["revenue"] += change
        elif line.account.role == R.SALES_RETURNS:
            day["returns"] -= change
        elif line.account.role == R.COGS:
            day["cogs"] -= change
    rows = {(row.date, row.channel_id): row for row in DailySales.objects.all()}
    assert rows.keys() == {key for key, day in sums.items() if day} and len(rows) > 5
    for key, row in rows.items():
        assert (row.revenue, row.returns, row.cogs) == (
            sums[key]["revenue"],
            sums[key]["returns"],
            sums[key]["cogs"],
        )


def test_balances_are_what_the_journal_lines_add_up_to(traded: Traded) -> None:
    sums: dict[tuple[Any, ...], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for line in JournalLine.objects.select_related("entry"):
        sums[line.account_id, line.entry.posting_date][0] += line.base_debit
        sums[line.account_id, line.entry.posting_date][1] += line.base_credit
    assert {(row.account_id, row.date): [row.debit, row.credit] for row in DailyBalance.objects.all()} == sums


def test_service_is_what_the_orders_say(traded: Traded) -> None:
    sums: dict[tuple[Any, ...], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    held = set(Hold.objects.values_list("order_id", flat=True))
    first: dict[int, AllocationDecision] = {}
    for decision in AllocationDecision.objects.order_by("-pk"):
        first[decision.order_id] = decision
    for order in Order.objects.all():
        day = sums[order.ordered_at.date(), order.channel_id]
        day["orders"] += 1
        day["orders_held"] += order.pk in held
        if order.pk in first:
            explained = first[order.pk].explanation
            day["units_ordered"] += explained["wanted"]
            day["units_filled_first"] += explained["wanted"] - sum(
                short for _, _, short, *_ in explained["lines"]
            )
        if order.shipped_at:
            shipped = sums[order.shipped_at.date(), order.channel_id]
            shipped["orders_shipped"] += 1
            shipped["orders_on_time"] += order.shipped_at <= order.ship_by
    rows = {(row.date, row.channel_id): row for row in DailyService.objects.all()}
    assert rows.keys() == sums.keys()
    for key, row in rows.items():
        for name in (
            "orders",
            "orders_held",
            "units_ordered",
            "units_filled_first",
            "orders_shipped",
            "orders_on_time",
        ):
            assert getattr(row, name) == sums[key][name], (key, name)


def test_products_are_what_the_shipment_lines_add_up_to(traded: Traded) -> None:
    sums: dict[tuple[Any, ...], list[Any]] = defaultdict(lambda: [0, Decimal(0), Decimal(0)])
    for line in ShipmentLine.objects.select_related("shipment__order"):
        day = sums[line.shipment.shipped_at.date(), line.product_id, line.shipment.order.channel_id]
        day[0] += line.quantity
        day[1] += line.revenue
        day[2] += line.cogs
    rows = {
        (row.date, row.product_id, row.channel_id): [row.units, row.revenue, row.cogs]
        for row in DailyProduct.objects.all()
    }
    assert rows == sums and rows


def test_a_refresh_equals_a_rebuild(undone: Traded) -> None:
    _post("12.34", undone)
    rollup_refresh(actor=system_user(), at=timezone.now())
    refreshed = _rows()
    rollup_rebuild(actor=system_user(), at=timezone.now())
    assert _rows() == refreshed


def test_a_refresh_touches_only_the_days_of_what_is_new(undone: Traded) -> None:
    now = timezone.now()
    rollup_refresh(actor=system_user(), at=now)
    assert rollup_refresh(actor=system_user(), at=now) == {
        "journal": 0,
        "states": 0,
        "decisions": 0,
        "shipments": 0,
    }
    _settle(now)
    before = DailySales.objects.get(date=undone.first, channel=Channel.objects.order_by("pk").first())
    _post("12.34", undone)
    touched = rollup_refresh(actor=system_user(), at=now + 3 * SETTLE)
    assert touched == {"journal": 1, "states": 0, "decisions": 0, "shipments": 0}
    after = DailySales.objects.get(date=undone.first, channel=before.channel)
    assert (after.revenue, after.entries) == (before.revenue + Decimal("12.34"), before.entries + 1)


def test_a_mark_settles_only_when_nothing_older_can_appear(undone: Traded) -> None:
    now = timezone.now()
    rollup_rebuild(actor=system_user(), at=now)
    mark = RollupMark.objects.get(source="journal")
    assert (mark.settled_id, mark.pending_id > 0) == (0, True)
    rollup_refresh(actor=system_user(), at=now + SETTLE - timedelta(seconds=1))
    assert RollupMark.objects.get(source="journal").settled_id == 0
    rollup_refresh(actor=system_user(), at=now + SETTLE)
    assert RollupMark.objects.get(source="journal").settled_id == mark.pending_id


def _settle(now: Any) -> None:
    rollup_refresh(actor=system_user(), at=now + SETTLE)
    rollup_refresh(actor=system_user(), at=now + 2 * SETTLE)
