"""Who sends purchase orders to suppliers, calls them off, or closes what will not arrive?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from erp.core.errors import IllegalTransition, InvalidInput
from erp.core.models import ApprovalRequest, ExceptionCase, User
from erp.core.services.approval import approval_withdraw
from erp.core.services.exception_case import CaseDraft, exception_mirror, exception_resolve
from erp.core.services.outbox import OutboxDraft, outbox_add_many
from erp.core.services.state import change_state, change_state_many
from erp.core.states import ApprovalState, ExceptionState
from procurement.locks import demand_state, lock_purchase_order, lock_purchase_orders
from procurement.models import PurchaseOrder, PurchaseOrderLine
from procurement.services.drop_ship_give_up import drop_ship_give_up, drop_ship_lock
from procurement.services.expected import purchase_supply_set
from procurement.services.purchase_order import APPROVAL_KIND
from procurement.states import PurchaseOrderState as S
from procurement.terms import base_value

DOCUMENT = "procurement.PurchaseOrder"


@transaction.atomic
def purchase_order_send_many(ids: Sequence[int], *, actor: User, at: datetime) -> None:
    """This function will send approved orders: SENT, with an e-mail to every supplier that has an address.

    IllegalTransition unless all of them are approved.
    """
    orders = lock_purchase_orders(ids)
    demand_state(orders.values(), [S.APPROVED], "Only an approved order that was not sent yet can be sent.")
    change_state_many(
        PurchaseOrder, list(orders), source=S.APPROVED, to=S.SENT, actor=actor, at=at,
        action="procurement.purchase_order_send", fields={"sent_at": at},
    )  # fmt: skip
    rows = (
        PurchaseOrder.objects.filter(pk__in=orders)
        .exclude(supplier__email="")
        .select_related("supplier", "node", "customer_order")
    )
    lines: dict[int, list[dict[str, Any]]] = {}
    for line in (
        PurchaseOrderLine.objects.filter(purchase_order__in=[order.pk for order in rows])
        .order_by("purchase_order_id", "position")
        .values("purchase_order_id", "product__sku", "product__name", "quantity_ordered", "unit_cost")
    ):
        lines.setdefault(line["purchase_order_id"], []).append(
            {
                "sku": line["product__sku"], "name": line["product__name"], "quantity": line["quantity_ordered"],
                "unit_cost": str(line["unit_cost"]),
            }
        )  # fmt: skip
    outbox_add_many([_message(order, lines[order.pk]) for order in rows])


def _message(order: PurchaseOrder, lines: list[dict[str, Any]]) -> OutboxDraft:
    return OutboxDraft(
        stream=f"supplier:{order.supplier.code}",
        kind="core.send_email",
        key=f"procurement.purchase_order_send:{order.pk}",
        subject_type=DOCUMENT,
        subject_id=order.pk,
        payload={
            "to": order.supplier.email,
            "template": "procurement/email/purchase_order",
            "context": {
                "number": order.number, "supplier": order.supplier.name, "node": order.node.name, "lines": lines,
                "total": f"{order.total:,.2f} {order.currency}", "expected_date": order.expected_date.isoformat(),
                "customer_order": order.customer_order.number if order.customer_order else "", "ship_to": order.ship_to,
            },
        },
    )  # fmt: skip


def purchase_order_send(*, purchase_order_id: int, actor: User, at: datetime) -> PurchaseOrder:
    """This function will send one approved order (see `purchase_order_send_many`) and return it as it is then."""
    purchase_order_send_many([purchase_order_id], actor=actor, at=at)
    return PurchaseOrder.objects.get(pk=purchase_order_id)


def _reason(reason: str) -> str:
    if not reason.strip():
        raise InvalidInput("a reason is needed", field="reason", remedy="Say in a few words why.")
    return reason.strip()


@transaction.atomic
def purchase_order_cancel(*, purchase_order_id: int, reason: str, actor: User, at: datetime) -> PurchaseOrder:
    """This function will call off an order of which nothing has arrived; a pending approval is withdrawn.

    IllegalTransition once goods have arrived (close it instead) or when it is final. A customer's units that it was to bring
    want stock again.
    """
    drop_ship_lock(purchase_order_id)
    order = lock_purchase_order(purchase_order_id)
    reason = _reason(reason)
    if order.lines.filter(quantity_received__gt=0).exists():
        raise IllegalTransition(
            f"goods of {order} have arrived",
            field="state",
            remedy="Close it: what is missing is then no longer expected.",
        )
    for request in ApprovalRequest.objects.filter(
        kind=APPROVAL_KIND, document_type=DOCUMENT, document_id=order.pk, state=ApprovalState.PENDING
    ):
        approval_withdraw(request_id=request.pk, reason=reason, actor=actor, at=at)
    change_state(
        order, to=S.CANCELLED, actor=actor, at=at, action="procurement.purchase_order_cancel", reason=reason
    )
    cases_resolve(
        [order.pk], resolution="procurement.purchase_order_cancel", reason=reason, actor=actor, at=at
    )
    purchase_supply_set([order.pk], at=at)
    drop_ship_give_up(purchase_order_id=order.pk, reason=reason, actor=actor, at=at)
    return order


@transaction.atomic
def purchase_order_close(
    *, purchase_order_id: int, reason: str = "", actor: User, at: datetime
) -> PurchaseOrder:
    """This function will close an order: nothing more is expected to arrive or to be billed.

    A reason is needed when goods are missing, or when goods that arrived were never billed.
    """
    drop_ship_lock(purchase_order_id)
    order = lock_purchase_order(purchase_order_id)
    lines = list(order.lines.order_by("pk"))
    is_short = any(line.quantity_received < line.quantity_ordered for line in lines)
    is_unbilled = any(line.quantity_invoiced < line.quantity_received for line in lines)
    if is_short or is_unbilled:
        reason = _reason(reason)
    if order.state == S.SENT and not any(line.quantity_received for line in lines):
        raise IllegalTransition(f"nothing of {order} has arrived", field="state", remedy="Cancel it instead.")
    if order.state == S.SENT:
        change_state(
            order, to=S.RECEIVED, actor=actor, at=at, action="procurement.purchase_order_close", reason=reason
        )
    change_state(
        order, to=S.CLOSED, actor=actor, at=at, action="procurement.purchase_order_close", reason=reason
    )
    cases_resolve(
        [order.pk],
        resolution="procurement.purchase_order_close",
        reason=reason or "complete",
        actor=actor,
        at=at,
    )
    purchase_supply_set([order.pk], at=at)
    drop_ship_give_up(purchase_order_id=order.pk, reason=reason, actor=actor, at=at)
    return order


def cases_resolve(ids: Sequence[int], *, resolution: str, reason: str, actor: User, at: datetime) -> None:
    """This function will settle the open cases (short, over, late, called off by the customer) of purchase orders `ids`."""
    for case_id in (
        ExceptionCase.objects.exclude(state=ExceptionState.RESOLVED)
        .filter(
            kind__in=["RECEIPT_LATE", "RECEIPT_VARIANCE", "DROPSHIP_CALL_OFF"],
            subject_type=DOCUMENT,
            subject_id__in=[str(pk) for pk in ids],
        )
        .order_by("pk")
        .values_list("pk", flat=True)
    ):
        exception_resolve(case_id=case_id, resolution=resolution, reason=reason, actor=actor, at=at)


@transaction.atomic
def purchase_order_flag_late(*, actor: User, at: datetime) -> int:
    """This function will keep a case open for every sent order past its expected date and return how many there are."""
    late = list(
        PurchaseOrder.objects.filter(state=S.SENT, expected_date__lt=at.date())
        .select_related("supplier")
        .order_by("pk")
    )
    drafts = [
        CaseDraft(
            "RECEIPT_LATE", DOCUMENT, str(order.pk),
            f"{order.number} from {order.supplier.name} was expected on {order.expected_date}",
            {"expected_date": str(order.expected_date), "supplier": order.supplier.code},
            base_value(1, order.total, order.rate),
        )
        for order in late
    ]  # fmt: skip
    return exception_mirror(
        kind="RECEIPT_LATE", drafts=drafts, resolution="procurement.purchase_order_flag_late",
        reason="It arrived or was closed.", actor=actor, at=at,
    )  # fmt: skip
