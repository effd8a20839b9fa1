"""Who closes the parcels?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from erp.core.errors import IllegalTransition, InvalidInput
from erp.core.models import User
from erp.core.services.state import change_state_many
from erp.core.sql import Statements, array, query, reserve_ids
from fulfillment.locks import lock_fulfillments
from fulfillment.models import FulfillmentOrder
from fulfillment.states import FulfillmentState

ACTION = "fulfillment.fulfillment_pack_many"
_PACKAGES = {
    "id": "bigint", "number": "text", "fulfillment_id": "bigint", "weight_grams": "integer", "packed_at": "timestamptz",
}  # fmt: skip
_WEIGHTS = (
    "SELECT l.fulfillment_id, least(sum(l.quantity_picked * p.weight_grams), 2147483647) "
    "FROM fulfillment_fulfillmentline l JOIN inventory_product p ON p.id = l.product_id "
    "WHERE l.fulfillment_id = ANY(%s::bigint[]) GROUP BY 1"
)
HEAVIEST = 2_147_483_647


@transaction.atomic
def fulfillment_pack_many(
    *,
    fulfillment_ids: Sequence[int],
    actor: User,
    at: datetime,
    weights: Mapping[int, Sequence[int]] | None = None,
) -> dict[int, list[int]]:
    """This function will pack picked fulfilment orders and return their package ids.

    Each becomes one package that weighs what its products weigh, unless `weights` (fulfilment order → grams per
    parcel) says what the scales said. IllegalTransition unless all are PICKED; InvalidInput for a weight that is
    not positive.
    """
    locked = lock_fulfillments(fulfillment_ids)
    for row in locked:
        if row.state != FulfillmentState.PICKED:
            raise IllegalTransition(
                f"{row.number} is {row.state}, not PICKED",
                field="state",
                remedy="Pick it first, or reload the list.",
            )
    ids = [row.id for row in locked]
    if not ids:
        return {}
    grams = _grams(ids, weights or {})
    drawn = reserve_ids({"fulfillment_package": sum(map(len, grams.values()))})["fulfillment_package"]
    fresh = iter(drawn)
    packages = {pk: [next(fresh) for _ in parcels] for pk, parcels in grams.items()}
    rows = [
        (package, f"PK-{package:06d}", pk, weight, at)
        for pk, parcels in grams.items()
        for package, weight in zip(packages[pk], parcels, strict=True)
    ]
    batch = Statements()
    batch.insert("fulfillment_package", _PACKAGES, rows)
    change_state_many(
        FulfillmentOrder, ids, source=FulfillmentState.PICKED, to=FulfillmentState.PACKED, actor=actor, at=at,
        action=ACTION, statements=batch,
    )  # fmt: skip
    batch.run()
    return packages


def _grams(ids: Sequence[int], weights: Mapping[int, Sequence[int]]) -> dict[int, list[int]]:
    for parcels in weights.values():
        if not parcels or any(not 0 < gram <= HEAVIEST for gram in parcels):
            raise InvalidInput(
                "a parcel weighs more than nothing", field="weight", remedy="Give grams above 0."
            )
    computed = {pk: [int(weight)] for pk, weight in query(_WEIGHTS, [array(ids, "bigint")])}
    return {pk: list(weights[pk]) if pk in weights else computed[pk] for pk in ids}
