"""Which notices can a customer get, when, and which words may they hold?

The registry of kinds. Built-in words are in `templates/orders/email/<kind>.<language>.txt`, the first line being the
subject; `MessageTemplate` rows replace them. Both are written in the small language of `orders.mail.render`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ORDER_WORDS = (
    "order_number", "external_id", "order_date", "customer_name", "shop_name", "total", "lines", "totals", "address",
)  # fmt: skip
BLOCKS = frozenset({"lines", "totals", "address", "tracking_link", "message"})


@dataclass(frozen=True)
class NoticeKind:
    """`words` are the variables beside those of every order; `sample` are facts for a preview."""

    code: str
    label: str
    when: str
    words: tuple[str, ...] = ()
    sample: Mapping[str, Any] = field(default_factory=dict)
    is_automatic: bool = True

    @property
    def variables(self) -> tuple[str, ...]:
        return (*ORDER_WORDS, *self.words)

    @property
    def file(self) -> str:
        return f"orders/email/{self.code.lower()}"


KINDS: dict[str, NoticeKind] = {
    kind.code: kind
    for kind in (
        NoticeKind("ORDER_RECEIVED", "Order received", "An order has come in, also one that is held for a check."),
        NoticeKind(
            "ORDER_DELAYED", "Order delayed", "The promised date has moved.",
            ("promised_date", "previous_date", "reason"),
            {"promised_date": "2026-12-08", "previous_date": "2026-12-01", "reason": "Our supplier delivers later."},
        ),
        NoticeKind(
            "ORDER_BACKORDERED", "Order backordered", "Units of an order are out of stock for the first time.",
            ("promised_date",), {"lines": {"1": 1}, "promised_date": "2026-12-08"},
        ),
        NoticeKind(
            "ORDER_SHIPPED", "Order shipped", "A parcel has left.",
            ("shipment_number", "carrier", "tracking_number", "tracking_url", "tracking_link", "has_more"),
            {"lines": {"1": 2}, "shipment": "SHP-000421", "carrier": "Royal Mail", "tracking_number": "AB123456789GB",
             "has_more": True},
        ),
        NoticeKind(
            "ORDER_CANCELLED", "Order cancelled", "An order, or a part of it, was cancelled.",
            ("reason", "is_whole", "is_paid"),
            {"lines": {"2": 1}, "reason": "The product is no longer made.", "is_whole": False, "is_paid": True},
        ),
        NoticeKind(
            "ORDER_REFUNDED", "Order refunded", "Money was paid back, or what is owed was lowered.",
            ("refund_number", "amount", "amount_paid", "is_paid_back"),
            {"refund": "CN-000017", "amount": "12.50", "amount_paid": "12.50"},
        ),
        NoticeKind(
            "ORDER_MESSAGE", "Message to a customer", "A person writes.", ("message_subject", "message", "author"),
            {"subject": "A question about your order", "author": "Cora",
             "message": "the street number is missing in your address.\n\nWould you send it to us?"},
            is_automatic=False,
        ),
    )
}  # fmt: skip
AUTOMATIC = tuple(code for code, kind in KINDS.items() if kind.is_automatic)

# Where a parcel can be followed; a shipment that brings its own `tracking_url` knows better.
TRACKING_URLS = {
    "royal mail": "https://www.royalmail.com/track-your-item#/tracking-results/{number}",
    "dhl": "https://www.dhl.com/global-en/home/tracking.html?tracking-id={number}",
    "dpd": "https://www.dpd.com/tracking/{number}",
    "ups": "https://www.ups.com/track?tracknum={number}",
    "fedex": "https://www.fedex.com/fedextrack/?trknbr={number}",
    "gls": "https://gls-group.com/track/{number}",
    "evri": "https://www.evri.com/track/parcel/{number}",
}
