"""What do the ledger's templates need that others do not?"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from django import template

from ledger.selectors import StatementLine

register = template.Library()


@register.simple_tag
def compared(before: Mapping[int | None, Decimal], line: StatementLine) -> dict[str, Decimal | None]:
    """This function will return a statement line's amount of the days before, and what changed since."""
    known = line.account_id in before
    earlier = before.get(line.account_id, Decimal(0)) if line.account_id or known else None
    return {"before": earlier, "change": None if earlier is None else line.amount - earlier}
