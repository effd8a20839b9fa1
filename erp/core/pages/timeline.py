"""What happened to a document, by whom and why: transitions, notes, edits, messages sent, and what its app adds?"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model

from erp.core.models import Note, OutboxMessage, StateChange
from erp.core.pages.looks import look_of
from erp.core.state_machine import MACHINES

LIMIT = 100


@dataclass(frozen=True)
class TimelineEntry:
    """One thing that happened. `kind` is state, note, edit, message or an app's own word (filterable)."""

    at: datetime
    kind: str
    title: str
    detail: str = ""
    actor: str = ""
    icon: str = "circle"
    tone: str = "neutral"
    source: str = ""
    url: str = ""


Provider = Callable[[Any], Iterable[TimelineEntry]]
_PROVIDERS: dict[str, list[Provider]] = {}


# kind of an outbox message → (title, detail) of it for people; without one the stream is shown
MessageWords = Callable[[OutboxMessage], tuple[str, str]]
_MESSAGES: dict[str, MessageWords] = {}


def register_message(kind: str, words: MessageWords) -> None:
    """This function will let `words` say what an outbox message of `kind` tells whom."""
    _MESSAGES[kind] = words


def register_timeline(document_type: str, provider: Provider) -> None:
    """This function will add `provider(document)` to the timeline of a document type ("orders.Order")."""
    found = _PROVIDERS.setdefault(document_type, [])
    if provider not in found:
        found.append(provider)


def timeline_of(document: Model) -> list[TimelineEntry]:
    """This function will return the newest entries about a document, newest first."""
    label = document._meta.label
    entries = [*_states(label, document.pk), *_notes(label, document.pk), *_messages(label, document.pk)]
    entries += _edits(document)
    for provider in _PROVIDERS.get(label, []):
        entries += provider(document)
    entries.sort(key=lambda entry: entry.at, reverse=True)
    return entries[:LIMIT]


def _states(label: str, pk: int) -> Iterable[TimelineEntry]:
    machine = MACHINES.get(label)
    rows = (
        StateChange.objects.filter(document_type=label, document_id=pk)
        .select_related("actor")
        .order_by("-id")
    )
    for row in rows[:LIMIT]:
        look = look_of(row.to_state, label)
        words = dict(machine.states.choices) if machine else {}
        before, after = words.get(row.from_state, row.from_state), words.get(row.to_state, row.to_state)
        yield TimelineEntry(
            at=row.at,
            kind="state",
            title=f"{before} → {after}" if row.from_state else str(after),
            detail=row.reason,
            actor=str(row.actor),
            icon=look.icon,
            tone=look.tone,
            source=row.action,
        )


def _notes(label: str, pk: int) -> Iterable[TimelineEntry]:
    rows = Note.objects.filter(document_type=label, document_id=pk).select_related("author").order_by("-id")
    for row in rows[:LIMIT]:
        yield TimelineEntry(
            at=row.at,
            kind="note",
            title="Note",
            detail=row.body,
            actor=str(row.author),
            icon="message-square",
        )


def _messages(label: str, pk: int) -> Iterable[TimelineEntry]:
    rows = OutboxMessage.objects.filter(subject_type=label, subject_id=pk).order_by("-id")
    for row in rows[:LIMIT]:
        look = look_of(row.state, "core.OutboxMessage")
        words = _MESSAGES.get(row.kind)
        title, detail = words(row) if words else ("Message", row.stream)
        yield TimelineEntry(
            at=row.finished_at or row.created_at,
            kind="message",
            title=f"{title}: {row.get_state_display().lower()}"
            if words
            else f"Message {row.get_state_display().lower()}",
            detail=detail + (f": {row.error}" if row.error else ""),
            icon="mail",
            tone=look.tone,
            source=row.kind,
        )


def _edits(document: Model) -> list[TimelineEntry]:
    history = getattr(document, "history", None)
    if history is None:
        return []
    rows = list(history.select_related("history_user").order_by("-history_date", "-history_id")[:30])
    entries = []
    for newer, older in zip(rows, [*rows[1:], None], strict=True):
        # what changed beside the row (a pack, a kit's components) is only in the reason
        detail = " · ".join(part for part in (_difference(newer, older), newer.history_change_reason) if part)
        if newer.history_type == "~" and not detail:
            continue
        entries.append(
            TimelineEntry(
                at=newer.history_date,
                kind="edit",
                title={"+": "Created", "~": "Edited", "-": "Deleted"}[newer.history_type],
                detail=detail,
                actor=str(newer.history_user or ""),
                icon={"+": "plus", "~": "pencil-line", "-": "trash-2"}[newer.history_type],
            )
        )
    return entries


def _difference(newer: Any, older: Any) -> str:
    if newer.history_type != "~" or older is None:
        return ""
    changes = newer.diff_against(older, foreign_keys_are_objs=False).changes
    return "; ".join(
        f"{change.field.replace('_', ' ')}: {change.old!s} → {change.new!s}" for change in changes
    )
