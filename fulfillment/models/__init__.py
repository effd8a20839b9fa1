"""Which rows does fulfilment keep?"""

from fulfillment.models.fulfillment import FulfillmentLine, FulfillmentOrder
from fulfillment.models.pick import PickList, PickScan, PickTask
from fulfillment.models.shipment import Package, Shipment, ShipmentLine

__all__ = [
    "FulfillmentLine",
    "FulfillmentOrder",
    "Package",
    "PickList",
    "PickScan",
    "PickTask",
    "Shipment",
    "ShipmentLine",
]
