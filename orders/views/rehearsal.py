"""Which pages try draft policies on past orders and show what they would have changed?"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from erp.core.models import Job
from erp.core.pages import ListPage, run_action
from erp.core.permissions import actor_of, page
from orders import filters, tables
from orders.models import AllocationPolicy, Rehearsal, RehearsalOrder, RehearsalTotal
from orders.services import rehearsal_start
from orders.states import PolicyState, RehearsalState

# (field, heading, is money, less is better)
MEASURES = (
    ("parcels", "Parcels", False, True), ("split_orders", "Split orders", False, True), ("freight", "Freight", True, True),
    ("late_orders", "Late orders", False, True), ("short_orders", "Short when they came", False, True),
    ("unserved_orders", "Never served in full", False, True), ("units", "Units served", False, False),
    ("margin", "Margin", True, False),
)  # fmt: skip


class Cell(NamedTuple):
    """A figure of a draft beside the one in force; `tone` says in words whether it is better."""

    value: Decimal | int
    change: Decimal | int
    is_money: bool
    verdict: str


class RehearsalList(ListPage):
    permission, title, list_code = "orders.view", "Rehearsals", "orders.rehearsals"
    table_class, default_order = tables.RehearsalTable, ("-pk",)
    search_fields = ("policies__code",)
    empty_title = "Nothing was rehearsed"
    empty_text = "Open an allocation policy and rehearse it on past orders."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rehearsal]:
        return Rehearsal.objects.select_related("created_by").distinct()


class RehearsalOrderList(ListPage):
    permission, title, list_code = "orders.view", "Orders treated otherwise", "orders.rehearsal_orders"
    table_class, filterset_class = tables.RehearsalOrderTable, filters.RehearsalOrderFilter
    search_fields = ("order__number__istartswith",)
    default_order = ("margin_change", "pk")
    empty_title, empty_text = "No difference", "The draft treats every order as the policy in force does."

    def get_queryset(self, request: HttpRequest) -> QuerySet[RehearsalOrder]:
        return RehearsalOrder.objects.select_related("order", "policy")


@page("orders.view")
@require_GET
def rehearsal_detail_view(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will show the comparison, or how far the rehearsal is."""
    rehearsal = get_object_or_404(Rehearsal.objects.select_related("created_by"), pk=pk)
    totals = list(rehearsal.totals.select_related("policy").order_by("policy_id"))
    before = next((total for total in totals if total.policy_id is None), None)
    drafts = [total for total in totals if total.policy_id is not None]
    context = {
        "title": f"Rehearsal {rehearsal.pk}", "rehearsal": rehearsal, "before": before, "drafts": drafts,
        "rows": _rows(before, drafts) if before else [], "is_pending": rehearsal.state == RehearsalState.PENDING,
        "job": Job.objects.filter(pk=rehearsal.job_id or 0).first(),
        "policies": list(rehearsal.policies.order_by("code", "version")),
        "changed": {
            total.policy_id: rehearsal.changed.filter(policy_id=total.policy_id).count() for total in drafts
        },
    }  # fmt: skip
    part = request.headers.get("HX-Target") == "rehearsal"
    name = "orders/partials/_rehearsal.html" if part else "orders/rehearsal.html"
    return TemplateResponse(request, name, context)


def _rows(before: RehearsalTotal, drafts: list[RehearsalTotal]) -> list[dict[str, Any]]:
    rows = []
    for name, label, is_money, less in MEASURES:
        base = getattr(before, name)
        cells = []
        for draft in drafts:
            value = getattr(draft, name)
            change = value - base
            verdict = "" if not change else ("better" if (change < 0) == less else "worse")
            cells.append(Cell(value, change, is_money, verdict))
        rows.append({"label": label, "base": base, "is_money": is_money, "cells": cells})
    return rows


@page("orders.policy_edit")
@require_POST
def rehearsal_start_view(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will rehearse a policy, and every other draft, over the days that were typed."""
    days = request.POST.get("days", "")
    chosen = [
        pk,
        *AllocationPolicy.objects.filter(state=PolicyState.DRAFT)
        .exclude(pk=pk)
        .values_list("pk", flat=True)[:3],
    ]
    return run_action(
        request,
        lambda: rehearsal_start(
            policy_ids=chosen if request.POST.get("others") else [pk],
            days=int(days) if days.isascii() and days.isdigit() and len(days) < 6 else 0,
            actor=actor_of(request), at=timezone.now(),
        ),
        done="The rehearsal runs; this page shows how far it is.",
        url=lambda rehearsal: reverse("orders:rehearsal_detail", args=[rehearsal.pk])
        if isinstance(rehearsal, Rehearsal)
        else reverse("orders:allocation_policy_detail", args=[pk]),
    )  # fmt: skip
