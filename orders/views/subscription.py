"""Which pages show subscriptions, and what can people do to them there?"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

import django_filters
import django_tables2 as tables
from django import forms
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from erp.core.errors import InvalidInput
from erp.core.filters import KeelFilterSet, date_filter
from erp.core.forms import DateInput
from erp.core.pages import (
    Action,
    ActionField,
    Fact,
    FormPage,
    ListPage,
    Panel,
    PrimaryAction,
    RecordPage,
    run_action,
)
from erp.core.pages.format import money_text
from erp.core.permissions import actor_of, page
from erp.core.tables import KeelTable, LinkColumn, RecordColumn, StateColumn
from orders.models import Channel, Subscription
from orders.selectors.subscription import goods_amount, interval_words, upcoming_orders
from orders.services import (
    SubscriptionDraft,
    SubscriptionLineDraft,
    subscription_cancel,
    subscription_pause,
    subscription_resume,
    subscription_run_retry,
    subscription_save,
    subscription_skip,
)
from orders.states import SUBSCRIPTION, SubscriptionState

EDIT = "orders.subscription_edit"
BLANK_ROWS = 3
# the verb of the address → the service, and what the page says when it is done
VERBS: dict[str, tuple[Callable[..., Any], str]] = {
    "pause": (subscription_pause, "Paused. No order is raised until it is resumed."),
    "resume": (subscription_resume, "It goes on."),
    "skip": (subscription_skip, "The next date is left out."),
    "cancel": (subscription_cancel, "Cancelled. Orders it gave stay as they are."),
}


class SubscriptionTable(KeelTable):
    number = RecordColumn(accessor="number", order_by="pk", verbose_name="Subscription")
    state = StateColumn()
    customer = LinkColumn(
        "orders:customer_detail", pk="customer_id", accessor="customer__name", verbose_name="Customer"
    )
    channel = LinkColumn("orders:channel_detail", pk="channel_id")
    interval = tables.Column(accessor="interval_unit", verbose_name="How often", orderable=False)
    next_date = tables.DateColumn(format="j M Y", verbose_name="Next")
    end_date = tables.DateColumn(format="j M Y", verbose_name="Ends")

    class Meta(KeelTable.Meta):
        model = Subscription
        fields = (
            "number", "state", "customer", "channel", "interval", "next_date", "price_rule", "payment_kind", "end_date",
        )  # fmt: skip

    def render_interval(self, record: Subscription) -> str:
        return interval_words(record)


class SubscriptionFilter(KeelFilterSet):
    state = django_filters.MultipleChoiceFilter(choices=SubscriptionState.choices, label="State")
    channel = django_filters.ModelMultipleChoiceFilter(
        queryset=Channel.objects.order_by("code"), to_field_name="code", label="Channel"
    )
    due_until = date_filter("next_date", "lte", "Due until")

    class Meta:
        model = Subscription
        fields: list[str] = []


class SubscriptionList(ListPage):
    permission, title, list_code = "orders.view", "Subscriptions", "orders.subscriptions"
    table_class, filterset_class = SubscriptionTable, SubscriptionFilter
    search_fields = ("customer__name", "customer__number__istartswith", "lines__product__sku__istartswith")
    default_order = ("next_date", "pk")
    hidden_columns = ("payment_kind", "end_date")
    primary_action = PrimaryAction("New subscription", "orders:subscription_create")
    empty_title, empty_text = (
        "No subscriptions",
        "A standing order raises its orders by itself, one per date.",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Subscription]:
        return Subscription.objects.select_related("customer", "channel")

    def search(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """This function will find a subscription by its number, SUB-17, or by customer or SKU."""
        number = text.upper().removeprefix("SUB-")
        if number.isascii() and number.isdigit() and len(number) < 18 and text.upper().startswith("SUB-"):
            return rows.filter(pk=int(number))
        return super().search(rows, text).distinct() if text else rows


class SubscriptionRecord(RecordPage):
    permission, title, machine = "orders.view", "Subscription", SUBSCRIPTION
    list_page, list_url_name = SubscriptionList, "orders:subscription_list"

    def get_object(self, request: HttpRequest, **kw: Any) -> Subscription:
        found = Subscription.objects.select_related("customer", "channel").prefetch_related("lines__product")
        return get_object_or_404(found, pk=kw["pk"])

    def get_facts(self, obj: Subscription) -> list[Fact]:
        amount = goods_amount(obj)
        return [
            Fact("Customer", obj.customer.name, url=reverse("orders:customer_detail", args=[obj.customer_id])),
            Fact("Channel", obj.channel.name),
            Fact("How often", interval_words(obj), hint=f"from {obj.start_date}, at {obj.due_hour}:00"),
            Fact("Next order", str(obj.next_date or "–")),
            Fact("Goods today", money_text(amount, obj.channel.currency) if amount is not None else "a price is missing"),
            Fact("Prices", obj.get_price_rule_display()),
            Fact("Payment", obj.get_payment_kind_display(), hint=obj.payment_reference),
        ]  # fmt: skip

    def get_actions(self, obj: Subscription, user: Any) -> list[Action]:
        reason = [ActionField("reason", "Why", kind="textarea")]
        active = "" if obj.state == SubscriptionState.ACTIVE else "It is not active."
        paused = "" if obj.state == SubscriptionState.PAUSED else "It is not paused."
        over = "" if SUBSCRIPTION.allows(obj.state, SubscriptionState.CANCELLED) else "It is over."

        def act(verb: str) -> str:
            return reverse("orders:subscription_act", args=[obj.pk, verb])

        return [
            Action("Resume", act("resume"), EDIT, primary=True, disabled_reason=paused, fields=reason,
                   confirm="It goes on with the first date from today on."),
            Action("Change", reverse("orders:subscription_edit", args=[obj.pk]), EDIT, method="get", disabled_reason=over),
            Action("Skip next", act("skip"), EDIT, disabled_reason=active, fields=reason,
                   confirm=f"No order is raised for {obj.next_date}."),
            Action("Pause", act("pause"), EDIT, disabled_reason=active, fields=reason),
            Action("Cancel subscription", act("cancel"), EDIT, danger=True, disabled_reason=over, fields=reason,
                   confirm="It can not be resumed after that."),
        ]  # fmt: skip

    def get_panels(self, obj: Subscription) -> list[Panel]:
        runs = obj.runs.select_related("order").order_by("-due_date")[:50]
        return [
            Panel(
                "In every order",
                "orders/partials/_subscription_lines.html",
                {"lines": obj.lines.all()},
                flush=True,
            ),
            Panel(
                "Upcoming orders",
                "orders/partials/_upcoming.html",
                {"upcoming": upcoming_orders(obj)},
                column="side",
            ),
            Panel("Dates dealt with", "orders/partials/_subscription_runs.html", {"runs": runs}, flush=True),
        ]


class SubscriptionFields(forms.Form):
    customer_number = forms.CharField(max_length=40)
    channel = forms.ModelChoiceField(
        Channel.objects.filter(is_active=True).order_by("code"), to_field_name="code"
    )
    start_date = forms.DateField(
        widget=DateInput(), help_text="The first order. Months keep its day, or take their last."
    )
    interval_count = forms.IntegerField(min_value=1, max_value=366, initial=1, label="Every")
    interval_unit = forms.ChoiceField(
        choices=Subscription.UNITS, initial="MONTH", label="Days, weeks or months"
    )
    end_date = forms.DateField(widget=DateInput(), required=False, help_text="Blank = until it is cancelled.")
    due_hour = forms.IntegerField(
        min_value=0, max_value=23, initial=6, label="At hour", help_text="Of the company’s day, 0 to 23."
    )
    price_rule = forms.ChoiceField(choices=Subscription.PRICES, label="Prices")
    payment_kind = forms.ChoiceField(choices=Subscription.PAYMENTS, label="Payment")
    payment_reference = forms.CharField(
        max_length=120,
        required=False,
        help_text="Orders wait on a hold until the provider has captured the money.",
    )


class SubscriptionForm_(FormPage):
    """Create and edit share one form; with a pk it edits."""

    permission, form_class, done = EDIT, SubscriptionFields, "Subscription saved."
    template_name = "orders/subscription_form.html"

    def get_title(self, request: HttpRequest, **kw: Any) -> str:
        return "Change subscription" if "pk" in kw else "New subscription"

    def get_breadcrumbs(self, request: HttpRequest, **kw: Any) -> list[tuple[str, str]]:
        return [("Subscriptions", reverse("orders:subscription_list"))]

    def get_initial(self, request: HttpRequest, **kw: Any) -> dict[str, Any]:
        if "pk" not in kw:
            return {"start_date": timezone.localdate(), **super().get_initial(request, **kw)}
        found = get_object_or_404(Subscription.objects.select_related("customer", "channel"), pk=kw["pk"])
        same = {name: getattr(found, name) for name in SubscriptionFields.base_fields if hasattr(found, name)}
        return {**same, "customer_number": found.customer.number, "channel": found.channel.code}

    def get_extra_context(self, request: HttpRequest, form: Any, **kw: Any) -> dict[str, Any]:
        rows = _rows(request)
        if request.method == "GET" and "pk" in kw:
            found = get_object_or_404(Subscription.objects.prefetch_related("lines__product"), pk=kw["pk"])
            rows = [
                {"sku": line.product.sku, "quantity": line.quantity, "unit_price": line.unit_price or ""}
                for line in found.lines.all()
            ]
        blank = {"sku": "", "quantity": "", "unit_price": ""}
        return {"rows": rows + [blank] * max(BLANK_ROWS - len(rows), 1)}

    def perform(self, request: HttpRequest, form: Any, **kw: Any) -> str:
        data = {**form.cleaned_data, "channel": form.cleaned_data["channel"].code}
        draft = SubscriptionDraft(
            **data, lines=[_line(n, row) for n, row in enumerate(_rows(request), start=1)]
        )
        saved = subscription_save(
            draft, subscription_id=kw.get("pk"), actor=actor_of(request), at=timezone.now()
        )
        return reverse("orders:subscription_detail", args=[saved.pk])


def _rows(request: HttpRequest) -> list[dict[str, Any]]:
    """The filled rows of the line table."""
    columns = [request.POST.getlist(name) for name in ("sku", "quantity", "unit_price")]
    return [
        {"sku": sku, "quantity": quantity, "unit_price": price}
        for sku, quantity, price in zip(*columns, strict=False)
        if (sku + quantity + price).strip()
    ]


def _line(number: int, row: dict[str, str]) -> SubscriptionLineDraft:
    quantity, price = row["quantity"].strip(), row["unit_price"].strip()
    if not (quantity.isascii() and quantity.isdigit() and len(quantity) < 10):
        raise InvalidInput(
            f"line {number}: the units are no whole number", field="lines", remedy="Correct it."
        )
    try:
        return SubscriptionLineDraft(row["sku"], int(quantity), Decimal(price) if price else None)
    except InvalidOperation as error:
        raise InvalidInput(
            f"line {number}: the price is no number", field="lines", remedy="Write 12.50."
        ) from error


@page(EDIT)
@require_POST
def subscription_act_view(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """This function will pause, resume, skip or cancel a subscription."""
    if verb not in VERBS:
        raise Http404("no such act")
    service, done = VERBS[verb]
    return run_action(
        request,
        lambda: service(
            subscription_id=pk,
            reason=request.POST.get("reason", ""),
            actor=actor_of(request),
            at=timezone.now(),
        ),
        done=done,
        url=reverse("orders:subscription_detail", args=[pk]),
    )


@page(EDIT)
@require_POST
def subscription_retry_view(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will raise a date that failed once more; `run` names it."""
    run = request.POST.get("run", "")
    run_id = int(run) if run.isascii() and run.isdigit() and len(run) < 18 else 0
    return run_action(
        request,
        lambda: subscription_run_retry(run_id=run_id, actor=actor_of(request), at=timezone.now()),
        done="The order was raised.",
        url=reverse("orders:subscription_detail", args=[pk]),
    )
