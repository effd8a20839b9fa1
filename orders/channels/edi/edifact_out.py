"""How are our documents written in EDIFACT: ORDRSP, DESADV, INVOIC, INVRPT?"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from orders.channels.document import Place
from orders.channels.edi.documents import (
    ACCEPTED,
    BACKORDERED,
    CHANGED,
    KINDS,
    REJECTED,
    Answer,
    Despatch,
    Document,
    Heading,
    Invoice,
    Product,
    Stock,
    plain,
)
from orders.channels.edi.profile import Profile
from orders.channels.edi.write import Row

WHOLE = {ACCEPTED: "29", CHANGED: "4", BACKORDERED: "4", REJECTED: "27"}  # BGM 1225
LINE = {ACCEPTED: "5", CHANGED: "3", BACKORDERED: "3", REJECTED: "7"}  # LIN 1229
GTIN, GLN = "EN", "9"


def identity(kind: str, version: str) -> list[str]:
    """This function will return what UNH says the message is."""
    return [kind, *(version if version.startswith("D:") else "D:96A:UN").split(":")]


def message(document: Document, profile: Profile) -> tuple[list[str], list[Row]]:
    """This function will return a message's identity and the segments between UNH and UNT."""
    if isinstance(document, Answer):
        rows = _answer(document, profile)
    elif isinstance(document, Despatch):
        rows = _despatch(document, profile)
    elif isinstance(document, Invoice):
        rows = _invoice(document, profile)
    else:
        rows = _stock(document, profile)
    return identity(KINDS[type(document)][1], profile.version), rows


def _day(code: str, at: datetime, style: str = "102") -> Row:
    return ["DTM", [code, f"{at:%Y%m%d}" if style == "102" else f"{at:%Y%m%d%H%M}", style]]


def _party(code: str, number: str, place: Place | None = None) -> Row:
    named: list[str | list[str]] = ["NAD", code, [number, "", GLN] if number else ""]
    if place is None or not (place.name or place.line1):
        return named
    lines = [place.line1[at : at + 35] for at in range(0, min(len(place.line1), 140), 35)]
    return [*named, "", place.name[:35], lines or "", place.city[:35], "", place.postcode[:17], place.country]


def _parties(heading: Heading, profile: Profile) -> list[Row]:
    return [
        _party("BY", heading.buyer_number or profile.theirs),
        _party("SU", profile.ours),
        _party("DP", heading.ship_to_number, heading.ship_to),
    ]


def _line(place: int, product: Product, action: str = "") -> list[Row]:
    """LIN with the GTIN when the partner sent one, PIA with what else the partner calls it."""
    gtin = next((value for code, value in product.ids if code == GTIN), "")
    found: list[Row] = [["LIN", product.ref or str(place), action, [gtin, GTIN] if gtin else ""]]
    others = [[value, code] for code, value in product.ids if code != GTIN][:5]
    if others:
        found.append(["PIA", "1" if gtin else "5", *others])
    if product.description:
        found.append(["IMD", "F", "", ["", "", "", product.description[:35]]])
    return found


def _quantity(code: str, value: Decimal, unit: str) -> Row:
    return ["QTY", [code, plain(value), unit] if unit else [code, plain(value)]]


def _answer(answer: Answer, profile: Profile) -> list[Row]:
    heading = answer.heading
    found: list[Row] = [["BGM", "231", heading.ours, WHOLE[answer.status]], _day("137", heading.at, "203")]
    if answer.reason:
        found.append(
            [
                "FTX",
                "AAI",
                "",
                "",
                [answer.reason[at : at + 70] for at in range(0, min(len(answer.reason), 350), 70)],
            ]
        )
    found += [
        ["RFF", ["ON", heading.order]],
        *_parties(heading, profile),
        ["CUX", ["2", heading.currency, "9"]],
    ]
    for place, line in enumerate(answer.lines, start=1):
        found += _line(place, line.product, LINE[line.status])
        found.append(_quantity("21", line.ordered, line.product.unit))
        if line.confirmed != line.ordered:
            found.append(_quantity("113", line.confirmed, line.product.unit))
        if line.backordered:
            found.append(_quantity("83", line.backordered, line.product.unit))
        found.append(["PRI", ["AAA", plain(line.price)]])
    return [*found, ["UNS", "S"], ["CNT", ["2", str(len(answer.lines))]]]


def _despatch(despatch: Despatch, profile: Profile) -> list[Row]:
    heading = despatch.heading
    found: list[Row] = [
        ["BGM", "351", despatch.number[:35], "9"], _day("137", despatch.shipped_at, "203"), _day("11", despatch.shipped_at),
        ["RFF", ["ON", heading.order]],
    ]  # fmt: skip
    if despatch.tracking_number:
        found.append(["RFF", ["CN", despatch.tracking_number[:35]]])
    found += _parties(heading, profile)
    found += [
        ["TDT", "20", "", "", "", ["", "", "", despatch.carrier[:35]]],
        ["CPS", "1"],
        ["PAC", "1", "", "CT"],
    ]
    if despatch.sscc:
        found += [["PCI", "33E"], ["GIN", "BJ", despatch.sscc]]
    for place, line in enumerate(despatch.lines, start=1):
        found += _line(place, line.product)
        found.append(_quantity("12", line.quantity, line.product.unit))
        found.append(["RFF", ["ON", heading.order, line.product.ref]])
    return [*found, ["CNT", ["2", str(len(despatch.lines))]]]


def _invoice(invoice: Invoice, profile: Profile) -> list[Row]:
    heading = invoice.heading
    found: list[Row] = [
        ["BGM", "380", invoice.number[:35], "9"], _day("137", invoice.day), ["RFF", ["ON", heading.order]],
        *_parties(heading, profile), ["CUX", ["2", heading.currency, "4"]],
    ]  # fmt: skip
    for words, amount in invoice.charges:
        found += [
            ["ALC", "A" if amount < 0 else "C", "", "", "", ["", "", "", words[:35]]],
            ["MOA", ["23", plain(abs(amount))]],
        ]
    for place, line in enumerate(invoice.lines, start=1):
        found += _line(place, line.product)
        found += [
            _quantity("47", line.quantity, line.product.unit), ["MOA", ["203", plain(line.amount)]],
            ["PRI", ["AAA", plain(line.price)]],
        ]  # fmt: skip
    goods = sum((line.amount for line in invoice.lines), Decimal(0))
    found += [["UNS", "S"], ["CNT", ["2", str(len(invoice.lines))]], ["MOA", ["79", plain(goods)]]]
    if invoice.tax:
        found.append(["MOA", ["124", plain(invoice.tax)]])
    return [*found, ["MOA", ["86", plain(invoice.total)]]]


def _stock(stock: Stock, profile: Profile) -> list[Row]:
    found: list[Row] = [
        ["BGM", "35", stock.number[:35], "9"], _day("137", stock.at, "203"), _day("366", stock.at), _party("SU", profile.ours),
        _party("BY", profile.theirs),
    ]  # fmt: skip
    for place, (product, quantity) in enumerate(stock.lines, start=1):
        found += [*_line(place, product), ["QTY", ["145", str(quantity)]]]
    return found
