"""Do holds, cancellations and promises leave exactly the states and moves they say, and nothing when refused?"""

from __future__ import annotations

from datetime import timedelta

import pytest

from erp.core.errors import Conflict, IllegalTransition, InvalidInput, LostUpdate, NotFound
from fulfillment.services import fulfillment_release_many, fulfillment_ship_through_many
from orders.checks import HOLD_OWNERS
from orders.models import Allocation, AllocationRule, Hold, Order
from orders.services import (
    hold_open,
    hold_release_many,
    order_allocate_many,
    order_cancel,
    order_release_allocation,
)
from orders.states import derive_progress
from tests.cast import NOW, Company, stock_in
from tests.fulfillment.goods import order_in, promised
from tests.orders.evidence import LATER, moves, refused, rows, story
from tests.orders.test_allocate import level

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("proven")]


# --- holds ---
@pytest.mark.parametrize("kind", HOLD_OWNERS)
def test_a_hold_waits_a_day_for_the_role_that_owns_its_kind(company: Company, kind: str) -> None:
    order = order_in(company, (company.mug, 4))
    hold = hold_open(
        order_id=order.pk, kind=kind, reason="Look at it", evidence={"score": 7}, actor=company.cora, at=NOW
    )
    hold.refresh_from_db()
    order.refresh_from_db()
    assert (order.state, hold.state, hold.owner_role) == ("ON_HOLD", "OPEN", HOLD_OWNERS[kind])
    assert (hold.opened_at, hold.due_at, hold.evidence) == (NOW, NOW + timedelta(days=1), {"score": 7})
    assert story(hold) == [("orders.hold_open", "OPEN", "Look at it")]
    assert story(order)[0] == ("orders.hold_open", "ON_HOLD", "Look at it")
    assert moves(order, "orders.order_release_allocation") == []


def test_a_hold_gives_the_promise_back_and_its_release_lets_it_be_made_again(company: Company) -> None:
    stock_in(company, company.mug, 3)
    order = promised(company, (company.mug, 4))
    hold = hold_open(order_id=order.pk, kind="FRAUD", reason="Odd card", actor=company.cora, at=LATER)
    order.refresh_from_db()
    assert (order.state, order.needs_allocation) == ("ON_HOLD", True)
    assert moves(order, "orders.order_release_allocation") == [("NORTH", 3, "ALLOCATED", "AVAILABLE")]
    assert (level(company, "AVAILABLE"), level(company, "ALLOCATED")) == (3, 0)
    assert [(row.state, row.closed_at) for row in Allocation.objects.all()] == [("RELEASED", LATER)]
    assert order_allocate_many(order_ids=[order.pk], actor=company.olga, at=LATER) == []  # not while it waits
    released = hold_release_many(hold_ids=[hold.pk], reason="Card is fine", actor=company.cora, at=LATER)
    assert released == [order.pk]
    assert order_allocate_many(actor=company.olga, at=LATER) == [(order.pk, 3, 1)]


def test_an_order_goes_on_when_the_last_of_its_holds_is_released(company: Company) -> None:
    first, second = (order_in(company, (company.mug, 1)) for _ in range(2))
    tax, credit, other = (
        hold_open(order_id=order.pk, kind=kind, reason="Look", actor=company.cora, at=NOW).pk
        for order, kind in ((first, "TAX"), (first, "CREDIT"), (second, "TAX"))
    )
    released = hold_release_many(hold_ids=[other, tax], reason="Rate is right", actor=company.fay, at=LATER)
    assert released == [second.pk]
    first.refresh_from_db()
    assert first.state == "ON_HOLD"
    assert hold_release_many(hold_ids=[credit], reason="Paid", actor=company.fay, at=LATER) == [first.pk]
    hold = Hold.objects.get(pk=tax)
    assert (hold.state, hold.closed_at, hold.closed_by) == ("RELEASED", LATER, company.fay)
    assert hold.close_reason == "Rate is right"
    assert story(hold)[0] == ("orders.hold_release_many", "RELEASED", "Rate is right")
    assert story(first)[0] == ("orders.order_confirm", "CONFIRMED", "Paid")


def test_a_hold_is_refused_without_a_reason_twice_or_once_the_order_is_past_it(company: Company) -> None:
    def hold(order_id: int, reason: str = "Look", kind: str = "FRAUD") -> Hold:
        return hold_open(order_id=order_id, kind=kind, reason=reason, actor=company.cora, at=NOW)

    stock_in(company, company.mug, 9)
    held, released, shipped, cancelled = (promised(company, (company.mug, 2)) for _ in range(4))
    refused(InvalidInput, "reason", lambda: hold(held.pk, " \n"))
    refused(NotFound, "order", lambda: hold(10**9))
    hold(held.pk)
    refused(Conflict, "kind", lambda: hold(held.pk))
    assert hold(held.pk, kind="TAX").state == "OPEN"
    fulfillment_release_many(order_ids=[released.pk], actor=company.olga, at=NOW)
    fulfillment_ship_through_many(order_ids=[shipped.pk], carrier="DPD", actor=company.pia, at=NOW)
    order_cancel(order_id=cancelled.pk, reason="Changed mind", actor=company.cora, at=NOW)
    for order in (released, shipped, cancelled):
        refused(IllegalTransition, "state", lambda order=order: hold(order.pk))


def test_holds_are_released_all_or_none(company: Company) -> None:
    orders = [order_in(company, (company.mug, 1)) for _ in range(2)]
    closed, still_open = (
        hold_open(order_id=order.pk, kind="TAX", reason="Look", actor=company.cora, at=NOW).pk
        for order in orders
    )
    hold_release_many(hold_ids=[closed], reason="Fine", actor=company.fay, at=NOW)

    def release(*ids: int, reason: str = "Fine") -> list[int]:
        return hold_release_many(hold_ids=ids, reason=reason, actor=company.fay, at=NOW)

    refused(InvalidInput, "reason", lambda: release(still_open, reason=""))
    refused(NotFound, "hold", lambda: release(still_open, 10**9))
    refused(LostUpdate, "", lambda: release(still_open, closed))
    assert Hold.objects.get(pk=still_open).state == "OPEN"
    assert release() == []


# --- cancellation ---
def test_a_whole_order_on_hold_is_cancelled_with_its_hold(company: Company) -> None:
    order = order_in(company, (company.mug, 4), (company.lamp, 1))
    hold = hold_open(order_id=order.pk, kind="FRAUD", reason="Odd", actor=company.cora, at=NOW)
    assert order_cancel(order_id=order.pk, reason="It was fraud", actor=company.cora, at=LATER) == 5
    order.refresh_from_db()
    hold.refresh_from_db()
    assert (order.state, order.needs_allocation, order.total) == ("CANCELLED", False, 50)
    assert (hold.state, hold.close_reason) == ("REJECTED", "order cancelled: It was fraud")
    assert story(order)[0] == ("orders.order_cancel", "CANCELLED", "It was fraud")
    assert moves(order, "orders.order_cancel") == []


def test_what_nobody_promised_is_cancelled_first_and_the_promise_stays(company: Company) -> None:
    stock_in(company, company.mug, 3)
    order = promised(company, (company.mug, 5))
    line = order.lines.get()
    assert (
        order_cancel(order_id=order.pk, quantities={line.pk: 2}, reason="Fewer", actor=company.cora, at=LATER)
        == 2
    )
    order.refresh_from_db()
    line.refresh_from_db()
    assert (order.state, order.needs_allocation) == ("ALLOCATED", False)
    assert (line.quantity_allocated, line.quantity_cancelled) == (3, 2)
    assert derive_progress([line]) == ("partly cancelled",)
    assert moves(order, "orders.order_cancel") == []


def test_a_partial_cancellation_gives_the_newest_promise_back_first(company: Company) -> None:
    stock_in(company, company.mug, 2)
    stock_in(company, company.mug, 2, node=company.south)
    stock_in(company, company.lamp, 1)
    order = promised(company, (company.mug, 4), (company.lamp, 1))
    mugs, lamp = order.lines.order_by("position")
    assert order_cancel(order_id=order.pk, quantities={mugs.pk: 3, lamp.pk: 0}, reason="Fewer", actor=company.cora,
                        at=LATER) == 3  # fmt: skip
    assert moves(order, "orders.order_cancel") == [
        ("SOUTH", 2, "ALLOCATED", "AVAILABLE"), ("NORTH", 1, "ALLOCATED", "AVAILABLE"),
    ]  # fmt: skip
    left = Allocation.objects.filter(state="ACTIVE").order_by("pk")
    assert sorted(left.values_list("product__sku", "node__code", "quantity")) == [
        ("LAMP", "NORTH", 1), ("MUG", "NORTH", 1),
    ]  # fmt: skip
    order.refresh_from_db()
    assert (order.state, order.needs_allocation) == ("ALLOCATED", False)
    assert (level(company, "AVAILABLE"), level(company, "ALLOCATED")) == (3, 1)
    order_cancel(order_id=order.pk, reason="All of it", actor=company.cora, at=LATER)
    order.refresh_from_db()
    assert (order.state, level(company, "AVAILABLE"), level(company, "ALLOCATED")) == ("CANCELLED", 4, 0)


def test_the_rest_of_a_part_shipped_order_is_cancelled_and_the_order_counts_as_shipped(
    company: Company,
) -> None:
    stock_in(company, company.mug, 3)
    order = promised(company, (company.mug, 5))
    fulfillment_ship_through_many(order_ids=[order.pk], carrier="DPD", actor=company.pia, at=NOW)
    order.refresh_from_db()
    assert order.state == "RELEASED"
    assert order_cancel(order_id=order.pk, reason="No more of it", actor=company.cora, at=LATER) == 2
    order.refresh_from_db()
    assert (order.state, order.shipped_at, order.needs_allocation) == ("SHIPPED", LATER, False)
    assert order.amount_invoiced == 30


def test_a_cancellation_is_refused_beyond_what_is_left_and_once_picking_began(company: Company) -> None:
    def cancel(order: Order, reason: str = "Fewer", **quantities: dict[int, int]) -> int:
        return order_cancel(order_id=order.pk, reason=reason, actor=company.cora, at=NOW, **quantities)

    stock_in(company, company.mug, 3)
    order, other = promised(company, (company.mug, 5)), order_in(company, (company.mug, 1))
    line, stranger = order.lines.get(), other.lines.get()
    refused(InvalidInput, "reason", lambda: cancel(order, "  "))
    refused(NotFound, "order", lambda: cancel(Order(pk=10**9)))
    for quantities in ({line.pk: 6}, {line.pk: -1}, {stranger.pk: 1}, {line.pk: 1, stranger.pk: 1}):
        refused(InvalidInput, "quantities", lambda wanted=quantities: cancel(order, quantities=wanted))
    fulfillment_release_many(order_ids=[order.pk], actor=company.olga, at=NOW)
    error = refused(Conflict, "quantities", lambda: cancel(order))
    assert error.message == f"3 units of {order} are already being picked"
    refused(Conflict, "quantities", lambda: cancel(order, quantities={line.pk: 3}))
    line.refresh_from_db()
    assert (line.quantity_cancelled, line.quantity_allocated) == (0, 3)
    assert cancel(order, quantities={line.pk: 2}) == 2  # what nobody picks may still go
    assert cancel(other) == 1
    refused(Conflict, "order", lambda: cancel(other))


# --- promises ---
def test_a_promise_is_taken_back_and_the_order_waits_again(company: Company) -> None:
    stock_in(company, company.mug, 2)
    stock_in(company, company.mug, 2, node=company.south)
    order = promised(company, (company.mug, 4))
    assert order_release_allocation(order_id=order.pk, reason="For Carol", actor=company.olga, at=LATER) == 4
    order.refresh_from_db()
    assert (order.state, order.needs_allocation) == ("CONFIRMED", True)
    assert sorted(moves(order, "orders.order_release_allocation")) == [
        ("NORTH", 2, "ALLOCATED", "AVAILABLE"), ("SOUTH", 2, "ALLOCATED", "AVAILABLE"),
    ]  # fmt: skip
    assert story(order)[0] == ("orders.order_release_allocation", "CONFIRMED", "For Carol")
    before = rows()
    assert order_release_allocation(order_id=order.pk, reason="Again", actor=company.olga, at=LATER) == 0
    assert rows() == before
    order_allocate_many(order_ids=[order.pk], actor=company.olga, at=LATER)
    assert (order.decisions.count(), order.lines.get().quantity_allocated) == (2, 4)
    refused(
        NotFound, "order",
        lambda: order_release_allocation(order_id=10**9, reason="x", actor=company.olga, at=LATER),
    )  # fmt: skip


def test_what_the_floor_has_taken_up_stays_promised(company: Company) -> None:
    stock_in(company, company.mug, 3)
    order = promised(company, (company.mug, 5))
    fulfillment_release_many(order_ids=[order.pk], actor=company.olga, at=NOW)
    stock_in(company, company.mug, 2)
    order_allocate_many(order_ids=[order.pk], actor=company.olga, at=NOW)
    assert order_release_allocation(order_id=order.pk, reason="For Carol", actor=company.olga, at=LATER) == 2
    order.refresh_from_db()
    assert (order.state, order.needs_allocation, order.lines.get().quantity_allocated) == (
        "RELEASED",
        True,
        3,
    )


def test_nothing_is_promised_while_no_policy_is_in_force(company: Company) -> None:
    stock_in(company, company.mug, 3)
    order = order_in(company, (company.mug, 1))
    AllocationRule.objects.all().delete()
    refused(
        InvalidInput, "policy", lambda: order_allocate_many(order_ids=[order.pk], actor=company.olga, at=NOW)
    )
