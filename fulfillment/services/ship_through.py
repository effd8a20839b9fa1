"""Who takes orders from promise to carrier when nobody has to touch them?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from erp.core.models import User
from fulfillment.services.pack import fulfillment_pack_many
from fulfillment.services.pick import fulfillment_pick_many
from fulfillment.services.release import fulfillment_release_many
from fulfillment.services.shipment import shipment_confirm_many


def fulfillment_ship_through_many(
    *,
    order_ids: Sequence[int],
    carrier: str,
    actor: User,
    at: datetime,
    rates: Mapping[str, Decimal] | None = None,
    tell: bool = True,
) -> list[int]:
    """This function will release, pick, pack and ship everything the orders were promised and return the shipment ids.

    It is the four services one after the other, so the journal tells the same story as a picker's day. What the
    bins could not serve stays promised (see `fulfillment_release_many`).
    """
    released = fulfillment_release_many(order_ids=order_ids, actor=actor, at=at)
    if not released.fulfillment_ids:
        return []
    ids = released.fulfillment_ids
    fulfillment_pick_many(fulfillment_ids=ids, actor=actor, at=at)
    fulfillment_pack_many(fulfillment_ids=ids, actor=actor, at=at)
    return shipment_confirm_many(
        fulfillment_ids=ids, carrier=carrier, actor=actor, at=at, rates=rates, tell=tell
    )
