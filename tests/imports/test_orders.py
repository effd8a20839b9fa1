"""Answers: do the rows of an order file become orders once, wherever they lie, with every fault named and kept?"""

from __future__ import annotations

import csv
import io

import pytest

from erp.core.imports.error_file import error_lines
from erp.core.models import ExceptionCase, ImportRow, InboxMessage, Job
from orders.models import Order
from orders.services import order_allocate_many
from orders.services.feed import order_import
from tests.cast import Company, assert_proven, stock_in
from tests.imports.desk import (
    AT,
    ORDER_OPTIONS,
    checked,
    committed,
    counts,
    faults,
    imported,
    order_lines,
    row_of,
    text,
    undone,
    upload,
)
from tests.orders.desk import FILE, HEAD, ROW

CONTENT = "\n".join(FILE).encode()


def test_orders_come_in_and_bad_ones_stay_out_with_every_fault(company: Company) -> None:
    run = checked(upload("orders", CONTENT, company.cora, ORDER_OPTIONS), company.cora)
    assert (Order.objects.count(), InboxMessage.objects.count(), ExceptionCase.objects.count()) == (0, 0, 0)
    assert (counts(run), run.row_count, run.item_count) == ((2, 0, 0, 4), 8, 6)
    committed(run, company.cora)
    assert counts(run) == (2, 0, 0, 4)
    assert sorted(Order.objects.values_list("external_id", flat=True)) == ["F-1", "F-5"]
    assert Order.objects.get(external_id="F-1").lines.count() == 2
    assert Order.objects.get(external_id="F-1").created_by == company.cora
    assert faults(row_of(run, 3)) == [(3, "quantity")]
    assert faults(row_of(run, 5)) == [(5, "sku")]
    assert faults(row_of(run, 6)) == [(6, "")]  # a comma within a number makes one value too many
    assert faults(row_of(run, 8)) == [(9, "quantity")]
    dead = InboxMessage.objects.filter(state="DEAD")
    assert sorted(message.external_id for message in dead) == ["F-2:3", "F-3", "F-4:6", "F-6:8"]
    assert_proven()


def test_it_is_the_same_order_as_from_the_old_page(company: Company) -> None:
    order_import(content=CONTENT, channel="wholesale", file_name="a.csv", actor=company.cora, at=AT)
    run = imported("orders", CONTENT, company.cora, ORDER_OPTIONS)
    assert (counts(run), Order.objects.count()) == ((0, 0, 2, 4), 2)
    assert ImportRow.objects.get(run=run, is_trial=False, number=2).action == "UNCHANGED"


def test_the_error_file_holds_whole_orders_and_comes_back_corrected(company: Company) -> None:
    evil = ROW.format("F-7", "=cmd|' /C calc'!A0", 1, "1")
    run = imported("orders", CONTENT + f"\n{evil}".encode(), company.cora, ORDER_OPTIONS)
    lines = list(csv.reader(io.StringIO("".join(error_lines(run)).lstrip("\ufeff"))))
    assert lines[0] == [*HEAD.split(","), "import_error"]
    assert [(row[0], row[8], row[9]) for row in lines[1:]] == [
        ("F-2", "MUG", "-2"), ("F-3", "NOPE", "1"), ("F-4", "MUG", "1"), ("F-6", "MUG", "1"), ("F-6", "MUG", "two"),
        ("F-7", "'=cmd|' /C calc'!A0", "1"),
    ]  # fmt: skip
    assert "quantity" in lines[1][-1]
    assert lines[4][-1] == "another row of it is wrong"
    good = {
        "F-2": ("MUG", "2", "3.50"),
        "F-3": ("MUG", "1", "1"),
        "F-4": ("MUG", "1", "1.5"),
        "F-6": ("MUG", "1", "3.5"),
        "F-7": ("MUG", "1", "1"),
    }
    for row in lines[1:]:
        row[8:11] = good[row[0]]
    again = upload("orders", text(lines), company.cora, ORDER_OPTIONS)
    assert again.mapping == run.mapping
    committed(checked(again, company.cora), company.cora)
    assert counts(again) == (5, 0, 0, 0)
    superseded = InboxMessage.objects.filter(version__startswith="superseded")
    assert sorted(superseded.values_list("external_id", "state")) == [("F-3", "DEAD"), ("F-7", "DEAD")]
    open_cases = ExceptionCase.objects.exclude(state="RESOLVED").filter(kind="ORDER_UNKNOWN_SKU")
    assert not open_cases.exists()
    assert_proven()


def test_undo_cancels_what_has_not_left(company: Company) -> None:
    run = imported("orders", CONTENT, company.cora, ORDER_OPTIONS)
    Order.objects.filter(external_id="F-5").update(state="COMPLETED")
    undone(run, company.cora)
    assert (run.count_undone, run.count_kept) == (1, 1)
    assert Order.objects.get(external_id="F-1").state == "CANCELLED"
    assert "completed" in ImportRow.objects.get(run=run, key="F-5", is_trial=False).undo_note


def test_a_time_without_an_offset_needs_a_zone(company: Company) -> None:
    row = ROW.format("Z-1", "MUG", 1, "1").replace("T10:00:00+00:00", " 10:00:00")
    content = f"{HEAD}\n{row}".encode()
    refused = checked(upload("orders", content, company.cora, ORDER_OPTIONS), company.cora)
    assert (counts(refused), faults(row_of(refused, 2, is_trial=True))) == ((0, 0, 0, 1), [(2, "ordered_at")])
    imported("orders", content, company.cora, ORDER_OPTIONS | {"time_zone": "Europe/Berlin"})
    assert Order.objects.get(external_id="Z-1").ordered_at.isoformat() == "2026-03-02T09:00:00+00:00"


def test_what_came_in_is_handed_to_allocation_in_batches(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orders.imports.order.ALLOCATED", 2)
    stock_in(company, company.mug, 4)
    run = checked(upload("orders", b"".join(order_lines(5)), company.cora, ORDER_OPTIONS), company.cora)
    asked = Job.objects.filter(kind="orders.order_allocate_many").order_by("pk")
    assert not asked.exists(), "a dry run hands nothing on"
    committed(run, company.cora)
    ids = list(Order.objects.order_by("pk").values_list("pk", flat=True))
    assert [job.arguments["order_ids"] for job in asked] == [ids[:2], ids[2:4], ids[4:]]
    for job in asked:
        order_allocate_many(actor=company.cora, at=AT, **job.arguments)
    assert list(Order.objects.order_by("pk").values_list("state", flat=True)).count("ALLOCATED") == 2
