"""What is said of a return in an event about it?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from returns.models import Rma


def facts(document_type: str, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """This function will name returns with the order they are of."""
    if document_type != "returns.Rma":
        return {}
    rows = Rma.objects.filter(pk__in=ids).values_list(
        "pk", "number", "order__number", "order__channel__code", "order__external_id"
    )
    names = ("return", "order", "channel", "external_id")
    return {row[0]: dict(zip(names, row[1:], strict=True)) for row in rows}
