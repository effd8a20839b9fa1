"""What was agreed with a partner? Data: the settings of the connection, read and checked in one place.

`docs/channels.md` lists every setting with an example. What is left out has a default that fits most partners.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from erp.core.errors import InvalidInput
from orders.channels.contract import Account, Setting
from orders.channels.document import Place
from orders.channels.edi.envelope import EDIFACT, X12

SETTINGS: tuple[Setting, ...] = (
    Setting("standard", "What we send: X12 or EDIFACT"),
    Setting("our_id", "Our interchange id"),
    Setting("our_qualifier", "Its qualifier (01 DUNS, 14 GLN, ZZ agreed)"),
    Setting("partner_qualifier", "The qualifier of the partner's id (the account)"),
    Setting("partner_ids", "Further ids that the partner sends as", "list"),
    Setting("our_group_id", "Our application id (GS02), if it differs"),
    Setting("partner_group_id", "The partner's application id (GS03), if it differs"),
    Setting("version", "Version that we send: 004010, D:96A:UN:EAN008"),
    Setting("versions", "Versions that we accept; empty = any", "list"),
    Setting("separators", "Element, component and terminator that we send", "list"),
    Setting("test_interchanges", "keep (no order), order, or refuse"),
    Setting("sends_test", "Mark what we send as a test", "flag"),
    Setting("forgives", "Faults of the partner's that we live with: control_mismatch, count_wrong", "list"),
    Setting("acknowledges", "Receipts that we send: 997, TA1, CONTRL", "list"),
    Setting("sends", "Documents that the partner wants: 855, 856, 810, 846", "list"),
    Setting("ack_hours", "Hours within which the partner acknowledges; 0 = never does", "whole"),
    Setting("product_ids", "Which identifiers name a product, the first found counts: VN, UP, EN, SA …", "list"),
    Setting("units", "The partner's unit codes and our units in one: {CA: 12, EA: 1, CS: pack}", "table"),
    Setting("price_units", "Units that a price basis code counts: {HP: 100}", "table"),
    Setting("missing_price", "refuse or zero (the price check then holds the order)"),
    Setting("currency", "Currency when the document names none"),
    Setting("country", "Country when an address names none"),
    Setting("customer_number", "Our customer number of the partner"),
    Setting("ship_to", "Addresses by the partner's location number or GLN", "table"),
    Setting("ship_from", "Our own address on despatch advices: name, city, country", "table"),
)  # fmt: skip
SECRETS: tuple[tuple[str, str], ...] = (
    ("api_key", "Key that the gateway sends as X-API-Key or Authorization: Bearer"),
    ("basic", "user:password that the gateway sends as Authorization: Basic"),
)

# Unit codes that mean one piece in either standard (UN/ECE Rec 20, X12 355).
ONE_PIECE = ("EA", "PCE", "PC", "C62", "H87", "UN", "NAR", "ST", "PR", "SET")
PRICE_UNITS = {"HP": 100, "HU": 100, "TP": 1000, "TH": 1000, "MIL": 1000, "CEN": 100}
PRODUCT_IDS = (
    "VN", "VP", "VC", "VA", "SA", "SK", "IN", "BP", "CB", "UP", "UK", "UA", "EN", "UI", "ST", "MG",
)  # fmt: skip
EXAMPLE = "See docs/channels.md, “EDI”."


@dataclass(frozen=True)
class Profile:
    """The agreement, with every default filled in."""

    standard: str
    ours: str
    ours_qualifier: str
    theirs: str
    theirs_qualifier: str
    their_ids: Sequence[str]
    our_group: str
    their_group: str
    version: str
    versions: Sequence[str]
    marks: tuple[str, str, str]
    test_interchanges: str
    sends_test: bool
    forgives: Sequence[str]
    acknowledges: Sequence[str]
    sends: Sequence[str]
    ack_hours: int
    product_ids: Sequence[str]
    units: Mapping[str, Any]
    price_units: Mapping[str, Any]
    missing_price: str
    currency: str
    country: str
    customer_number: str
    ship_to: Mapping[str, Place]
    ship_from: Place = field(default_factory=Place)

    @classmethod
    def of(cls, account: Account) -> Profile:
        """This function will read a connection's settings; InvalidInput names the one that can not be."""
        read = _Read(account.settings)
        standard = read.choice("standard", (X12, EDIFACT), X12)
        is_x12 = standard == X12
        ours, ours_group = read.text("our_id", "KEEL"), read.text("our_group_id", "")
        return cls(
            standard, ours, read.text("our_qualifier", "ZZ" if is_x12 else "14"), account.account,
            read.text("partner_qualifier", "ZZ" if is_x12 else "14"), (account.account, *read.texts("partner_ids", ())),
            ours_group or ours, read.text("partner_group_id", "") or account.account,
            read.text("version", "004010" if is_x12 else "D:96A:UN:EAN008"), read.texts("versions", ()),
            read.marks("separators", ("*", ">", "~") if is_x12 else ("+", ":", "'")),
            read.choice("test_interchanges", ("keep", "order", "refuse"), "keep"), read.flag("sends_test"),
            read.texts("forgives", ()), read.texts("acknowledges", ("997",) if is_x12 else ("CONTRL",)),
            read.texts("sends", ("855", "856")), read.whole("ack_hours", 24), read.texts("product_ids", PRODUCT_IDS),
            {**dict.fromkeys(ONE_PIECE, 1), **read.factors("units")}, {**PRICE_UNITS, **read.factors("price_units")},
            read.choice("missing_price", ("refuse", "zero"), "refuse"), read.text("currency", ""), read.text("country", ""),
            read.text("customer_number", ""), read.places("ship_to"), read.place("ship_from", account.settings.get("ship_from")),
        )  # fmt: skip

    def spoken(self, standard: str) -> Profile:
        """This function will return the profile for an answer in a standard that we do not otherwise send."""
        if standard == self.standard:
            return self
        is_x12 = standard == X12
        marks, version = (("*", ">", "~"), "004010") if is_x12 else (("+", ":", "'"), "D:96A:UN")
        return replace(self, standard=standard, marks=marks, version=version)


class _Read:
    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.settings = settings

    def refuse(self, name: str, what: str) -> InvalidInput:
        return InvalidInput(f"the setting “{name}” {what}", field=f"settings.{name}", remedy=EXAMPLE)

    def text(self, name: str, default: str) -> str:
        value = self.settings.get(name, default)
        if not isinstance(value, str) or len(value) > 80 or any(ord(char) < 32 for char in value):
            raise self.refuse(name, "is no text")
        return value.strip()

    def texts(self, name: str, default: Sequence[str]) -> Sequence[str]:
        value = self.settings.get(name, list(default))
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
            raise self.refuse(name, "is no list of texts")
        return tuple(item.strip() for item in value)

    def choice(self, name: str, known: Sequence[str], default: str) -> str:
        value = self.text(name, default)
        if value not in known:
            raise self.refuse(name, f"is one of {', '.join(known)}")
        return value

    def flag(self, name: str) -> bool:
        value = self.settings.get(name, False)
        if not isinstance(value, bool):
            raise self.refuse(name, "is true or false")
        return value

    def whole(self, name: str, default: int) -> int:
        value = self.settings.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 10_000:
            raise self.refuse(name, "is a whole number")
        return value

    def marks(self, name: str, default: tuple[str, str, str]) -> tuple[str, str, str]:
        value = tuple(self.texts(name, default)) if name in self.settings else default
        if len(value) != 3 or len(set(value)) != 3 or any(len(sign) != 1 or sign.isalnum() for sign in value):
            raise self.refuse(name, "is three different signs")
        return value

    def factors(self, name: str) -> dict[str, Any]:
        """Unit code → how many of our units it counts, or "pack": as many as the line says are in one."""
        value = self.settings.get(name, {})
        if not isinstance(value, Mapping):
            raise self.refuse(name, "is no table")
        found: dict[str, Any] = {}
        for code, factor in value.items():
            if factor == "pack":
                found[str(code).upper()] = factor
                continue
            try:
                number = Decimal(str(factor))
            except InvalidOperation as error:
                raise self.refuse(name, f"has no number for {code}") from error
            if not number.is_finite() or number <= 0 or number != int(number) or isinstance(factor, bool):
                raise self.refuse(name, f"has no whole number for {code}")
            found[str(code).upper()] = int(number)
        return found

    def places(self, name: str) -> dict[str, Place]:
        value = self.settings.get(name, {})
        if not isinstance(value, Mapping):
            raise self.refuse(name, "is no table")
        return {str(code): self.place(f"{name}.{code}", place) for code, place in value.items()}

    def place(self, name: str, value: Any) -> Place:
        known = {"name", "line1", "city", "postcode", "country"}
        if value is None:
            return Place()
        if not isinstance(value, Mapping) or set(value) - known:
            raise self.refuse(name, f"has {', '.join(sorted(known))}")
        return Place(**{str(key): str(text) for key, text in value.items()})
