"""Which holds have waited for too long, and who takes them over?"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction

from erp.core.models import Note, User
from erp.core.money import ZERO
from erp.core.roles import Role
from erp.core.services.exception_case import CaseDraft, exception_mirror
from orders.models import Hold
from orders.selectors.hold import hold_rules
from orders.states import HoldState

BATCH = 500


@transaction.atomic
def hold_escalate(*, actor: User, at: datetime) -> int:
    """This function will hand holds far past their clock to the role of their rule, and keep one case per overdue hold.

    Returns how many holds are overdue. A case is settled when its hold was released, rejected or given more time.
    """
    _hand_over(actor, at)
    overdue = Hold.objects.filter(state=HoldState.OPEN, due_at__lt=at).select_related("order").order_by("pk")
    drafts = [
        CaseDraft(
            "HOLD_OVERDUE", "orders.Hold", str(hold.pk),
            f"{hold.order.number}: {hold.get_kind_display()} hold is past its clock since {hold.due_at:%d %b %H:%M}",
            {"order": hold.order.number, "kind": hold.kind, "reason": hold.reason, "owner": hold.owner_role,
             "escalated": hold.escalated_at is not None},
            hold.order.total if hold.order.currency == settings.KEEL_BASE_CURRENCY else ZERO,
        )
        for hold in overdue
    ]  # fmt: skip
    return exception_mirror(
        kind="HOLD_OVERDUE", drafts=drafts, resolution="orders.hold_escalate",
        reason="The hold was decided, or has more time.", actor=actor, at=at,
    )  # fmt: skip


def _hand_over(actor: User, at: datetime) -> None:
    rules = hold_rules()
    due = [
        hold
        for hold in Hold.objects.select_for_update(skip_locked=True)
        .filter(state=HoldState.OPEN, due_at__lt=at, escalated_at__isnull=True)
        .order_by("pk")[:BATCH]
        if hold.due_at + rules[hold.kind].escalate_after <= at
    ]
    notes = []
    for hold in due:
        before, rule = Role(hold.owner_role).label, rules[hold.kind]
        hold.escalated_at, hold.owner_role = at, rule.escalate
        body = f"Escalated from {before} to {rule.escalate.label}: nobody decided it by {hold.due_at:%d %b %H:%M} UTC."
        notes.append(Note(document_type="orders.Hold", document_id=hold.pk, author=actor, body=body, at=at))
    Hold.objects.bulk_update(due, ["escalated_at", "owner_role"])
    Note.objects.bulk_create(notes)
