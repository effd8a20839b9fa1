"""Up to which journal sequence were the numbers proven, and what did the proof find?"""

from __future__ import annotations

from django.db import models


class VerifyRun(models.Model):
    """One run of `manage.py verify`, kept as evidence."""

    at = models.DateTimeField()
    stock_sequence = models.BigIntegerField(help_text="Last StockEvent the snapshot saw.")
    journal_entry_id = models.BigIntegerField(help_text="Last JournalEntry the snapshot saw.")
    violations = models.PositiveIntegerField()
    seconds = models.DecimalField(max_digits=9, decimal_places=3)
    results = models.JSONField()

    def __str__(self) -> str:
        return f"verify #{self.pk}"
