"""Which page shows the promises that can not be kept, and lets people do something about them?"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NamedTuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from erp.core.documents import document_url
from erp.core.errors import KeelError
from erp.core.models import OutboxMessage
from erp.core.pages import ListPage
from erp.core.pages.actions import refusal_text
from erp.core.permissions import actor_of, page
from orders import filters, tables
from orders.models import Promise
from orders.selectors import promise_record, promises_at_risk, supplies_at_risk
from orders.selectors.promise import Elsewhere, PromiseAtRisk, stock_elsewhere
from orders.selectors.substitution import offered, substitute_units, substitutes_for
from orders.services import Rescue, promise_rescue_many
from orders.services.notice import notice_mail

SPAN = timedelta(days=90)
SHOWN = 500
LIMIT = 2_000


class Row(NamedTuple):
    """A promise at risk, where its units lie elsewhere, and the SKU that a rule allows instead and is in stock."""

    risk: PromiseAtRisk
    elsewhere: Elsewhere | None
    instead: str


class PromiseList(ListPage):
    permission, title, list_code = "orders.view", "Promises", "orders.promises"
    table_class, filterset_class = tables.PromiseTable, filters.PromiseFilter
    search_fields = (
        "order_line__order__number__istartswith",
        "order_line__product__sku__istartswith",
        "supply__reference",
    )
    default_order = ("promised_date", "pk")
    hidden_columns = ("made_at",)
    help_text = "Units that were promised for a day. What is on the shelf is promised by its allocation and is not here."
    empty_title, empty_text = (
        "No promises",
        "What is short and has supply on its way is promised for a day and appears here.",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Promise]:
        return Promise.objects.select_related("order_line__order", "order_line__product", "supply")


@page("orders.view")
@require_GET
def promises_at_risk_view(request: HttpRequest) -> HttpResponse:
    """This function will show what promises are at risk, by the supply that fails them, the dearest first."""
    today = timezone.localdate()
    risks = promises_at_risk(today=today)
    supplies = supplies_at_risk(risks)
    record = promise_record(today - SPAN, today, today=today)
    context = {
        "title": "Promises at risk", "supplies": [(row, _address(row.document_type, row.document_id)) for row in supplies],
        "promises": len(risks), "orders": len({risk.order_id for risk in risks}),
        "value": sum((risk.value for risk in risks), 0),
        "record": record, "kept_rate": f"{record.rate:.1%}" if record.rate is not None else "", "days": SPAN.days,
    }  # fmt: skip
    return TemplateResponse(request, "orders/promises_at_risk.html", context)


def _address(document_type: str, document_id: int) -> str:
    return reverse("orders:promise_document", args=[document_type or "none", document_id])


@page("orders.view")
@require_http_methods(["GET", "POST"])
def promise_document_view(request: HttpRequest, document_type: str, document_id: int) -> HttpResponse:
    """This function will show the promises that one document fails, and do to the chosen ones what was chosen."""
    if request.method == "POST":
        return _rescue(request, document_type, document_id)
    document = ("", 0) if document_type == "none" else (document_type, document_id)
    risks = promises_at_risk(today=timezone.localdate(), document=document)
    return _show(request, document_type, document_id, risks)


def _show(
    request: HttpRequest, document_type: str, document_id: int, risks: list[PromiseAtRisk], **more: Any
) -> HttpResponse:
    places = stock_elsewhere([risk.product_id for risk in risks])
    rules = substitutes_for([risk.product_id for risk in risks], timezone.localdate())
    there = substitute_units(rules)
    rows = []
    for risk in risks[:SHOWN]:
        place = next((p for p in places.get(risk.product_id, []) if p.units >= risk.quantity), None)
        rule = offered(rules.get(risk.product_id, []), risk.quantity, there)
        rows.append(Row(risk, place, rule.sku if rule else ""))
    supply = next(iter(supplies_at_risk(risks)), None)
    context = {
        "title": f"Promises out of {supply.reference}" if supply else "Promises at risk", "supply": supply, "rows": rows,
        "total": len(risks), "shown": SHOWN, "options": Rescue.choices, "draft": _draft(risks),
        "may_act": actor_of(request).may("orders.edit"),
        "document_url": document_url(document_type, str(document_id)) if document_type != "none" else None,
        "transferable": sum(row.elsewhere is not None for row in rows), "whole": sum(row.risk.ships_complete for row in rows),
        **more,
    }  # fmt: skip
    return TemplateResponse(request, "orders/promise_document.html", context)


def _draft(risks: list[PromiseAtRisk]) -> Any:
    """What the customer of the first promise would be told, in its own language and the channel's words."""
    if not risks:
        return None
    first = risks[0]
    facts = {
        "lines": {str(first.line_id): first.quantity}, "reason": "", "previous_date": first.promised_date.isoformat(),
        "promised_date": first.new_date.isoformat() if first.new_date else "",
    }  # fmt: skip
    payload = {"notice": "ORDER_DELAYED", "order_id": first.order_id, "to": "", "facts": facts}
    mail, _ = notice_mail(OutboxMessage(payload=payload))
    return mail


def _rescue(request: HttpRequest, document_type: str, document_id: int) -> HttpResponse:
    if not actor_of(request).may("orders.edit"):
        raise PermissionDenied
    back = reverse("orders:promise_document", args=[document_type, document_id])
    ids = [int(pk) for pk in request.POST.getlist("ids") if pk.isascii() and pk.isdigit() and len(pk) < 19]
    if request.POST.get("all") == "1":
        document = ("", 0) if document_type == "none" else (document_type, document_id)
        ids = [risk.promise_id for risk in promises_at_risk(today=timezone.localdate(), document=document)]
    if not ids or len(ids) > LIMIT:
        messages.error(request, f"Choose 1 to {LIMIT:,} promises.")
        return redirect(back)
    try:
        results = promise_rescue_many(
            promise_ids=ids, option=request.POST.get("option", ""), reason=request.POST.get("reason", ""),
            actor=actor_of(request), at=timezone.now(),
        )  # fmt: skip
    except KeelError as refusal:
        messages.error(request, refusal_text(refusal))
        return redirect(back)
    done = [result for result in results if result.is_done]
    context = {
        "title": "What became of the promises", "back": back, "done": done,
        "failed": [result for result in results if not result.is_done],
    }  # fmt: skip
    return TemplateResponse(request, "orders/promise_result.html", context)
