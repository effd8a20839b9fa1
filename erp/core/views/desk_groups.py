"""What do the unsettled cases have in common, so that one decision settles many?"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from erp.core.causes import cause_words
from erp.core.desk_selectors import CaseGroup, GroupQuestion, case_groups
from erp.core.exception_kinds import KINDS
from erp.core.pages.format import money_text
from erp.core.permissions import actor_of, page
from erp.core.roles import Role
from erp.core.views.desk import kind_label
from erp.core.views.desk_bulk import BULK, RESOLVE, usual_playbook


@page("core.exception_view")
def case_group_list(request: HttpRequest) -> HttpResponse:
    """This function will show the unsettled cases grouped by kind and cause (or by kind alone), the most money first."""
    by = "kind" if request.GET.get("by") == "kind" else "cause"
    role = request.GET.get("owner_role", "")
    question = GroupQuestion(by=by, owner_role=role if role in Role.values else "")
    groups = [
        _row(group, by, question.owner_role, request) for group in case_groups(question, timezone.now())
    ]
    return TemplateResponse(
        request,
        "core/exception_case_groups.html",
        {
            "title": "Exceptions by cause",
            "by": by,
            "owner_role": question.owner_role,
            "roles": Role.choices,
            "groups": groups,
            "is_cut": len(groups) == question.limit,
            "bulk": BULK if actor_of(request).may(RESOLVE) else [],
        },
    )


def _row(group: CaseGroup, by: str, role: str, request: HttpRequest) -> dict[str, Any]:
    where = {"kind": group.kind} | ({"cause": group.cause} if by == "cause" and group.cause else {})
    where |= {"owner_role": role} if role else {}
    noun = "case" if group.count == 1 else "cases"
    said = f"{group.count:,} {noun} of “{kind_label(group.kind)}”"
    said += f", all about {cause_words(group.cause)}" if by == "cause" and group.cause else ""
    playbook = usual_playbook(group.kind, actor_of(request))
    return {
        "group": group,
        "said": f"{said}: {money_text(group.money)} at risk",
        "kind": kind_label(group.kind),
        "cause": cause_words(group.cause) if by == "cause" else "",
        "owner": Role(group.owner_role).label,
        "url": f"{reverse('exception_case_list')}?{urlencode(where)}",
        "first_url": reverse("exception_case_detail", args=[group.first_id]),
        "playbook": playbook.label if playbook else "",
        "step": next(iter(KINDS[group.kind].playbook), "") if group.kind in KINDS else "",
    }
