"""What does each row of the Online Retail set mean?

Pure: rows in, documents out, in time order. Every row ends up in exactly one document, and every document knows its rows, so
the replay can account for all of them. See docs/demo-data.md for the traps.
"""

from __future__ import annotations

import csv
import lzma
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from ledger.models import AccountRole

SOURCE = Path(__file__).parent / "data" / "online_retail.csv.xz"
ROWS = 541_909

# Stock codes that are amounts, not goods → the account role they post to.
CHARGES: dict[str, AccountRole] = {
    "POST": AccountRole.SHIPPING_REVENUE,
    "DOT": AccountRole.SHIPPING_REVENUE,
    "C2": AccountRole.SHIPPING_REVENUE,
    "D": AccountRole.DISCOUNT,
    "M": AccountRole.OTHER_INCOME,
    "S": AccountRole.SAMPLES,
    "AMAZONFEE": AccountRole.CHANNEL_FEE,
    "BANK CHARGES": AccountRole.BANK_CHARGE,
    "CRUK": AccountRole.OTHER_INCOME,
    "B": AccountRole.BAD_DEBT,
    "PADS": AccountRole.OTHER_INCOME,
}


class SourceRow(NamedTuple):
    """One row as it stands in the file; `number` counts from 1."""

    number: int
    invoice: str
    sku: str
    description: str
    quantity: int
    at: datetime
    price: Decimal
    customer: str
    country: str

    @property
    def amount(self) -> Decimal:
        return self.price * self.quantity


def charge_role(sku: str) -> AccountRole | None:
    """This function will return the account role of a stock code that is no product, or None for goods."""
    code = sku.upper()
    if code.startswith("GIFT_0001"):
        return AccountRole.OTHER_INCOME
    return CHARGES.get(code)


@dataclass
class Document:
    """The rows of one invoice number, sorted by what they are.

    `sales` are goods sold or given away to a named customer, `credits` goods coming back (quantity negative),
    `charges` amounts, `adjustments` stock corrections at price zero, `unclear` whatever fits none of these.
    """

    invoice: str
    at: datetime
    customer: str
    country: str
    rows: list[SourceRow] = field(default_factory=list)
    sales: list[SourceRow] = field(default_factory=list)
    credits: list[SourceRow] = field(default_factory=list)
    charges: list[SourceRow] = field(default_factory=list)
    adjustments: list[SourceRow] = field(default_factory=list)
    unclear: list[SourceRow] = field(default_factory=list)

    @property
    def is_credit(self) -> bool:
        return self.invoice.startswith("C")

    @property
    def raw(self) -> str:
        """The rows as text, as a channel would have sent them: kept in the inbox."""
        return "\n".join(
            f"{r.invoice},{r.sku},{r.description},{r.quantity},{r.at:%Y-%m-%d %H:%M},{r.price},{r.customer},{r.country}"
            for r in self.rows
        )


def read_rows(
    path: Path = SOURCE, *, first: date | None = None, last: date | None = None
) -> Iterator[SourceRow]:
    """This function will yield the rows of the compressed file from day `first` to day `last`, both included.

    Times are the shop's, taken as UTC.
    """
    since, until = first.isoformat() if first else "", last.isoformat() if last else "9999"
    with lzma.open(path, "rt", encoding="utf-8", newline="") as lines:
        reader = csv.reader(lines)
        next(reader)
        text, moment = "", datetime.min.replace(tzinfo=UTC)
        for number, (invoice, sku, description, quantity, at, price, customer, country) in enumerate(
            reader, start=1
        ):
            if at[:10] < since:
                continue
            if at[:10] > until:
                return
            if at != text:
                text, moment = at, datetime.fromisoformat(at).replace(tzinfo=UTC)
            yield SourceRow(
                number,
                invoice,
                sku,
                description.strip(),
                int(quantity),
                moment,
                Decimal(price),
                customer,
                country,
            )


def classify(document: Document, row: SourceRow) -> None:
    """This function will put one row where it belongs in its document."""
    document.rows.append(row)
    if charge_role(row.sku) is not None:
        # a charge without an amount says nothing to the books, but it is still a row to account for
        document.charges.append(row)
    elif row.invoice.startswith("A"):
        document.charges.append(row)
    elif row.price < 0 or not row.quantity:
        document.unclear.append(row)
    elif document.is_credit:
        (document.credits if row.quantity < 0 else document.unclear).append(row)
    elif row.price == 0 and (row.quantity < 0 or not row.customer):
        document.adjustments.append(row)
    elif row.quantity > 0:
        document.sales.append(row)
    else:
        document.unclear.append(row)


def read_documents(rows: Iterator[SourceRow] | None = None) -> Iterator[Document]:
    """This function will yield the documents in time order: consecutive rows of one invoice number, at its first minute."""
    for invoice, group in groupby(rows or read_rows(), key=lambda row: row.invoice):
        members = list(group)
        document = Document(invoice, members[0].at, members[0].customer, members[0].country)
        for row in members:
            classify(document, row)
        yield document


def by_day(documents: Iterator[Document]) -> Iterator[tuple[datetime, list[Document]]]:
    """This function will group documents by trading day (midnight UTC)."""
    for day, group in groupby(documents, key=lambda document: document.at.replace(hour=0, minute=0)):
        yield day, list(group)
