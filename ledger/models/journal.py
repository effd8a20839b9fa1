"""What was posted to the books, by which rule, for which document?"""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from erp.core.triggers import Guard, append_only

# Deferred and once per header: whoever writes a header must have given it lines by the time of the commit. By min(), which
# only an index can answer: after one entry of thousands of lines the planner takes any entry for a big one and scans for it.
_HAS_LINES = """
BEGIN
    IF (SELECT min(entry_id) FROM ledger_journalline WHERE entry_id >= NEW.id) IS DISTINCT FROM NEW.id THEN
        RAISE EXCEPTION 'journal entry % has no lines', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END;
"""
# Statement level over the transition table: one check however many entries arrive. FOR SHARE holds off a
# concurrent close.
_PERIOD_OPEN = """
DECLARE bad record;
BEGIN
    PERFORM 1 FROM ledger_period WHERE id IN (SELECT period_id FROM new_rows) ORDER BY id FOR SHARE;
    SELECT e.posting_date, p.code, p.state INTO bad
      FROM new_rows e JOIN ledger_period p ON p.id = e.period_id
     WHERE p.state = 'CLOSED' OR e.posting_date NOT BETWEEN p.start_date AND p.end_date LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'cannot post on % into period % (%)', bad.posting_date, bad.code, bad.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journalentry_period_open',
                  DETAIL = concat_ws('|', bad.posting_date, bad.code, bad.state);
    END IF;
    RETURN NULL;
END;
"""
# Statement level over the transition table: whatever a statement brings, be it an INSERT of ten thousand
# entries or a COPY, must balance by itself, entry by entry, per currency and in base currency. Linear in the
# lines, and stricter than a sum at commit: no later statement can add one side. The same pass stands in for
# two foreign keys, whose checks would be one query per line.
_LINES_BALANCE = """
DECLARE bad record;
BEGIN
    SELECT entry_id, string_agg(currency || ' ' || amount, ', ') FILTER (WHERE amount <> 0) AS wrong, sum(base) AS base
      INTO bad
      FROM (SELECT entry_id, currency, sum(debit) - sum(credit) AS amount, sum(base_debit) - sum(base_credit) AS base
              FROM new_rows GROUP BY entry_id, currency) per_currency
     GROUP BY entry_id HAVING sum(base) <> 0 OR bool_or(amount <> 0) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'journal entry % does not balance: difference % (base currency %)',
            bad.entry_id, coalesce(bad.wrong, 'none'), bad.base USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM (SELECT DISTINCT account_id FROM new_rows) l
               LEFT JOIN ledger_account a ON a.id = l.account_id WHERE a.id IS NULL) THEN
        RAISE EXCEPTION 'a journal line names an account that does not exist' USING ERRCODE = 'foreign_key_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM (SELECT DISTINCT entry_id FROM new_rows) l
               WHERE (SELECT e.xact_id FROM ledger_journalentry e WHERE e.id = l.entry_id)
                     IS DISTINCT FROM pg_current_xact_id()::text::bigint) THEN
        RAISE EXCEPTION 'a journal line belongs to an entry of its own transaction: a posted one takes no more lines'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END;
"""


class JournalEntry(models.Model):
    """One balanced entry, posted by one rule for one document. Append-only; corrected by a reversing entry."""

    number = models.CharField(max_length=24, help_text="Gapless, e.g. JE-000042.")
    kind = models.CharField(
        max_length=60, help_text="Address of the posting rule, e.g. fulfillment.shipment_confirmed."
    )
    source_type = models.CharField(max_length=60)
    source_id = models.BigIntegerField()
    sequence = models.PositiveSmallIntegerField(
        default=0, help_text="nth entry of this kind for this source."
    )
    period = models.ForeignKey(
        "ledger.Period", on_delete=models.PROTECT, db_index=False, related_name="entries"
    )
    posting_date = models.DateField()
    entered_at = models.DateTimeField(db_default=Now())
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    memo = models.CharField(max_length=200, blank=True)
    reversal_of = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, db_index=False, related_name="reversals"
    )
    stock_sequence = models.BigIntegerField(
        null=True, blank=True, help_text="The StockEvent written in the same transaction, if one was."
    )
    xact_id = models.BigIntegerField(
        editable=False,
        db_default=models.expressions.RawSQL("(pg_current_xact_id()::text::bigint)", ()),
        help_text="Transaction that wrote the entry; its lines must come from the same one.",
    )

    class Meta:
        # Four indexes, not eight: entries arrive by the thousand. The source leads, so that one index also
        # finds a document's.
        constraints = [
            models.UniqueConstraint(fields=["number"], name="journalentry_number"),
            models.UniqueConstraint(
                fields=["source_type", "source_id", "kind", "sequence"], name="journal_once"
            ),
            models.UniqueConstraint(
                fields=["reversal_of"],
                condition=Q(reversal_of__isnull=False),
                name="journalentry_reversed_once",
            ),
        ]
        indexes = [models.Index(fields=["posting_date", "id"], name="journalentry_date")]
        triggers = [
            append_only("journalentry_append_only"),
            Guard(
                name="journalentry_has_lines",
                level=pgtrigger.Row,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                func=pgtrigger.Func(_HAS_LINES),
            ),
            Guard(
                name="journalentry_period_open",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="new_rows"),
                func=pgtrigger.Func(_PERIOD_OPEN),
            ),
        ]

    def __str__(self) -> str:
        return self.number


class JournalLine(models.Model):
    """One side of an entry. The dimensions are ids of master data in higher apps; `verify` proves they exist."""

    # the trigger below proves both references for a whole statement; neither table lets a row be deleted
    entry = models.ForeignKey(
        JournalEntry, on_delete=models.PROTECT, db_constraint=False, related_name="lines"
    )
    account = models.ForeignKey(
        "ledger.Account", on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    currency = models.CharField(max_length=3)
    debit = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    credit = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    base_debit = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    base_credit = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    product_id = models.BigIntegerField(null=True, blank=True)
    node_id = models.BigIntegerField(null=True, blank=True)
    channel_id = models.BigIntegerField(null=True, blank=True)
    supplier_id = models.BigIntegerField(null=True, blank=True)
    customer_segment = models.CharField(max_length=20, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="journalline_one_side",
                condition=Q(debit__gt=0, credit=0, base_debit__gte=0, base_credit=0)
                | Q(credit__gt=0, debit=0, base_credit__gte=0, base_debit=0),
            )
        ]
        indexes = [models.Index(fields=["account", "entry"], name="journalline_account")]
        triggers = [
            append_only("journalline_append_only"),
            Guard(
                name="journalline_balance",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="new_rows"),
                func=pgtrigger.Func(_LINES_BALANCE),
            ),
        ]

    def __str__(self) -> str:
        return f"line #{self.pk} of entry {self.entry_id}"
