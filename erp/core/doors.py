"""What do apps know of incoming messages that the inbox itself does not: who was turned away, which order, was it proven?

Each app hangs it in by its `doors.py`, so that one list shows all that came to our doors.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.module_loading import autodiscover_modules

from erp.core.models import InboxMessage

# The columns of the list, in the order in which they are selected: what an app adds must have the same.
COLUMNS = (
    "id",
    "state",
    "attempts",
    "source",
    "kind",
    "external_id",
    "version",
    "result",
    "received_at",
    "topic",
)
TURNED_AWAY = "REFUSED"  # beside the states of work: never stored, so never handled

TurnedAway = Callable[[QueryDict, datetime], QuerySet[Any] | None]
_TURNED_AWAY: list[TurnedAway] = []
_FINDERS: list[Callable[[str], Q]] = []
_VERDICTS: dict[str, Callable[[InboxMessage], str]] = {}
_loaded: list[bool] = []


def register_turned_away(rows: TurnedAway) -> None:
    """This function will let the inbox list what was refused at a door: rows of `COLUMNS` that match the list's query string.

    Their ids are negative, so that they meet no message's.
    """
    _TURNED_AWAY.append(rows)


def register_order_finder(find: Callable[[str], Q]) -> None:
    """This function will let the inbox find the messages of the order that a text names."""
    _FINDERS.append(find)


def register_verdict(kind: str, verdict: Callable[[InboxMessage], str]) -> None:
    """This function will let a message of `kind` say how it was proven to be what it claims."""
    _VERDICTS[kind] = verdict


def _load() -> None:
    if not _loaded:
        autodiscover_modules("doors")
        _loaded.append(True)


def turned_away(params: QueryDict, at: datetime) -> list[QuerySet[Any]]:
    """This function will return what was refused at every door and matches, as rows of `COLUMNS`."""
    _load()
    return [rows for ask in _TURNED_AWAY if (rows := ask(params, at)) is not None]


def of_order(text: str) -> Q:
    """This function will return which messages are about the order that a text names; none when nobody knows it."""
    _load()
    found = Q(pk__in=[])
    for find in _FINDERS:
        found |= find(text)
    return found


def verdict_of(message: InboxMessage) -> str:
    """This function will say in words how a message was proven, or that nobody says so."""
    _load()
    told = _VERDICTS.get(message.kind)
    return told(message) if told else "Not signed: it came through a log-in or a key of ours."
