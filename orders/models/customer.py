"""Who buys from us?"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from orders.models.notice import LANGUAGES


class Customer(models.Model):
    """A person or company that orders. The address here is a default; each order keeps its own snapshot."""

    SEGMENTS = [("CONSUMER", "Consumer"), ("BUSINESS", "Business")]
    TIERS = [("STANDARD", "Standard"), ("PLUS", "Plus"), ("KEY", "Key account")]

    SHIPPING = [
        ("AS_ORDERED", "As each order says"),
        ("COMPLETE", "Always complete"),
        ("PARTIAL", "Partial shipments allowed"),
    ]

    number = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    email = models.EmailField(blank=True)
    segment = models.CharField(max_length=10, choices=SEGMENTS, default="CONSUMER")
    tier = models.CharField(max_length=10, choices=TIERS, default="STANDARD", help_text="Service tier.")
    credit_limit = models.DecimalField(
        max_digits=19, decimal_places=4, null=True, blank=True, help_text="Base currency; blank = none set."
    )
    payment_days = models.PositiveSmallIntegerField(
        default=30, db_default=30, help_text="An invoice is overdue so many days after the goods left."
    )
    verified_age = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="At least this old, as somebody has checked."
    )
    line1 = models.CharField(max_length=160, blank=True)
    city = models.CharField(max_length=80, blank=True)
    postcode = models.CharField(max_length=20, blank=True)
    country = models.CharField(max_length=2, blank=True)
    language = models.CharField(
        max_length=5,
        choices=LANGUAGES,
        blank=True,
        help_text="Of the e-mails to them; blank = the channel's.",
    )
    ships_complete = models.CharField(
        max_length=10,
        choices=SHIPPING,
        default="AS_ORDERED",
        help_text="Set on each new order; it can be edited there.",
    )
    max_shipments = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Parcels per order at most; blank = as many as it takes."
    )
    is_blocked = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=models.functions.Now())
    history = HistoricalRecords()

    def __str__(self) -> str:
        return self.number


class CreditLimitChange(models.Model):
    """A change of a customer's credit terms: who asked for it and why; applied, refused, or waiting for its approval."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="credit_changes")
    limit_before = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    limit_after = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    days_before = models.PositiveSmallIntegerField()
    days_after = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=300)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True, blank=True)
    refused_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="creditlimitchange_one_end",
                condition=Q(applied_at__isnull=True) | Q(refused_at__isnull=True),
            ),
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(applied_at__isnull=True, refused_at__isnull=True),
                name="creditlimitchange_one_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"change of credit #{self.pk} of customer {self.customer_id}"
