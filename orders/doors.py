"""What does the order side know of incoming messages: who was turned away, which order is meant, was it proven?"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import CharField, F, IntegerField, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Concat
from django.http import QueryDict
from django.utils.dateparse import parse_date

from erp.core.doors import TURNED_AWAY, register_order_finder, register_turned_away, register_verdict
from erp.core.models import InboxMessage
from orders.models import ChannelFact, Connection, Order, RefusedDelivery
from orders.services.channel_message import ACTION

# Filters that only a stored message can answer: with one of them nothing of the door is listed.
STORED_ONLY = ("result", "order", "kind")
AGES = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}


def turned_away(params: QueryDict, at: datetime) -> QuerySet[Any] | None:
    """This function will return the refused deliveries that the inbox's query string asks for, as its rows."""
    states = params.getlist("state")
    if (states and TURNED_AWAY not in states) or any(params.get(name) for name in STORED_ONLY):
        return None
    if params.get("age") and params["age"] not in AGES:
        return None
    rows = RefusedDelivery.objects.filter(_asked(params, at))
    return rows.values_list(
        F("pk") * -1, Value(TURNED_AWAY, CharField()), Value(1, IntegerField()), F("channel_code"),
        Value("turned away", CharField()), Concat(Value("delivery "), Cast("pk", CharField()), output_field=CharField()),
        Value("", CharField()),
        F("message"), F("at"), Cast("reason", TextField()),
    )  # fmt: skip


def _asked(params: QueryDict, at: datetime) -> Q:
    asked = Q()
    for word in params.get("q", "").replace("\x00", "").split()[:8]:
        asked &= Q(channel_code__icontains=word) | Q(reason__icontains=word) | Q(message__icontains=word)
    for name, lookup in (
        ("source", "channel_code__icontains"),
        ("topic", "reason__icontains"),
        ("body", "body__icontains"),
    ):
        if value := params.get(name, "").replace("\x00", "").strip():
            asked &= Q(**{lookup: value})
    for name, lookup in (("since", "at__date__gte"), ("until", "at__date__lte")):
        if day := _day(params.get(name, "")):
            asked &= Q(**{lookup: day})
    if age := AGES.get(params.get("age", "")):
        asked &= Q(at__gte=at - age)
    return asked


def _day(text: str) -> Any:
    try:
        return parse_date(text)
    except ValueError:
        return None


def of_order(text: str) -> Q:
    """This function will return which messages are about the order of that number or of that id at its channel."""
    orders = Order.objects.filter(Q(number=text.upper()) | Q(external_id=text))
    names = [text, *orders.values_list("external_id", flat=True)]
    facts = ChannelFact.objects.filter(channel_order__external_id__in=names, message__isnull=False)
    return Q(pk__in=orders.values("inbox_message_id")) | Q(pk__in=facts.values("message_id"))


def proven(message: InboxMessage) -> str:
    """This function will say how a channel's message was proven."""
    connection = Connection.objects.filter(channel__code=message.source).first()
    name = f" ({connection})" if connection else ""
    return (
        f"Proven: {message.source}{name} signed it, or we fetched it there ourselves. What can not be proven is turned away "
        "at the door and is no message."
    )


register_turned_away(turned_away)
register_order_finder(of_order)
register_verdict(ACTION, proven)
