"""What does an order look like when it reaches us as plain fields (the REST API, the manual page, one group of CSV rows)?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from erp.core.errors import InvalidInput
from orders.channels import fields
from orders.models import OrderCharge
from orders.services import ChargeCommand, LineCommand, OrderCommand, PaymentCommand, ShipTo

MAX_LINES = 5_000
_TOP = {
    "channel", "external_id", "ordered_at", "currency", "lines", "charges", "customer_number", "email", "ship_to", "payment",
    "priority", "ships_complete", "reservation_key", "bill_to", "card_ref", "risk_score", "verified_age",
}  # fmt: skip
_LINE = {"sku", "quantity", "unit_price", "description", "tax_amount"}
_CHARGE = {"kind", "amount", "description"}
_ADDRESS = {"name", "line1", "city", "postcode", "country"}
_PAYMENT = {"provider", "provider_ref", "amount"}
CHARGE_KINDS = {str(role) for role, _ in OrderCharge.KINDS}


def order_command(
    content: Any, *, body: str, at: datetime, headers: Mapping[str, Any] | None = None
) -> OrderCommand:
    """This function will return the order that `content` describes; InvalidInput names the field at fault and the remedy.

    Keys that mean nothing here are refused rather than dropped: a misspelt field must not lose its value in silence.
    """
    top = _object(content, "body", _TOP)
    lines = _list(top.get("lines"), "lines")
    if not lines:
        raise InvalidInput("lines is empty", field="lines", remedy="Send at least one line.")
    if len(lines) > MAX_LINES:
        raise InvalidInput(
            f"{len(lines)} lines, at most {MAX_LINES}", field="lines", remedy="Split the order."
        )
    return OrderCommand(
        channel=fields.read_text(top.get("channel"), "channel", 40),
        external_id=fields.read_text(top.get("external_id"), "external_id", 80),
        ordered_at=fields.read_moment(top.get("ordered_at"), "ordered_at", at=at),
        currency=fields.read_currency(top.get("currency"), "currency"),
        lines=[_line(line, f"lines[{number}]") for number, line in enumerate(lines, start=1)],
        body=body,
        charges=[
            _charge(charge, f"charges[{number}]")
            for number, charge in enumerate(_list(top.get("charges", []), "charges"), start=1)
        ],
        customer_number=fields.read_text(top.get("customer_number"), "customer_number", 40, required=False),
        email=_email(top.get("email")),
        ship_to=_address({} if top.get("ship_to") is None else top["ship_to"], "ship_to"),
        bill_to=_address(top["bill_to"], "bill_to") if top.get("bill_to") is not None else None,
        card_ref=fields.read_text(top.get("card_ref"), "card_ref", 120, required=False),
        risk_score=_risk_score(top.get("risk_score")),
        verified_age=_age(top.get("verified_age")),
        payment=_payment(top.get("payment")),
        priority=_priority(top.get("priority", 0)),
        ships_complete=_flag(top.get("ships_complete", False), "ships_complete"),
        reservation_key=fields.read_text(top.get("reservation_key"), "reservation_key", 80, required=False),
        headers=dict(headers or {}),
    )


def _object(value: Any, field: str, known: set[str]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidInput(
            f"{field} must be an object, not {type(value).__name__}", field=field, remedy="Send {…}."
        )
    unknown = sorted(str(key)[:40] for key in value if key not in known)
    if unknown:
        raise InvalidInput(
            f"{field} has unknown fields: {', '.join(unknown[:5])}", field=unknown[0],
            remedy=f"Known are: {', '.join(sorted(known))}.",
        )  # fmt: skip
    return value


def _list(value: Any, field: str) -> Sequence[Any]:
    if not isinstance(value, list):
        raise InvalidInput(
            f"{field} must be a list, not {type(value).__name__}", field=field, remedy="Send […]."
        )
    return value


def _line(value: Any, field: str) -> LineCommand:
    line = _object(value, field, _LINE)
    return LineCommand(
        fields.read_text(line.get("sku"), f"{field}.sku", 80),
        fields.read_quantity(line.get("quantity"), f"{field}.quantity"),
        fields.read_amount(line.get("unit_price"), f"{field}.unit_price"),
        fields.read_text(line.get("description"), f"{field}.description", 200, required=False),
        fields.read_amount(line.get("tax_amount", "0"), f"{field}.tax_amount"),
    )


def _charge(value: Any, field: str) -> ChargeCommand:
    charge = _object(value, field, _CHARGE)
    kind = fields.read_text(charge.get("kind"), f"{field}.kind", 24).upper()
    if kind not in CHARGE_KINDS:
        raise InvalidInput(
            f"{field}.kind “{kind}” is unknown",
            field=f"{field}.kind",
            remedy=f"Use one of {', '.join(sorted(CHARGE_KINDS))}.",
        )
    return ChargeCommand(
        kind,
        fields.read_amount(charge.get("amount"), f"{field}.amount", negative=True),
        fields.read_text(charge.get("description"), f"{field}.description", 200, required=False),
    )


def _address(value: Any, field: str) -> ShipTo:
    address = _object(value, field, _ADDRESS)
    return ShipTo(
        fields.read_text(address.get("name"), f"{field}.name", 120, required=False),
        fields.read_text(address.get("line1"), f"{field}.line1", 160, required=False),
        fields.read_text(address.get("city"), f"{field}.city", 80, required=False),
        fields.read_text(address.get("postcode"), f"{field}.postcode", 20, required=False),
        fields.read_country(address.get("country"), f"{field}.country"),
    )


def _risk_score(value: Any) -> Decimal | None:
    if value is None:
        return None
    score = fields.read_amount(value, "risk_score", decimals=2)
    if score > 100:
        raise InvalidInput(
            "risk_score is above 100", field="risk_score", remedy="Send 0 (safe) to 100 (fraud)."
        )
    return score


def _age(value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 120:
        raise InvalidInput(
            "verified_age is a whole number of years",
            field="verified_age",
            remedy="Send the age that was checked, such as 18.",
        )
    return value


def _payment(value: Any) -> PaymentCommand | None:
    if value is None:
        return None
    payment = _object(value, "payment", _PAYMENT)
    amount = fields.read_amount(payment.get("amount"), "payment.amount")
    if not amount:
        raise InvalidInput(
            "payment.amount is zero",
            field="payment.amount",
            remedy="Leave the payment out when nothing is paid.",
        )
    return PaymentCommand(
        fields.read_text(payment.get("provider"), "payment.provider", 40),
        fields.read_text(payment.get("provider_ref"), "payment.provider_ref", 120),
        amount,
    )


def _email(value: Any) -> str:
    text = fields.read_text(value, "email", 254, required=False)
    if text and (text.count("@") != 1 or "." not in text.rsplit("@", 1)[-1]):
        raise InvalidInput("email is no address", field="email", remedy="Send name@domain, or leave it out.")
    return text


def _priority(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not -100 <= value <= 100:
        raise InvalidInput(
            "priority is a whole number from -100 to 100", field="priority", remedy="Leave it out for 0."
        )
    return value


def _flag(value: Any, field: str) -> bool:
    if not isinstance(value, bool):
        raise InvalidInput(
            f"{field} is true or false", field=field, remedy="Send true or false without quotes."
        )
    return value
