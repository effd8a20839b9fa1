"""Which pages take a file in: choose a kind, upload, say which column is which, look at the dry run, import, take back?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from erp.core.errors import InvalidInput, KeelError
from erp.core.forms import add_refusal, helper_for
from erp.core.imports.error_file import error_lines, guarded
from erp.core.imports.forms import MAP, ColumnsForm, UploadForm
from erp.core.imports.reader import Dialect, check_size, inspect, template
from erp.core.imports.target import Target, target_of, targets
from erp.core.imports.upload import TOO_LARGE
from erp.core.models import ImportRun
from erp.core.pages import run_action
from erp.core.pages.actions import refusal_text
from erp.core.permissions import actor_of, page
from erp.core.services.import_run import (
    ImportDraft,
    import_check,
    import_commit,
    import_continue,
    import_discard,
    import_map,
    import_undo,
    import_upload,
    stored_name,
)  # fmt: skip
from erp.core.services.work import work_cancel
from erp.core.states import IMPORT_OPEN, ImportState

IMPORT = "core.import"
SAMPLES = 3


def run_of(request: HttpRequest, pk: int, *, to_change: bool = False) -> ImportRun:
    """This function will return an import that the person who asks may see, or change."""
    run = get_object_or_404(ImportRun.objects.select_related("created_by", "job"), pk=pk)
    target = target_of(run.kind)
    if not actor_of(request).may(target.permission if to_change else target.view_permission):
        raise PermissionDenied
    return run


def _url(run: ImportRun | int) -> str:
    return reverse("import_run_detail", args=[run if isinstance(run, int) else run.pk])


def _target(request: HttpRequest, kind: str) -> Target:
    try:
        target = target_of(kind)
    except InvalidInput as error:
        raise Http404(error.message) from error
    if not actor_of(request).may(target.permission):
        raise PermissionDenied
    return target


@page(IMPORT)
def import_run_create(request: HttpRequest) -> HttpResponse:
    """This function will show the kinds of files, or take in a file of the kind that the address names."""
    kind = request.GET.get("kind", "")
    if not kind:
        own = [target for target in targets() if actor_of(request).may(target.permission)]
        return TemplateResponse(request, "core/import_kinds.html", {"title": "Import a file", "targets": own})
    target = _target(request, kind)
    initial = {option.name: request.GET.get(option.name, "") for option in target.options}
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    form = UploadForm(target, *sent, initial=initial)
    if request.method == "POST":
        answer = _take_in(request, target, form)
        if answer is not None:
            return answer
    context = {
        "title": f"Import {target.label.lower()}",
        "target": target,
        "form": form,
        "helper": helper_for(form),
    }
    return TemplateResponse(
        request, "core/import_upload.html", context, status=422 if request.method == "POST" else 200
    )


def _take_in(request: HttpRequest, target: Target, form: UploadForm) -> HttpResponse | None:
    try:
        if TOO_LARGE in request.META:
            check_size(int(request.META[TOO_LARGE]))
        if not form.is_valid():
            return None
        file = form.cleaned_data["file"]
        options = {option.name: form.cleaned_data[option.name] for option in target.options}
        draft = ImportDraft(target.kind, file, file.name, options)
        run, is_new = import_upload(draft, actor=actor_of(request), at=timezone.now())
    except KeelError as refusal:
        if "run" in refusal.detail:
            messages.warning(request, refusal_text(refusal))
            return redirect(_url(refusal.detail["run"]))
        form.is_valid()
        form.errors.pop("file", None)
        add_refusal(form, refusal)
        return None
    if not is_new:
        messages.info(request, "This file was here already; go on from where it is.")
        return redirect(_url(run))
    return redirect("import_run_columns", pk=run.pk)


@page(IMPORT)
@require_GET
def import_run_template(request: HttpRequest, kind: str) -> HttpResponse:
    """This function will return a file with every column of a kind and one example row."""
    target = _target(request, kind)
    response = HttpResponse(template(target, safe=guarded), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="keel-{target.kind}.csv"'
    return response


@page(IMPORT)
def import_run_columns(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will ask which column of the file is which of ours, and start the dry run."""
    run = run_of(request, pk, to_change=True)
    target = target_of(run.kind)
    if run.state not in (ImportState.UPLOADED, ImportState.CHECKED):
        messages.info(request, "Its columns can not be changed now.")
        return redirect(_url(run))
    with default_storage.open(stored_name(run.file_hash)) as file:
        sheet = inspect(file, wanted=Dialect(**run.dialect))
    form = ColumnsForm(target, run, sheet.sheets, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            return _map(request, run, form)
        except KeelError as refusal:
            refusal.field = MAP + refusal.field if MAP + refusal.field in form.fields else refusal.field
            add_refusal(form, refusal)
    context = {
        "title": "Which column is which?", "run": run, "target": target, "form": form,
        "rows": _rows(form, target, run, sheet.sample),
        "written": [form[name] for name in form.fields if not name.startswith(MAP)],
        "unused": [name for name in run.header if name not in run.mapping.values()],
    }  # fmt: skip
    return TemplateResponse(
        request, "core/import_columns.html", context, status=422 if request.method == "POST" else 200
    )


def _map(request: HttpRequest, run: ImportRun, form: ColumnsForm) -> HttpResponse:
    actor, at, before = actor_of(request), timezone.now(), run.header
    changed = import_map(run_id=run.pk, mapping=form.mapping, dialect=form.dialect, actor=actor, at=at)
    if changed.header != before:
        messages.info(request, "Read that way the file has other columns: look at them again.")
        return redirect("import_run_columns", pk=run.pk)
    import_check(run_id=run.pk, actor=actor, at=at)
    return redirect(_url(run))


def _rows(
    form: ColumnsForm, target: Target, run: ImportRun, sample: tuple[tuple[str, ...], ...]
) -> list[Any]:
    """(column, its field, what the first rows hold in the column that is chosen)."""
    found = []
    for column in target.columns:
        theirs = form[MAP + column.name].value() or ""
        place = run.header.index(theirs) if theirs in run.header else None
        cells = [
            row[place][:40] for row in sample if place is not None and place < len(row) and row[place].strip()
        ]
        found.append((column, form[MAP + column.name], cells[:SAMPLES]))
    return found


@page("core.import_view")
@require_GET
def import_run_errors(request: HttpRequest, pk: int) -> HttpResponseBase:
    """This function will return the refused rows with what is wrong, as a file to correct and upload again."""
    run = run_of(request, pk)
    stem = "".join(char for char in run.file_name.rpartition(".")[0] if char.isalnum() or char in "-_ ")[:60]
    name = stem.encode("ascii", "ignore").decode().strip() or run.kind
    return StreamingHttpResponse(
        error_lines(run), content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}-refused.csv"'},
    )  # fmt: skip


def _act(request: HttpRequest, pk: int, service: Callable[..., Any], done: str, **extra: Any) -> HttpResponse:
    run_of(request, pk, to_change=True)
    actor, at = actor_of(request), timezone.now()
    return run_action(
        request, lambda: service(run_id=pk, actor=actor, at=at, **extra), done=done, url=_url(pk)
    )


@page(IMPORT)
@require_POST
def import_run_start(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will start the import of a checked file."""
    return _act(request, pk, import_commit, "The import has started.")


@page(IMPORT)
@require_POST
def import_run_continue(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will go on with an interrupted import."""
    return _act(request, pk, import_continue, "It goes on behind the last row.")


@page(IMPORT)
@require_POST
def import_run_discard(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will throw an uploaded file away."""
    return _act(request, pk, import_discard, "Discarded. Nothing was imported from it.")


@page(IMPORT)
@require_POST
def import_run_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will take a whole import back."""
    return _act(request, pk, import_undo, "It is being taken back.", reason=request.POST.get("reason", ""))


@page(IMPORT)
@require_POST
def import_run_stop(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will stop the step that runs, after the rows it is just writing."""
    run = run_of(request, pk, to_change=True)

    def stop() -> None:
        if run.job_id is None:
            raise InvalidInput("nothing runs", remedy="Reload the page.")
        work_cancel(
            table="job", row_id=run.job_id, reason="stopped", actor=actor_of(request), at=timezone.now()
        )

    return run_action(request, stop, done="It stops at its next step.", url=_url(run))


def is_undoable(run: ImportRun) -> bool:
    """This function will tell whether an import has written anything that could be taken back."""
    return run.state not in IMPORT_OPEN and run.state in (ImportState.IMPORTED, ImportState.IMPORTING)
