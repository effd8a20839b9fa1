"""Which pages show what was posted, and let an entry by hand be taken back?"""

from __future__ import annotations

from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from erp.core.documents import document_url
from erp.core.models import ApprovalRequest
from erp.core.money import ZERO
from erp.core.pages import Action, ActionField, Fact, ListPage, Panel, PrimaryAction, RecordPage, run_action
from erp.core.pages.format import money_text, when_html
from erp.core.permissions import actor_of, page
from erp.core.states import ApprovalState
from erp.core.templatetags.keel import document_name
from ledger.dimensions import described
from ledger.filters import JournalEntryFilter, JournalLineFilter
from ledger.models import JournalEntry, JournalLine
from ledger.selectors import entries_of, entry_lines
from ledger.services import journal_entry_reversal_request
from ledger.tables import JournalEntryTable, JournalLineTable

_AMOUNT = (
    JournalLine.objects.filter(entry=OuterRef("pk"))
    .order_by()
    .values("entry")
    .annotate(sum=Sum("base_debit"))
)


class JournalEntryList(ListPage):
    permission, title, list_code = "ledger.view", "Journal", "ledger.entries"
    table_class, filterset_class = JournalEntryTable, JournalEntryFilter
    search_fields = ("number__istartswith", "memo")
    default_order = ("-pk",)
    hidden_columns = ("entered_at", "actor")
    primary_action = PrimaryAction("New entry", "ledger:manual_entry_create")
    secondary_actions = (
        PrimaryAction("Lines", "ledger:journal_line_list", icon="list"),
        PrimaryAction("Entries by hand", "ledger:manual_entry_list", icon="pencil-line"),
    )
    empty_title, empty_text = (
        "Nothing is posted yet",
        "Every event that has value posts an entry by its rule.",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[JournalEntry]:
        return JournalEntry.objects.select_related("actor").annotate(amount=Subquery(_AMOUNT.values("sum")))


class JournalLineList(ListPage):
    """The drill-down behind every balance: the lines, with what each points at, and their sum above."""

    permission, title, list_code = "ledger.view", "Journal lines", "ledger.lines"
    table_class, filterset_class = JournalLineTable, JournalLineFilter
    search_fields = ("entry__number__istartswith", "entry__memo")
    default_order = ("-pk",)
    hidden_columns = ("currency", "node", "supplier")
    summary_template = "ledger/partials/_line_totals.html"
    secondary_actions = (PrimaryAction("Entries", "ledger:journal_entry_list", icon="book-open"),)
    empty_title = "No lines"

    def get_queryset(self, request: HttpRequest) -> QuerySet[JournalLine]:
        return JournalLine.objects.select_related("entry", "account")

    def get_summary(self, request: HttpRequest, rows: QuerySet[JournalLine]) -> dict[str, Any]:
        sums = rows.order_by().aggregate(debit=Sum("base_debit"), credit=Sum("base_credit"))
        debit, credit = sums["debit"] or ZERO, sums["credit"] or ZERO
        return {"debit": debit, "credit": credit, "net": debit - credit}


class JournalEntryRecord(RecordPage):
    permission, title = "ledger.view", "Journal entry"
    list_page, list_url_name = JournalEntryList, "ledger:journal_entry_list"

    def get_object(self, request: HttpRequest, **kwargs: Any) -> JournalEntry:
        entries = JournalEntry.objects.select_related("actor", "period", "reversal_of")
        return get_object_or_404(entries, pk=kwargs["pk"])

    def get_subtitle(self, obj: JournalEntry) -> str:
        return obj.memo

    def get_tags(self, obj: JournalEntry) -> list[tuple[str, str, str]]:
        if obj.reversal_of_id:
            return [("Reversal", "info", "undo-2")]
        return (
            [("Reversed", "warning", "undo-2")] if obj.reversals.exists() else [("Posted", "success", "lock")]
        )

    def get_facts(self, obj: JournalEntry) -> list[Fact]:
        source = f"{document_name(obj.source_type)} {obj.source_id}"
        facts = [
            Fact("Posted on", when_html(obj.posting_date)),
            Fact("Period", obj.period.code, reverse("ledger:period_detail", args=[obj.period_id])),
            Fact("Document", source, document_url(obj.source_type, obj.source_id) or ""),
            Fact("Rule", obj.kind, reverse("ledger:journal_entry_list") + f"?kind={obj.kind}"),
        ]
        if obj.stock_sequence is not None:
            url = document_url("inventory.StockEvent", obj.stock_sequence) or ""
            facts.append(
                Fact("Stock event", f"#{obj.stock_sequence}", url, "written in the same transaction")
            )
        return facts

    def get_panels(self, obj: JournalEntry) -> list[Panel]:
        rows = described(entry_lines(obj.pk))
        context = {
            "rows": rows,
            "debit": sum((line.base_debit for line, _ in rows), ZERO),
            "credit": sum((line.base_credit for line, _ in rows), ZERO),
            "is_foreign": any(
                line.debit != line.base_debit or line.credit != line.base_credit for line, _ in rows
            ),
        }
        siblings = [entry for entry in entries_of(obj.source_type, obj.source_id) if entry.pk != obj.pk]
        related = [*obj.reversals.all(), *([obj.reversal_of] if obj.reversal_of else []), *siblings]
        return [
            Panel("Lines", "ledger/partials/_entry_lines.html", context, flush=True),
            Panel("Related entries", "ledger/partials/_entries.html", {"entries": related}, flush=True),
            Panel("Entered", "ledger/partials/_entered.html", column="side"),
        ]

    def get_actions(self, obj: JournalEntry, user: Any) -> list[Action]:
        return [
            Action(
                "Reverse", reverse("ledger:journal_entry_reverse", args=[obj.pk]), "ledger.post", danger=True,
                confirm="A second person approves; the mirror image is then posted on that day.",
                fields=[ActionField("reason", "Why", kind="textarea")], icon="undo-2",
                disabled_reason=_reversal_refusal(obj),
            )
        ]  # fmt: skip


def _reversal_refusal(entry: JournalEntry) -> str:
    if not entry.kind.startswith("ledger.") or entry.kind == "ledger.late_cost":
        return "It belongs to a document: reverse that, and the entry follows."
    if entry.reversal_of_id:
        return "It is a reversal itself."
    if entry.reversals.exists():
        return "It is reversed already."
    waiting = ApprovalRequest.objects.filter(
        document_type="ledger.JournalEntry", document_id=entry.pk, state=ApprovalState.PENDING
    )
    return "Its reversal waits for approval." if waiting.exists() else ""


@page("ledger.post")
@require_POST
def journal_entry_reverse_view(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will ask for the reversal of an entry by hand."""
    return run_action(
        request,
        lambda: journal_entry_reversal_request(
            entry_id=pk, reason=request.POST.get("reason", ""), actor=actor_of(request), at=timezone.now()
        ),
        done=lambda asked: "The reversal waits for a second person." if asked else "Reversed.",
        url=reverse("ledger:journal_entry_detail", args=[pk]),
    )


@page("ledger.view")
def entries_panel(request: HttpRequest, source_type: str, source_id: int) -> HttpResponse:
    """This function will show the entries of a document, for that document's own page."""
    entries = entries_of(source_type, source_id)
    rows = [(entry, money_text(_total(entry))) for entry in entries]
    return TemplateResponse(request, "ledger/partials/_entries_panel.html", {"rows": rows})


def _total(entry: JournalEntry) -> Any:
    return entry.lines.aggregate(sum=Sum("base_debit"))["sum"]
