"""What does a customer get again and again, how often, at which price, and what came of each date?"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from orders.states import SUBSCRIPTION, SubscriptionState


class Subscription(models.Model):
    """A standing order. Its dates are `start_date` + n × interval, reckoned in the company's time zone."""

    MACHINE = SUBSCRIPTION

    UNITS = [("DAY", "days"), ("WEEK", "weeks"), ("MONTH", "months")]
    PRICES = [("LIST", "List price of the day"), ("FIXED", "Fixed prices")]
    PAYMENTS = [("INVOICE", "On invoice"), ("STORED", "Stored payment reference")]

    customer = models.ForeignKey("orders.Customer", on_delete=models.PROTECT, related_name="subscriptions")
    channel = models.ForeignKey("orders.Channel", on_delete=models.PROTECT, related_name="subscriptions")
    state = models.CharField(max_length=20, choices=SubscriptionState, default=SubscriptionState.ACTIVE)
    interval_count = models.PositiveSmallIntegerField(default=1)
    interval_unit = models.CharField(max_length=5, choices=UNITS, default="MONTH")
    start_date = models.DateField(help_text="The first date; months keep its day, or end on their last.")
    end_date = models.DateField(null=True, blank=True, help_text="No order after this date.")
    next_date = models.DateField(null=True, blank=True, help_text="Blank when there is none any more.")
    due_hour = models.PositiveSmallIntegerField(default=6, help_text="Hour of the company's day, 0 to 23.")
    price_rule = models.CharField(max_length=5, choices=PRICES, default="LIST")
    payment_kind = models.CharField(max_length=7, choices=PAYMENTS, default="INVOICE")
    payment_reference = models.CharField(
        max_length=120, blank=True, help_text="The provider's reference of the stored payment method."
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    history = HistoricalRecords(excluded_fields=["state", "next_date"])  # StateChange and the runs tell those

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="subscription_interval", condition=Q(interval_count__gte=1, due_hour__lte=23)
            ),
            models.CheckConstraint(
                name="subscription_active_has_next",
                condition=~Q(state=SubscriptionState.ACTIVE) | Q(next_date__isnull=False),
            ),
            models.CheckConstraint(
                name="subscription_stored_has_reference",
                condition=~Q(payment_kind="STORED") | ~Q(payment_reference=""),
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_date", "id"],
                condition=Q(state=SubscriptionState.ACTIVE),
                name="subscription_due",
            )
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        return f"SUB-{self.pk}"


class SubscriptionLine(models.Model):
    """Units of a product in every order. `unit_price` is there when prices are fixed."""

    subscription = models.ForeignKey(
        Subscription, on_delete=models.CASCADE, db_index=False, related_name="lines"
    )
    position = models.PositiveSmallIntegerField()
    product = models.ForeignKey("inventory.Product", on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField()
    unit_price = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subscription", "position"], name="subscriptionline_position"),
            models.CheckConstraint(name="subscriptionline_quantity", condition=Q(quantity__gt=0)),
        ]

    def __str__(self) -> str:
        return f"line {self.position} of subscription #{self.subscription_id}"


class SubscriptionRun(models.Model):
    """What came of one date of a subscription: the unique row is why a date never gives two orders."""

    OUTCOMES = [
        ("RAISED", "Order raised"), ("FAILED", "Failed"), ("SKIPPED", "Skipped"), ("MISSED", "Missed, not made up for"),
    ]  # fmt: skip

    subscription = models.ForeignKey(
        Subscription, on_delete=models.PROTECT, db_index=False, related_name="runs"
    )
    due_date = models.DateField()
    outcome = models.CharField(max_length=7, choices=OUTCOMES)
    order = models.ForeignKey(
        "orders.Order", on_delete=models.PROTECT, null=True, blank=True, related_name="subscription_runs"
    )
    detail = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subscription", "due_date"], name="subscriptionrun_once"),
            models.CheckConstraint(
                name="subscriptionrun_raised_has_order",
                condition=~Q(outcome="RAISED") | Q(order__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"SUB-{self.subscription_id}-{self.due_date}"
