"""Which pages show what is kept for carts, and who lets it go?"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from erp.core.pages import Action, ActionField, Fact, ListPage, Panel, RecordPage, run_action
from erp.core.pages.format import quantity_text, when_html
from erp.core.permissions import actor_of, page
from orders.filters import ReservationFilter
from orders.models import Reservation, ReservationLine
from orders.services import reservation_release
from orders.states import RESERVATION, ReservationState
from orders.tables import ReservationTable


class ReservationList(ListPage):
    permission, title, list_code = "orders.view", "Reservations", "orders.reservations"
    table_class, filterset_class = ReservationTable, ReservationFilter
    search_fields = ("key__istartswith", "order__number__istartswith", "lines__product__sku__iexact")
    default_order = ("-created_at", "-pk")
    empty_title = "No reservations"
    empty_text = "A channel keeps stock for a cart over the API; the units come back when the cart is not ordered in time."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        lines = ReservationLine.objects.filter(reservation=OuterRef("pk")).order_by().values("reservation")
        units = Subquery(lines.annotate(total=Sum("quantity")).values("total"))
        return Reservation.objects.select_related("channel", "order").annotate(units=units)

    def search(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        # lines join: a cart with two hits would appear twice
        found = super().search(rows, text)
        return found.distinct() if text else found


class ReservationRecord(RecordPage):
    permission, title, machine = "orders.view", "Reservation", RESERVATION
    list_page, list_url_name = ReservationList, "orders:reservation_list"

    def get_object(self, request: HttpRequest, **kwargs: Any) -> Any:
        return get_object_or_404(ReservationList().get_queryset(request), pk=kwargs["pk"])

    def get_title(self, obj: Any) -> str:
        return f"Cart {obj.key}"

    def get_subtitle(self, obj: Any) -> str:
        return str(obj.channel.name)

    def get_facts(self, obj: Any) -> list[Fact]:
        kept = quantity_text(obj.units or 0)
        facts = [
            Fact("Units", kept, hint="kept" if obj.state == ReservationState.ACTIVE else "were kept"),
            Fact("Made", when_html(obj.created_at)),
            Fact("Ends" if obj.state == ReservationState.ACTIVE else "Was to end", when_html(obj.expires_at)),
        ]
        if obj.order:
            facts.append(
                Fact("Order", obj.order.number, url=reverse("orders:order_detail", args=[obj.order_id]))
            )
        return facts

    def get_actions(self, obj: Any, user: AbstractBaseUser) -> list[Action]:
        over = "" if obj.state == ReservationState.ACTIVE else "It is over."
        return [
            Action("Release", reverse("orders:reservation_release", args=[obj.pk]), "orders.edit", danger=True,
                   disabled_reason=over, fields=[ActionField("reason", "Why")],
                   confirm="Its units become sellable; the customer's cart is no longer safe."),
        ]  # fmt: skip

    def get_panels(self, obj: Any) -> list[Panel]:
        lines = obj.lines.select_related("product", "node").order_by("pk")
        context = {"lines": lines, "wanted": obj.wanted}
        return [Panel("Kept", "orders/partials/_reservation_lines.html", context, flush=True)]


@page("orders.edit")
@require_POST
def reservation_release_view(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will let a reservation's units go."""
    return run_action(
        request,
        lambda: reservation_release(
            reservation_id=pk, reason=request.POST.get("reason", ""), actor=actor_of(request), at=timezone.now()
        ),
        done="The units are sellable again.", url=reverse("orders:reservation_detail", args=[pk]),
    )  # fmt: skip
