"""What needs a person, and who settles it? Mounted at /api/v1/exceptions by `erp.api`."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Router

from erp.core.api import After, Limit, caller, matched, page_of, require, tag
from erp.core.api_schemas import Page, Reason, Said
from erp.core.errors import NotFound
from erp.core.models import ExceptionCase
from erp.core.services.exception_case import exception_resolve

router = Router(tags=["exceptions"])


class CaseOut(Said):
    """One thing that needs a person."""

    id: int
    kind: str
    state: str
    title: str
    subject_type: str
    subject_id: str
    owner_role: str
    assignee: str | None
    money_at_risk: str = Field(description="Base currency.")
    occurrences: int
    opened_at: str
    due_at: str
    resolved_at: str | None
    resolution: str
    reason: str


class CasePage(Page):
    """Cases, oldest first."""

    exceptions: list[CaseOut]


class SettledIn(Reason):
    """How a case was settled."""


@router.get("", summary="List exceptions", response=CasePage)
def case_list(
    request: HttpRequest,
    state: Literal["", "OPEN", "SNOOZED", "RESOLVED"] = "",
    kind: str = "",
    owner_role: str = "",
    after: After = "",
    limit: Limit = 50,
) -> dict[str, Any]:
    """Exception cases as they were opened, by state, kind or the role that owns them."""
    require(request, "core.exception_view")
    found = ExceptionCase.objects.select_related("assignee")
    for name, value in (("state", state), ("kind", kind), ("owner_role", owner_role)):
        if value:
            found = found.filter(**{name: value.replace("\0", "")[:60]})
    return page_of(request, found, after=after, limit=limit, name="exceptions", show=case_out)


@router.get("/{int:case_id}", summary="Read an exception", response=CaseOut)
def case_read(request: HttpRequest, case_id: int) -> dict[str, Any]:
    """One case, by its id."""
    require(request, "core.exception_view")
    return _shown(request, _case(case_id))


@router.post(
    "/{int:case_id}/resolve", summary="Settle an exception", response=CaseOut,
    openapi_extra={"x-if-match": "optional"},
)  # fmt: skip
def case_resolve(request: HttpRequest, case_id: int, content: SettledIn) -> dict[str, Any]:
    """Say why it is settled; 409 when it is already."""
    require(request, "core.exception_resolve")
    matched(request, _version(_case(case_id)))
    exception_resolve(
        case_id=case_id, resolution="manual", reason=content.reason, actor=caller(request), at=timezone.now()
    )
    return _shown(request, _case(case_id))


def _case(case_id: int) -> ExceptionCase:
    known = ExceptionCase.objects.select_related("assignee")
    found = known.filter(pk=case_id).first() if case_id < 2**63 else None
    if found is None:
        raise NotFound("there is no such exception", field="case_id", remedy="Use an id that we listed.")
    return found


def _version(case: ExceptionCase) -> str:
    return f"{case.state}.{case.occurrences}.{case.assignee_id or 0}"


def _shown(request: HttpRequest, case: ExceptionCase) -> dict[str, Any]:
    tag(request, _version(case))
    return case_out(case)


def case_out(case: ExceptionCase) -> dict[str, Any]:
    """This function will return a case as the API shows it."""
    return {
        "id": case.pk, "kind": case.kind, "state": case.state, "title": case.title, "subject_type": case.subject_type,
        "subject_id": case.subject_id, "owner_role": case.owner_role,
        "assignee": case.assignee.username if case.assignee else None, "money_at_risk": f"{case.money_at_risk:.2f}",
        "occurrences": case.occurrences, "opened_at": case.opened_at.isoformat(), "due_at": case.due_at.isoformat(),
        "resolved_at": case.resolved_at.isoformat() if case.resolved_at else None, "resolution": case.resolution,
        "reason": case.reason,
    }  # fmt: skip
