"""Answers: what is for sale, and what does the n-th buyer want?

Five scarce products, ten units of each at two nodes: one hundred units. RARE-5 is sold loose by the wholesaler and only in
a kit (with a RARE-1) by the web shop. Every product has many buyers of single units, so all one hundred can be sold.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

SKUS = 5
PER_NODE = 10
UNITS = SKUS * PER_NODE * 2
KIT = "GIFT-BOX"
PRICE = Decimal("20.00")


@dataclass(frozen=True)
class Buyer:
    """One buyer's wish and manners: `reserves` a cart first, or loses patience with the first request (`retries`)."""

    number: int
    channel: str
    sku: str
    units: int
    reserves: bool
    retries: bool

    @property
    def key(self) -> str:
        """What the buyer's cart is known by."""
        return f"cart-{self.number}"

    def cart(self) -> dict[str, Any]:
        """Return the request that reserves the buyer's cart."""
        lines = [{"sku": self.sku, "quantity": self.units}]
        return {
            "channel": self.channel,
            "key": self.key,
            "lines": lines,
            "ttl_seconds": 3600,
            "country": "GB",
        }

    def order(self, *, cart: bool) -> dict[str, Any]:
        """Return the order, the same every time; web orders are paid."""
        content: dict[str, Any] = {
            "channel": self.channel, "external_id": f"BUYER-{self.number:05}", "currency": "GBP",
            "ordered_at": "2026-11-20T10:00:00Z", "email": f"buyer{self.number}@example.com",
            "lines": [{"sku": self.sku, "quantity": self.units, "unit_price": f"{PRICE}"}],
            "ship_to": {"name": f"Buyer {self.number}", "line1": f"{self.number} High St", "city": "Leeds",
                        "postcode": "LS1 1AA", "country": "GB"},
        }  # fmt: skip
        if cart:
            content["reservation_key"] = self.key
        if self.channel == "web":
            amount = f"{PRICE * self.units}"
            content["payment"] = {
                "provider": "card",
                "provider_ref": f"PAY-{self.number:05}",
                "amount": amount,
            }
        return content


def buyers(count: int, seed: int) -> list[Buyer]:
    """Return `count` buyers, whose wishes go round the products and whose order the dice settle."""
    found = []
    for number in range(count):
        dice = random.Random(seed * 1_000_003 + number)
        product = number % SKUS + 1
        channel = dice.choice(("web", "wholesale"))
        sku = KIT if product == SKUS and channel == "web" else f"RARE-{product}"
        units = 1 if sku == KIT or dice.random() < 0.7 else 2
        found.append(Buyer(number, channel, sku, units, dice.random() < 0.2, dice.random() < 0.1))
    random.Random(seed).shuffle(found)
    return found
