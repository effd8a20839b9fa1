"""Which events does Keel tell other programs about, and which change of which document is each of them?

One literal table. PostgreSQL itself writes an event when a row of the audit trail matches a rule (`erp.core.event_triggers`), in
the transaction that causes it: no service can forget to.
"""

from __future__ import annotations

from dataclasses import dataclass

ANY = "*"


@dataclass(frozen=True)
class Rule:
    """`document` came from state `source` ("*": whichever, "": it was made) into `target`."""

    kind: str
    document: str
    target: str
    source: str = ANY


RULES: tuple[Rule, ...] = (
    Rule("order.received", "orders.Order", "RECEIVED", ""),
    Rule("order.held", "orders.Order", "ON_HOLD"),
    Rule("order.confirmed", "orders.Order", "CONFIRMED", "RECEIVED"),
    Rule("order.confirmed", "orders.Order", "CONFIRMED", "ON_HOLD"),
    Rule("order.allocated", "orders.Order", "ALLOCATED", "CONFIRMED"),
    Rule("order.shipped", "orders.Order", "SHIPPED"),
    Rule("order.cancelled", "orders.Order", "CANCELLED"),
    Rule("shipment.sent", "fulfillment.FulfillmentOrder", "SHIPPED"),
    Rule("shipment.delivered", "fulfillment.FulfillmentOrder", "DELIVERED"),
    Rule("return.authorized", "returns.Rma", "AUTHORIZED", ""),
    Rule("return.received", "returns.Rma", "RECEIVED"),
    Rule("return.closed", "returns.Rma", "CLOSED"),
    Rule("return.cancelled", "returns.Rma", "CANCELLED"),
    Rule("reservation.expired", "orders.Reservation", "EXPIRED"),
    Rule("exception.opened", "core.ExceptionCase", "OPEN", ""),
    Rule("exception.resolved", "core.ExceptionCase", "RESOLVED"),
)
# What is said of each kind where people choose. The last three are written by triggers of their own tables.
KINDS: dict[str, str] = {
    "order.received": "An order reached us",
    "order.held": "An order was put on hold",
    "order.confirmed": "An order was confirmed, at once or by the release of its holds",
    "order.allocated": "All of an order was promised stock",
    "order.shipped": "The last unit of an order left",
    "order.cancelled": "An order was cancelled",
    "order.refunded": "Money of an order was paid back",
    "shipment.sent": "A parcel left a node",
    "shipment.delivered": "A parcel arrived",
    "return.authorized": "A return was authorised",
    "return.received": "The goods of a return arrived",
    "return.closed": "Everything of a return was decided",
    "return.cancelled": "A return was called off",
    "reservation.expired": "A cart's reservation ran out",
    "exception.opened": "Something needs a person",
    "exception.resolved": "What needed a person was settled",
    "stock.out": "The last sellable unit of a product at a node is gone",
    "stock.back": "A product at a node can be sold again",
}
