"""Which record does a typed or scanned code mean, and what else matches?

Each app registers a provider per noun. `exact` answers for a whole code (order number, SKU, GTIN, tracking
number) by an indexed lookup; `find` answers for words. One exact hit is a jump.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from erp.core import navigation

MAX_LENGTH = 120


@dataclass(frozen=True)
class Hit:
    """One found record: its name, what it is, where it is shown."""

    title: str
    subtitle: str
    url: str
    icon: str = "file-text"


@dataclass(frozen=True)
class SearchProvider:
    """`exact(q)` → address or None; `find(q, limit)` → hits. `permission` guards both."""

    code: str
    label: str
    permission: str
    exact: Callable[[str], str | None]
    find: Callable[[str, int], list[Hit]]
    icon: str = "file-text"


@dataclass(frozen=True)
class Group:
    label: str
    icon: str
    hits: list[Hit]


@dataclass(frozen=True)
class Results:
    """What a query found. `jump` is set when exactly one record has that very code."""

    query: str
    jump: Hit | None = None
    groups: list[Group] = field(default_factory=list)
    actions: list[navigation.ShownItem] = field(default_factory=list)
    pages: list[navigation.ShownItem] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not (self.jump or self.groups or self.actions or self.pages)


_PROVIDERS: dict[str, SearchProvider] = {}


def register(provider: SearchProvider) -> None:
    """This function will add a noun to the search."""
    _PROVIDERS[provider.code] = provider


def normalise(text: str) -> str:
    """This function will clean what a person typed or a scanner sent: symbology prefix, control characters, spaces."""
    text = "".join(char if char.isprintable() else " " for char in text[:MAX_LENGTH]).strip()
    for prefix in ("]C1", "]d2", "]Q3", "]E0"):
        text = text.removeprefix(prefix)
    return " ".join(text.split())


def exact_hit(text: str, user: Any) -> Hit | None:
    """This function will return the one record whose code is `text`; None when there is none or more than one."""
    found = [
        Hit(text, provider.label, url, provider.icon)
        for provider in _PROVIDERS.values()
        if user.may(provider.permission) and (url := provider.exact(text))
    ]
    urls = {hit.url for hit in found}
    return found[0] if len(urls) == 1 else None


def search(text: str, user: Any, limit: int = 5) -> Results:
    """This function will return the jump, the groups of hits, and the actions and pages whose words match."""
    query = normalise(text)
    actions, pages = navigation.actions_for(user), _pages(user)
    if not query:
        return Results(query, actions=actions)
    words = query.lower().split()
    groups = []
    for provider in _PROVIDERS.values():
        if user.may(provider.permission) and (hits := provider.find(query, limit)):
            groups.append(Group(provider.label, provider.icon, hits))
    return Results(
        query,
        jump=exact_hit(query, user),
        groups=groups,
        actions=[item for item in actions if _matches(item.label, words)],
        pages=[item for item in pages if _matches(item.label, words)][:5],
    )


def _pages(user: Any) -> list[navigation.ShownItem]:
    return [item for section in navigation.sections_for(user, "") for item in section.items]


def _matches(label: str, words: list[str]) -> bool:
    return all(word in label.lower() for word in words)
