"""Does a price below what was agreed need the right person, and is the order held until that person has decided?"""

from __future__ import annotations

from decimal import Decimal

import pytest

from erp.core.errors import Conflict, InvalidInput, NotFound, PermissionRefused
from erp.core.models import ApprovalPolicy, ApprovalRequest, User
from erp.core.services.approval import approval_decide
from orders.editing import Edit, LineAdd, LineEdit
from orders.models import Order, OrderChange, PendingEdit, PriceLimit
from orders.services import EditOutcome, order_cancel, order_edit, price_override_withdraw
from tests.cast import Company, stock_in
from tests.fulfillment.goods import order_in, promised
from tests.orders.evidence import LATER, D, refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("proven")]


@pytest.fixture
def limits(company: Company) -> Company:
    """Customer service may go 10 % and 5.00 below, beyond that operations decides."""
    PriceLimit.objects.create(role="CUSTOMER_SERVICE", max_percent=10, max_amount=5)
    ApprovalPolicy.objects.create(kind="orders.price_override", threshold=0, role="OPERATIONS")
    return company


def reprice(order: Order, price: str, actor: User, quantity: int | None = None) -> EditOutcome:
    line = order.lines.order_by("position").first()
    assert line is not None
    done = order_edit(
        order_id=order.pk,
        edit=Edit([LineEdit(line.pk, quantity, Decimal(price))]),
        reason="Loyal",
        actor=actor,
        at=LATER,
    )
    order.refresh_from_db()
    return done


def decide(request: ApprovalRequest, actor: User, *, approve: bool) -> None:
    approval_decide(request_id=request.pk, approve=approve, reason="Looked at it", actor=actor, at=LATER)


def test_within_the_limit_a_price_changes_at_once_and_the_agreed_one_is_remembered(limits: Company) -> None:
    order = order_in(limits, (limits.mug, 5, "10.00", "10.00"))
    done = reprice(order, "9.00", limits.cora)
    line = order.lines.get()
    assert (done.approval, line.unit_price, line.unit_price_agreed, line.tax_amount) == (None, 9, 10, 9)
    assert (order.total, order.state, ApprovalRequest.objects.count()) == (54, "CONFIRMED", 0)


@pytest.mark.parametrize("price", ["8.99", "8.90"])
def test_beyond_the_limit_the_order_waits_at_its_old_price(limits: Company, price: str) -> None:
    stock_in(limits, limits.mug, 9)
    order = promised(limits, (limits.mug, 4))
    done = reprice(order, price, limits.cora)
    assert done.approval is not None and done.change_id is None
    assert (order.total, order.state, order.lines.get().unit_price) == (40, "ON_HOLD", 10)
    assert (done.approval.role, done.approval.amount) == ("OPERATIONS", (10 - D(price)) * 4)
    assert list(order.holds.values_list("kind", "state")) == [("PRICE", "OPEN")]
    assert not OrderChange.objects.exists()


def test_an_approved_override_is_applied_and_the_order_goes_on(limits: Company) -> None:
    order = order_in(limits, (limits.mug, 4))
    request = reprice(order, "7.50", limits.cora).approval
    assert request is not None
    with pytest.raises(PermissionRefused, match="own work"):
        decide(request, limits.cora, approve=True)
    decide(request, limits.olga, approve=True)
    order.refresh_from_db()
    line = order.lines.get()
    assert (order.total, order.state, line.unit_price, line.unit_price_agreed) == (
        30,
        "CONFIRMED",
        D("7.5"),
        10,
    )
    change = OrderChange.objects.get()
    assert (change.actor, change.approval, change.reason) == (limits.cora, request, "Loyal")
    assert change.approval.decided_by == limits.olga
    assert list(order.holds.values_list("kind", "state")) == [("PRICE", "RELEASED")]


def test_a_rejected_override_leaves_the_old_price_and_lets_the_order_go(limits: Company) -> None:
    order = order_in(limits, (limits.mug, 4))
    request = reprice(order, "1.50", limits.cora).approval
    assert request is not None
    decide(request, limits.olga, approve=False)
    order.refresh_from_db()
    assert (order.total, order.state, order.lines.get().unit_price_agreed) == (40, "CONFIRMED", None)
    assert not OrderChange.objects.exists()


def test_the_maker_takes_a_request_back_and_nobody_else_does(limits: Company) -> None:
    order = order_in(limits, (limits.mug, 4))

    def withdraw(actor: User, reason: str = "Wrong line") -> None:
        price_override_withdraw(order_id=order.pk, reason=reason, actor=actor, at=LATER)

    refused(NotFound, "order", lambda: withdraw(limits.cora))
    reprice(order, "1.50", limits.cora)
    refused(PermissionRefused, "actor", lambda: withdraw(limits.olga))
    refused(InvalidInput, "reason", lambda: withdraw(limits.cora, " "))
    withdraw(limits.cora)
    order.refresh_from_db()
    assert (order.state, order.total, ApprovalRequest.objects.get().state) == ("CONFIRMED", 40, "WITHDRAWN")


def test_while_one_waits_nothing_else_is_changed(limits: Company) -> None:
    order = order_in(limits, (limits.mug, 4))
    reprice(order, "1.50", limits.cora)
    refused(Conflict, "order", lambda: reprice(order, "9.90", limits.cora))
    assert PendingEdit.objects.count() == 1


def test_small_overrides_add_up(limits: Company) -> None:
    order = order_in(limits, (limits.mug, 5))
    assert reprice(order, "9.20", limits.cora).approval is None  # 4.00 given away
    assert reprice(order, "9.20", limits.cora, quantity=6).approval is None  # 4.80
    assert reprice(order, "9.10", limits.cora).approval is not None  # 5.40


def test_a_line_added_below_its_price_is_an_override_and_a_dearer_price_is_none(limits: Company) -> None:
    order = order_in(limits, (limits.mug, 5))
    assert reprice(order, "12.00", limits.cora).approval is None
    assert order.lines.get().unit_price_agreed is None
    draft = Edit(added=[LineAdd("LAMP", 1, D("4.00"))])
    done = order_edit(order_id=order.pk, edit=draft, reason="Sale", actor=limits.cora, at=LATER)
    assert done.approval is not None and done.approval.amount == 6


def test_an_edit_that_gives_nothing_more_away_needs_no_second_approval(limits: Company) -> None:
    order = order_in(limits, (limits.mug, 4))
    request = reprice(order, "5.00", limits.cora).approval
    assert request is not None
    decide(request, limits.olga, approve=True)
    assert reprice(order, "5.00", limits.cora, quantity=3).approval is None
    assert reprice(order, "5.00", limits.cora, quantity=4).approval is not None


def test_beyond_the_limit_with_nobody_to_decide_is_refused(company: Company) -> None:
    order = order_in(company, (company.mug, 4))
    refused(Conflict, "lines", lambda: reprice(order, "9.99", company.cora))


def test_an_order_cancelled_meanwhile_can_only_be_rejected(limits: Company) -> None:
    order = order_in(limits, (limits.mug, 4))
    request = reprice(order, "5.00", limits.cora).approval
    assert request is not None
    order_cancel(order_id=order.pk, reason="x", actor=limits.cora, at=LATER)
    refused(Conflict, "order", lambda: decide(request, limits.olga, approve=True))
    decide(request, limits.olga, approve=False)
    order.refresh_from_db()
    assert (order.state, order.total) == ("CANCELLED", 40)
