"""Which of the kernel's documents are told of when somebody asks what a piece of work would change?"""

from __future__ import annotations

from collections.abc import Sequence

from erp.core.effects import Picture, Witness, register_witness
from erp.core.exception_kinds import KINDS
from erp.core.models import ExceptionCase, OutboxMessage


def _cases(ids: Sequence[int]) -> dict[int, Picture]:
    return {
        case.pk: Picture(
            f"{KINDS[case.kind].label if case.kind in KINDS else case.kind}: {case.title}",
            {"state": case.get_state_display(), "settled by": case.reason},
        )
        for case in ExceptionCase.objects.filter(pk__in=ids)
    }


def _outbox(ids: Sequence[int]) -> dict[int, Picture]:
    return {
        row.pk: Picture(f"{row.kind} to {row.stream}", {"key": row.key})
        for row in OutboxMessage.objects.filter(pk__in=ids)
    }


register_witness(Witness("core.ExceptionCase", "Exception cases", {}, _cases, order=60))
register_witness(
    Witness("core.OutboxMessage", "Would be sent", {"core_outboxmessage": "id"}, _outbox, order=70)
)
