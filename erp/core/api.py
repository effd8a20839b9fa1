"""What do the operations of the REST API share: what a key may do, pages of lists, versions of records, bodies?"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Query, Schema

from erp.core.errors import Conflict, InvalidInput, PermissionRefused
from erp.core.models import ApiKey, User
from erp.core.services.api_key import ALL, SCOPES

MOST = 200
READING = {"GET", "HEAD", "OPTIONS"}
# A page of a list: `after` is what the page before said, and means nothing else.
After = Annotated[
    str, Query(max_length=200, description="`next_cursor` of the page before; empty for the first.")
]
Limit = Annotated[int, Query(ge=1, le=MOST, description=f"Rows a page, at most {MOST}.")]


class ScopeMissing(PermissionRefused):
    """The key was not given for this."""

    code = "insufficient_scope"


class VersionWrong(Conflict):
    """The record is no longer as the client saw it."""

    code = "precondition_failed"
    status = 412


class VersionMissing(InvalidInput):
    """The client does not say which version it saw."""

    code = "precondition_required"
    status = 428
    is_recorded = True


def scope_of(path: str, method: str) -> str:
    """This function will return the scope that an operation needs, such as orders:write; empty for none."""
    resource = path.removeprefix("/api/v1/").partition("/")[0]
    scope = f"{resource}:{'read' if method in READING else 'write'}"
    return scope if scope in SCOPES else ""


def require(request: HttpRequest, permission: str) -> None:
    """This function will refuse a key that was not given for this, or whose user does not hold `permission`.

    A key without a narrower scope may do what its user may; a program's user what its key is for.
    """
    key = getattr(request, "auth", None)
    scope = scope_of(request.path, request.method or "")
    if scope and isinstance(key, ApiKey) and not {scope, ALL} & set(key.scopes):
        raise ScopeMissing(
            f"this key does not have the scope {scope}",
            field="Authorization",
            remedy="Ask for a key that has it.",
        )
    user: Any = request.user
    if not (user.is_system or user.may(permission)):
        raise PermissionRefused(
            f"this key does not hold {permission}", field="key", remedy="Ask for another key."
        )


def require_channel(request: HttpRequest, channel: str) -> None:
    """This function will refuse a key that may only act for another channel."""
    allowed = getattr(request, "auth", None)
    if allowed is not None and allowed.channel_code not in ("", channel):
        raise PermissionRefused(
            f"this key may only act for {allowed.channel_code}",
            field="channel",
            remedy="Use that channel's key.",
        )


def caller(request: HttpRequest) -> User:
    """This function will return whom the key acts as."""
    user: User = request.user  # type: ignore[assignment]
    return user


def cursor_of(position: int) -> str:
    """This function will return the opaque text that stands for a place in a list."""
    return base64.urlsafe_b64encode(f"k1:{position}".encode()).decode().rstrip("=")


def position_of(cursor: str) -> int:
    """This function will return the place that `cursor` stands for, 0 for none; InvalidInput for one that we never gave."""
    if not cursor:
        return 0
    try:
        text = base64.urlsafe_b64decode((cursor + "=" * (-len(cursor) % 4)).encode()).decode("ascii")
    except (binascii.Error, UnicodeError, ValueError):
        text = ""
    digits = text.removeprefix("k1:")
    if not text.startswith("k1:") or not digits.isdigit() or len(digits) > 18:
        raise InvalidInput(
            "after is no cursor of ours", field="after", remedy="Send next_cursor as you got it, or nothing."
        )
    return int(digits)


def page_of(
    request: HttpRequest, rows: QuerySet[Any], *, after: str, limit: int, name: str, show: Callable[[Any], Any],
    key: str = "pk", then: Callable[[Sequence[Any]], None] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """This function will return one page of a list: rows by `key`, which only grows, so inserts never shift a page.

    `then` may fetch what the rows of this page need.
    """
    found = list(rows.filter(**{f"{key}__gt": position_of(after)}).order_by(key)[: limit + 1])
    more, found = len(found) > limit, found[:limit]
    if then is not None:
        then(found)
    return {
        name: [show(row) for row in found],
        **page_end(request, getattr(found[-1], key) if more else None),
    }


def page_end(request: HttpRequest, last: int | None) -> dict[str, Any]:
    """This function will return how a page ends: the address and the cursor of the next one, if there is one."""
    if last is None:
        return {"next": None, "next_cursor": None}
    parameters = request.GET.copy()
    parameters["after"] = cursor_of(last)
    address = f"{request.path}?{parameters.urlencode()}"
    request.keel_next = address  # type: ignore[attr-defined]  # the edge writes it into a Link header
    return {"next": address, "next_cursor": cursor_of(last)}


def tag(request: HttpRequest, version: str) -> None:
    """This function will let the answer carry `version` as its ETag."""
    request.keel_version = version  # type: ignore[attr-defined]


def matched(request: HttpRequest, version: str, *, is_required: bool = False) -> bool:
    """This function will compare If-Match with the record's version; true when the client sent one.

    VersionWrong (412) for another version, VersionMissing (428) when it must be sent and is not.
    """
    sent = request.headers.get("If-Match", "").strip()
    if not sent:
        if is_required:
            raise VersionMissing(
                "this needs the version that you saw", field="If-Match",
                remedy="Read the record and send its ETag as If-Match.",
            )  # fmt: skip
        return False
    wanted = {part.strip().strip('"').partition("~")[0] for part in sent.split(",")}
    if sent != "*" and version not in wanted:
        raise VersionWrong(
            "the record has changed since you read it",
            field="If-Match",
            remedy="Read it again and decide anew.",
        )
    return True


def body_as(schema: type[Schema], **more: Any) -> dict[str, Any]:
    """This function will return what says in the API document that an operation takes `schema`.

    For operations that read their bodies themselves, with messages that name the field and the remedy.
    """
    content = flat(schema.model_json_schema())
    return {"requestBody": {"content": {"application/json": {"schema": content}}, "required": True}, **more}


def flat(schema: dict[str, Any]) -> dict[str, Any]:
    """This function will return a JSON schema with its definitions put where they are referred to."""
    definitions = schema.pop("$defs", {})

    def put(node: Any) -> Any:
        if isinstance(node, dict):
            if "$ref" in node:
                return put(definitions[node["$ref"].rpartition("/")[2]])
            return {name: put(value) for name, value in node.items()}
        return [put(item) for item in node] if isinstance(node, list) else node

    result: dict[str, Any] = put(schema)
    return result
