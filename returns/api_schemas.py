"""Which fields has a return in the REST API?"""

from __future__ import annotations

from typing import Literal

from ninja import Field

from erp.core.api_schemas import Asked, Page, Said


class ReturnLineIn(Asked):
    """Units of a shipped line."""

    shipment_line: int = Field(ge=1, lt=2**31)
    quantity: int = Field(ge=1, le=1_000_000)


class ReturnIn(Asked):
    """What may come back, and why."""

    order: str = Field(min_length=1, max_length=20)
    reason: Literal["UNWANTED", "DAMAGED", "WRONG_ITEM", "DEFECTIVE", "OTHER"]
    note: str = Field("", max_length=300)
    lines: list[ReturnLineIn] = Field(min_length=1, max_length=1_000)


class ReturnHead(Said):
    """A return in a list."""

    id: int
    number: str
    state: str
    order: str
    reason: str
    node: str
    created_at: str


class ReturnLineOut(Said):
    """A line: how far it is and what is paid back."""

    shipment_line: int
    sku: str
    state: str
    quantity: int
    disposition: str
    refund_amount: str
    refund: str | None


class RefundOut(Said):
    """Money that goes back."""

    number: str
    state: str
    amount: str
    amount_paid: str


class ReturnOut(ReturnHead):
    """A return with its lines and refunds."""

    lines: list[ReturnLineOut]
    refunds: list[RefundOut]


class ReturnPage(Page):
    """Returns, oldest first."""

    returns: list[ReturnHead]


class ReturnableLine(Said):
    """A shipped line and how many of it may still come back."""

    shipment_line: int
    shipment: str
    sku: str
    shipped: int
    left: int


class Returnable(Said):
    """What may come back of an order."""

    lines: list[ReturnableLine]
