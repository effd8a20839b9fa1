"""Which figures must agree before a month is closed, and who says so?

Each app registers its own checks (`<app>/tie_outs.py`, imported by its AppConfig.ready); the ledger only runs them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from ledger.models import Period, TieOut


@dataclass(frozen=True)
class Figures:
    """Two figures that must agree, and where each comes from (JSON: label → figure, or a list of rows)."""

    expected: Decimal
    actual: Decimal
    evidence: Mapping[str, Any] = field(default_factory=dict)

    @property
    def agree(self) -> bool:
        return self.expected == self.actual


Check = Callable[[Period], Figures]


@dataclass(frozen=True)
class RegisteredTieOut:
    code: str
    title: str
    function: Check
    blocking: bool


TIE_OUTS: dict[str, RegisteredTieOut] = {}


def register_tie_out(code: str, title: str, function: Check, blocking: bool = True) -> None:
    """This function will add a check to every close; ValueError when another function has the code already."""
    known = TIE_OUTS.get(code)
    if known is not None and known.function is not function:
        raise ValueError(f"there is another tie-out {code}")
    TIE_OUTS[code] = RegisteredTieOut(code, title, function, blocking)


def tie_outs_run(*, period: Period, at: datetime) -> Sequence[TieOut]:
    """This function will run every registered check for a period and keep the evidence; the caller holds a
    transaction.
    """
    rows = []
    for check in TIE_OUTS.values():
        figures = check.function(period)
        rows.append(
            TieOut(
                period=period,
                code=check.code,
                title=check.title,
                expected=figures.expected,
                actual=figures.actual,
                is_blocking=check.blocking,
                is_ok=figures.agree,
                evidence=dict(figures.evidence),
                checked_at=at,
            )
        )
    return TieOut.objects.bulk_create(rows)
