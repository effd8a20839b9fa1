"""Which figures of the ledger itself must agree before a month closes?"""

from __future__ import annotations

from decimal import Decimal

from erp.core.models import ApprovalRequest
from erp.core.sql import query
from erp.core.states import ApprovalState
from ledger.models import AccountRole, ManualEntry, Period
from ledger.seal import broken_seals
from ledger.selectors import account_balance, trial_balance
from ledger.services.tie_out import Figures, register_tie_out
from ledger.states import ManualEntryState

# Both figures in one statement, so that a shipment between two looks can not make them differ.
_LAYERS_AND_GL = """
SELECT (SELECT coalesce(sum(value_left), 0) FROM ledger_costlayer WHERE is_open),
  (SELECT coalesce(sum(b.base_debit - b.base_credit), 0) FROM ledger_periodbalance b JOIN ledger_period p ON
    p.id = b.period_id
   JOIN ledger_account a ON a.id = b.account_id WHERE a.role = 'INVENTORY' AND p.state = 'CLOSED'
   AND b.revision = (SELECT max(m.revision) FROM ledger_periodbalance m WHERE m.period_id = p.id))
  + (SELECT coalesce(sum(l.base_debit - l.base_credit), 0) FROM ledger_journalentry e
     JOIN ledger_journalline l ON l.entry_id = e.id JOIN ledger_account a ON a.id = l.account_id AND a.role =
       'INVENTORY'
     WHERE e.posting_date > coalesce((SELECT max(end_date) FROM ledger_period WHERE state = 'CLOSED'),
       '-infinity'::date))
"""


def layers_are_inventory(period: Period) -> Figures:
    """This function will compare the value left in all cost layers with the Inventory account, both as they
    stand now.
    """
    layers, books = query(_LAYERS_AND_GL)[0]
    return Figures(
        layers,
        books,
        {"Value left in cost layers": str(layers), "Balance of Inventory, all dates": str(books)},
    )


def trial_balance_is_zero(period: Period) -> Figures:
    """This function will compare all debits with all credits up to the end of the month."""
    balance = trial_balance(as_of=period.end_date)
    return Figures(
        balance.closing_credit,
        balance.closing_debit,
        {"accounts": [[row.account.code, row.account.name, str(row.closing)] for row in balance.rows]},
    )


def entries_have_lines(period: Period) -> Figures:
    """This function will count entries of the month that do not have two lines or more."""
    rows = query(
        "SELECT e.number, count(l.id) FROM ledger_journalentry e LEFT JOIN ledger_journalline l ON l.entry_id = e.id "
        "WHERE e.posting_date BETWEEN %s AND %s GROUP BY e.id, e.number HAVING count(l.id) < 2",
        [period.start_date, period.end_date],
    )
    return Figures(Decimal(0), Decimal(len(rows)), {"entries": [list(row) for row in rows[:100]]})


def numbers_are_gapless(period: Period) -> Figures:
    """This function will compare how many entry numbers were drawn with how many entries there are."""
    drawn, posted = query(
        "SELECT (SELECT next_number - 1 FROM core_numberseries WHERE code = 'JE'), "
        "(SELECT count(*) FROM ledger_journalentry)"
    )[0]
    return Figures(Decimal(drawn or 0), Decimal(posted), {"Numbers drawn": drawn, "Entries": posted})


def nothing_waits_for_approval(period: Period) -> Figures:
    """This function will count entries by hand dated in the month that nobody has decided on."""
    waiting = ManualEntry.objects.filter(
        state=ManualEntryState.PENDING_APPROVAL, posting_date__range=(period.start_date, period.end_date)
    )
    rows = [
        [f"manual entry #{entry.pk}", entry.memo, str(entry.posting_date)]
        for entry in waiting.order_by("pk")[:100]
    ]
    requests = ApprovalRequest.objects.filter(
        state=ApprovalState.PENDING, document_type="ledger.ManualEntry", document_id__in=waiting.values("pk")
    ).count()
    return Figures(
        Decimal(0), Decimal(waiting.count()), {"entries": rows, "open approval requests": requests}
    )


def earlier_seals_hold(period: Period) -> Figures:
    """This function will count closed months whose seal is not what their kept balances give."""
    broken = broken_seals()
    return Figures(Decimal(0), Decimal(len(broken)), {"months": [list(row) for row in broken]})


def clearing_balance(period: Period) -> Figures:
    """This function will show what payment providers still owe: captured, not yet paid out. It need not be zero."""
    balance = account_balance(AccountRole.CASH_CLEARING, period.end_date)
    return Figures(Decimal(0), balance, {"Payment clearing at the end of the month": str(balance)})


register_tie_out("LAYERS_GL", "Cost layers = Inventory in the books, as both stand now", layers_are_inventory)
register_tie_out("TRIAL_BALANCE", "Debits = credits", trial_balance_is_zero)
register_tie_out("ENTRY_LINES", "Every entry has two lines or more", entries_have_lines)
register_tie_out("JE_NUMBERS", "Entry numbers are gapless", numbers_are_gapless)
register_tie_out("MANUAL_PENDING", "No entry by hand waits for approval", nothing_waits_for_approval)
register_tie_out("SEALS", "Seals of earlier months hold", earlier_seals_hold)
register_tie_out("CLEARING", "Payments captured and not paid out", clearing_balance, blocking=False)
