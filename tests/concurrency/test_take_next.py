"""Answers: when two people take the next case at the same moment, does each get another one, and a double click act once?"""

from __future__ import annotations

import threading

import pytest
from django.db import transaction

from erp.core.models import ExceptionCase, Note
from erp.core.roles import Role
from erp.core.services.exception_desk import exception_escalate, exception_take_next
from erp.core.services.playbook import exception_play
from erp.core.services.user import system_user
from orders.models import Order
from orders.services import order_flag_late
from tests.cast import company_create
from tests.concurrency.test_work_claim import race
from tests.core.test_desk import AT, open_case
from tests.core.test_pages import person
from tests.fulfillment.goods import order_in

pytestmark = pytest.mark.django_db(transaction=True)


def test_six_people_take_six_different_cases() -> None:
    people = [person(f"p{number}", Role.OPERATIONS) for number in range(6)]
    cases = {open_case(subject=number, money=number) for number in range(6)}
    taken = race(6, lambda n: exception_take_next(roles={Role.OPERATIONS}, actor=people[n], at=AT))
    assert {case.pk for case in taken} == cases
    assert ExceptionCase.objects.filter(assignee=None).count() == 0


def test_the_control_without_the_lock_gives_two_people_the_same_case() -> None:
    people = [person(f"p{number}", Role.OPERATIONS) for number in range(2)]
    for number in range(2):
        open_case(subject=number)
    looked = threading.Barrier(2)

    def naive(number: int) -> int:
        with transaction.atomic():
            case = ExceptionCase.objects.filter(assignee=None).order_by("rank", "pk")[0]
            looked.wait(10)
            ExceptionCase.objects.filter(pk=case.pk).update(assignee=people[number])
        return case.pk

    first, second = race(2, naive)
    assert first == second


def test_a_case_escalates_once_however_many_look() -> None:
    open_case("SHORT_PICK")
    system = system_user()
    late = AT.replace(month=4)
    assert sum(race(4, lambda _: exception_escalate(actor=system, at=late))) == 1
    assert Note.objects.filter(body__startswith="Escalated").count() == 1


def test_a_button_pushed_by_two_at_once_acts_once() -> None:
    company = company_create()
    order = order_in(company, (company.mug, 3))
    order_flag_late(actor=company.system, at=order.ship_by.replace(year=2027))
    case = ExceptionCase.objects.get()
    results = race(
        3, lambda _: exception_play(case_id=case.pk, code="expedite", actor=company.olga, at=AT).said
    )
    assert sorted(type(result).__name__ for result in results) == ["Conflict", "Conflict", "str"]
    assert Order.objects.get().priority == 100
    assert Note.objects.filter(document_type="orders.Order").count() == 1
