"""How does the API document say what every operation has in common: refusals, headers, scopes?"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from erp.core.api import scope_of
from erp.core.api_schemas import Problem

BODY_METHODS = {"post", "put", "patch"}
REFUSALS = {
    400: "A header that must be sent is missing.",
    401: "No valid key.",
    403: "The key has not the scope, or its user not the permission.",
    404: "There is no such record.",
    405: "Not possible at this address; `Allow` says what is.",
    406: "We answer in JSON only.",
    409: "The record is not in a state for it, or what it needs is taken.",
    412: "The record is no longer the version of If-Match.",
    413: "The body is too large.",
    415: "We read JSON only.",
    422: "A parameter or field is wrong; `field` and `remedy` say which and what to do.",
    428: "If-Match must be sent.",
    429: "Too many requests; `Retry-After` says how long to wait.",
    500: "Something broke on our side; nothing was kept.",
    503: "We can not answer just now; try again after `Retry-After` seconds.",
}
_INTEGER = {"schema": {"type": "integer"}}
_TEXT = {"schema": {"type": "string"}}
_RATE = {
    "RateLimit": {"description": 'What is left of this minute: "minute";r=left;t=seconds.', **_TEXT},
    "RateLimit-Policy": {"description": 'The limit: "minute";q=requests;w=60.', **_TEXT},
}
KEY_PARAMETER = {
    "in": "header", "name": "Idempotency-Key", "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[!-~]+$"},
    "description": "A UUID of yours. A repeat with the same key and content gets the first answer again.",
}  # fmt: skip
MATCH_PARAMETER = {
    "in": "header", "name": "If-Match", "required": False, "schema": {"type": "string", "maxLength": 200, "pattern": r"^[!-~]+$"},
    "description": "The ETag that you read. Another version by now is refused with 412.",
}  # fmt: skip


def document(schema: dict[str, Any]) -> dict[str, Any]:
    """This function will complete an OpenAPI document with what ninja can not know."""
    done: dict[str, Any] = deepcopy(dict(schema))
    done["components"]["schemas"]["Problem"] = Problem.model_json_schema(
        ref_template="#/components/schemas/{model}"
    )
    done["components"]["schemas"].update(done["components"]["schemas"]["Problem"].pop("$defs"))
    for path, operations in done["paths"].items():
        for method, operation in operations.items():
            operations[method] = _operation(path, method, operation)
    return done


def _operation(path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    operation = deepcopy(operation)  # ninja gives the methods of one operation the same object
    parameters = operation.setdefault("parameters", [])
    needs_key, match = operation.pop("x-needs-key", False), operation.pop("x-if-match", "")
    if method in BODY_METHODS | {"delete"}:
        parameters.append(KEY_PARAMETER | {"required": needs_key})
        if match:
            parameters.append(MATCH_PARAMETER | {"required": match == "required"})
    scope = scope_of(path, method.upper())
    if scope:
        operation["security"] = [{"KeyAuth": [scope]}]
        operation["x-scope"] = scope
    responses = {str(status): answer for status, answer in operation["responses"].items()}
    for status, answer in responses.items():
        answer["headers"] = dict(_RATE)
        if status == "200" and method == "get":
            answer["headers"]["ETag"] = {"description": "The version of what is shown.", **_TEXT}
    if method == "get":
        responses["304"] = {"description": "It is what If-None-Match says."}
    for refused in _statuses(path, method, parameters, needs_key, match):
        responses[str(refused)] = _refusal(refused)
    operation["responses"] = dict(sorted(responses.items()))
    return operation


def _statuses(path: str, method: str, parameters: list[Any], needs_key: bool, match: str) -> list[int]:
    found = {401, 403, 405, 406, 422, 429, 500, 503}
    if "{" in path or any(parameter["name"] == "sku" for parameter in parameters):
        found.add(404)
    if method != "get":
        found |= {409, 413}
    if method in BODY_METHODS:
        found.add(415)
        found.add(404)
    if needs_key:
        found.add(400)
    if match:
        found.add(412)
    if match == "required":
        found.add(428)
    return sorted(found)


def _refusal(status: int) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "description": REFUSALS[status],
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if status in (429, 503):
        answer["headers"] = {"Retry-After": {"description": "Seconds.", **_INTEGER}}
    if status == 405:
        answer["headers"] = {"Allow": {"description": "The methods that are possible.", **_TEXT}}
    if status == 401:
        answer["headers"] = {"WWW-Authenticate": {"description": "Bearer.", **_TEXT}}
    return answer
