"""Which pages show channels and listings?"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse

from erp.core.pages import Action, Fact, ListPage, Panel, RecordPage
from orders import filters, tables
from orders.models import Channel, ChannelMail, Order
from orders.notices import AUTOMATIC
from orders.views.connection import connection_actions, connection_panels


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
        return get_object_or_404(Channel.objects.select_related("policy", "mail", "connection"), pk=kw["pk"])

    def get_actions(self, obj: Channel, user: AbstractBaseUser) -> list[Action]:
        url = reverse("orders:channel_mail", args=[obj.pk])
        mail = Action("E-mail to customers", url, "orders.message_edit", method="get", icon="mail")
        return [*connection_actions(obj), mail]

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
            *connection_panels(obj),
            Panel("Latest orders", "orders/partials/_customer_orders.html", {"orders": orders}, flush=True),
        ]


def _mail_words(mail: ChannelMail | None) -> str:
    if mail is None or mail.notices_from is None:
        return "tells customers nothing"
    return f"{len(mail.kinds)} of {len(AUTOMATIC)} messages, {mail.get_language_display()}"
