"""Which pages show what keeps orders waiting, and what can its owners do about it, one by one or many at once?"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Exists, OuterRef, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from erp.core.errors import InvalidInput, KeelError
from erp.core.pages import (
    Action,
    ActionField,
    BulkAction,
    Fact,
    ListPage,
    Panel,
    RecordPage,
    run_action,
)
from erp.core.pages.format import money_text, when_html
from erp.core.permissions import actor_of, page
from erp.core.roles import PERMISSIONS, Role
from orders import filters, tables
from orders.models import Hold, Order
from orders.selectors.hold import HoldQueue, hold_is_decidable, hold_queues, hold_rules
from orders.services import (
    hold_extend,
    hold_reassign,
    hold_reject,
    hold_release_many,
    order_revalidate,
)
from orders.states import HOLD, HoldKind, HoldRelease, HoldState

RELEASE = "orders.hold_release"
OWNERS = [(role.value, role.label) for role in Role if role in PERMISSIONS[RELEASE] | {Role.ADMIN}]


def settler_of(user: Any) -> str:
    """This function will return whose a hold is that a person opens: their own role's, or the rule's when they have several."""
    mine = [role for role, _ in OWNERS if role in user.roles]
    return mine[0] if len(mine) == 1 else ""


def _yours(queryset: QuerySet[Hold], request: HttpRequest) -> tuple[list[Hold], int]:
    """The open holds among the chosen ones that this person may decide, and how many are left out."""
    chosen = list(queryset.select_related("order"))
    actor = actor_of(request)
    yours = [hold for hold in chosen if hold.state == HoldState.OPEN and hold_is_decidable(hold, actor)]
    return yours, len(chosen) - len(yours)


def _value(orders: set[int]) -> str:
    sums = (
        Order.objects.filter(pk__in=orders)
        .values("currency")
        .annotate(value=Sum("total"))
        .order_by("currency")
    )
    return " + ".join(money_text(row["value"], row["currency"]) for row in sums) or money_text(0)


def _left_out(count: int) -> list[str]:
    return (
        [f"{count} of the chosen rows stay as they are: closed before, or another role's."] if count else []
    )


def ask_why(request: HttpRequest) -> list[ActionField]:
    return [ActionField("reason", "Why", kind="textarea")]


def preview_release(queryset: QuerySet[Hold], request: HttpRequest) -> list[str]:
    """This function will say which orders go on, what they are worth, and which another hold keeps."""
    yours, others = _yours(queryset, request)
    orders = {hold.order_id for hold in yours}
    kept = set(
        Hold.objects.filter(order__in=orders, state=HoldState.OPEN)
        .exclude(pk__in=[hold.pk for hold in yours])
        .values_list("order_id", flat=True)
    )
    free = orders - kept
    said = [
        f"{len(yours)} open holds on {len(orders)} orders. {len(free)} orders worth {_value(free)} go on to allocation."
    ]
    if kept:
        said.append(f"{len(kept)} orders worth {_value(kept)} stay held by another hold.")
    return said + _left_out(others)


def run_release(ids: list[int], request: HttpRequest) -> list[tuple[str, bool, str]]:
    """This function will release the holds that are still open and this person's, all or none."""
    yours, _ = _yours(Hold.objects.filter(pk__in=ids), request)
    chosen = [hold.pk for hold in yours]
    refused, confirmed = "", set()
    try:
        if chosen:
            confirmed = set(
                hold_release_many(
                    hold_ids=chosen, reason=request.POST.get("reason", ""), actor=actor_of(request), at=timezone.now()
                )
            )  # fmt: skip
    except KeelError as error:
        chosen, refused = [], f"{error.message}. {error.remedy}"
    outcomes = []
    for hold in Hold.objects.filter(pk__in=ids).select_related("order").order_by("pk"):
        name = f"{hold.order.number} {hold.get_kind_display()}"
        if hold.pk in chosen:
            said = "Released." if hold.order_id in confirmed else "Released; another hold keeps the order."
            outcomes.append((name, True, said))
        else:
            outcomes.append((name, False, refused or _why_not(hold)))
    return outcomes


def _why_not(hold: Hold) -> str:
    if hold.state != HoldState.OPEN:
        return "Was closed before."
    return f"It is for {Role(hold.owner_role).label} to decide."


def preview_reject(queryset: QuerySet[Hold], request: HttpRequest) -> list[str]:
    """This function will say which orders are cancelled and what they are worth."""
    yours, others = _yours(queryset, request)
    orders = {hold.order_id for hold in yours}
    return [
        f"{len(orders)} orders worth {_value(orders)} are cancelled, with every hold on them.",
        *_left_out(others),
    ]


def run_reject(ids: list[int], request: HttpRequest) -> list[tuple[str, bool, str]]:
    """This function will reject the holds one by one and say what became of each order."""
    outcomes = []
    reason, actor = request.POST.get("reason", ""), actor_of(request)
    for hold in Hold.objects.filter(pk__in=ids).select_related("order").order_by("pk"):
        name = f"{hold.order.number} {hold.get_kind_display()}"
        try:
            units = hold_reject(hold_id=hold.pk, reason=reason, actor=actor, at=timezone.now())
        except KeelError as error:
            outcomes.append((name, False, f"{error.message}. {error.remedy}"))
        else:
            outcomes.append((name, True, f"Order cancelled, {units} units."))
    return outcomes


class HoldList(ListPage):
    permission, title, list_code = "orders.view", "Holds", "orders.holds"
    table_class, filterset_class = tables.HoldTable, filters.HoldFilter
    search_fields = ("order__number__istartswith", "order__customer__name", "reason")
    default_order = ("due_at", "pk")
    hidden_columns = ("opened_at",)
    bulk_actions = [
        BulkAction("release", "Release", RELEASE, preview=preview_release, run=run_release, fields=ask_why),
        BulkAction(
            "reject", "Reject and cancel", RELEASE, preview=preview_reject, run=run_reject, icon="ban", fields=ask_why
        ),
    ]  # fmt: skip
    empty_title, empty_text = "No holds", "Clean orders go straight through; what a check stops appears here."
    summary_template = "orders/partials/_hold_queues.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Hold]:
        return Hold.objects.select_related("order")

    def get_summary(self, request: HttpRequest, rows: QuerySet[Any]) -> dict[str, Any]:
        """The tabs per owner, and the tiles per kind of the owner that is chosen."""
        queues, chosen = hold_queues(at=timezone.now()), request.GET.getlist("owner_role")
        tabs = [("", "Everybody", sum(queue.holds for queue in queues))]
        for role, label in OWNERS:
            count = sum(queue.holds for queue in queues if queue.owner_role == role)
            if count or role in actor_of(request).roles or role in chosen:
                tabs.append((role, label, count))
        shown = [queue for queue in queues if not chosen or queue.owner_role in chosen]
        return {"tabs": tabs, "chosen": chosen[0] if len(chosen) == 1 else "", "tiles": _tiles(shown)}


def _tiles(queues: list[HoldQueue]) -> list[dict[str, Any]]:
    """One tile per kind, whoever's it is, the kind that has waited longest first."""
    tiles: dict[str, dict[str, Any]] = {}
    for queue in queues:
        tile = tiles.setdefault(
            queue.kind,
            {
                "kind": queue.kind,
                "label": HoldKind(queue.kind).label,
                "holds": 0,
                "overdue": 0,
                "money": 0,
                "oldest": None,
            },
        )
        tile["holds"] += queue.holds
        tile["overdue"] += queue.overdue
        tile["money"] += queue.money
        oldest = [at for at in (tile["oldest"], queue.oldest) if at is not None]
        tile["oldest"] = min(oldest) if oldest else None
    return list(tiles.values())


class HoldRecord(RecordPage):
    permission, title, machine = "orders.view", "Hold", HOLD
    list_page, list_url_name = HoldList, "orders:hold_list"

    def get_object(self, request: HttpRequest, **kw: Any) -> Hold:
        return get_object_or_404(
            Hold.objects.select_related("order", "order__customer", "order__channel", "closed_by").annotate(
                has_others=Exists(
                    Hold.objects.filter(order=OuterRef("order"), state=HoldState.OPEN).exclude(
                        pk=OuterRef("pk")
                    )
                )
            ),
            pk=kw["pk"],
        )

    def get_title(self, obj: Hold) -> str:
        return f"{obj.get_kind_display()} hold on {obj.order.number}"

    def get_subtitle(self, obj: Hold) -> str:
        return obj.reason

    def get_tags(self, obj: Hold) -> list[tuple[str, str, str]]:
        if obj.state != HoldState.OPEN:
            return []
        tags = [("past its clock", "danger", "clock-alert")] if obj.due_at < timezone.now() else []
        if obj.escalated_at:
            tags.append(("escalated", "warning", "arrow-up"))
        if obj.has_others:  # type: ignore[attr-defined]
            tags.append(("other holds keep the order too", "neutral", "hand"))
        return tags

    def get_facts(self, obj: Hold) -> list[Fact]:
        order = obj.order
        return [
            Fact("Order", order.number, reverse("orders:order_detail", args=[order.pk])),
            Fact("Order value", money_text(order.total, order.currency)),
            Fact("Customer", order.customer.name if order.customer else "Guest",
                 reverse("orders:customer_detail", args=[order.customer_id]) if order.customer_id else ""),
            Fact("Owner", Role(obj.owner_role).label),
            Fact("Opened", when_html(obj.opened_at, "ago")),
            Fact("Due", when_html(obj.due_at, "ago")),
        ]  # fmt: skip

    def get_actions(self, obj: Hold, user: AbstractBaseUser) -> list[Action]:
        actor: Any = user
        closed = "" if obj.state == HoldState.OPEN else f"It is {obj.get_state_display().lower()}."
        mine = closed or (
            "" if hold_is_decidable(obj, actor) else f"It is for {Role(obj.owner_role).label} to decide."
        )
        why = ActionField("reason", "Why", kind="textarea")
        roles = [row for row in OWNERS if row[0] != obj.owner_role]
        later = timezone.localtime(max(obj.due_at, timezone.now()) + timedelta(hours=24))
        until = ActionField("until", "Until", kind="datetime-local", value=later.strftime("%Y-%m-%dT%H:%M"))
        actions = [
            Action("Release", _to("hold_release", obj), RELEASE, primary=True, disabled_reason=mine, fields=[why]),
            Action("Check again", _to("hold_check", obj), RELEASE, disabled_reason=closed),
            Action("Reassign", _to("hold_reassign", obj), RELEASE, disabled_reason=mine,
                   fields=[ActionField("role", "To", kind="select", choices=roles), why]),
            Action("Extend clock", _to("hold_extend", obj), RELEASE, disabled_reason=mine, fields=[until, why]),
            Action("Reject", _to("hold_reject", obj), RELEASE, danger=True, disabled_reason=mine, fields=[why],
                   confirm="The order is cancelled, with every hold on it."),
        ]  # fmt: skip
        if obj.kind == HoldKind.ADDRESS:
            actions.insert(1, Action("Correct address", reverse("orders:order_address", args=[obj.order_id]), "orders.edit",
                                     method="get", disabled_reason=closed))  # fmt: skip
        return actions

    def get_panels(self, obj: Hold) -> list[Panel]:
        rule = hold_rules()[obj.kind]
        context = {
            "steps": rule.playbook, "release_by": HoldRelease(rule.release_by).label, "escalate": rule.escalate.label,
            "escalates_at": obj.due_at + rule.escalate_after,
        }  # fmt: skip
        others = list(obj.order.holds.exclude(pk=obj.pk).order_by("pk"))
        other_panels = [
            Panel("Other holds of the order", "orders/partials/_holds.html", {"holds": others, "obj": None}, column="side")
        ]  # fmt: skip
        return [
            Panel("Evidence", "orders/partials/_hold_evidence.html", {"rows": evidence_rows(obj.evidence)}),
            Panel("Playbook", "orders/partials/_hold_playbook.html", context),
            *(other_panels if others else []),
            Panel("Ship to", "orders/partials/_ship_to.html", {"obj": obj.order}, column="side"),
        ]  # fmt: skip


def evidence_rows(evidence: Any, prefix: str = "") -> list[tuple[str, str]]:
    """This function will write evidence as (what, value) pairs; what is nested gets a path, such as "rules 1 · why"."""
    if isinstance(evidence, dict):
        parts = [(str(key).replace("_", " "), value) for key, value in evidence.items()]
    elif (
        isinstance(evidence, list)
        and evidence
        and all(isinstance(item, dict) and "rule" in item for item in evidence)
    ):
        return [(str(item["rule"]), f"{item['points']} points: {item['why']}") for item in evidence]
    elif isinstance(evidence, list) and any(isinstance(item, (dict, list)) for item in evidence):
        parts = [(str(number), value) for number, value in enumerate(evidence, start=1)]
    elif isinstance(evidence, list):
        return [(prefix, ", ".join(map(str, evidence)) or "none")]
    else:
        words = {None: "none", True: "yes", False: "no"}
        return [
            (prefix, words.get(evidence, str(evidence)) if evidence in (None, True, False) else str(evidence))
        ]
    rows = []
    for name, value in parts:
        rows += evidence_rows(value, f"{prefix} · {name}" if prefix else name)
    return rows


def _to(name: str, hold: Hold) -> str:
    return reverse(f"orders:{name}", args=[hold.pk])


@page(RELEASE)
@require_POST
def hold_release_view(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will release one hold."""
    reason = request.POST.get("reason", "")
    return run_action(
        request,
        lambda: hold_release_many(hold_ids=[pk], reason=reason, actor=actor_of(request), at=timezone.now()),
        done=lambda free: (
            "Released: the order goes on." if free else "Released; another hold keeps the order."
        ),
        url=reverse("orders:hold_detail", args=[pk]),
    )


@page(RELEASE)
@require_POST
def hold_reject_view(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will cancel the order of a hold."""
    reason = request.POST.get("reason", "")
    return run_action(
        request,
        lambda: hold_reject(hold_id=pk, reason=reason, actor=actor_of(request), at=timezone.now()),
        done="Rejected: the order is cancelled.", url=reverse("orders:hold_detail", args=[pk]),
    )  # fmt: skip


@page(RELEASE)
@require_POST
def hold_reassign_view(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will make a hold another role's work."""
    role, reason = request.POST.get("role", ""), request.POST.get("reason", "")
    return run_action(
        request,
        lambda: hold_reassign(hold_id=pk, role=role, reason=reason, actor=actor_of(request), at=timezone.now()),
        done="Reassigned.", url=reverse("orders:hold_detail", args=[pk]),
    )  # fmt: skip


@page(RELEASE)
@require_POST
def hold_extend_view(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will give a hold more time."""
    reason = request.POST.get("reason", "")
    return run_action(
        request,
        lambda: hold_extend(
            hold_id=pk, until=_moment(request.POST.get("until", "")), reason=reason, actor=actor_of(request),
            at=timezone.now(),
        ),
        done="It has more time.", url=reverse("orders:hold_detail", args=[pk]),
    )  # fmt: skip


def _moment(text: str) -> datetime:
    try:
        return timezone.make_aware(datetime.fromisoformat(text).replace(tzinfo=None))
    except ValueError as error:
        raise InvalidInput("that is no time", field="until", remedy="Choose day and time.") from error


@page(RELEASE)
@require_POST
def hold_check_view(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will run the checks again over the order of a hold."""
    order_id = get_object_or_404(Hold, pk=pk).order_id

    def said(found: list[Any]) -> str:
        if not found:
            return "The order is past its checks."
        kinds = [f"{HoldKind(kind).label} hold opened" for kind in found[0].opened]
        kinds += [f"{HoldKind(kind).label} hold released" for kind in found[0].released]
        return f"Checked again: {'; '.join(kinds) or 'nothing changed'}."

    return run_action(
        request, lambda: order_revalidate([order_id], actor=actor_of(request), at=timezone.now()), done=said,
        url=reverse("orders:hold_detail", args=[pk]),
    )  # fmt: skip


def _order_url(pk: int) -> str:
    return reverse("orders:order_detail", args=[pk])
