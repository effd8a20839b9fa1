"""How are money, quantities and times written on a page, and how is a small picture of a series drawn?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache

from babel.numbers import get_currency_symbol
from django.conf import settings
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from lucide import IconDoesNotExist, _render_icon

from erp.core.money import exponent
from erp.core.pages.looks import look_of

EMPTY = "–"
MINUS = "\N{MINUS SIGN}"


@cache
def _symbol(currency: str) -> str:
    found = get_currency_symbol(currency, locale="en_GB")
    return f"{currency}\N{NO-BREAK SPACE}" if found == currency else found


def money_text(amount: Decimal | int | float | None, currency: str = "") -> str:
    """This function will write an amount with its symbol and the currency's own decimals: −£1,234.50."""
    if amount is None or amount == "":
        return EMPTY
    code = currency or settings.KEEL_BASE_CURRENCY
    value = Decimal(amount)
    sign = MINUS if value < 0 else ""
    return f"{sign}{_symbol(code)}{abs(value):,.{exponent(code)}f}"


def quantity_text(value: Decimal | int | None) -> str:
    """This function will write a count with thousands separators: 12,034."""
    if value is None or value == "":
        return EMPTY
    text = f"{abs(value):,}"
    return f"{MINUS}{text}" if value < 0 else text


def when_html(value: datetime | date | None, style: str = "") -> SafeString | str:
    """This function will write a time in the reader's zone as a <time> element; the full ISO time is its title.

    `style` is "" (day and minute, year when it is not this one), "date" or "ago".
    """
    if not value:
        return EMPTY
    if not isinstance(value, datetime):
        return format_html(
            '<time datetime="{}" title="{}">{}</time>', value.isoformat(), value.isoformat(), _day(value)
        )
    local = timezone.localtime(value)
    if style == "date":
        text = _day(local.date())
    elif style == "ago":
        text = ago_text(value)
    else:
        text = f"{_day(local.date())}, {local:%H:%M}"
    title = f"{local:%Y-%m-%d %H:%M:%S} {local.tzname()} ({local:%z})"
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), title, text)


def _day(value: date) -> str:
    text = f"{value.day} {value:%b}"
    return text if value.year == timezone.localdate().year else f"{text} {value.year}"


def ago_text(value: datetime) -> str:
    """This function will say how far a time is from now: "3 h ago", "in 2 d"."""
    seconds = (timezone.now() - value).total_seconds()
    size = abs(seconds)
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if size >= length:
            text = f"{int(size // length)} {unit}"
            return f"{text} ago" if seconds > 0 else f"in {text}"
    return "just now" if seconds >= 0 else "in a moment"


@cache
def icon_html(name: str, size: int = 18, css: str = "") -> SafeString:
    """This function will return a lucide icon as inline SVG, hidden from screen readers: words stand beside it."""
    attributes = {"class": f"k-icon {css}".strip(), "aria-hidden": "true", "focusable": "false"}
    try:
        svg = _render_icon(name, size, **attributes)
    except IconDoesNotExist:
        if settings.DEBUG or settings.TESTING:
            raise
        svg = _render_icon("circle", size, **attributes)
    return mark_safe(svg)


def badge_html(label: str, tone: str, icon: str) -> SafeString:
    """This function will return a badge: icon, words and tone."""
    return format_html(
        '<span class="k-badge k-badge--{}">{}<span>{}</span></span>', tone, icon_html(icon, 14), label
    )


def state_badge_html(state: str, label: str = "", document: str = "") -> SafeString:
    """This function will return the badge of a state."""
    look = look_of(state, document)
    return badge_html(label or state.replace("_", " ").capitalize(), look.tone, look.icon)


def sparkline_svg(
    values: Sequence[float | int | Decimal], label: str, width: int = 96, height: int = 24
) -> SafeString:
    """This function will draw a series as a small SVG line whose accessible name is `label`."""
    numbers = [float(value) for value in values]
    if len(numbers) < 2:
        return mark_safe("")
    low, high = min(numbers), max(numbers)
    span = (high - low) or 1.0
    step = (width - 4) / (len(numbers) - 1)
    points = [
        (2 + index * step, height - 3 - (value - low) / span * (height - 6))
        for index, value in enumerate(numbers)
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return format_html(
        '<svg class="k-spark" role="img" aria-label="{}" width="{}" height="{}" viewBox="0 0 {} {}">'
        '<polygon class="k-spark-area" points="2,{} {} {},{}"/><polyline class="k-spark-line" points="{}"/>'
        '<circle class="k-spark-dot" cx="{}" cy="{}" r="2"/></svg>',
        label,
        width,
        height,
        width,
        height,
        height - 1,
        line,
        f"{points[-1][0]:.1f}",
        height - 1,
        line,
        f"{points[-1][0]:.1f}",
        f"{points[-1][1]:.1f}",
    )
