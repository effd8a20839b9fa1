"""What can a provider's program see of fulfilment, and report? Mounted at /api/v1/fulfillment by `erp.api`.

A 3PL reads what it has to ship, confirms that it was picked, and reports that it left.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from ninja import Body, Router

from erp.core.api import After, Limit, body_as, page_of, require
from erp.core.errors import InvalidInput, NotFound
from erp.core.models import User
from erp.core.text import storable
from fulfillment.api_schemas import FulfillmentPage, ShipIn, ShipmentOut
from fulfillment.locks import lock_fulfillments
from fulfillment.models import FulfillmentOrder, Shipment
from fulfillment.services import fulfillment_pack_many, fulfillment_pick_many, shipment_confirm_many
from fulfillment.shipment_api import shipment_routes
from fulfillment.states import FulfillmentState

router = Router(tags=["fulfillment"])
BODY = Body(...)
shipment_routes(router)


@router.get("", summary="List fulfilment orders", response=FulfillmentPage)
def fulfillment_list(
    request: HttpRequest, node: str = "", state: str = "", after: After = "", limit: Limit = 50
) -> dict[str, Any]:
    """Fulfilment orders as they were made, with their lines."""
    require(request, "fulfillment.view")
    if state and state not in FulfillmentState.values:
        raise InvalidInput(
            f"there is no state {storable(state)[:20]}",
            field="state",
            remedy=", ".join(FulfillmentState.values),
        )
    found = FulfillmentOrder.objects.select_related("order__channel", "node", "shipment").prefetch_related(
        "lines__product"
    )
    for name, value in (("node__code", node), ("state", state)):
        if value:
            found = found.filter(**{name: storable(value)[:80]})
    return page_of(request, found, after=after, limit=limit, name="fulfillments", show=fulfillment_out)


@router.post(
    "/{number}/ship",
    summary="Report that it left",
    response={201: ShipmentOut, 200: ShipmentOut},
    openapi_extra=body_as(ShipIn),
)
def fulfillment_ship(request: HttpRequest, number: str, content: Any = BODY) -> tuple[int, dict[str, Any]]:
    """Confirm the shipment; body: {"carrier": …, "tracking_number": …?}.

    What is still open counts as picked and packed, so a provider sends this one message. Reported again, it answers
    200 with the shipment there is.
    """
    require(request, "fulfillment.ship")
    carrier, tracking = _text(content, "carrier", required=True), _text(content, "tracking_number")
    actor: User = request.user  # type: ignore[assignment]
    at = timezone.now()
    with transaction.atomic():
        row = lock_fulfillments([_id(number)])[0]
        shipped = Shipment.objects.filter(fulfillment_id=row.id).first()
        if shipped is not None:
            return 200, shipment_out(shipped)
        if row.state in (FulfillmentState.RELEASED, FulfillmentState.PICKING):
            fulfillment_pick_many(fulfillment_ids=[row.id], actor=actor, at=at)
        if row.state != FulfillmentState.PACKED:
            fulfillment_pack_many(fulfillment_ids=[row.id], actor=actor, at=at)
        (shipment_id,) = shipment_confirm_many(
            fulfillment_ids=[row.id], carrier=carrier, actor=actor, at=at,
            tracking_numbers={row.id: tracking} if tracking else None,
        )  # fmt: skip
    return 201, shipment_out(Shipment.objects.get(pk=shipment_id))


def _text(content: Any, name: str, *, required: bool = False) -> str:
    value = content.get(name) if isinstance(content, dict) else None
    if value is None and not required:
        return ""
    if not isinstance(value, str) or (required and not value.strip()) or len(value) > 60:
        raise InvalidInput(
            f"{name} is missing or no short text", field=name, remedy=f'Send {{"{name}": "…"}}.'
        )
    return storable(value).strip()


def _id(number: str) -> int:
    found = FulfillmentOrder.objects.filter(number=storable(number)[:20]).values_list("pk", flat=True).first()
    if found is None:
        raise NotFound(
            f"there is no fulfilment order {storable(number)[:20]}",
            field="number",
            remedy="Use a number we listed.",
        )
    return found


def fulfillment_out(row: FulfillmentOrder) -> dict[str, Any]:
    """This function will return a fulfilment order as the API shows it."""
    shipment = getattr(row, "shipment", None)
    order = row.order
    return {
        "id": row.pk, "number": row.number, "state": row.state, "order": order.number, "node": row.node.code,
        "channel": order.channel.code, "ship_by": row.ship_by.isoformat(),
        "ship_to": {
            "name": order.ship_to_name, "line1": order.ship_to_line1, "city": order.ship_to_city,
            "postcode": order.ship_to_postcode, "country": order.ship_to_country,
        },
        "lines": [
            {"sku": line.product.sku, "quantity": line.quantity - line.quantity_short,
             "quantity_picked": line.quantity_picked, "quantity_shipped": line.quantity_shipped}
            for line in row.lines.all()
        ],
        "shipment": shipment_out(shipment) if shipment else None,
    }  # fmt: skip


def shipment_out(shipment: Shipment) -> dict[str, Any]:
    """This function will return a shipment as the API shows it."""
    return {
        "number": shipment.number, "carrier": shipment.carrier, "tracking_number": shipment.tracking_number,
        "shipped_at": shipment.shipped_at.isoformat(),
    }  # fmt: skip
