"""What did each day look like, per channel, rolled up from the journals? Rebuildable; never written by anyone else."""

from __future__ import annotations

from django.db import models


class DailySales(models.Model):
    """Shipped revenue and its cost per day and channel, base currency, by posting date. Margin = revenue − returns − cogs."""

    date = models.DateField()
    channel = models.ForeignKey("orders.Channel", on_delete=models.PROTECT, related_name="+")
    revenue = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    returns = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    cogs = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    entries = models.PositiveIntegerField(default=0, help_text="Journal entries behind the row.")
    journal_entry_id = models.BigIntegerField(default=0, help_text="Rolled up to this JournalEntry.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["date", "channel"], name="dailysales_once")]

    def __str__(self) -> str:
        return f"sales {self.date} of channel {self.channel_id}"


class DailyService(models.Model):
    """Orders and units per day ordered and channel: what was asked for, what was shipped, how fast."""

    date = models.DateField()
    channel = models.ForeignKey("orders.Channel", on_delete=models.PROTECT, related_name="+")
    orders = models.PositiveIntegerField(default=0)
    units_ordered = models.BigIntegerField(default=0)
    units_filled_first = models.BigIntegerField(default=0, help_text="Allocated at the first decision.")
    orders_shipped = models.PositiveIntegerField(default=0)
    orders_on_time = models.PositiveIntegerField(default=0)
    cycle_seconds = models.BigIntegerField(default=0, help_text="Σ (shipped − ordered) of shipped orders.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["date", "channel"], name="dailyservice_once")]

    def __str__(self) -> str:
        return f"service {self.date} of channel {self.channel_id}"
