"""How is a metric's figure written, and how does it compare with the days before?"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.safestring import SafeString

from erp.core.pages.format import EMPTY, MINUS, money_text, quantity_text, sparkline_svg
from reporting.metrics import METRICS, Better, Metric, Number, Unit
from reporting.reading import Reading


def figure_text(value: Number | None, unit: str) -> str:
    """This function will write a figure in its unit: 1,234 · £12.50 · 98.1 % · 1 d 4 h."""
    if value is None:
        return EMPTY
    if unit == Unit.MONEY:
        return money_text(Decimal(value))
    if unit == Unit.PERCENT:
        return f"{value:.1f} %"
    if unit == Unit.HOURS:
        return _hours_text(float(value))
    if unit == Unit.TIMES:
        return f"{value:.1f} ×"
    return quantity_text(int(value))


def _hours_text(hours: float) -> str:
    if hours >= 48:
        return f"{hours / 24:.1f} days"
    if hours >= 1:
        return f"{hours:.1f} h"
    return f"{hours * 60:.0f} min"


@dataclass(frozen=True)
class Trend:
    """The change since the days before: its words, whether it is good news, and the icon that says which way."""

    text: str
    tone: str
    icon: str
    before: str


@dataclass(frozen=True)
class Card:
    """One metric as the dashboard shows it."""

    metric: Metric
    value: Number | None
    text: str
    url: str
    trend: Trend | None
    spark: SafeString | str


def card_of(code: str, reading: Reading) -> Card:
    """This function will read one metric of the catalogue for the reading's scope."""
    metric = METRICS[code]
    value = metric.value(reading)
    spark: SafeString | str = ""
    if metric.series:
        points = [float(point) for point in metric.series(reading) if point is not None]
        spark = sparkline_svg(points, f"{metric.name} per day", 120, 28)
    return Card(
        metric,
        value,
        figure_text(value, metric.unit),
        metric.drill_url(reading.scope),
        _trend(metric, value, reading),
        spark,
    )


def _trend(metric: Metric, value: Number | None, reading: Reading) -> Trend | None:
    if not metric.spans or value is None:
        return None
    before = metric.value(reading.previous)
    if before is None or (not before and metric.unit != Unit.PERCENT):
        return None
    if metric.unit == Unit.PERCENT:
        change, unit = Decimal(value) - Decimal(before), "points"
    else:
        change, unit = (Decimal(value) - Decimal(before)) * 100 / abs(Decimal(before)), "%"
    words = f"{MINUS if change < 0 else '+'}{abs(change):.1f} {unit}"
    was = f"{figure_text(before, metric.unit)} in the {reading.scope.days} days before"
    if abs(change) < Decimal("0.05"):
        return Trend("unchanged", "neutral", "minus", was)
    rising = change > 0
    good = {Better.UP: rising, Better.DOWN: not rising}.get(metric.better)
    tone = "neutral" if good is None else "success" if good else "danger"
    return Trend(words, tone, "trending-up" if rising else "trending-down", was)
