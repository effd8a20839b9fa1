"""Which filters do the report templates use?"""

from __future__ import annotations

from decimal import Decimal

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from reporting.figures import figure_text

register = template.Library()


@register.filter
def figure(value: int | Decimal | float | None, unit: str) -> str:
    """`{{ value|figure:"percent" }}`."""
    return figure_text(value, unit)


@register.simple_tag
def share_bar(part: Decimal | int, whole: Decimal | int) -> SafeString:
    """A bar whose length is part ÷ whole. An SVG: our pages carry no inline style."""
    width = float(part) / float(whole) * 100 if whole else 0.0
    return format_html(
        '<svg class="k-bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="k-bar-track" width="100" height="6" rx="2"/>'
        '<rect class="k-bar-fill" width="{}" height="6" rx="2"/></svg>',
        f"{min(max(width, 0.0), 100.0):.1f}",
    )
