"""What came back of an order, what was credited for it, and what was posted?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from erp.core.pages.timeline import TimelineEntry, register_timeline, states_of
from ledger.timeline import PERMISSION as LEDGER
from ledger.timeline import posting_entries
from orders.models import Order
from returns.models import Refund, Rma


def _returns(order: Order) -> Iterable[TimelineEntry]:
    names = dict(Rma.objects.filter(order=order).values_list("pk", "number"))
    return states_of("returns.Rma", names, kind="return") if names else []


def _refunds(order: Order) -> Iterable[TimelineEntry]:
    names = dict(Refund.objects.filter(order=order).values_list("pk", "number"))
    return states_of("returns.Refund", names, kind="return") if names else []


def _postings(order: Order) -> Iterable[TimelineEntry]:
    sources: dict[tuple[str, int], datetime | None] = {
        ("returns.Rma", pk): None for pk in Rma.objects.filter(order=order).values_list("pk", flat=True)
    }
    refunds = Refund.objects.filter(order=order).values_list("pk", "created_at")
    return posting_entries(sources | {("returns.Refund", pk): at for pk, at in refunds})


for provider in (_returns, _refunds):
    register_timeline("orders.Order", provider)
register_timeline("orders.Order", _postings, LEDGER)
