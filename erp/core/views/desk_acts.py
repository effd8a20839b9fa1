"""What can a person do to one exception case: settle, assign, put aside, wake, take the next, push a playbook's button?"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from erp.core.models import ExceptionCase, User
from erp.core.pages.actions import run_action
from erp.core.permissions import actor_of, page
from erp.core.playbook_registry import playbook_of
from erp.core.roles import Role
from erp.core.services.exception_case import exception_resolve, exception_snooze, exception_wake_one
from erp.core.services.exception_desk import exception_assign, exception_take_next
from erp.core.services.playbook import exception_play
from erp.core.views.desk_bulk import RESOLVE, parse_local, parse_person


def case_or_404(pk: int) -> None:
    """This function will raise Http404 unless there is such a case."""
    if not ExceptionCase.objects.filter(pk=pk).exists():
        raise Http404("no such case")


def _go(pk: int) -> str:
    return reverse("exception_case_detail", args=[pk])


def roles_of(user: User) -> Collection[str]:
    """This function will return whose queues a person works: an administrator's are all."""
    return list(Role.values) if user.is_superuser or Role.ADMIN in user.roles else user.roles


@page(RESOLVE)
@require_POST
def case_resolve(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will close a case with the reason given."""
    case_or_404(pk)
    return run_action(
        request,
        lambda: exception_resolve(
            case_id=pk, resolution=request.POST.get("resolution", "").strip()[:60] or "manual",
            reason=request.POST.get("reason", ""), actor=actor_of(request), at=timezone.now(),
        ),
        done="Case resolved.", url=_go(pk),
    )  # fmt: skip


@page(RESOLVE)
@require_POST
def case_snooze(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will put a case aside until a later time."""
    case_or_404(pk)

    def snooze() -> ExceptionCase:
        until = parse_local(request.POST.get("until", ""))
        reason = request.POST.get("reason", "")
        return exception_snooze(
            case_id=pk, until=until, reason=reason, actor=actor_of(request), at=timezone.now()
        )

    return run_action(request, snooze, done="Put aside.", url=_go(pk))


@page(RESOLVE)
@require_POST
def case_wake(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will take a case that was put aside up again."""
    case_or_404(pk)
    return run_action(
        request,
        lambda: exception_wake_one(case_id=pk, actor=actor_of(request), at=timezone.now()),
        done="It is open again.", url=_go(pk),
    )  # fmt: skip


@page(RESOLVE)
@require_POST
def case_assign(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will give a case to one person, or back to its role."""
    case_or_404(pk)

    def assign() -> None:
        person = parse_person(request.POST.get("assignee", ""))
        exception_assign(case_id=pk, assignee_id=person, actor=actor_of(request), at=timezone.now())

    return run_action(request, assign, done="Assigned.", url=_go(pk))


@page(RESOLVE)
@require_POST
def case_take_next(request: HttpRequest) -> HttpResponse:
    """This function will give the person the most pressing case of their queues, or of the one named, and open it."""
    actor = actor_of(request)
    asked = request.POST.get("role", "")
    roles = [role for role in roles_of(actor) if not asked or role == asked]
    case = exception_take_next(roles=roles, actor=actor, at=timezone.now()) if roles else None
    if case is None:
        messages.info(request, "Nothing in your queues waits for somebody: everything has an owner.")
        return redirect("exception_case_list")
    messages.success(request, "It is yours now.")
    return redirect(_go(case.pk))


@page(RESOLVE)
@require_POST
def case_play(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """This function will do a step of the playbook and settle the case with it."""
    case = ExceptionCase.objects.filter(pk=pk).first()
    playbook = playbook_of(case.kind, code) if case else None
    if playbook is None:
        raise Http404("no such step")
    if not actor_of(request).may(playbook.permission):
        return HttpResponse(status=403)
    inputs = {item.name: request.POST.get(item.name, "") for item in playbook.fields}

    def said(played: Any) -> str:
        return f"{playbook.label}: {played.said}"

    return run_action(
        request,
        lambda: exception_play(case_id=pk, code=code, inputs=inputs, actor=actor_of(request), at=timezone.now()),
        done=said, url=_go(pk),
    )  # fmt: skip
