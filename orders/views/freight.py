"""Which pages show what freight costs?"""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from erp.core.pages import FormPage, ListPage, PrimaryAction
from inventory.models import Node
from orders.models import FreightRate
from orders.services import freight_rate_save
from orders.tables import FreightRateTable


class FreightRateForm(forms.Form):
    """A parcel from a node to a country."""

    node = forms.ModelChoiceField(queryset=Node.objects.none())
    country = forms.CharField(
        max_length=2, required=False, help_text="Two letters; blank: every other country."
    )
    base = forms.DecimalField(
        min_value=0, max_digits=9, decimal_places=2, label="Per parcel", help_text="Base currency."
    )
    per_kg = forms.DecimalField(min_value=0, max_digits=9, decimal_places=2, label="Per kilogram", initial=0)
    days = forms.IntegerField(min_value=0, max_value=365, label="Days on the way", initial=2)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["node"].queryset = Node.objects.filter(is_active=True).order_by("code")  # type: ignore[attr-defined]


class FreightRateList(ListPage):
    permission, title, list_code = "orders.view", "Freight rates", "orders.freight_rates"
    table_class, search_fields, default_order = (
        FreightRateTable,
        ("node__code", "country"),
        ("node__code", "country"),
    )
    primary_action = PrimaryAction("Set a rate", "orders:freight_rate_create")
    help_text = "What the planner counts with. Without a rate it guesses by distance: 3.00 and 0.20 per 100 km, 0.50 per kg."
    empty_title, empty_text = "No freight rates", "The planner guesses by distance until there are some."

    def get_queryset(self, request: HttpRequest) -> QuerySet[FreightRate]:
        return FreightRate.objects.select_related("node")


class FreightRateEdit(FormPage):
    permission, title, form_class, done = "orders.policy_edit", "Freight rate", FreightRateForm, "Rate set."

    def get_breadcrumbs(self, request: HttpRequest, **kwargs: Any) -> list[tuple[str, str]]:
        return [("Freight rates", reverse("orders:freight_rate_list"))]

    def get_initial(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        if "pk" not in kwargs:
            return super().get_initial(request, **kwargs)
        rate = get_object_or_404(FreightRate, pk=kwargs["pk"])
        return {name: getattr(rate, name) for name in ("node", "country", "base", "per_kg", "days")}

    def perform(self, request: HttpRequest, form: Any, **kwargs: Any) -> str:
        data = form.cleaned_data
        actor: Any = request.user
        freight_rate_save(
            node_id=data["node"].pk, country=data["country"].upper(), base=data["base"], per_kg=data["per_kg"],
            days=data["days"], actor=actor, at=timezone.now(),
        )  # fmt: skip
        return reverse("orders:freight_rate_list")
