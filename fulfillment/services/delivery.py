"""Who records that the parcels arrived?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from erp.core.errors import IllegalTransition
from erp.core.models import User
from erp.core.services.state import change_state_many
from erp.core.sql import array, query
from fulfillment.locks import lock_fulfillments
from fulfillment.models import FulfillmentOrder
from fulfillment.states import FulfillmentState
from orders.services.finish import order_record_delivery_many

_ARRIVED = (
    "SELECT o.id FROM orders_order o WHERE o.id = ANY(%s::bigint[]) AND NOT EXISTS (SELECT 1 "
    "FROM fulfillment_fulfillmentorder f WHERE f.order_id = o.id AND f.state NOT IN ('DELIVERED', 'CANCELLED', 'SHORT')) "
    "ORDER BY o.id"
)


@transaction.atomic
def fulfillment_deliver_many(*, fulfillment_ids: Sequence[int], actor: User, at: datetime) -> None:
    """This function will record that shipped fulfilment orders arrived; an order that arrived whole is completed.

    IllegalTransition unless all are SHIPPED.
    """
    locked = lock_fulfillments(fulfillment_ids)
    for row in locked:
        if row.state != FulfillmentState.SHIPPED:
            raise IllegalTransition(
                f"{row.number} is {row.state}, not SHIPPED",
                field="state",
                remedy="Only what has left can arrive.",
            )
    change_state_many(
        FulfillmentOrder, [row.id for row in locked], source=FulfillmentState.SHIPPED, to=FulfillmentState.DELIVERED,
        actor=actor, at=at, action="fulfillment.fulfillment_deliver_many",
    )  # fmt: skip
    arrived = query(_ARRIVED, [array(sorted({row.order_id for row in locked}), "bigint")])
    order_record_delivery_many([row[0] for row in arrived], actor=actor, at=at)
