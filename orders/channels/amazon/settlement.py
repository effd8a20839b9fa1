"""What does a settlement report of Amazon's (flat file V2) say that it paid, row by row?

One row per amount component; the first row is the settlement itself with its total, which the others must add up to. European
files write amounts with a decimal comma and days first; one file is read one way, and what could be read both ways is
refused. Rows are matched with orders and the bank in the ledger, not here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from erp.core.errors import InvalidInput
from erp.core.money import ZERO, quantize
from orders.channels.fields import read_currency

COLUMNS = (
    "settlement-id", "settlement-start-date", "settlement-end-date", "deposit-date", "total-amount", "currency",
    "transaction-type", "order-id", "merchant-order-id", "adjustment-id", "shipment-id", "marketplace-name", "amount-type",
    "amount-description", "amount", "fulfillment-id", "posted-date", "posted-date-time", "order-item-code",
    "merchant-order-item-id", "merchant-adjustment-item-id", "sku", "quantity-purchased", "promotion-id",
)  # fmt: skip
REQUIRED = (
    "settlement-id",
    "total-amount",
    "currency",
    "transaction-type",
    "amount-type",
    "amount-description",
    "amount",
)
MAX_ROWS = 1_000_000
MAX_BYTES = 256 * 2**20
_POINT = re.compile(r"[+-]?\d{1,12}(\.\d{1,4})?")
_COMMA = re.compile(r"[+-]?\d{1,3}(\.\d{3})*,\d{1,4}|[+-]?\d{1,12},\d{1,4}")
_WHOLE = re.compile(r"[+-]?\d{1,12}")
_TIMES = ("%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%d", "%d.%m.%Y", "%Y/%m/%d")


@dataclass(frozen=True)
class SettlementRow:
    """One component of an amount: what it is of (`amount_type`, `amount_description`) and whose (order, item, SKU)."""

    row: int
    transaction_type: str
    order_id: str
    merchant_order_id: str
    adjustment_id: str
    shipment_id: str
    marketplace: str
    amount_type: str
    amount_description: str
    amount: Decimal
    fulfillment_id: str
    posted_at: datetime | None
    order_item_code: str
    sku: str
    quantity: int | None
    promotion_id: str


@dataclass(frozen=True)
class Settlement:
    """A settlement: what Amazon transferred, for which time, and the rows that prove it."""

    id: str
    start: datetime | None
    end: datetime | None
    deposited_at: datetime | None
    total: Decimal
    currency: str
    rows: Sequence[SettlementRow]


def read_settlement(content: bytes) -> Settlement:
    """This function will return the settlement that a report is; InvalidInput names the row and column at fault.

    The rows add up to the total of the first one, or the file is refused: a part of it is missing or was read wrongly.
    """
    rows = _rows(_text(content))
    _, head = next(rows, (0, {}))
    if not head:
        raise InvalidInput("the report has no rows", field="file", remedy="Download it again.")
    comma = _has_comma(head["total-amount"])
    currency = read_currency(head["currency"], "row 2: currency")
    total = _amount(head["total-amount"], "row 2: total-amount", currency, comma)
    found = []
    for number, row in rows:
        if row["settlement-id"] != head["settlement-id"]:
            raise InvalidInput(
                f"row {number} is of settlement “{row['settlement-id'][:30]}”, the report of “{head['settlement-id'][:30]}”",
                field=f"row {number}: settlement-id", remedy="Download the report again.",
            )  # fmt: skip
        found.append(_row(number, row, currency, comma))
    parts = sum((row.amount for row in found), ZERO)
    if parts != total:
        raise InvalidInput(
            f"total-amount is {total}, the {len(found)} rows add up to {parts}", field="row 2: total-amount",
            remedy="Download the report again: a part of it is missing.",
        )  # fmt: skip
    when = [
        _moment(head[name], f"row 2: {name}")
        for name in ("settlement-start-date", "settlement-end-date", "deposit-date")
    ]
    return Settlement(head["settlement-id"], when[0], when[1], when[2], total, currency, found)


def _text(content: bytes) -> str:
    if len(content) > MAX_BYTES:
        raise InvalidInput(f"more than {MAX_BYTES} bytes", field="file", remedy="Ask for a shorter time.")
    for encoding in ("utf-8-sig", "cp1252"):  # Europe's older files; the columns that count are ASCII in both
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InvalidInput(
        "the report is neither UTF-8 nor Windows-1252", field="file", remedy="Download it again."
    )


def _rows(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows below the header, by column; the file has tabs and no quotes."""
    lines = text.splitlines()
    names = [name.strip().lower() for name in lines[0].split("\t")] if lines else []
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise InvalidInput(
            f"columns missing: {', '.join(missing[:5])}", field=f"header.{missing[0]}",
            remedy="Send a report of type GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2.",
        )  # fmt: skip
    if len(lines) > MAX_ROWS:
        raise InvalidInput(f"more than {MAX_ROWS} rows", field="file", remedy="Ask for a shorter time.")
    empty = dict.fromkeys(COLUMNS, "")
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        values = [value.strip() for value in line.split("\t")]
        if len(values) > len(names):
            raise InvalidInput(
                f"row {number} has {len(values)} values for {len(names)} columns", field=f"row {number}",
                remedy="Download the report again; do not save it from a spreadsheet.",
            )  # fmt: skip
        yield number, empty | dict(zip(names, values, strict=False))


def _row(number: int, row: dict[str, str], currency: str, comma: bool | None) -> SettlementRow:
    quantity = row["quantity-purchased"]
    if quantity and not _WHOLE.fullmatch(quantity):
        raise InvalidInput(
            f"row {number}: quantity-purchased is “{quantity[:20]}”", field=f"row {number}: quantity-purchased",
            remedy="Download the report again.",
        )  # fmt: skip
    posted = row["posted-date-time"] or row["posted-date"]
    return SettlementRow(
        number, row["transaction-type"], row["order-id"], row["merchant-order-id"], row["adjustment-id"], row["shipment-id"],
        row["marketplace-name"], row["amount-type"], row["amount-description"],
        _amount(row["amount"], f"row {number}: amount", currency, comma), row["fulfillment-id"],
        _moment(posted, f"row {number}: posted-date"), row["order-item-code"], row["sku"],
        int(quantity) if quantity else None, row["promotion-id"],
    )  # fmt: skip


def _has_comma(text: str) -> bool | None:
    """Does the file write a decimal comma? None when its total shows neither."""
    return None if _WHOLE.fullmatch(text) else "," in text


def _amount(text: str, field: str, currency: str, comma: bool | None) -> Decimal:
    if _WHOLE.fullmatch(text):
        return quantize(Decimal(text), currency)
    as_comma, as_point = bool(_COMMA.fullmatch(text)), bool(_POINT.fullmatch(text))
    reads = as_comma if comma else as_point if comma is not None else as_comma != as_point
    if not reads:
        style = "" if comma is None else f" in a file with a decimal {'comma' if comma else 'point'}"
        raise InvalidInput(
            f"{field} is “{text[:30]}”, no amount{style}",
            field=field,
            remedy="Download the report as Amazon wrote it.",
        )
    amount = Decimal(text.replace(".", "").replace(",", ".") if as_comma and not as_point else text)
    if amount != quantize(amount, currency):
        raise InvalidInput(
            f"{field} is {amount}, finer than {currency} is", field=field, remedy="Download it again."
        )
    return quantize(amount, currency)


def _moment(text: str, field: str) -> datetime | None:
    if not text:
        return None
    plain = text.removesuffix(" UTC").removesuffix("Z").replace("T", " ")
    for form in _TIMES:
        try:
            return datetime.strptime(plain, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    try:  # some files say the marketplace's own offset
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(
            f"{field} is no time: “{text[:40]}”", field=field, remedy="Download it again."
        ) from error
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
