"""What does a shipment post to the books?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from erp.core.money import ZERO
from ledger.models import AccountRole
from ledger.services import DraftLine, JournalDraft


class ShipmentFigures(NamedTuple):
    """What is posted of a shipment: goods, tax and signed charges (by account role) in `currency`, cogs in base.

    `rate` turns one unit of `currency` into base currency.
    """

    shipment_id: int
    number: str
    posting_date: date
    stock_sequence: int
    currency: str
    goods: Decimal
    tax: Decimal
    charges: Mapping[str, Decimal]
    cogs: Decimal
    node_id: int
    channel_id: int
    customer_segment: str
    rate: Decimal


def shipment_confirmed(figures: ShipmentFigures) -> JournalDraft:
    """This function will post a shipment: the claim on the customer, what it consists of, and the cost of the goods.

    A charge against us (a discount, a fee) is negative and stands on the other side; a shipment that is worth less
    than nothing credits the customer. Lines of zero are left out, so a free sample without a cost posts nothing at
    all. ::

        Trade receivables     | goods + charges + tax
        Sales revenue         |                        goods
        Shipping, other …     |                        charges > 0, each by its role
        Discounts, fees …     | charges < 0
        Sales tax payable     |                        tax
        Cost of goods sold    | cogs
        Inventory             |                        cogs
    """
    total = figures.goods + figures.tax + sum(figures.charges.values(), ZERO)
    sides: list[tuple[str, Decimal, str]] = [
        (AccountRole.RECEIVABLE, total, figures.currency),
        (AccountRole.REVENUE, -figures.goods, figures.currency),
        *[(role, -amount, figures.currency) for role, amount in sorted(figures.charges.items())],
        (AccountRole.TAX_PAYABLE, -figures.tax, figures.currency),
        (AccountRole.COGS, figures.cogs, ""),
        (AccountRole.INVENTORY, -figures.cogs, ""),
    ]
    node_id, channel_id, segment = figures.node_id, figures.channel_id, figures.customer_segment
    return JournalDraft(
        "fulfillment.shipment_confirmed",
        "fulfillment.Shipment",
        figures.shipment_id,
        figures.posting_date,
        [
            DraftLine(
                role, amount if amount > 0 else ZERO, -amount if amount < 0 else ZERO, currency, None, node_id,
                channel_id, None, segment,
            )
            for role, amount, currency in sides
            if amount
        ],
        figures.number,
        0,
        figures.stock_sequence,
        figures.rate,
    )  # fmt: skip
