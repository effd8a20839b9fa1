"""What are the parts that a list page and a record page are put together from?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

# (what the row is called, whether it worked, what happened or why not)
RowOutcome = tuple[str, bool, str]


@dataclass(frozen=True)
class PrimaryAction:
    """The one thing a person most often starts from a list: a link, shown to those who may open it."""

    label: str
    url_name: str
    permission: str = ""
    args: tuple[Any, ...] = ()
    icon: str = "plus"
    query: str = ""


@dataclass(frozen=True)
class BulkAction:
    """One act on many rows. `preview` says what will happen, `run` does it row by row and says what did.

    `fields(request)` are asked for with the preview and arrive as POST parameters of the run.
    """

    code: str
    label: str
    permission: str
    preview: Callable[[QuerySet[Any], HttpRequest], list[str]]
    run: Callable[[list[int], HttpRequest], list[RowOutcome]]
    icon: str = "play"
    fields: Callable[[HttpRequest], Sequence[ActionField]] | None = None


@dataclass(frozen=True)
class ActionField:
    """An input of an action: `kind` is text, textarea, number, date, datetime-local, select or hidden."""

    name: str
    label: str
    kind: str = "text"
    required: bool = True
    choices: Sequence[tuple[Any, str]] = ()
    value: Any = ""
    help_text: str = ""


@dataclass(frozen=True)
class Action:
    """A button on a record: a POST to `url` (or a link, with `method="get"`). A disabled one says why."""

    label: str
    url: str
    permission: str
    primary: bool = False
    disabled_reason: str = ""
    confirm: str = ""
    fields: Sequence[ActionField] = ()
    icon: str = ""
    method: str = "post"
    danger: bool = False

    @property
    def needs_dialog(self) -> bool:
        return bool(self.confirm or [item for item in self.fields if item.kind != "hidden"])


@dataclass(frozen=True)
class Fact:
    """One figure in the strip under a record's title. `value` may be marked-safe HTML."""

    label: str
    value: Any
    url: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Panel:
    """A card on a record page: a template with its context, or another app's page part by URL name (`lazy_url`)."""

    title: str
    template: str = ""
    context: dict[str, Any] = field(default_factory=dict)
    column: str = "main"
    lazy_url: str | None = None
    lazy_args: tuple[Any, ...] = ()
    lazy_query: str = ""
    flush: bool = False
    anchor: str = ""
