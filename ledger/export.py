"""How do the books leave the house so that another program can check them?

Each writer yields lines of text; the journal is read in batches by entry id, so a hundred years need no more
memory than a day.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple

from django.conf import settings

from erp.core.money import EXPONENTS
from erp.core.sql import query
from ledger.models import Account, AccountType

BATCH = 2_000
_ROOTS = {
    AccountType.ASSET: ("Assets", "A"),
    AccountType.LIABILITY: ("Liabilities", "L"),
    AccountType.EQUITY: ("Equity", "E"),
    AccountType.INCOME: ("Income", "R"),
    AccountType.EXPENSE: ("Expenses", "X"),
}


class Line(NamedTuple):
    """A journal line with the head of its entry."""

    entry_id: int
    number: str
    posting_date: str
    kind: str
    source_type: str
    source_id: int
    memo: str
    account_id: int
    currency: str
    debit: Decimal
    credit: Decimal
    base_debit: Decimal
    base_credit: Decimal
    product_id: int | None
    node_id: int | None
    channel_id: int | None
    supplier_id: int | None
    customer_segment: str


_BATCH = """
SELECT e.id, e.number, e.posting_date::text, e.kind, e.source_type, e.source_id, e.memo, l.account_id, l.currency,
       l.debit, l.credit, l.base_debit, l.base_credit, l.product_id, l.node_id, l.channel_id, l.supplier_id,
         l.customer_segment
FROM (SELECT * FROM ledger_journalentry WHERE id > %s ORDER BY id LIMIT %s) e
JOIN ledger_journalline l ON l.entry_id = e.id ORDER BY e.id, l.id
"""


def journal_lines() -> Iterator[Line]:
    """This function will yield every line of the journal in journal order."""
    last = 0
    while True:
        rows = [Line(*row) for row in query(_BATCH, [last, BATCH])]
        if not rows:
            return
        yield from rows
        last = rows[-1].entry_id


def _entries() -> Iterator[list[Line]]:
    for _, lines in groupby(journal_lines(), key=lambda line: line.entry_id):
        yield list(lines)


def _currencies() -> list[str]:
    used = {row[0] for row in query("SELECT DISTINCT currency FROM ledger_journalline")}
    return sorted(used | {settings.KEEL_BASE_CURRENCY})


def _amount(value: Decimal, currency: str) -> str:
    return f"{value:.{EXPONENTS[currency]}f} {currency}"


def _signed(line: Line, price: str) -> str:
    """This function will return a line's amount, with its base currency amount as the total price where it is
    foreign.
    """
    amount = _amount(line.debit - line.credit, line.currency)
    if line.currency == settings.KEEL_BASE_CURRENCY:
        return amount
    return f"{amount} {price} {_amount(line.base_debit + line.base_credit, settings.KEEL_BASE_CURRENCY)}"


def _dimensions(line: Line) -> list[tuple[str, str]]:
    found = {
        "product": line.product_id, "node": line.node_id, "channel": line.channel_id, "supplier": line.supplier_id,
        "segment": line.customer_segment,
    }  # fmt: skip
    return [(name, str(value)) for name, value in found.items() if value not in (None, "")]


def _plain(text: str) -> str:
    """This function will return `text` without what an hledger comment or description would read as syntax."""
    return re.sub(r"[;|:,\r\n\t]+", " ", text).strip()


def hledger_names() -> dict[int, tuple[str, str]]:
    """This function will return each account's hledger name and type letter: root by type, then the path of names."""
    names: dict[int, tuple[str, str]] = {}
    for account in Account.objects.order_by("tree_id", "lft"):
        root, letter = _ROOTS[AccountType(account.account_type)]
        above = names[account.parent_id][0] if account.parent_id in names else root
        words = re.sub(r"[^\w()&-]+", " ", account.name).strip()
        names[account.pk] = (f"{above}:{account.code} {words}", letter)
    return names


def hledger() -> Iterator[str]:
    """This function will yield the journal in hledger's format: directives, then an entry per transaction with tags."""
    for currency in _currencies():
        yield f"commodity {_amount(Decimal(1000), currency)}\n"
    names = hledger_names()
    for name, letter in names.values():
        yield f"account {name}  ; type:{letter}\n"
    for lines in _entries():
        head = lines[0]
        tags = f"kind:{head.kind}, source:{head.source_type} {head.source_id}"
        yield f"\n{head.posting_date} * ({head.number}) {_plain(head.memo) or head.kind}  ; {tags}\n"
        for line in lines:
            dimensions = ", ".join(f"{name}:{_plain(value)}" for name, value in _dimensions(line))
            yield f"    {names[line.account_id][0]}  {_signed(line, '@@')}" + (
                f"  ; {dimensions}\n" if dimensions else "\n"
            )


def beancount_names() -> dict[int, str]:
    """This function will return each account's beancount name; its parts may hold letters, digits and dashes only."""
    names: dict[int, str] = {}
    for account in Account.objects.order_by("tree_id", "lft"):
        root, _ = _ROOTS[AccountType(account.account_type)]
        above = names.get(account.parent_id, root)
        words = re.sub(r"[^A-Za-z0-9]+", "-", account.name).strip("-")
        names[account.pk] = f"{above}:{account.code}-{words}"
    return names


def beancount() -> Iterator[str]:
    """This function will yield the journal in beancount's format, every account opened on the first day of
    the books.
    """
    names = beancount_names()
    yield f'option "operating_currency" "{settings.KEEL_BASE_CURRENCY}"\n'
    first = query("SELECT coalesce(min(posting_date), '2000-01-01'::date)::text FROM ledger_journalentry")[0][
        0
    ]
    for name in names.values():
        yield f"{first} open {name}\n"
    for lines in _entries():
        head = lines[0]
        memo = (head.memo or head.kind).replace("\\", "\\\\").replace('"', '\\"')
        yield f'\n{head.posting_date} * "{memo}"\n'
        yield f'  number: "{head.number}"\n  kind: "{head.kind}"\n  source: "{head.source_type} {head.source_id}"\n'
        for line in lines:
            yield f"  {names[line.account_id]}  {_signed(line, '@@')}\n"
            for name, value in _dimensions(line):
                yield f'    {name}: "{value}"\n'


def csv_rows() -> Iterator[str]:
    """This function will yield the journal as CSV, a row per line, with a header row."""
    accounts = Account.objects.in_bulk()
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(
        [
            *(name for name in Line._fields if name not in ("entry_id", "account_id")),
            "account_code",
            "account",
        ]
    )
    for line in journal_lines():
        values = line._asdict()
        account = accounts[values.pop("account_id")]
        values.pop("entry_id")
        writer.writerow(
            [*("" if value is None else value for value in values.values()), account.code, account.name]
        )
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()


FORMATS: dict[str, Callable[[], Iterator[str]]] = {
    "hledger": hledger,
    "beancount": beancount,
    "csv": csv_rows,
}
