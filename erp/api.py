"""What does the REST API look like from outside? Composition root: every app's `api.py` hangs its router in here.

A request is authenticated by its key (`Authorization: Bearer keel_…`), refused as `application/problem+json`
that names field and remedy, and, when it changes something and carries an `Idempotency-Key`, answered once:
a repeat gets the first answer again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import wraps
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import structlog
from django.core.exceptions import RequestDataTooBig
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from ninja import NinjaAPI, Router, Swagger
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.parser import Parser
from ninja.security import HttpBearer

from erp.core.errors import InvalidInput, KeelError
from erp.core.models import ApiKey
from erp.core.services.api_key import api_key_authenticate
from erp.core.services.idempotency import idempotency_begin, idempotency_finish, idempotency_release
from erp.core.services.inbox import InboxDraft, inbox_reject_many, inbox_store_many
from erp.core.text import digest, storable, storable_json

log = structlog.get_logger(__name__)
# Apps with a room `api.py` that holds a ninja `router`; its operation "" is /api/v1/<app> itself.
ROUTERS = ("orders", "inventory", "fulfillment", "procurement", "returns", "ledger", "reporting")
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
DEEPEST = 40
BODY_LIMIT = 2 * 2**20
Run = Callable[..., HttpResponse]


class KeyAuth(HttpBearer):
    """The key of a program; `request.auth` is its ApiKey and `request.user` whom it acts as."""

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey | None:
        """This function will return the key that `token` is the secret of, or None."""
        key = api_key_authenticate(secret=token, at=timezone.now())
        if key is not None:
            request.user = key.user
        return key


class StrictParser(Parser):
    """JSON as its standard says: UTF-8, no NaN, no key twice, no bottomless nesting; fractions stay exact."""

    def parse_body(self, request: HttpRequest) -> Any:
        """This function will return the body's content; InvalidInput that says what is wrong with it."""
        if len(request.body) > BODY_LIMIT:
            raise InvalidInput(
                f"the body is larger than {BODY_LIMIT} bytes", field="body", remedy="Send fewer at once."
            )
        try:
            content = json.loads(
                request.body.decode("utf-8"),
                parse_float=str,
                parse_constant=_no_constant,
                object_pairs_hook=_no_key_twice,
            )
        except UnicodeDecodeError as error:
            raise InvalidInput("the body is not UTF-8", field="body", remedy="Encode it as UTF-8.") from error
        except RecursionError as error:
            raise InvalidInput("the body is nested too deeply", field="body", remedy="Flatten it.") from error
        except json.JSONDecodeError as error:
            raise InvalidInput(
                f"the body is not JSON: {error}", field="body", remedy="Send a JSON object."
            ) from error
        except ValueError as error:  # a number with thousands of digits
            raise InvalidInput(
                f"the body has an unusable number: {error}"[:200], field="body", remedy="Correct it."
            ) from error
        _refuse_unstorable(content, 0)
        return content


def _no_constant(name: str) -> None:
    raise InvalidInput(f"{name} is not a JSON number", field="body", remedy="Send a finite number, or null.")


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        twice = next(name for name, _ in pairs if sum(other == name for other, _ in pairs) > 1)
        raise InvalidInput(
            f"the key “{storable(twice)[:80]}” comes twice",
            field=storable(twice)[:80],
            remedy="Send it once.",
        )
    return content


def _refuse_unstorable(content: Any, depth: int) -> None:
    if depth > DEEPEST:
        raise InvalidInput("the body is nested too deeply", field="body", remedy="Flatten it.")
    if isinstance(content, str) and content != storable(content):
        raise InvalidInput(
            "a text holds a NUL or half a surrogate pair",
            field="body",
            remedy="Send valid Unicode.",
            text=storable(content)[:80],
        )
    for item in (
        content.items() if isinstance(content, dict) else content if isinstance(content, list) else ()
    ):
        _refuse_unstorable(list(item) if isinstance(item, tuple) else item, depth + 1)


def problem(request: HttpRequest, status: int, title: str, **members: Any) -> HttpResponse:
    """This function will return an answer of type application/problem+json (RFC 9457)."""
    content = {"type": "about:blank", "title": title, "status": status, "instance": request.path, **members}
    return HttpResponse(
        json.dumps(storable_json(content)), status=status, content_type="application/problem+json"
    )


@transaction.atomic
def keep_unreadable(request: HttpRequest, error: str) -> None:
    """This function will keep the raw body of a request that no service could read, with an exception case.

    What a service refuses it has kept itself. The same body again is the same message.
    """
    key = getattr(request, "auth", None)
    if request.method != "POST" or not isinstance(key, ApiKey):
        return
    draft = InboxDraft(
        source=f"api:{key.name}"[:60],
        kind=f"{request.path.strip('/').replace('/', '.')}"[:60],
        external_id=f"unreadable:{digest(request.body)}",
        body=request.body,
        headers={"Content-Type": request.headers.get("Content-Type", "")},
    )
    (stored,) = inbox_store_many([draft], at=timezone.now())
    if stored.is_new:
        inbox_reject_many({stored.id: error}, actor=key.user, at=timezone.now())


def refused(request: HttpRequest, error: KeelError) -> HttpResponse:
    if isinstance(error, InvalidInput) and not error.is_recorded:
        keep_unreadable(request, json.dumps(storable_json(error.as_dict())))
    return problem(request, error.status, error.message, **error.as_dict())


def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors = []
    for entry in error.errors:
        # Ninja calls the first steps by its own parameter names: ("body", "payload", "lines", 0, "sku").
        place = [str(step) for step in entry.get("loc", ())]
        field = ".".join(place[2:]) or "body" if place[:1] == ["body"] else ".".join(place[1:] or place)
        errors.append({"field": field, "message": entry["msg"], "code": entry["type"]})
    keep_unreadable(request, json.dumps(storable_json(errors)))
    first = errors[0] if errors else {"field": "", "message": "invalid"}
    return problem(
        request, 422, f"{first['field']}: {first['message']}", code="invalid_input", field=first["field"],
        message=first["message"], remedy="Correct the field; /api/v1/docs lists what it may hold.", errors=errors,
    )  # fmt: skip


def not_authenticated(request: HttpRequest, _: AuthenticationError) -> HttpResponse:
    answer = problem(
        request, 401, "no valid key", code="not_authenticated", field="Authorization",
        remedy="Send `Authorization: Bearer <key>` with a key that is neither revoked nor expired.",
    )  # fmt: skip
    answer["WWW-Authenticate"] = 'Bearer realm="keel"'
    return answer


def not_found(request: HttpRequest, _: Http404) -> HttpResponse:
    return problem(
        request, 404, "there is no such record", code="not_found", field="path", remedy="Check the address."
    )


def http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    if isinstance(error.__cause__, KeelError):  # what our parser refused
        return refused(request, error.__cause__)
    return problem(request, error.status_code, str(error), code="http_error", field="", remedy="")


def too_big(request: HttpRequest, _: RequestDataTooBig) -> HttpResponse:
    return problem(
        request,
        413,
        "the body is too large",
        code="too_large",
        field="body",
        remedy="Send fewer orders at once.",
    )


def broken(request: HttpRequest, error: Exception) -> HttpResponse:
    log.exception("the API broke", path=request.path, exc_info=error)
    return problem(
        request, 500, "something broke on our side", code="internal", field="",
        remedy="Nothing was kept; send the same request again.",
    )  # fmt: skip


def idempotent(run: Run) -> Run:
    """This function will wrap an operation so that a repeat of a keyed request gets the first answer again."""

    @wraps(run)
    def answer(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        key = request.headers.get("Idempotency-Key") if request.method in UNSAFE else None
        caller = KeyAuth()(request) if key is not None else None
        if key is None or caller is None:
            return run(request, **kwargs)
        client = f"key:{caller.pk}"
        try:
            fingerprint = digest(f"{request.method} {request.get_full_path()}\n".encode() + request.body)
            kept = idempotency_begin(client=client, key=key, request_hash=fingerprint, at=timezone.now())
        except KeelError as error:
            return refused(request, error)
        except RequestDataTooBig as error:
            return too_big(request, error)
        if kept is not None:
            kind = "application/problem+json" if kept.status >= 400 else "application/json"
            return HttpResponse(
                kept.body, status=kept.status, content_type=kind, headers={"Idempotency-Replayed": "true"}
            )
        response = run(request, **kwargs)
        if response.status_code >= 500:
            idempotency_release(client=client, key=key)
        else:
            idempotency_finish(
                client=client, key=key, status=response.status_code, body=response.content.decode("utf-8")
            )
        return response

    return answer


HANDLERS: dict[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
    KeelError: refused,
    ValidationError: invalid,
    AuthenticationError: not_authenticated,
    Http404: not_found,
    HttpError: http_error,
    RequestDataTooBig: too_big,
    Exception: broken,
}


def build(routers: Mapping[str, Router], namespace: str) -> NinjaAPI:
    """This function will return the API made of `routers` (prefix → router); whatever changes something is
    idempotent."""
    built = NinjaAPI(
        title="Keel",
        version="1",
        description="Orders in, stock and status out. Send the key as `Authorization: Bearer …`; send an "
        "`Idempotency-Key` with every request that changes something, and repeat it without fear.",
        auth=KeyAuth(),
        parser=StrictParser(),
        docs=Swagger(),
        urls_namespace=namespace,
    )
    built.add_decorator(idempotent, mode="view")
    for kind, handler in HANDLERS.items():
        built.add_exception_handler(kind, handler)
    for prefix, router in routers.items():
        built.add_router(prefix, router, tags=[prefix.strip("/")])
    return built


api = build(
    {f"/{app}": import_module(f"{app}.api").router for app in ROUTERS if find_spec(f"{app}.api")}
    | {"/reservations": import_module("orders.reservation_api").router},
    "api-1",
)
