"""What did each day look like, rolled up from the journals? Rebuildable; written by `reporting.services.rollup` alone.

A day is a day of the company's own time zone (settings.TIME_ZONE), as is a posting date.
"""

from __future__ import annotations

from django.db import models


class DailySales(models.Model):
    """Invoiced revenue and its cost per posting date and channel, base currency. Margin = revenue −
    returns − cogs.
    """

    date = models.DateField()
    channel = models.ForeignKey("orders.Channel", on_delete=models.PROTECT, related_name="+")
    revenue = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    returns = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    cogs = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    entries = models.PositiveIntegerField(default=0, help_text="Journal entries behind the row.")
    journal_entry_id = models.BigIntegerField(default=0, help_text="The last of them.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["date", "channel"], name="dailysales_once")]
        verbose_name_plural = "daily sales"

    def __str__(self) -> str:
        return f"sales {self.date} of channel {self.channel_id}"


class DailyService(models.Model):
    """How customers were served, per day and channel: first by the day ordered, then by the day shipped."""

    date = models.DateField()
    channel = models.ForeignKey("orders.Channel", on_delete=models.PROTECT, related_name="+")
    orders = models.PositiveIntegerField(default=0, help_text="Ordered that day.")
    orders_held = models.PositiveIntegerField(default=0, help_text="… that were ever put on hold.")
    units_ordered = models.BigIntegerField(default=0, help_text="Units of the orders that were decided.")
    units_filled_first = models.BigIntegerField(default=0, help_text="… allocated at the first decision.")
    orders_shipped = models.PositiveIntegerField(default=0, help_text="Whose last unit left that day.")
    orders_on_time = models.PositiveIntegerField(default=0, help_text="… at or before ship-by.")
    cycle_seconds = models.BigIntegerField(default=0, help_text="Σ (shipped − ordered) of those.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["date", "channel"], name="dailyservice_once")]
        verbose_name_plural = "daily service"

    def __str__(self) -> str:
        return f"service {self.date} of channel {self.channel_id}"


class DailyProduct(models.Model):
    """What left of a product through a channel on a day, base currency for the cost, order currency for
    the revenue.
    """

    date = models.DateField(help_text="Shipped.")
    product = models.ForeignKey(
        "inventory.Product", on_delete=models.PROTECT, db_index=False, related_name="sales_days"
    )
    channel = models.ForeignKey("orders.Channel", on_delete=models.PROTECT, db_index=False, related_name="+")
    currency = models.CharField(max_length=3)
    units = models.BigIntegerField(default=0)
    revenue = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    cogs = models.DecimalField(max_digits=19, decimal_places=4, default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["date", "product", "channel", "currency"], name="dailyproduct_once"
            )
        ]

    def __str__(self) -> str:
        return (
            f"sales {self.date} of product {self.product_id} in channel {self.channel_id} ({self.currency})"
        )


class DailyBalance(models.Model):
    """What was posted to an account on a day, base currency: any balance as of any day is a short sum."""

    account = models.ForeignKey("ledger.Account", on_delete=models.PROTECT, db_index=False, related_name="+")
    date = models.DateField()
    debit = models.DecimalField(max_digits=21, decimal_places=4, default=0)
    credit = models.DecimalField(max_digits=21, decimal_places=4, default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "date"], name="dailybalance_once")]
        indexes = [models.Index(fields=["date"], name="dailybalance_date")]

    def __str__(self) -> str:
        return f"balance {self.date} of account {self.account_id}"


class RollupMark(models.Model):
    """How far a journal has been rolled up. Rows above `settled_id` are looked at again: an id can show up late."""

    source = models.CharField(max_length=20, primary_key=True)
    settled_id = models.BigIntegerField(default=0, help_text="Nothing can appear at or below it any more.")
    pending_id = models.BigIntegerField(default=0, help_text="Settles when pending_at is old enough.")
    pending_at = models.DateTimeField(null=True)
    seen_id = models.BigIntegerField(default=0)
    seen_count = models.BigIntegerField(default=0, help_text="Rows above settled_id when last looked.")
    refreshed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.source
