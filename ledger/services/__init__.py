"""Who does it? The only writers of ledger."""

from ledger.drafts import DraftLine, JournalDraft, credit, debit
from ledger.services.chart import account_save, chart_create, number_series_create
from ledger.services.cost import (
    CostIssue,
    CostReceipt,
    CostRevaluation,
    InsufficientLayers,
    Revalued,
    cost_issue_many,
    cost_receive_many,
    cost_revalue_many,
)
from ledger.services.journal import (
    AlreadyPosted,
    AlreadyReversed,
    NoPeriod,
    PeriodClosed,
    Unbalanced,
    UnknownRole,
    journal_entry_post,
    journal_entry_post_many,
    journal_entry_reverse,
)
from ledger.services.manual_entry import (
    ManualLine,
    journal_entry_reversal_request,
    manual_entry_post,
    opening_balance_post,
)
from ledger.services.period import (
    EarlierPeriodOpen,
    TieOutsFailed,
    period_begin_close,
    period_cancel_close,
    period_check,
    period_close,
    period_create_year,
    period_ensure,
    period_for,
    period_reopen,
)
from ledger.services.tie_out import Figures, register_tie_out
from ledger.services.true_up import late_cost_post

__all__ = [
    "AlreadyPosted",
    "AlreadyReversed",
    "CostIssue",
    "CostReceipt",
    "CostRevaluation",
    "DraftLine",
    "EarlierPeriodOpen",
    "Figures",
    "InsufficientLayers",
    "JournalDraft",
    "ManualLine",
    "NoPeriod",
    "PeriodClosed",
    "Revalued",
    "TieOutsFailed",
    "Unbalanced",
    "UnknownRole",
    "account_save",
    "chart_create",
    "cost_issue_many",
    "cost_receive_many",
    "cost_revalue_many",
    "credit",
    "debit",
    "journal_entry_post",
    "journal_entry_post_many",
    "journal_entry_reversal_request",
    "journal_entry_reverse",
    "late_cost_post",
    "manual_entry_post",
    "number_series_create",
    "opening_balance_post",
    "period_begin_close",
    "period_cancel_close",
    "period_check",
    "period_close",
    "period_create_year",
    "period_ensure",
    "period_for",
    "period_reopen",
    "register_tie_out",
]
