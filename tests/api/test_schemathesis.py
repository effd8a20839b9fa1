"""Answers: does a live server of ours ever break, or answer what its document does not say? The small version, in the suite.

KEEL_FUZZ_CASES=10000 makes it large (`python -m tests.api.run_schemathesis --cases 10000`).
"""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from erp.core.models import User
from erp.core.roles import Role
from erp.core.services.api_key import api_key_create
from erp.core.services.event import event_relay
from tests.api.run_schemathesis import Found, operations, run_role, said, shortened
from tests.cast import NOW, Company, company_create, stock_in
from tests.fulfillment.goods import order_in

CASES = int(os.environ.get("KEEL_FUZZ_CASES", "0"))
SEED = int(os.environ.get("KEEL_FUZZ_SEED", "20260301"))
ROLES = ("olga", "pia", "ben", "fay", "cora", "ada", "rita")


def keys(company: Company) -> dict[str, str]:
    """A key per role, that nobody slows down."""
    return {
        str(Role(next(iter(user.roles)))): api_key_create(
            name=user.username, user=user, rate_per_minute=1_000_000, expires_at=timezone.now() + timedelta(days=1),
            actor=company.ada, at=timezone.now(),
        )[1]
        for user in User.objects.filter(username__in=ROLES).order_by("pk")
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_nothing_breaks_and_nothing_undocumented_is_answered(live_server: Any) -> None:
    company = company_create()
    stock_in(company, company.mug, 10_000, at=NOW)
    for _ in range(3):
        order_in(company, (company.mug, 2))
    event_relay()
    secrets, total = keys(company), Found()
    if not CASES:
        total = run_role(
            live_server.url, secrets[Role.ADMIN], examples=2, seed=SEED, phases="fuzzing,stateful",
            include="^/api/v1/(orders|events)$",
        )  # fmt: skip
        print(said("Administrator", total))
    else:
        # Fuzzing and stateful each send about as many as are asked for, per operation; the coverage phase sends its own.
        each = max(1, CASES // len(secrets) // operations(live_server.url) // 3)
        for role, secret in secrets.items():
            found = run_role(live_server.url, secret, examples=each, seed=SEED)
            print(said(role, found), flush=True)
            if found.failures:
                print(shortened(found.failures[0]), flush=True)
            total.add(found)
        print(said("all", total), flush=True)
    assert total.cases > 20
    assert total.broken == 0 and total.undocumented == [], total.undocumented[:20]
    assert [shortened(text) for text in total.failures] == []
