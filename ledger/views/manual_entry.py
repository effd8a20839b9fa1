"""Which pages let a person write an entry by hand, and see what became of it?"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from erp.core.documents import document_url
from erp.core.errors import InvalidInput
from erp.core.models import ApprovalRequest
from erp.core.money import ZERO
from erp.core.pages import Fact, FormPage, ListPage, Panel, PrimaryAction, RecordPage
from erp.core.pages.format import money_text, when_html
from erp.core.permissions import actor_of
from ledger.filters import ManualEntryFilter
from ledger.forms import ManualEntryForm
from ledger.models import Account, JournalEntry, ManualEntry, ManualEntryLine
from ledger.services import ManualLine, manual_entry_post
from ledger.services.manual_entry import CONTROL_ROLES
from ledger.states import MANUAL_ENTRY
from ledger.tables import ManualEntryTable

BLANK_ROWS = 6
_AMOUNT = (
    ManualEntryLine.objects.filter(entry=OuterRef("pk")).order_by().values("entry").annotate(sum=Sum("debit"))
)


class ManualEntryList(ListPage):
    permission, title, list_code = "ledger.view", "Entries by hand", "ledger.manual_entries"
    table_class, filterset_class = ManualEntryTable, ManualEntryFilter
    search_fields = ("memo",)
    default_order = ("-pk",)
    primary_action = PrimaryAction("New entry", "ledger:manual_entry_create")
    empty_title, empty_text = (
        "No entries by hand",
        "Rent, wages, depreciation: what no document of Keel posts.",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ManualEntry]:
        return ManualEntry.objects.select_related("created_by").annotate(
            amount=Subquery(_AMOUNT.values("sum"))
        )


class ManualEntryRecord(RecordPage):
    permission, title, machine = "ledger.view", "", MANUAL_ENTRY
    list_page, list_url_name = ManualEntryList, "ledger:manual_entry_list"

    def get_object(self, request: HttpRequest, **kwargs: Any) -> ManualEntry:
        return get_object_or_404(ManualEntry.objects.select_related("created_by"), pk=kwargs["pk"])

    def get_title(self, obj: ManualEntry) -> str:
        return f"Entry by hand #{obj.pk}"

    def get_subtitle(self, obj: ManualEntry) -> str:
        return obj.memo

    def get_facts(self, obj: ManualEntry) -> list[Fact]:
        facts = [
            Fact("Posting date", when_html(obj.posting_date)),
            Fact("Written by", str(obj.created_by), hint="someone else must approve"),
        ]
        request = (
            ApprovalRequest.objects.filter(document_type="ledger.ManualEntry", document_id=obj.pk)
            .select_related("decided_by")
            .order_by("-pk")
            .first()
        )
        if request is not None:
            decided = (
                f"by {request.decided_by}"
                if request.decided_by
                else f"waits for {request.get_role_display()}"
            )
            url = document_url("core.ApprovalRequest", request.pk) or ""
            facts.append(Fact("Approval", request.get_state_display(), url, decided))
        entry = JournalEntry.objects.filter(
            source_type="ledger.ManualEntry", source_id=obj.pk, kind="ledger.manual_entry"
        ).first()
        if entry is not None:
            facts.append(
                Fact("In the journal", entry.number, reverse("ledger:journal_entry_detail", args=[entry.pk]))
            )
        return facts

    def get_panels(self, obj: ManualEntry) -> list[Panel]:
        lines = list(obj.lines.select_related("account").order_by("pk"))
        total = money_text(sum((line.debit for line in lines), ZERO), obj.currency)
        return [
            Panel("Lines", "ledger/partials/_manual_lines.html", {"lines": lines, "total": total}, flush=True)
        ]


class ManualEntryCreate(FormPage):
    permission, title, form_class = "ledger.post", "New entry by hand", ManualEntryForm
    submit_label, done = "Send for approval", "The entry is on its way to a second person."
    help_text = (
        "Debits and credits must be equal. Stock, payables and receivables are kept by their documents."
    )
    template_name = "ledger/manual_entry_form.html"

    def get_breadcrumbs(self, request: HttpRequest, **kwargs: Any) -> list[tuple[str, str]]:
        return [("Entries by hand", reverse("ledger:manual_entry_list"))]

    def get_extra_context(self, request: HttpRequest, form: Any, **kwargs: Any) -> dict[str, Any]:
        rows = _rows(request)
        blank = {"account": "", "debit": "", "credit": ""}
        accounts = Account.objects.filter(is_active=True).exclude(role__in=CONTROL_ROLES).order_by("code")
        return {
            "rows": rows + [blank] * max(BLANK_ROWS - len(rows), 1),
            "accounts": [account for account in accounts if account.is_leaf_node()],
        }

    def perform(self, request: HttpRequest, form: Any, **kwargs: Any) -> str:
        lines = [
            ManualLine(_account(row["account"]), _amount(row["debit"]), _amount(row["credit"]))
            for row in _rows(request)
        ]
        data = form.cleaned_data
        entry = manual_entry_post(
            posting_date=data["posting_date"], memo=data["memo"], currency=data["currency"], rate=data["rate"], lines=lines,
            actor=actor_of(request), at=timezone.now(),
        )  # fmt: skip
        return reverse("ledger:manual_entry_detail", args=[entry.pk])


def _rows(request: HttpRequest) -> list[dict[str, str]]:
    """The filled rows of the line table."""
    columns = [request.POST.getlist(name) for name in ("account", "debit", "credit")]
    return [
        {"account": account, "debit": debit.strip(), "credit": credit.strip()}
        for account, debit, credit in zip(*columns, strict=False)
        if (account + debit + credit).strip()
    ]


def _account(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 12:
        raise InvalidInput("a line has no account", field="lines", remedy="Choose one, or clear its amounts.")
    return int(text)


def _amount(text: str) -> Decimal:
    try:
        return Decimal(text.replace(",", "")) if text else ZERO
    except InvalidOperation:
        raise InvalidInput(
            f"“{text[:30]}” is not an amount", field="lines", remedy="Write it as 1234.50."
        ) from None
