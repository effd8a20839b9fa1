"""Who writes allocation policies, who puts them in force, and what does freight cost?

A policy in force never changes: a change is a draft of the next version, rehearsed on past orders, approved by somebody
else, and then takes the place of the one before it everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import transaction

from erp.core.errors import Conflict, IllegalTransition, InvalidInput, NotFound
from erp.core.models import ApprovalRequest, User
from erp.core.services.approval import approval_request, register_approval
from erp.core.services.state import change_state, record_creation
from inventory.models import Node
from orders.models import AllocationPolicy, AllocationRule, Channel, Customer, FreightRate
from orders.states import PolicyState

APPROVAL_KIND = "orders.policy_activate"
LISTS = ("channels", "countries", "segments", "tiers")
AMOUNTS = ("min_total", "max_total")
MAX_RULES = 30


@dataclass(frozen=True)
class RuleDraft:
    """A rule as it is written; `conditions` as in AllocationRule, `nodes` ids (empty = every node), weights in base currency."""

    name: str
    strategy: str
    conditions: Mapping[str, Any] = field(default_factory=dict)
    allow_split: bool = True
    allow_backorder: bool = True
    allow_transfer: bool = False
    allow_substitution: bool = False
    allow_dropship: bool = False
    max_shipments: int = 0
    split_worth: int = 0
    weight_parcel: Decimal = Decimal(0)
    weight_distance: Decimal = Decimal(0)
    weight_day: Decimal = Decimal(0)
    nodes: Sequence[int] = ()


@dataclass(frozen=True)
class PolicyDraft:
    code: str
    name: str
    rules: Sequence[RuleDraft]
    sequence: str = "SHIP_BY"
    note: str = ""


@transaction.atomic
def policy_draft(draft: PolicyDraft, *, actor: User, at: datetime) -> AllocationPolicy:
    """This function will keep the next version of a policy as a draft; nothing changes before it is put in force.

    A draft of the same code is written over by its next version number only once it is retired: Conflict while one is open.
    InvalidInput names the rule and the field; the last rule must be for every order.
    """
    _check(draft)
    versions = list(AllocationPolicy.objects.select_for_update().filter(code=draft.code).order_by("-version"))
    waiting = [p for p in versions if p.state in (PolicyState.DRAFT, PolicyState.PENDING_APPROVAL)]
    if waiting:
        raise Conflict(
            f"{waiting[0]} is a draft already", field="code", remedy="Change that draft, or retire it first."
        )
    policy = AllocationPolicy.objects.create(
        code=draft.code, version=versions[0].version + 1 if versions else 1, name=draft.name, sequence=draft.sequence,
        note=draft.note[:300], created_by=actor, created_at=at,
    )  # fmt: skip
    record_creation(
        AllocationPolicy, [policy.pk], actor=actor, at=at, action="orders.policy_draft", reason=draft.note
    )
    _write_rules(policy, draft.rules)
    return policy


@transaction.atomic
def policy_edit(*, policy_id: int, draft: PolicyDraft, actor: User, at: datetime) -> AllocationPolicy:
    """This function will replace a draft's rules; IllegalTransition once it was submitted: write the next version then."""
    policy = _lock(policy_id)
    if policy.state != PolicyState.DRAFT:
        raise IllegalTransition(
            f"{policy} is {policy.state}",
            field="state",
            remedy="Only a draft can be changed; write the next version.",
        )
    _check(draft)
    policy.name, policy.sequence, policy.note = draft.name, draft.sequence, draft.note[:300]
    policy.save(update_fields=["name", "sequence", "note"])
    policy.rules.all().delete()
    _write_rules(policy, draft.rules)
    return policy


@transaction.atomic
def policy_submit(*, policy_id: int, reason: str, actor: User, at: datetime) -> AllocationPolicy:
    """This function will ask for a draft to be put in force; without an approval policy of that kind it is in force at once."""
    policy = _lock(policy_id)
    if not reason.strip():
        raise InvalidInput("a new policy needs a reason", field="reason", remedy="Say what it should change.")
    request = approval_request(
        kind=APPROVAL_KIND, document_type="orders.AllocationPolicy", document_id=policy.pk, amount=Decimal(0),
        title=f"Allocation policy {policy}: {reason.strip()}"[:200], actor=actor, at=at,
    )  # fmt: skip
    if request is None:
        return policy_activate(policy_id=policy.pk, reason=reason, actor=actor, at=at)
    else:
        change_state(
            policy,
            to=PolicyState.PENDING_APPROVAL,
            actor=actor,
            at=at,
            action="orders.policy_submit",
            reason=reason,
        )
    return policy


@transaction.atomic
def policy_retire(*, policy_id: int, reason: str, actor: User, at: datetime) -> AllocationPolicy:
    """This function will put a draft away; one in force is only retired by its next version."""
    policy = _lock(policy_id)
    if not reason.strip():
        raise InvalidInput("a reason is needed", field="reason", remedy="Say why the draft is not wanted.")
    if policy.state != PolicyState.DRAFT:
        raise IllegalTransition(
            f"{policy} is {policy.state}", field="state", remedy="Put another version in force instead."
        )
    change_state(
        policy, to=PolicyState.RETIRED, actor=actor, at=at, action="orders.policy_retire", reason=reason
    )
    return policy


@transaction.atomic
def policy_create(
    *,
    code: str,
    name: str,
    strategy: str = "",
    allow_split: bool = True,
    allow_backorder: bool = True,
    rules: Sequence[RuleDraft] = (),
    sequence: str = "SHIP_BY",
    actor: User,
    at: datetime,
) -> AllocationPolicy:
    """This function will write the next version of a policy and put it in force at once: for founding a company.

    Without `rules` it has one, for every order, with `strategy`.
    """
    chosen = rules or [
        RuleDraft("Every order", strategy, allow_split=allow_split, allow_backorder=allow_backorder)
    ]
    policy = policy_draft(PolicyDraft(code, name, chosen, sequence), actor=actor, at=at)
    return policy_activate(policy_id=policy.pk, reason="founded", actor=actor, at=at)


@transaction.atomic
def policy_activate(*, policy_id: int, reason: str, actor: User, at: datetime) -> AllocationPolicy:
    """This function will put a draft in the place of the version before, in one step: exactly one of them decides."""
    policy = _lock(policy_id)
    for before in AllocationPolicy.objects.select_for_update().filter(
        code=policy.code, state=PolicyState.ACTIVE
    ):
        change_state(
            before,
            to=PolicyState.RETIRED,
            actor=actor,
            at=at,
            action="orders.policy_activate",
            reason=f"replaced by {policy}",
        )
    change_state(
        policy, to=PolicyState.ACTIVE, actor=actor, at=at, action="orders.policy_activate", reason=reason,
        fields={"activated_at": at},
    )  # fmt: skip
    Channel.objects.filter(policy__code=policy.code).update(policy=policy)
    return policy


def _lock(policy_id: int) -> AllocationPolicy:
    policy = AllocationPolicy.objects.select_for_update().filter(pk=policy_id).first()
    if policy is None:
        raise NotFound(f"there is no policy #{policy_id}", field="policy", remedy="Reload the list.")
    return policy


def _write_rules(policy: AllocationPolicy, rules: Sequence[RuleDraft]) -> None:
    for position, rule in enumerate(rules, start=1):
        row = AllocationRule.objects.create(
            policy=policy, position=position, name=rule.name.strip()[:80], conditions=_stored(rule.conditions),
            **{name: getattr(rule, name) for name in (
                "strategy", "allow_split", "allow_backorder", "allow_transfer", "allow_substitution", "allow_dropship",
                "max_shipments", "split_worth", "weight_parcel", "weight_distance", "weight_day",
            )},
        )  # fmt: skip
        row.nodes.set(rule.nodes)


def _stored(conditions: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in conditions.items() if value not in ([], (), "", None)}


def _check(draft: PolicyDraft) -> None:
    if not draft.code.strip() or not draft.name.strip():
        raise InvalidInput("a policy has a code and a name", field="code", remedy="Enter both.")
    if draft.sequence not in dict(AllocationPolicy.SEQUENCES):
        raise InvalidInput("there is no such sequence", field="sequence", remedy="Choose from the list.")
    if not 1 <= len(draft.rules) <= MAX_RULES:
        raise InvalidInput(
            f"a policy has 1 to {MAX_RULES} rules", field="rules", remedy="Add a rule for every order."
        )
    known = {
        "channels": set(Channel.objects.values_list("code", flat=True)), "segments": set(dict(Customer.SEGMENTS)),
        "tiers": set(dict(Customer.TIERS)),
    }  # fmt: skip
    nodes = set(Node.objects.filter(is_active=True).values_list("pk", flat=True))
    for number, rule in enumerate(draft.rules, start=1):
        _check_rule(number, rule, known, nodes)
    if _stored(draft.rules[-1].conditions):
        raise InvalidInput(
            "the last rule must be for every order", field=f"rules[{len(draft.rules)}].conditions",
            remedy="Add a rule without conditions at the end.",
        )  # fmt: skip


def _check_rule(number: int, rule: RuleDraft, known: Mapping[str, set[str]], nodes: set[int]) -> None:
    def refuse(field_name: str, message: str, remedy: str) -> InvalidInput:
        return InvalidInput(f"rule {number}: {message}", field=f"rules[{number}].{field_name}", remedy=remedy)

    if not rule.name.strip():
        raise refuse("name", "it has no name", "Say whom the rule is for.")
    if rule.strategy not in dict(AllocationRule.STRATEGIES):
        raise refuse("strategy", "there is no such strategy", "Choose from the list.")
    unknown = set(rule.conditions) - {*LISTS, *AMOUNTS, "min_priority"}
    if unknown:
        raise refuse(
            "conditions", f"nothing is known of {', '.join(sorted(unknown))}", f"Use {', '.join(LISTS)}."
        )
    for name, codes in known.items():
        missing = set(rule.conditions.get(name) or ()) - codes
        if missing:
            raise refuse(name, f"there is no {', '.join(sorted(missing))}", "Choose from the list.")
    for country in rule.conditions.get("countries") or ():
        if len(country) != 2 or not country.isascii() or not country.isupper():
            raise refuse(
                "countries", f"“{country}” is no country code", "Use two capital letters, such as GB."
            )
    for name in AMOUNTS:
        if rule.conditions.get(name) not in (None, ""):
            _amount(rule.conditions[name], name, refuse)
    if set(rule.nodes) - nodes:
        raise refuse("nodes", "one of the nodes is unknown or inactive", "Choose active nodes.")
    for name in ("max_shipments", "split_worth"):
        if not 0 <= getattr(rule, name) <= 30_000:
            raise refuse(name, "it is out of range", "Enter 0 to 30,000.")
    for name in ("weight_parcel", "weight_distance", "weight_day"):
        if not 0 <= getattr(rule, name) < Decimal("1e7"):
            raise refuse(name, "it is out of range", "Enter 0 or more.")


def _amount(value: Any, name: str, refuse: Any) -> Decimal:
    try:
        amount = Decimal(str(value))
    except InvalidOperation as error:
        raise refuse(name, f"“{value}” is no amount", "Enter an amount such as 50.00.") from error
    if not amount.is_finite() or not 0 <= amount < Decimal("1e12"):
        raise refuse(name, "the amount is out of range", "Enter 0 or more.")
    return amount


@transaction.atomic
def policy_reject(*, policy_id: int, reason: str, actor: User, at: datetime) -> AllocationPolicy:
    """This function will make a policy that was not approved a draft again."""
    policy = _lock(policy_id)
    change_state(
        policy, to=PolicyState.DRAFT, actor=actor, at=at, action="orders.policy_reject", reason=reason
    )
    return policy


def _approved(request: ApprovalRequest, actor: User, at: datetime) -> None:
    policy_activate(policy_id=request.document_id, reason=request.reason or "approved", actor=actor, at=at)


def _rejected(request: ApprovalRequest, actor: User, at: datetime) -> None:
    policy_reject(policy_id=request.document_id, reason=request.reason, actor=actor, at=at)


register_approval(APPROVAL_KIND, on_approved=_approved, on_rejected=_rejected)


@transaction.atomic
def freight_rate_save(
    *, node_id: int, country: str, base: Decimal, per_kg: Decimal, days: int, actor: User, at: datetime
) -> FreightRate:
    """This function will set what a parcel from a node to a country ("" = any other) costs in base currency and takes in days."""
    if country and (len(country) != 2 or not country.isascii() or not country.isupper()):
        raise InvalidInput(
            f"“{country}” is no country code", field="country", remedy="Use two capital letters, or none."
        )
    for name, amount in (("base", base), ("per_kg", per_kg)):
        if not amount.is_finite() or not 0 <= amount < Decimal("1e6"):
            raise InvalidInput(f"{name} is out of range", field=name, remedy="Enter 0 or more.")
    if not 0 <= days <= 365:
        raise InvalidInput("the days are out of range", field="days", remedy="Enter 0 to 365.")
    rate = FreightRate.objects.select_for_update().filter(node_id=node_id, country=country).first()
    rate = rate or FreightRate(node_id=node_id, country=country)
    rate.base, rate.per_kg, rate.days = base, per_kg, days
    rate._history_user, rate._history_date = actor, at  # type: ignore[attr-defined]
    rate.save()
    return rate
