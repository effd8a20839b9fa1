"""What must everybody who looks at a page know now, because a part of Keel, or what it speaks to, does not work?

Each app registers its own in `<app>/banners.py`. A banner says what is so, what still works, and where to look. It is asked for
once a minute beside each page, never by the page itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from erp.core.models import User


@dataclass(frozen=True)
class Banner:
    title: str
    text: str
    url: str = ""
    link: str = ""
    is_grave: bool = False


Source = Callable[[User, datetime], Sequence[Banner]]
_SOURCES: dict[str, Source] = {}


def register_banners(name: str, source: Source) -> None:
    """This function will ask `source` (a few indexed reads, never a write) what to tell a user at a time."""
    _SOURCES[name] = source


def banners_for(user: User, *, at: datetime) -> list[Banner]:
    """This function will return what a user is to be told now, the grave first."""
    found = [banner for name in sorted(_SOURCES) for banner in _SOURCES[name](user, at)]
    return sorted(found, key=lambda banner: not banner.is_grave)
