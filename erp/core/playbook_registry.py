"""Which steps of a playbook can Keel do itself, at the push of a button on the case?

Each app registers its own in `<app>/playbooks.py`. A playbook runs a service that exists anyway; `exception_play` settles the
case by that service's address in the same transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from erp.core.models import ExceptionCase, User
from erp.core.pages.parts import ActionField


@dataclass(frozen=True)
class Play:
    """One push of the button: the case (locked), who pushed it and when, and what was typed."""

    case: ExceptionCase
    actor: User
    at: datetime
    inputs: Mapping[str, str] = field(default_factory=dict)

    @property
    def reason(self) -> str:
        return self.inputs.get("reason", "").strip()


@dataclass(frozen=True)
class Played:
    """What was done, in words. `settles` is false where the world still has to answer: the case stays open then."""

    said: str
    settles: bool = True


@dataclass(frozen=True)
class Playbook:
    """`action` is the address of the service that `run` calls; `preview(case)` says what will happen.

    `run` raises a KeelError when it can not be done: nothing is changed then and the case stays open. `permission` is the
    one that the same act asks for elsewhere. `fields` are asked for in a dialog; a field `reason` also goes into the case.
    """

    kind: str
    code: str
    label: str
    permission: str
    action: str
    run: Callable[[Play], Played]
    preview: Callable[[ExceptionCase], str]
    fields: tuple[ActionField, ...] = ()
    icon: str = "play"


_PLAYBOOKS: dict[str, dict[str, Playbook]] = {}
REASON = ActionField("reason", "Why, in a few words", kind="textarea")


def register_playbook(playbook: Playbook) -> None:
    """This function will put a button on the cases of a kind; the first one registered is the usual one."""
    _PLAYBOOKS.setdefault(playbook.kind, {})[playbook.code] = playbook


def playbooks_of(kind: str) -> list[Playbook]:
    """This function will return the buttons of a kind, the usual one first."""
    return list(_PLAYBOOKS.get(kind, {}).values())


def playbook_of(kind: str, code: str) -> Playbook | None:
    """This function will return one button of a kind, or None."""
    return _PLAYBOOKS.get(kind, {}).get(code)


def every_playbook() -> list[Playbook]:
    """This function will return all buttons of all kinds."""
    return [playbook for found in _PLAYBOOKS.values() for playbook in found.values()]
