"""Which tags and filters may a template use to write money, quantities, times, states, icons and small charts?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import template
from django.db.models import Model
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from erp.core import navigation
from erp.core.documents import document_name, document_url
from erp.core.mentions import PATTERN
from erp.core.pages import format as formats
from erp.core.pages.looks import state_label
from erp.core.pages.parts import Panel
from erp.core.permissions import may_open

register = template.Library()


@register.filter
def money(amount: Decimal | None, currency: str = "") -> str:
    return formats.money_text(amount, currency)


@register.filter
def quantity(value: int | Decimal | None) -> str:
    return formats.quantity_text(value)


@register.filter
def when(value: datetime | date | None, style: str = "") -> str:
    return formats.when_html(value, style)


@register.filter
def ago(value: datetime | None) -> str:
    return formats.when_html(value, "ago")


@register.simple_tag
def state_badge(subject: Any, document: str = "", label: str = "") -> SafeString:
    """Of a document (`{% state_badge order %}`) or of a bare code (`{% state_badge "OPEN" "orders.Hold" %}`)."""
    if isinstance(subject, Model):
        return formats.state_badge_html(subject.state, label or state_label(subject), subject._meta.label)  # type: ignore[attr-defined]
    return formats.state_badge_html(str(subject), label, document)


@register.simple_tag
def badge(label: str, tone: str = "neutral", icon: str = "circle") -> SafeString:
    return formats.badge_html(label, tone, icon)


@register.simple_tag
def icon(name: str, size: int = 18, css: str = "") -> SafeString:
    return formats.icon_html(name, size, css)


@register.simple_tag
def sparkline(values: Sequence[float], label: str = "", width: int = 96, height: int = 24) -> SafeString:
    return formats.sparkline_svg(values, label, width, height)


@register.simple_tag(takes_context=True)
def nav_sections(context: template.Context) -> list[navigation.Shown]:
    """The navigation this user may see, the current place marked."""
    request = context["request"]
    return navigation.sections_for(request.user, request.path)


@register.simple_tag(takes_context=True)
def may(context: template.Context, permission: str) -> bool:
    """`{% may "orders.edit" as can_edit %}`."""
    user = context["request"].user
    return bool(user.is_authenticated and user.may(permission))


@register.simple_tag(takes_context=True)
def open_url(context: template.Context, name: str, *args: Any) -> str:
    """The address of a page this user may open, else nothing: `{% open_url "orders:order_detail" o.pk as url %}`."""
    return may_open(context["request"].user, name, *args) or ""


@register.simple_tag
def document_link(document_type: str, document_id: Any) -> str:
    """The address of the page of a document known by type and id, else nothing."""
    return document_url(document_type, document_id) or ""


@register.simple_tag(takes_context=True)
def panel_body(context: template.Context, panel: Panel) -> SafeString:
    """A panel's template with the panel's own context, the record as `obj`, and the request."""
    values = {"obj": context.get("obj"), "panel": panel, **panel.context}
    return render_to_string(panel.template, values, request=context["request"])


register.filter("document_name", document_name)


@register.filter
def mentions(text: str, names: Sequence[str] = ()) -> SafeString:
    """Text with its line breaks, in which the @names of `names` lead to what those people have on the desk."""

    def link(found: re.Match[str]) -> str:
        if found[1] not in names:
            return found[0]
        url = f"{reverse('exception_case_list')}?{urlencode({'person': found[1]})}"
        return f'<a class="k-mention" href="{escape(url)}">@{found[1]}</a>'

    # the pattern has no character that escaping would change, so names are found in the escaped text as they stood
    html = PATTERN.sub(link, str(escape(text))) if names else str(escape(text))
    return mark_safe(html.replace("\r\n", "\n").replace("\n", "<br>"))


@register.simple_tag(takes_context=True)
def timeline_query(context: template.Context, kind: str, page: int) -> str:
    """The query string of this record that shows a kind of its timeline, or a page of it; the rest stays."""
    query = context["request"].GET.copy()
    for name in ("tl", "tlp"):
        query.pop(name, None)
    if kind:
        query["tl"] = kind
    if page > 1:
        query["tlp"] = str(page)
    return f"?{query.urlencode()}"


@register.filter
def cell_label(column: Any) -> str:
    """A column's heading as text, for the stacked rows of a narrow screen."""
    return str(column.header)
