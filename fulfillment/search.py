"""Which fulfilment order, pick list or shipment does a typed or scanned code mean?"""

from __future__ import annotations

from django.urls import reverse

from erp.core.search import Hit, SearchProvider, register
from fulfillment.models import FulfillmentOrder, Package, PickList, Shipment


def _fulfillment_exact(q: str) -> str | None:
    pk = FulfillmentOrder.objects.filter(number__iexact=q).values_list("pk", flat=True).first()
    if pk is None:
        pk = Package.objects.filter(number=q.upper()).values_list("fulfillment_id", flat=True).first()
    return reverse("fulfillment:fulfillment_order_detail", args=[pk]) if pk else None


def _fulfillment_find(q: str, limit: int) -> list[Hit]:
    rows = (
        FulfillmentOrder.objects.filter(number__istartswith=q).select_related("order", "node").order_by("-pk")
    )
    return [
        Hit(row.number, f"{row.get_state_display()}, {row.order.number} from {row.node.code}",
            reverse("fulfillment:fulfillment_order_detail", args=[row.pk]))
        for row in rows[:limit]
    ]  # fmt: skip


def _pick_list_exact(q: str) -> str | None:
    pk = PickList.objects.filter(number=q.upper()).values_list("pk", flat=True).first()
    return reverse("fulfillment:pick_list_detail", args=[pk]) if pk else None


def _pick_list_find(q: str, limit: int) -> list[Hit]:
    rows = PickList.objects.filter(number__istartswith=q).select_related("node").order_by("-pk")
    return [
        Hit(row.number, f"{row.get_state_display()} at {row.node.code}",
            reverse("fulfillment:pick_list_detail", args=[row.pk]))
        for row in rows[:limit]
    ]  # fmt: skip


def _shipment_exact(q: str) -> str | None:
    pk = Shipment.objects.filter(number=q.upper()).values_list("pk", flat=True).first()
    if pk is None:
        found = list(Shipment.objects.filter(tracking_number=q).values_list("pk", flat=True)[:2])
        pk = found[0] if len(found) == 1 else None
    return reverse("fulfillment:shipment_detail", args=[pk]) if pk else None


def _shipment_find(q: str, limit: int) -> list[Hit]:
    by_number = Shipment.objects.filter(number__istartswith=q)
    rows = (
        (by_number | Shipment.objects.filter(tracking_number__istartswith=q))
        .select_related("order")
        .order_by("-pk")
    )
    return [
        Hit(
            row.number,
            f"{row.carrier}, {row.order.number}",
            reverse("fulfillment:shipment_detail", args=[row.pk]),
        )
        for row in rows[:limit]
    ]


register(
    SearchProvider(
        "fulfillments",
        "Fulfilment orders",
        "fulfillment.view",
        _fulfillment_exact,
        _fulfillment_find,
        "package",
    )
)
register(
    SearchProvider(
        "pick_lists", "Pick lists", "fulfillment.view", _pick_list_exact, _pick_list_find, "clipboard-list"
    )
)
register(
    SearchProvider("shipments", "Shipments", "fulfillment.view", _shipment_exact, _shipment_find, "truck")
)
