"""What is the first thing a person sees: what waits for them, what is late, and what it costs?"""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from erp.core import navigation
from erp.core.models import ApprovalRequest, ExceptionCase, StateChange
from erp.core.pages.queues import queues_for
from erp.core.permissions import page
from erp.core.ranking import ORDER
from erp.core.roles import Role
from erp.core.search import exact_hit, normalise, search
from erp.core.states import ApprovalState, ExceptionState


def cases_of(user: Any) -> QuerySet[ExceptionCase]:
    """This function will return the open exceptions that `user`'s roles own (an administrator's: all)."""
    rows = ExceptionCase.objects.filter(state=ExceptionState.OPEN)
    if user.is_superuser or Role.ADMIN in user.roles or user.roles == {Role.READ_ONLY}:
        return rows
    return rows.filter(Q(owner_role__in=user.roles) | Q(assignee=user))


def approvals_of(user: Any) -> QuerySet[ApprovalRequest]:
    """This function will return the approvals `user` can decide: of their role, and not their own request."""
    rows = ApprovalRequest.objects.filter(state=ApprovalState.PENDING).exclude(requested_by=user)
    if user.is_superuser or Role.ADMIN in user.roles:
        return rows
    return rows.filter(role__in=user.roles)


@page("core.view")
def home(request: HttpRequest) -> HttpResponse:
    """This function will show what waits for this person."""
    now = timezone.now()
    cases = cases_of(request.user)
    approvals = approvals_of(request.user)
    totals = cases.aggregate(
        count=Count("pk"), overdue=Count("pk", filter=Q(due_at__lt=now)), money=Sum("money_at_risk")
    )
    return TemplateResponse(
        request,
        "core/home.html",
        {
            "title": "Home",
            "queues": queues_for(request.user),
            "cases": cases.select_related("assignee").order_by(*ORDER)[:8],
            "case_totals": totals,
            "approvals": approvals.select_related("requested_by").order_by("requested_at")[:6],
            "approval_count": approvals.count(),
            "recent": StateChange.objects.select_related("actor").order_by("-id")[:12],
            "actions": [
                item for item in navigation.actions_for(request.user) if item.url != reverse("profile")
            ][:2],
            "now": now,
        },
    )


@page("core.view")
def search_page(request: HttpRequest) -> HttpResponse:
    """This function will jump to the record with that code (`go=1`: Enter or a scanner), or show what matches."""
    text = normalise(request.GET.get("q", ""))
    if request.GET.get("go") and text and (hit := exact_hit(text, request.user)):
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Redirect": hit.url})
        return redirect(hit.url)
    is_palette = bool(request.headers.get("HX-Request"))
    results = search(text, request.user, limit=5 if is_palette else 20)
    template = "core/_palette_results.html" if is_palette else "core/search.html"
    return TemplateResponse(request, template, {"title": "Search", "results": results, "q": text})
