"""Which invariants are proven, when last, and up to which point of the journals?"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from erp.core.models import VerifyRun
from erp.core.pages import Fact, ListPage, Panel, RecordPage, run_action
from erp.core.pages.format import quantity_text, when_html
from erp.core.permissions import page
from erp.core.services.proof import invariants_collect
from erp.core.services.work import job_enqueue
from reporting.tables import VerifyRunTable

VERIFY = "reporting.verify"


class VerifyRunList(ListPage):
    permission = VERIFY
    title = "Proof"
    list_code = "reporting.verify_run"
    table_class = VerifyRunTable
    default_order = ("-pk",)
    per_page = 20
    help_text = "Every number is the sum of two journals. This is the proof that they agree, run by run."
    empty_title = "Nothing has been proven yet"
    empty_text = "Prove it now, or run manage.py verify."
    template_name = "reporting/proof.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[VerifyRun]:
        return VerifyRun.objects.all()

    def get_context(self, request: HttpRequest, *args: Any) -> dict[str, Any]:
        latest = VerifyRun.objects.order_by("-pk").first()
        findings = findings_of(latest)
        by_app: dict[str, list[dict[str, Any]]] = {}
        for finding in findings:
            if not finding["violations"]:
                by_app.setdefault(finding["app"], []).append(finding)
        return super().get_context(request, *args) | {
            "latest": latest,
            "statements": len(findings),
            "failed": [finding for finding in findings if finding["violations"]],
            "by_app": list(by_app.items()),
        }


def findings_of(run: VerifyRun | None) -> list[dict[str, Any]]:
    """This function will return every invariant there is with what `run` found; `violations` is None when
    it was not run.
    """
    results = (
        {(result["app"], result["code"], result["title"]): result for result in run.results} if run else {}
    )
    found = []
    for app, invariant in invariants_collect():
        result = results.pop((app, invariant.code, invariant.title), None)
        found.append(
            result
            or {
                "app": app,
                "code": invariant.code,
                "title": invariant.title,
                "violations": None,
                "seconds": "",
                "rows": [],
            }
        )
    found += results.values()  # what was proven then and is not claimed any more
    return sorted(found, key=lambda item: (-(item["violations"] or 0), item["code"], item["app"]))


class VerifyRunRecord(RecordPage):
    permission = VERIFY
    title = "Proof of"
    list_page = VerifyRunList
    list_url_name = "reporting:verify_run_list"
    has_timeline = False

    def get_object(self, request: HttpRequest, **kwargs: Any) -> VerifyRun:
        return get_object_or_404(VerifyRun, pk=kwargs["pk"])

    def get_title(self, obj: VerifyRun) -> str:
        return f"Proof #{obj.pk}"

    def get_tags(self, obj: VerifyRun) -> list[tuple[str, str, str]]:
        if obj.violations:
            return [(f"{quantity_text(obj.violations)} violations", "danger", "circle-alert")]
        return [("Everything holds", "success", "shield-check")]

    def get_facts(self, obj: VerifyRun) -> list[Fact]:
        return [
            Fact("Proven at", when_html(obj.at)),
            Fact("Up to stock event", quantity_text(obj.stock_sequence)),
            Fact("Up to journal entry", quantity_text(obj.journal_entry_id)),
            Fact("Statements", quantity_text(len(obj.results))),
            Fact("Took", f"{obj.seconds:.1f} s"),
        ]

    def get_panels(self, obj: VerifyRun) -> list[Panel]:
        rows = sorted(obj.results, key=lambda item: (-item["violations"], item["code"], item["app"]))
        return [Panel("Invariants", "reporting/partials/_findings.html", {"findings": rows}, flush=True)]


@page(VERIFY)
@require_POST
def verify_start(request: HttpRequest) -> HttpResponse:
    """This function will put a proof down as work; the page shows it when it is done."""
    now = timezone.now()
    return run_action(
        request,
        lambda: job_enqueue(
            kind="core.verify_periodic",
            key=f"by hand:{now.isoformat()}",
            actor=request.user,  # type: ignore[arg-type]
        ),
        done="The proof is running; its result will appear in this list.",
        url=reverse("reporting:verify_run_list"),
    )
