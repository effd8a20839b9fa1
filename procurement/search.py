"""What does a typed or scanned code find in purchasing?"""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.urls import reverse

from erp.core.search import Hit, SearchProvider, register
from procurement.models import GoodsReceipt, PurchaseOrder, Supplier, SupplierInvoice

_NUMBERED: tuple[tuple[Any, str], ...] = (
    (PurchaseOrder, "purchase_order_detail"),
    (GoodsReceipt, "goods_receipt_detail"),
    (SupplierInvoice, "supplier_invoice_detail"),
)


def document_exact(q: str) -> str | None:
    """This function will return the page of the order, receipt or bill with that number."""
    for model, name in _NUMBERED:
        pk = model._default_manager.filter(number=q.upper()).values_list("pk", flat=True).first()
        if pk:
            return reverse(f"procurement:{name}", args=[pk])
    return None


def document_find(q: str, limit: int) -> list[Hit]:
    """This function will return orders by number, and bills by the supplier's number."""
    orders = (
        PurchaseOrder.objects.filter(number__istartswith=q).select_related("supplier").order_by("-pk")[:limit]
    )
    bills = SupplierInvoice.objects.filter(
        Q(number__istartswith=q) | Q(supplier_reference__istartswith=q)
    ).select_related("supplier").order_by("-pk")[:limit]  # fmt: skip
    found = [
        Hit(order.number, f"{order.supplier.name} · {order.get_state_display()}",
            reverse("procurement:purchase_order_detail", args=[order.pk]), "clipboard-list")
        for order in orders
    ]  # fmt: skip
    found += [
        Hit(bill.number, f"{bill.supplier.name} {bill.supplier_reference} · {bill.get_state_display()}",
            reverse("procurement:supplier_invoice_detail", args=[bill.pk]), "receipt")
        for bill in bills
    ]  # fmt: skip
    return found[:limit]


def supplier_exact(q: str) -> str | None:
    """This function will return the page of the supplier with that code."""
    pk = Supplier.objects.filter(code=q.upper()).values_list("pk", flat=True).first()
    return reverse("procurement:supplier_detail", args=[pk]) if pk else None


def supplier_find(q: str, limit: int) -> list[Hit]:
    """This function will return suppliers by code or name."""
    found = Supplier.objects.filter(Q(code__istartswith=q) | Q(name__icontains=q)).order_by("code")[:limit]
    return [
        Hit(
            supplier.code,
            supplier.name,
            reverse("procurement:supplier_detail", args=[supplier.pk]),
            "factory",
        )
        for supplier in found
    ]


register(
    SearchProvider(
        "procurement.documents", "Purchasing", "procurement.view", exact=document_exact, find=document_find,
        icon="clipboard-list",
    )
)  # fmt: skip
register(
    SearchProvider(
        "procurement.suppliers", "Suppliers", "procurement.view", exact=supplier_exact, find=supplier_find, icon="factory"
    )
)  # fmt: skip
