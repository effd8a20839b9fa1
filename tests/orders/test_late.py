"""Answers: does an order that should have left have one case, until it has left or was cancelled?"""

from datetime import timedelta
from decimal import Decimal

import pytest

from erp.core.models import ExceptionCase
from erp.core.services.exception_case import exception_resolve
from orders.models import Order
from orders.services import order_allocate_many, order_cancel, order_flag_late
from tests.cast import stock_in
from tests.orders.test_allocate import AT, ordered

pytestmark = pytest.mark.django_db


@pytest.fixture
def late(company):
    """An order of four mugs and the moment just after it should have left."""
    stock_in(company, company.mug, 4, location=company.bins[0])
    (order,) = ordered(company, 4)
    order_allocate_many(order_ids=[order], actor=company.olga, at=AT)
    return order, Order.objects.get(pk=order).ship_by + timedelta(minutes=1)


def test_a_late_order_has_one_case_with_what_is_at_stake(company, late):
    order, after = late
    assert order_flag_late(actor=company.system, at=after - timedelta(minutes=2)) == 0
    for _ in range(2):
        assert order_flag_late(actor=company.system, at=after) == 1
    case = ExceptionCase.objects.get(kind="ORDER_LATE")
    assert (case.subject_id, case.occurrences, case.money_at_risk) == (str(order), 1, Decimal("10.00"))
    assert case.detail["state"] == "ALLOCATED"


def test_the_case_is_settled_when_nothing_is_left_to_send(company, late):
    order, after = late
    order_flag_late(actor=company.system, at=after)
    order_cancel(order_id=order, reason="Changed their mind", actor=company.olga, at=after)
    assert order_flag_late(actor=company.system, at=after) == 0
    assert ExceptionCase.objects.get(kind="ORDER_LATE").resolution == "orders.order_flag_late"


def test_what_a_person_has_settled_stays_quiet_for_a_day(company, late):
    _, after = late
    order_flag_late(actor=company.system, at=after)
    case = ExceptionCase.objects.get(kind="ORDER_LATE")
    exception_resolve(
        case_id=case.pk, resolution="manual", reason="Told them Friday.", actor=company.olga, at=after
    )
    assert order_flag_late(actor=company.system, at=after + timedelta(hours=23)) == 0
    assert order_flag_late(actor=company.system, at=after + timedelta(hours=25)) == 1
