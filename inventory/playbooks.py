"""Which steps on cases about stock can be done at the push of a button?"""

from __future__ import annotations

from erp.core.errors import Conflict
from erp.core.models import ExceptionCase
from erp.core.playbook_registry import REASON, Play, Playbook, Played, register_playbook
from inventory.models import Transfer
from inventory.services import transfer_write_off
from inventory.services.duplicate import product_distinct_set
from inventory.services.rebuild import stock_rebuild_check
from inventory.states import AdjustmentState


def _write_off(play: Play) -> Played:
    adjustment = transfer_write_off(
        transfer_id=int(play.case.subject_id), reason=play.reason, actor=play.actor, at=play.at
    )
    if adjustment.state == AdjustmentState.PENDING_APPROVAL:
        # the goods are still on their way in the books: the case waits for the second person, too
        return Played(
            f"{adjustment.number} waits for a second person; then the transfer is done.", settles=False
        )
    return Played(f"Written off by {adjustment.number}.")


def _write_off_preview(case: ExceptionCase) -> str:
    missing = case.detail.get("missing", {}) if isinstance(case.detail, dict) else {}
    units = sum(int(value) for value in missing.values()) if isinstance(missing, dict) else 0
    number = Transfer.objects.filter(pk=case.subject_id).values_list("number", flat=True).first()
    return f"What is still on its way of {number} ({units} units when the case opened) is booked as lost; that ends the transfer."


def _compare(play: Play) -> Played:
    drifts = stock_rebuild_check(actor=play.actor, at=play.at)
    mine = [drift for drift in drifts if f"{drift.sku} {drift.place}" == play.case.subject_id]
    if mine:
        raise Conflict(
            f"the journal still says {mine[0].journal}, the projection {mine[0].projection}", field="case",
            remedy="Find the writer at fault, then post a compensating adjustment.",
        )  # fmt: skip
    return Played("Journal and projection agree again.")


register_playbook(
    Playbook(
        "TRANSFER_SHORT", "write_off", "Write off the rest", "inventory.transfer", "inventory.transfer_write_off",
        _write_off, _write_off_preview, (REASON,), icon="eraser",
    )
)  # fmt: skip
register_playbook(
    Playbook(
        "STOCK_DRIFT", "compare", "Compare again", "inventory.adjust", "inventory.stock_rebuild_check", _compare,
        lambda case: "Every level and bin is compared with the journal; the case is settled if this one agrees.",
        icon="scale",
    )
)  # fmt: skip


def _distinct(play: Play) -> Played:
    ids = [int(part) for part in play.case.subject_id.split("-") if part.isdigit()]
    if len(ids) != 2:
        raise Conflict("the case names no two products", field="case", remedy="Settle it by hand.")
    product_distinct_set(first_id=ids[0], second_id=ids[1], reason=play.reason, actor=play.actor, at=play.at)
    return Played("They are two products, and are not reported again.")


register_playbook(
    Playbook(
        "PRODUCT_DUPLICATE", "distinct", "They are two", "inventory.product_merge", "inventory.product_distinct_set", _distinct,
        lambda case: "It is written down that these are two products; they are not reported again.", (REASON,), icon="split",
    )
)  # fmt: skip
