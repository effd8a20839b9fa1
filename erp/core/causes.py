"""What do cases have in common, so that one act may settle many of them?

A cause is a short key made of what the case's evidence names: `sku:22423|node:NORTH`. Cases with the same key are one
group on the desk. A kind says which parts of its evidence make the key (`cause_by`), or has a function of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from erp.core.text import storable

LIMIT = 120
# (subject id, title, detail) → key; blank when nothing can be said
Cause = Callable[[str, str, Mapping[str, Any]], str]

_WORDS = {
    "sku": "SKU {}", "node": "at {}", "supplier": "supplier {}", "channel": "channel {}", "queue": "queue {}",
    "hold": "{} hold", "state": "orders that are {}", "work": "{}", "invariant": "invariant {}", "code": "{}",
    "order": "purchase order {}", "subject": "{}",
}  # fmt: skip


def cause_by(*names: str) -> Cause:
    """This function will return a cause that joins what the evidence says under `names`, as far as it says it.

    Of a list or a mapping the first entry counts: the one that a person reads first.
    """

    def cause(subject_id: str, title: str, detail: Mapping[str, Any]) -> str:
        found = [
            (name.partition("=")[0], _first(detail.get(name.partition("=")[2] or name))) for name in names
        ]
        return "|".join(f"{name}:{value}" for name, value in found if value)

    return cause


def cause_of_subject(name: str = "subject") -> Cause:
    """This function will return a cause that is the subject itself: for kinds of which each stands alone."""
    return lambda subject_id, title, detail: f"{name}:{subject_id}"


def cause_of_work(subject_id: str, title: str, detail: Mapping[str, Any]) -> str:
    """This function will name the kind of work that gave up: one broken handler kills many rows."""
    return f"work:{title.partition(':')[0].strip()}"


def cause_key(cause: Cause, subject_id: str, title: str, detail: Mapping[str, Any]) -> str:
    """This function will return the key to store: clean, and no longer than its column."""
    return storable(cause(subject_id, title, detail))[:LIMIT]


def cause_words(key: str) -> str:
    """This function will write a cause key for people: `sku:22423|node:NORTH` → “SKU 22423 at NORTH”."""
    words = []
    for part in key.split("|"):
        name, _, value = part.partition(":")
        if value:
            words.append(
                _WORDS.get(name, name + " {}").format(
                    value.replace("_", " ").lower() if name == "state" else value
                )
            )
    return " ".join(words) or "no common cause"


def _first(value: Any) -> str:
    if isinstance(value, Mapping):
        value = next(iter(value), "")
    elif isinstance(value, (list, tuple)):
        value = value[0] if value else ""
    return "" if value is None else str(value).replace("|", "/").strip()
