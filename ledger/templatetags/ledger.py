"""What do the ledger's templates need that others do not?"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from django import template

from ledger.selectors import StatementLine

register = template.Library()


@register.simple_tag
def compared(before: Mapping[int | str, Decimal], line: StatementLine) -> dict[str, Decimal]:
    """This function will return a statement line's amount of the days before, and what changed since."""
    earlier = before.get(line.key, Decimal(0))
    return {"before": earlier, "change": line.amount - earlier}
