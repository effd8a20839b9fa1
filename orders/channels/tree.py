"""How is a JSON document from outside walked, so that whatever is wrong with it is named by its path?

Numbers with a fraction stay the text they were, so that no amount passes through binary floating point; an identifier may be
longer than 2⁵³. Every refusal is an InvalidInput whose field is the path ("line_items[2].total").
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from erp.core.errors import InvalidInput
from erp.core.money import quantize
from orders.channels import fields

_FIRST_YEAR, _LAST_YEAR = 2000, 2100


def read_json(body: str | bytes, *, field: str = "body") -> Any:
    """This function will return what a JSON text says, numbers with a fraction as text; InvalidInput when it is no JSON."""
    try:
        text = body.decode("utf-8") if isinstance(body, bytes) else body
        return json.loads(text, parse_float=str, parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"{field} is not UTF-8 (byte {error.start})", field=field, remedy="Send UTF-8."
        ) from error
    except (ValueError, RecursionError) as error:
        raise InvalidInput(
            f"{field} is no JSON: {str(error)[:80]}", field=field, remedy="Send one JSON document."
        ) from error


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def number_text(value: Any) -> Any:
    """This function will return a whole number as text, as amounts are read; anything else as it is."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


@dataclass(frozen=True)
class Tree:
    """An object of a document and the path that leads to it."""

    value: dict[str, Any]
    path: str = ""

    @classmethod
    def of(cls, value: Any, path: str = "") -> Tree:
        """This function will return the tree at `path`; InvalidInput when it is no object."""
        if not isinstance(value, dict):
            shown = path or "body"
            raise InvalidInput(
                f"{shown} must be an object, not {type(value).__name__}", field=shown, remedy="Send {…}."
            )
        return cls(value, path)

    def at(self, name: str) -> str:
        """This function will return the path of one of its fields."""
        return f"{self.path}.{name}" if self.path else name

    def has(self, name: str) -> bool:
        """This function will tell whether a field is there and says something."""
        return self.value.get(name) not in (None, "", [], {})

    def text(self, name: str, length: int, *, required: bool = False) -> str:
        """This function will return a text of at most `length` characters."""
        return fields.read_text(self.value.get(name), self.at(name), length, required=required)

    def joined(self, names: Sequence[str], length: int) -> str:
        """This function will return several fields as one text, with commas; the first is blamed when it is too long."""
        text = ", ".join(filter(None, (self.text(name, length) for name in names)))
        if len(text) > length:
            raise InvalidInput(
                f"{self.at(names[0])} and what follows it have {len(text)} characters, at most {length} are allowed",
                field=self.at(names[0]), remedy="Shorten the address there.",
            )  # fmt: skip
        return text

    def ident(self, name: str, *, required: bool = True) -> str:
        """This function will return an identifier, which a channel may send as a number or as text."""
        return fields.read_text(number_text(self.value.get(name)), self.at(name), 80, required=required)

    def whole(self, name: str, default: int | None = None) -> int:
        """This function will return a whole number from 0 to a million; `default` when the field is not there."""
        value = self.value.get(name)
        if value is None and default is not None:
            return default
        if value in (0, "0"):
            return 0
        return fields.read_quantity(value, self.at(name))

    def amount(
        self, name: str, currency: str, *, default: str | None = "0", negative: bool = True
    ) -> Decimal:
        """This function will return an amount that `currency` can hold; InvalidInput when it is finer than that."""
        value = self.value.get(name)
        if value in (None, ""):
            value = default
        found = fields.read_amount(number_text(value), self.at(name), negative=negative, decimals=6)
        if found != quantize(found, currency):
            raise InvalidInput(
                f"{self.at(name)} is {found}, finer than {currency} is", field=self.at(name),
                remedy="Have the shop round it to the currency's minor unit.",
            )  # fmt: skip
        return quantize(found, currency)

    def moment(self, name: str, *, assume_utc: bool = False) -> datetime:
        """This function will return an ISO 8601 time; one without an offset is UTC where the channel says that it is."""
        text = fields.read_text(self.value.get(name), self.at(name), 40)
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as error:
            raise InvalidInput(
                f"{self.at(name)} is no time: “{text}”", field=self.at(name), remedy="Send ISO 8601."
            ) from error
        if moment.tzinfo is None and assume_utc:
            moment = moment.replace(tzinfo=UTC)
        if moment.tzinfo is None:
            raise InvalidInput(
                f"{self.at(name)} has no offset from UTC", field=self.at(name), remedy="Add Z or an offset."
            )
        if not _FIRST_YEAR <= moment.year < _LAST_YEAR:
            raise InvalidInput(
                f"{self.at(name)} is in the year {moment.year}", field=self.at(name),
                remedy=f"Send a time from {_FIRST_YEAR} to {_LAST_YEAR - 1}.",
            )  # fmt: skip
        return moment.astimezone(UTC)

    def child(self, name: str) -> Tree:
        """This function will return the object in a field; an empty one when there is none."""
        value = self.value.get(name)
        return Tree({} if value in (None, "", []) else Tree.of(value, self.at(name)).value, self.at(name))

    def children(self, name: str) -> Iterator[Tree]:
        """This function will yield the objects of a list; none when there is no list."""
        value = self.value.get(name)
        if value is None or value == "":
            return
        if not isinstance(value, list):
            raise InvalidInput(
                f"{self.at(name)} must be a list, not {type(value).__name__}", field=self.at(name),
                remedy="Send […].",
            )  # fmt: skip
        for number, item in enumerate(value, start=1):
            yield Tree.of(item, f"{self.at(name)}[{number}]")
