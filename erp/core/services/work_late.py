"""Which work has been waiting for too long, and has somebody been told?

One case per queue and per outbox stream, however many rows wait in it; it is settled by the sweep that finds
it moving again.
"""

from __future__ import annotations

from datetime import datetime

from erp.core.models import User
from erp.core.services.exception_case import CaseDraft, exception_mirror
from erp.core.sql import query

LATE_MINUTES = 10
# What waits for its own time, in the future, is not late, nor what runs: a lease that ends is the sweeper's business.
_LATE = (
    f"SELECT '{{label}}', {{place}}, count(*), min(id) FROM {{table}} WHERE state IN ('PENDING', 'FAILED') "
    f"AND next_at < now() - interval '{LATE_MINUTES} minutes' GROUP BY 2"
)
_LATE_OUT = (
    "SELECT 'core.OutboxMessage', stream, count(*), min(id) FROM core_outboxmessage "
    f"WHERE state IN ('PENDING', 'FAILED') AND created_at < now() - interval '{LATE_MINUTES} minutes' GROUP BY 2"
)
QUERY = " UNION ALL ".join(
    (
        _LATE.format(label="core.Job", place="queue", table="core_job"),
        _LATE.format(label="core.InboxMessage", place="source", table="core_inboxmessage"),
        _LATE_OUT,
    )
)


def work_report_late(*, actor: User, at: datetime) -> int:
    """This function will open a case for each queue, source or stream whose work waits for more than ten
    minutes, settle the cases of those that move again, and return how many are late.
    """
    late = {f"{label}:{place}"[:120]: (count, first) for label, place, count, first in query(QUERY)}
    drafts = [
        CaseDraft("WORK_LATE", "core.Queue", subject, _said(subject, count), {"rows": count, "first": first})
        for subject, (count, first) in late.items()
    ]
    return exception_mirror(
        kind="WORK_LATE", drafts=drafts, resolution="core.work_report_late", reason="nothing waits there any more",
        actor=actor, at=at,
    )  # fmt: skip


def _said(subject: str, count: int) -> str:
    return f"{count} {'row waits' if count == 1 else 'rows wait'} in {subject}"
