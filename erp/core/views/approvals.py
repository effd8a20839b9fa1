"""Which acts wait for a second person, and how does that person decide?"""

from __future__ import annotations

from typing import Any

import django_filters
import django_tables2 as tables
from django.db.models import Case, QuerySet, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from erp.core.documents import document_url
from erp.core.filters import KeelFilterSet
from erp.core.models import ApprovalRequest
from erp.core.pages import Action, ActionField, Fact, ListPage, Panel, RecordPage, run_action
from erp.core.pages.format import money_text, when_html
from erp.core.permissions import actor_of, page
from erp.core.roles import Role
from erp.core.services.approval import approval_decide
from erp.core.states import APPROVAL, ApprovalState
from erp.core.tables import KeelTable, MoneyColumn, RecordColumn, StateColumn, WhenColumn

DECIDE = "core.approval_decide"


class ApprovalTable(KeelTable):
    title = RecordColumn(verbose_name="What", attrs={"td": {"class": "k-wide"}})
    state = StateColumn()
    amount = MoneyColumn()
    role = tables.Column(verbose_name="Waits for")
    requested_by = tables.Column()
    requested_at = WhenColumn(style="ago", verbose_name="Asked")
    decided_by = tables.Column()
    decided_at = WhenColumn()

    class Meta(KeelTable.Meta):
        model = ApprovalRequest
        fields = (
            "title",
            "state",
            "amount",
            "role",
            "requested_by",
            "requested_at",
            "decided_by",
            "decided_at",
        )

    def render_role(self, record: ApprovalRequest) -> str:
        return record.get_role_display()


class ApprovalFilter(KeelFilterSet):
    state = django_filters.MultipleChoiceFilter(choices=ApprovalState.choices, label="State")
    role = django_filters.ChoiceFilter(choices=Role.choices, label="Waits for", empty_label="Any role")
    mine = django_filters.ChoiceFilter(
        label="Asked by",
        choices=[("me", "Me"), ("others", "Others")],
        method="by_maker",
        empty_label="Anyone",
    )

    class Meta:
        model = ApprovalRequest
        fields: list[str] = []

    def by_maker(self, rows: QuerySet[ApprovalRequest], name: str, value: str) -> QuerySet[ApprovalRequest]:
        user = self.request.user
        return rows.filter(requested_by=user) if value == "me" else rows.exclude(requested_by=user)


class ApprovalRequestList(ListPage):
    permission = "core.approval_view"
    title = "Approvals"
    list_code = "core.approvals"
    table_class = ApprovalTable
    filterset_class = ApprovalFilter
    search_fields = ("title", "kind")
    default_order = ("rank", "requested_at", "pk")
    hidden_columns = ("decided_by", "decided_at")
    empty_title = "Nothing waits for a second person"
    empty_text = (
        "Acts above a policy's threshold appear here until someone with the right role and limit decides."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApprovalRequest]:
        rank = Case(When(state=ApprovalState.PENDING, then=Value(0)), default=Value(1))
        return ApprovalRequest.objects.select_related("requested_by", "decided_by").annotate(rank=rank)


class ApprovalRequestRecord(RecordPage):
    permission = "core.approval_view"
    machine = APPROVAL
    list_page = ApprovalRequestList
    list_url_name = "approval_request_list"

    def get_object(self, request: HttpRequest, **kwargs: Any) -> ApprovalRequest:
        return get_object_or_404(
            ApprovalRequest.objects.select_related("requested_by", "decided_by"), pk=kwargs["pk"]
        )

    def get_title(self, obj: ApprovalRequest) -> str:
        return obj.title

    def get_crumb(self, obj: ApprovalRequest) -> str:
        return f"Approval {obj.pk}"

    def get_subtitle(self, obj: ApprovalRequest) -> str:
        return f"Guards {obj.kind}"

    def get_facts(self, obj: ApprovalRequest) -> list[Fact]:
        facts = [
            Fact("Amount", money_text(obj.amount)),
            Fact("Waits for", obj.get_role_display()),
            Fact("Asked by", obj.requested_by),
            Fact("Asked", when_html(obj.requested_at)),
        ]
        if obj.decided_by:
            facts += [Fact("Decided by", obj.decided_by), Fact("Decided", when_html(obj.decided_at))]
        return facts

    def get_actions(self, obj: ApprovalRequest, user: Any) -> list[Action]:
        url = reverse("approval_request_decide", args=[obj.pk])
        never = self._why_not(obj, user)
        too_much = obj.amount > user.approval_limit
        limit = f"Above your limit of {money_text(user.approval_limit)}." if too_much else ""
        return [
            Action(
                "Approve",
                url,
                DECIDE,
                primary=True,
                disabled_reason=never or limit,
                icon="thumbs-up",
                fields=[
                    ActionField("verdict", "", kind="hidden", value="approve"),
                    ActionField("reason", "Remark", kind="textarea", required=False),
                ],
            ),
            Action(
                "Reject",
                url,
                DECIDE,
                disabled_reason=never,
                danger=True,
                icon="thumbs-down",
                fields=[
                    ActionField("verdict", "", kind="hidden", value="reject"),
                    ActionField("reason", "What must change", kind="textarea"),
                ],
            ),
        ]

    @staticmethod
    def _why_not(obj: ApprovalRequest, user: Any) -> str:
        if obj.state != ApprovalState.PENDING:
            return f"It is {obj.get_state_display().lower()} already."
        if obj.requested_by_id == user.pk:
            return "Nobody approves their own work."
        if obj.role not in user.roles and Role.ADMIN not in user.roles and not user.is_superuser:
            return f"This needs the role {obj.get_role_display()}."
        return ""

    def get_panels(self, obj: ApprovalRequest) -> list[Panel]:
        context = {"approval": obj, "subject_url": document_url(obj.document_type, obj.document_id)}
        return [Panel("What is asked", "core/partials/_approval.html", context)]


@page(DECIDE)
@require_POST
def approval_request_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will approve or reject a waiting request."""
    if not ApprovalRequest.objects.filter(pk=pk).exists():
        raise Http404("no such approval")
    verdict = request.POST.get("verdict")
    if verdict not in {"approve", "reject"}:
        raise Http404("no such verdict")
    return run_action(
        request,
        lambda: approval_decide(
            request_id=pk,
            approve=verdict == "approve",
            reason=request.POST.get("reason", ""),
            actor=actor_of(request),
            at=timezone.now(),
        ),
        done="Approved." if verdict == "approve" else "Rejected.",
        url=reverse("approval_request_detail", args=[pk]),
    )
