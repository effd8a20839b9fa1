"""Which columns do the ledger's lists have?"""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.utils.html import format_html
from django.utils.safestring import SafeString

from erp.core.documents import document_url
from erp.core.pages.format import money_text
from erp.core.tables import (
    CodeColumn,
    KeelTable,
    LinkColumn,
    MoneyColumn,
    QuantityColumn,
    RecordColumn,
    StateColumn,
    WhenColumn,
)
from erp.core.templatetags.keel import document_name
from ledger.dimensions import LABELS, dimension_names
from ledger.models import CostLayer, JournalEntry, JournalLine, ManualEntry, Period


class SourceColumn(tables.Column):
    """The document behind a row (`source_type`, `source_id`), linked when a page shows it."""

    def __init__(self, *args: Any, prefix: str = "", **kwargs: Any) -> None:
        kwargs.setdefault("orderable", False)
        super().__init__(*args, accessor=f"{prefix}source_id", **kwargs)
        self.prefix = prefix.rstrip("_")

    def _owner(self, record: Any) -> Any:
        return getattr(record, self.prefix) if self.prefix else record

    def render(self, value: Any, record: Any) -> SafeString | str:
        owner = self._owner(record)
        text = f"{document_name(owner.source_type)} {value}"
        url = document_url(owner.source_type, value)
        return format_html('<a href="{}">{}</a>', url, text) if url else text

    def value(self, value: Any, record: Any) -> str:
        return f"{self._owner(record).source_type}:{value}"


class DimensionColumn(tables.Column):
    """A record of an app above, by name; the names of a page are fetched at once."""

    def __init__(self, kind: str, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("verbose_name", kind.capitalize())
        super().__init__(*args, accessor=f"{kind}_id", **kwargs)
        self.kind = kind

    def render(self, value: Any, table: Any) -> SafeString | str:
        known = table.__dict__.setdefault("dimension_names", {})
        if self.kind not in known:
            rows = table.page.object_list if getattr(table, "page", None) else table.rows
            known[self.kind] = dimension_names(
                self.kind, (getattr(row.record, f"{self.kind}_id") for row in rows)
            )
        name = known[self.kind].get(value, f"{self.kind} {value}")
        url = document_url(LABELS[self.kind], value)
        return format_html('<a href="{}">{}</a>', url, name) if url else name

    def value(self, value: Any) -> Any:
        return value


class JournalEntryTable(KeelTable):
    number = RecordColumn()
    posting_date = WhenColumn(verbose_name="Posted on")
    kind = CodeColumn(verbose_name="Rule")
    memo = tables.Column(orderable=False)
    source = SourceColumn(verbose_name="Document")
    amount = MoneyColumn(orderable=False)
    actor = tables.Column(orderable=False)
    entered_at = WhenColumn(verbose_name="Entered")

    class Meta(KeelTable.Meta):
        model = JournalEntry
        fields = ("number", "posting_date", "kind", "memo", "source", "amount", "actor", "entered_at")


class JournalLineTable(KeelTable):
    entry = LinkColumn("ledger:journal_entry_detail", pk="entry_id", orderable=False)
    posting_date = WhenColumn(accessor="entry__posting_date", verbose_name="Posted on", orderable=False)
    account = LinkColumn("ledger:account_detail", pk="account_id", orderable=False)
    base_debit = MoneyColumn(verbose_name="Debit")
    base_credit = MoneyColumn(verbose_name="Credit")
    currency = CodeColumn(orderable=False)
    memo = tables.Column(accessor="entry__memo", orderable=False)
    source = SourceColumn(verbose_name="Document", prefix="entry__")
    product = DimensionColumn("product", orderable=False)
    node = DimensionColumn("node", orderable=False)
    channel = DimensionColumn("channel", orderable=False)
    supplier = DimensionColumn("supplier", orderable=False)

    class Meta(KeelTable.Meta):
        model = JournalLine
        fields = (
            "entry", "posting_date", "account", "base_debit", "base_credit", "currency", "memo", "source", "product",
            "node", "channel", "supplier",
        )  # fmt: skip

    def render_base_debit(self, value: Any) -> str:
        return money_text(value) if value else ""

    def render_base_credit(self, value: Any) -> str:
        return money_text(value) if value else ""


class PeriodTable(KeelTable):
    code = RecordColumn(verbose_name="Period")
    state = StateColumn()
    start_date = WhenColumn(verbose_name="From")
    end_date = WhenColumn(verbose_name="To")
    closed_at = WhenColumn(verbose_name="Closed")
    closed_by = tables.Column(orderable=False)
    seal = CodeColumn(orderable=False)

    class Meta(KeelTable.Meta):
        model = Period
        fields = ("code", "state", "start_date", "end_date", "closed_at", "closed_by", "seal")

    def render_seal(self, value: str) -> SafeString:
        return format_html('<span class="k-code" title="{}">{}…</span>', value, value[:12])


class ManualEntryTable(KeelTable):
    memo = RecordColumn(verbose_name="Why", accessor="memo")
    state = StateColumn()
    posting_date = WhenColumn(verbose_name="Posting date")
    amount = MoneyColumn(currency="currency", orderable=False)
    created_by = tables.Column(orderable=False, verbose_name="Written by")
    created_at = WhenColumn(verbose_name="Written")

    class Meta(KeelTable.Meta):
        model = ManualEntry
        fields = ("memo", "state", "posting_date", "amount", "created_by", "created_at")


class CostLayerTable(KeelTable):
    layer = RecordColumn(accessor="pk", verbose_name="Layer")
    product = DimensionColumn("product", order_by=("product_id",))
    method = tables.Column()
    received_at = WhenColumn(verbose_name="Received", style="date")
    quantity_left = QuantityColumn(verbose_name="Units left")
    quantity_in = QuantityColumn(verbose_name="Units in")
    unit_cost = MoneyColumn(orderable=False, verbose_name="Unit cost")
    value_left = MoneyColumn(verbose_name="Value left")
    source = SourceColumn(verbose_name="Came with")

    class Meta(KeelTable.Meta):
        model = CostLayer
        fields = (
            "layer", "product", "method", "received_at", "quantity_left", "quantity_in", "unit_cost", "value_left", "source",
        )  # fmt: skip
