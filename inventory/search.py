"""What does a typed or scanned code find on the stock side?"""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.urls import reverse

from erp.core.search import Hit, SearchProvider, register
from inventory.models import Adjustment, Location, Product, Transfer
from inventory.selectors import product_by_code
from inventory.services.product import search_text


def product_exact(q: str) -> str | None:
    """This function will return the stock card of the product with that SKU, GTIN or pack barcode."""
    match = product_by_code(q)
    return reverse("inventory:product_detail", args=[match.product_id]) if match else None


def product_find(q: str, limit: int) -> list[Hit]:
    """This function will return products in whose SKU, name or GTIN every word occurs."""
    found = Product.objects.all()
    for word in search_text(q).split()[:8]:
        found = found.filter(search_text__contains=word)
    return [
        Hit(product.sku, product.name, reverse("inventory:product_detail", args=[product.pk]), "package")
        for product in found.order_by("sku")[:limit]
    ]


def location_exact(q: str) -> str | None:
    """This function will return the page of the bin with that code."""
    pk = Location.objects.filter(code=q.upper()).values_list("pk", flat=True).first()
    return reverse("inventory:location_detail", args=[pk]) if pk else None


def location_find(q: str, limit: int) -> list[Hit]:
    """This function will return places whose code starts with `q`."""
    found = (
        Location.objects.filter(code__startswith=q.upper()).select_related("node").order_by("code")[:limit]
    )
    return [
        Hit(place.code, f"{place.get_kind_display()} in {place.node.code}",
            reverse("inventory:location_detail", args=[place.pk]), "map-pin")
        for place in found
    ]  # fmt: skip


def document_exact(q: str) -> str | None:
    """This function will return the page of the transfer or adjustment with that number."""
    for model, name in ((Transfer, "transfer_detail"), (Adjustment, "adjustment_detail")):
        pk = model._default_manager.filter(number=q.upper()).values_list("pk", flat=True).first()
        if pk:
            return reverse(f"inventory:{name}", args=[pk])
    return None


def document_find(q: str, limit: int) -> list[Hit]:
    """This function will return transfers and adjustments whose number starts with `q`, or whose note holds it."""
    transfers = Transfer.objects.filter(number__istartswith=q).order_by("-pk")[:limit]
    adjustments = Adjustment.objects.filter(Q(number__istartswith=q) | Q(note__icontains=q)).order_by("-pk")[
        :limit
    ]
    found: list[tuple[Any, str, str]] = [(row, "transfer", "truck") for row in transfers]
    found += [(row, "adjustment", "scale") for row in adjustments]
    return [
        Hit(
            row.number,
            f"{noun.capitalize()} · {row.get_state_display()}",
            reverse(f"inventory:{noun}_detail", args=[row.pk]),
            icon,
        )
        for row, noun, icon in found[:limit]
    ]


register(
    SearchProvider(
        "products", "Products", "inventory.view", exact=product_exact, find=product_find, icon="package"
    )
)
register(
    SearchProvider(
        "places", "Bins", "inventory.view", exact=location_exact, find=location_find, icon="map-pin"
    )
)
register(
    SearchProvider(
        "stock_documents",
        "Transfers and adjustments",
        "inventory.view",
        exact=document_exact,
        find=document_find,
        icon="truck",
    )
)
