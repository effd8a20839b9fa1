"""Which kinds of columns do our tables have, and how do they export?

A column renders HTML on the page (`render`) and a plain value in an export (`value`).
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import django_tables2 as tables
from django.utils.html import format_html
from django.utils.safestring import SafeString

from erp.core.documents import detail_url_name
from erp.core.pages import format as formats
from erp.core.pages.looks import state_label
from erp.core.permissions import may_open

_RIGHT = {"td": {"class": "k-num"}, "th": {"class": "k-num"}}


class KeelTable(tables.Table):
    """The base of every list's table. `list_query` and `list_offset` let record links carry the list they came from."""

    list_query: str = ""
    list_offset: int = 0
    with_context: bool = False

    class Meta:
        attrs = {"class": "table k-table"}
        template_name = "generic/table.html"
        empty_text = ""

    def context_query(self, record: Any) -> str:
        """This function will return the query string that lets the record page offer previous and next."""
        if not self.with_context:
            return ""
        found: dict[Any, int] = self.__dict__.get("positions") or {}
        if record.pk not in found:
            return ""
        return "?" + urlencode({"from": self.list_query, "at": found[record.pk]})


def _address(table: Any, url_name: str, key: Any) -> str | None:
    """Where a link of this table leads: nowhere, when the one who looks may not open that page."""
    return may_open(table.request.user, url_name, key)


class RecordColumn(tables.Column):
    """The name of the row, linking to its page. `url_name` takes the row's pk; without it the document's own page."""

    def __init__(self, *args: Any, url_name: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.url_name = url_name

    def render(self, value: Any, record: Any, table: Any) -> SafeString | str:
        url = _address(table, self.url_name or detail_url_name(record._meta.label), record.pk)
        if url is None:
            return str(value)
        query = table.context_query(record) if isinstance(table, KeelTable) else ""
        return format_html('<a class="k-row-link" href="{}{}">{}</a>', url, query, value)

    def value(self, value: Any) -> str:
        return str(value)


class LinkColumn(tables.Column):
    """A related record by its page: `LinkColumn("orders:order_detail", accessor="order", pk="order_id")`."""

    def __init__(self, url_name: str, *args: Any, pk: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.url_name = url_name
        self.pk = pk

    def render(self, value: Any, record: Any, table: Any) -> SafeString | str:
        target = record
        for part in self.pk.replace(".", "__").split("__") if self.pk else []:
            target = getattr(target, part, None)
        key = target if self.pk else getattr(value, "pk", None)
        url = _address(table, self.url_name, key) if key is not None else None
        return format_html('<a href="{}">{}</a>', url, value) if url else str(value)

    def value(self, value: Any) -> str:
        return str(value)


class StateColumn(tables.Column):
    """The state's badge: icon, words and tone."""

    def render(self, value: Any, record: Any) -> SafeString:
        state = record.state if self._is_own_state(record) else str(value)
        label = state_label(record) if self._is_own_state(record) else ""
        return formats.state_badge_html(state, label, record._meta.label if hasattr(record, "_meta") else "")

    def value(self, value: Any) -> str:
        return str(value)

    def _is_own_state(self, record: Any) -> bool:
        return (
            hasattr(record, "state") and hasattr(record, "_meta") and str(self.accessor or "state") == "state"
        )


class CodeColumn(tables.Column):
    """An identifier (SKU, GTIN, bin) in the figures of a typewriter, so that two of them can be compared."""

    def render(self, value: Any) -> SafeString:
        return format_html('<span class="k-code">{}</span>', value)

    def value(self, value: Any) -> str:
        return str(value)


class MoneyColumn(tables.Column):
    """An amount. `currency` names the row's attribute that holds its currency; without it the base currency."""

    def __init__(self, *args: Any, currency: str = "", **kwargs: Any) -> None:
        kwargs.setdefault("attrs", _RIGHT)
        super().__init__(*args, **kwargs)
        self.currency = currency

    def render(self, value: Any, record: Any) -> str:
        code: Any = ""
        if self.currency:
            code = tables.A(self.currency).resolve(record, quiet=True) or ""
        return formats.money_text(value, code)

    def value(self, value: Any) -> Any:
        return value


class QuantityColumn(tables.Column):
    """A count, right-aligned."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("attrs", _RIGHT)
        super().__init__(*args, **kwargs)

    def render(self, value: Any) -> str:
        return formats.quantity_text(value)

    def value(self, value: Any) -> Any:
        return value


class WhenColumn(tables.Column):
    """A time in the reader's zone; `style` as in the `when` filter."""

    def __init__(self, *args: Any, style: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.style = style

    def render(self, value: Any) -> str:
        return formats.when_html(value, self.style)

    def value(self, value: Any) -> str:
        return str(value.isoformat())
