"""Who takes returns that need nobody's judgement through the whole chain at once?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from erp.core.models import User
from returns.models import Refund, RmaLine
from returns.services.credit import refund_pay_many
from returns.services.inspection import Inspection, rma_dispose_many, rma_inspect_many
from returns.services.receipt import ArrivedLine, rma_receive_many
from returns.services.refund import RefundDraft, refund_request_many
from returns.services.rma import RmaDraft, rma_authorize_many
from returns.states import Disposition, RefundState


@transaction.atomic
def return_process_many(
    drafts: Sequence[RmaDraft],
    *,
    condition: str = "as new",
    disposition: str = Disposition.RESTOCK,
    actor: User,
    at: datetime,
) -> list[int]:
    """This function will authorise, receive, inspect, dispose of and refund returns in one go and return the RMAs' ids.

    A constant number of statements however many there are. A refund at or above the approval threshold stays
    pending, and so does its RMA. Errors as in the steps; all or nothing.
    """
    if not drafts:
        return []
    ids = rma_authorize_many(drafts, actor=actor, at=at)
    lines = list(
        RmaLine.objects.filter(rma_id__in=ids)
        .order_by("pk")
        .values_list("pk", "quantity", "refund_amount", "rma_id")
    )
    rma_receive_many([ArrivedLine(pk, quantity) for pk, quantity, _, _ in lines], actor=actor, at=at)
    rma_inspect_many([Inspection(pk, condition, disposition) for pk, *_ in lines], actor=actor, at=at)
    rma_dispose_many([pk for pk, *_ in lines], actor=actor, at=at)
    worth = sorted({rma_id for _, _, amount, rma_id in lines if amount})
    refunds = refund_request_many([RefundDraft(rma_id) for rma_id in worth], actor=actor, at=at)
    approved = Refund.objects.filter(pk__in=refunds, state=RefundState.APPROVED).order_by("pk")
    refund_pay_many(list(approved.values_list("pk", flat=True)), actor=actor, at=at)
    return ids
