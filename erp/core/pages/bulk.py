"""How does one act apply to many rows: chosen or all that match, previewed first, each row with its own outcome?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from erp.core.pages.parts import BulkAction

if TYPE_CHECKING:
    from erp.core.pages.lists import ListPage

LIMIT = 5_000


def preview(
    list_page: ListPage, action: BulkAction, rows: QuerySet[Any], request: HttpRequest
) -> HttpResponse:
    """This function will say what the action would do; the ids are frozen here, so what was seen is what runs."""
    if request.POST.get("all") != "1":
        rows = rows.filter(pk__in=_ids(request.POST.getlist("ids")))
    ids = list(rows.order_by("pk").values_list("pk", flat=True)[: LIMIT + 1])
    back = request.get_full_path()
    if not ids:
        messages.warning(request, f"{action.label}: select at least one row first.")
        return redirect(back)
    if len(ids) > LIMIT:
        messages.error(request, f"{action.label} takes at most {LIMIT:,} rows at a time: narrow the filter.")
        return redirect(back)
    chosen = list_page.get_queryset(request).filter(pk__in=ids)
    return TemplateResponse(
        request,
        "generic/bulk_preview.html",
        {
            "title": action.label,
            "list_page": list_page,
            "action": action,
            "effects": action.preview(chosen, request),
            "fields": action.fields(request) if action.fields else (),
            "ids": ",".join(map(str, ids)),
            "count": len(ids),
            "back": back,
        },
    )


def run(list_page: ListPage, action: BulkAction, request: HttpRequest) -> HttpResponse:
    """This function will run a previewed action on rows this user can see, and list what happened to each."""
    wanted = _ids(request.POST.get("ids", "").split(","))[:LIMIT]
    ids = list(
        list_page.get_queryset(request).filter(pk__in=wanted).order_by("pk").values_list("pk", flat=True)
    )
    outcomes = action.run(ids, request)
    failed = [row for row in outcomes if not row[1]]
    return TemplateResponse(
        request,
        "generic/bulk_result.html",
        {
            "title": action.label,
            "list_page": list_page,
            "action": action,
            "failed": failed,
            "done": [row for row in outcomes if row[1]],
            "back": request.get_full_path(),
        },
    )


def _ids(values: list[str]) -> list[int]:
    return [int(value) for value in values if value.isascii() and value.isdigit() and len(value) < 19]
