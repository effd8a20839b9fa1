"""What does each figure mean? The catalogue, with its values for the chosen days."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from erp.core.permissions import page
from orders.models import Channel
from reporting.figures import card_of
from reporting.metrics import METRICS
from reporting.reading import Reading
from reporting.scope import PRESETS, scope_of


@page("reporting.view")
def metric_list(request: HttpRequest) -> HttpResponse:
    """This function will show every metric that the user may see: its definition, source, value and rows."""
    scope = scope_of(request.GET.dict(), at=timezone.now())
    reading = Reading(scope)
    cards = [
        card_of(metric.code, reading)
        for metric in METRICS.values()
        if request.user.may(metric.permission)  # type: ignore[union-attr]
    ]
    context = {
        "title": "Metrics",
        "cards": cards,
        "scope": scope,
        "channels": Channel.objects.order_by("code"),
        "presets": [
            {
                "label": label,
                "url": f"?{scope.query_now(days=code)}",
                "is_on": scope.last == scope.today and scope.days == int(code),
            }
            for code, label in PRESETS.items()
        ],
    }
    return TemplateResponse(request, "reporting/metric_list.html", context)
