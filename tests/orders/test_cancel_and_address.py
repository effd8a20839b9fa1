"""Is a cancellation counted by its reason, and does a changed address reach the goods only while it can?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from erp.core.errors import Conflict, InvalidInput, NotFound
from erp.core.models import StateChange
from fulfillment.services import fulfillment_cancel, fulfillment_release_many
from orders.models import CancelReason, Customer, Order, OrderChange
from orders.services import (
    CustomerDraft,
    LineCommand,
    OrderCommand,
    ShipTo,
    customer_save,
    order_cancel_preview,
    order_cancel_units,
    order_change_address,
    order_receive,
)
from orders.services.cancel import REASONS, cancel_reasons
from orders.services.change import Outdated, order_version
from tests.cast import NOW, Company, stock_in
from tests.fulfillment.goods import fulfillment_of, order_in, promised
from tests.orders.evidence import LATER, D, moves, refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("proven")]
HOME = ShipTo("Carol Customer", "1 High Street", "Leeds", "LS1 1AA", "GB")


# --- cancelling ---
def cancel(
    order: Order,
    company: Company,
    units: dict[int, int] | None,
    code: str = "OUT_OF_STOCK",
    version: str = "",
) -> int:
    found = order_cancel_units(
        order_id=order.pk,
        quantities=units,
        reason_code=code,
        remark="no more",
        version=version,
        actor=company.cora,
        at=LATER,
    )
    order.refresh_from_db()
    return found


def test_units_of_a_line_are_cancelled_and_counted_by_their_reason(company: Company) -> None:
    stock_in(company, company.mug, 5)
    order = promised(
        company,
        (company.mug, 5),
        (company.lamp, 2),
    )
    mug = order.lines.get(position=1)
    seen = order_cancel_preview(order_id=order.pk, quantities={mug.pk: 2})
    assert (seen.units, seen.units_back, seen.due_before, seen.due_after, seen.refund_due, seen.is_whole) == (
        2, 2, 70, 50, 0, False,
    )  # fmt: skip
    assert cancel(order, company, {mug.pk: 2}) == 2
    assert moves(order, "orders.order_cancel") == [("NORTH", 2, "ALLOCATED", "AVAILABLE")]
    change = OrderChange.objects.get()
    assert (change.kind, change.reason_code, change.reason) == (
        "CANCEL",
        "OUT_OF_STOCK",
        "Out of stock: no more",
    )
    assert change.changes == [{"what": "MUG cancelled", "old": "0", "new": "2"}]
    assert (change.total_before, change.total_after, order.state) == (70, 70, "ALLOCATED")
    assert order_cancel_preview(order_id=order.pk, quantities=None).is_whole
    assert cancel(order, company, None) == 5
    assert order.state == "CANCELLED"


def test_a_cancellation_that_can_not_be_is_refused_whole(company: Company) -> None:
    stock_in(company, company.mug, 2)
    order = promised(company, (company.mug, 2), (company.lamp, 1))
    mug, lamp = order.lines.order_by("position")
    refused(InvalidInput, "reason_code", lambda: cancel(order, company, None, "WHIM"))
    refused(InvalidInput, "quantities", lambda: cancel(order, company, {mug.pk: 0}))
    refused(InvalidInput, "quantities", lambda: cancel(order, company, {mug.pk: 3}))
    refused(
        InvalidInput, "quantities", lambda: order_cancel_preview(order_id=order.pk, quantities={mug.pk: 3})
    )
    refused(NotFound, "order", lambda: order_cancel_preview(order_id=10**9, quantities=None))
    version = order_version(order.pk)
    fulfillment_release_many(order_ids=[order.pk], actor=company.olga, at=NOW)
    refused(Outdated, "version", lambda: cancel(order, company, {lamp.pk: 1}, version=version))
    refused(Conflict, "quantities", lambda: cancel(order, company, {mug.pk: 1}))
    refused(Conflict, "quantities", lambda: order_cancel_preview(order_id=order.pk, quantities={mug.pk: 1}))
    assert cancel(order, company, {lamp.pk: 1}) == 1
    assert order.state == "RELEASED"


def test_reasons_are_data_once_somebody_keeps_a_list(company: Company) -> None:
    assert cancel_reasons() == REASONS
    CancelReason.objects.create(code="RECALL", label="Recalled by the maker")
    CancelReason.objects.create(code="OLD", label="Old", is_active=False)
    assert cancel_reasons() == {"RECALL": "Recalled by the maker"}
    order = order_in(company, (company.mug, 1))
    refused(InvalidInput, "reason_code", lambda: cancel(order, company, None, "OLD"))
    assert cancel(order, company, None, "RECALL") == 1


# --- address ---
def move(order: Order, company: Company, to: ShipTo, version: str = "") -> list[str]:
    found = order_change_address(
        order_id=order.pk, ship_to=to, reason="Moved house", version=version, actor=company.cora, at=LATER
    )
    order.refresh_from_db()
    return found


def test_an_address_changes_before_the_release_and_is_checked_again(company: Company) -> None:
    stock_in(company, company.mug, 2)
    order = promised(company, (company.mug, 2))
    assert move(order, company, replace(HOME, line1="9 Low Road", city="York")) == []
    assert (order.ship_to_line1, order.ship_to_city, order.state) == ("9 Low Road", "York", "ALLOCATED")
    assert OrderChange.objects.get().changes == [
        {"what": "ship to line1", "old": "1 High Street", "new": "9 Low Road"},
        {"what": "ship to city", "old": "Leeds", "new": "York"},
    ]
    assert move(order, company, replace(HOME, city="")) == ["ADDRESS"]
    assert (order.state, order.holds.get().reason) == ("ON_HOLD", "ship-to has no city")
    assert move(order, company, HOME) == []
    assert (order.state, order.holds.get().state) == ("CONFIRMED", "RELEASED")


def test_another_country_takes_the_promise_back(company: Company) -> None:
    stock_in(company, company.mug, 2)
    order = promised(company, (company.mug, 2))
    move(order, company, replace(HOME, city="Paris", postcode="75001", country="FR"))
    assert (order.state, order.needs_allocation, order.lines.get().quantity_allocated) == (
        "CONFIRMED",
        True,
        0,
    )


@pytest.mark.parametrize(("change", "field"), [
    ({}, "ship_to_line1"), ({"country": "gb"}, "ship_to_country"), ({"country": "G1"}, "ship_to_country"),
    ({"name": "x" * 121}, "ship_to_name"), ({"postcode": "x" * 21}, "ship_to_postcode"),
])  # fmt: skip
def test_an_address_that_can_not_be_is_named(company: Company, change: dict[str, str], field: str) -> None:
    order = order_in(company, (company.mug, 2))
    refused(InvalidInput, field, lambda: move(order, company, replace(HOME, **change)))


def test_on_the_floor_the_address_stays_until_the_fulfilment_is_recalled(company: Company) -> None:
    stock_in(company, company.mug, 2)
    order = promised(company, (company.mug, 2))
    version = order_version(order.pk)
    fulfillment_release_many(order_ids=[order.pk], actor=company.olga, at=NOW)
    to = replace(HOME, city="York")
    refused(Outdated, "version", lambda: move(order, company, to, version))
    refusal = refused(Conflict, "order", lambda: move(order, company, to))
    assert "Cancel its fulfilment orders" in refusal.remedy
    fulfillment_cancel(fulfillment_id=fulfillment_of(order).pk, reason="address", actor=company.olga, at=NOW)
    move(order, company, to)
    assert order.ship_to_city == "York"
    assert (
        StateChange.objects.filter(document_type="orders.Order", document_id=order.pk).latest("pk").to_state
        == "ALLOCATED"
    )


# --- what a customer always wants ---
@pytest.mark.parametrize(("rule", "most", "ordered", "expected"), [
    ("AS_ORDERED", None, False, False), ("AS_ORDERED", None, True, True), ("COMPLETE", None, False, True),
    ("PARTIAL", 3, True, False), ("PARTIAL", 1, False, True),
])  # fmt: skip
def test_a_customers_way_of_shipping_is_set_on_each_new_order(
    company: Company, rule: str, most: int | None, ordered: bool, expected: bool
) -> None:
    draft = CustomerDraft("C-B2B", "Shop", segment="BUSINESS", ships_complete=rule, max_shipments=most)
    customer_save(draft, actor=company.cora, at=NOW)
    command = OrderCommand(
        channel="wholesale", external_id="B-1", ordered_at=NOW, currency="GBP", body="b", customer_number="C-B2B",
        lines=[LineCommand("MUG", 1, D(10))], ship_to=HOME, ships_complete=ordered,
    )  # fmt: skip
    order = Order.objects.get(pk=order_receive(command, actor=company.system, at=NOW).order_id)
    assert (order.ships_complete, order.max_shipments) == (expected, most)


@pytest.mark.parametrize(
    ("change", "field"),
    [({"ships_complete": "NEVER"}, "ships_complete"), ({"max_shipments": 0}, "max_shipments")],
)
def test_a_way_of_shipping_that_is_none_is_refused(
    company: Company, change: dict[str, object], field: str
) -> None:
    draft = CustomerDraft("C-B2B", "Shop", **change)  # type: ignore[arg-type]
    refused(InvalidInput, field, lambda: customer_save(draft, actor=company.cora, at=NOW))
    assert not Customer.objects.filter(number="C-B2B").exists()
