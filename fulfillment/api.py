"""What can a provider's program see of fulfilment, and report? Mounted at /api/v1/fulfillment by `erp.api`.

A 3PL reads what it has to ship, confirms that it was picked, and reports that it left.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from ninja import Body, Router

from erp.core.api import require
from erp.core.errors import InvalidInput, NotFound
from erp.core.models import User
from erp.core.text import storable
from fulfillment.locks import lock_fulfillments
from fulfillment.models import FulfillmentOrder, Shipment
from fulfillment.services import fulfillment_pack_many, fulfillment_pick_many, shipment_confirm_many
from fulfillment.states import FulfillmentState

router = Router(tags=["fulfillment"])
BODY = Body(...)


@router.get("", summary="List fulfilment orders")
def fulfillment_list(
    request: HttpRequest, node: str = "", state: str = "", after: int = 0, limit: int = 50
) -> dict[str, Any]:
    """Fulfilment orders by id, with their lines; `after` is the last id of the page before."""
    require(request, "fulfillment.view")
    if not 1 <= limit <= 200:
        raise InvalidInput("limit is 1 to 200", field="limit", remedy="Ask for pages of at most 200.")
    if state and state not in FulfillmentState.values:
        raise InvalidInput(
            f"there is no state {storable(state)[:20]}",
            field="state",
            remedy=", ".join(FulfillmentState.values),
        )
    found = (
        FulfillmentOrder.objects.filter(pk__gt=after)
        .select_related("order__channel", "node", "shipment")
        .prefetch_related("lines__product")
        .order_by("pk")
    )
    for name, value in (("node__code", node), ("state", state)):
        if value:
            found = found.filter(**{name: value})
    rows = list(found[:limit])
    return {
        "fulfillments": [fulfillment_out(row) for row in rows],
        "next": rows[-1].pk if len(rows) == limit else None,
    }


@router.post(
    "/{number}/ship", summary="Report that it left", response={201: dict[str, Any], 200: dict[str, Any]}
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
