"""What does every test of the orders app find: a way to log in, and a proof at its end where it asks for one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client

from tests.cast import Company, assert_proven
from tests.orders.desk import Login


@pytest.fixture
def as_(company: Company) -> Login:
    """Return a client that is logged in as the named member of the cast."""

    def log_in(name: str) -> Client:
        client = Client()
        client.force_login(getattr(company, name))
        return client

    return log_in


@pytest.fixture
def proven(company: Company) -> Iterator[None]:
    """Every scenario, whatever it tells, ends with all invariants proven."""
    yield
    assert_proven()
