"""Answers: where do the reports' tests get a company from that has really traded?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from erp.core.models import User
from erp.core.services.user import system_user
from erp.demo.run import Scope, replay_run
from reporting.services import rollup_refresh

FIRST_DAY, LAST_DAY = date(2011, 1, 5), date(2011, 1, 7)  # quiet days, with sales, credits and receipts


@dataclass(frozen=True)
class Traded:
    """The last days of the demo company's data, traded through the services up to today and left open."""

    first: date
    last: date

    @property
    def query(self) -> str:
        return f"from={self.first}&to={self.last}"

    def user(self, name: str) -> User:
        return User.objects.get(username=name)


@pytest.fixture(scope="package")
def traded(django_db_setup: Any, django_db_blocker: Any) -> Iterator[Traded]:
    """One replay for all tests of this folder, in a transaction that is undone; they only read."""
    with django_db_blocker.unblock(), transaction.atomic():
        shift = timezone.now().date() - LAST_DAY
        replay_run(
            Scope(first=FIRST_DAY, last=LAST_DAY, shift=shift, is_left_open=True),
            report=lambda done, total, message: None,
        )
        rollup_refresh(actor=system_user(), at=timezone.now())
        yield Traded(FIRST_DAY + shift, LAST_DAY + shift)
        transaction.set_rollback(True)
