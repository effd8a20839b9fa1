"""What did a service leave behind: rows, moves, entries, audit rows, or nothing when it refused?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from erp.core.errors import KeelError
from erp.core.models import InboxMessage, StateChange
from inventory.models import StockMove
from ledger.models import JournalEntry, JournalLine
from orders.models import Allocation, Customer, Hold, Listing, Order, Payment
from tests.cast import NOW

LATER = NOW + timedelta(hours=1)
D = Decimal


def rows() -> tuple[int, ...]:
    """How many rows there are of everything that these services write."""
    models = (
        Order,
        Hold,
        Allocation,
        Payment,
        Customer,
        Listing,
        StockMove,
        JournalEntry,
        InboxMessage,
        StateChange,
    )
    managers = [*(model.objects for model in models), Customer.history, Listing.history]
    return tuple(manager.count() for manager in managers)


def refused(kind: type[KeelError], field: str, act: Callable[[], object]) -> KeelError:
    """Let `act` be refused with that error at that field, and see that it wrote nothing and said what to do instead."""
    before = rows()
    with pytest.raises(kind) as caught:
        act()
    assert (type(caught.value), caught.value.field, bool(caught.value.remedy)) == (kind, field, True)
    assert rows() == before
    return caught.value


def moves(order: Order, action: str) -> list[tuple[Any, ...]]:
    """What an act on the order moved: (node, units, from, to)."""
    found = StockMove.objects.filter(
        event__action=action, event__source_type="orders.Order", event__source_id=order.pk
    )
    return list(found.order_by("pk").values_list("from_node__code", "quantity", "from_status", "to_status"))


def posted(kind: str) -> list[tuple[Any, ...]]:
    """The lines of all entries of a rule, entry by entry: (source, account role, debit, credit)."""
    lines = JournalLine.objects.filter(entry__kind=kind).order_by("entry", "pk")
    return list(lines.values_list("entry__source_id", "account__role", "debit", "credit"))


def story(document: Order | Hold) -> list[tuple[str, str, str]]:
    """The document's last audit row first: (action, state reached, reason)."""
    found = StateChange.objects.filter(document_type=document._meta.label, document_id=document.pk)
    return list(found.order_by("-pk").values_list("action", "to_state", "reason"))
