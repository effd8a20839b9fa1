"""Which pages show holds, customers, channels and listings?"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from erp.core.pages import Action, BulkAction, Fact, FormPage, ListPage, Panel, PrimaryAction, RecordPage
from erp.core.pages.format import money_text
from orders import filters, tables
from orders.forms import CustomerForm
from orders.models import Channel, ChannelMail, Customer, Hold, Listing, Order
from orders.notices import AUTOMATIC
from orders.selectors import customer_balance
from orders.services import CustomerDraft, customer_save, hold_release_many
from orders.states import HoldState


def preview_release(queryset: QuerySet[Hold], request: HttpRequest) -> list[str]:
    """This function will say what releasing these holds sets in motion."""
    chosen = queryset.filter(state=HoldState.OPEN)
    orders = chosen.values("order_id").distinct().count()
    return [
        f"{chosen.count()} open holds on {orders} orders. An order without another open hold goes on to allocation."
    ]


def run_release(ids: list[int], request: HttpRequest) -> list[tuple[str, bool, str]]:
    """This function will release the holds that are still open, all or none."""
    open_ids = list(Hold.objects.filter(pk__in=ids, state=HoldState.OPEN).values_list("pk", flat=True))
    actor: Any = request.user
    if open_ids:
        hold_release_many(
            hold_ids=open_ids, reason="Released from the hold list", actor=actor, at=timezone.now()
        )
    done = set(open_ids)
    return [
        (
            f"{hold.order.number} {hold.kind}",
            hold.pk in done,
            "Released." if hold.pk in done else "Was closed before.",
        )
        for hold in Hold.objects.filter(pk__in=ids).select_related("order").order_by("pk")
    ]


class HoldList(ListPage):
    permission, title, list_code = "orders.view", "Holds", "orders.holds"
    table_class, filterset_class = tables.HoldTable, filters.HoldFilter
    search_fields = ("order__number__istartswith", "reason")
    default_order = ("due_at", "pk")
    bulk_actions = [
        BulkAction("release", "Release", "orders.hold_release", preview=preview_release, run=run_release)
    ]
    empty_title, empty_text = "No holds", "Clean orders go straight through; what a check stops appears here."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Hold]:
        return Hold.objects.select_related("order")


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
            Fact("Ships", obj.get_ships_complete_display(), hint=f"at most {obj.max_shipments}" if obj.max_shipments else ""),
        ]  # fmt: skip

    def get_actions(self, obj: Customer, user: AbstractBaseUser) -> list[Action]:
        return [Action("Edit", reverse("orders:customer_edit", args=[obj.pk]), "orders.edit", method="get")]

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

    def perform(self, request: HttpRequest, form: Any, **kw: Any) -> str:
        actor: Any = request.user
        draft = CustomerDraft(**form.cleaned_data)
        customer = customer_save(draft, customer_id=kw.get("pk"), actor=actor, at=timezone.now())
        return reverse("orders:customer_detail", args=[customer.pk])


class ChannelList(ListPage):
    permission, title, list_code = "orders.view", "Channels", "orders.channels"
    table_class, filterset_class = tables.ChannelTable, filters.ChannelFilter
    search_fields = ("code", "name")
    default_order = ("code",)
    empty_title, empty_text = "No channels", "An administrator adds the places orders come from."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Channel]:
        return Channel.objects.select_related("policy")


class ChannelRecord(RecordPage):
    permission, title = "orders.view", "Channel"
    list_page, list_url_name = ChannelList, "orders:channel_list"

    def get_object(self, request: HttpRequest, **kw: Any) -> Channel:
        return get_object_or_404(Channel.objects.select_related("policy", "mail"), pk=kw["pk"])

    def get_actions(self, obj: Channel, user: AbstractBaseUser) -> list[Action]:
        url = reverse("orders:channel_mail", args=[obj.pk])
        return [Action("E-mail to customers", url, "orders.message_edit", method="get", icon="mail")]

    def get_facts(self, obj: Channel) -> list[Fact]:
        return [
            Fact("Name", obj.name), Fact("Kind", obj.get_kind_display()), Fact("Currency", obj.currency),
            Fact("Payment", "prepaid" if obj.is_prepaid else "on invoice"), Fact("Ships within", f"{obj.ship_within_hours} h"),
            Fact("E-mail", _mail_words(getattr(obj, "mail", None))),
            Fact("Policy", str(obj.policy or "default")), Fact("Listings", f"{obj.listings.count():,}"),
        ]  # fmt: skip

    def get_panels(self, obj: Channel) -> list[Panel]:
        orders = Order.objects.filter(channel=obj).select_related("channel").order_by("-ordered_at")[:20]
        return [
            Panel("Latest orders", "orders/partials/_customer_orders.html", {"orders": orders}, flush=True)
        ]


def _mail_words(mail: ChannelMail | None) -> str:
    if mail is None or mail.notices_from is None:
        return "tells customers nothing"
    return f"{len(mail.kinds)} of {len(AUTOMATIC)} messages, {mail.get_language_display()}"


class ListingList(ListPage):
    permission, title, list_code = "orders.view", "Listings", "orders.listings"
    table_class, filterset_class = tables.ListingTable, filters.ListingFilter
    search_fields = ("channel_sku__istartswith", "product__sku__istartswith", "product__name")
    default_order = ("channel", "channel_sku")
    empty_title, empty_text = "No listings", "Without one, a channel's SKU is looked up among our own."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Listing]:
        return Listing.objects.select_related("channel", "product")
