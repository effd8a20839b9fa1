"""How does a document change its state, and who may say so?

A machine is a literal table: which state leads to which, who owns the document while it is there, and how long it may
stay. `erp.core.services.state.change_state` is the only place that assigns `.state`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import models

from erp.core.roles import Role

Guard = Callable[[Any], str | None]
MACHINES: dict[str, Machine] = {}


@dataclass(frozen=True)
class Machine:
    """A transition table.

    `document` is the model label ("orders.Order"); `transitions` maps each state to the states it may lead to (an empty
    set makes it terminal); `guards` maps (from, to) to a function that returns the reason to refuse, or None;
    `owners` names the role that must act while a document is in that state and `limits` how long it may take.
    `audited` is off for rows at the grain of a journal line, whose history the journals already hold.
    """

    document: str
    states: type[models.TextChoices]
    initial: str
    transitions: Mapping[str, frozenset[str] | set[str]]
    guards: Mapping[tuple[str, str], Guard] = field(default_factory=dict)
    owners: Mapping[str, Role] = field(default_factory=dict)
    limits: Mapping[str, timedelta] = field(default_factory=dict)
    audited: bool = True

    def __post_init__(self) -> None:
        MACHINES[self.document] = self

    @property
    def terminals(self) -> frozenset[str]:
        return frozenset(state for state, targets in self.transitions.items() if not targets)

    def allows(self, source: str, target: str) -> bool:
        """This function will tell whether the table leads from `source` to `target`."""
        return target in self.transitions.get(source, frozenset())
