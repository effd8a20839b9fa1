"""What can be released to the floor now, and which parcels go with the next carrier?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.generic import View

from erp.core.errors import KeelError
from erp.core.pages import FormPage
from erp.core.pages.actions import refusal_text
from erp.core.permissions import actor_of
from fulfillment.models import FulfillmentOrder
from fulfillment.selectors import Releasable, releasable
from fulfillment.services import fulfillment_release_many, shipment_confirm_many
from fulfillment.states import FulfillmentState
from fulfillment.views.fulfillment import CARRIERS

SHOWN = 300


@dataclass
class NodeGroup:
    """One node's part of the board: its rows by urgency, and how many are late, due within a day, or waiting."""

    node_id: int
    node: str
    rows: list[Releasable] = field(default_factory=list)
    late: int = 0
    today: int = 0
    waiting: int = 0

    @property
    def units(self) -> int:
        return sum(row.units for row in self.rows)


def group_by_node(rows: Sequence[Releasable], now: datetime) -> list[NodeGroup]:
    """This function will sort what can be released into nodes, the one with most late orders first."""
    groups: dict[int, NodeGroup] = {}
    for row in rows:
        group = groups.setdefault(row.node_id, NodeGroup(row.node_id, row.node))
        group.rows.append(row)
        group.waiting += row.is_waiting
        group.late += row.ship_by < now
        group.today += now <= row.ship_by < now + timedelta(days=1)
    return sorted(groups.values(), key=lambda group: (-group.late, -group.today, group.node))


class ReleaseBoard(View):
    """What is promised and not yet on the floor, by node and ship-by; a chosen part of it is released in one go."""

    permission = "fulfillment.view"

    def get(self, request: HttpRequest) -> HttpResponse:
        rows = releasable(limit=SHOWN + 1)
        now = timezone.now()
        context = {
            "title": "Release board",
            "groups": group_by_node(rows[:SHOWN], now),
            "is_cut": len(rows) > SHOWN,
            "shown": SHOWN,
            "now": now,
            "may_release": actor_of(request).may("fulfillment.release"),
        }
        return TemplateResponse(request, "fulfillment/release_board.html", context)

    def post(self, request: HttpRequest) -> HttpResponse:
        actor = actor_of(request)
        ids = [int(value) for value in request.POST.getlist("orders") if value.isascii() and value.isdigit()]
        board = reverse("fulfillment:release_board")
        if not actor.may("fulfillment.release"):
            messages.error(request, "Releasing needs the warehouse or the operations role.")
            return redirect(board)
        if not ids:
            messages.warning(request, "Choose at least one order.")
            return redirect(board)
        try:
            found = fulfillment_release_many(order_ids=ids[:SHOWN], actor=actor, at=timezone.now())
        except KeelError as refusal:
            messages.error(request, refusal_text(refusal))
            return redirect(board)
        said = f"{len(found.fulfillment_ids)} fulfilment orders on {len(found.pick_list_ids)} pick lists."
        if found.unserved_allocation_ids:
            count = len(found.unserved_allocation_ids)
            messages.warning(request, f"{said} {count} promises found no bin: see the exception desk.")
        else:
            messages.success(request, said)
        return redirect(reverse("fulfillment:pick_list_list") if found.pick_list_ids else board)


class ShipForm(forms.Form):
    """Which packed fulfilment orders go with which carrier."""

    carrier = forms.ChoiceField(choices=[(name, name) for name in CARRIERS])
    parcels = forms.TypedMultipleChoiceField(
        coerce=int, widget=forms.CheckboxSelectMultiple, label="Packed and waiting"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        packed = (
            FulfillmentOrder.objects.filter(state=FulfillmentState.PACKED)
            .select_related("order", "node")
            .order_by("ship_by", "pk")[:SHOWN]
        )
        choices = [(row.pk, f"{row.number} · {row.order.number} · {row.node.code}") for row in packed]
        self.fields["parcels"].choices = choices  # type: ignore[attr-defined]
        if not choices:
            self.fields["parcels"].help_text = "Nothing is packed right now."


class ShipConfirm(FormPage):
    """Everything the carrier takes, in one act."""

    permission, title, form_class = "fulfillment.ship", "Confirm shipments", ShipForm
    submit_label, done = "They have left", "Shipped. The customers are told."
    help_text = "Stock, cost and revenue are posted for every parcel you tick."

    def get_breadcrumbs(self, request: HttpRequest, **kwargs: Any) -> list[tuple[str, str]]:
        return [("Packing", reverse("fulfillment:pack_list"))]

    def perform(self, request: HttpRequest, form: Any, **kwargs: Any) -> str:
        shipment_confirm_many(
            fulfillment_ids=form.cleaned_data["parcels"], carrier=form.cleaned_data["carrier"],
            actor=actor_of(request), at=timezone.now(),
        )  # fmt: skip
        return reverse("fulfillment:shipment_list")
