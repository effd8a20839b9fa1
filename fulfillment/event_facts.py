"""What is said of a parcel in an event about it?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fulfillment.models import FulfillmentOrder


def facts(document_type: str, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """This function will name fulfilment orders with their order, node, carrier and tracking number."""
    if document_type != "fulfillment.FulfillmentOrder":
        return {}
    rows = FulfillmentOrder.objects.filter(pk__in=ids).values_list(
        "pk", "number", "order__number", "order__channel__code", "order__external_id", "node__code",
        "shipment__number", "shipment__carrier", "shipment__tracking_number",
    )  # fmt: skip
    names = (
        "fulfillment", "order", "channel", "external_id", "node", "shipment", "carrier", "tracking_number",
    )  # fmt: skip
    return {row[0]: dict(zip(names, row[1:], strict=True)) for row in rows}
