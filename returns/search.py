"""What does a typed or scanned code find among returns?"""

from __future__ import annotations

from django.db.models import Q
from django.urls import reverse

from erp.core.search import Hit, SearchProvider, register
from returns.models import Refund, Rma


def return_exact(q: str) -> str | None:
    """This function will return the page of the return, or of the credit note, with that number."""
    pk = Rma.objects.filter(number=q.upper()).values_list("pk", flat=True).first()
    if pk:
        return reverse("returns:rma_detail", args=[pk])
    pk = Refund.objects.filter(number=q.upper()).values_list("pk", flat=True).first()
    return reverse("returns:refund_detail", args=[pk]) if pk else None


def return_find(q: str, limit: int) -> list[Hit]:
    """This function will return returns by their number, the channel's number or the order's."""
    found = Rma.objects.filter(
        Q(number__istartswith=q) | Q(external_id__istartswith=q) | Q(order__number__istartswith=q)
    ).select_related("order").order_by("-pk")[:limit]  # fmt: skip
    return [
        Hit(rma.number, f"{rma.get_state_display()} · order {rma.order.number}",
            reverse("returns:rma_detail", args=[rma.pk]), "undo-2")
        for rma in found
    ]  # fmt: skip


register(
    SearchProvider(
        "returns.rmas", "Returns", "returns.view", exact=return_exact, find=return_find, icon="undo-2"
    )
)
