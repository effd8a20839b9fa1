"""What is said of a document in an event about it? Every app says it of its own, in a room `event_facts.py`.

A room has `facts(document_type, ids) -> {id: {name: value}}`, one query a call. What it says is kept with the event when it is
numbered, so a repeat years later says the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol

from erp.core.models import ExceptionCase


class Facts(Protocol):
    """Facts of the documents of one type."""

    def __call__(self, document_type: str, ids: Sequence[int]) -> dict[int, dict[str, Any]]: ...


@cache
def _room(app: str) -> Facts | None:
    name = f"{'erp.core' if app == 'core' else app}.event_facts"
    found: Facts | None = getattr(import_module(name), "facts", None) if find_spec(name) else None
    return found


def facts_of(document_type: str, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """This function will return what the app of a document says of it, by id; nothing when the app says nothing."""
    room = _room(document_type.partition(".")[0])
    return room(document_type, ids) if room else {}


def facts(document_type: str, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """This function will say what an exception case is about."""
    if document_type != "core.ExceptionCase":
        return {}
    rows = ExceptionCase.objects.filter(pk__in=ids).values_list(
        "pk", "kind", "title", "subject_type", "subject_id"
    )
    return {
        pk: {"id": pk, "kind": kind, "title": title, "subject_type": subject, "subject_id": subject_id}
        for pk, kind, title, subject, subject_id in rows
    }
