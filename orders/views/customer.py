"""Which pages show customers, their credit and their prices, and change them?"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from erp.core.pages import Action, Fact, FormPage, ListPage, Panel, PrimaryAction, RecordPage
from erp.core.pages.format import money_text
from erp.core.permissions import actor_of
from orders import filters, tables
from orders.forms import CreditForm, CustomerForm
from orders.models import CreditLimitChange, Customer, Hold, Order
from orders.selectors import credit_position, customer_balance
from orders.services import CustomerDraft, customer_credit_change, customer_save
from orders.states import HoldState


class CustomerList(ListPage):
    permission, title, list_code = "orders.view", "Customers", "orders.customers"
    table_class, filterset_class = tables.CustomerTable, filters.CustomerFilter
    search_fields = ("number__istartswith", "name", "email", "city")
    default_order = ("number",)
    hidden_columns = ("email",)
    primary_action = PrimaryAction("New customer", "orders:customer_create")
    empty_title, empty_text = "No customers", "They arrive with their first order, or you enter one."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Customer]:
        return Customer.objects.all()


class CustomerRecord(RecordPage):
    permission, title = "orders.view", "Customer"
    list_page, list_url_name = CustomerList, "orders:customer_list"

    def get_object(self, request: HttpRequest, **kw: Any) -> Customer:
        return get_object_or_404(Customer, pk=kw["pk"])

    def get_tags(self, obj: Customer) -> list[tuple[str, str, str]]:
        return [("blocked", "danger", "ban")] if obj.is_blocked else []

    def get_facts(self, obj: Customer) -> list[Fact]:
        sums: dict[str, Any] = customer_balance(obj.pk)
        limit = money_text(obj.credit_limit) if obj.credit_limit is not None else "none set"
        return [
            Fact("Name", obj.name), Fact("Segment", obj.get_segment_display()), Fact("Ordered", money_text(sums["ordered"])),
            Fact("Paid", money_text(sums["paid"])), Fact("Owes", money_text(sums["owes"])), Fact("Credit limit", limit),
        ]  # fmt: skip

    def get_actions(self, obj: Customer, user: AbstractBaseUser) -> list[Action]:
        return [
            Action("Credit", reverse("orders:customer_credit", args=[obj.pk]), "orders.view", method="get"),
            Action("Edit", reverse("orders:customer_edit", args=[obj.pk]), "orders.edit", method="get"),
        ]

    def get_panels(self, obj: Customer) -> list[Panel]:
        orders = Order.objects.filter(customer=obj).select_related("channel").order_by("-ordered_at")[:20]
        return [
            Panel("Latest orders", "orders/partials/_customer_orders.html", {"orders": orders}, flush=True),
            Panel("Address", "orders/partials/_customer_address.html", column="side"),
        ]


class CustomerForm_(FormPage):
    """Create and edit share one form; with a pk it edits."""

    permission, form_class, done = "orders.edit", CustomerForm, "Customer saved."

    def get_title(self, request: HttpRequest, **kw: Any) -> str:
        return "Edit customer" if "pk" in kw else "New customer"

    def get_breadcrumbs(self, request: HttpRequest, **kw: Any) -> list[tuple[str, str]]:
        return [("Customers", reverse("orders:customer_list"))]

    def get_initial(self, request: HttpRequest, **kw: Any) -> dict[str, Any]:
        if "pk" not in kw:
            return super().get_initial(request, **kw)
        customer = get_object_or_404(Customer, pk=kw["pk"])
        return {name: getattr(customer, name) for name in CustomerForm.base_fields}

    def get_form(self, request: HttpRequest, data: Any = None, files: Any = None, **kw: Any) -> Any:
        form: Any = super().get_form(request, data, files, **kw)
        if "pk" in kw:
            del form.fields["credit_limit"]  # the credit page's, with its approval
        return form

    def perform(self, request: HttpRequest, form: Any, **kw: Any) -> str:
        actor: Any = request.user
        customer = get_object_or_404(Customer, pk=kw["pk"]) if "pk" in kw else None
        terms = {}
        if "pk" in kw:  # the form of an edit does not speak of credit
            terms = {name: getattr(customer, name) for name in ("credit_limit", "payment_days")}
        draft = CustomerDraft(**form.cleaned_data | terms)
        customer = customer_save(draft, customer_id=kw.get("pk"), actor=actor, at=timezone.now())
        return reverse("orders:customer_detail", args=[customer.pk])


class CustomerCredit(CustomerRecord):
    """What a customer may owe, owes, and should have paid; and the orders that wait for it."""

    title = "Credit"

    def get_title(self, obj: Customer) -> str:
        return f"Credit of {obj.name}"

    def get_facts(self, obj: Customer) -> list[Fact]:
        found = credit_position(obj.pk, at=timezone.now())
        limit = money_text(obj.credit_limit) if obj.credit_limit is not None else "none set"
        room = money_text(obj.credit_limit - found.exposure) if obj.credit_limit is not None else "unlimited"
        orders = f"{reverse('orders:order_list')}?customer={obj.pk}"
        return [
            Fact("Limit", limit), Fact("Exposure", money_text(found.exposure), orders, "Invoiced and unpaid, or on order"),
            Fact("Room", room), Fact("Overdue", money_text(found.overdue)), Fact("Terms", f"{obj.payment_days} days"),
            Fact("Held for credit", f"{found.held} · {money_text(found.held_value)}"),
        ]  # fmt: skip

    def get_actions(self, obj: Customer, user: AbstractBaseUser) -> list[Action]:
        waiting = _waiting(obj.pk)
        return [
            Action(
                "Change terms", reverse("orders:customer_credit_change", args=[obj.pk]), "orders.credit_edit", method="get",
                primary=True, disabled_reason="A change waits for approval." if waiting else "",
            )
        ]  # fmt: skip

    def get_breadcrumbs(self, obj: Customer) -> list[tuple[str, str]]:
        return [(obj.number, reverse("orders:customer_detail", args=[obj.pk]))]

    def get_panels(self, obj: Customer) -> list[Panel]:
        holds = (
            Hold.objects.filter(order__customer=obj, state=HoldState.OPEN)
            .select_related("order")
            .order_by("due_at", "pk")
        )
        changes = obj.credit_changes.select_related("requested_by").order_by("-pk")[:20]
        return [
            Panel(
                "Orders on hold", "orders/partials/_customer_holds.html", {"holds": holds[:50]}, flush=True
            ),
            Panel(
                "Changes of terms", "orders/partials/_credit_changes.html", {"changes": changes}, flush=True
            ),
        ]


def _waiting(customer_id: int) -> bool:
    return CreditLimitChange.objects.filter(
        customer=customer_id, applied_at__isnull=True, refused_at__isnull=True
    ).exists()


class CustomerCreditChange(FormPage):
    permission, title, form_class = "orders.credit_edit", "Change credit terms", CreditForm
    submit_label = "Change terms"
    done = "Saved. A raise above your own limit waits for a second person."
    help_text = "Orders held for credit go on by themselves when the new terms allow."

    def get_initial(self, request: HttpRequest, **kw: Any) -> dict[str, Any]:
        customer = get_object_or_404(Customer, pk=kw["pk"])
        return {"limit": customer.credit_limit, "payment_days": customer.payment_days}

    def get_breadcrumbs(self, request: HttpRequest, **kw: Any) -> list[tuple[str, str]]:
        customer = get_object_or_404(Customer, pk=kw["pk"])
        return [
            ("Customers", reverse("orders:customer_list")),
            (f"Credit of {customer.name}", reverse("orders:customer_credit", args=[customer.pk])),
        ]

    def perform(self, request: HttpRequest, form: Any, **kw: Any) -> str:
        customer_credit_change(
            customer_id=kw["pk"], **form.cleaned_data, actor=actor_of(request), at=timezone.now()
        )
        return reverse("orders:customer_credit", args=[kw["pk"]])
