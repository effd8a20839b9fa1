"""Which rows do the books keep?"""

from ledger.models.account import Account, AccountRole, AccountType
from ledger.models.cost import CostLayer, CostMovement, ValuationMethod
from ledger.models.journal import JournalEntry, JournalLine
from ledger.models.manual_entry import ManualEntry, ManualEntryLine
from ledger.models.period import Period, PeriodBalance, TieOut

__all__ = [
    "Account",
    "AccountRole",
    "AccountType",
    "CostLayer",
    "CostMovement",
    "JournalEntry",
    "JournalLine",
    "ManualEntry",
    "ManualEntryLine",
    "Period",
    "PeriodBalance",
    "TieOut",
    "ValuationMethod",
]
