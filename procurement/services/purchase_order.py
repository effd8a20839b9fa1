"""Who writes purchase orders, and who takes them from draft to approved?"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from erp.core.errors import IllegalTransition, InvalidInput, NotFound
from erp.core.models import ApprovalRequest, User
from erp.core.money import quantize
from erp.core.services.approval import approval_decide, approval_needed, approval_request, register_approval
from erp.core.services.note import note_add
from erp.core.services.number import number_take
from erp.core.services.state import change_state, change_state_many, record_creation
from erp.core.services.work import JobDraft, job_enqueue_many
from erp.core.sql import Statements, cents, reserve_ids
from erp.core.states import ApprovalState
from inventory.models import Node, Product
from inventory.services import kit_refuse
from procurement.locks import demand_state, lock_purchase_order, lock_purchase_orders
from procurement.models import PurchaseOrder, PurchaseOrderLine, Supplier, SupplierProduct
from procurement.services.expected import purchase_supply_set
from procurement.states import PurchaseOrderState as S
from procurement.terms import base_value

APPROVAL_KIND = "procurement.purchase_order_approve"
SEND_DROP_SHIP = "procurement.drop_ship_send"
MAX_LINES = 5_000
MAX_QUANTITY = 10_000_000
_ORDERS = {
    "id": "bigint", "number": "text", "supplier_id": "bigint", "node_id": "bigint", "state": "text", "currency": "text",
    "rate": "numeric", "total": "numeric", "expected_date": "date", "created_by_id": "bigint",
    "created_at": "timestamptz", "needs_approval": "boolean", "customer_order_id": "bigint", "ship_to": "text",
}  # fmt: skip
_LINES = {
    "purchase_order_id": "bigint", "position": "integer", "product_id": "bigint", "quantity_ordered": "bigint",
    "quantity_received": "bigint", "quantity_invoiced": "bigint", "unit_cost": "numeric", "decision_id": "bigint",
}  # fmt: skip


@dataclass(frozen=True)
class PurchaseLine:
    """Base units of a product; `unit_cost` (supplier's currency) is the supplier's term when None."""

    product_id: int
    quantity: int
    unit_cost: Decimal | None = None
    decision_id: int | None = None


@dataclass(frozen=True)
class PurchaseDraft:
    """What to order from whom for which node; expected after the supplier's lead time unless a date is given.

    A drop-ship names the customer's order and address, and is for the drop-ship node; nothing else may be.
    """

    supplier_id: int
    node_id: int
    lines: Sequence[PurchaseLine]
    expected_date: date | None = None
    customer_order_id: int | None = None
    ship_to: str = ""


@dataclass(frozen=True)
class _Priced:
    draft: PurchaseDraft
    supplier: Supplier
    costs: list[Decimal]
    total: Decimal


@transaction.atomic
def purchase_order_create_many(drafts: Sequence[PurchaseDraft], *, actor: User, at: datetime) -> list[int]:
    """This function will create a draft purchase order per draft and return their ids in order.

    InvalidInput for an unknown or inactive supplier, node or product, a quantity below 1, a missing or negative price.
    """
    if not drafts:
        return []
    priced = _price(drafts)
    ids = reserve_ids({"procurement_purchaseorder": len(drafts)})["procurement_purchaseorder"]
    numbers = number_take("PO", len(drafts))
    batch = Statements()
    batch.insert(
        "procurement_purchaseorder",
        _ORDERS,
        [
            (
                order_id, number, p.draft.supplier_id, p.draft.node_id, S.DRAFT, p.supplier.currency,
                cents(p.supplier.rate), cents(p.total), _expected(p, at), actor.pk, at, False,
                p.draft.customer_order_id, p.draft.ship_to[:400],
            )
            for order_id, number, p in zip(ids, numbers, priced, strict=True)
        ],
    )  # fmt: skip
    batch.insert(
        "procurement_purchaseorderline",
        _LINES,
        [row for order_id, p in zip(ids, priced, strict=True) for row in _line_rows(order_id, p)],
    )
    record_creation(
        PurchaseOrder, ids, actor=actor, at=at, action="procurement.purchase_order_create", statements=batch
    )
    batch.run()
    return ids


def purchase_order_create(
    *,
    supplier_id: int,
    node_id: int,
    lines: Sequence[PurchaseLine],
    expected_date: date | None = None,
    actor: User,
    at: datetime,
) -> PurchaseOrder:
    """This function will create one draft purchase order (see `purchase_order_create_many`)."""
    draft = PurchaseDraft(supplier_id, node_id, lines, expected_date)
    return PurchaseOrder.objects.get(pk=purchase_order_create_many([draft], actor=actor, at=at)[0])


@transaction.atomic
def purchase_order_edit(
    *,
    purchase_order_id: int,
    lines: Sequence[PurchaseLine],
    expected_date: date | None = None,
    actor: User,
    at: datetime,
) -> PurchaseOrder:
    """This function will replace the lines and the date of a draft; IllegalTransition once it was submitted."""
    order = lock_purchase_order(purchase_order_id)
    if order.state != S.DRAFT:
        raise IllegalTransition(
            f"{order} is {order.state}",
            field="state",
            remedy="Only a draft can be edited; cancel it and order anew.",
        )
    if order.customer_order_id is not None:
        raise IllegalTransition(
            f"{order} was written for a customer's order",
            field="state",
            remedy="Change the customer's order, or cancel this one and the units want stock again.",
        )
    draft = PurchaseDraft(order.supplier_id, order.node_id, lines, expected_date or order.expected_date)
    (priced,) = _price([draft])
    decisions = dict(order.lines.values_list("product_id", "decision_id"))
    order.lines.all().delete()
    PurchaseOrderLine.objects.bulk_create(
        PurchaseOrderLine(
            purchase_order=order, position=number, product_id=line.product_id, quantity_ordered=line.quantity,
            unit_cost=cost, decision_id=decisions.get(line.product_id),
        )
        for number, (line, cost) in enumerate(zip(lines, priced.costs, strict=True), start=1)
    )  # fmt: skip
    order.total, order.expected_date = priced.total, draft.expected_date or order.expected_date
    order.save(update_fields=["total", "expected_date"])
    note_add(
        document_type="procurement.PurchaseOrder",
        document_id=order.pk,
        body="Lines edited.",
        actor=actor,
        at=at,
    )
    return order


def _expected(priced: _Priced, at: datetime) -> date:
    return priced.draft.expected_date or at.date() + timedelta(days=priced.supplier.lead_time_days)


def _line_rows(order_id: int, priced: _Priced) -> list[tuple[Any, ...]]:
    return [
        (order_id, position, line.product_id, line.quantity, 0, 0, cents(cost), line.decision_id)
        for position, (line, cost) in enumerate(zip(priced.draft.lines, priced.costs, strict=True), start=1)
    ]


def _price(drafts: Sequence[PurchaseDraft]) -> list[_Priced]:
    """Check the references and find every line's price, in four queries however many drafts."""
    suppliers = Supplier.objects.in_bulk({draft.supplier_id for draft in drafts})
    nodes = dict(
        Node.objects.filter(is_active=True, pk__in={d.node_id for d in drafts}).values_list("pk", "kind")
    )
    wanted = {line.product_id for draft in drafts for line in draft.lines}
    kit_refuse(wanted, doing="bought")
    products = set(Product.objects.filter(is_active=True, pk__in=wanted).values_list("pk", flat=True))
    terms = {
        (supplier, product): cost
        for supplier, product, cost in SupplierProduct.objects.filter(
            supplier_id__in=suppliers, product_id__in=wanted
        ).values_list("supplier_id", "product_id", "unit_cost")
    }
    found = []
    for draft in drafts:
        supplier = suppliers.get(draft.supplier_id)
        if supplier is None or not supplier.is_active:
            raise InvalidInput(
                f"supplier #{draft.supplier_id} is unknown or inactive",
                field="supplier",
                remedy="Choose an active one.",
            )
        if draft.node_id not in nodes:
            raise InvalidInput(
                f"node #{draft.node_id} is unknown or inactive", field="node", remedy="Choose an active node."
            )
        if (nodes[draft.node_id] == Node.DROPSHIP) != (draft.customer_order_id is not None):
            raise InvalidInput(
                "what is drop-shipped is bought for a customer's order, and nothing else is",
                field="node",
                remedy="Choose a warehouse, a store or a 3PL.",
            )
        if not 1 <= len(draft.lines) <= MAX_LINES:
            raise InvalidInput(
                f"an order has 1 to {MAX_LINES} lines, not {len(draft.lines)}",
                field="lines",
                remedy="Add a product.",
            )
        costs = [_line_cost(supplier, line, products, terms) for line in draft.lines]
        exact = sum((cost * line.quantity for cost, line in zip(costs, draft.lines, strict=True)), Decimal(0))
        found.append(_Priced(draft, supplier, costs, quantize(exact, supplier.currency)))
    return found


def _line_cost(
    supplier: Supplier, line: PurchaseLine, products: Collection[int], terms: dict[tuple[int, int], Decimal]
) -> Decimal:
    if line.product_id not in products:
        raise InvalidInput(
            f"product #{line.product_id} is unknown or inactive",
            field="lines",
            remedy="Choose an active product.",
        )
    if not 1 <= line.quantity <= MAX_QUANTITY:
        raise InvalidInput(
            f"{line.quantity} is no quantity to order",
            field="lines",
            remedy=f"Enter 1 to {MAX_QUANTITY:,} units.",
        )
    cost = line.unit_cost if line.unit_cost is not None else terms.get((supplier.pk, line.product_id))
    if cost is None:
        raise InvalidInput(
            f"{supplier} has no price for product #{line.product_id}",
            field="lines",
            remedy="Enter a price, or save the supplier's terms first.",
        )
    if not cost.is_finite() or not 0 <= cost < Decimal("1e9") or cost != round(cost, 4):
        raise InvalidInput(
            "the price is out of range", field="lines", remedy="Enter 0 or more with up to four decimals."
        )
    return cost


def _base_total(order: PurchaseOrder) -> Decimal:
    return base_value(1, order.total, order.rate)


@transaction.atomic
def purchase_order_submit_many(ids: Sequence[int], *, actor: User, at: datetime) -> list[int]:
    """This function will submit drafts and return the ids of those that went straight to APPROVED.

    At or above the policy's threshold an order waits for somebody else's approval. IllegalTransition unless all are
    drafts.
    """
    orders = lock_purchase_orders(ids)
    demand_state(orders.values(), [S.DRAFT], "Only a draft can be submitted.")
    waiting = [o for o in orders.values() if approval_needed_for(o)] if _policy_exists(orders) else []
    held = {order.pk for order in waiting}
    straight = [order_id for order_id in orders if order_id not in held]
    change_state_many(
        PurchaseOrder, straight, source=S.DRAFT, to=S.APPROVED, actor=actor, at=at,
        action="procurement.purchase_order_submit", reason="below the approval threshold", fields={"approved_at": at},
    )  # fmt: skip
    purchase_supply_set(straight, at=at)
    _send_drop_ships([orders[pk] for pk in straight], actor)
    for order in waiting:
        change_state(
            order, to=S.PENDING_APPROVAL, actor=actor, at=at, action="procurement.purchase_order_submit",
            fields={"needs_approval": True},
        )  # fmt: skip
        approval_request(
            kind=APPROVAL_KIND, document_type="procurement.PurchaseOrder", document_id=order.pk,
            title=f"Purchase order {order.number} of {order.total:,.2f} {order.currency}",
            amount=_base_total(order), actor=actor, at=at,
        )  # fmt: skip
    return straight


def _send_drop_ships(approved: Sequence[PurchaseOrder], actor: User) -> None:
    """Nobody puts a drop-ship aside to be sent with others: a customer waits for it."""
    job_enqueue_many(
        [
            JobDraft(SEND_DROP_SHIP, f"purchase-order:{order.pk}", {"purchase_order_id": order.pk})
            for order in approved
            if order.customer_order_id is not None
        ],
        actor=actor,
    )


def _policy_exists(orders: dict[int, PurchaseOrder]) -> bool:
    """One query for the usual case: even the largest order of the batch may go straight through."""
    largest = max((_base_total(order) for order in orders.values()), default=Decimal(0))
    return approval_needed(kind=APPROVAL_KIND, amount=largest) is not None


def approval_needed_for(order: PurchaseOrder) -> bool:
    """This function will tell whether the order's total needs somebody else's approval."""
    return approval_needed(kind=APPROVAL_KIND, amount=_base_total(order)) is not None


def purchase_order_submit(*, purchase_order_id: int, actor: User, at: datetime) -> PurchaseOrder:
    """This function will submit one draft (see `purchase_order_submit_many`) and return it as it is then."""
    purchase_order_submit_many([purchase_order_id], actor=actor, at=at)
    return PurchaseOrder.objects.get(pk=purchase_order_id)


def pending_approval(purchase_order_id: int) -> ApprovalRequest:
    """This function will return the request that a purchase order waits for; NotFound when it waits for none."""
    request = ApprovalRequest.objects.filter(
        kind=APPROVAL_KIND,
        document_type="procurement.PurchaseOrder",
        document_id=purchase_order_id,
        state=ApprovalState.PENDING,
    ).first()
    if request is None:
        raise NotFound(
            f"purchase order #{purchase_order_id} waits for no approval",
            field="state",
            remedy="Submit it first.",
        )
    return request


@transaction.atomic
def purchase_order_approve(
    *, purchase_order_id: int, reason: str = "", actor: User, at: datetime
) -> PurchaseOrder:
    """This function will approve a waiting order; PermissionRefused for its maker and above the approver's limit."""
    request = pending_approval(purchase_order_id)
    approval_decide(request_id=request.pk, approve=True, reason=reason, actor=actor, at=at)
    return PurchaseOrder.objects.get(pk=purchase_order_id)


@transaction.atomic
def purchase_order_reject(*, purchase_order_id: int, reason: str, actor: User, at: datetime) -> PurchaseOrder:
    """This function will send a waiting order back to its maker as a draft; a reason is needed."""
    request = pending_approval(purchase_order_id)
    approval_decide(request_id=request.pk, approve=False, reason=reason, actor=actor, at=at)
    return PurchaseOrder.objects.get(pk=purchase_order_id)


def _approved(request: ApprovalRequest, actor: User, at: datetime) -> None:
    order = lock_purchase_order(request.document_id)
    change_state(
        order, to=S.APPROVED, actor=actor, at=at, action="procurement.purchase_order_approve", reason=request.reason,
        fields={"approved_by_id": actor.pk, "approved_at": at},
    )  # fmt: skip
    purchase_supply_set([order.pk], at=at)
    _send_drop_ships([order], actor)


def _rejected(request: ApprovalRequest, actor: User, at: datetime) -> None:
    order = lock_purchase_order(request.document_id)
    change_state(
        order, to=S.DRAFT, actor=actor, at=at, action="procurement.purchase_order_reject", reason=request.reason,
        fields={"needs_approval": False},
    )  # fmt: skip


register_approval(APPROVAL_KIND, on_approved=_approved, on_rejected=_rejected)
