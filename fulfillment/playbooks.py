"""Which steps on cases about picking can be done at the push of a button?"""

from __future__ import annotations

from erp.core.errors import Conflict, NotFound
from erp.core.models import ExceptionCase
from erp.core.playbook_registry import REASON, Play, Playbook, Played, register_playbook
from inventory.models import BinStock
from inventory.services import AdjustmentLineDraft, adjustment_create, adjustment_submit
from inventory.states import AdjustmentReason, AdjustmentState, StockStatus
from orders.services import order_allocate_many


def _bin(case: ExceptionCase) -> BinStock:
    found = BinStock.objects.select_related("location", "product").filter(pk=case.subject_id).first()
    if case.subject_type != "inventory.BinStock" or found is None:
        raise NotFound("the case names no bin", field="case", remedy="Settle it by hand.")
    return found


def _reallocate(play: Play) -> Played:
    is_bin = play.case.subject_type == "inventory.BinStock"
    product_id = _bin(play.case).product_id if is_bin else int(play.case.subject_id)
    found = order_allocate_many(product_ids=[product_id], actor=play.actor, at=play.at)
    said = f"{sum(row.assigned for row in found)} units promised from elsewhere to {len(found)} orders, "
    said += f"{sum(row.short for row in found)} still short."
    # a bin that holds less than the books say has to be counted, whoever is served from elsewhere
    return Played(said + (" The bin still has to be counted." if is_bin else ""), settles=not is_bin)


def _write_off(play: Play) -> Played:
    stock, missing = _bin(play.case), int(play.case.detail.get("missing", 0))
    if missing < 1:
        raise Conflict(
            "the case does not say how many are missing", field="case", remedy="Adjust the bin instead."
        )
    adjustment = adjustment_create(
        node_id=stock.location.node_id, reason=AdjustmentReason.COUNT, note=f"short pick: {play.reason}"[:200],
        lines=[
            AdjustmentLineDraft(
                stock.product_id, -missing, StockStatus.QUARANTINE, stock.location_id, stock.lot_id, None, None
            )
        ],
        actor=play.actor, at=play.at,
    )  # fmt: skip
    adjustment = adjustment_submit(adjustment_id=adjustment.pk, actor=play.actor, at=play.at)
    if adjustment.state == AdjustmentState.PENDING_APPROVAL:
        return Played(f"{adjustment.number} waits for a second person.")
    return Played(f"Written off by {adjustment.number}.")


def _write_off_preview(case: ExceptionCase) -> str:
    missing = case.detail.get("missing", "?") if isinstance(case.detail, dict) else "?"
    return (
        f"The {missing} units that were set aside in this bin are booked as a count variance. Count it first."
    )


register_playbook(
    Playbook(
        "SHORT_PICK", "reallocate", "Serve the orders from elsewhere", "orders.allocate", "orders.order_allocate_many",
        _reallocate, lambda case: "Every order that wants this product is allocated again from all nodes.",
        icon="route",
    )
)  # fmt: skip
register_playbook(
    Playbook(
        "SHORT_PICK", "write_off", "Write off what is missing", "inventory.adjust", "inventory.adjustment_submit",
        _write_off, _write_off_preview, (REASON,), icon="eraser",
    )
)  # fmt: skip
