"""Who does it? The only writers of fulfilment."""

from fulfillment.services.cancel import fulfillment_cancel
from fulfillment.services.channel_parcel import channel_parcels_ship
from fulfillment.services.delivery import fulfillment_deliver_many
from fulfillment.services.pack import fulfillment_pack_many
from fulfillment.services.pick import fulfillment_pick_many, pick_confirm_many
from fulfillment.services.release import Release, fulfillment_release_many
from fulfillment.services.scan import ScanAnswer, pick_list_start, pick_scan
from fulfillment.services.ship_through import fulfillment_ship_through_many
from fulfillment.services.shipment import OrderIncomplete, UnknownRate, shipment_confirm_many
from fulfillment.services.short import pick_short

__all__ = [
    "OrderIncomplete",
    "Release",
    "ScanAnswer",
    "UnknownRate",
    "channel_parcels_ship",
    "fulfillment_cancel",
    "fulfillment_deliver_many",
    "fulfillment_pack_many",
    "fulfillment_pick_many",
    "fulfillment_release_many",
    "fulfillment_ship_through_many",
    "pick_confirm_many",
    "pick_list_start",
    "pick_scan",
    "pick_short",
    "shipment_confirm_many",
]
