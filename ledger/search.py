"""How does the search find what is in the books?"""

from __future__ import annotations

from django.db.models import Q
from django.urls import reverse

from erp.core.search import Hit, SearchProvider, register
from ledger.models import Account, JournalEntry


def _entry(text: str) -> str | None:
    key = JournalEntry.objects.filter(number=text.upper()).values_list("pk", flat=True).first()
    return reverse("ledger:journal_entry_detail", args=[key]) if key else None


def _entries(text: str, limit: int) -> list[Hit]:
    rows = JournalEntry.objects.filter(number__startswith=text.upper()).order_by("-pk")[:limit]
    return [
        Hit(
            row.number,
            row.memo or row.kind,
            reverse("ledger:journal_entry_detail", args=[row.pk]),
            "book-open",
        )
        for row in rows
    ]


def _account(text: str) -> str | None:
    key = Account.objects.filter(code=text).values_list("pk", flat=True).first()
    return reverse("ledger:account_detail", args=[key]) if key else None


def _accounts(text: str, limit: int) -> list[Hit]:
    rows = Account.objects.filter(Q(code__startswith=text) | Q(name__icontains=text)).order_by("code")[:limit]
    return [
        Hit(
            str(row),
            row.get_account_type_display(),
            reverse("ledger:account_detail", args=[row.pk]),
            "landmark",
        )
        for row in rows
    ]


register(
    SearchProvider(
        "ledger.entries", "Journal entries", "ledger.view", exact=_entry, find=_entries, icon="book-open"
    )
)
register(
    SearchProvider(
        "ledger.accounts", "Accounts", "ledger.view", exact=_account, find=_accounts, icon="landmark"
    )
)
