"""Which documents does a partner still owe us an acknowledgement for, and which orders do we still owe him an answer?"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from erp.core.errors import KeelError
from erp.core.models import User
from erp.core.services.exception_case import CaseDraft, exception_mirror
from erp.core.sql import query
from orders.models import EdiInterchange
from orders.services.edi_document import edi_order_answer
from orders.states import OrderState

RECENT = timedelta(days=60)
MOST = 500
DECIDED = [
    state.value for state in OrderState if state not in (OrderState.RECEIVED, OrderState.ON_HOLD)
]  # an order on hold is answered when somebody has decided

_UNANSWERED = """
SELECT channel.code, row.external_id
  FROM orders_channelorder row JOIN orders_channel channel ON channel.id = row.channel_id
  JOIN orders_connection c ON c.channel_id = channel.id AND c.adapter = 'edi' AND c.is_enabled
  JOIN orders_order o ON o.channel_id = row.channel_id AND o.external_id = row.external_id
 WHERE row.applied IS NOT NULL AND row.last_seen_at > %s AND o.state = ANY(%s)
   AND (c.settings -> 'sends' IS NULL OR c.settings -> 'sends' ? '855')
   AND NOT EXISTS (SELECT 1 FROM orders_ediinterchange sent WHERE sent.connection_id = c.id AND sent.direction = 'OUT'
       AND sent.key = 'answer:' || row.id || ':' || row.applied_version || CASE o.state WHEN 'CANCELLED' THEN ':off' ELSE '' END)
 ORDER BY row.id LIMIT %s
"""


def edi_answer_due(*, actor: User, at: datetime) -> int:
    """This function will answer every order of the last 60 days that was decided on since its last answer; returns how many.

    One that can not be told, because a setting of its partner is wrong, does not keep the others waiting.
    """
    answered, refused = 0, []
    for channel, external_id in query(_UNANSWERED, [at - RECENT, DECIDED, MOST]):
        try:
            answered += bool(edi_order_answer(channel=channel, external_id=external_id, actor=actor, at=at))
        except KeelError as error:
            detail = {"channel": channel, "why": error.as_text()}
            title = f"{channel}: order {external_id} could not be answered"
            refused.append(
                CaseDraft("EDI_NOT_TOLD", "orders.Channel", f"{channel}:{external_id}"[:80], title, detail)
            )
    exception_mirror(
        kind="EDI_NOT_TOLD", drafts=refused, resolution="orders.edi_answer_due", reason="It was answered.", actor=actor, at=at
    )  # fmt: skip
    return answered


def edi_flag_unacknowledged(*, actor: User, at: datetime) -> int:
    """This function will keep a case open per document not acknowledged in time; returns how many there are."""
    waiting = (
        EdiInterchange.objects.filter(answer="WAITING", due_at__lt=at)
        .select_related("connection__channel")
        .defer("text")
        .order_by("due_at")[:MOST]
    )
    drafts = [CaseDraft(**_case(row)) for row in waiting]
    return exception_mirror(
        kind="EDI_UNACKNOWLEDGED", drafts=drafts, resolution="orders.edi_flag_unacknowledged",
        reason="The partner has acknowledged it.", actor=actor, at=at,
    )  # fmt: skip


def _case(row: EdiInterchange) -> dict[str, Any]:
    code = row.connection.channel.code
    return {
        "kind": "EDI_UNACKNOWLEDGED", "subject_type": "orders.EdiInterchange", "subject_id": str(row.pk),
        "title": f"{code} has not acknowledged {row.documents} {row.control_number}",
        "detail": {"channel": code, "sent": row.at.isoformat(), "due": row.due_at.isoformat() if row.due_at else ""},
    }  # fmt: skip
