"""What does a scan at the bin do?

The picker scans the bin, then the product; only both right ones move goods. Every scan is kept with what came of it,
and the handheld's id makes it one scan however often it is sent: the repeat is told the same and moves nothing.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from erp.core.errors import Conflict, InvalidInput, NotFound
from erp.core.models import User
from erp.core.services.state import change_state
from erp.core.text import storable
from fulfillment.codes import ReadCode, read_code
from fulfillment.locks import lock_fulfillments
from fulfillment.models import PickList, PickScan, PickTask
from fulfillment.selectors import bin_is_confirmed
from fulfillment.services.pick import fulfillments_of_tasks, pick_confirm_many
from fulfillment.states import PickListState, ScanOutcome

GOOD = (ScanOutcome.BIN_OK, ScanOutcome.PICKED)


class ScanAnswer(NamedTuple):
    """What the picker is told; `is_repeat` when this very scan had been answered before."""

    outcome: str
    message: str
    is_repeat: bool = False

    @property
    def is_good(self) -> bool:
        return self.outcome in GOOD


@transaction.atomic
def pick_list_start(*, pick_list_id: int, actor: User, at: datetime) -> None:
    """This function will give an open pick list to the actor; a list that somebody walks already changes hands.

    NotFound for an unknown list, IllegalTransition when it is finished.
    """
    pick_list = PickList.objects.select_for_update(no_key=True).filter(pk=pick_list_id).first()
    if pick_list is None:
        raise NotFound(f"there is no pick list #{pick_list_id}", field="pick_list", remedy="Reload the page.")
    _hand_over(pick_list, actor=actor, at=at, action="fulfillment.pick_list_start")


def _hand_over(pick_list: PickList, *, actor: User, at: datetime, action: str) -> None:
    if pick_list.state == PickListState.PICKING:
        if pick_list.picker_id != actor.pk:
            PickList.objects.filter(pk=pick_list.pk).update(picker=actor)
        return
    change_state(
        pick_list, to=PickListState.PICKING, actor=actor, at=at, action=action, fields={"picker_id": actor.pk}
    )


def pick_scan(
    *, client_id: UUID, pick_list_id: int, task_id: int, code: str, actor: User, at: datetime
) -> ScanAnswer:
    """This function will judge a scan, pick the task when bin and product are right, and keep the scan.

    A wrong code is recorded and moves nothing. InvalidInput for an empty code, NotFound for a task not on the list,
    Conflict when the id belongs to a scan of another list.
    """
    if not code.strip():
        raise InvalidInput("nothing was scanned", field="code", remedy="Scan again, or type the code.")
    answer = _repeat(client_id, pick_list_id)
    return answer or _judge(client_id, pick_list_id, task_id, storable(code.strip()), actor=actor, at=at)


@transaction.atomic
def _judge(
    client_id: UUID, pick_list_id: int, task_id: int, code: str, *, actor: User, at: datetime
) -> ScanAnswer:
    lock_fulfillments(fulfillments_of_tasks([task_id]))
    if answer := _repeat(client_id, pick_list_id):  # it was under way while we waited for the lock
        return answer
    task = (
        PickTask.objects.select_related("product", "location", "lot", "pick_list")
        .filter(pk=task_id, pick_list_id=pick_list_id)
        .first()
    )
    if task is None:
        raise NotFound(
            f"pick task #{task_id} is not on this list", field="task", remedy="Reload the pick list."
        )
    answer = _answer(task, read_code(code), at.date())
    if answer.is_good:
        if task.pick_list.state == PickListState.OPEN or task.pick_list.picker_id != actor.pk:
            _hand_over(task.pick_list, actor=actor, at=at, action="fulfillment.pick_scan")
        if answer.outcome == ScanOutcome.PICKED:
            pick_confirm_many(task_ids=[task_id], actor=actor, at=at)
    PickScan.objects.create(
        client_id=client_id, task=task, pick_list_id=pick_list_id, code=code[:200], outcome=answer.outcome,
        message=answer.message[:300], actor=actor, at=at,
    )  # fmt: skip
    return answer


def _repeat(client_id: UUID, pick_list_id: int) -> ScanAnswer | None:
    scan = PickScan.objects.filter(client_id=client_id).first()
    if scan is None:
        return None
    if scan.pick_list_id != pick_list_id:
        raise Conflict(
            "this scan id belongs to another pick list", field="scan_id", remedy="Reload the page."
        )
    return ScanAnswer(scan.outcome, scan.message, is_repeat=True)


def _answer(task: PickTask, read: ReadCode, today: date) -> ScanAnswer:
    if task.closed_at is not None:
        return ScanAnswer(ScanOutcome.TASK_CLOSED, "This one is done already.")
    if not read.is_known:
        return ScanAnswer(ScanOutcome.UNKNOWN, read.fault)
    here = read.location_id == task.location_id
    if not bin_is_confirmed(task):
        if here:
            return ScanAnswer(
                ScanOutcome.BIN_OK, f"Bin {task.location.code}. Take {task.quantity} × {task.product.sku}."
            )
        if read.location_id is not None:
            return ScanAnswer(ScanOutcome.WRONG_BIN, f"Wrong bin. Go to {task.location.code}.")
        return ScanAnswer(ScanOutcome.BIN_FIRST, f"Scan the bin first: {task.location.code}.")
    if read.product_id == task.product_id:
        if task.lot is not None and read.lot_code and read.lot_code != task.lot.code:
            return ScanAnswer(
                ScanOutcome.WRONG_PRODUCT, f"Wrong lot {read.lot_code}. Take lot {task.lot.code}."
            )
        if read.expires is not None and read.expires < today:
            return ScanAnswer(
                ScanOutcome.WRONG_PRODUCT,
                f"Expired on {read.expires:%d %b %Y}. Put it aside, take another, or report the rest as short.",
            )
        return ScanAnswer(ScanOutcome.PICKED, f"{task.quantity} × {task.product.sku} picked.")
    if here:
        return ScanAnswer(
            ScanOutcome.BIN_OK, f"Bin {task.location.code}. Take {task.quantity} × {task.product.sku}."
        )
    if read.product_id is not None:
        return ScanAnswer(
            ScanOutcome.WRONG_PRODUCT, f"Wrong product. Take {task.product.sku}, {task.product.name}."
        )
    return ScanAnswer(ScanOutcome.WRONG_BIN, f"Wrong bin. Go back to {task.location.code}.")


__all__ = ["GOOD", "ScanAnswer", "pick_list_start", "pick_scan"]
