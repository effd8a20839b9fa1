"""Which entry did a person write by hand, and who let it into the books?"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from ledger.states import MANUAL_ENTRY, ManualEntryState


class ManualEntry(models.Model):
    """An entry proposed by one person; it reaches the journal when a second one approves it."""

    MACHINE = MANUAL_ENTRY

    posting_date = models.DateField()
    memo = models.CharField(max_length=200, help_text="Why: the auditor reads this.")
    currency = models.CharField(max_length=3)
    rate = models.DecimalField(
        max_digits=18, decimal_places=8, default=1, help_text="Base currency per unit."
    )
    state = models.CharField(max_length=20, choices=ManualEntryState, default=ManualEntryState.DRAFT)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "manual entries"
        constraints = [
            models.CheckConstraint(name="manualentry_rate", condition=Q(rate__gt=0)),
            models.CheckConstraint(name="manualentry_memo", condition=~Q(memo="")),
        ]

    def __str__(self) -> str:
        return f"manual entry #{self.pk}"


class ManualEntryLine(models.Model):
    entry = models.ForeignKey(ManualEntry, on_delete=models.PROTECT, related_name="lines")
    account = models.ForeignKey("ledger.Account", on_delete=models.PROTECT, related_name="+")
    debit = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    credit = models.DecimalField(max_digits=19, decimal_places=4, default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="manualentryline_one_side", condition=Q(debit__gt=0, credit=0) | Q(credit__gt=0, debit=0)
            )
        ]

    def __str__(self) -> str:
        return f"line #{self.pk} of manual entry {self.entry_id}"
