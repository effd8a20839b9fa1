"""How are our documents written in X12: 855, 856, 810, 846?"""

from __future__ import annotations

from decimal import Decimal

from orders.channels.edi.documents import (
    ACCEPTED,
    BACKORDERED,
    CHANGED,
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
from orders.channels.edi.write import Row

WHOLE = {ACCEPTED: "AD", CHANGED: "AC", BACKORDERED: "AC", REJECTED: "RJ"}  # BAK02
LINE = {ACCEPTED: "IA", CHANGED: "IQ", BACKORDERED: "IB", REJECTED: "IR"}  # ACK01
LONGEST_WORDS = 80


def rows(document: Document) -> list[Row]:
    """This function will return the segments between ST and SE."""
    if isinstance(document, Answer):
        return _answer(document)
    if isinstance(document, Despatch):
        return _despatch(document)
    if isinstance(document, Invoice):
        return _invoice(document)
    return _stock(document)


def _ids(product: Product) -> list[str]:
    return [part for pair in product.ids[:5] for part in pair]


def _ship_to(heading: Heading) -> list[Row]:
    place = heading.ship_to
    if not (place.name or heading.ship_to_number):
        return []
    number = ["92", heading.ship_to_number] if heading.ship_to_number else []
    found: list[Row] = [["N1", "ST", place.name[:60], *number]]
    if place.line1:
        found.append(["N3", place.line1[:55], *([place.line1[55:110]] if place.line1[55:110] else [])])
    if place.city or place.postcode:
        city, _, region = place.city.partition(", ")
        found.append(["N4", city[:30], region[:2], place.postcode[:15], place.country])
    return found


def _answer(answer: Answer) -> list[Row]:
    heading = answer.heading
    found: list[Row] = [
        ["BAK", "00", WHOLE[answer.status], heading.order, f"{heading.ordered_at:%Y%m%d}", "", "", "", heading.ours,
         f"{heading.at:%Y%m%d}"],
        ["CUR", "SE", heading.currency],
    ]  # fmt: skip
    if answer.reason:
        found += [["N9", "ZZ", "REASON"], ["MSG", answer.reason[:264]]]
    found += _ship_to(heading)
    for line in answer.lines:
        product = line.product
        found.append(
            ["PO1", product.ref, plain(line.ordered), product.unit, plain(line.price), "", *_ids(product)]
        )
        if product.description:
            found.append(["PID", "F", "", "", "", product.description[:LONGEST_WORDS]])
        if line.confirmed or line.status in (ACCEPTED, CHANGED):
            found.append(
                [
                    "ACK",
                    LINE[CHANGED if line.status == CHANGED else ACCEPTED],
                    plain(line.confirmed),
                    product.unit,
                ]
            )
        if line.backordered:
            found.append(["ACK", LINE[BACKORDERED], plain(line.backordered), product.unit])
        refused = line.ordered - line.confirmed - line.backordered
        if line.status == REJECTED and refused > 0:
            found.append(["ACK", LINE[REJECTED], plain(refused), product.unit])
    found.append(["CTT", str(len(answer.lines))])
    return found


def _despatch(despatch: Despatch) -> list[Row]:
    heading, at = despatch.heading, despatch.shipped_at
    levels = 4 if despatch.sscc else 3
    found: list[Row] = [
        ["BSN", "00", despatch.number[:30], f"{at:%Y%m%d}", f"{at:%H%M}", "0001"],
        ["HL", "1", "", "S"],
        ["TD1", "CTN25", "1"],
        ["TD5", "", "", "", "", despatch.carrier[:35]],
    ]  # fmt: skip
    if despatch.tracking_number:
        found.append(["REF", "CN", despatch.tracking_number[:30]])
    found.append(["DTM", "011", f"{at:%Y%m%d}", f"{at:%H%M}"])
    if despatch.ship_from.name:
        found.append(["N1", "SF", despatch.ship_from.name[:60]])
    found += _ship_to(heading)
    found += [["HL", "2", "1", "O"], ["PRF", heading.order, "", "", f"{heading.ordered_at:%Y%m%d}"]]
    if despatch.sscc:
        found += [["HL", "3", "2", "P"], ["MAN", "GM", despatch.sscc]]
    for place, line in enumerate(despatch.lines):
        found.append(["HL", str(levels + place), str(levels - 1), "I"])
        found.append(["LIN", line.product.ref, *_ids(line.product)])
        found.append(["SN1", "", plain(line.quantity), line.product.unit])
        if line.product.description:
            found.append(["PID", "F", "", "", "", line.product.description[:LONGEST_WORDS]])
    hashed = sum((line.quantity for line in despatch.lines), Decimal(0))
    found.append(["CTT", str(levels - 1 + len(despatch.lines)), plain(hashed)])
    return found


def _cents(amount: Decimal) -> str:
    """N2: two decimals that are implied."""
    return f"{amount.quantize(Decimal('0.01')) * 100:.0f}"


def _invoice(invoice: Invoice) -> list[Row]:
    heading = invoice.heading
    found: list[Row] = [
        ["BIG", f"{invoice.day:%Y%m%d}", invoice.number[:22], f"{heading.ordered_at:%Y%m%d}", heading.order],
        ["CUR", "SE", heading.currency],
        *_ship_to(heading),
    ]  # fmt: skip
    for line in invoice.lines:
        product = line.product
        found.append(
            ["IT1", product.ref, plain(line.quantity), product.unit, plain(line.price), "", *_ids(product)]
        )
        if product.description:
            found.append(["PID", "F", "", "", "", product.description[:LONGEST_WORDS]])
    found.append(["TDS", _cents(invoice.total)])
    if invoice.tax:
        found.append(["TXI", "ST", plain(invoice.tax)])
    for words, amount in invoice.charges:
        kind = "A" if amount < 0 else "C"
        found.append(["SAC", kind, "ZZZZ", "", "", _cents(abs(amount)), *[""] * 9, words[:LONGEST_WORDS]])
    found.append(["CTT", str(len(invoice.lines))])
    return found


def _stock(stock: Stock) -> list[Row]:
    found: list[Row] = [["BIA", "00", "SI", stock.number[:30], f"{stock.at:%Y%m%d}", f"{stock.at:%H%M}"]]
    for product, quantity in stock.lines:
        found.append(["LIN", product.ref, *_ids(product)])
        found.append(["QTY", "33", str(quantity), product.unit])
    found.append(["CTT", str(len(stock.lines))])
    return found
