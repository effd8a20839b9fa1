"""How is a value from outside read, and what is it told when it can not be?

Every reader takes the path of the field ("lines[2].quantity") and raises InvalidInput that names it and the remedy.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from erp.core.errors import InvalidInput
from erp.core.money import EXPONENTS
from erp.core.text import storable

MAX_QUANTITY = 1_000_000
MAX_AMOUNT = Decimal("1e9")
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,15})?")
_WHOLE = re.compile(r"[+-]?\d{1,15}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def read_text(value: Any, field: str, length: int, *, required: bool = True) -> str:
    """This function will return a text without control characters, at most `length` long, blanks at its ends removed."""
    if value is None or value == "":
        if required:
            raise InvalidInput(f"{field} is missing", field=field, remedy="Send it.")
        return ""
    if not isinstance(value, str):
        raise InvalidInput(
            f"{field} must be text, not {type(value).__name__}", field=field, remedy="Send it in quotes."
        )
    if value != storable(value):
        raise InvalidInput(
            f"{field} holds a NUL or half a surrogate pair", field=field, remedy="Send valid Unicode."
        )
    text = value.strip()
    if _CONTROL.search(text):
        raise InvalidInput(
            f"{field} holds a control character", field=field, remedy="Send one line of plain text."
        )
    if len(text) > length:
        raise InvalidInput(
            f"{field} has {len(text)} characters, at most {length} are allowed",
            field=field,
            remedy="Shorten it.",
        )
    if not text and required:
        raise InvalidInput(f"{field} is blank", field=field, remedy="Send it.")
    return text


def read_quantity(value: Any, field: str) -> int:
    """This function will return a whole number of units from 1 to a million."""
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidInput(
            f"{field} must be a whole number, not {_shown(value)}",
            field=field,
            remedy="Send units without a fraction.",
        )
    if not 1 <= value <= MAX_QUANTITY:
        raise InvalidInput(
            f"{field} is {_shown(value)}, it must be 1 to {MAX_QUANTITY}", field=field,
            remedy="Send a return or a cancellation for negative quantities; split larger orders.",
        )  # fmt: skip
    return value


def read_amount(value: Any, field: str, *, negative: bool = False, decimals: int = 4) -> Decimal:
    """This function will return an exact amount with at most `decimals` decimals; `negative` says whether it may be below 0."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not _NUMBER.fullmatch(value.strip()):
        raise InvalidInput(
            f"{field} must be a plain number, not {_shown(value)}", field=field,
            remedy="Send digits with a decimal point, such as 12.50: no thousands separator, no exponent.",
        )  # fmt: skip
    try:
        amount = Decimal(value.strip())
    except InvalidOperation as error:
        raise InvalidInput(
            f"{field} is no number", field=field, remedy="Send a number such as 12.50."
        ) from error
    exponent = amount.as_tuple().exponent
    if isinstance(exponent, int) and -exponent > decimals:
        raise InvalidInput(f"{field} has more than {decimals} decimals", field=field, remedy="Round it.")
    if amount < 0 and not negative:
        raise InvalidInput(
            f"{field} is negative", field=field, remedy="Send zero or more; a discount is a charge."
        )
    if abs(amount) > MAX_AMOUNT:
        raise InvalidInput(
            f"{field} is {_shown(value)}, larger than any order", field=field, remedy="Check the amount."
        )
    return amount


def read_moment(value: Any, field: str, *, at: datetime) -> datetime:
    """This function will return an ISO 8601 time with its offset, between 2000 and a day from `at`."""
    text = read_text(value, field, 40)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(
            f"{field} is no time: {_shown(text)}",
            field=field,
            remedy="Send ISO 8601, such as 2026-03-01T14:05:00+00:00.",
        ) from error
    if moment.tzinfo is None:
        raise InvalidInput(
            f"{field} has no offset from UTC", field=field, remedy="Add Z or an offset such as +01:00."
        )
    if not _EARLIEST <= moment <= at + timedelta(days=1):
        raise InvalidInput(
            f"{field} lies outside 2000 and tomorrow", field=field, remedy="Check the year and the offset."
        )
    return moment.astimezone(UTC)


def read_currency(value: Any, field: str) -> str:
    """This function will return an ISO 4217 code."""
    code = read_text(value, field, 3).upper()
    if code not in EXPONENTS:
        raise InvalidInput(
            f"{field} “{code}” is not an ISO 4217 currency", field=field, remedy="Use a code such as GBP."
        )
    return code


def read_country(value: Any, field: str) -> str:
    """This function will return a two-letter country code, or nothing when none was sent (the address check will see)."""
    code = read_text(value, field, 2, required=False).upper()
    if code and not (len(code) == 2 and code.isascii() and code.isalpha()):
        raise InvalidInput(f"{field} is no country code", field=field, remedy="Two letters, such as GB.")
    return code


def _shown(value: Any) -> str:
    text = storable(str(value))
    return f"“{text[:40]}…”" if len(text) > 40 else f"“{text}”"
