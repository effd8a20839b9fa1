"""Which fields have fulfilment orders and shipments in the REST API?"""

from __future__ import annotations

from ninja import Field

from erp.core.api_schemas import Asked, Page, Said


class ShipIn(Asked):
    """What a provider reports."""

    carrier: str = Field(min_length=1, max_length=40)
    tracking_number: str = Field("", max_length=60)


class ShipToOut(Said):
    """Where it goes."""

    name: str
    line1: str
    city: str
    postcode: str
    country: str


class FulfillmentLineOut(Said):
    """What is to be picked."""

    sku: str
    quantity: int
    quantity_picked: int
    quantity_shipped: int


class ShipmentOut(Said):
    """That it left."""

    number: str
    carrier: str
    tracking_number: str
    shipped_at: str


class FulfillmentOut(Said):
    """What one node has to ship of one order."""

    id: int
    number: str
    state: str
    order: str
    node: str
    channel: str
    ship_by: str
    ship_to: ShipToOut
    lines: list[FulfillmentLineOut]
    shipment: ShipmentOut | None


class FulfillmentPage(Page):
    """Fulfilment orders, oldest first."""

    fulfillments: list[FulfillmentOut]


class ShippedLineOut(Said):
    """Units that left; `id` is what a return names."""

    id: int
    sku: str
    quantity: int
    quantity_returned: int


class ShipmentHead(ShipmentOut):
    """A shipment with its documents."""

    id: int
    fulfillment: str
    order: str
    channel: str
    external_id: str
    node: str
    lines: list[ShippedLineOut]


class ShipmentPage(Page):
    """Shipments, oldest first."""

    shipments: list[ShipmentHead]
