"""Whatever people do to one order, in whatever order, is every invariant kept after each step?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from erp.core.errors import KeelError
from erp.core.models import ApprovalPolicy, ApprovalRequest
from erp.core.services.approval import approval_decide
from fulfillment.services import fulfillment_cancel, fulfillment_release_many
from orders.editing import Edit, LineAdd, LineEdit
from orders.models import Order, OrderLine, Substitution
from orders.services import (
    hold_open,
    hold_release,
    order_allocate_many,
    order_cancel_units,
    order_edit,
    order_line_substitute,
    order_merge,
    order_release_allocation,
)
from orders.services.refund_due import amount_due
from tests.cast import NOW, Company, assert_proven, stock_in
from tests.orders.evidence import D
from tests.orders.test_merge import web_order

pytestmark = pytest.mark.django_db

_small, _line = st.integers(0, 6), st.integers(0, 3)
STEPS = st.one_of(
    st.tuples(st.just("units"), _line, _small),
    st.tuples(st.just("price"), _line, st.sampled_from(["0.00", "3.33", "9.99", "12.5001"])),
    st.tuples(st.just("add"), st.sampled_from(["MUG", "LAMP"]), _small),
    st.tuples(st.just("cancel"), _line, _small),
    st.tuples(st.just("substitute"), _line, _small),
    st.tuples(
        st.sampled_from(
            ["allocate", "unallocate", "release", "recall", "hold", "let go", "approve", "reject", "merge"]
        )
    ),
)


def act(company: Company, order: Order, other: Order, step: tuple[Any, ...]) -> None:
    """Do one step as a person would; KeelError when it is refused."""
    cora, olga, at = company.cora, company.olga, NOW + timedelta(minutes=5)
    lines = list(OrderLine.objects.filter(order=order).order_by("position"))
    line = lines[step[1] % len(lines)] if len(step) > 1 and isinstance(step[1], int) else lines[0]
    why = {"reason": "x", "actor": cora, "at": at}

    def decide(approve: bool) -> None:
        for request in ApprovalRequest.objects.filter(state="PENDING"):
            approval_decide(request_id=request.pk, approve=approve, reason="x", actor=olga, at=at)

    def release_hold() -> None:
        for hold in order.holds.filter(state="OPEN").exclude(kind="PRICE"):
            hold_release(hold_id=hold.pk, **why)

    def recall() -> None:
        for found in order.fulfillments.exclude(state="CANCELLED"):
            fulfillment_cancel(fulfillment_id=found.pk, **why)

    acts: dict[str, Callable[[], object]] = {
        "units": lambda: order_edit(order_id=order.pk, edit=Edit([LineEdit(line.pk, step[2])]), **why),
        "price": lambda: order_edit(
            order_id=order.pk, edit=Edit([LineEdit(line.pk, None, D(step[2]))]), **why
        ),
        "add": lambda: order_edit(order_id=order.pk, edit=Edit(added=[LineAdd(step[1], step[2])]), **why),
        "cancel": lambda: order_cancel_units(
            order_id=order.pk, quantities={line.pk: step[2]}, reason_code="OTHER", actor=cora, at=at
        ),
        "substitute": lambda: order_line_substitute(
            line_id=line.pk, substitute_product_id=company.lamp.pk, quantity=step[2], **why
        ),
        "allocate": lambda: order_allocate_many(order_ids=[order.pk], actor=olga, at=at),
        "unallocate": lambda: order_release_allocation(order_id=order.pk, **why),
        "release": lambda: fulfillment_release_many(order_ids=[order.pk], actor=olga, at=at),
        "recall": recall,
        "hold": lambda: hold_open(order_id=order.pk, kind="MANUAL", **why),
        "let go": release_hold,
        "approve": lambda: decide(True),
        "reject": lambda: decide(False),
        "merge": lambda: order_merge(order_ids=[other.pk], target_id=order.pk, **why),
    }
    acts[step[0]]()


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, min_size=2, max_size=8))
def test_whatever_is_done_to_an_order_every_invariant_holds(
    company: Company, steps: list[tuple[Any, ...]]
) -> None:
    with transaction.atomic():
        ApprovalPolicy.objects.get_or_create(
            kind="orders.price_override", defaults={"threshold": 0, "role": "OPERATIONS"}
        )
        Substitution.objects.create(product=company.mug, substitute=company.lamp, needs_agreement=False)
        stock_in(company, company.mug, 5)
        stock_in(company, company.lamp, 3)
        order, other = web_order(company, 1, 4, "3.00"), web_order(company, 2, 1, "4.50")
        paid = order.amount_paid + other.amount_paid
        for step in steps:
            try:
                with transaction.atomic():
                    act(company, order, other, step)
            except KeelError as refusal:
                assert refusal.remedy, (step, refusal)
            assert_proven()
        order.refresh_from_db()
        other.refresh_from_db()
        assert order.amount_paid + other.amount_paid == paid
        assert 0 <= amount_due(order) <= order.total
        transaction.set_rollback(True)
