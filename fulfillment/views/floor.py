"""What does a picker see on the handheld? One task per screen; the server knows which step it is."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from erp.core.errors import KeelError
from erp.core.pages.actions import refusal_text
from erp.core.permissions import actor_of, page
from fulfillment.models import PickList
from fulfillment.selectors import bin_is_confirmed, next_task, open_lists, pick_progress
from fulfillment.services import pick_scan, pick_short
from fulfillment.states import ScanOutcome

SHORT_REASONS = ("Bin is empty", "Fewer there than expected", "Damaged", "Wrong goods in the bin", "Expired")


@page("fulfillment.pick")
@require_GET
def floor_home(request: HttpRequest) -> HttpResponse:
    """Which lists can I walk? Mine first, then the open ones by urgency."""
    lists = open_lists()
    actor = actor_of(request)
    context = {
        "title": "Pick by scan",
        "mine": [row for row in lists if row.picker_id == actor.pk],
        "others": [row for row in lists if row.picker_id != actor.pk],
    }
    return render(request, "fulfillment/floor_home.html", context)


def _screen(pick_list: PickList, feedback: tuple[str, str] | None = None) -> dict[str, Any]:
    """This function will return what the handheld shows next: the step of the first open task, or the end."""
    task = next_task(pick_list.pk)
    following = None
    if task is None:
        following = next((row for row in open_lists() if row.node_id == pick_list.node_id), None)
    return {
        "pick_list": pick_list,
        "task": task,
        "bin_is_confirmed": bin_is_confirmed(task) if task else False,
        "progress": pick_progress(pick_list.pk),
        "next_list": following,
        "feedback": feedback,
        "short_reasons": SHORT_REASONS,
    }


@page("fulfillment.pick")
@require_GET
def floor_pick(request: HttpRequest, pk: int) -> HttpResponse:
    """The task at hand, at the step where it was left."""
    pick_list = get_object_or_404(PickList.objects.select_related("node"), pk=pk)
    return render(request, "fulfillment/floor_pick.html", {"title": pick_list.number, **_screen(pick_list)})


@page("fulfillment.pick")
@require_POST
def floor_scan(request: HttpRequest, pk: int) -> HttpResponse:
    """One scan: judged by the service, answered with the next screen."""
    pick_list = get_object_or_404(PickList.objects.select_related("node"), pk=pk)
    code = request.POST.get("code", "").strip()
    task_id = request.POST.get("task", "")
    if not task_id.isascii() or not task_id.isdigit():
        return _after_the_end(request, pick_list, code)
    try:
        answer = pick_scan(
            client_id=_scan_id(request), pick_list_id=pk, task_id=int(task_id), code=code,
            actor=actor_of(request), at=timezone.now(),
        )  # fmt: skip
    except KeelError as refusal:
        feedback = ("error", refusal_text(refusal))
    else:
        feedback = ("ok" if answer.is_good else "error", answer.message)
        if answer.outcome == ScanOutcome.PICKED and next_task(pk) is None:
            feedback = ("done", f"{answer.message} The list is done.")
    return render(request, "fulfillment/partials/_task.html", _screen(pick_list, feedback))


def _after_the_end(request: HttpRequest, pick_list: PickList, code: str) -> HttpResponse:
    """A finished list takes the number of another one."""
    following = PickList.objects.filter(number__iexact=code).first()
    if following is not None:
        response = HttpResponse(status=204)
        response["HX-Redirect"] = reverse("fulfillment:floor_pick", args=[following.pk])
        return response
    feedback = ("error", "This list is done. Scan the number of another one.")
    return render(request, "fulfillment/partials/_task.html", _screen(pick_list, feedback))


def _scan_id(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("scan_id", ""))
    except ValueError:
        return uuid4()  # typed without the scanner's script: nobody repeats it


@page("fulfillment.pick")
@require_POST
def floor_short(request: HttpRequest, pk: int) -> HttpResponse:
    """Fewer units than asked: pick what is there, let the rest go."""
    task_id, found = request.POST.get("task", ""), request.POST.get("quantity_found", "")
    if not (task_id.isascii() and task_id.isdigit() and found.isascii() and found.isdigit()):
        messages.error(request, "Say how many units you found: a whole number.")
        return redirect("fulfillment:floor_pick", pk=pk)
    try:
        pick_short(
            task_id=int(task_id), quantity_found=int(found), reason=request.POST.get("reason", ""),
            actor=actor_of(request), at=timezone.now(),
        )  # fmt: skip
    except KeelError as refusal:
        messages.error(request, refusal_text(refusal))
    else:
        messages.success(request, "Noted. Somebody will count the bin; the order is served from elsewhere.")
    return redirect("fulfillment:floor_pick", pk=pk)
