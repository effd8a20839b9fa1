"""Does an edit change exactly what it says, to the cent and to the unit, and nothing at all when it is refused?"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from erp.core.errors import Conflict, InvalidInput, NotFound
from erp.core.models import ExceptionCase
from fulfillment.services import fulfillment_release_many
from orders.editing import Edit, LineAdd, LineEdit
from orders.models import Hold, Order, OrderChange
from orders.services import (
    LineCommand,
    OrderCommand,
    PaymentCommand,
    ShipTo,
    order_cancel,
    order_edit,
    order_edit_preview,
    order_pay_back,
    order_receive,
)
from orders.services.change import Outdated, order_version
from tests.cast import NOW, Company, stock_in
from tests.fulfillment.goods import order_in, promised
from tests.orders.evidence import LATER, D, moves, refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("proven")]


def edit(
    order: Order, company: Company, *lines: LineEdit, added: tuple[LineAdd, ...] = (), **header: Any
) -> Any:
    done = order_edit(
        order_id=order.pk,
        edit=Edit(lines, added, header),
        reason="Customer rang",
        actor=company.cora,
        at=LATER,
    )
    order.refresh_from_db()
    return done


def figures(order: Order) -> list[tuple[Any, ...]]:
    """The order's lines: (sku, ordered, allocated, cancelled, price, total, tax)."""
    return list(
        order.lines.order_by("position").values_list(
            "product__sku", "quantity_ordered", "quantity_allocated", "quantity_cancelled", "unit_price", "line_total",
            "tax_amount",
        )
    )  # fmt: skip


def paid_order(company: Company, units: int = 4, price: str = "10.00", tax: str = "8.00") -> Order:
    """An order of the prepaid web shop, paid in full."""
    amount = D(price) * units + D(tax)
    received = order_receive(
        OrderCommand(
            channel="web", external_id="W-1", ordered_at=NOW, currency="GBP", body="raw", customer_number="C-CAROL",
            lines=[LineCommand("MUG", units, D(price), tax_amount=D(tax))], payment=PaymentCommand("card", "p-1", amount),
            ship_to=ShipTo("Carol", "1 High Street", "Leeds", "LS1 1AA", "GB"),
        ),
        actor=company.system, at=NOW,
    )  # fmt: skip
    assert received.error is None
    return Order.objects.get(pk=received.order_id)


def test_units_go_down_and_up_with_tax_at_the_lines_own_rate(company: Company) -> None:
    stock_in(company, company.mug, 10)
    order = promised(company, (company.mug, 7, "3.33", "4.66"), (company.lamp, 2, "5.00", "1.00"))
    mug, lamp = order.lines.order_by("position")
    done = edit(order, company, LineEdit(mug.pk, 3), LineEdit(lamp.pk, 5))
    assert figures(order) == [
        ("MUG", 3, 3, 0, D("3.33"), D("9.99"), D("2.00")),  # 4.66 × 9.99 ÷ 23.31 = 1.997…
        ("LAMP", 5, 0, 0, D("5.00"), D("25.00"), D("2.50")),
    ]
    assert (order.goods_total, order.tax_total, order.total) == (D("34.99"), D("4.50"), D("39.49"))
    assert (done.units_back, order.state, order.needs_allocation) == (4, "ALLOCATED", True)
    assert moves(order, "orders.order_edit") == [("NORTH", 4, "ALLOCATED", "AVAILABLE")]
    change = OrderChange.objects.get(order=order)
    assert (change.number, change.kind, change.reason, change.actor, change.at) == (
        1, "EDIT", "Customer rang", company.cora, LATER,
    )  # fmt: skip
    assert (change.total_before, change.total_after) == (D("38.97"), D("39.49"))
    assert change.changes == [
        {"what": "MUG units", "old": "7", "new": "3"}, {"what": "LAMP units", "old": "2", "new": "5"},
    ]  # fmt: skip


def test_a_line_is_added_and_another_taken_off(company: Company) -> None:
    stock_in(company, company.mug, 10)
    order = promised(company, (company.mug, 2, "10.00", "4.00"), (company.lamp, 1, "20.00", "4.00"))
    mug = order.lines.get(position=1)
    edit(order, company, LineEdit(mug.pk, 0), added=(LineAdd("cream", 3),))
    assert figures(order) == [
        ("MUG", 2, 0, 2, 0, 0, 0), ("LAMP", 1, 0, 0, D(20), D(20), D(4)),
        ("CREAM", 3, 0, 0, D(10), D(30), D(6)),
    ]  # fmt: skip
    assert (order.total, order.state, order.needs_allocation) == (D("60.00"), "CONFIRMED", True)
    refused(Conflict, "lines[1].quantity", lambda: edit(order, company, LineEdit(mug.pk, 1)))


def test_head_fields_are_edited_with_the_lines_and_the_old_ones_kept(company: Company) -> None:
    order = order_in(company, (company.mug, 2))
    day = order.ship_by + timedelta(days=2)
    edit(order, company, ship_by=day, priority=5, ships_complete=True, max_shipments=2, email="p@example.com",
         warehouse_note="Gift wrap")  # fmt: skip
    assert (order.ship_by, order.priority, order.ships_complete, order.max_shipments) == (day, 5, True, 2)
    assert (order.email, order.warehouse_note) == ("p@example.com", "Gift wrap")
    said = {row["what"]: (row["old"], row["new"]) for row in OrderChange.objects.get().changes}
    assert said["priority"] == ("0", "5") and said["ships complete"] == ("no", "yes")
    assert said["max shipments"] == ("none", "2") and said["warehouse note"] == ("none", "Gift wrap")


@pytest.mark.parametrize(("change", "kind", "field"), [
    ({"quantity": -1}, InvalidInput, "lines[1].quantity"), ({"quantity": 1_000_001}, InvalidInput, "lines[1].quantity"),
    ({"unit_price": D("-1")}, InvalidInput, "lines[1].unit_price"),
    ({"unit_price": D("NaN")}, InvalidInput, "lines[1].unit_price"),
    ({"unit_price": D("1.00001")}, InvalidInput, "lines[1].unit_price"), ({"quantity": 0}, InvalidInput, "lines"),
    ({}, InvalidInput, "lines"),
])  # fmt: skip
def test_a_line_that_can_not_be_spoils_the_whole_draft(
    company: Company, change: dict[str, Any], kind: type[Exception], field: str
) -> None:
    order = order_in(company, (company.mug, 2))
    line = order.lines.get()
    before = figures(order)
    refused(kind, field, lambda: edit(order, company, LineEdit(line.pk, **change)))  # type: ignore[arg-type]
    assert figures(order) == before and not OrderChange.objects.exists()


@pytest.mark.parametrize(("added", "field"), [
    (LineAdd("NOPE", 1), "added[1].sku"), (LineAdd("MUG", 0), "added[1].quantity"),
    (LineAdd("MUG", 1, D("-1")), "added[1].unit_price"), (LineAdd("MUG", 1, D(1), D(101)), "added[1].tax_rate"),
    (LineAdd("MUG", 1), "added[1].tax_rate"),
])  # fmt: skip
def test_a_line_that_can_not_be_added_names_its_field(company: Company, added: LineAdd, field: str) -> None:
    order = order_in(company, (company.mug, 2, "10.00", "4.00"), (company.lamp, 1, "20.00", "0"))
    refused(InvalidInput, field, lambda: edit(order, company, added=(added,), priority=3))
    order.refresh_from_db()
    assert (order.priority, order.lines.count()) == (0, 2)


@pytest.mark.parametrize(("header", "field"), [
    ({"ship_by": NOW - timedelta(days=9)}, "ship_by"), ({"priority": 101}, "priority"), ({"max_shipments": 0}, "max_shipments"),
    ({"email": "pat@"}, "email"), ({"warehouse_note": "x" * 501}, "warehouse_note"), ({"total": D(1)}, "total"),
])  # fmt: skip
def test_a_head_field_that_can_not_be_is_named(company: Company, header: dict[str, Any], field: str) -> None:
    order = order_in(company, (company.mug, 2))
    refused(InvalidInput, field, lambda: edit(order, company, **header))


def test_a_reason_a_known_order_and_a_line_of_its_own_are_needed(company: Company) -> None:
    order, other = order_in(company, (company.mug, 2)), order_in(company, (company.lamp, 2))
    line = other.lines.get()
    refused(InvalidInput, "lines", lambda: edit(order, company, LineEdit(line.pk, 1)))
    draft = Edit(header={"priority": 1})
    refused(
        InvalidInput,
        "reason",
        lambda: order_edit(order_id=order.pk, edit=draft, reason=" ", actor=company.cora, at=NOW),
    )
    refused(
        NotFound,
        "order",
        lambda: order_edit(order_id=10**9, edit=draft, reason="x", actor=company.cora, at=NOW),
    )


def test_what_is_on_the_floor_stays_and_the_rest_may_change(company: Company) -> None:
    stock_in(company, company.mug, 2)
    order = promised(company, (company.mug, 2), (company.lamp, 3))
    fulfillment_release_many(order_ids=[order.pk], actor=company.olga, at=NOW)
    order.refresh_from_db()
    assert order.state == "RELEASED"
    mug, lamp = order.lines.order_by("position")
    refused(Conflict, "lines[1].quantity", lambda: edit(order, company, LineEdit(mug.pk, 1)))
    refused(Conflict, "ships_complete", lambda: edit(order, company, ships_complete=True))
    edit(order, company, LineEdit(lamp.pk, 1), warehouse_note="Ring first")
    assert [row[1] for row in figures(order)] == [2, 1]
    assert (order.state, order.total, order.warehouse_note) == ("RELEASED", D("30.00"), "Ring first")


def test_a_cancelled_order_is_not_edited(company: Company) -> None:
    order = order_in(company, (company.mug, 2))
    order_cancel(order_id=order.pk, reason="x", actor=company.cora, at=NOW)
    refused(Conflict, "order", lambda: edit(order, company, priority=2))


def test_an_outdated_form_is_refused_and_told_what_happened(company: Company) -> None:
    stock_in(company, company.mug, 2)
    order = order_in(company, (company.mug, 2))
    version = order_version(order.pk)
    edit(order, company, priority=2)
    late = Edit(header={"priority": 9}, version=version)

    def save() -> object:
        return order_edit(order_id=order.pk, edit=late, reason="x", actor=company.olga, at=LATER)

    refusal = refused(Outdated, "version", save)
    assert refusal.detail["meanwhile"] == ["cora: priority 0 → 2"]
    order.refresh_from_db()
    assert order.priority == 2
    now = order_version(order.pk)
    order_cancel(
        order_id=order.pk, quantities={order.lines.get().pk: 1}, reason="one", actor=company.cora, at=NOW
    )
    assert order_version(order.pk) != now


def test_a_promise_made_meanwhile_does_not_outdate_a_form(company: Company) -> None:
    from orders.services import order_allocate_many

    stock_in(company, company.mug, 2)
    order = order_in(company, (company.mug, 2))
    version = order_version(order.pk)
    order_allocate_many(order_ids=[order.pk], actor=company.olga, at=NOW)
    assert order_version(order.pk) == version


# --- what it means for the money ---
def test_a_prepaid_order_that_becomes_dearer_waits_for_the_difference(company: Company) -> None:
    stock_in(company, company.mug, 9)
    order = paid_order(company)
    done = edit(order, company, LineEdit(order.lines.get().pk, 5))
    assert (order.total, order.amount_paid, order.state, done.holds) == (
        D("60.00"),
        D("48.00"),
        "ON_HOLD",
        ["PAYMENT"],
    )
    hold = Hold.objects.get(order=order)
    assert (hold.kind, hold.reason, hold.evidence) == (
        "PAYMENT",
        "48.00 of 60.00 paid",
        {"total": "60.00", "paid": "48.00"},
    )
    edit(order, company, LineEdit(order.lines.get().pk, 4))  # and back: the check passes again
    hold.refresh_from_db()
    assert (order.state, hold.state, order.total) == ("CONFIRMED", "RELEASED", D("48.00"))


def test_a_prepaid_order_that_becomes_cheaper_is_owed_until_it_is_paid_back(company: Company) -> None:
    order = paid_order(company)
    line = order.lines.get()
    preview = order_edit_preview(
        order_id=order.pk, edit=Edit([LineEdit(line.pk, 3)]), actor=company.cora, at=LATER
    )
    assert (preview.refund_due, preview.plan.total, preview.holds) == (D("12.00"), D("36.00"), [])
    order.refresh_from_db()
    assert order.total == 48  # looking changes nothing
    done = edit(order, company, LineEdit(line.pk, 3))
    case = ExceptionCase.objects.get(kind="REFUND_DUE")
    assert (done.refund_due, case.money_at_risk, case.subject_id, case.state) == (
        12,
        12,
        str(order.pk),
        "OPEN",
    )

    def pay(amount: str, reference: str = "re-1") -> int:
        return order_pay_back(
            order_id=order.pk,
            provider="card",
            provider_ref=reference,
            amount=D(amount),
            actor=company.fay,
            at=LATER,
        )

    refused(InvalidInput, "amount", lambda: pay("12.01"))
    refused(InvalidInput, "provider_ref", lambda: pay("1", " "))
    pay("5.00")
    case.refresh_from_db()
    assert case.state == "OPEN"
    pay("7.00", "re-2")
    case.refresh_from_db()
    order.refresh_from_db()
    assert (case.state, case.resolution, order.amount_refunded) == (
        "RESOLVED",
        "orders.refund_due_settle",
        12,
    )


def test_units_cancelled_of_a_paid_order_are_owed_too(company: Company) -> None:
    order = paid_order(company)
    order_cancel(
        order_id=order.pk, quantities={order.lines.get().pk: 1}, reason="x", actor=company.cora, at=NOW
    )
    assert ExceptionCase.objects.get(kind="REFUND_DUE").money_at_risk == 12
    order_cancel(order_id=order.pk, reason="x", actor=company.cora, at=NOW)
    assert ExceptionCase.objects.get(kind="REFUND_DUE").money_at_risk == 48


def test_a_discount_larger_than_what_is_left_is_refused(company: Company) -> None:
    from orders.services import ChargeCommand

    order = order_in(
        company, (company.mug, 4), (company.lamp, 1), charges=(ChargeCommand("DISCOUNT", D("-30")),)
    )
    mug = order.lines.get(position=1)
    refused(Conflict, "lines", lambda: edit(order, company, LineEdit(mug.pk, 0)))
