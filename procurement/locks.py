"""What does purchasing lock? Documents in id order, before stock, cost and numbers (see `erp.core.locks`)."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from erp.core.errors import IllegalTransition, NotFound
from procurement.models import PurchaseOrder, SupplierInvoice


def lock_purchase_orders(ids: Collection[int]) -> dict[int, PurchaseOrder]:
    """This function will lock the purchase orders `ids` and return them by id; NotFound names one that is missing."""
    rows = PurchaseOrder.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    found = {order.pk: order for order in rows}
    _demand("purchase order", ids, found)
    return found


def lock_purchase_order(purchase_order_id: int) -> PurchaseOrder:
    """This function will lock and return one purchase order; NotFound when there is none."""
    return lock_purchase_orders([purchase_order_id])[purchase_order_id]


def lock_supplier_invoices(ids: Collection[int]) -> dict[int, SupplierInvoice]:
    """This function will lock the supplier invoices `ids` and return them by id; NotFound names one that is missing."""
    rows = SupplierInvoice.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    found = {invoice.pk: invoice for invoice in rows}
    _demand("supplier invoice", ids, found)
    return found


def demand_state(
    documents: Iterable[PurchaseOrder | SupplierInvoice], states: Collection[str], remedy: str
) -> None:
    """This function will raise IllegalTransition, naming the document, unless all of them are in one of `states`."""
    for document in documents:
        if document.state not in states:
            raise IllegalTransition(f"{document} is {document.state}", field="state", remedy=remedy)


def _demand(noun: str, ids: Collection[int], found: Collection[int]) -> None:
    missing = sorted(set(ids) - set(found))
    if missing:
        raise NotFound(
            f"there is no {noun} #{missing[0]}", field="id", remedy="Reload the list.", missing=missing
        )
