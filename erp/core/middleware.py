"""What happens around a view: is this person allowed, in which time zone do they read, and what when nothing can be written?"""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from erp.core.permissions import PUBLIC, declared_permission

READ_ONLY_SQL_TRANSACTION = "25006"  # PostgreSQL's code of it
GetResponse = Callable[[HttpRequest], HttpResponse]


class TimeZoneMiddleware:
    """Times are stored in UTC and read in the user's own zone."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if not user.is_authenticated:
            return self.get_response(request)
        try:
            zone = zoneinfo.ZoneInfo(user.time_zone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            zone = zoneinfo.ZoneInfo(settings.TIME_ZONE)
        with timezone.override(zone):
            return self.get_response(request)


class PermissionMiddleware:
    """Every view names a permission or is public; everything else is closed."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """This function will let the view run, or answer in its place."""
        match = request.resolver_match
        permission = declared_permission(match) if match else None
        if permission == PUBLIC:
            return None
        if permission is None:
            if settings.DEBUG or settings.TESTING:
                raise ImproperlyConfigured(f"{view.__module__}.{view.__qualname__} declares no permission")
            raise PermissionDenied
        if not request.user.is_authenticated:
            return _ask_to_log_in(request)
        if not request.user.may(permission):
            raise PermissionDenied(f"You need the permission “{permission}”.")
        return None


class ReadOnlyMiddleware:
    """While the database takes no writes (a standby, a full disk, a migration) pages are readable and acts are put off.

    It asks nobody beforehand: PostgreSQL refuses the write, nothing of it is kept, and the sender is told to come again.
    """

    SECONDS = 30

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """This function will answer 503 for a write that a read-only database refused."""
        if not isinstance(exception, DatabaseError):
            return None
        if getattr(exception.__cause__, "pgcode", None) != READ_ONLY_SQL_TRANSACTION:
            return None
        said = (
            "The database takes no changes just now. Nothing was saved; reading works. Try again in a minute."
        )
        headers = {"Retry-After": str(self.SECONDS)}
        if request.path.startswith(("/api/", "/channels/")):
            return JsonResponse({"code": "read_only", "message": said}, status=503, headers=headers)
        page = render(request, "core/503.html", {"said": said, "title": "Read-only"}, status=503)
        page["Retry-After"] = headers["Retry-After"]
        return page


def _ask_to_log_in(request: HttpRequest) -> HttpResponse:
    if request.path.startswith("/api/"):
        return JsonResponse({"code": "not_authenticated", "message": "Send your key."}, status=401)
    came_from = request.headers.get("HX-Current-URL", "") if request.headers.get("HX-Request") else ""
    back = request.get_full_path()
    if came_from:
        back = "/" + came_from.split("://", 1)[-1].partition("/")[2]
    target = (
        f"{reverse('login')}?{urlencode({'next': back, 'expired': 1 if request.method == 'POST' else ''})}"
    )
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": target})
    return redirect(target)
