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
from django.db import InterfaceError, OperationalError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, re_path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI, Router
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.parser import Parser
from ninja.security import HttpBearer

from erp.core.api_document import document
from erp.core.api_edge import PROBLEM, edge, key_of, problem, unavailable, unknown
from erp.core.errors import InvalidInput, KeelError
from erp.core.models import ApiKey
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
        key = key_of(request)
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
    if isinstance(error, (OperationalError, InterfaceError)):
        return unavailable(request, error)
    log.exception("the API broke", path=request.path, exc_info=error)
    return problem(
        request, 500, "something broke on our side", code="internal", field="",
        remedy="Nothing was kept; send the same request again.",
    )  # fmt: skip


def idempotent(run: Run) -> Run:
    """This function will wrap an operation so that a repeat of a keyed request gets the first answer again.

    Source: draft-ietf-httpapi-idempotency-key-header. An operation whose content says itself what it is a repeat of needs no key.
    """

    operation: Any = getattr(run, "__self__", None)  # ninja's; its document says whether a key is needed
    is_keyed = bool((getattr(operation, "openapi_extra", None) or {}).get("x-needs-key"))

    @wraps(run)
    def answer(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        caller = key_of(request) if request.method in UNSAFE else None
        key = request.headers.get("Idempotency-Key")
        if caller is None:
            return run(request, **kwargs)
        if key is None:
            return key_missing(request) if is_keyed else run(request, **kwargs)
        client = f"key:{caller.pk}"
        try:
            fingerprint = digest(f"{request.method} {request.get_full_path()}\n".encode() + request.body)
            kept = idempotency_begin(client=client, key=key, request_hash=fingerprint, at=timezone.now())
        except KeelError as error:
            return refused(request, error)
        except RequestDataTooBig as error:
            return too_big(request, error)
        if kept is not None:
            kind = PROBLEM if kept.status >= 400 else "application/json"
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


def key_missing(request: HttpRequest) -> HttpResponse:
    return problem(
        request, 400, "an Idempotency-Key must be sent", code="idempotency_key_missing", field="Idempotency-Key",
        remedy="Send a UUID, and the same one with every repeat of this request.",
    )  # fmt: skip


HANDLERS: dict[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
    KeelError: refused,
    ValidationError: invalid,
    AuthenticationError: not_authenticated,
    Http404: not_found,
    HttpError: http_error,
    RequestDataTooBig: too_big,
    Exception: broken,
}


class KeelAPI(NinjaAPI):
    """Ninja, with every view at the edge, an answer at every address below ours, and a document that says all of it."""

    def _get_urls(self) -> list[URLResolver | URLPattern]:
        found: list[URLResolver | URLPattern] = []
        for entry in [*super()._get_urls(), re_path(r"^.*$", _nowhere, name="nowhere")]:
            if isinstance(entry, URLPattern):
                entry.callback = csrf_exempt(edge(entry.callback))
            found.append(entry)
        return found

    def get_openapi_schema(self, **kwargs: Any) -> Any:
        """This function will return the OpenAPI document, completed."""
        return document(super().get_openapi_schema(**kwargs))


def _nowhere(request: HttpRequest) -> HttpResponse:
    return unknown(request)


def build(routers: Mapping[str, Router], namespace: str) -> NinjaAPI:
    """This function will return the API made of `routers` (prefix → router); whatever changes something is
    idempotent."""
    built = KeelAPI(
        title="Keel",
        version="1",
        description="Orders in, stock and status out. Send the key as `Authorization: Bearer …`; send an "
        "`Idempotency-Key` with every request that changes something, and repeat it without fear.",
        auth=KeyAuth(),
        parser=StrictParser(),
        docs_url=None,
        urls_namespace=namespace,
        openapi_extra={"tags": [{"name": name, "description": said} for name, said in TAGS.items()]},
    )
    built.add_decorator(idempotent, mode="view")
    for kind, handler in HANDLERS.items():
        built.add_exception_handler(kind, handler)
    for prefix, router in routers.items():
        built.add_router(prefix, router, tags=[prefix.strip("/")])
    return built


TAGS = {
    "orders": "What was ordered, from whichever channel; standing orders.",
    "reservations": "Stock kept for a cart, for minutes.",
    "inventory": "Products, kits, stock, what may be promised.",
    "fulfillment": "What a node has to ship, and the shipments.",
    "procurement": "Purchase orders and receipts.",
    "returns": "What comes back.",
    "exceptions": "What needs a person.",
    "events": "What happened, to be read from any point on; the same that webhooks tell.",
}
api = build(
    {f"/{app}": import_module(f"{app}.api").router for app in ROUTERS if find_spec(f"{app}.api")}
    | {
        "/reservations": import_module("orders.reservation_api").router,
        "/exceptions": import_module("erp.core.exception_api").router,
        "/events": import_module("erp.core.event_api").router,
    },
    "api-1",
)
