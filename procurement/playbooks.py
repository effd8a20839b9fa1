"""Which steps on cases about suppliers can be done at the push of a button?"""

from __future__ import annotations

from datetime import date

from erp.core.errors import Conflict, InvalidInput
from erp.core.models import ExceptionCase
from erp.core.pages.parts import ActionField
from erp.core.playbook_registry import REASON, Play, Playbook, Played, register_playbook
from procurement.services import (
    purchase_order_cancel,
    purchase_order_close,
    supplier_invoice_approve_variance,
)
from procurement.services.purchase_order_redate import purchase_order_redate
from procurement.states import SupplierInvoiceState


def _redate(play: Play) -> Played:
    try:
        day = date.fromisoformat(play.inputs.get("expected_date", ""))
    except ValueError as error:
        raise InvalidInput(
            "that is not a day", field="expected_date", remedy="Use the date picker."
        ) from error
    order = purchase_order_redate(
        purchase_order_id=int(play.case.subject_id), expected_date=day, reason=play.reason, actor=play.actor,
        at=play.at,
    )  # fmt: skip
    return Played(f"{order.number} is expected on {day:%d %b %Y} now.")


def _close(play: Play) -> Played:
    order = purchase_order_close(
        purchase_order_id=int(play.case.subject_id), reason=play.reason, actor=play.actor, at=play.at
    )
    return Played(f"{order.number} is closed; the rest will not arrive.")


def _approve(play: Play) -> Played:
    invoice = supplier_invoice_approve_variance(
        invoice_id=int(play.case.subject_id), reason=play.reason, actor=play.actor, at=play.at
    )
    if invoice.state == SupplierInvoiceState.DISPUTED:
        raise Conflict(
            f"{invoice.number} bills more than has arrived", field="case",
            remedy="Receive the rest first, or keep it disputed with the supplier.",
        )  # fmt: skip
    return Played(f"{invoice.number} matches with its variance approved.")


def _agreed(play: Play) -> Played:
    order = purchase_order_cancel(
        purchase_order_id=int(play.case.subject_id), reason=play.reason, actor=play.actor, at=play.at
    )
    return Played(f"{order.number} is cancelled, as agreed with the supplier.")


def _close_preview(case: ExceptionCase) -> str:
    return "The purchase order is closed with what has arrived; nothing more is expected."


register_playbook(
    Playbook(
        "RECEIPT_LATE", "redate", "Move the expected date", "procurement.edit", "procurement.purchase_order_redate",
        _redate, lambda case: "The order is expected on the new day; it is late again if that passes.",
        (ActionField("expected_date", "Expected on", kind="date"), REASON), icon="calendar-clock",
    )
)  # fmt: skip
register_playbook(
    Playbook(
        "RECEIPT_VARIANCE", "close", "Close the order", "procurement.edit", "procurement.purchase_order_close", _close,
        _close_preview, (REASON,), icon="lock",
    )
)  # fmt: skip
register_playbook(
    Playbook(
        "INVOICE_MISMATCH", "approve", "Approve the variance", "procurement.invoice",
        "procurement.supplier_invoice_approve_variance", _approve,
        lambda case: "The billed prices are accepted and the bill is matched and posted. Not by whoever recorded it.",
        (REASON,), icon="thumbs-up",
    )
)  # fmt: skip
register_playbook(
    Playbook(
        "DROPSHIP_CALL_OFF", "agreed", "He agreed: cancel the order", "procurement.edit", "procurement.purchase_order_cancel",
        _agreed, lambda case: "The purchase order is cancelled; what the customer still wants of it wants stock again.",
        (REASON,), icon="circle-x",
    )
)  # fmt: skip
register_playbook(
    Playbook(
        "DROPSHIP_CALL_OFF", "close", "Close the order", "procurement.edit", "procurement.purchase_order_close", _close,
        _close_preview, (REASON,), icon="lock",
    )
)  # fmt: skip
