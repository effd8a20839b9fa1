"""What became of every source row?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from erp.demo.source import SourceRow


class Fate(StrEnum):
    """Exactly one per source row."""

    SALE = "sale"
    CHARGE = "charge"
    RETURN = "return"
    CANCELLATION = "cancellation"
    ADJUSTMENT = "adjustment"
    EXCEPTION = "exception"


@dataclass
class Tally:
    """Rows and net value per fate; a row that is counted twice is a bug and refused."""

    rows: Counter[str] = field(default_factory=Counter)
    value: dict[str, Decimal] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)

    def count(self, rows: Iterable[SourceRow], fate: Fate) -> None:
        """This function will account for rows; ValueError when one was accounted for before."""
        for row in rows:
            if row.number in self.seen:
                raise ValueError(f"source row {row.number} is accounted for twice")
            self.seen.add(row.number)
            self.rows[fate] += 1
            self.value[fate] = self.value.get(fate, Decimal(0)) + row.amount

    @property
    def total(self) -> int:
        return len(self.seen)
