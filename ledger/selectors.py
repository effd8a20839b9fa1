"""What do the books say: balances, statements, an account's lines, what stock is worth?

Balances start from the snapshot of the closed months and add the lines after them, so they cost the same in
year ten as in month one. All figures are base currency unless a name says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from erp.core.money import ZERO
from erp.core.sql import array, query
from ledger.models import Account, AccountRole, AccountType, JournalEntry, JournalLine, Period, TieOut

DEBIT_TYPES = frozenset({AccountType.ASSET, AccountType.EXPENSE})


@dataclass(frozen=True)
class Sides:
    """Gross debits and credits."""

    debit: Decimal = ZERO
    credit: Decimal = ZERO

    @property
    def net(self) -> Decimal:
        """Debits less credits."""
        return self.debit - self.credit

    def minus(self, other: Sides) -> Sides:
        """This function will return what came on top of `other`."""
        return Sides(self.debit - other.debit, self.credit - other.credit)


@dataclass(frozen=True)
class TrialRow:
    """An account in a trial balance; `opening` and `closing` are signed, debit positive."""

    account: Account
    opening: Decimal
    debit: Decimal
    credit: Decimal

    @property
    def closing(self) -> Decimal:
        return self.opening + self.debit - self.credit

    @property
    def closing_debit(self) -> Decimal:
        return max(self.closing, ZERO)

    @property
    def closing_credit(self) -> Decimal:
        return max(-self.closing, ZERO)


@dataclass(frozen=True)
class TrialBalance:
    since: date | None
    as_of: date
    rows: Sequence[TrialRow]

    @property
    def debit(self) -> Decimal:
        return sum((row.debit for row in self.rows), ZERO)

    @property
    def credit(self) -> Decimal:
        return sum((row.credit for row in self.rows), ZERO)

    @property
    def closing_debit(self) -> Decimal:
        return sum((row.closing_debit for row in self.rows), ZERO)

    @property
    def closing_credit(self) -> Decimal:
        return sum((row.closing_credit for row in self.rows), ZERO)

    @property
    def difference(self) -> Decimal:
        """Zero, or the books are broken."""
        return sum((row.closing for row in self.rows), ZERO)


@dataclass(frozen=True)
class StatementLine:
    """A line of a statement: an account or a group, with its amount in the statement's natural sign."""

    label: str
    amount: Decimal
    depth: int
    account_id: int | None = None
    is_total: bool = False

    @property
    def key(self) -> int | str:
        """What finds the same line in a statement of other days."""
        return self.account_id or self.label


@dataclass(frozen=True)
class Statement:
    since: date | None
    as_of: date
    lines: Sequence[StatementLine]
    result: Decimal
    difference: Decimal = ZERO


@dataclass(frozen=True)
class LedgerRow:
    """A line of an account with the account's balance after it (signed, debit positive)."""

    line_id: int
    entry_id: int
    number: str
    kind: str
    source_type: str
    source_id: int
    posting_date: date
    memo: str
    debit: Decimal
    credit: Decimal
    balance: Decimal


@dataclass(frozen=True)
class TreeRow:
    account: Account
    balance: Decimal  # natural sign of its type, children included


_CLOSED_UP_TO = "SELECT max(end_date) FROM ledger_period WHERE state = 'CLOSED' AND end_date <= %s"
_SNAPSHOT = """
SELECT b.account_id, sum(b.base_debit), sum(b.base_credit) FROM ledger_periodbalance b JOIN ledger_period p
  ON p.id = b.period_id
WHERE p.end_date <= %s AND b.revision = (SELECT max(m.revision) FROM ledger_periodbalance m WHERE m.period_id
  = b.period_id)
  AND (%s::bigint IS NULL OR b.account_id = %s) GROUP BY b.account_id
"""
_LINES_AFTER = """
SELECT l.account_id, sum(l.base_debit), sum(l.base_credit) FROM ledger_journalentry e JOIN ledger_journalline
  l ON l.entry_id = e.id
WHERE e.posting_date > %s AND e.posting_date <= %s AND (%s::bigint IS NULL OR l.account_id = %s) GROUP BY l.account_id
"""


def balances_as_of(day: date, account_id: int | None = None) -> dict[int, Sides]:
    """This function will return the gross sides of every account (or of one) from the first entry up to and
    with `day`.
    """
    boundary = query(_CLOSED_UP_TO, [day])[0][0]
    totals: dict[int, Sides] = {}
    rows = query(_SNAPSHOT, [boundary, account_id, account_id]) if boundary else []
    rows += query(_LINES_AFTER, [boundary or date.min, day, account_id, account_id])
    for account, debit, credit in rows:
        known = totals.get(account, Sides())
        totals[account] = Sides(known.debit + debit, known.credit + credit)
    return totals


def account_balance(role: AccountRole, as_of: date = date.max) -> Decimal:
    """This function will return the balance of the account that plays `role`, debit positive; 0 when nobody
    plays it.
    """
    account = Account.objects.filter(role=role).values_list("pk", flat=True).first()
    if account is None:
        return ZERO
    return balances_as_of(as_of, account).get(account, Sides()).net


def _postable() -> list[Account]:
    return [account for account in Account.objects.order_by("code") if account.is_leaf_node()]


def trial_balance(*, as_of: date, since: date | None = None) -> TrialBalance:
    """This function will return every account that has moved: opening before `since`, movement, closing at `as_of`.

    Without `since` the opening is zero and the movement is everything up to `as_of`.
    """
    closing = balances_as_of(as_of)
    opening = balances_as_of(since - timedelta(days=1)) if since else {}
    rows = []
    for account in _postable():
        before, after = opening.get(account.pk, Sides()), closing.get(account.pk)
        if after is None:
            continue
        moved = after.minus(before)
        rows.append(TrialRow(account, before.net, moved.debit, moved.credit))
    return TrialBalance(since, as_of, rows)


def _natural(account: Account, net: Decimal) -> Decimal:
    return net if account.account_type in DEBIT_TYPES else -net


def _tree(nets: Mapping[int, Decimal], types: frozenset[AccountType] | None = None) -> list[TreeRow]:
    """This function will return the chart in display order with each account's balance, sub-accounts included."""
    accounts = list(Account.objects.order_by("tree_id", "lft"))
    if types is not None:
        accounts = [account for account in accounts if account.account_type in types]
    totals = {account.pk: nets.get(account.pk, ZERO) for account in accounts}
    for account in sorted(accounts, key=lambda row: -row.level):
        if account.parent_id in totals:
            totals[account.parent_id] += totals[account.pk]
    return [
        TreeRow(account, _natural(account, totals[account.pk])) for account in sorted(accounts, key=_place)
    ]


def _place(account: Account) -> tuple[int, int]:
    return account.tree_id, account.lft


def chart_tree(*, as_of: date) -> list[TreeRow]:
    """This function will return the whole chart of accounts with balances as of a day."""
    return _tree({account: sides.net for account, sides in balances_as_of(as_of).items()})


def _lines(rows: Sequence[TreeRow]) -> list[StatementLine]:
    return [
        StatementLine(
            row.account.name, row.balance, row.account.level, row.account.pk, not row.account.is_leaf_node()
        )
        for row in rows
        if row.balance or row.account.level == 0
    ]


def profit_and_loss(*, since: date, as_of: date) -> Statement:
    """This function will return income less expense of a span of days; `result` is the profit."""
    before, after = balances_as_of(since - timedelta(days=1)), balances_as_of(as_of)
    nets = {account: sides.minus(before.get(account, Sides())).net for account, sides in after.items()}
    income = _tree(nets, frozenset({AccountType.INCOME}))
    expense = _tree(nets, frozenset({AccountType.EXPENSE}))
    direct = [row for row in expense if row.account.tree_id == _tree_of(AccountRole.COGS, expense)]
    other = [row for row in expense if row not in direct]
    gross = _top(income) - _top(direct)
    result = gross - _top(other)
    lines = [
        *_lines(income),
        *_lines(direct),
        StatementLine("Gross profit", gross, 0, is_total=True),
        *_lines(other),
        StatementLine("Profit", result, 0, is_total=True),
    ]
    return Statement(since, as_of, lines, result)


def _tree_of(role: AccountRole, rows: Sequence[TreeRow]) -> int | None:
    """This function will return the tree that the account of `role` stands in: cost of sales, when asked for COGS."""
    return next((row.account.tree_id for row in rows if row.account.role == role), None)


def _top(rows: Sequence[TreeRow]) -> Decimal:
    return sum((row.balance for row in rows if row.account.level == 0), ZERO)


def balance_sheet(*, as_of: date) -> Statement:
    """This function will return assets, liabilities and equity at the end of a day.

    Profit that no year-end entry has moved to retained earnings yet is shown as a line of equity;
    `difference` is zero or the books are broken.
    """
    nets = {account: sides.net for account, sides in balances_as_of(as_of).items()}
    parts = {kind: _tree(nets, frozenset({kind})) for kind in AccountType}
    result = _top(parts[AccountType.INCOME]) - _top(parts[AccountType.EXPENSE])
    assets = _top(parts[AccountType.ASSET])
    claims = _top(parts[AccountType.LIABILITY]) + _top(parts[AccountType.EQUITY]) + result
    lines = [
        *_lines(parts[AccountType.ASSET]),
        *_lines(parts[AccountType.LIABILITY]),
        *_lines(parts[AccountType.EQUITY]),
        StatementLine("Profit not yet moved to retained earnings", result, 1),
        StatementLine("Liabilities, equity and profit", claims, 0, is_total=True),
    ]
    return Statement(None, as_of, lines, result, assets - claims)


_ACCOUNT_LINES = """
SELECT * FROM (
  SELECT l.id, e.id AS entry_id, e.number, e.kind, e.source_type, e.source_id, e.posting_date, e.memo,
    l.base_debit, l.base_credit,
         %s + sum(l.base_debit - l.base_credit) OVER (ORDER BY e.posting_date, e.id, l.id) AS balance
  FROM ledger_journalline l JOIN ledger_journalentry e ON e.id = l.entry_id
  WHERE l.account_id = %s AND e.posting_date BETWEEN %s AND %s) line
ORDER BY posting_date, entry_id, id LIMIT %s OFFSET %s
"""
_ACCOUNT_COUNT = """
SELECT count(*) FROM ledger_journalline l JOIN ledger_journalentry e ON e.id = l.entry_id
WHERE l.account_id = %s AND e.posting_date BETWEEN %s AND %s
"""


def account_opening(*, account_id: int, since: date) -> Decimal:
    """This function will return an account's balance before `since`, debit positive."""
    return balances_as_of(since - timedelta(days=1), account_id).get(account_id, Sides()).net


def account_lines(
    *, account_id: int, since: date, as_of: date, limit: int = 200, offset: int = 0
) -> list[LedgerRow]:
    """This function will return an account's lines in a span of days, in journal order, each with the balance
    after it.
    """
    opening = account_opening(account_id=account_id, since=since)
    rows = query(_ACCOUNT_LINES, [opening, account_id, since, as_of, limit, offset])
    return [LedgerRow(*row) for row in rows]


def account_line_count(*, account_id: int, since: date, as_of: date) -> int:
    """This function will return how many lines an account has in a span of days."""
    return query(_ACCOUNT_COUNT, [account_id, since, as_of])[0][0]


def entry_lines(entry_id: int) -> list[JournalLine]:
    """This function will return an entry's lines with their accounts, in the order they were posted."""
    return list(JournalLine.objects.filter(entry_id=entry_id).select_related("account").order_by("id"))


def entries_of(source_type: str, source_id: int) -> list[JournalEntry]:
    """This function will return the entries that were posted for a document, oldest first."""
    return list(JournalEntry.objects.filter(source_type=source_type, source_id=source_id).order_by("id"))


def issued_cost(source_type: str, source_ids: Sequence[int]) -> dict[int, tuple[int, Decimal]]:
    """This function will return how many units left the layers for each source and at what cost (both positive).

    A return re-enters at this cost: value × units returned ÷ units issued.
    """
    rows = query(
        "SELECT source_id, -sum(quantity), -sum(value) FROM ledger_costmovement "
        "WHERE source_type = %s AND source_id = ANY(%s::bigint[]) AND quantity < 0 GROUP BY source_id",
        [source_type, array(source_ids, "bigint")],
    )
    return {row[0]: (int(row[1]), row[2]) for row in rows}


def inventory_values(product_ids: Sequence[int] | None = None) -> dict[int, tuple[int, Decimal]]:
    """This function will return units and value left in the cost layers by product (all products that have any)."""
    wanted = None if product_ids is None else array(product_ids, "bigint")
    rows = query(
        "SELECT product_id, sum(quantity_left), sum(value_left) FROM ledger_costlayer "
        "WHERE is_open AND (%s::bigint[] IS NULL OR product_id = ANY(%s::bigint[])) GROUP BY product_id",
        [wanted, wanted],
    )
    return {row[0]: (int(row[1]), row[2]) for row in rows}


def account_balance_of(account: Account, as_of: date) -> Decimal:
    """This function will return an account's balance with its sub-accounts', in the natural sign of its type."""
    if account.is_leaf_node():
        return _natural(account, balances_as_of(as_of, account.pk).get(account.pk, Sides()).net)
    totals = balances_as_of(as_of)
    below = account.get_descendants().values_list("pk", flat=True)
    return _natural(account, sum((totals[pk].net for pk in below if pk in totals), ZERO))


def period_counts(period: Period) -> tuple[int, int]:
    """This function will return how many entries and lines a period has."""
    return tuple(
        query(
            "SELECT count(DISTINCT e.id), count(l.id) FROM ledger_journalentry e "
            "JOIN ledger_journalline l ON l.entry_id = e.id WHERE e.posting_date BETWEEN %s AND %s",
            [period.start_date, period.end_date],
        )[0]
    )


def tie_outs_latest(period: Period) -> list[TieOut]:
    """This function will return the last result of every check of a period, the failing ones first."""
    latest = TieOut.objects.filter(period=period).order_by("code", "-id").distinct("code")
    return sorted(latest, key=lambda row: (row.is_ok, not row.is_blocking, row.title))
