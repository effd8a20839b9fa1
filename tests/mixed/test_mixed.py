"""Answers: does a small mix of everything at once end without a deadlock and with every unit accounted for?

The large ones are run by hand (docs/reliability.md): `python -m tests.mixed.run_mixed`, `… run_lifecycles`.
"""

from __future__ import annotations

import os

import pytest

from tests.mixed.run_lifecycles import Lives
from tests.mixed.run_mixed import Mix
from tests.mixed.world import world_create

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.django_db(transaction=True)]


def test_everything_at_once_ends_without_a_deadlock_and_nothing_astray() -> None:
    operations = int(os.environ.get("KEEL_MIXED_OPERATIONS", "1200"))
    outcome = Mix(world_create(), operations=operations, threads=6).run()
    assert outcome.problems == []
    assert sum(outcome.done.values()) == operations
    common = {
        "receive",
        "allocate",
        "edit",
        "cancel",
        "reserve",
        "ship",
        "merge",
        "substitute",
        "adjust",
        "carry",
        "bought",
    }
    assert not [name for name in common if outcome.done[name] <= outcome.refused_of(name)]


def test_orders_led_through_their_lives_leave_nothing_behind() -> None:
    orders = int(os.environ.get("KEEL_LIFECYCLES", "150"))
    outcome = Lives(world_create(), operations=orders, threads=3, seed=5).run()
    assert outcome.problems == []
    assert outcome.done["receive"] + outcome.done["order_cart"] >= orders
    assert outcome.done["ship"] > outcome.refused_of("ship")
