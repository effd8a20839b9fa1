"""Which months are open, and what was sealed when one closed?"""

from __future__ import annotations

from decimal import Decimal

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from erp.core.triggers import Guard, append_only
from ledger.states import PERIOD, PeriodState

_NO_OVERLAP = """
IF EXISTS (SELECT 1 FROM ledger_period p WHERE p.id <> NEW.id
           AND p.start_date <= NEW.end_date AND p.end_date >= NEW.start_date) THEN
    RAISE EXCEPTION 'period % overlaps another', NEW.code USING ERRCODE = 'exclusion_violation';
END IF;
RETURN NEW;
"""
# Months close in order and reopen in reverse order, so the closed ones are always the oldest, and a closed
# row stands still.
_IN_ORDER = """
IF TG_OP = 'UPDATE' AND OLD.state = 'CLOSED' AND NEW.state = 'CLOSED' AND OLD IS DISTINCT FROM NEW THEN
    RAISE EXCEPTION 'period % is closed and does not change', OLD.code USING ERRCODE = 'check_violation';
END IF;
IF NEW.state = 'CLOSED' AND EXISTS (SELECT 1 FROM ledger_period p WHERE p.start_date < NEW.start_date AND
  p.state <> 'CLOSED') THEN
    RAISE EXCEPTION 'period % can not be closed while an earlier one is not', NEW.code USING ERRCODE =
      'check_violation';
END IF;
IF NEW.state <> 'CLOSED' AND EXISTS (SELECT 1 FROM ledger_period p WHERE p.start_date > NEW.start_date AND
  p.state = 'CLOSED') THEN
    RAISE EXCEPTION 'period % can not be open before a closed one', NEW.code USING ERRCODE = 'check_violation';
END IF;
RETURN NEW;
"""


class Period(models.Model):
    """A fiscal month. A closed one never changes by a byte; its seal chains it to the one before."""

    MACHINE = PERIOD

    code = models.CharField(max_length=10, unique=True, help_text="e.g. 2011-03")
    start_date = models.DateField(unique=True)
    end_date = models.DateField(unique=True)
    state = models.CharField(max_length=20, choices=PeriodState, default=PeriodState.OPEN)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    stock_sequence = models.BigIntegerField(
        null=True, blank=True, help_text="Last StockEvent in the close's snapshot."
    )
    seal = models.CharField(max_length=64, blank=True, help_text="sha256(previous seal ‖ balances), hex.")

    class Meta:
        constraints = [
            models.CheckConstraint(name="period_dates_in_order", condition=Q(end_date__gte=F("start_date"))),
            models.CheckConstraint(
                name="period_closed_is_sealed",
                condition=~Q(state=PeriodState.CLOSED) | (Q(closed_at__isnull=False) & ~Q(seal="")),
            ),
        ]
        triggers = [
            Guard(
                name="period_no_overlap",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("start_date", "end_date"),
                func=_NO_OVERLAP,
            ),
            Guard(
                name="period_closed_in_order",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=_IN_ORDER,
            ),
        ]

    def __str__(self) -> str:
        return self.code


class PeriodBalance(models.Model):
    """An account's movement in a closed period: what the seal was taken over, and where balances start from."""

    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="balances")
    account = models.ForeignKey("ledger.Account", on_delete=models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    debit = models.DecimalField(max_digits=21, decimal_places=4)
    credit = models.DecimalField(max_digits=21, decimal_places=4)
    base_debit = models.DecimalField(max_digits=21, decimal_places=4)
    base_credit = models.DecimalField(max_digits=21, decimal_places=4)
    revision = models.PositiveSmallIntegerField(
        default=1, help_text="Counts the closes of a reopened period."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["period", "account", "currency", "revision"], name="periodbalance_once"
            )
        ]
        triggers = [append_only("periodbalance_append_only")]

    def __str__(self) -> str:
        return f"balance of account {self.account_id} in period {self.period_id} r{self.revision}"


class TieOut(models.Model):
    """One check of the close: two figures that must agree, with the evidence of both."""

    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="tie_outs")
    code = models.CharField(max_length=40)
    title = models.CharField(max_length=160)
    expected = models.DecimalField(max_digits=21, decimal_places=4)
    actual = models.DecimalField(max_digits=21, decimal_places=4)
    is_blocking = models.BooleanField(default=True)
    is_ok = models.BooleanField()
    evidence = models.JSONField(default=dict)
    checked_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["period", "code", "-id"], name="tieout_latest")]
        triggers = [append_only("tieout_append_only")]

    def __str__(self) -> str:
        return f"{self.code} #{self.pk}"

    @property
    def difference(self) -> Decimal:
        return self.actual - self.expected
