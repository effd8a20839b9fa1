"""Answers: do lives that are delivered ten times, in no order, at once and late end the same, shuffle after shuffle?

Large: `python -m tests.channels.run_shuffles --lives 500 --shuffles 100`, or KEEL_LIVES and KEEL_SHUFFLES here.
"""

from __future__ import annotations

import os

import pytest

from erp.core.services import work
from orders.channels import registry
from tests.cast import company_create
from tests.channels.shuffled import Shuffler, open_shop

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.django_db(transaction=True)]


def test_every_shuffle_ends_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "adapters", registry.adapters)  # what is set below is undone
    monkeypatch.setattr(work.current_app, "send_task", work.current_app.send_task)
    lives, shuffles = int(os.environ.get("KEEL_LIVES", "3")), int(os.environ.get("KEEL_SHUFFLES", "2"))
    company = company_create()
    open_shop(company)
    counted = Shuffler(company, lives=lives, shuffles=shuffles, seed=3).run()
    assert counted.problems == []
    assert counted.deliveries > lives * shuffles * 20
    assert counted.known > counted.deliveries // 2
