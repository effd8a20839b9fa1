"""How do postings read on the timeline of a document? The ledger knows none: whoever owns the documents names them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time

from django.db.models import Q, Sum
from django.urls import reverse

from erp.core.pages.format import money_text
from erp.core.pages.timeline import TimelineEntry
from ledger.models import JournalEntry

PERMISSION = "ledger.view"  # who may see a posting, also on another document's timeline


def posting_entries(sources: Mapping[tuple[str, int], datetime | None]) -> list[TimelineEntry]:
    """This function will return the journal entries of (source type, id) → when it happened (None: unknown); one query."""
    if not sources:
        return []
    by_type: dict[str, list[int]] = {}
    for source_type, source_id in sources:
        by_type.setdefault(source_type, []).append(source_id)
    where = Q()
    for source_type, ids in by_type.items():
        where |= Q(source_type=source_type, source_id__in=ids)
    rows = (
        JournalEntry.objects.filter(where).select_related("actor").annotate(amount=Sum("lines__base_debit"))
    )
    return [
        TimelineEntry(
            at=sources[entry.source_type, entry.source_id] or _moment(entry),
            kind="posting",
            title=f"{entry.number}: {money_text(entry.amount)} posted",
            detail=f"{entry.memo} ({entry.posting_date:%d %b %Y})"
            if entry.memo
            else f"{entry.posting_date:%d %b %Y}",
            actor=str(entry.actor),
            icon="landmark",
            source=entry.kind,
            url=reverse("ledger:journal_entry_detail", args=[entry.pk]),
        )
        for entry in rows.order_by("-pk")
    ]


def _moment(entry: JournalEntry) -> datetime:
    """The clock's time where it is the books' day; else the end of that day."""
    if entry.entered_at.date() == entry.posting_date:
        return entry.entered_at
    return datetime.combine(entry.posting_date, time(23, 59), tzinfo=UTC)
