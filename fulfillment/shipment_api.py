"""What left, with which carrier? Mounted at /api/v1/fulfillment/shipments by `fulfillment.api`."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Router

from erp.core.api import After, Limit, page_of, require
from erp.core.errors import NotFound
from erp.core.text import storable
from fulfillment.api_schemas import ShipmentHead, ShipmentPage
from fulfillment.models import Shipment


def shipment_routes(router: Router) -> None:
    """This function will add the operations to the router of fulfilment."""
    router.get("/shipments", summary="List shipments", response=ShipmentPage)(shipment_list)
    router.get("/shipments/{number}", summary="Read a shipment", response=ShipmentHead)(shipment_read)


def shipment_list(
    request: HttpRequest, order: str = "", channel: str = "", after: After = "", limit: Limit = 50
) -> dict[str, Any]:
    """Shipments as they were made, of an order (our number) or a channel if asked."""
    require(request, "fulfillment.view")
    found = _rows()
    for name, value in (("order__number", order), ("order__channel__code", channel)):
        if value:
            found = found.filter(**{name: storable(value)[:80]})
    return page_of(request, found, after=after, limit=limit, name="shipments", show=shipment_head)


def shipment_read(request: HttpRequest, number: str) -> dict[str, Any]:
    """One shipment with its lines, by its number."""
    require(request, "fulfillment.view")
    found = _rows().filter(number=storable(number)[:20].upper()).first()
    if found is None:
        raise NotFound("there is no such shipment", field="number", remedy="Use a number we listed.")
    return shipment_head(found)


def _rows() -> QuerySet[Shipment]:
    return Shipment.objects.select_related("fulfillment", "order__channel", "node").prefetch_related(
        "lines__product"
    )


def shipment_head(row: Shipment) -> dict[str, Any]:
    """This function will return a shipment with its lines as the API shows it."""
    return {
        "id": row.pk, "number": row.number, "carrier": row.carrier, "tracking_number": row.tracking_number,
        "shipped_at": row.shipped_at.isoformat(), "fulfillment": row.fulfillment.number, "order": row.order.number,
        "channel": row.order.channel.code, "external_id": row.order.external_id, "node": row.node.code,
        "lines": [
            {"id": line.pk, "sku": line.product.sku, "quantity": line.quantity, "quantity_returned": line.quantity_returned}
            for line in sorted(row.lines.all(), key=lambda line: line.pk)
        ],
    }  # fmt: skip
