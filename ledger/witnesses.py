"""How is a journal entry told when somebody asks what a piece of work would change?"""

from __future__ import annotations

from collections.abc import Sequence

from erp.core.effects import Picture, Witness, register_witness
from erp.core.pages.format import money_text
from ledger.models import JournalLine


def _entries(ids: Sequence[int]) -> dict[int, Picture]:
    fields: dict[int, dict[str, str]] = {}
    titles: dict[int, str] = {}
    lines = JournalLine.objects.filter(entry_id__in=ids).select_related("entry", "account")
    for line in lines.order_by("pk"):
        own = fields.setdefault(line.entry_id, {})
        titles[line.entry_id] = line.entry.memo or line.entry.kind
        side, amount = ("Dr", line.debit) if line.debit else ("Cr", line.credit)
        own[f"{side} {line.account} ({len(own) + 1})"] = money_text(amount, line.currency)
    return {pk: Picture(f"Journal entry: {titles[pk]}", own) for pk, own in fields.items()}


register_witness(
    Witness("ledger.JournalEntry", "Books", {"ledger_journalentry": "id"}, _entries, "ledger.view", 40)
)
