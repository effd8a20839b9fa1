"""Who does what a playbook's button says, and settles the case with it, exactly once?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from erp.core.errors import Conflict, NotFound, PermissionRefused
from erp.core.models import ExceptionCase, User
from erp.core.playbook_registry import Play, Played, playbook_of
from erp.core.services.exception_case import exception_resolve
from erp.core.services.note import note_add
from erp.core.states import ExceptionState


@transaction.atomic
def exception_play(
    *, case_id: int, code: str, inputs: Mapping[str, str] | None = None, actor: User, at: datetime
) -> Played:
    """This function will run a playbook on a case and settle the case by that act, both or neither.

    Conflict when the case is settled already: the second of two clicks changes nothing. Whatever the act refuses leaves the
    case as it was. Where the act only asks (`Played.settles` is false), a note says so and the case stays open.
    """
    case = ExceptionCase.objects.select_for_update().filter(pk=case_id).first()
    playbook = playbook_of(case.kind, code) if case else None
    if case is None or playbook is None:
        raise NotFound("there is no such step for this case", field="playbook", remedy="Reload the case.")
    if not actor.may(playbook.permission):
        raise PermissionRefused(
            f"“{playbook.label}” needs {playbook.permission}", field="actor", remedy="Assign it to who may."
        )
    if case.state == ExceptionState.RESOLVED:
        raise Conflict(
            f"the case is settled already, by {case.resolution}",
            field="state",
            remedy="Nothing is to be done.",
        )
    played = playbook.run(Play(case, actor, at, dict(inputs or {})))
    case.refresh_from_db()  # many services settle their own cases
    if played.settles and case.state != ExceptionState.RESOLVED:
        reason = (inputs or {}).get("reason", "").strip()
        exception_resolve(
            case_id=case.pk, resolution=playbook.action, reason=reason or played.said, actor=actor, at=at
        )
    elif not played.settles:
        note_add(
            document_type="core.ExceptionCase", document_id=case.pk, body=f"{playbook.label}: {played.said}",
            actor=actor, at=at,
        )  # fmt: skip
    return played
