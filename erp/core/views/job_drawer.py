"""How far are the jobs this person started? The drawer asks again while one of them runs."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from erp.core.errors import KeelError
from erp.core.models import Job
from erp.core.pages.actions import refusal_text
from erp.core.permissions import page
from erp.core.selectors import jobs_of
from erp.core.services.work import work_cancel

FILES = "jobs"  # a job's file is jobs/<job id>/<name>; its result is {"file": name, "name": shown name}
BUSY_SECONDS, IDLE_SECONDS = 2, 60


@page("core.view")
def job_drawer(request: HttpRequest, refusal: str = "") -> HttpResponse:
    """This function will show the jobs of the person who asks, and say how soon to ask again."""
    items = jobs_of(request.user, timezone.now())  # type: ignore[arg-type]
    running = sum(item.is_open for item in items)
    context = {
        "items": items,
        "running": running,
        "every": BUSY_SECONDS if running else IDLE_SECONDS,
        "refusal": refusal,
    }
    return render(request, "core/partials/_job_drawer.html", context)


@page("core.view")
@require_POST
def job_stop(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will cancel a job of the person who asks, or ask it to stop."""
    job = get_object_or_404(Job, pk=pk)
    if job.created_by_id != request.user.pk:
        raise PermissionDenied
    try:
        work_cancel(table="job", row_id=pk, reason="by its owner", actor=request.user, at=timezone.now())
    except KeelError as error:
        return job_drawer(request, refusal_text(error))
    return job_drawer(request)


@page("core.view")
def job_file(request: HttpRequest, pk: int) -> FileResponse:
    """This function will hand out the file that a job made, to its owner and to those who may see all work."""
    job = get_object_or_404(Job, pk=pk)
    if job.created_by_id != request.user.pk and not request.user.may("core.work_view"):  # type: ignore[union-attr]
        raise PermissionDenied
    result = job.result if isinstance(job.result, dict) else {}
    path = f"{FILES}/{job.pk}/{result.get('file', '')}"
    if "/" in str(result.get("file", "/")) or not default_storage.exists(path):
        raise Http404("the job made no file, or it was cleared away")
    return FileResponse(
        default_storage.open(path), as_attachment=True, filename=result.get("name") or result["file"]
    )
