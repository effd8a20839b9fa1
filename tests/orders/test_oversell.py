"""Is the worst case what it says, and does a lease keep it under its limit?"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.services import kit_save_by_sku
from orders.models import Channel, ListingStock
from orders.selectors.channel_health import exposures
from orders.selectors.oversell import blind_units, lease_of, velocities, worst_oversell
from orders.services.channel_stock import channel_stock_run
from tests.cast import NOW, Company, stock_in
from tests.factories import ListingFactory, ProductFactory
from tests.fulfillment.goods import order_in
from tests.orders.fake_channel import World, connect, world

__all__ = ["world"]
UNITS = st.integers(0, 50)


@pytest.mark.parametrize(("shown", "available", "blind", "worst"), [
    (10, 10, 0, 0),  # in step, nobody else sells
    (10, 10, 3, 3),  # three go elsewhere before it knows
    (7, 10, 3, 0),  # three were kept back
    (10, 4, 0, 6),  # it lags: all ten are bought
    (10, 4, 9, 10),  # and the four are gone as well
    (0, 0, 5, 0), (2, 10, 9, 1),
])  # fmt: skip
def test_the_worst_case(shown: int, available: int, blind: int, worst: int) -> None:
    assert worst_oversell(shown=shown, available=available, blind=blind) == worst


@given(shown=UNITS, available=UNITS, elsewhere=UNITS, here=UNITS, blind=UNITS)
def test_no_course_of_events_is_worse(
    shown: int, available: int, elsewhere: int, here: int, blind: int
) -> None:
    """Whoever sells what elsewhere, up to the blind units and what there is, and whatever of what it shows is bought here."""
    sold_elsewhere = min(elsewhere, blind, available)
    sold_here = min(here, shown)
    oversold = max(0, sold_here - (available - sold_elsewhere))
    assert oversold <= worst_oversell(shown=shown, available=available, blind=blind)


@given(available=UNITS, limit=UNITS, rate=st.integers(0, 2000), lag=st.integers(0, 7200))
def test_a_lease_keeps_the_worst_case_under_its_limit(
    available: int, limit: int, rate: int, lag: int
) -> None:
    speed = Decimal(rate) / 100
    lease = lease_of(1, available, speeds={1: speed}, parts=None, lag_seconds=lag, limit=limit)
    blind = blind_units(speed, lag)
    worst = worst_oversell(shown=available - lease.units, available=available, blind=blind)
    assert worst <= limit and lease.reasons["worst"] == worst
    assert 0 <= lease.units <= available
    if lease.units:  # and keeps no unit too many
        assert worst == limit or lease.units == available
        less = worst_oversell(shown=available - lease.units + 1, available=available, blind=blind)
        assert less > limit


@pytest.mark.django_db
def test_what_sells_fast_is_kept_back_from_a_slow_channel(company: Company, world: World) -> None:
    """48 mugs sold in the last day are 2 an hour; a channel that lags an hour and may oversell one keeps one back."""
    channel: Channel = company.web
    connect(company, channel, risk_units=1)
    ListingFactory(channel=channel, product=company.mug, channel_sku="w-MUG")
    ListingFactory(channel=channel, product=company.lamp, channel_sku="w-LAMP")
    pair = ProductFactory(sku="PAIR", category=company.goods, unit=company.each)
    kit_save_by_sku(sku="PAIR", components=[("MUG", 2)], reason="", actor=company.olga, at=NOW)
    ListingFactory(channel=channel, product=pair, channel_sku="w-PAIR")
    stock_in(company, company.mug, 100)
    stock_in(company, company.lamp, 9)
    order_in(company, (company.mug, 48), ordered_at=NOW - timedelta(hours=2))
    assert velocities([company.mug.pk, company.lamp.pk], at=NOW) == {company.mug.pk: Decimal(2)}
    channel.sync.lag_seconds = 3600
    channel.sync.save()
    channel_stock_run(actor=company.system, at=NOW)
    found = {row.listing.channel_sku: row for row in ListingStock.objects.select_related("listing")}
    mug = found["w-MUG"]
    assert (mug.quantity_leased, mug.quantity_atp - mug.quantity_wanted) == (1, 1)
    assert mug.reasons == {"velocity": "2.000", "lag_seconds": 3600, "blind": 2, "limit": 1, "worst": 1}
    assert found["w-PAIR"].reasons["velocity"] == "1.000"  # two mugs make a pair
    assert (found["w-LAMP"].quantity_leased, found["w-LAMP"].quantity_wanted) == (0, 9)
    ListingStock.objects.filter(pk=mug.pk).update(quantity_confirmed=100, due_since=NOW - timedelta(hours=5))
    row = ListingStock.objects.select_related("listing", "channel__sync").get(pk=mug.pk)
    (now,) = exposures([row], at=NOW)
    assert (now.lag_seconds, now.blind, now.shows) == (18_000, 10, 100)
    assert now.worst == 100 - (mug.quantity_atp - 10) and now.is_over
