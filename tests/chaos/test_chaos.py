"""Answers: does a small run of the chaos lose or double anything? The large one is run by hand
(docs/reliability.md)."""

from __future__ import annotations

import os

import pytest

from tests.chaos.run_chaos import Chaos


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_nothing_is_lost_or_doubled_when_everything_is_killed_in_turn() -> None:
    kills = int(os.environ.get("KEEL_CHAOS_KILLS", "8"))
    outcome = Chaos(orders=int(os.environ.get("KEEL_CHAOS_ORDERS", "150")), kills=kills).run()
    assert outcome.problems == []
    assert len(outcome.kills) == kills
    assert outcome.figures["orders"] == outcome.orders
