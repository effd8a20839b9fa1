"""A purchase order goes from draft to sent; above the threshold somebody else approves it first."""

from decimal import Decimal

import pytest

from erp.core.errors import IllegalTransition, InvalidInput, PermissionRefused
from erp.core.models import ApprovalRequest, OutboxMessage, StateChange
from procurement.models import PurchaseOrder
from procurement.services import (
    PurchaseLine,
    purchase_order_approve,
    purchase_order_cancel,
    purchase_order_create,
    purchase_order_edit,
    purchase_order_reject,
    purchase_order_send,
    purchase_order_submit,
)
from tests.cast import NOW, TODAY, Company
from tests.procurement.conftest import Buy


def _draft(shop: Company, quantity: int) -> PurchaseOrder:
    lines = [PurchaseLine(shop.mug.pk, quantity)]
    return purchase_order_create(
        supplier_id=shop.acme.pk, node_id=shop.north.pk, lines=lines, actor=shop.ben, at=NOW
    )


def test_create_takes_the_suppliers_terms(shop: Company) -> None:
    order = _draft(shop, 100)
    line = order.lines.get()
    assert (order.number, order.state, order.total, order.currency) == (
        "PO-000001",
        "DRAFT",
        Decimal("400"),
        "GBP",
    )
    assert (line.position, line.quantity_ordered, line.unit_cost) == (1, 100, Decimal("4.0000"))
    assert (order.expected_date - TODAY).days == 7


@pytest.mark.parametrize(
    ("quantity", "cost", "field"),
    [(0, None, "lines"), (-5, None, "lines"), (10**9, None, "lines"), (5, Decimal("-1"), "lines"),
     (5, Decimal("NaN"), "lines"), (5, Decimal("1.00001"), "lines")],
)  # fmt: skip
def test_create_refuses_a_bad_line(shop: Company, quantity: int, cost: Decimal | None, field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        purchase_order_create(
            supplier_id=shop.acme.pk, node_id=shop.north.pk,
            lines=[PurchaseLine(shop.mug.pk, quantity, cost)], actor=shop.ben, at=NOW,
        )  # fmt: skip
    assert refusal.value.field == field and refusal.value.remedy
    assert not PurchaseOrder.objects.exists()


def test_create_refuses_a_product_without_terms(shop: Company) -> None:
    with pytest.raises(InvalidInput, match="no price"):
        purchase_order_create(
            supplier_id=shop.acme.pk,
            node_id=shop.north.pk,
            lines=[PurchaseLine(shop.cream.pk, 5)],
            actor=shop.ben,
            at=NOW,
        )
    assert not PurchaseOrder.objects.exists()


def test_submit_goes_straight_through_below_the_threshold(shop: Company) -> None:
    order = _draft(shop, 249)
    order = purchase_order_submit(purchase_order_id=order.pk, actor=shop.ben, at=NOW)
    assert (order.state, order.needs_approval) == ("APPROVED", False)
    assert not ApprovalRequest.objects.exists()


def test_submit_waits_at_the_threshold_and_the_maker_may_not_approve(shop: Company) -> None:
    order = purchase_order_submit(purchase_order_id=_draft(shop, 250).pk, actor=shop.ben, at=NOW)
    assert (order.state, order.needs_approval) == ("PENDING_APPROVAL", True)
    with pytest.raises(PermissionRefused):
        purchase_order_approve(purchase_order_id=order.pk, actor=shop.ben, at=NOW)
    with pytest.raises(IllegalTransition):
        purchase_order_send(purchase_order_id=order.pk, actor=shop.ben, at=NOW)
    order = purchase_order_approve(purchase_order_id=order.pk, actor=shop.fay, at=NOW)
    assert (order.state, order.approved_by) == ("APPROVED", shop.fay)
    actions = StateChange.objects.filter(document_type="procurement.PurchaseOrder", document_id=order.pk)
    assert list(actions.order_by("id").values_list("action", "to_state")) == [
        ("procurement.purchase_order_create", "DRAFT"),
        ("procurement.purchase_order_submit", "PENDING_APPROVAL"),
        ("procurement.purchase_order_approve", "APPROVED"),
    ]


def test_approve_is_refused_above_the_limit(shop: Company) -> None:
    order = purchase_order_submit(purchase_order_id=_draft(shop, 2_501).pk, actor=shop.ben, at=NOW)
    with pytest.raises(PermissionRefused, match="limit"):
        purchase_order_approve(purchase_order_id=order.pk, actor=shop.fay, at=NOW)
    order.refresh_from_db()
    assert order.state == "PENDING_APPROVAL"


def test_reject_makes_it_a_draft_again(shop: Company) -> None:
    order = purchase_order_submit(purchase_order_id=_draft(shop, 300).pk, actor=shop.ben, at=NOW)
    order = purchase_order_reject(purchase_order_id=order.pk, reason="too many", actor=shop.fay, at=NOW)
    assert (order.state, order.needs_approval) == ("DRAFT", False)
    purchase_order_edit(
        purchase_order_id=order.pk, lines=[PurchaseLine(shop.mug.pk, 20)], actor=shop.ben, at=NOW
    )
    order = purchase_order_submit(purchase_order_id=order.pk, actor=shop.ben, at=NOW)
    assert (order.state, order.total, order.lines.get().quantity_ordered) == ("APPROVED", Decimal("80"), 20)


def test_send_writes_to_the_supplier_once(shop: Company, buy: Buy) -> None:
    order = buy(10)
    message = OutboxMessage.objects.get(subject_type="procurement.PurchaseOrder", subject_id=order.pk)
    assert (message.kind, message.payload["to"]) == ("core.send_email", "sales@acme.example.com")
    assert message.payload["context"]["lines"] == [
        {"sku": "MUG", "name": "Blue mug", "quantity": 10, "unit_cost": "4.0000"}
    ]
    with pytest.raises(IllegalTransition):
        purchase_order_send(purchase_order_id=order.pk, actor=shop.ben, at=NOW)
    assert OutboxMessage.objects.count() == 1


def test_cancel_withdraws_the_approval(shop: Company) -> None:
    order = purchase_order_submit(purchase_order_id=_draft(shop, 300).pk, actor=shop.ben, at=NOW)
    with pytest.raises(InvalidInput):
        purchase_order_cancel(purchase_order_id=order.pk, reason=" ", actor=shop.ben, at=NOW)
    purchase_order_cancel(purchase_order_id=order.pk, reason="not needed", actor=shop.ben, at=NOW)
    assert ApprovalRequest.objects.get().state == "WITHDRAWN"
    assert PurchaseOrder.objects.get().state == "CANCELLED"
