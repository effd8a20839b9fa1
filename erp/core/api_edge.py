"""What happens to every request of the REST API before and after its operation: key, rate, formats, versions, methods?"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import wraps
from typing import Any

import structlog
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from erp.core.models import ApiKey
from erp.core.services.api_key import RateState, api_key_authenticate, api_key_count_use
from erp.core.text import storable_json

log = structlog.get_logger(__name__)
Run = Callable[..., HttpResponse]
PROBLEM = "application/problem+json"
WITH_BODY = {"POST", "PUT", "PATCH"}
JSON_TYPES = {"application/json", "application/merge-patch+json"}
RETRY_SECONDS = 5


def problem(request: HttpRequest, status: int, title: str, **members: Any) -> HttpResponse:
    """This function will return an answer of type application/problem+json (RFC 9457)."""
    content = {"type": "about:blank", "title": title, "status": status, "instance": request.path, **members}
    return HttpResponse(json.dumps(storable_json(content)), status=status, content_type=PROBLEM)


def key_of(request: HttpRequest) -> ApiKey | None:
    """This function will return the key that a request is sent with, looked up once."""
    if not hasattr(request, "keel_key"):
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        found = api_key_authenticate(secret=secret, at=timezone.now()) if scheme.lower() == "bearer" else None
        request.keel_key = found  # type: ignore[attr-defined]
    key: ApiKey | None = request.keel_key  # type: ignore[attr-defined]
    return key


def unavailable(request: HttpRequest, error: Exception) -> HttpResponse:
    """This function will say that the database is away, or had to choose another transaction: the same request may work."""
    log.warning("the API could not reach the database", path=request.path, error=str(error))
    answer = problem(
        request, 503, "we can not answer just now", code="unavailable", field="",
        remedy="Nothing was kept; send the same request again in a few seconds.",
    )  # fmt: skip
    answer["Retry-After"] = str(RETRY_SECONDS)
    return answer


def edge(view: Run) -> Run:
    """This function will wrap a view of the API in what HTTP asks of all of them."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        method = request.method or ""
        if method == "HEAD":
            request.method = "GET"
        rate = None
        try:
            key = key_of(request)
            rate = api_key_count_use(key, at=timezone.now()) if key else None
            response = _refusal(request, rate) or view(request, *args, **kwargs)
        except (OperationalError, InterfaceError) as error:
            response = unavailable(request, error)
        except Http404:
            response = unknown(request)
        response = _finished(request, method, response)
        if rate is not None:
            _say_rate(response, rate)
        return response

    return answer


def unknown(request: HttpRequest) -> HttpResponse:
    """This function will say that there is nothing at this address."""
    return problem(
        request, 404, "there is nothing at this address", code="not_found", field="path",
        remedy="/api/v1/docs lists what there is.",
    )  # fmt: skip


def _refusal(request: HttpRequest, rate: RateState | None) -> HttpResponse | None:
    """What needs no operation to be refused; a request without a valid key is the operation's to refuse."""
    if rate is None:
        return None
    if rate.is_over:
        return problem(
            request, 429, f"this key may ask {rate.limit} times a minute", code="rate_limited", field="Authorization",
            remedy=f"Wait {rate.reset_seconds} seconds; ask for a higher limit if it is not enough.",
        )  # fmt: skip
    if not any(request.accepts(kind) for kind in ("application/json", PROBLEM)):
        return problem(
            request, 406, "we answer in JSON", code="not_acceptable", field="Accept",
            remedy="Send Accept: application/json, or leave it out.",
        )  # fmt: skip
    if request.method in WITH_BODY and _has_body(request) and request.content_type not in JSON_TYPES:
        return problem(
            request, 415, "we read JSON", code="unsupported_media_type", field="Content-Type",
            remedy="Send Content-Type: application/json.",
        )  # fmt: skip
    return None


def _has_body(request: HttpRequest) -> bool:
    try:
        return bool(request.body)
    except RequestDataTooBig:
        return False  # the operation says so


def _finished(request: HttpRequest, method: str, response: HttpResponse) -> HttpResponse:
    if response.status_code == 405:
        allow = response.get("Allow", "")
        allow = ", ".join(sorted({part.strip() for part in allow.split(",") if part.strip()} | {"OPTIONS"}
                                 | ({"HEAD"} if "GET" in allow else set())))  # fmt: skip
        if method == "OPTIONS":
            response = HttpResponse(status=204)
        else:
            response = problem(
                request, 405, f"{method[:20]} is not possible here", code="method_not_allowed", field="method",
                remedy=f"Use {allow}.",
            )  # fmt: skip
        response["Allow"] = allow
    if response.status_code == 429 and not response.has_header("Retry-After"):
        response["Retry-After"] = str(60 - int(timezone.now().timestamp()) % 60)
    if response.status_code == 200 and request.method == "GET":
        response = _versioned(request, response)
    elif hasattr(request, "keel_version") and response.status_code < 300:
        response["ETag"] = _etag(request, response)
    if getattr(request, "keel_next", ""):
        response["Link"] = f'<{request.keel_next}>; rel="next"'  # type: ignore[attr-defined]
    if method == "HEAD":
        response["Content-Length"] = str(len(response.content))
        response.content = b""
    response["Cache-Control"] = "private, no-cache"
    response["Vary"] = "Authorization, Accept"
    return response


def _etag(request: HttpRequest, response: HttpResponse) -> str:
    """The version that If-Match is compared with, and a hash, so that another content is another tag."""
    version = getattr(request, "keel_version", "")
    return f'"{version}~{hashlib.sha256(response.content).hexdigest()[:16]}"'


def _versioned(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    etag = _etag(request, response)
    seen = [part.strip().removeprefix("W/") for part in request.headers.get("If-None-Match", "").split(",")]
    if etag in seen or seen == ["*"]:
        response = HttpResponse(status=304)
        del response["Content-Type"]
    response["ETag"] = etag
    return response


def _say_rate(response: HttpResponse, rate: RateState) -> None:
    """Fields of draft-ietf-httpapi-ratelimit-headers: the quota a window, and what is left of it."""
    response["RateLimit-Policy"] = f'"minute";q={rate.limit};w=60'
    response["RateLimit"] = f'"minute";r={rate.left};t={rate.reset_seconds}'
