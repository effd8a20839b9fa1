"""What are customer and channel told when a parcel leaves?

The words are the template's; the outbox delivers. Each order has its own stream for e-mail, each channel one for
its updates.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from erp.core.services.outbox import OutboxDraft, outbox_add_many
from erp.core.sql import Row, Statements


class Notice(NamedTuple):
    """What a shipment needs to know about its order."""

    order_id: int
    order_number: str
    channel_id: int
    channel_code: str
    currency: str
    segment: str
    email: str
    name: str
    external_id: str
    charges_invoiced: bool
    is_incomplete: bool

    @classmethod
    def header(cls, row: Row) -> Notice:
        """This function will read a header row (its first column is the fulfilment order's id)."""
        return cls(*row[1:])


def notices(
    shipped: Sequence[tuple[Notice, int, str]], numbers: Sequence[str], carrier: str, statements: Statements
) -> None:
    """This function will add to `statements` a mail to each customer with an address and a message to each channel.

    `shipped` has header, shipment id and tracking number; `numbers` are the shipments' in the same order.
    """
    drafts = []
    for (header, shipment_id, tracking_number), number in zip(shipped, numbers, strict=True):
        said: dict[str, Any] = {
            "order": header.order_number, "external_id": header.external_id, "shipment": number, "carrier": carrier,
            "tracking_number": tracking_number,
        }  # fmt: skip
        drafts.append(
            OutboxDraft(
                f"channel:{header.channel_code}", "orders.channel_shipment_publish", f"shipment:{shipment_id}",
                said, "fulfillment.Shipment", shipment_id,
            )
        )  # fmt: skip
        if header.email:
            drafts.append(
                OutboxDraft(
                    f"order:{header.order_id}:email", "core.send_email", f"shipment:{shipment_id}",
                    {"to": header.email, "template": "fulfillment/email/order_shipped",
                     "context": {**said, "name": header.name}},
                    "fulfillment.Shipment", shipment_id,
                )
            )  # fmt: skip
    outbox_add_many(drafts, statements)
