"""How fast is the exception desk, does it keep its clock, and what do its cases cost while they wait?"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from erp.core.desk_selectors import DeskStatistics, Settled, desk_statistics
from erp.core.permissions import page
from erp.core.roles import Role
from erp.core.views.desk import kind_label

SPANS = (4, 12, 26)


@page("core.exception_view")
def case_statistics(request: HttpRequest) -> HttpResponse:
    """This function will show what was opened and settled per week, how long it took, by whom and how."""
    asked = request.GET.get("weeks", "")
    weeks = int(asked) if asked in {str(span) for span in SPANS} else 12
    found = desk_statistics(weeks=weeks, at=timezone.now())
    at_risk = sum((age.money for age in found.ages), Decimal(0))
    return TemplateResponse(
        request,
        "core/exception_case_statistics.html",
        {
            "title": "Exception statistics",
            "weeks": weeks,
            "spans": SPANS,
            "found": found,
            "whole": _row(found.whole, "All") if found.whole else None,
            "kinds": [_row(row, kind_label(row.key)) for row in found.kinds],
            "owners": [_row(row, Role(row.key).label) for row in found.owners],
            "unsettled": sum(age.count for age in found.ages),
            "at_risk": at_risk,
            "chart": _chart(found),
        },
    )


def _row(settled: Settled, label: str) -> dict[str, Any]:
    return {
        "label": label,
        "settled": settled,
        "median": span_text(settled.median),
        "p90": span_text(settled.p90),
        "kept": f"{settled.kept:.0f} %",
        "by_itself": settled.count - settled.by_person,
    }


def span_text(seconds: float) -> str:
    """This function will write a span of time in the unit a person would use."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 48 * 3600 else f"{seconds / 86_400:.1f} days"


def _chart(found: DeskStatistics) -> dict[str, Any]:
    return {
        "labels": [f"{week.start.day} {week.start:%b}" for week in found.weeks],
        "series": [
            {"label": "Opened", "tone": "warning", "values": [week.opened for week in found.weeks]},
            {"label": "Resolved", "tone": "accent", "values": [week.resolved for week in found.weeks]},
        ],
        "kind": "bar",
    }
