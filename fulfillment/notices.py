"""What are customer and channel told when a parcel leaves?

The customer's mail is a notice of the order like every other (`orders.services.notice`); each channel has a stream for
its updates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from erp.core.services.outbox import OutboxDraft, outbox_add_many
from erp.core.sql import Row, Statements
from orders.services import NoticeDraft, order_notice_add_many


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
    units_left: int  # of the order, what leaves now included

    @classmethod
    def header(cls, row: Row) -> Notice:
        """This function will read a header row (its first column is the fulfilment order's id)."""
        return cls(*row[1:])


class Left(NamedTuple):
    """A shipment that is being written: its number, and the units in it by order line."""

    header: Notice
    shipment_id: int
    number: str
    tracking_number: str
    lines: Mapping[int, int]


def notices(shipped: Sequence[Left], carrier: str, *, at: datetime, statements: Statements) -> None:
    """This function will add to `statements` a message to each channel and a notice to each customer who is to be told."""
    updates, told = [], []
    left = {item.header.order_id: item.header.units_left for item in shipped}
    for item in shipped:
        left[item.header.order_id] -= sum(item.lines.values())
    for item in shipped:
        header = item.header
        said: dict[str, Any] = {
            "order": header.order_number, "external_id": header.external_id, "shipment": item.number, "carrier": carrier,
            "tracking_number": item.tracking_number, "shipped_at": at.isoformat(),
            "lines": {str(line): units for line, units in item.lines.items()},
        }  # fmt: skip
        updates.append(
            OutboxDraft(
                f"channel:{header.channel_code}", "orders.channel_shipment_publish", f"shipment:{item.shipment_id}",
                said, "fulfillment.Shipment", item.shipment_id,
            )
        )  # fmt: skip
        if header.email:
            lines = {str(line): units for line, units in item.lines.items()}
            facts = {
                "shipment": item.number, "carrier": carrier, "tracking_number": item.tracking_number, "lines": lines,
                "has_more": left[header.order_id] > 0,
            }  # fmt: skip
            told.append(NoticeDraft(header.order_id, str(item.shipment_id), facts))
    outbox_add_many(updates, statements)
    order_notice_add_many("ORDER_SHIPPED", told, at=at, statements=statements)
