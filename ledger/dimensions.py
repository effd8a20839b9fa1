"""What are the things called that journal lines and cost layers point at?

The books keep bare ids of records that belong to apps above them. Only the model's label is known here, as in
`erp.core.documents`; a page asks for all names of a page at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.apps import apps

from ledger.models import JournalLine

LABELS = {
    "product": "inventory.Product",
    "node": "inventory.Node",
    "channel": "orders.Channel",
    "supplier": "procurement.Supplier",
}


def dimension_names(kind: str, ids: Iterable[int | None]) -> dict[int, str]:
    """This function will return id → name for every id that exists, in one query; KeyError for an unknown kind."""
    wanted = {value for value in ids if value is not None}
    if not wanted:
        return {}
    model: Any = apps.get_model(LABELS[kind])
    return {key: str(record) for key, record in model.objects.in_bulk(wanted).items()}


def described(lines: Iterable[JournalLine]) -> list[tuple[JournalLine, list[tuple[str, str, int]]]]:
    """This function will return each line with (name, document type, id) of what it points at; a query per kind used."""
    rows = list(lines)
    names = {kind: dimension_names(kind, (getattr(row, f"{kind}_id") for row in rows)) for kind in LABELS}
    found = []
    for row in rows:
        points = []
        for kind, label in LABELS.items():
            key = getattr(row, f"{kind}_id")
            if key is not None:
                points.append((names[kind].get(key, f"{kind} {key}"), label, key))
        found.append((row, points))
    return found
