"""Which pages show how stock is promised, and let people draft, rehearse and submit another way?"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST
from django.views.generic import View

from erp.core.errors import InvalidInput, KeelError
from erp.core.pages import Action, ActionField, Fact, ListPage, Panel, PrimaryAction, RecordPage, run_action
from erp.core.pages.actions import refusal_text
from erp.core.pages.format import when_html
from erp.core.permissions import actor_of, page
from inventory.models import Node
from orders import filters, tables
from orders.models import AllocationPolicy, AllocationRule, Channel, Customer
from orders.services import PolicyDraft, RuleDraft, policy_draft, policy_edit, policy_retire, policy_submit
from orders.states import POLICY, PolicyState

FLAGS = ("allow_split", "allow_backorder", "allow_transfer", "allow_substitution", "allow_dropship")
SPARE_RULES = 2


class AllocationPolicyList(ListPage):
    permission, title, list_code = "orders.view", "Allocation policies", "orders.policies"
    table_class, filterset_class = tables.AllocationPolicyTable, filters.AllocationPolicyFilter
    search_fields = ("code", "name")
    default_order = ("code", "-version")
    primary_action = PrimaryAction("New policy", "orders:allocation_policy_create")
    empty_title, empty_text = "No policies", "The company needs one before anything can be allocated."

    def get_queryset(self, request: HttpRequest) -> QuerySet[AllocationPolicy]:
        return AllocationPolicy.objects.annotate(rule_count=Count("rules"))


class AllocationPolicyRecord(RecordPage):
    permission, title, machine = "orders.view", "Allocation policy", POLICY
    list_page, list_url_name = AllocationPolicyList, "orders:allocation_policy_list"

    def get_object(self, request: HttpRequest, **kw: Any) -> AllocationPolicy:
        return get_object_or_404(AllocationPolicy.objects.select_related("created_by"), pk=kw["pk"])

    def get_facts(self, obj: AllocationPolicy) -> list[Fact]:
        return [
            Fact("Name", obj.name), Fact("Who is served first", obj.get_sequence_display()),
            Fact("Drafted by", obj.created_by or "founded"), Fact("In force since", when_html(obj.activated_at)),
            Fact("Channels", ", ".join(channel.code for channel in obj.channels.order_by("code")) or "none by name"),
        ]  # fmt: skip

    def get_actions(self, obj: AllocationPolicy, user: AbstractBaseUser) -> list[Action]:
        is_draft = obj.state == PolicyState.DRAFT
        late = "" if is_draft else "Only a draft is submitted or put away."
        reason = [ActionField("reason", "What should it change?", kind="textarea")]
        return [
            Action("Submit for approval", reverse("orders:allocation_policy_submit", args=[obj.pk]), "orders.policy_edit",
                   primary=True, disabled_reason=late, fields=reason),
            Action("Rehearse", reverse("orders:rehearsal_start", args=[obj.pk]), "orders.policy_edit", primary=not is_draft,
                   fields=[ActionField("days", "Over the orders of the last … days", value="30"),
                           ActionField("others", "Compare", kind="select", required=False,
                               choices=[("", "this one"), ("1", "all drafts")])]),
            Action("Put away", reverse("orders:allocation_policy_retire", args=[obj.pk]), "orders.policy_edit", danger=True,
                   disabled_reason=late, fields=[ActionField("reason", "Why is it not wanted?", kind="textarea")]),
        ]  # fmt: skip

    def get_panels(self, obj: AllocationPolicy) -> list[Panel]:
        rules = obj.rules.prefetch_related("nodes").order_by("position")
        return [
            Panel("Rules, the first that fits decides", "orders/partials/_policy_rules.html",
                  {"rules": rules, "policy": obj, "is_draft": obj.state == PolicyState.DRAFT}),
        ]  # fmt: skip


class PolicyForm(View):
    """The editor: a policy with its rules. A policy in force is copied into the draft of its next version."""

    @method_decorator(page("orders.policy_edit"))
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        """This function will show the editor, filled from policy `pk` if there is one."""
        source = get_object_or_404(AllocationPolicy, pk=pk) if pk else None
        rules = [_fields_of(rule) for rule in source.rules.order_by("position")] if source else []
        head = (
            {"code": source.code, "name": source.name, "sequence": source.sequence, "note": ""}
            if source
            else {}
        )
        return self._show(request, source, head, rules)

    def post(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        """This function will keep the draft, or say which rule and field is wrong and keep what was typed."""
        source = get_object_or_404(AllocationPolicy, pk=pk) if pk else None
        head = {name: request.POST.get(name, "").strip() for name in ("code", "name", "sequence", "note")}
        if source:
            head["code"] = source.code
        typed = _typed_rules(request)
        try:
            draft = PolicyDraft(head["code"], head["name"], [_rule_draft(n, r) for n, r in enumerate(typed, 1)],
                                head["sequence"], head["note"])  # fmt: skip
            actor, at = actor_of(request), timezone.now()
            if source and source.state == PolicyState.DRAFT:
                policy = policy_edit(policy_id=source.pk, draft=draft, actor=actor, at=at)
            else:
                policy = policy_draft(draft, actor=actor, at=at)
        except KeelError as refusal:
            messages.error(request, refusal_text(refusal))
            return self._show(request, source, head, typed, status=422)
        messages.success(request, f"{policy} kept as a draft. Rehearse it before you submit it.")
        return redirect("orders:allocation_policy_detail", pk=policy.pk)

    def _show(
        self, request: HttpRequest, source: AllocationPolicy | None, head: dict[str, str], rules: list[dict[str, Any]],
        status: int = 200,
    ) -> HttpResponse:  # fmt: skip
        blank = {"allow_split": True, "allow_backorder": True, "strategy": "NEAREST"}
        context = {
            "title": f"Draft of {source.code}" if source else "New policy", "source": source, "head": head,
            "rules": [*rules, *({**blank} for _ in range(SPARE_RULES))],
            "strategies": AllocationRule.STRATEGIES, "sequences": AllocationPolicy.SEQUENCES,
            "channels": [c.code for c in Channel.objects.order_by("code")],
            "segments": Customer.SEGMENTS, "tiers": Customer.TIERS,
            "nodes": list(Node.objects.filter(is_active=True, can_ship=True).order_by("rank", "code")),
            "flags": [(name, AllocationRule._meta.get_field(name)) for name in FLAGS],
        }  # fmt: skip
        return TemplateResponse(request, "orders/policy_form.html", context, status=status)


def _fields_of(rule: AllocationRule) -> dict[str, Any]:
    return {
        "name": rule.name, "strategy": rule.strategy, **{flag: getattr(rule, flag) for flag in FLAGS},
        "max_shipments": rule.max_shipments, "split_worth": rule.split_worth, "weight_parcel": rule.weight_parcel,
        "weight_distance": rule.weight_distance, "weight_day": rule.weight_day,
        "nodes": [node.pk for node in rule.nodes.all()], **rule.conditions,
        "countries": " ".join(rule.conditions.get("countries", [])),
    }  # fmt: skip


def _typed_rules(request: HttpRequest) -> list[dict[str, Any]]:
    """The rules that have a name; each field is called rule-<number>-<name>."""
    found = []
    for number in range(1, 41):
        key = f"rule-{number}-"
        if not request.POST.get(f"{key}name", "").strip():
            continue
        rule: dict[str, Any] = {
            name: request.POST.get(key + name, "").strip()
            for name in (
                "name", "strategy", "countries", "min_total", "max_total", "min_priority", "max_shipments", "split_worth",
                "weight_parcel", "weight_distance", "weight_day",
            )
        }  # fmt: skip
        rule |= {name: request.POST.getlist(key + name) for name in ("channels", "segments", "tiers")}
        rule |= {flag: request.POST.get(key + flag) == "on" for flag in FLAGS}
        rule["nodes"] = [
            int(pk) for pk in request.POST.getlist(f"{key}nodes") if pk.isascii() and pk.isdigit()
        ]
        found.append(rule)
    return found


def _rule_draft(number: int, typed: dict[str, Any]) -> RuleDraft:
    conditions: dict[str, Any] = {
        name: typed[name] for name in ("channels", "segments", "tiers") if typed[name]
    }
    if typed["countries"]:
        conditions["countries"] = typed["countries"].upper().replace(",", " ").split()
    for name in ("min_total", "max_total"):
        if typed[name]:
            conditions[name] = typed[name]
    if typed["min_priority"]:
        conditions["min_priority"] = _whole(number, "min_priority", typed["min_priority"])
    return RuleDraft(
        typed["name"], typed["strategy"], conditions, **{flag: typed[flag] for flag in FLAGS},
        max_shipments=_whole(number, "max_shipments", typed["max_shipments"]),
        split_worth=_whole(number, "split_worth", typed["split_worth"]),
        weight_parcel=_weight(number, "weight_parcel", typed["weight_parcel"]),
        weight_distance=_weight(number, "weight_distance", typed["weight_distance"]),
        weight_day=_weight(number, "weight_day", typed["weight_day"]),
        nodes=typed["nodes"],
    )  # fmt: skip


def _whole(number: int, name: str, text: str) -> int:
    if text and (not text.lstrip("-").isascii() or not text.lstrip("-").isdigit() or len(text) > 6):
        raise InvalidInput(
            f"rule {number}: “{text}” is no whole number",
            field=f"rules[{number}].{name}",
            remedy="Enter 0 or more.",
        )
    return int(text or 0)


def _weight(number: int, name: str, text: str) -> Decimal:
    try:
        amount = Decimal(text or "0")
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise InvalidInput(
            f"rule {number}: “{text}” is no amount",
            field=f"rules[{number}].{name}",
            remedy="Enter such as 2.50.",
        )
    return amount


@page("orders.policy_edit")
@require_POST
def policy_submit_view(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will ask for a draft to be put in force."""
    return run_action(
        request,
        lambda: policy_submit(
            policy_id=pk, reason=request.POST.get("reason", ""), actor=actor_of(request), at=timezone.now()
        ),
        done=lambda policy: (
            f"{policy} is in force." if policy.state == PolicyState.ACTIVE else "Waiting for approval."
        ),
        url=reverse("orders:allocation_policy_detail", args=[pk]),
    )


@page("orders.policy_edit")
@require_POST
def policy_retire_view(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will put a draft away."""
    return run_action(
        request,
        lambda: policy_retire(
            policy_id=pk, reason=request.POST.get("reason", ""), actor=actor_of(request), at=timezone.now()
        ),
        done="Put away.", url=reverse("orders:allocation_policy_detail", args=[pk]),
    )  # fmt: skip
