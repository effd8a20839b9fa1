"""Who books it that a channel has sent an order from a warehouse of its own?"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from erp.core.errors import Conflict
from erp.core.models import User
from erp.core.work_registry import long_job
from fulfillment.services.pack import fulfillment_pack_many
from fulfillment.services.pick import fulfillment_pick_many
from fulfillment.services.release import fulfillment_release_many
from fulfillment.services.shipment import shipment_confirm_many
from orders.services import order_allocate_many
from orders.services.converge import channel_order_converge
from orders.services.converge_parcel import channel_parcels_take


@long_job  # the order follows in a transaction of its own: it locks stock, and a shipment ends with the journal's number
def channel_parcels_ship(*, channel_order_id: int, actor: User, at: datetime) -> list[int]:
    """This function will ship what a channel says has left its warehouse, once, and return the shipments' ids.

    The order then follows its channel anew, so that nothing is pending any more. Customer and channel are told nothing: the
    channel has done it. Conflict when a bin of the node lacks what its level has.
    """
    with transaction.atomic():
        shipments = _ship(channel_order_id, actor, at)
    channel_order_converge(channel_order_id=channel_order_id, actor=actor, at=at)
    return shipments


def _ship(channel_order_id: int, actor: User, at: datetime) -> list[int]:
    departed = channel_parcels_take(channel_order_id=channel_order_id, actor=actor, at=at)
    if departed is None:
        return []
    order_ids = [departed.order_id]
    released = fulfillment_release_many(order_ids=order_ids, by_channel=True, actor=actor, at=at)
    if released.unserved_allocation_ids:
        raise Conflict(
            "the goods are in no pickable bin of the channel's node", field="node",
            remedy="Put them into one, or keep that node without bins.",
        )  # fmt: skip
    ids = released.fulfillment_ids
    fulfillment_pick_many(fulfillment_ids=ids, actor=actor, at=at)
    fulfillment_pack_many(fulfillment_ids=ids, actor=actor, at=at)
    order_allocate_many(
        order_ids=order_ids, actor=actor, at=at
    )  # what has not left, before the journal's number is taken
    return shipment_confirm_many(
        fulfillment_ids=ids, carrier=departed.carrier, tracking_numbers=dict.fromkeys(ids, departed.tracking_number),
        actor=actor, at=at, tell=False,
    )  # fmt: skip
