"""Answers: which books do the ledger's tests keep? An empty default chart, the months of 2011, and three people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from erp.core.models import User
from erp.core.roles import Role
from erp.core.services.role import role_grant, role_sync
from ledger.models import AccountRole
from ledger.services import DraftLine, JournalDraft, chart_create, period_create_year, tie_out

AT = datetime(2011, 3, 10, 9, 30, tzinfo=UTC)
APRIL = datetime(2011, 4, 1, 8, 0, tzinfo=UTC)


def person(name: str, *roles: Role, limit: int = 0) -> User:
    """This function will return a user of that name who holds `roles`."""
    user = User.objects.create_user(username=name, password="correct-horse", approval_limit=limit)
    role_grant(user=user, roles=list(roles))
    return user


@pytest.fixture(autouse=True)
def own_tie_outs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Close with the ledger's own checks: these books have no documents for the apps above to look at."""
    own = {
        code: check
        for code, check in tie_out.TIE_OUTS.items()
        if check.function.__module__ == "ledger.tie_outs"
    }
    monkeypatch.setattr(tie_out, "TIE_OUTS", own)


@pytest.fixture
def fiona(db: None) -> User:
    """Fiona keeps the books and may approve up to 10,000."""
    role_sync()
    return person("fiona", Role.FINANCE, limit=10_000)


@pytest.fixture
def frank(fiona: User) -> User:
    """Frank is the second pair of eyes."""
    return person("frank", Role.FINANCE, limit=10_000)


@pytest.fixture
def books(fiona: User) -> User:
    """The default chart, the number series and the twelve months of 2011; the bookkeeper is handed back."""
    chart_create(actor=fiona, at=AT)
    period_create_year(year=2011, actor=fiona, at=AT)
    return fiona


def draft(
    *lines: tuple[AccountRole, str, str],
    day: date = date(2011, 3, 10),
    source_id: int = 1,
    **values: Any,
) -> JournalDraft:
    """This function will return a draft of (role, debit, credit) lines in base currency."""
    return JournalDraft(
        kind=values.pop("kind", "ledger.manual_entry"),
        source_type=values.pop("source_type", "ledger.ManualEntry"),
        source_id=source_id,
        posting_date=day,
        lines=[DraftLine(role, Decimal(debit), Decimal(credit)) for role, debit, credit in lines],
        **values,
    )


def sale(amount: str = "100.00", **values: Any) -> JournalDraft:
    """This function will return cash against revenue."""
    return draft((AccountRole.CASH, amount, "0"), (AccountRole.REVENUE, "0", amount), **values)


@contextmanager
def committed() -> Iterator[None]:
    """Run deferred triggers at the end of the block, as a commit would, inside the test's own transaction."""
    with transaction.atomic():
        yield
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")


@pytest.fixture
def statements(django_assert_num_queries: Any) -> Callable[..., Any]:
    """The number of statements that a block sends."""
    return django_assert_num_queries
