"""Answers: do two who write to one EDI partner at once ever take the same control number, or lose one in silence?"""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import transaction

from erp.core.models import OutboxMessage
from orders.channels.edi.profile import Profile
from orders.channels.edi.write import Controls
from orders.models import Connection, EdiInterchange
from orders.services import edi_write
from orders.services.connection import account_of
from orders.services.edi_write import InterchangeDraft, edi_connection_lock, edi_interchange_write
from tests.cast import NOW, Company, company_create
from tests.channels.edi_partner import partner
from tests.concurrency.test_stock_race import race

pytestmark = pytest.mark.django_db(transaction=True)
EACH = 8


def sender(company: Company, name: str, *, fails: bool = False) -> Callable[[], list[str]]:
    """Write `EACH` interchanges, each in its own transaction; with `fails` every other one is undone afterwards."""

    def compose(controls: Controls) -> str:
        return f"interchange {controls.interchange}, group {controls.group}"

    def write(number: int) -> str:
        with transaction.atomic():
            connection = edi_connection_lock("wholesale")
            profile = Profile.of(account_of(connection, at=NOW))
            draft = InterchangeDraft(f"{name}-{number}", "855 × 1", compose)
            row = edi_interchange_write(
                draft, connection=connection, profile=profile, actor=company.system, at=NOW
            )
            if fails and number % 2:
                transaction.set_rollback(True)
                return ""
        return row.control_number

    return lambda: [write(number) for number in range(EACH)]


def test_two_senders_share_one_gapless_series() -> None:
    company = company_create()
    partner(company)
    told = race(sender(company, "a"), sender(company, "b", fails=True))
    assert all(isinstance(one, list) for one in told), told
    kept = EdiInterchange.objects.filter(direction="OUT")
    numbers = sorted(int(number) for number in kept.values_list("control_number", flat=True))
    assert numbers == list(range(1, EACH + EACH // 2 + 1)), "what was undone gave its number back"
    groups = sorted(int(number) for number in kept.values_list("group_number", flat=True))
    assert groups == numbers
    said = [number for one in told for number in one if number]  # type: ignore[attr-defined]
    assert sorted(map(int, said)) == numbers, "each was told the number that it wrote"
    assert all(row.text == f"interchange {row.control_number}, group {row.group_number}" for row in kept)
    assert OutboxMessage.objects.filter(kind="orders.edi_deliver").count() == len(numbers)


def test_two_who_tell_the_same_write_it_once() -> None:
    company = company_create()
    partner(company)
    told = race(sender(company, "same"), sender(company, "same"))
    assert told[0] == told[1] == [str(number) for number in range(1, EACH + 1)]
    assert EdiInterchange.objects.filter(direction="OUT").count() == EACH


def test_control_a_number_that_is_read_and_written_is_taken_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    company = company_create()
    connection = partner(company)

    def read_then_write(connection_id: int, name: str) -> int:
        last = EdiInterchange.objects.filter(connection_id=connection_id, direction="OUT").count()
        both.wait(10)
        return last + 1

    both = threading.Barrier(2)
    monkeypatch.setattr(edi_write, "edi_number_take", read_then_write)
    profile = Profile.of(
        account_of(Connection.objects.select_related("channel").get(pk=connection.pk), at=NOW)
    )

    def write(name: str) -> Callable[[], str]:
        def act() -> str:
            draft = InterchangeDraft(name, "855 × 1", lambda controls: str(controls.interchange))
            row = edi_interchange_write(  # without the lock of the connection
                draft, connection=connection, profile=profile, actor=company.system, at=NOW
            )
            return row.control_number

        return act

    told = race(write("a"), write("b"))
    assert told[0] == told[1] or any(isinstance(one, Exception) for one in told), told
