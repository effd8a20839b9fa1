"""Which figures of purchasing must agree with the books before a month is closed?"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from erp.core.sql import query
from ledger.models import AccountRole, Period
from ledger.services import Figures, register_tie_out
from procurement.selectors import grni_balance, payable_balance


def account_credit(role: AccountRole, on: date) -> Decimal:
    """This function will return what the account of `role` owes at the end of day `on`: credit − debit, base."""
    rows = query(
        "SELECT coalesce(sum(l.base_credit - l.base_debit), 0) FROM ledger_journalline l "
        "JOIN ledger_journalentry e ON e.id = l.entry_id JOIN ledger_account a ON a.id = l.account_id "
        "WHERE a.role = %s AND e.posting_date <= %s",
        [role, on],
    )
    return Decimal(rows[0][0])


def grni_tie_out(period: Period) -> Figures:
    """This function will set what was received and not billed beside GRNI at the end of the period."""
    documents = grni_balance(on=period.end_date)
    books = account_credit(AccountRole.GRNI, period.end_date)
    return Figures(documents, books, {"received, not invoiced": str(documents), "GRNI": str(books)})


def payable_tie_out(period: Period) -> Figures:
    """This function will set the unpaid bills beside PAYABLE at the end of the period."""
    documents = payable_balance(on=period.end_date)
    books = account_credit(AccountRole.PAYABLE, period.end_date)
    return Figures(documents, books, {"matched, unpaid invoices": str(documents), "PAYABLE": str(books)})


register_tie_out("grni", "GRNI = Σ (received − invoiced) × order price", grni_tie_out)
register_tie_out("payable", "Trade payables = unpaid supplier invoices", payable_tie_out)
