"""On which page does somebody restrict the sale of a product?"""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from erp.core.pages import FormPage
from erp.core.permissions import actor_of
from inventory.models import Product, ProductRestriction
from inventory.services.restriction import RestrictionDraft, product_restrict


class RestrictionForm(forms.Form):
    min_age = forms.IntegerField(
        min_value=0, max_value=99, initial=0, label="Minimum age", help_text="0 = none."
    )
    hazmat_class = forms.CharField(
        max_length=10,
        required=False,
        label="Hazard class",
        help_text="UN class such as 3 or 2.1; blank = harmless.",
    )
    allowed_countries = forms.CharField(
        max_length=800,
        required=False,
        help_text="Only to these, such as GB IE; blank = all. Dangerous goods need a list.",
    )
    forbidden_countries = forms.CharField(max_length=800, required=False, help_text="Never to these.")
    is_business_only = forms.BooleanField(required=False, label="Only to business customers")


class ProductRestrict(FormPage):
    permission, title, form_class = "inventory.product_edit", "Sales restrictions", RestrictionForm
    done = "Restrictions saved."
    help_text = "An order that breaks one waits for a person. Leave everything blank to lift them."

    def get_initial(self, request: HttpRequest, **kw: Any) -> dict[str, Any]:
        found = ProductRestriction.objects.filter(product=kw["pk"]).first()
        return {name: getattr(found, name) for name in RestrictionForm.base_fields} if found else {}

    def get_breadcrumbs(self, request: HttpRequest, **kw: Any) -> list[tuple[str, str]]:
        sku = get_object_or_404(Product, pk=kw["pk"]).sku
        return [
            ("Products", reverse("inventory:product_list")),
            (sku, reverse("inventory:product_detail", args=[kw["pk"]])),
        ]

    def perform(self, request: HttpRequest, form: Any, **kw: Any) -> str:
        product_restrict(
            RestrictionDraft(**form.cleaned_data),
            product_id=kw["pk"],
            actor=actor_of(request),
            at=timezone.now(),
        )
        return reverse("inventory:product_detail", args=[kw["pk"]])
