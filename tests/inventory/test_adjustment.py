"""Does a correction move units, cost and books together, and wait for a second person when it is large?"""

from decimal import Decimal

import pytest

from erp.core.errors import IllegalTransition, InvalidInput, PermissionRefused
from erp.core.models import ApprovalPolicy, ApprovalRequest, StateChange
from erp.core.services.approval import approval_decide
from inventory.models import Adjustment, AdjustmentLine, BinStock, StockEvent, StockLevel
from inventory.services import (
    AdjustmentDraft,
    AdjustmentLineDraft,
    InsufficientStock,
    adjustment_create,
    adjustment_post,
    adjustment_record_many,
    adjustment_reject,
    adjustment_submit,
)
from ledger.models import CostLayer, JournalEntry, JournalLine
from tests.cast import NOW, Company, assert_proven, stock_in
from tests.factories import LotFactory


@pytest.fixture
def threshold(db: None) -> Decimal:
    """Corrections of 100.00 or more wait for operations."""
    ApprovalPolicy.objects.create(kind="inventory.adjustment_post", threshold=Decimal(100), role="OPERATIONS")
    return Decimal(100)


def line(company: Company, delta: int, **fields: object) -> AdjustmentLineDraft:
    return AdjustmentLineDraft(company.mug.pk, delta, location_id=company.bins[0].pk, **fields)


def draft(company: Company, delta: int, reason: str = "LOST", **fields: object) -> Adjustment:
    return adjustment_create(
        node_id=company.north.pk,
        reason=reason,
        lines=[line(company, delta, **fields)],
        actor=company.pia,
        at=NOW,
    )


def books(adjustment: Adjustment) -> dict[str, Decimal]:
    lines = JournalLine.objects.filter(
        entry__source_type="inventory.Adjustment", entry__source_id=adjustment.pk
    )
    return {row.account.role: row.base_debit - row.base_credit for row in lines.select_related("account")}


def test_a_loss_leaves_stock_layers_and_books(company: Company) -> None:
    stock_in(company, company.mug, 10, unit_cost=4)
    adjustment = adjustment_submit(adjustment_id=draft(company, -3).pk, actor=company.pia, at=NOW)
    assert (adjustment.state, adjustment.value) == ("POSTED", Decimal(-12))
    assert StockLevel.objects.get(product=company.mug, status="AVAILABLE").quantity == 7
    assert BinStock.objects.get(product=company.mug).quantity == 7
    assert CostLayer.objects.get().quantity_left == 7
    assert books(adjustment) == {"INVENTORY": Decimal(-12), "STOCK_ADJUSTMENT": Decimal(12)}
    event = StockEvent.objects.get(source_id=adjustment.pk, source_type="inventory.Adjustment")
    assert JournalEntry.objects.get(source_id=adjustment.pk).stock_sequence == event.pk
    assert_proven()


def test_found_stock_comes_in_at_the_latest_known_cost(company: Company) -> None:
    stock_in(company, company.mug, 1, unit_cost=3)
    stock_in(company, company.mug, 1, unit_cost=5)
    adjustment = adjustment_submit(adjustment_id=draft(company, 2, "FOUND").pk, actor=company.pia, at=NOW)
    assert adjustment.value == Decimal(10)
    assert books(adjustment) == {"INVENTORY": Decimal(10), "STOCK_ADJUSTMENT": Decimal(-10)}
    assert_proven()


def test_found_stock_that_never_had_a_cost_needs_one(company: Company) -> None:
    adjustment = draft(company, 2, "FOUND")
    with pytest.raises(InvalidInput) as refusal:
        adjustment_submit(adjustment_id=adjustment.pk, actor=company.pia, at=NOW)
    assert refusal.value.field == "unit_cost"
    assert not StockEvent.objects.exists()
    adjustment.refresh_from_db()
    assert adjustment.state == "DRAFT"


@pytest.mark.parametrize(("reason", "role"), [("OPENING", "EQUITY_OPENING"), ("FOUND", "STOCK_ADJUSTMENT")])
def test_the_reason_chooses_the_counterpart(company: Company, reason: str, role: str) -> None:
    found = draft(company, 4, reason, unit_cost=Decimal("2.50"))
    adjustment = adjustment_submit(adjustment_id=found.pk, actor=company.pia, at=NOW)
    assert books(adjustment) == {"INVENTORY": Decimal(10), role: Decimal(-10)}


def test_samples_are_marketing(company: Company) -> None:
    stock_in(company, company.mug, 5, unit_cost=4)
    adjustment = adjustment_submit(adjustment_id=draft(company, -1, "SAMPLE").pk, actor=company.pia, at=NOW)
    assert books(adjustment) == {"INVENTORY": Decimal(-4), "SAMPLES": Decimal(4)}


def test_a_shortage_undoes_units_cost_and_books(company: Company) -> None:
    stock_in(company, company.mug, 2)
    entries = JournalEntry.objects.count()
    adjustment = draft(company, -3)
    with pytest.raises(InsufficientStock):
        adjustment_submit(adjustment_id=adjustment.pk, actor=company.pia, at=NOW)
    assert CostLayer.objects.get().quantity_left == 2
    assert JournalEntry.objects.count() == entries
    adjustment.refresh_from_db()
    assert adjustment.state == "DRAFT"


def test_a_large_correction_waits_for_a_second_person(company: Company, threshold: Decimal) -> None:
    stock_in(company, company.mug, 20, unit_cost=1)  # 20.00: below the threshold
    adjustment = draft(company, 25, "FOUND", unit_cost=Decimal(4))
    with pytest.raises(PermissionRefused):
        adjustment_post(adjustment_id=adjustment.pk, actor=company.pia, at=NOW)
    waiting = adjustment_submit(adjustment_id=adjustment.pk, actor=company.pia, at=NOW)
    assert waiting.state == "PENDING_APPROVAL"
    assert StockLevel.objects.get(status="AVAILABLE").quantity == 20
    request = ApprovalRequest.objects.get()
    assert (request.amount, request.role) == (Decimal(100), "OPERATIONS")
    with pytest.raises(PermissionRefused):  # the maker is not the checker
        approval_decide(request_id=request.pk, approve=True, reason="", actor=company.pia, at=NOW)
    approval_decide(request_id=request.pk, approve=True, reason="counted twice", actor=company.olga, at=NOW)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.value) == ("POSTED", Decimal(100))
    assert StockLevel.objects.get(status="AVAILABLE").quantity == 45
    steps = StateChange.objects.filter(document_type="inventory.Adjustment", document_id=waiting.pk).order_by(
        "pk"
    )
    assert [step.to_state for step in steps] == ["DRAFT", "PENDING_APPROVAL", "POSTED"]
    assert_proven()


def test_a_find_does_not_hide_a_loss_from_the_threshold(company: Company, threshold: Decimal) -> None:
    stock_in(company, company.mug, 15, unit_cost=4)
    both = [line(company, -13), line(company, 13)]
    adjustment = adjustment_create(
        node_id=company.north.pk, reason="COUNT", lines=both, actor=company.pia, at=NOW
    )
    assert (
        adjustment_submit(adjustment_id=adjustment.pk, actor=company.pia, at=NOW).state == "PENDING_APPROVAL"
    )


def test_a_rejected_correction_moves_nothing(company: Company, threshold: Decimal) -> None:
    adjustment = draft(company, 50, "FOUND", unit_cost=Decimal(4))
    adjustment_submit(adjustment_id=adjustment.pk, actor=company.pia, at=NOW)
    with pytest.raises(IllegalTransition):
        adjustment_reject(adjustment_id=adjustment.pk, reason="no", actor=company.pia, at=NOW)
    request = ApprovalRequest.objects.get()
    approval_decide(request_id=request.pk, approve=False, reason="count again", actor=company.olga, at=NOW)
    adjustment.refresh_from_db()
    assert adjustment.state == "REJECTED"
    assert not StockEvent.objects.exists()


def test_posting_twice_is_refused(company: Company) -> None:
    stock_in(company, company.mug, 10)
    adjustment = draft(company, -1)
    adjustment_post(adjustment_id=adjustment.pk, actor=company.pia, at=NOW)
    with pytest.raises(IllegalTransition):
        adjustment_post(adjustment_id=adjustment.pk, actor=company.pia, at=NOW)
    assert StockLevel.objects.get(status="AVAILABLE").quantity == 9


def test_many_corrections_cost_the_same_statements(company: Company, django_assert_max_num_queries) -> None:
    drafts = [
        AdjustmentDraft(company.north.pk, "OPENING", [line(company, 2, unit_cost=Decimal("1.10"))])
        for _ in range(200)
    ]
    with django_assert_max_num_queries(25):
        ids = adjustment_record_many(drafts=drafts, actor=company.system, at=NOW)
    assert Adjustment.objects.filter(pk__in=ids, state="POSTED", value=Decimal("2.20")).count() == 200
    assert StockLevel.objects.get(status="AVAILABLE").quantity == 400
    assert_proven()


def test_a_batch_posts_the_small_and_lets_the_large_wait(company: Company, threshold: Decimal) -> None:
    drafts = [
        AdjustmentDraft(company.north.pk, "FOUND", [line(company, units, unit_cost=Decimal(10))])
        for units in (1, 10)
    ]
    ids = adjustment_record_many(drafts=drafts, actor=company.olga, at=NOW)
    assert [Adjustment.objects.get(pk=pk).state for pk in ids] == ["POSTED", "PENDING_APPROVAL"]
    assert StockLevel.objects.get(status="AVAILABLE").quantity == 1


@pytest.mark.parametrize(("change", "field"), [
    ({"quantity_delta": 0}, "quantity_delta"),
    ({"location_id": None}, "location"),
    ({"status": "ALLOCATED"}, "status"),
    ({"status": "IN_TRANSIT"}, "status"),
    ({"product_id": 0}, "product"),
    ({"unit_cost": Decimal("NaN")}, "unit_cost"),
    ({"unit_cost": Decimal(-1)}, "unit_cost"),
    ({"quantity_delta": 2**40}, "quantity_delta"),
])  # fmt: skip
def test_a_wrong_line_is_named_and_nothing_is_kept(company: Company, change: dict, field: str) -> None:
    wrong = line(company, 1)._replace(**change)
    with pytest.raises(InvalidInput) as refusal:
        adjustment_create(
            node_id=company.north.pk,
            reason="FOUND",
            lines=[line(company, 1), wrong],
            actor=company.pia,
            at=NOW,
        )
    assert (refusal.value.field, refusal.value.detail["line"]) == (field, 2)
    assert not AdjustmentLine.objects.exists()


def test_a_lot_is_named_exactly_when_the_product_has_lots(company: Company) -> None:
    lot = LotFactory(product=company.cream)
    for product, lot_id in ((company.cream, None), (company.mug, lot.pk)):
        wrong = AdjustmentLineDraft(product.pk, 1, "AVAILABLE", company.bins[0].pk, lot_id, Decimal(1))
        with pytest.raises(InvalidInput) as refusal:
            adjustment_create(
                node_id=company.north.pk, reason="FOUND", lines=[wrong], actor=company.pia, at=NOW
            )
        assert refusal.value.field == "lot"
    stock_in(company, company.cream, 3, lot_id=lot.pk)
    assert BinStock.objects.get().lot_id == lot.pk
    assert_proven("i13")


def test_moving_average_products_lose_at_the_average(company: Company) -> None:
    stock_in(company, company.lamp, 1, unit_cost=2)
    stock_in(company, company.lamp, 3, unit_cost=6)
    gone = [AdjustmentLineDraft(company.lamp.pk, -2, location_id=company.bins[0].pk)]
    adjustment = adjustment_create(
        node_id=company.north.pk, reason="LOST", lines=gone, actor=company.pia, at=NOW
    )
    assert adjustment_submit(adjustment_id=adjustment.pk, actor=company.pia, at=NOW).value == Decimal(-10)
    assert_proven()
