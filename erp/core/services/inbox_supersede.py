"""What happens to a message that was refused when a corrected one with the same identity comes by hand?

It keeps its body and its error, but gives its identity up, or the corrected message would be a second order with a known id.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from erp.core.models import ExceptionCase, InboxMessage, User
from erp.core.services.exception_case import exception_resolve
from erp.core.states import ExceptionState, WorkState
from erp.core.text import digest


@transaction.atomic
def inbox_supersede_many(
    *, source: str, kind: str, bodies: Mapping[str, str], actor: User, at: datetime
) -> int:
    """This function will make room for corrected messages (external id → body) where a dead one with another body lies.

    The exception cases of the dead ones are settled. What became something, or may still, is left alone. Returns how many.
    """
    dead = InboxMessage.objects.select_for_update().filter(
        source=source, kind=kind, version="", state=WorkState.DEAD, external_id__in=list(bodies)
    )
    found = [
        message for message in dead.order_by("pk") if message.body_hash != digest(bodies[message.external_id])
    ]
    for message in found:
        message.version = f"superseded {message.pk}"
    InboxMessage.objects.bulk_update(found, ["version"])
    cases = ExceptionCase.objects.exclude(state=ExceptionState.RESOLVED).filter(
        subject_type="core.InboxMessage", subject_id__in=[str(message.pk) for message in found]
    )
    for case in cases.order_by("pk"):
        exception_resolve(
            case_id=case.pk, resolution="core.inbox_supersede_many", reason="a corrected one came in its place",
            actor=actor, at=at,
        )  # fmt: skip
    return len(found)
