"""What did a message give, and what was turned away at a channel's door?"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from erp.core.models import InboxMessage
from erp.core.pages import Fact, Panel, RecordPage
from erp.core.pages.format import when_html
from erp.core.permissions import page
from erp.core.readable import readable
from erp.core.views.inbox import InboxMessageList
from erp.core.views.work import pretty
from orders.models import ChannelFact, Order, RefusedDelivery

VIEW = "core.work_view"
FACTS_SHOWN = 100


@page(VIEW)
@require_GET
def message_facts_panel(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will return what a message said of orders, and our orders that follow it."""
    message = get_object_or_404(InboxMessage.objects.only("pk", "result"), pk=pk)
    facts = list(
        ChannelFact.objects.filter(message=message)
        .select_related("channel_order__channel")
        .order_by("pk")[: FACTS_SHOWN + 1]
    )
    keys = {(fact.channel_order.channel_id, fact.channel_order.external_id) for fact in facts[:FACTS_SHOWN]}
    found = Order.objects.filter(channel__in={k[0] for k in keys}, external_id__in={k[1] for k in keys})
    orders = {(order.channel_id, order.external_id): order for order in found}
    for fact in facts:
        fact.our_order = orders.get((fact.channel_order.channel_id, fact.channel_order.external_id))  # type: ignore[attr-defined]
    own = Order.objects.filter(inbox_message_id=pk).first()
    context = {
        "facts": facts[:FACTS_SHOWN],
        "has_more": len(facts) > FACTS_SHOWN,
        "own": own,
        "message": message,
    }
    return render(request, "orders/partials/_message_facts.html", context)


class RefusedDeliveryRecord(RecordPage):
    """A request that was turned away: it was never a message, so nothing was done with it and it can not be replayed."""

    permission, title = VIEW, "Turned away"
    list_page, list_url_name = InboxMessageList, "inbox_message_list"

    def get_object(self, request: HttpRequest, **kw: Any) -> RefusedDelivery:
        return get_object_or_404(RefusedDelivery, pk=kw["pk"])

    def get_title(self, obj: RefusedDelivery) -> str:
        return f"Delivery {obj.pk}"

    def get_crumb(self, obj: RefusedDelivery) -> str:
        return f"Delivery {obj.pk}"

    def get_subtitle(self, obj: RefusedDelivery) -> str:
        return f"{obj.channel_code}: {obj.message}"

    def get_tags(self, obj: RefusedDelivery) -> list[tuple[str, str, str]]:
        return [("Turned away", "danger", "shield-x")]

    def get_facts(self, obj: RefusedDelivery) -> list[Fact]:
        return [
            Fact("Why", obj.reason.replace("_", " ")), Fact("Answered", f"HTTP {obj.status}"),
            Fact("Came from", obj.remote or "–"), Fact("When", when_html(obj.at)),
            Fact("Same bytes", self._times(obj), hint="times turned away"),
        ]  # fmt: skip

    @staticmethod
    def _times(obj: RefusedDelivery) -> str:
        return f"{RefusedDelivery.objects.filter(channel_code=obj.channel_code, body_hash=obj.body_hash).count():,}"

    def get_panels(self, obj: RefusedDelivery) -> list[Panel]:
        body = {
            "body": readable(obj.body),
            "key": f"sha256 of all of it {obj.body_hash}; its first 4,000 characters:",
        }
        proof = f"Not proven: {obj.message}. Nothing of it was looked at, and it has no effect."
        return [
            Panel("What it said", "core/partials/_readable.html", body),
            Panel("Proof", "core/partials/_words.html", {"text": proof}, column="side"),
            Panel("Headers", "core/partials/_raw.html", {"text": pretty(obj.headers)}, column="side"),
        ]
