"""How does the demo company take in a web order for one product, paid by card?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings

from erp.core.money import quantize
from erp.demo.catalogue import address_of
from erp.demo.master import Company
from orders.services import (
    LineCommand,
    OrderCommand,
    PaymentCommand,
    ShipTo,
    order_allocate_many,
    order_receive_many,
)


def web_order(key: str, external_id: str, line: LineCommand, name: str, at: datetime) -> OrderCommand:
    """This function will return a paid order of the web shop at `at`; `key` draws the buyer, `name` stands in its body."""
    to = address_of(key, "United Kingdom", business=False)
    total = quantize(line.unit_price * line.quantity, settings.KEEL_BASE_CURRENCY)
    return OrderCommand(
        "web-uk", external_id, at, settings.KEEL_BASE_CURRENCY, [line], f"{name} × {line.quantity}", email=to.email,
        ship_to=ShipTo(to.name, to.line1, to.city, to.postcode, to.country),
        payment=PaymentCommand("cardpay", f"cp_{key}", total),
    )  # fmt: skip


def web_orders_take(company: Company, commands: Sequence[OrderCommand], *, at: datetime) -> list[int]:
    """This function will receive and promise the orders and return the ids of the new ones."""
    received = order_receive_many(commands, actor=company.people["channel"], at=at)
    ids = [outcome.order_id for outcome in received if outcome.is_new and outcome.order_id is not None]
    order_allocate_many(order_ids=ids, actor=company.people["system"], at=at)
    return ids
