"""How is a value of Shopify's JSON read, and what is it called when it can not be?

Ids are numbers beyond 2^53 in Shopify and text in Keel. Amounts are text, at some places JSON numbers: both are read exactly.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from erp.core.errors import InvalidInput
from erp.core.text import storable
from orders.channels import fields

REMEDY = "Compare the message with the order in Shopify's admin, then replay it or enter the order by hand."


def load(body: str) -> Mapping[str, Any]:
    """This function will read a JSON object, numbers exactly; InvalidInput when it is none."""
    try:
        content = json.loads(body, parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("the message is no JSON", field="body", remedy=REMEDY) from error
    return mapping(content, "body")


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def mapping(value: Any, field: str) -> Mapping[str, Any]:
    """This function will return an object; null is an empty one."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidInput(
            f"{field} must be an object, not {type(value).__name__}", field=field, remedy=REMEDY
        )
    return value


def rows(value: Any, field: str) -> Sequence[Mapping[str, Any]]:
    """This function will return a list of objects; null is an empty one."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise InvalidInput(f"{field} must be a list, not {type(value).__name__}", field=field, remedy=REMEDY)
    return [mapping(item, f"{field}[{number}]") for number, item in enumerate(value)]


def amount(value: Any, field: str) -> Decimal:
    """This function will return an exact amount, which may be negative; null is zero."""
    if value is None or value == "":
        return Decimal(0)
    return fields.read_amount(f"{value:f}" if isinstance(value, Decimal) else value, field, negative=True)


def shop_money(price_set: Any, field: str) -> Decimal | None:
    """This function will return the shop's amount of a money bag ({"shop_money": {"amount": …}}); None without one."""
    money = mapping(mapping(price_set, field).get("shop_money"), f"{field}.shop_money")
    return amount(money["amount"], f"{field}.shop_money.amount") if money.get("amount") is not None else None


def identity(value: Any, field: str) -> str:
    """This function will return an id as text; InvalidInput when there is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not (value.isascii() and value.isdigit() and len(value) <= 20):
        raise InvalidInput(f"{field} is no id", field=field, remedy=REMEDY)
    return value


def whole(value: Any, field: str) -> int:
    """This function will return a whole number of units, zero or more; null is zero."""
    if value is None or is_zero(value):
        return 0
    return fields.read_quantity(value, field)


def is_zero(value: Any) -> bool:
    """This function will tell whether a value is the number zero (false is not)."""
    return isinstance(value, int) and not isinstance(value, bool) and value == 0


def moment(value: Any, field: str) -> datetime:
    """This function will return a time in UTC."""
    text = fields.read_text(value, field, 40)
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(f"{field} is no time: {text}", field=field, remedy=REMEDY) from error
    if found.tzinfo is None:
        raise InvalidInput(f"{field} has no offset from UTC", field=field, remedy=REMEDY)
    return found.astimezone(UTC)


def words(value: Any, length: int) -> str:
    """This function will return what a person typed as one line of at most `length` characters."""
    if not isinstance(value, str):
        return ""
    plain = "".join(char if ord(char) >= 32 and ord(char) != 127 else " " for char in storable(value))
    return " ".join(plain.split())[:length].strip()
