"""What waits for this person? Each app registers its queues; the home page shows those of the user's roles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from erp.core.permissions import may_open
from erp.core.roles import Role


@dataclass(frozen=True)
class Queue:
    """Work that waits in a list: `count(user)` rows at `url_name` + `query`, worked by `roles` (empty: everyone)."""

    code: str
    label: str
    url_name: str
    count: Callable[[Any], int]
    query: str = ""
    roles: frozenset[Role] = frozenset()
    overdue: Callable[[Any], int] | None = None
    icon: str = "inbox"
    text: str = ""


@dataclass(frozen=True)
class ShownQueue:
    label: str
    url: str
    count: int
    overdue: int
    icon: str
    text: str


_QUEUES: dict[str, Queue] = {}


def register_queue(queue: Queue) -> None:
    """This function will add a queue to the home page of its roles."""
    _QUEUES[queue.code] = queue


def queues_for(user: Any) -> list[ShownQueue]:
    """This function will count what waits for `user`, the overdue first, the empty last."""
    found = []
    for queue in _QUEUES.values():
        if queue.roles and not ({*queue.roles, Role.ADMIN} & user.roles or user.is_superuser):
            continue
        url = may_open(user, queue.url_name)
        if url is None:
            continue
        target = f"{url}?{queue.query}" if queue.query else url
        overdue = queue.overdue(user) if queue.overdue else 0
        found.append(ShownQueue(queue.label, target, queue.count(user), overdue, queue.icon, queue.text))
    return sorted(found, key=lambda item: (-item.overdue, item.count == 0))
