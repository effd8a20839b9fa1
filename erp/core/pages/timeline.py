"""What happened to a document, by whom and why: transitions, notes, edits, messages, exceptions, and what apps add?

One timeline is merged from many sources. Each returns its newest rows, as many as the page asked for needs; so a page costs
the same few queries whatever the document has behind it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model, Q

from erp.core.documents import document_url
from erp.core.models import ExceptionCase, Note, OutboxMessage, StateChange
from erp.core.pages.looks import look_of
from erp.core.state_machine import MACHINES

LIMIT = 100
LAST_PAGE = 100  # further back than ten thousand entries nobody scrolls
KINDS = {
    "state": "Steps", "note": "Notes", "edit": "Edits", "message": "Messages out", "case": "Exceptions",
    "received": "Received", "decision": "Decisions", "hold": "Holds", "payment": "Payments", "stock": "Stock",
    "posting": "Postings", "scan": "Scans", "fulfillment": "Fulfilment", "return": "Returns",
}  # fmt: skip


_AT_ONCE = {
    "received": 0,
    "edit": 1,
    "state": 2,
    "hold": 3,
    "payment": 3,
    "decision": 4,
    "note": 9,
    "case": 8,
    "message": 7,
}


@dataclass(frozen=True)
class TimelineEntry:
    """One thing that happened. `kind` is one of KINDS or an app's own word (filterable); `names` are people mentioned."""

    at: datetime
    kind: str
    title: str
    detail: str = ""
    actor: str = ""
    icon: str = "circle"
    tone: str = "neutral"
    source: str = ""
    url: str = ""
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Timeline:
    """A page of a document's timeline, newest first; `chips` are (kind, words, how many of what was read)."""

    entries: list[TimelineEntry]
    chips: list[tuple[str, str, int]]
    kind: str = ""
    page: int = 1
    has_older: bool = False

    def __iter__(self) -> Iterator[TimelineEntry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)


Provider = Callable[[Any], Iterable[TimelineEntry]]
_PROVIDERS: dict[str, list[tuple[Provider, str]]] = {}


# kind of an outbox message → (title, detail) of it for people; without one the stream is shown
MessageWords = Callable[[OutboxMessage], tuple[str, str]]
_MESSAGES: dict[str, MessageWords] = {}


def register_message(kind: str, words: MessageWords) -> None:
    """This function will let `words` say what an outbox message of `kind` tells whom."""
    _MESSAGES[kind] = words


def register_timeline(document_type: str, provider: Provider, permission: str = "") -> None:
    """This function will add `provider(document)` to the timeline of a document type ("orders.Order").

    With a permission only its holders see those entries. A provider returns all it knows, in a constant number of queries.
    """
    found = _PROVIDERS.setdefault(document_type, [])
    if (provider, permission) not in found:
        found.append((provider, permission))


def timeline_of(document: Model, *, user: Any = None, kind: str = "", page: int = 1) -> Timeline:
    """This function will return a page of what happened to a document, all of it or of one kind, as `user` may see it."""
    label, page = document._meta.label, max(1, min(page, LAST_PAGE))
    reach = page * LIMIT + 1
    entries = [
        *_states(label, document.pk, reach), *_notes(label, document.pk, reach), *_messages(label, document.pk, reach),
        *_cases(label, document.pk, reach), *_edits(document, reach),
    ]  # fmt: skip
    for provider, permission in _PROVIDERS.get(label, []):
        if not permission or (user is not None and user.may(permission)):
            entries += provider(document)
    # of what happened at one moment the message comes first and what followed from it later
    entries.sort(key=lambda entry: (entry.at, _AT_ONCE.get(entry.kind, 5)), reverse=True)
    counts = Counter(entry.kind for entry in entries)
    chips = [
        (code, KINDS.get(code, code.capitalize()), counts[code]) for code in sorted(counts, key=_chip_order)
    ]
    shown = [entry for entry in entries if not kind or entry.kind == kind]
    start = (page - 1) * LIMIT
    has_older = len(shown) > page * LIMIT and page < LAST_PAGE
    return Timeline(shown[start : page * LIMIT], chips, kind, page, has_older)


def _chip_order(code: str) -> tuple[int, str]:
    known = list(KINDS)
    return (known.index(code) if code in known else len(known), code)


def _states(label: str, pk: int, reach: int) -> Iterable[TimelineEntry]:
    return states_of(label, {pk: ""}, reach=reach)


def states_of(
    label: str, names: Mapping[int, str], *, kind: str = "state", reach: int = 1000
) -> list[TimelineEntry]:
    """This function will return the recorded steps of the documents `names` (id → what to call it; blank: this one)."""
    machine = MACHINES.get(label)
    words = dict(machine.states.choices) if machine else {}
    rows = StateChange.objects.filter(document_type=label, document_id__in=list(names)).select_related(
        "actor"
    )
    entries = []
    for row in rows.order_by("-id")[:reach]:
        look, name = look_of(row.to_state, label), names[row.document_id]
        before, after = words.get(row.from_state, row.from_state), words.get(row.to_state, row.to_state)
        step = f"{before} → {after}" if row.from_state else str(after)
        entries.append(
            TimelineEntry(
                at=row.at, kind=kind, title=f"{name}: {step}" if name else step, detail=row.reason, actor=str(row.actor),
                icon=look.icon, tone=look.tone, source=row.action,
                url=document_url(label, row.document_id) or "" if name else "",
            )
        )  # fmt: skip
    return entries


def _notes(label: str, pk: int, reach: int) -> Iterable[TimelineEntry]:
    rows = Note.objects.filter(document_type=label, document_id=pk).select_related("author").order_by("-id")
    for row in rows.prefetch_related("mentions__user")[:reach]:
        yield TimelineEntry(
            at=row.at,
            kind="note",
            title="Note",
            detail=row.body,
            actor=str(row.author),
            icon="message-square",
            names=tuple(mention.user.username for mention in row.mentions.all()),
        )


def _messages(label: str, pk: int, reach: int) -> Iterable[TimelineEntry]:
    return messages_about(label, {pk: ""}, reach=reach)


def messages_about(label: str, names: Mapping[int, str], *, reach: int = 1000) -> list[TimelineEntry]:
    """This function will return what went out about the documents `names` (id → what to call it), and whether it arrived."""
    rows = OutboxMessage.objects.filter(subject_type=label, subject_id__in=list(names)).order_by("-id")
    return [
        TimelineEntry(
            at=row.finished_at or row.created_at,
            kind="message",
            title=_said(row)[0]
            + (f": {names[row.subject_id]}" if row.subject_id and names[row.subject_id] else ""),
            detail=_said(row)[1] + (f": {row.error}" if row.error else ""),
            icon="mail",
            tone=look_of(row.state, "core.OutboxMessage").tone,
            source=row.kind,
            url=document_url("core.OutboxMessage", row.pk) or "",
        )
        for row in rows[:reach]
    ]


def _said(message: OutboxMessage) -> tuple[str, str]:
    """What an outgoing message is called and says: its app's words, else its medium and stream."""
    state = message.get_state_display().lower()
    words = _MESSAGES.get(message.kind)
    if words is None:
        return f"{'E-mail' if message.kind == 'core.send_email' else 'Message'} {state}", message.stream
    title, detail = words(message)
    return f"{title}: {state}", detail


def _cases(label: str, pk: int, reach: int) -> Iterable[TimelineEntry]:
    return cases_about(Q(subject_type=label, subject_id=str(pk)), reach)


def cases_about(where: Q, reach: int = 1000) -> list[TimelineEntry]:
    """This function will return when the exception cases that `where` names were opened and settled."""
    entries = []
    for case in ExceptionCase.objects.filter(where).select_related("resolved_by").order_by("-pk")[:reach]:
        url = document_url("core.ExceptionCase", case.pk) or ""
        entries.append(
            TimelineEntry(case.opened_at, "case", f"Exception: {case.title}", icon="circle-alert", tone="warning", url=url)
        )  # fmt: skip
        if case.resolved_at:
            entries.append(
                TimelineEntry(
                    case.resolved_at, "case", f"Exception settled: {case.title}", case.reason, str(case.resolved_by),
                    "circle-check", "success", case.resolution, url,
                )
            )  # fmt: skip
    return entries


def _edits(document: Model, reach: int) -> list[TimelineEntry]:
    history = getattr(document, "history", None)
    if history is None:
        return []
    rows = list(
        history.select_related("history_user").order_by("-history_date", "-history_id")[: min(reach, 300)]
    )
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
