"""What does a person read when a page is not theirs, not there, or broken?"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """This function will say which permission is missing."""
    return _fault(request, 403, str(exception or ""))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """This function will say that there is no such page or record."""
    return _fault(request, 404, "")


def server_error(request: HttpRequest) -> HttpResponse:
    """This function will answer without touching the database: it may be what is broken."""
    if request.path.startswith("/api/"):
        return JsonResponse(
            {"code": "server_error", "message": "The server failed; the failure is logged."}, status=500
        )
    return HttpResponse(render(None, "core/500.html").content, status=500)


def _fault(request: HttpRequest, status: int, detail: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        codes = {403: "permission_refused", 404: "not_found"}
        return JsonResponse({"code": codes[status], "message": detail or "Not found."}, status=status)
    return render(request, f"core/{status}.html", {"detail": detail, "title": str(status)}, status=status)
