"""Which rows do the books keep?"""

from ledger.models.account import Account, AccountRole, AccountType
from ledger.models.cost import CostLayer, CostMovement, ValuationMethod
from ledger.models.journal import JournalEntry, JournalLine
from ledger.models.period import Period, PeriodBalance, TieOut

__all__ = [
    "Account",
    "AccountRole",
    "AccountType",
    "CostLayer",
    "CostMovement",
    "JournalEntry",
    "JournalLine",
    "Period",
    "PeriodBalance",
    "TieOut",
    "ValuationMethod",
]
