"""Who posts to the books? Only this file.

Any number of entries go in by one statement: it draws the numbers, finds periods and accounts, and writes entries and
lines. What it can not accept comes back as a typed error; PostgreSQL's triggers and constraints stand behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.conf import settings
from django.db import transaction

from erp.core.errors import Conflict, InvalidInput, KeelError, NotFound
from erp.core.models import User
from erp.core.money import EXPONENTS, exponent, quantize
from erp.core.sql import REFUSALS, Statements, array
from ledger.drafts import DraftLine, JournalDraft
from ledger.models import JournalEntry, JournalLine
from ledger.postings import reversal


class Unbalanced(InvalidInput):
    """A draft whose debits and credits differ in some currency."""

    code = "unbalanced"


class PeriodClosed(KeelError):
    """A posting into a period that is closed, or that finance is closing right now."""

    code = "period_closed"


class NoPeriod(KeelError):
    """A posting on a date that no period covers."""

    code = "no_period"


class UnknownRole(KeelError):
    """A rule names an account role that no active leaf account of the chart plays."""

    code = "unknown_role"


class AlreadyPosted(Conflict):
    """The same rule was posted for the same source before."""

    code = "already_posted"


class AlreadyReversed(Conflict):
    """The entry has its one reversal, or is a reversal itself."""

    code = "already_reversed"


def _period_closed(about: str) -> KeelError:
    day, code, state = about.split("|")
    doing = "is closed" if state == "CLOSED" else "is being closed"
    return PeriodClosed(
        f"nothing can be posted on {day}: period {code} {doing}",
        field="posting_date",
        remedy=f"Post on a later date, or ask finance to reopen {code}.",
        date=day,
        period=code,
    )


def _no_period(day: str) -> KeelError:
    remedy = "Ask finance to create the period of that month."
    return NoPeriod(f"no accounting period covers {day}", field="posting_date", remedy=remedy, date=day)


def _unknown_role(role: str) -> KeelError:
    remedy = f"Give the role {role} to one active account that has no sub-accounts."
    return UnknownRole(f"no account can be posted to for {role}", field="role", remedy=remedy, role=role)


def _no_series(code: str) -> KeelError:
    return NotFound(
        f"there is no number series {code}", field="number", remedy="Run ledger.chart_create once."
    )


def _already_posted(about: str) -> KeelError:
    return AlreadyPosted(
        f"this was posted before: {about}", field="source_id", remedy="Look at the document's entries."
    )


def _already_reversed(about: str) -> KeelError:
    return AlreadyReversed(
        f"the entry is reversed already: {about}", field="entry", remedy="Post a new entry instead."
    )


REFUSALS |= {
    "ledger.period_closed": _period_closed,
    "journalentry_period_open": _period_closed,
    "ledger.no_period": _no_period,
    "ledger.unknown_role": _unknown_role,
    "ledger.no_series": _no_series,
    "journal_once": _already_posted,
    "journalentry_reversed_once": _already_reversed,
}

# One statement, however many entries. Ids are drawn in the draft's order so that ids, numbers and drafts run
# in parallel; CLOSING is refused here to all but the ledger's own rules (the soft lock), CLOSED by the
# trigger too (the hard one).
_POST = """
WITH head AS MATERIALIZED (
  SELECT h.n, h.kind, h.source_type, h.posting_date, CASE
    WHEN p.id IS NULL THEN keel_refuse('ledger.no_period', h.posting_date::text)
    WHEN p.state = 'CLOSED' OR (p.state = 'CLOSING' AND h.kind NOT LIKE 'ledger.%%')
      THEN keel_refuse('ledger.period_closed', concat_ws('|', h.posting_date, p.code, p.state))
    ELSE p.id END AS period_id
  FROM unnest(%s::text[], %s::text[], %s::date[]) WITH ORDINALITY AS h(kind, source_type, posting_date, n)
  LEFT JOIN ledger_period p ON h.posting_date BETWEEN p.start_date AND p.end_date
), side AS MATERIALIZED (
  SELECT s.n, s.currency, s.unit, s.segment, CASE WHEN a.id IS NULL
    THEN keel_refuse('ledger.unknown_role', coalesce(s.role, 'account ' || s.account_id)) ELSE a.id END AS account_id
  FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::numeric[], %s::text[])
    WITH ORDINALITY AS s(role, account_id, currency, unit, segment, n)
  LEFT JOIN ledger_account a ON (a.role = s.role OR a.id = s.account_id) AND a.is_active AND a.rght = a.lft + 1
), series AS (
  UPDATE core_numberseries SET next_number = next_number + %s WHERE code = 'JE'
  RETURNING next_number - %s - 1 AS before, prefix, padding
), draft AS MATERIALIZED (
  SELECT nextval('ledger_journalentry_id_seq') AS id, d.*
  FROM unnest(%s::bigint[], %s::bigint[], %s::integer[], %s::text[], %s::bigint[], %s::bigint[])
    WITH ORDINALITY AS d(head, source_id, sequence, memo, stock_sequence, reversal_of_id, n)
), entry AS (
  INSERT INTO ledger_journalentry (id, number, kind, source_type, source_id, sequence, period_id,
    posting_date, actor_id,
                                   memo, reversal_of_id, stock_sequence)
  SELECT d.id, CASE WHEN x.before IS NULL THEN keel_refuse('ledger.no_series', 'JE')::text
           ELSE x.prefix || lpad((x.before + d.n)::text, greatest(x.padding, length((x.before + d.n)::text)), '0') END,
         h.kind, h.source_type, d.source_id, d.sequence, h.period_id, h.posting_date, %s, d.memo, d.reversal_of_id,
         d.stock_sequence
  FROM draft d JOIN head h ON h.n = d.head LEFT JOIN series x ON true ORDER BY d.n
), line AS (
  INSERT INTO ledger_journalline (entry_id, account_id, currency, debit, credit, base_debit, base_credit, product_id,
                                  node_id, channel_id, supplier_id, customer_segment)
  SELECT d.id, s.account_id, s.currency, greatest(l.amount * s.unit, 0), greatest(-l.amount * s.unit, 0),
         CASE WHEN l.amount > 0 THEN coalesce(l.base * %s, l.amount * s.unit) ELSE 0 END,
         CASE WHEN l.amount < 0 THEN coalesce(-l.base * %s, -l.amount * s.unit) ELSE 0 END,
         l.product_id, l.node_id, l.channel_id, l.supplier_id, s.segment
  FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],
    %s::bigint[], %s::bigint[])
    WITH ORDINALITY AS l(draft, side, amount, base, product_id, node_id, channel_id, supplier_id, n)
  JOIN draft d ON d.n = l.draft JOIN side s ON s.n = l.side ORDER BY l.n
)
SELECT id FROM draft ORDER BY n
"""


def journal_entry_post(draft: JournalDraft, *, actor: User) -> int:
    """This function will post one draft (see `journal_entry_post_many`) and return the entry's id."""
    return journal_entry_post_many([draft], actor=actor)[0]


def journal_entry_post_many(
    drafts: Sequence[JournalDraft], *, actor: User, statements: Statements | None = None
) -> list[int]:
    """This function will post all drafts or none, in one statement, and return the entry ids in the drafts' order.

    A draft of which nothing is left once its zero lines are dropped (goods of no cost, say) posts nothing and
    its id is 0. With `statements` the work joins that batch and the list is empty: the ids exist once the
    batch runs. The JE number series stays locked until the transaction ends, so post last. Unbalanced,
    PeriodClosed, NoPeriod, UnknownRole, AlreadyPosted or InvalidInput otherwise.
    """
    batch = _Batch()
    posted = [batch.add(draft) for draft in drafts]
    if not any(posted):
        return [0] * len(drafts) if statements is None else []
    if statements is not None:
        statements.add(_POST, batch.parameters(actor))
        return []
    own = (
        Statements()
    )  # one statement is a transaction of its own where there is none; no savepoint to pay for where there is
    own.add(_POST, batch.parameters(actor))
    ids = iter([row[0] for row in own.run()])
    return [next(ids) if was_posted else 0 for was_posted in posted]


class _Batch:
    """Drafts on their way into columns. Money travels as whole minor units; what repeats travels once."""

    def __init__(self) -> None:
        self.base: str = settings.KEEL_BASE_CURRENCY
        self.heads: dict[tuple[str, str, date], int] = {}
        self.sides: dict[tuple[Any, ...], int] = {}
        self.drafts: list[tuple[Any, ...]] = []
        self.lines: list[tuple[Any, ...]] = []

    def add(self, draft: JournalDraft) -> bool:
        """This function will check a draft and take it in; False when no line of it carries an amount."""
        checked = [(line, _minor_units(draft, line, self.base)) for line in draft.lines]
        entered = [(line, amount) for line, amount in checked if amount]
        if not entered:
            return False
        _check_balance(draft, entered, self.base)
        bases = _base_amounts(draft, entered, self.base)
        head = self.heads.setdefault((draft.kind, draft.source_type, draft.posting_date), len(self.heads) + 1)
        self.drafts.append(
            (
                head,
                draft.source_id,
                draft.sequence,
                draft.memo[:200],
                draft.stock_sequence,
                draft.reversal_of_id,
            )
        )
        number, sides, lines = len(self.drafts), self.sides, self.lines
        for (line, amount), base in zip(entered, bases, strict=True):
            key = (line.role, line.account_id, line.currency or self.base, line.customer_segment)
            side = sides.setdefault(key, len(sides) + 1)
            lines.append(
                (number, side, amount, base, line.product_id, line.node_id, line.channel_id, line.supplier_id)
            )
        return True

    def parameters(self, actor: User) -> list[Any]:
        """This function will return the parameters of the posting statement, in its order."""
        kinds, types, dates = zip(*self.heads, strict=True)
        roles, accounts, currencies, segments = zip(*self.sides, strict=True)
        units = [Decimal(1).scaleb(-EXPONENTS[currency]) for currency in currencies]
        unit = Decimal(1).scaleb(-EXPONENTS[self.base])
        count = len(self.drafts)
        return [
            array(kinds, "text"), array(types, "text"), array(dates, "date"),
            array(roles, "text"), array(accounts, "bigint"), array(currencies, "text"), array(units, "numeric"),
            array(segments, "text"),
            count, count,
            *_columns(self.drafts, ("bigint", "bigint", "integer", "text", "bigint", "bigint")),
            actor.pk, unit, unit,
            *_columns(self.lines, ("bigint",) * 8),
        ]  # fmt: skip


def _columns(rows: Sequence[tuple[Any, ...]], kinds: Sequence[str]) -> list[str]:
    return [array(values, kind) for values, kind in zip(zip(*rows, strict=True), kinds, strict=True)]


def _minor_units(draft: JournalDraft, line: DraftLine, base: str) -> int:
    """This function will return a line's amount in minor units, debit positive; InvalidInput when it is not
    one side's.
    """
    currency = line.currency or base
    try:
        digits = EXPONENTS.get(currency)
        if digits is None:
            digits = exponent(currency)
        debit, credit = line.debit.scaleb(digits), line.credit.scaleb(digits)
        amount = int(debit) - int(credit)
        exact = amount == debit - credit
    except (ValueError, OverflowError, InvalidOperation):
        exact, amount, debit, credit = False, 0, Decimal(0), Decimal(0)
    if exact and debit >= 0 and credit >= 0 and not (debit and credit) and abs(amount) < 10**15:
        return amount
    raise InvalidInput(
        f"{draft.kind} for {draft.source_type} {draft.source_id}: {line.debit}/{line.credit} {currency} is not one side "
        f"in whole minor units",
        field="amount",
        remedy="A line has a positive debit or a positive credit, rounded to the currency's minor unit.",
    )


def _check_balance(draft: JournalDraft, entered: Sequence[tuple[DraftLine, int]], base: str) -> None:
    sums: dict[str, int] = {}
    for line, amount in entered:
        sums[line.currency] = sums.get(line.currency, 0) + amount
    if "" in sums:
        sums[base] = sums.get(base, 0) + sums.pop("")
    for currency, total in sums.items():
        if total:
            difference = Decimal(abs(total)).scaleb(-EXPONENTS[currency])
            heavier = "debits" if total > 0 else "credits"
            raise Unbalanced(
                f"{draft.kind} for {draft.source_type} {draft.source_id} does not balance: {heavier} are {difference} "
                f"{currency} more",
                field="lines",
                remedy=f"Add {difference} {currency} to the other side.",
                difference=str(difference),
                currency=currency,
            )


def _base_amounts(
    draft: JournalDraft, entered: Sequence[tuple[DraftLine, int]], base: str
) -> list[int | None]:
    """This function will return each line's signed base amount in minor units; None where it is the amount itself.

    The cents that rounding leaves over raise the largest line of the lighter side, the earliest of equals.
    """
    if all(not line.currency or line.currency == base for line, _ in entered):
        return [None] * len(entered)
    if not draft.rate.is_finite() or draft.rate <= 0:
        raise InvalidInput(
            "an exchange rate is more than zero", field="rate", remedy="Give base currency per unit."
        )
    scale = EXPONENTS[base]
    found = []
    for line, amount in entered:
        if line.base_amount is not None:
            found.append(int(line.base_amount.scaleb(scale)))
        elif not line.currency or line.currency == base:
            found.append(amount)
        else:
            value = Decimal(amount).scaleb(-EXPONENTS[line.currency]) * draft.rate
            found.append(int(quantize(value, base).scaleb(scale)))
    left_over = sum(found)
    if left_over:
        lighter = [index for index, (_, amount) in enumerate(entered) if (amount < 0) == (left_over > 0)]
        largest = max(lighter, key=lambda index: (abs(entered[index][1]), -index))
        found[largest] -= left_over
    return list(found)


@transaction.atomic
def journal_entry_reverse(
    *, entry_id: int, posting_date: date, reason: str, actor: User, at: datetime
) -> int:
    """This function will post the mirror image of an entry on `posting_date` and return the reversal's id.

    It touches the books only: goods and cost layers are put back by the document's own service. AlreadyReversed for an
    entry that has its reversal or is one; InvalidInput without a reason or for a date before the original's.
    """
    # the original can not change: it is append-only, and the unique reversal_of decides a race between two reversals
    entry = JournalEntry.objects.filter(pk=entry_id).first()
    if entry is None:
        raise NotFound(f"there is no journal entry #{entry_id}", field="entry", remedy="Reload the list.")
    if not reason.strip():
        raise InvalidInput("a reversal needs a reason", field="reason", remedy="Say in a few words why.")
    if posting_date < entry.posting_date:
        raise InvalidInput(
            f"the reversal would precede the entry of {entry.posting_date}", field="posting_date",
            remedy=f"Choose {entry.posting_date} or later.",
        )  # fmt: skip
    if entry.reversal_of_id or JournalEntry.objects.filter(reversal_of=entry).exists():
        raise _already_reversed(entry.number)
    lines = list(JournalLine.objects.filter(entry=entry).order_by("id"))
    draft = reversal(entry, lines, posting_date=posting_date, reason=reason.strip())
    return journal_entry_post(draft, actor=actor)
