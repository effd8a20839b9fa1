"""After any sequence of faults and stock changes: once the channel is up and the streams are drained, does it show what we have?

Large: KEEL_CHANNEL_EXAMPLES=200 .venv/bin/python -m pytest tests/orders/test_channel_stateful.py --timeout=3600
"""

from __future__ import annotations

import contextlib
import os
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from inventory.models import Product, StockBuffer, StockLevel
from inventory.selectors import atp_query
from inventory.services import AdjustmentDraft, AdjustmentLineDraft, adjustment_record_many, buffer_save
from orders.models import ChannelBreaker, ChannelSync, ListingStock
from orders.services.channel_reconcile import channel_reconcile
from orders.services.channel_stock import channel_stock_run
from orders.services.channel_stock_send import channel_stock_send, listing_stock_set_again
from tests.cast import NOW, Company, company_create, stock_in
from tests.factories import ListingFactory
from tests.orders.fake_channel import FAULTS, WORLD, World, connect, world

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["world"]
EXAMPLES = int(os.environ.get("KEEL_CHANNEL_EXAMPLES", "5"))
FAULT = st.sampled_from(FAULTS)
SKUS = ("MUG", "LAMP", "CREAM")


class Streams(RuleBasedStateMachine):
    """Two listings of one product and one each of two others, a channel with faults, and somebody who meddles there."""

    company: Company
    at: datetime

    def __init__(self) -> None:
        super().__init__()
        self.at = max([NOW, *ListingStock.objects.values_list("computed_at", flat=True)]) + timedelta(hours=3)
        WORLD.faults.clear()
        WORLD.is_down = False
        WORLD.unknown.clear()

    def later(self, seconds: int = 1) -> datetime:
        self.at += timedelta(seconds=seconds)
        return self.at

    @rule(sku=st.sampled_from(SKUS), units=st.integers(1, 6))
    def goods_arrive(self, sku: str, units: int) -> None:
        if sku != "CREAM":
            stock_in(self.company, Product.objects.get(sku=sku), units, at=self.later())

    @rule(sku=st.sampled_from(SKUS), units=st.integers(1, 6))
    def goods_leave(self, sku: str, units: int) -> None:
        there = StockLevel.objects.filter(
            product__sku=sku, node=self.company.north, status="AVAILABLE", quantity__gte=units
        ).first()
        if there is not None:
            line = AdjustmentLineDraft(there.product_id, -units, "AVAILABLE", self.company.bins[0].pk)
            adjustment_record_many(
                drafts=[AdjustmentDraft(self.company.north.pk, "DAMAGED", [line])],
                actor=self.company.system,
                at=self.later(),
            )

    @rule(units=st.integers(0, 5))
    def a_buffer_is_set(self, units: int) -> None:
        buffer_save(
            node_id=self.company.north.pk, product_id=self.company.mug.pk, channel_code="web", quantity=units,
            actor=self.company.olga, at=self.later(),
        )  # fmt: skip

    @rule(faults=st.lists(FAULT, min_size=1, max_size=4))
    def faults_are_coming(self, faults: list[str]) -> None:
        WORLD.faults.extend(faults)

    @rule(is_down=st.booleans())
    def it_goes_down_or_up(self, is_down: bool) -> None:
        WORLD.is_down = is_down

    @rule(sku=st.sampled_from(["w-MUG", "w-LAMP"]), known=st.booleans())
    def a_sku_is_lost_or_found(self, sku: str, known: bool) -> None:
        (WORLD.unknown.discard if known else WORLD.unknown.add)(sku)

    @rule(sku=st.sampled_from(["w-MUG", "w-LAMP", "w2-MUG"]), units=st.integers(0, 9))
    @precondition(lambda self: WORLD.shown)
    def somebody_meddles(self, sku: str, units: int) -> None:
        if sku in WORLD.shown:
            WORLD.shown[sku] = units

    @rule(seconds=st.sampled_from([1, 31, 700]))
    def a_worker_comes_by(self, seconds: int) -> None:
        at = self.later(seconds)
        channel_stock_run(actor=self.company.system, at=at)
        self.send(at)

    @rule()
    def a_sender_dies(self) -> None:
        """Whoever held the stream is gone; its time has run out."""
        ChannelSync.objects.update(sending_until=None)

    @rule()
    def it_is_compared(self) -> None:
        with contextlib.suppress(KeyError):  # the adapter broke, as a worker's job may
            channel_reconcile(channel_id=self.company.web.pk, actor=self.company.system, at=self.later())

    def send(self, at: datetime) -> None:
        with contextlib.suppress(KeyError):
            channel_stock_send(channel_id=self.company.web.pk, actor=self.company.system, at=at)

    @invariant()
    def what_differs_waits(self) -> None:
        """A row that waits for nothing was confirmed as computed."""
        for row in ListingStock.objects.filter(is_due=False):
            assert (row.quantity_confirmed, row.is_uncertain, row.due_since) == (
                row.quantity_wanted, False, None,
            )  # fmt: skip

    def teardown(self) -> None:
        """The channel comes up, the streams drain, what somebody meddled with is decided, and then all is as computed."""
        WORLD.faults.clear()
        WORLD.unknown.clear()
        WORLD.is_down = False
        for _ in range(4):
            at = self.later(7_200)
            channel_stock_run(actor=self.company.system, at=at)
            self.send(at)
        channel_reconcile(channel_id=self.company.web.pk, actor=self.company.system, at=self.later())
        drifted = list(ListingStock.objects.filter(drift_at__isnull=False).values_list("pk", flat=True))
        listing_stock_set_again(
            listing_stock_ids=drifted, reason="decided", actor=self.company.olga, at=self.later()
        )
        self.send(self.later(60))
        there: dict[int, int] = {}
        for row in atp_query(Product.objects.values_list("pk", flat=True), channel_code="web"):
            there[row.product_id] = there.get(row.product_id, 0) + row.quantity
        computed = {
            row.listing.channel_sku: there.get(row.listing.product_id, 0)
            for row in ListingStock.objects.select_related("listing")
        }
        assert computed == WORLD.shown
        assert len(computed) == 4
        assert not ListingStock.objects.filter(is_due=True).exists()
        assert ChannelBreaker.objects.filter(state="CLOSED").count() == 1


def test_whatever_fails_the_channel_shows_what_we_have(db: Any, world: World) -> None:
    company = company_create()
    connect(company, company.web)
    for sku, product in (
        ("w-MUG", company.mug), ("w2-MUG", company.mug), ("w-LAMP", company.lamp), ("w-CREAM", company.cream),
    ):  # fmt: skip
        ListingFactory(channel=company.web, product=product, channel_sku=sku)
    stock_in(company, company.mug, 10)
    Streams.company = company
    run_state_machine_as_test(
        Streams,
        settings=settings(
            max_examples=EXAMPLES, stateful_step_count=30, deadline=None, database=None, derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
    assert StockBuffer.objects.count() <= 1
