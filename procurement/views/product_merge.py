"""How does a person make one product of two, having seen what that moves?"""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from erp.core.errors import InvalidInput, KeelError
from erp.core.pages import FormPage
from erp.core.pages.actions import refusal_text
from erp.core.permissions import actor_of, page
from inventory.models import Product
from procurement.services.product_merge import product_merge, product_merge_preview

MERGE = "inventory.product_merge"


class MergeForm(forms.Form):
    kept = forms.CharField(label="Is the same as (SKU)", max_length=40, help_text="The product that stays.")
    reason = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 2}), label="How do you know", max_length=300
    )

    def __init__(self, *args: Any, preview_url: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kept"].widget.attrs |= {
            "hx-get": preview_url, "hx-trigger": "input changed delay:400ms, load", "hx-target": "#merge-preview",
        }  # fmt: skip


def _by_sku(sku: str) -> Product:
    found = Product.objects.filter(sku__iexact=sku.strip()).first()
    if found is None:
        raise InvalidInput(f"there is no product “{sku[:40]}”", field="kept", remedy="Use a product's SKU.")
    return found


class ProductMergeForm(FormPage):
    permission, form_class, submit_label = MERGE, MergeForm, "Merge them"
    done = "They are one product now."
    template_name = "procurement/product_merge.html"
    help_text = (
        "Nothing can undo it: what has happened under the merged product stays under it, all else moves."
    )

    def get_form(self, request: HttpRequest, data: Any = None, files: Any = None, **kwargs: Any) -> Any:
        url = reverse("procurement:product_merge_preview", args=[kwargs["pk"]])
        return MergeForm(data=data, initial=self.get_initial(request, **kwargs), preview_url=url)

    def get_title(self, request: HttpRequest, **kwargs: Any) -> str:
        return f"Merge {get_object_or_404(Product, pk=kwargs['pk'])} into another product"

    def get_breadcrumbs(self, request: HttpRequest, **kwargs: Any) -> list[tuple[str, str]]:
        sku = get_object_or_404(Product, pk=kwargs["pk"]).sku
        return [
            ("Products", reverse("inventory:product_list")),
            (sku, reverse("inventory:product_detail", args=[kwargs["pk"]])),
        ]

    def perform(self, request: HttpRequest, form: Any, **kwargs: Any) -> str:
        data = form.cleaned_data
        merge = product_merge(
            merged_id=kwargs["pk"], kept_id=_by_sku(data["kept"]).pk, reason=data["reason"], actor=actor_of(request),
            at=timezone.now(),
        )  # fmt: skip
        return reverse("inventory:product_merge_detail", args=[merge.pk])


@page(MERGE)
@require_GET
def product_merge_preview_view(request: HttpRequest, pk: int) -> HttpResponse:
    """What a merge would move, or what stands in its way."""
    context: dict[str, Any] = {}
    sku = request.GET.get("kept", "").replace("\x00", "").strip()
    if sku:
        try:
            context["preview"] = product_merge_preview(merged_id=pk, kept_id=_by_sku(sku).pk)
        except KeelError as refusal:
            context["refusal"] = refusal_text(refusal)
    return render(request, "procurement/partials/_merge_preview.html", context)
