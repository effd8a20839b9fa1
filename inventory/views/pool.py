"""Which pages show what is kept for some buyers only?"""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from erp.core.pages import FormPage, ListPage, PrimaryAction
from inventory.models import Node, StockPool
from inventory.services import PoolDraft, pool_save
from inventory.tables import PoolTable
from inventory.views.place import product_id_of


class PoolForm(forms.Form):
    """Who the members are, and how many units others leave alone."""

    code = forms.CharField(max_length=40)
    name = forms.CharField(max_length=80)
    node = forms.ModelChoiceField(
        queryset=Node.objects.none(), required=False, help_text="Blank: every node."
    )
    sku = forms.CharField(label="SKU", max_length=40, required=False, help_text="Blank: every product.")
    quantity = forms.IntegerField(min_value=1, max_value=2**31 - 1, label="Units kept per product and node")
    channel_code = forms.CharField(max_length=40, required=False, label="For the channel")
    country = forms.CharField(max_length=2, required=False, label="For the country", help_text="Two letters.")
    tier = forms.CharField(
        max_length=10, required=False, label="For the customer tier", help_text="STANDARD, PLUS or KEY."
    )
    is_active = forms.BooleanField(required=False, initial=True, label="In force")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["node"].queryset = Node.objects.filter(is_active=True).order_by("code")  # type: ignore[attr-defined]


class PoolList(ListPage):
    permission, title, list_code = "inventory.view", "Stock pools", "inventory.pools"
    table_class, search_fields, default_order = (
        PoolTable,
        ("code", "name", "product__sku", "channel_code"),
        ("code",),
    )
    primary_action = PrimaryAction("New pool", "inventory:pool_create")
    help_text = "Units that only a channel, a country or a customer tier may be promised; they may use the rest as well."
    empty_title, empty_text = "No pools", "Every buyer may be promised what no buffer keeps back."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return StockPool.objects.select_related("node", "product")


class PoolEdit(FormPage):
    permission, title, form_class, done = "inventory.product_edit", "Stock pool", PoolForm, "Pool kept."

    def get_breadcrumbs(self, request: HttpRequest, **kwargs: Any) -> list[tuple[str, str]]:
        return [("Stock pools", reverse("inventory:pool_list"))]

    def get_initial(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        if "pk" not in kwargs:
            return super().get_initial(request, **kwargs)
        pool = get_object_or_404(StockPool.objects.select_related("product"), pk=kwargs["pk"])
        names = ("code", "name", "node", "quantity", "channel_code", "country", "tier", "is_active")
        return {name: getattr(pool, name) for name in names} | {
            "sku": pool.product.sku if pool.product else ""
        }

    def perform(self, request: HttpRequest, form: Any, **kwargs: Any) -> str:
        data = form.cleaned_data
        actor: Any = request.user
        draft = PoolDraft(
            data["code"], data["name"], data["quantity"], data["node"].pk if data["node"] else None,
            product_id_of(data["sku"]) if data["sku"] else None, data["channel_code"], data["country"].upper(),
            data["tier"].upper(), data["is_active"],
        )  # fmt: skip
        pool_save(draft, pool_id=kwargs.get("pk"), actor=actor, at=timezone.now())
        return reverse("inventory:pool_list")
