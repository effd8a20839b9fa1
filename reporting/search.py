"""What does a typed word find among the reports: a metric by its name or code?"""

from __future__ import annotations

from django.urls import reverse

from erp.core.search import Hit, SearchProvider, register
from reporting.metrics import METRICS


def metric_exact(q: str) -> str | None:
    """This function will return the place in the catalogue of the metric with that code."""
    return f"{reverse('reporting:metric_list')}#{q.lower()}" if q.lower() in METRICS else None


def metric_find(q: str, limit: int) -> list[Hit]:
    """This function will return metrics whose name has every word of `q`, whole: a page's name comes first while it is typed."""
    words = q.lower().split()
    found = [metric for metric in METRICS.values() if set(words) <= set(metric.name.lower().split())]
    return [
        Hit(
            metric.name,
            metric.definition[:90],
            f"{reverse('reporting:metric_list')}#{metric.code}",
            "chart-line",
        )
        for metric in found[:limit]
    ]


register(
    SearchProvider("reporting.metric", "Metrics", "reporting.view", metric_exact, metric_find, "chart-line")
)
