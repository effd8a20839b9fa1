"""How does a person read the API document? One page rendered here: no script, nobody else's server.

Every field, parameter and answer comes from the OpenAPI document that programs read, so the page can say nothing else.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from erp.api import TAGS, api
from erp.core.permissions import public

DEEPEST = 6
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class FieldRow:
    """A field of a body or an answer, under its path: `lines[].sku`."""

    path: str
    kind: str
    is_required: bool
    description: str


@dataclass(frozen=True)
class Answer:
    """A status and what it means; rows for those that carry a record."""

    status: str
    description: str
    rows: list[FieldRow] = field(default_factory=list)


@dataclass(frozen=True)
class OperationDoc:
    """One operation as the page shows it."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    scope: str
    parameters: list[FieldRow]
    body: list[FieldRow]
    answers: list[Answer]
    curl: str


@dataclass(frozen=True)
class Group:
    """The operations of one resource."""

    name: str
    said: str
    operations: list[OperationDoc]


@public
def docs(request: HttpRequest) -> HttpResponse:
    """This function will show the API document to everybody: it says what can be asked, never what the answer would be."""
    groups, problem = _pages()
    base = request.build_absolute_uri("/").rstrip("/")
    return render(
        request,
        "core/api_docs.html",
        {"title": "REST API", "groups": groups, "problem": problem, "base": base},
    )


@cache
def _pages() -> tuple[list[Group], list[FieldRow]]:
    schema = api.get_openapi_schema()
    components = schema["components"]["schemas"]
    found: dict[str, list[OperationDoc]] = {name: [] for name in TAGS}
    for path, operations in schema["paths"].items():
        for method in METHODS:
            if method in operations:
                shown = _operation(path, method, operations[method], components)
                found[operations[method]["tags"][0]].append(shown)
    groups = [Group(name, TAGS[name], operations) for name, operations in found.items() if operations]
    return groups, _rows(components["Problem"], components)


def _operation(path: str, method: str, operation: dict[str, Any], components: dict[str, Any]) -> OperationDoc:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    answers = [
        Answer(status, said["description"], _rows(_json(said), components) if status < "300" else [])
        for status, said in operation["responses"].items()
    ]
    return OperationDoc(
        id=operation["operationId"], method=method.upper(), path=path, summary=operation["summary"],
        description=operation.get("description", ""), scope=operation.get("x-scope", ""),
        parameters=[_parameter(parameter) for parameter in operation.get("parameters", [])],
        body=_rows(content, components) if content else [], answers=answers,
        curl=_curl(path, method, operation, _example(content, components) if content else None),
    )  # fmt: skip


def _json(answer: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = answer.get("content", {}).get("application/json", {}).get("schema", {})
    return schema


def _parameter(parameter: dict[str, Any]) -> FieldRow:
    kind = f"{_kind(parameter['schema'])} in {parameter['in']}"
    return FieldRow(parameter["name"], kind, parameter["required"], parameter.get("description", ""))


def _resolved(schema: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    """The schema itself, or the part of a nullable one that is not null."""
    if "$ref" in schema:
        return _resolved(components[schema["$ref"].rpartition("/")[2]], components)
    for part in schema.get("anyOf", []):
        if part.get("type") != "null":
            return schema | _resolved(part, components)
    return schema


def _kind(schema: dict[str, Any]) -> str:
    names = [part.get("type", "object") for part in schema.get("anyOf", [])] or [schema.get("type", "object")]
    if "enum" in schema:
        return "one of " + ", ".join(str(value) or "(empty)" for value in schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    text = " or ".join(names)
    bounds = [
        f"{word} {schema[name]}"
        for name, word in (
            ("minimum", "from"), ("maximum", "to"), ("minLength", "at least"), ("maxLength", "at most"),
            ("minItems", "at least"), ("maxItems", "at most"),
        )
        if name in schema
    ]  # fmt: skip
    return f"{text}, {' '.join(bounds)}" if bounds else text


def _rows(
    schema: dict[str, Any], components: dict[str, Any], path: str = "", depth: int = 0
) -> list[FieldRow]:
    schema = _resolved(schema, components)
    if depth > DEEPEST:
        return []
    if schema.get("type") == "array":
        return _rows(schema.get("items", {}), components, f"{path}[]", depth + 1)
    rows = []
    for name, part in schema.get("properties", {}).items():
        here = f"{path}.{name}" if path else name
        known = _resolved(part, components)
        said = part.get("description", "") or ("" if "$ref" in part else known.get("description", ""))
        kind = _kind(part if "anyOf" in part else known)
        rows.append(FieldRow(here, kind, name in schema.get("required", []), said))
        rows += _rows(known, components, here, depth + 1)
    return rows


def _example(schema: dict[str, Any], components: dict[str, Any]) -> Any:
    """The smallest body that has the right shape."""
    schema = _resolved(schema, components)
    if schema.get("enum"):
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        required = schema.get("required", [])
        return {
            name: _example(part, components)
            for name, part in schema.get("properties", {}).items()
            if name in required
        }
    if kind == "array":
        return [_example(schema["items"], components)]
    if kind == "integer":
        return max(1, schema.get("minimum", 1))
    if kind == "boolean":
        return False
    shown = {"date-time": "2026-03-02T09:00:00Z", "date": "2026-03-02"}.get(schema.get("format", ""))
    return shown or (
        "9.90" if "\\d" in schema.get("pattern", "") else "GBP" if "{3}" in schema.get("pattern", "") else "…"
    )


def _curl(path: str, method: str, operation: dict[str, Any], body: Any) -> str:
    lines = [f"curl -X {method.upper()} $KEEL{path}", '-H "Authorization: Bearer $KEY"']
    for parameter in operation.get("parameters", []):
        if parameter["name"] == "Idempotency-Key":
            lines.append('-H "Idempotency-Key: $(uuidgen)"')
        if parameter["name"] == "If-Match" and parameter["required"]:
            lines.append("-H 'If-Match: \"…\"'")
    if body is not None:
        lines.append('-H "Content-Type: application/json"')
        lines.append(f"-d '{json.dumps(body, ensure_ascii=False)}'")
    return " \\\n  ".join(lines)
