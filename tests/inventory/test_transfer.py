"""Is stock between two nodes always somewhere?"""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from erp.core.errors import IllegalTransition, InvalidInput
from erp.core.models import ApprovalPolicy, ApprovalRequest, ExceptionCase
from erp.core.services.approval import approval_decide
from inventory.models import Adjustment, BinStock, StockEvent, StockLevel, Transfer, TransferLine
from inventory.selectors import atp_query
from inventory.services import (
    InsufficientStock,
    TransferLineDraft,
    TransferReceipt,
    bin_allocate_many,
    transfer_cancel,
    transfer_create,
    transfer_receive,
    transfer_ship,
    transfer_write_off,
)
from inventory.services.stock import BinChoice
from tests.cast import NOW, Company, assert_proven, stock_in
from tests.factories import LotFactory

FRIDAY = date(2026, 3, 6)


def create(company: Company, quantity: int = 6, **fields: object) -> Transfer:
    return transfer_create(
        from_node_id=company.north.pk, to_node_id=company.south.pk,
        lines=[TransferLineDraft(fields.pop("product", company.mug).pk, quantity, **fields)],
        expected_date=FRIDAY, actor=company.olga, at=NOW,
    )  # fmt: skip


def levels(company: Company) -> dict[tuple[str, str], int]:
    rows = StockLevel.objects.filter(product=company.mug, quantity__gt=0).select_related("node")
    return {(row.node.code, row.status): row.quantity for row in rows}


def receive(company: Company, transfer: Transfer, quantity: int) -> int:
    line = TransferLine.objects.filter(transfer=transfer).first()
    receipt = TransferReceipt(line.pk, quantity, company.south_bins[0].pk)
    return transfer_receive(transfer_id=transfer.pk, receipts=[receipt], actor=company.pia, at=NOW)


def test_shipped_and_received_in_full(company: Company) -> None:
    stock_in(company, company.mug, 10)
    transfer = create(company)
    assert levels(company) == {("NORTH", "AVAILABLE"): 10}
    transfer_ship(transfer_id=transfer.pk, actor=company.pia, at=NOW)
    assert levels(company) == {("NORTH", "AVAILABLE"): 4, ("SOUTH", "IN_TRANSIT"): 6}
    assert_proven()
    receive(company, transfer, 6)
    assert levels(company) == {("NORTH", "AVAILABLE"): 4, ("SOUTH", "AVAILABLE"): 6}
    assert BinStock.objects.get(location=company.south_bins[0]).quantity == 6
    transfer.refresh_from_db()
    assert transfer.state == "RECEIVED"
    assert not ExceptionCase.objects.exists()
    assert_proven()


def test_what_is_missing_stays_in_transit_under_a_case_and_may_still_arrive(company: Company) -> None:
    stock_in(company, company.mug, 10, unit_cost=4)
    transfer = create(company)
    transfer_ship(transfer_id=transfer.pk, actor=company.pia, at=NOW)
    receive(company, transfer, 4)
    case = ExceptionCase.objects.get()
    assert (case.kind, case.subject_id, case.money_at_risk) == (
        "TRANSFER_SHORT",
        str(transfer.pk),
        Decimal(8),
    )
    transfer.refresh_from_db()
    assert transfer.state == "IN_TRANSIT"
    assert levels(company)["SOUTH", "IN_TRANSIT"] == 2
    receive(company, transfer, 2)
    transfer.refresh_from_db()
    assert transfer.state == "RECEIVED"
    case.refresh_from_db()
    assert (case.state, case.resolution) == ("RESOLVED", "inventory.transfer_receive")
    assert_proven()


def test_more_than_was_sent_can_not_arrive(company: Company) -> None:
    stock_in(company, company.mug, 10)
    transfer = create(company)
    transfer_ship(transfer_id=transfer.pk, actor=company.pia, at=NOW)
    with pytest.raises(InvalidInput) as refusal:
        receive(company, transfer, 7)
    assert refusal.value.field == "quantity"
    assert levels(company)["SOUTH", "IN_TRANSIT"] == 6


def test_a_write_off_ends_the_transfer_and_costs_money(company: Company) -> None:
    stock_in(company, company.mug, 10, unit_cost=4)
    transfer = create(company)
    transfer_ship(transfer_id=transfer.pk, actor=company.pia, at=NOW)
    receive(company, transfer, 5)
    adjustment = transfer_write_off(
        transfer_id=transfer.pk, reason="fell off the lorry", actor=company.pia, at=NOW
    )
    assert (adjustment.state, adjustment.value) == ("POSTED", Decimal(-4))
    transfer.refresh_from_db()
    assert transfer.state == "RECEIVED"
    line = TransferLine.objects.get(transfer=transfer)
    assert (line.quantity, line.quantity_received, line.quantity_lost) == (6, 5, 1)
    assert ("SOUTH", "IN_TRANSIT") not in levels(company)
    assert_proven()


def test_a_large_write_off_waits_and_the_transfer_with_it(company: Company) -> None:
    stock_in(company, company.mug, 10, unit_cost=4)
    ApprovalPolicy.objects.create(kind="inventory.adjustment_post", threshold=Decimal(20), role="OPERATIONS")
    transfer = create(company)
    transfer_ship(transfer_id=transfer.pk, actor=company.pia, at=NOW)
    transfer_write_off(transfer_id=transfer.pk, reason="lorry burnt", actor=company.pia, at=NOW)
    transfer.refresh_from_db()
    assert transfer.state == "IN_TRANSIT"
    with pytest.raises(InvalidInput):
        transfer_write_off(transfer_id=transfer.pk, reason="again", actor=company.pia, at=NOW)
    assert Adjustment.objects.filter(reason="LOST").count() == 1
    request = ApprovalRequest.objects.get()
    approval_decide(request_id=request.pk, approve=True, reason="seen", actor=company.olga, at=NOW)
    transfer.refresh_from_db()
    assert transfer.state == "RECEIVED"
    assert_proven()


def test_a_short_transfer_does_not_leave(company: Company) -> None:
    stock_in(company, company.mug, 5)
    transfer = create(company)
    with pytest.raises(InsufficientStock) as refusal:
        transfer_ship(transfer_id=transfer.pk, actor=company.pia, at=NOW)
    assert refusal.value.detail["shortages"][0]["there"] == 5
    transfer.refresh_from_db()
    assert transfer.state == "DRAFT"
    assert levels(company) == {("NORTH", "AVAILABLE"): 5}


def test_units_that_pick_tasks_took_up_do_not_travel(company: Company) -> None:
    stock_in(company, company.mug, 8)
    bin_allocate_many([BinChoice(BinStock.objects.get().pk, 3)])
    with pytest.raises(InsufficientStock):
        transfer_ship(transfer_id=create(company).pk, actor=company.pia, at=NOW)
    assert levels(company) == {("NORTH", "AVAILABLE"): 8}


def test_lots_that_expire_first_travel_first_and_split_the_line(company: Company) -> None:
    soon = LotFactory(product=company.cream, expiry_date=NOW.date() + timedelta(days=10))
    later = LotFactory(product=company.cream, expiry_date=NOW.date() + timedelta(days=90))
    gone = LotFactory(product=company.cream, expiry_date=NOW.date() - timedelta(days=1))
    for lot, place in ((later, 0), (soon, 1), (gone, 2)):
        stock_in(company, company.cream, 4, location=company.bins[place], lot_id=lot.pk)
    transfer = create(company, product=company.cream)
    transfer_ship(transfer_id=transfer.pk, actor=company.pia, at=NOW)
    lines = TransferLine.objects.filter(transfer=transfer).order_by("pk")
    assert [(line.lot_id, line.quantity) for line in lines] == [(soon.pk, 4), (later.pk, 2)]
    assert_proven()


def test_shipping_twice_is_refused(company: Company) -> None:
    stock_in(company, company.mug, 20)
    transfer = create(company)
    transfer_ship(transfer_id=transfer.pk, actor=company.pia, at=NOW)
    with pytest.raises(IllegalTransition):
        transfer_ship(transfer_id=transfer.pk, actor=company.pia, at=NOW)
    assert StockEvent.objects.filter(action="inventory.transfer_ship").count() == 1


def test_only_a_draft_is_cancelled(company: Company) -> None:
    stock_in(company, company.mug, 10)
    transfer = create(company)
    transfer_cancel(transfer_id=transfer.pk, reason="not needed", actor=company.olga, at=NOW)
    with pytest.raises(IllegalTransition):
        transfer_ship(transfer_id=transfer.pk, actor=company.pia, at=NOW)
    other = create(company)
    transfer_ship(transfer_id=other.pk, actor=company.pia, at=NOW)
    with pytest.raises(IllegalTransition):
        transfer_cancel(transfer_id=other.pk, reason="too late", actor=company.olga, at=NOW)
    assert levels(company)["SOUTH", "IN_TRANSIT"] == 6


def test_a_store_without_bins_receives_without_one(company: Company) -> None:
    stock_in(company, company.mug, 5)
    transfer = transfer_create(from_node_id=company.north.pk, to_node_id=company.store.pk, expected_date=None,
                               lines=[TransferLineDraft(company.mug.pk, 2)], actor=company.olga, at=NOW)  # fmt: skip
    transfer_ship(transfer_id=transfer.pk, actor=company.pia, at=NOW)
    line = TransferLine.objects.get(transfer=transfer)
    transfer_receive(
        transfer_id=transfer.pk, receipts=[TransferReceipt(line.pk, 2)], actor=company.pia, at=NOW
    )
    assert levels(company)["STORE", "AVAILABLE"] == 2
    assert_proven()


def test_dated_promises_count_what_is_on_its_way(company: Company) -> None:
    stock_in(company, company.mug, 10)
    transfer_ship(transfer_id=create(company).pk, actor=company.pia, at=NOW)
    south = {"node_ids": [company.south.pk]}
    assert [atp.quantity for atp in atp_query([company.mug.pk], **south)] == []
    assert [
        atp.quantity for atp in atp_query([company.mug.pk], as_of_date=FRIDAY - timedelta(days=1), **south)
    ] == []
    assert [atp.quantity for atp in atp_query([company.mug.pk], as_of_date=FRIDAY, **south)] == [6]
