"""Who takes back rules of substitution that an import made?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from erp.core.models import User
from erp.core.services.take_back import row_take_back_many
from orders.models import Substitution


def substitution_take_back_many(
    *, substitution_ids: Sequence[int], reason: str, actor: User, at: datetime
) -> dict[int, str]:
    """This function will remove rules that nothing refers to, and return why the others stay (id → reason)."""
    return row_take_back_many(Substitution, substitution_ids, reason=reason, actor=actor, at=at)
