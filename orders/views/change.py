"""How do people change an order after intake: edit it, send it elsewhere, cancel a part, replace a product, merge, pay back?"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from erp.core.errors import KeelError
from erp.core.pages import Action, ActionField, FormPage, Panel, run_action
from erp.core.pages.actions import refusal_text
from erp.core.permissions import actor_of, page
from inventory.models import Product
from orders.forms import OrderAddressForm, OrderCancelForm, OrderEditForm, SubstituteForm
from orders.models import Order, OrderLine
from orders.selectors import merge_candidates, merge_groups, substitutes_for
from orders.services import (
    EditOutcome,
    ShipTo,
    order_allocate_many,
    order_cancel_preview,
    order_cancel_units,
    order_change_address,
    order_edit,
    order_edit_preview,
    order_line_substitute,
    order_merge,
    order_pay_back,
    price_override_withdraw,
)
from orders.services.change import UNRELEASED, changed_since, lines_now, order_version, pending_approval
from orders.services.edit import HEADER
from orders.services.refund_due import refund_due
from orders.states import HoldKind, OrderState
from orders.views.change_rows import Row, amount, edit_of, new_rows, rows_of, whole

EDITABLE = (*UNRELEASED, OrderState.RELEASED)
PARTIALS = "orders/partials"


def _go(pk: int) -> str:
    return reverse("orders:order_detail", args=[pk])


class _ChangePage(FormPage):
    """A form about one order. It carries the version it was filled in on, and says what changed meanwhile."""

    permission = "orders.edit"

    def order(self, **kwargs: Any) -> Order:
        return get_object_or_404(Order.objects.select_related("channel", "customer"), pk=kwargs["pk"])

    def get_breadcrumbs(self, request: HttpRequest, **kwargs: Any) -> list[tuple[str, str]]:
        order = self.order(**kwargs)
        return [("Orders", reverse("orders:order_list")), (str(order), _go(order.pk))]

    def get_title(self, request: HttpRequest, **kwargs: Any) -> str:
        return f"{self.title} {self.order(**kwargs)}"

    def get_extra_context(self, request: HttpRequest, form: Any, **kwargs: Any) -> dict[str, Any]:
        version, sent = order_version(kwargs["pk"]), request.POST.get("version", "")
        meanwhile = changed_since(kwargs["pk"], sent) if sent and sent != version else []
        return {"order": self.order(**kwargs), "version": version, "meanwhile": meanwhile}


class OrderEdit(_ChangePage):
    """The lines and the head of an order; what saving would do is shown beside while typing."""

    title, form_class, submit_label = "Edit", OrderEditForm, "Save the change"
    done = "Saved."
    help_text = "Everything on this page is saved together, or nothing is."
    template_name = "orders/order_edit.html"

    def get_initial(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        order = self.order(**kwargs)
        return {name: getattr(order, name) for name in HEADER}

    def get_extra_context(self, request: HttpRequest, form: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_extra_context(request, form, **kwargs)
        return context | {"rows": _rows(kwargs["pk"], request), "new_rows": new_rows(request)}

    def perform(self, request: HttpRequest, form: Any, **kwargs: Any) -> str:
        pk, at, actor = kwargs["pk"], timezone.now(), actor_of(request)
        data = dict(form.cleaned_data)
        reason = data.pop("reason")
        edit = edit_of(request, _kept(data, self.order(**kwargs)), request.POST.get("version", ""))
        outcome = order_edit(order_id=pk, edit=edit, reason=reason, actor=actor, at=at)
        if outcome.approval is None:
            order_allocate_many(order_ids=[pk], actor=actor, at=at)
        for said in _consequences(outcome, self.order(**kwargs)):
            messages.warning(request, said)
        return _go(pk)


def _consequences(outcome: EditOutcome, order: Order) -> list[str]:
    """What a person should know right after saving, besides that it is saved."""
    if outcome.approval is not None:
        return ["Nothing has changed yet: somebody else approves the price first, and the order waits."]
    said = [f"The order is on hold: {HoldKind(kind).label.lower()}." for kind in outcome.holds]
    if outcome.refund_due:
        said.append(f"{outcome.refund_due:,.2f} {order.currency} is to be paid back: finance has a case.")
    return said


def _kept(header: dict[str, Any], order: Order) -> dict[str, Any]:
    """The form shows minutes: a ship-by that was not touched keeps its seconds."""
    if header.get("ship_by") == order.ship_by.replace(second=0, microsecond=0):
        header["ship_by"] = order.ship_by
    return header


def _rows(pk: int, request: HttpRequest) -> list[Row]:
    lines = lines_now(pk)
    products = {line.product_id for line in lines}
    names = dict(Product.objects.filter(pk__in=products).values_list("pk", "name"))
    return rows_of(lines, names, set(substitutes_for(products, timezone.now().date())), request)


@page("orders.edit")
@require_POST
def order_edit_preview_view(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will show what saving the edit would do, or why it could not be saved."""
    order = get_object_or_404(Order, pk=pk)
    form = OrderEditForm(request.POST)
    form.is_valid()  # a reason is typed last; what is sound of the head is looked at
    header = {name: value for name, value in form.cleaned_data.items() if name in HEADER}
    context: dict[str, Any] = {"order": order}
    try:
        edit = edit_of(request, _kept(header, order), "")
        seen = order_edit_preview(order_id=pk, edit=edit, actor=actor_of(request), at=timezone.now())
        context |= {"seen": seen, "plan": seen.plan, "changes": seen.plan.changes()}
    except KeelError as refusal:
        context["refusal"] = refusal_text(refusal)
    return TemplateResponse(request, f"{PARTIALS}/_edit_preview.html", context)


class OrderAddress(_ChangePage):
    title, form_class, submit_label, done = (
        "Change address of",
        OrderAddressForm,
        "Change the address",
        "Address changed.",
    )
    help_text = "The checks run again. Into another country the stock is promised anew."
    template_name = "orders/order_change.html"

    def get_initial(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        order = self.order(**kwargs)
        return {name: getattr(order, name, "") for name in OrderAddressForm.base_fields if name != "reason"}

    def perform(self, request: HttpRequest, form: Any, **kwargs: Any) -> str:
        data = form.cleaned_data
        ship_to = ShipTo(
            *(data[f"ship_to_{name}"] for name in ("name", "line1", "city", "postcode", "country"))
        )
        order_change_address(
            order_id=kwargs["pk"], ship_to=ship_to, reason=data["reason"], version=request.POST.get("version", ""),
            actor=actor_of(request), at=timezone.now(),
        )  # fmt: skip
        return _go(kwargs["pk"])


class OrderCancelLines(_ChangePage):
    """Whole, by line or by unit; what it does is shown while typing."""

    title, form_class, submit_label, done = (
        "Cancel units of",
        OrderCancelForm,
        "Cancel these units",
        "Cancelled.",
    )
    help_text = "What is already being picked is recalled on the floor first."
    template_name = "orders/order_cancel.html"

    def get_extra_context(self, request: HttpRequest, form: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_extra_context(request, form, **kwargs)
        typed = dict(zip(request.POST.getlist("line_id"), request.POST.getlist("units"), strict=False))
        rows = [
            {
                "line": line,
                "units": typed.get(str(line.line_id), "0"),
                "left": line.wanted - line.shipped - line.planned,
            }
            for line in lines_now(kwargs["pk"])
        ]
        return context | {"rows": rows}

    def perform(self, request: HttpRequest, form: Any, **kwargs: Any) -> str:
        order_cancel_units(
            order_id=kwargs["pk"], quantities=_units(request), reason_code=form.cleaned_data["reason_code"],
            remark=form.cleaned_data["remark"], version=request.POST.get("version", ""), actor=actor_of(request),
            at=timezone.now(),
        )  # fmt: skip
        return _go(kwargs["pk"])


def _units(request: HttpRequest) -> dict[int, int] | None:
    if request.POST.get("whole"):
        return None
    pairs = zip(request.POST.getlist("line_id"), request.POST.getlist("units"), strict=False)
    return {
        whole(line, f"line {number}"): whole(units or "0", f"line {number}: units")
        for number, (line, units) in enumerate(pairs, start=1)
    }


@page("orders.edit")
@require_POST
def order_cancel_preview_view(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will show what cancelling these units would do, or why they can not be cancelled."""
    context: dict[str, Any] = {"order": get_object_or_404(Order, pk=pk)}
    try:
        context["seen"] = order_cancel_preview(order_id=pk, quantities=_units(request))
    except KeelError as refusal:
        context["refusal"] = refusal_text(refusal)
    return TemplateResponse(request, f"{PARTIALS}/_cancel_preview.html", context)


class LineSubstitute(FormPage):
    """Another product instead of units of one line, by the rules in force."""

    permission, title, form_class = "orders.edit", "Substitute", SubstituteForm
    submit_label, done = "Substitute", "Substituted. The customer pays no more than before."

    def line(self, **kwargs: Any) -> OrderLine:
        return get_object_or_404(OrderLine.objects.select_related("order", "product"), pk=kwargs["pk"])

    def get_form(self, request: HttpRequest, data: Any = None, files: Any = None, **kwargs: Any) -> Any:
        line = self.line(**kwargs)
        form: Any = super().get_form(request, data, files, **kwargs)
        rules = substitutes_for([line.product_id], timezone.now().date()).get(line.product_id, [])
        form.fields["substitute"].choices = [
            (rule.substitute_id, f"{rule.sku}: {rule.per_product} → {rule.per_substitute}"
             + (", the customer has to agree" if rule.needs_agreement else "")) for rule in rules
        ]  # fmt: skip
        form.fields["quantity"].initial = line.quantity_ordered - line.quantity_cancelled
        return form

    def get_title(self, request: HttpRequest, **kwargs: Any) -> str:
        line = self.line(**kwargs)
        return f"Substitute {line.product.sku} of {line.order}"

    def get_breadcrumbs(self, request: HttpRequest, **kwargs: Any) -> list[tuple[str, str]]:
        order = self.line(**kwargs).order
        return [("Orders", reverse("orders:order_list")), (str(order), _go(order.pk))]

    def perform(self, request: HttpRequest, form: Any, **kwargs: Any) -> str:
        data, at, actor = form.cleaned_data, timezone.now(), actor_of(request)
        order_line_substitute(
            line_id=kwargs["pk"], substitute_product_id=data["substitute"], quantity=data["quantity"],
            reason=data["reason"], agreed=data["agreed"], actor=actor, at=at,
        )  # fmt: skip
        order_id = self.line(**kwargs).order_id
        order_allocate_many(order_ids=[order_id], actor=actor, at=at)
        return _go(order_id)


@page("orders.edit")
@require_POST
def order_merge_view(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will merge the ticked orders into this one."""
    ids = [
        int(text)
        for text in request.POST.getlist("other")
        if text.isascii() and text.isdigit() and len(text) < 19
    ]
    reason = request.POST.get("reason", "")
    return run_action(
        request,
        lambda: order_merge(order_ids=ids, target_id=pk, reason=reason, actor=actor_of(request), at=timezone.now()),
        done="Merged: the others are cancelled and point here.", url=_go(pk),
    )  # fmt: skip


@page("orders.edit")
@require_POST
def order_withdraw_override(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will take a price override back that waits for approval."""
    reason = request.POST.get("reason", "")
    return run_action(
        request,
        lambda: price_override_withdraw(order_id=pk, reason=reason, actor=actor_of(request), at=timezone.now()),
        done="Withdrawn: the old price stands.", url=_go(pk),
    )  # fmt: skip


@page("orders.refund")
@require_POST
def order_pay_back_view(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will record money paid back for what an order no longer costs."""
    post = request.POST

    def pay() -> int:
        return order_pay_back(
            order_id=pk, provider=post.get("provider", ""), provider_ref=post.get("provider_ref", ""),
            amount=amount(post.get("amount", ""), "amount"), actor=actor_of(request), at=timezone.now(),
        )  # fmt: skip

    return run_action(request, pay, done="Recorded and posted.", url=_go(pk))


def change_actions(order: Order) -> list[Action]:
    """This function will return what an order's page offers to change it."""
    late = "" if order.state in EDITABLE else f"It is {order.get_state_display().lower()}."
    floor = (
        ""
        if order.state in UNRELEASED
        else late or "Its goods are on the floor: cancel the fulfilment order first."
    )
    found = [
        Action("Edit", reverse("orders:order_edit", args=[order.pk]), "orders.edit", method="get", disabled_reason=late),
        Action("Change address", reverse("orders:order_address", args=[order.pk]), "orders.edit", method="get",
               disabled_reason=floor),
        Action("Cancel units", reverse("orders:order_cancel_lines", args=[order.pk]), "orders.edit", method="get",
               disabled_reason=late),
    ]  # fmt: skip
    waiting = pending_approval(order.pk) if order.state in EDITABLE else None
    if waiting is not None:
        fields = [ActionField("reason", "Why", kind="textarea")]
        url = reverse("orders:order_withdraw_override", args=[order.pk])
        found.append(Action("Withdraw override", url, "orders.edit", fields=fields))
    owed = refund_due(order) if order.amount_paid else None
    if owed:
        fields = [
            ActionField("amount", f"Amount, {order.currency}", value=f"{owed:.2f}"),
            ActionField("provider", "Provider"), ActionField("provider_ref", "The provider's reference"),
        ]  # fmt: skip
        found.append(
            Action(
                "Pay back", reverse("orders:order_pay_back", args=[order.pk]), "orders.refund", fields=fields
            )
        )
    return found


def merge_panels(order: Order) -> list[Panel]:
    """This function will return the panel of orders that could leave together with this one, if there are any."""
    others = merge_candidates(order)
    if not others:
        return []
    return [
        Panel(
            "Could leave together",
            f"{PARTIALS}/_merge.html",
            {"others": others},
            column="side",
            anchor="merge",
        )
    ]


def preview_merge(queryset: QuerySet[Order], request: HttpRequest) -> list[str]:
    """This function will say which of the orders would become one."""
    groups = merge_groups(queryset.select_related("channel"))
    said = [f"{group[0]} ← {', '.join(map(str, group[1:]))}" for group in groups]
    left = queryset.count() - sum(map(len, groups))
    return [
        *said,
        f"{left} orders have no other one to the same customer and address; they stay as they are.",
    ]


def run_merge(ids: list[int], request: HttpRequest) -> list[tuple[str, bool, str]]:
    """This function will merge each group of the orders into its oldest one, group by group."""
    outcomes = []
    for group in merge_groups(Order.objects.filter(pk__in=ids).select_related("channel")):
        target, others = group[0], [order.pk for order in group[1:]]
        try:
            order_merge(
                order_ids=others, target_id=target.pk, reason="Same customer, same address", actor=actor_of(request),
                at=timezone.now(),
            )  # fmt: skip
        except KeelError as refusal:
            outcomes.append((str(target), False, refusal_text(refusal)))
        else:
            outcomes.append((str(target), True, f"{len(others)} orders merged into it"))
    return outcomes
