"""Which fields have purchase orders and receipts in the REST API?"""

from __future__ import annotations

from typing import Annotated, Literal

from ninja import Field

from erp.core.api_schemas import Asked, Page, Said

Day = Annotated[str, Field(json_schema_extra={"format": "date"})]
Units = Annotated[int, Field(ge=1, le=1_000_000)]


class PurchaseLineIn(Asked):
    """What to buy; without a cost the supplier's last one."""

    sku: str = Field(min_length=1, max_length=80)
    quantity: Units
    unit_cost: str | None = Field(None, pattern=r"^\d{1,9}(\.\d{1,4})?$")


class PurchaseIn(Asked):
    """A draft of a purchase order."""

    supplier: str = Field(min_length=1, max_length=80)
    node: str = Field(min_length=1, max_length=80)
    lines: list[PurchaseLineIn] = Field(min_length=1, max_length=5_000)
    expected_date: Day | None = None


class ReceivedIn(Asked):
    """What arrived of a line of the order."""

    position: int = Field(ge=1, le=100_000)
    quantity: Units
    bin: str = Field("", max_length=80)
    lot: str = Field("", max_length=80)
    expiry_date: Day | None = None
    status: Literal["AVAILABLE", "QUARANTINE"] = "AVAILABLE"


class ReceiptIn(Asked):
    """What arrived."""

    lines: list[ReceivedIn] = Field(min_length=1, max_length=5_000)


class PurchaseLineOut(Said):
    """A line and how much of it arrived and was invoiced."""

    position: int
    sku: str
    quantity_ordered: int
    quantity_received: int
    quantity_invoiced: int
    unit_cost: str


class PurchaseHead(Said):
    """A purchase order in a list."""

    id: int
    number: str
    state: str
    supplier: str
    node: str
    currency: str
    total: str
    expected_date: str


class PurchaseOut(PurchaseHead):
    """A purchase order with its lines and the numbers of its receipts."""

    lines: list[PurchaseLineOut]
    receipts: list[str]


class PurchasePage(Page):
    """Purchase orders, oldest first."""

    orders: list[PurchaseHead]


class ReceiptOut(Said):
    """A goods receipt and what it left of the order."""

    number: str
    value: str
    order: PurchaseOut
