"""Answers: how does a test log in by a person's name?"""

from collections.abc import Callable

import pytest
from django.test import Client

from tests.cast import Company


@pytest.fixture
def as_(company: Company) -> Callable[[str], Client]:
    """Return a function that gives a client logged in as that person."""

    def log_in(name: str) -> Client:
        client = Client()
        client.force_login(getattr(company, name))
        return client

    return log_in
