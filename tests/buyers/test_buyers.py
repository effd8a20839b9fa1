"""Answers: do a hundred and twenty buyers over the real API get exactly the hundred units? The large crowd is run by hand."""

from __future__ import annotations

import os

import pytest

from tests.buyers.goods import UNITS
from tests.buyers.run_buyers import run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_exactly_the_last_hundred_units_are_sold_and_everybody_has_one_answer() -> None:
    outcome = run(int(os.environ.get("KEEL_BUYERS", "120")), processes=2, threads=30)
    assert outcome.problems == []
    assert (outcome.sold, outcome.oversold, outcome.errors) == (UNITS, 0, 0)


def test_control_without_the_locks_sells_units_that_are_not_there() -> None:
    outcome = run(120, processes=2, threads=30, locked=False)
    assert outcome.oversold > 0
