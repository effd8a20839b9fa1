"""Which pages ask for refunds, approve and pay them?"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from erp.core.errors import KeelError
from erp.core.models import ApprovalRequest
from erp.core.pages import (
    Action,
    ActionField,
    BulkAction,
    Fact,
    FormPage,
    ListPage,
    Panel,
    RecordPage,
    run_action,
)
from erp.core.pages.format import money_text, when_html
from erp.core.permissions import actor_of, page
from returns.filters import RefundFilter
from returns.forms import RefundForm
from returns.models import Refund, Rma
from returns.selectors import refunds
from returns.services import refund_approve, refund_pay, refund_reject, refund_request
from returns.states import REFUND
from returns.states import RefundState as S
from returns.tables import RefundTable


def _preview_pay(rows: QuerySet[Any], request: HttpRequest) -> list[str]:
    ready = [row for row in rows if row.state == S.APPROVED]
    return [
        f"{len(ready)} approved refunds are paid; {len(rows) - len(ready)} are not approved, or paid already."
    ]


def _run_pay(ids: list[int], request: HttpRequest) -> list[tuple[str, bool, str]]:
    found = []
    for refund in Refund.objects.filter(pk__in=ids).order_by("pk"):
        try:
            paid = refund_pay(refund_id=refund.pk, actor=actor_of(request), at=timezone.now())
        except KeelError as refusal:
            found.append((refund.number, False, f"{refusal.message}. {refusal.remedy}"))
        else:
            found.append((refund.number, True, f"{paid.amount_paid:,.2f} paid back"))
    return found


class RefundList(ListPage):
    permission, title, list_code = "returns.view", "Refunds", "returns.refunds"
    table_class, filterset_class = RefundTable, RefundFilter
    search_fields = (
        "number__istartswith",
        "order__number__istartswith",
        "rma__number__istartswith",
        "order__customer__name",
    )
    default_order = ("-created_at", "-pk")
    bulk_actions = [
        BulkAction("pay", "Pay", "returns.refund", preview=_preview_pay, run=_run_pay, icon="banknote")
    ]
    empty_title, empty_text = "No refunds yet", "Ask for one from a return whose goods have arrived."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return refunds()


class RefundRecord(RecordPage):
    permission, title, machine = "returns.view", "Refund", REFUND
    list_page, list_url_name = RefundList, "returns:refund_list"

    def get_object(self, request: HttpRequest, **kwargs: Any) -> Any:
        return get_object_or_404(refunds().select_related("approved_by"), pk=kwargs["pk"])

    def get_subtitle(self, obj: Any) -> str:
        return str(obj.order.customer.name if obj.order.customer else "")

    def get_facts(self, obj: Any) -> list[Fact]:
        return [
            Fact("Amount", money_text(obj.amount, obj.currency), hint=f"tax {money_text(obj.tax_amount, obj.currency)}"),
            Fact("Kept back", money_text(obj.deduction, obj.currency)),
            Fact("Paid back", money_text(obj.amount_paid, obj.currency),
                 hint=when_html(obj.paid_at) if obj.paid_at else "not yet"),
            Fact("Return", obj.rma, url=reverse("returns:rma_detail", args=[obj.rma_id])),
            Fact("Order", obj.order, url=reverse("orders:order_detail", args=[obj.order_id])),
        ]  # fmt: skip

    def get_actions(self, obj: Any, user: Any) -> list[Action]:
        def url(verb: str) -> str:
            return reverse(f"returns:refund_{verb}", args=[obj.pk])

        own = "You asked for it: somebody else approves it." if obj.created_by_id == user.pk else ""
        why = [ActionField("reason", "Why", kind="textarea")]
        by_state: dict[str, list[Action]] = {
            S.PENDING_APPROVAL: [
                Action(
                    "Approve",
                    url("approve"),
                    "core.approval_decide",
                    primary=True,
                    disabled_reason=own,
                    icon="check",
                ),
                Action(
                    "Reject",
                    url("reject"),
                    "core.approval_decide",
                    disabled_reason=own,
                    fields=why,
                    danger=True,
                ),
            ],
            S.APPROVED: [Action("Pay back", url("pay"), "returns.refund", primary=True, icon="banknote")],
        }
        return by_state.get(obj.state, [])

    def get_panels(self, obj: Any) -> list[Panel]:
        lines = obj.lines.select_related("product").order_by("pk")
        approvals = ApprovalRequest.objects.filter(
            document_type="returns.Refund", document_id=obj.pk
        ).select_related("requested_by", "decided_by")
        panels = [
            Panel(
                "What it is for",
                "returns/partials/_refund_lines.html",
                {"lines": lines, "currency": obj.currency},
                flush=True,
            )
        ]
        if approvals:
            context = {"approvals": approvals.order_by("-pk")}
            panels.append(Panel("Approval", "returns/partials/_approvals.html", context, column="side"))
        return panels


class RefundRequest(FormPage):
    """A refund for everything of a return that has arrived and is not refunded yet."""

    permission, title, form_class = "returns.refund", "Refund", RefundForm
    submit_label, done = "Ask for refund", "Refund created."
    template_name = "returns/refund_form.html"

    def get_title(self, request: HttpRequest, **kwargs: Any) -> str:
        return f"Refund {get_object_or_404(Rma, pk=kwargs['pk'])}"

    def get_breadcrumbs(self, request: HttpRequest, **kwargs: Any) -> list[tuple[str, str]]:
        rma = get_object_or_404(Rma, pk=kwargs["pk"])
        return [
            ("Returns", reverse("returns:rma_list")),
            (rma.number, reverse("returns:rma_detail", args=[rma.pk])),
        ]

    def get_extra_context(self, request: HttpRequest, form: Any, **kwargs: Any) -> dict[str, Any]:
        rma = get_object_or_404(Rma.objects.select_related("order"), pk=kwargs["pk"])
        lines = rma.lines.filter(
            state__in=["RECEIVED", "INSPECTED", "DISPOSED"], refund=None, refund_amount__gt=0
        )
        rows = list(lines.select_related("product").order_by("pk"))
        total = sum((line.refund_amount for line in rows), Decimal(0))
        return {"lines": rows, "total": total, "currency": rma.order.currency}

    def perform(self, request: HttpRequest, form: Any, **kwargs: Any) -> str:
        refund = refund_request(
            rma_id=kwargs["pk"], deduction=form.cleaned_data["deduction"] or Decimal(0), actor=actor_of(request),
            at=timezone.now(),
        )  # fmt: skip
        return reverse("returns:refund_detail", args=[refund.pk])


def _act(request: HttpRequest, pk: int, service: Any, done: str, **values: Any) -> HttpResponse:
    return run_action(
        request,
        lambda: service(refund_id=pk, actor=actor_of(request), at=timezone.now(), **values),
        done=done,
        url=reverse("returns:refund_detail", args=[pk]),
    )


@page("core.approval_decide")
@require_POST
def refund_approve_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve a waiting refund."""
    return _act(request, pk, refund_approve, "Approved: the credit note is posted.")


@page("core.approval_decide")
@require_POST
def refund_reject_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Refuse a waiting refund."""
    return _act(request, pk, refund_reject, "Rejected.", reason=request.POST.get("reason", ""))


@page("returns.refund")
@require_POST
def refund_pay_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Pay an approved refund back."""
    return _act(request, pk, refund_pay, "Settled.")
