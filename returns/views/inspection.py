"""Which pages let somebody look at returned goods, at a desk or on a handheld, and decide what becomes of them?"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from erp.core.errors import InvalidInput
from erp.core.pages import FormPage, ListPage, run_action
from erp.core.permissions import actor_of, page
from inventory.models import Location
from returns.filters import InspectionFilter
from returns.forms import InspectForm
from returns.models import RmaLine
from returns.selectors import lines_to_inspect
from returns.services import rma_dispose, rma_put_away
from returns.tables import InspectionTable

CONDITIONS = (
    "as new, sealed",
    "as new, opened",
    "used",
    "scratched",
    "broken",
    "wrong item",
    "parts missing",
)


class InspectionList(ListPage):
    permission, title, list_code = "returns.view", "To inspect", "returns.inspections"
    table_class, filterset_class = InspectionTable, InspectionFilter
    search_fields = (
        "product__sku__istartswith",
        "rma__number__istartswith",
        "rma__order__number__istartswith",
    )
    default_order = ("pk",)
    empty_title, empty_text = "Nothing to inspect", "What arrives with a return appears here."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return lines_to_inspect().order_by()


class InspectionPage(FormPage):
    """One line: what is it like, what becomes of it, and where does it go?"""

    permission, title, form_class = "returns.inspect", "Inspect", InspectForm
    submit_label, done = "Inspect and put away", "Inspected and put away."
    template_name = "returns/inspect_form.html"

    def get_title(self, request: HttpRequest, **kwargs: Any) -> str:
        return f"Inspect {self._line(**kwargs).product.sku}"

    def get_breadcrumbs(self, request: HttpRequest, **kwargs: Any) -> list[tuple[str, str]]:
        line = self._line(**kwargs)
        return [("To inspect", reverse("returns:inspection_list")),
                (line.rma.number, reverse("returns:rma_detail", args=[line.rma_id]))]  # fmt: skip

    def get_initial(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        line = self._line(**kwargs)
        return {"condition": line.condition, "disposition": line.disposition or "RESTOCK"}

    def get_extra_context(self, request: HttpRequest, form: Any, **kwargs: Any) -> dict[str, Any]:
        return {"line": self._line(**kwargs), "conditions": CONDITIONS}

    def perform(self, request: HttpRequest, form: Any, **kwargs: Any) -> str:
        line, data = self._line(**kwargs), form.cleaned_data
        rma_put_away(
            rma_line_id=line.pk, condition=data["condition"], disposition=data["disposition"],
            location_id=_bin(data["bin"]), actor=actor_of(request), at=timezone.now(),
        )  # fmt: skip
        following = lines_to_inspect(line.rma.node_id).first()
        if following is not None:
            return reverse("returns:rma_inspect", args=[following.pk])
        return reverse("returns:rma_detail", args=[line.rma_id])

    def _line(self, **kwargs: Any) -> RmaLine:
        rows = RmaLine.objects.select_related("rma__order__customer", "product", "lot", "location")
        line: RmaLine = get_object_or_404(rows, pk=kwargs["pk"])
        return line


def _bin(code: str) -> int | None:
    if not code.strip():
        return None
    found = Location.objects.filter(code=code.strip().upper()).values_list("pk", flat=True).first()
    if found is None:
        raise InvalidInput(f"there is no bin “{code[:40]}”", field="bin", remedy="Scan the bin again.")
    return found


@page("returns.inspect")
@require_POST
def rma_dispose_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a line away that was inspected before."""
    line = get_object_or_404(RmaLine, pk=pk)
    return run_action(
        request,
        lambda: rma_dispose(rma_line_id=pk, actor=actor_of(request), at=timezone.now()),
        done="Put away.",
        url=reverse("returns:rma_detail", args=[line.rma_id]),
    )
