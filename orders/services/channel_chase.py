"""Who keeps after orders that do not follow their channel, and who says that a difference may stay?"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.db import transaction

from erp.core.errors import Conflict, InvalidInput, KeelError, NotFound
from erp.core.models import ExceptionCase, User
from erp.core.services.exception_case import CaseDraft, exception_mirror, exception_resolve_many
from erp.core.services.note import NoteDraft, note_add, note_add_many
from erp.core.services.progress import Progress
from erp.core.sql import query
from erp.core.states import ExceptionState
from erp.core.work_registry import long_job
from orders.channels.document import to_json
from orders.channels.fold import Fact, Picture, fold
from orders.models import ChannelFact, ChannelOrder, Order
from orders.services.converge import channel_order_converge

log = structlog.get_logger(__name__)
PATIENCE = timedelta(hours=1)  # pending for longer is somebody's business
NEVER = timedelta(days=3)  # what was called off and has not arrived by then never was, for us
BATCH = 1_000  # so many are tried per run; whose turn it is changes from run to run
KIND = "CHANNEL_ORDER_STUCK"

# What nobody looked at yet comes first. The others take turns: the seed of the order is the run's own time.
_DUE = """
SELECT id FROM orders_channelorder WHERE is_due OR pending_since IS NOT NULL
 ORDER BY is_due DESC, md5(id::text || %s) LIMIT %s
"""
_NEVER_WAS = """
SELECT r.id, c.code, r.external_id FROM orders_channelorder r JOIN orders_channel c ON c.id = r.channel_id
 WHERE r.pending_since <= %s
   AND EXISTS (SELECT 1 FROM orders_channelfact f WHERE f.channel_order_id = r.id AND f.kind = 'CANCELLED')
   AND NOT EXISTS (SELECT 1 FROM orders_channelfact f WHERE f.channel_order_id = r.id AND f.kind <> 'CANCELLED')
 ORDER BY r.id LIMIT %s FOR NO KEY UPDATE OF r
"""
_STUCK = """
SELECT r.id, c.code, r.external_id, r.pending, r.pending_since, r.facts, o.id, o.number FROM (
       SELECT s.*, (SELECT count(*) FROM orders_channelfact f WHERE f.channel_order_id = s.id) AS facts
         FROM orders_channelorder s WHERE s.pending_since <= %s ORDER BY s.pending_since, s.id LIMIT 5000) r
  JOIN orders_channel c ON c.id = r.channel_id
  LEFT JOIN orders_order o ON o.channel_id = r.channel_id AND o.external_id = r.external_id
 ORDER BY r.pending_since, r.id
"""


@long_job
def channel_order_chase(*, progress: Progress | None = None, actor: User, at: datetime) -> dict[str, int]:
    """This function will try again what our orders lack of what their channels say, and keep a case where it can not be done.

    Each order by itself: one that fails does not keep the others. A case stands for every order that has been pending for more
    than an hour, and is settled when it follows. What was called off before it arrived is given up after three days. Returns
    how many were tried, follow now, and are stuck.
    """
    channel_order_give_up(actor=actor, at=at)
    ids = [row[0] for row in query(_DUE, [at.isoformat(), BATCH])]
    followed = 0
    for number, channel_order_id in enumerate(ids, start=1):
        followed += _try(channel_order_id, actor, at)
        if progress is not None:
            progress(number, len(ids), f"channel order {channel_order_id}")
    return {"tried": len(ids), "followed": followed, "stuck": channel_order_flag_stuck(actor=actor, at=at)}


def _try(channel_order_id: int, actor: User, at: datetime) -> bool:
    try:
        return not channel_order_converge(channel_order_id=channel_order_id, actor=actor, at=at)
    except KeelError as error:  # its own pending words stay as they were; the case tells of it
        log.warning("a channel order could not be tried", id=channel_order_id, error=error.as_text())
        return False


@transaction.atomic
def channel_order_give_up(*, actor: User, at: datetime) -> int:
    """This function will close channel orders of which three days long nothing but a cancellation was known; returns how many.

    Each gets a note. Its snapshot, should it come, opens it again: as a cancelled order.
    """
    rows = query(_NEVER_WAS, [at - NEVER, BATCH])
    ids = [row[0] for row in rows]
    ChannelOrder.objects.filter(pk__in=ids).update(
        never_was_at=at, pending=[], pending_since=None, is_due=False
    )
    note_add_many(
        [
            NoteDraft(
                "orders.ChannelOrder", pk,
                f"{channel} cancelled {external_id}, which never arrived: for us it never was. "
                "Should it arrive, it is cancelled.",
            )
            for pk, channel, external_id in rows
        ],
        actor=actor, at=at,
    )  # fmt: skip
    return len(ids)


def channel_order_flag_stuck(*, actor: User, at: datetime) -> int:
    """This function will keep one case open per channel order that has been pending for more than an hour; returns how many."""
    drafts = []
    for pk, channel, external_id, pending, since, facts, order_id, number in query(_STUCK, [at - PATIENCE]):
        words = pending if isinstance(pending, list) else []
        title = f"{channel} {external_id}: {words[0] if words else 'not looked at'}"
        detail = {
            "channel": channel, "external_id": external_id, "pending": words, "since": since.isoformat(), "facts": facts,
            **({"order": number, "order_id": order_id} if order_id else {}),
        }  # fmt: skip
        drafts.append(CaseDraft(KIND, "orders.ChannelOrder", str(pk), title, detail))
    return exception_mirror(
        kind=KIND, drafts=drafts, resolution="orders.channel_order_chase", reason="Our order follows its channel's now.",
        actor=actor, at=at,
    )  # fmt: skip


@transaction.atomic
def channel_order_retry(*, channel_order_id: int, actor: User, at: datetime) -> list[str]:
    """This function will try once more what an order lacks of what its channel says; returns what can not be done, in words.

    Its case is settled when nothing is pending any more.
    """
    _locked(channel_order_id)
    pending = channel_order_converge(channel_order_id=channel_order_id, actor=actor, at=at)
    if not pending:
        _settle(
            channel_order_id, "orders.channel_order_retry", "Our order follows its channel's now.", actor, at
        )
    return pending


@transaction.atomic
def channel_order_accept(*, channel_order_id: int, reason: str, actor: User, at: datetime) -> list[str]:
    """This function will let our order stand as it is: the channel's newest snapshot counts as followed from now on.

    What comes after it is followed again, as a difference from it. Returns what is still pending (money is never taken for
    granted). InvalidInput without a reason; Conflict while there is no order of ours, or none of theirs.
    """
    if not reason.strip():
        raise InvalidInput("a reason is needed", field="reason", remedy="Say why the difference may stay.")
    row = _locked(channel_order_id)
    picture = picture_of(row)
    order = Order.objects.filter(channel=row.channel_id, external_id=row.external_id).first()
    if picture.snapshot is None or order is None:
        raise Conflict(
            "there are not two orders to compare", field="order",
            remedy="Map what is unknown, or take the order in by hand, then try again.",
        )  # fmt: skip
    row.applied, row.applied_version = to_json(picture.snapshot), picture.version
    row.save(update_fields=["applied", "applied_version"])
    for label, pk in (("orders.ChannelOrder", row.pk), ("orders.Order", order.pk)):
        words = f"Left as it is, though {row.external_id} says otherwise at version {picture.version}: {reason.strip()}"
        note_add(document_type=label, document_id=pk, body=words, actor=actor, at=at)
    pending = channel_order_converge(channel_order_id=row.pk, actor=actor, at=at)
    if not pending:
        _settle(row.pk, "orders.channel_order_accept", reason.strip(), actor, at)
    return pending


def picture_of(row: ChannelOrder) -> Picture:
    """This function will return the one picture that all a channel has said of an order gives."""
    facts = ChannelFact.objects.filter(channel_order=row).values_list(
        "kind", "ref", "version", "content_hash", "content"
    )
    return fold(Fact(*fact) for fact in facts)


def _locked(channel_order_id: int) -> ChannelOrder:
    row = ChannelOrder.objects.select_for_update(no_key=True).filter(pk=channel_order_id).first()
    if row is None:
        raise NotFound("there is no such channel order", field="channel_order", remedy="Reload the list.")
    return row


def _settle(channel_order_id: int, resolution: str, reason: str, actor: User, at: datetime) -> None:
    cases = ExceptionCase.objects.filter(
        kind=KIND, subject_type="orders.ChannelOrder", subject_id=str(channel_order_id)
    ).exclude(state=ExceptionState.RESOLVED)
    exception_resolve_many(
        case_ids=list(cases.values_list("pk", flat=True)), resolution=resolution, reason=reason, actor=actor, at=at
    )  # fmt: skip
