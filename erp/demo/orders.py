"""How does a document of the source become an order, a charge or a correction?"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.conf import settings

from erp.core.money import ZERO, quantize
from erp.demo.catalogue import COUNTRIES, EUROPE, address_of
from erp.demo.source import Document, SourceRow, charge_role
from inventory.states import AdjustmentReason
from ledger.models import AccountRole
from orders.services import ChargeCommand, LineCommand, OrderCommand, PaymentCommand, ShipTo

CURRENCY = settings.KEEL_BASE_CURRENCY
# What the shop's own words for a correction mean, first match wins.
_REASONS = (
    (("SAMPLE", "DISPLAY", "GIVEN AWAY"), AdjustmentReason.SAMPLE),
    (("THROWN", "DESTROYED", "DISPOS", "MOULDY", "UNSALEABLE"), AdjustmentReason.DISPOSAL),
    (
        ("DAMAGE", "WET", "BROKEN", "CRUSHED", "SMASHED", "FAULTY", "RUSTY", "CRACKED"),
        AdjustmentReason.DAMAGED,
    ),
    (("LOST", "MISSING", "STOLEN"), AdjustmentReason.LOST),
    (("FOUND",), AdjustmentReason.FOUND),
    (("CHECK", "COUNT", "ADJUST"), AdjustmentReason.COUNT),
)


def channel_of(document: Document) -> str:
    """This function will return the channel a document came through: guests buy on the web, the others by country."""
    if not document.customer:
        return "web-uk"
    country = COUNTRIES[document.country]
    if country == "GB":
        return "trade-uk"
    return "trade-eu" if country in EUROPE else "export"


def role_of(row: SourceRow) -> AccountRole:
    """This function will return the account role of a charge row; the A… documents adjust bad debt."""
    return charge_role(row.sku) or AccountRole.BAD_DEBT


def reason_of(row: SourceRow) -> AdjustmentReason:
    """This function will return the reason code that the row's description speaks of."""
    said = row.description.upper()
    for words, reason in _REASONS:
        if any(word in said for word in words):
            return reason
    return AdjustmentReason.COUNT if row.quantity > 0 else AdjustmentReason.OTHER


def charges_of(rows: Sequence[SourceRow]) -> list[ChargeCommand]:
    """This function will return the charges of a document, amounts to the minor unit; nothing for a row without an amount."""
    commands = [
        ChargeCommand(role_of(row), quantize(row.amount, CURRENCY), row.description or row.sku)
        for row in rows
    ]
    return [command for command in commands if command.amount]


def command_of(document: Document, external_id: str) -> OrderCommand:
    """This function will return the order that a document's sales and charges are."""
    channel = channel_of(document)
    prefix = "W-" if channel == "web-uk" else ""
    lines = [
        LineCommand(prefix + row.sku, row.quantity, row.price, row.description) for row in document.sales
    ]
    charges = charges_of(document.charges)
    to = address_of(document.customer or document.invoice, document.country, business=bool(document.customer))
    payment = None
    if channel == "web-uk":
        total = sum((quantize(line.unit_price * line.quantity, CURRENCY) for line in lines), ZERO)
        total += sum((charge.amount for charge in charges), Decimal(0))
        payment = PaymentCommand("cardpay", f"cp_{external_id}", total) if total > 0 else None
    return OrderCommand(
        channel=channel,
        external_id=external_id,
        ordered_at=document.at,
        currency=CURRENCY,
        lines=lines,
        body=document.raw,
        charges=charges,
        customer_number=document.customer,
        email=to.email,
        ship_to=ShipTo(to.name, to.line1, to.city, to.postcode, to.country),
        payment=payment,
    )
