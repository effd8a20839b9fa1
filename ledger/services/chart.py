"""Who sets up the books: accounts, number series and the policies of the second person?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from simple_history.utils import bulk_create_with_history

from erp.core.errors import InvalidInput
from erp.core.models import ApprovalPolicy, NumberSeries, User
from erp.core.roles import Role
from ledger.models import Account, AccountRole, AccountType, JournalLine

A, T = AccountRole, AccountType


@dataclass(frozen=True)
class _Row:
    code: str
    name: str
    account_type: AccountType
    parent: str | None = None
    role: AccountRole | None = None


# The default chart, parents before children. Accounts without a role are for entries written by hand.
DEFAULT_CHART: tuple[_Row, ...] = (
    _Row("1000", "Assets", T.ASSET),
    _Row("1100", "Cash and clearing", T.ASSET, "1000"),
    _Row("1110", "Cash at bank", T.ASSET, "1100", A.CASH),
    _Row("1120", "Payment clearing", T.ASSET, "1100", A.CASH_CLEARING),
    _Row("1200", "Receivables", T.ASSET, "1000"),
    _Row("1210", "Trade receivables", T.ASSET, "1200", A.RECEIVABLE),
    _Row("1290", "Prepayments", T.ASSET, "1200"),
    _Row("1300", "Stock", T.ASSET, "1000"),
    _Row("1310", "Inventory", T.ASSET, "1300", A.INVENTORY),
    _Row("2000", "Liabilities", T.LIABILITY),
    _Row("2100", "Suppliers", T.LIABILITY, "2000"),
    _Row("2110", "Trade payables", T.LIABILITY, "2100", A.PAYABLE),
    _Row("2120", "Goods received, not invoiced", T.LIABILITY, "2100", A.GRNI),
    _Row("2190", "Accrued expenses", T.LIABILITY, "2100"),
    _Row("2200", "Taxes", T.LIABILITY, "2000"),
    _Row("2210", "Sales tax payable", T.LIABILITY, "2200", A.TAX_PAYABLE),
    _Row("3000", "Equity", T.EQUITY),
    _Row("3100", "Opening balance equity", T.EQUITY, "3000", A.EQUITY_OPENING),
    _Row("3200", "Retained earnings", T.EQUITY, "3000", A.RETAINED_EARNINGS),
    _Row("4000", "Income", T.INCOME),
    _Row("4100", "Sales", T.INCOME, "4000"),
    _Row("4110", "Sales revenue", T.INCOME, "4100", A.REVENUE),
    _Row("4120", "Shipping revenue", T.INCOME, "4100", A.SHIPPING_REVENUE),
    _Row("4180", "Discounts granted", T.INCOME, "4100", A.DISCOUNT),
    _Row("4190", "Sales returns and allowances", T.INCOME, "4100", A.SALES_RETURNS),
    _Row("4900", "Other income", T.INCOME, "4000", A.OTHER_INCOME),
    _Row("5000", "Cost of sales", T.EXPENSE),
    _Row("5100", "Cost of goods sold", T.EXPENSE, "5000", A.COGS),
    _Row("5200", "Purchase price variance", T.EXPENSE, "5000", A.PPV),
    _Row("5300", "Stock adjustments", T.EXPENSE, "5000", A.STOCK_ADJUSTMENT),
    _Row("5400", "Returned goods written off", T.EXPENSE, "5000", A.WRITE_OFF),
    _Row("6000", "Operating expenses", T.EXPENSE),
    _Row("6100", "Marketplace and channel fees", T.EXPENSE, "6000", A.CHANNEL_FEE),
    _Row("6200", "Outbound freight", T.EXPENSE, "6000", A.FREIGHT_OUT),
    _Row("6300", "Bank charges", T.EXPENSE, "6000", A.BANK_CHARGE),
    _Row("6400", "Bad debt", T.EXPENSE, "6000", A.BAD_DEBT),
    _Row("6500", "Samples and marketing", T.EXPENSE, "6000", A.SAMPLES),
    _Row("6600", "Rent", T.EXPENSE, "6000"),
    _Row("6700", "Wages", T.EXPENSE, "6000"),
    _Row("6800", "Depreciation", T.EXPENSE, "6000"),
)
SERIES: dict[str, str] = {
    "JE": "JE-", "SHP": "SHP-", "PO": "PO-", "GR": "GR-", "RMA": "RMA-", "CN": "CN-", "TR": "TR-", "ADJ": "ADJ-",
    "SI": "SI-", "FO": "FO-", "PL": "PL-",
}  # fmt: skip
# Every entry by hand and every reopened month takes a second person; where else one is needed is the other
# apps' choice.
POLICIES = ("ledger.manual_entry_post", "ledger.journal_entry_reversal_request", "ledger.period_reopen")


def number_series_create() -> int:
    """This function will make sure that every number series exists and return how many it made."""
    before = NumberSeries.objects.count()
    NumberSeries.objects.bulk_create(
        [NumberSeries(code=code, prefix=prefix) for code, prefix in SERIES.items()], ignore_conflicts=True
    )
    return NumberSeries.objects.count() - before


@transaction.atomic
def chart_create(*, actor: User, at: datetime) -> int:
    """This function will make sure that every account of the default chart, every series and policy exists
    (idempotent).

    It never touches an account that is there already. Returns how many accounts it made.
    """
    number_series_create()
    for kind in POLICIES:
        ApprovalPolicy.objects.get_or_create(
            kind=kind, defaults={"threshold": Decimal(0), "role": Role.FINANCE}
        )
    known = {account.code: account for account in Account.objects.all()}
    played = {account.role for account in known.values() if account.role}
    missing = [
        row for row in DEFAULT_CHART if row.code not in known and (row.role is None or row.role not in played)
    ]
    wanted = missing
    while wanted:  # level by level, because a child needs its parent's id
        ready = [row for row in wanted if row.parent is None or row.parent in known]
        made = [
            Account(
                code=row.code, name=row.name, account_type=row.account_type, role=row.role,
                parent=known[row.parent] if row.parent else None, lft=0, rght=0, tree_id=0, level=0,
            )
            for row in ready
        ]  # fmt: skip
        bulk_create_with_history(made, Account, default_user=actor, default_date=at)
        known |= {account.code: account for account in made}
        wanted = [row for row in wanted if row not in ready]
    if missing:
        Account.objects.rebuild()
    return len(missing)


def _save(account: Account, *, actor: User, at: datetime) -> None:
    account._history_user = actor
    account._history_date = at
    account.save()


def account_check(*, account: Account) -> None:
    """This function will raise InvalidInput where a new or edited account would change what was posted.

    An account with entries keeps its type and stays a leaf; the account of a role stays active; a child has its parent's
    type.
    """
    stored = Account.objects.filter(pk=account.pk).first() if account.pk else None
    parent = account.parent
    if parent is not None and parent.account_type != account.account_type:
        raise InvalidInput(
            f"{parent} is of type {parent.account_type}",
            field="account_type",
            remedy="Use the parent's type.",
        )
    if parent is not None and _has_lines(parent):
        raise InvalidInput(
            f"{parent} has entries", field="parent", remedy="Choose a parent that is not posted to."
        )
    if account.role and not account.is_active:
        remedy = "Move the role to another account first."
        raise InvalidInput(f"rules post to {account} as {account.role}", field="is_active", remedy=remedy)
    if stored is not None and stored.account_type != account.account_type and _has_lines(stored):
        remedy = "Open another account for the other type."
        raise InvalidInput(f"{stored} has entries", field="account_type", remedy=remedy)


@transaction.atomic
def account_save(*, account: Account, actor: User, at: datetime) -> Account:
    """This function will save a new or edited account; InvalidInput as in `account_check`."""
    account_check(account=account)
    _save(account, actor=actor, at=at)
    return account


def _has_lines(account: Account) -> bool:
    return JournalLine.objects.filter(account=account).exists()
