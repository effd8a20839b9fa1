"""How does a person write on a document's timeline, and keep a list's state as a view?"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.urls import resolve
from django.utils import timezone
from django.views.decorators.http import require_POST

from erp.core.documents import document_url
from erp.core.pages.actions import run_action
from erp.core.permissions import actor_of, declared_permission, page
from erp.core.services.note import mentions_check, note_add
from erp.core.services.saved_view import saved_view_delete, saved_view_save


@page("core.note_add")
@require_POST
def note_create(request: HttpRequest) -> HttpResponse:
    """This function will add a note to a document whose page this user may open."""
    document_type, document_id = request.POST.get("document_type", ""), request.POST.get("document_id", "")
    url = document_url(document_type, document_id)
    if url is None:
        return HttpResponseBadRequest("There is no such document.")
    permission = declared_permission(resolve(url)) or "core.admin"
    if not actor_of(request).may(permission):
        return HttpResponse(status=403)
    body = request.POST.get("body", "").strip()

    def add() -> None:
        mentions_check(body=body, permission=permission)
        note_add(
            document_type=document_type,
            document_id=int(document_id),
            body=body,
            actor=actor_of(request),
            at=timezone.now(),
        )

    return run_action(
        request,
        add,
        done="Note added.",
        url=f"{url}#timeline",
    )


@page("core.view")
@require_POST
def view_save(request: HttpRequest) -> HttpResponse:
    """This function will keep the current list as a view."""
    return run_action(
        request,
        lambda: saved_view_save(
            list_code=request.POST.get("list_code", ""),
            name=request.POST.get("name", ""),
            query=request.POST.get("query", ""),
            is_shared=request.POST.get("is_shared") == "1",
            is_default=request.POST.get("is_default") == "1",
            actor=actor_of(request),
        ),
        done="View kept.",
        url="/",
    )


@page("core.view")
@require_POST
def view_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will remove one of the user's own views."""
    return run_action(
        request,
        lambda: saved_view_delete(view_id=pk, actor=actor_of(request)),
        done="View removed.",
        url="/",
    )
