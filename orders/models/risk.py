"""Which signs of fraud do we look for, how much does each weigh, and what did an order show?"""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from simple_history.models import HistoricalRecords


class RiskRule(models.Model):
    """A sign of fraud with its points. What the fields mean depends on the kind; `amount` is in base currency."""

    VELOCITY, FIRST_ORDER, COUNTRY_MISMATCH, LISTED, FREE_MAIL, PROVIDER = (
        "VELOCITY", "FIRST_ORDER", "COUNTRY_MISMATCH", "LISTED", "FREE_MAIL", "PROVIDER",
    )  # fmt: skip
    KINDS = [
        (VELOCITY, "Many orders of one subject"),
        (FIRST_ORDER, "First order above an amount"),
        (COUNTRY_MISMATCH, "Ships to another country than it is billed to"),
        (LISTED, "On the deny list"),
        (FREE_MAIL, "Free mail address above an amount"),
        (PROVIDER, "The payment provider's score"),
    ]
    SUBJECTS = [
        ("EMAIL", "E-mail"), ("CUSTOMER", "Customer"), ("ADDRESS", "Ship-to address"), ("CARD", "Card reference"),
    ]  # fmt: skip

    code = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=20, choices=KINDS)
    channel = models.ForeignKey(
        "orders.Channel", on_delete=models.PROTECT, null=True, blank=True, related_name="risk_rules",
        help_text="Blank = every channel.",
    )  # fmt: skip
    subject = models.CharField(
        max_length=10, choices=SUBJECTS, blank=True, help_text="Whose orders velocity counts."
    )
    window_hours = models.PositiveSmallIntegerField(default=24, help_text="Velocity looks back so far.")
    normal_orders = models.PositiveSmallIntegerField(
        default=3, help_text="Orders in the window that are still normal."
    )
    amount = models.DecimalField(
        max_digits=19,
        decimal_places=4,
        default=Decimal(0),
        help_text="From this order total; a provider: from this score.",
    )
    points = models.PositiveSmallIntegerField(help_text="A provider's score is taken in this share of 100.")
    is_active = models.BooleanField(default=True)
    history = HistoricalRecords()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="riskrule_velocity_subject", condition=~Q(kind="VELOCITY") | ~Q(subject="")
            ),
            models.CheckConstraint(
                name="riskrule_bounds",
                condition=Q(window_hours__range=(1, 720), amount__gte=0, points__lte=1000),
            ),
        ]

    def __str__(self) -> str:
        return self.code


class RiskListEntry(models.Model):
    """Somebody we know: DENY gives the points of the LISTED rules, ALLOW makes the other rules silent."""

    VERDICTS = [("DENY", "Deny"), ("ALLOW", "Allow")]
    SUBJECTS = [
        *RiskRule.SUBJECTS,
        ("DOMAIN", "E-mail domain"),
        ("POSTCODE", "Country and postcode"),
        ("COUNTRY", "Country"),
    ]

    verdict = models.CharField(max_length=5, choices=VERDICTS)
    subject = models.CharField(max_length=10, choices=SUBJECTS)
    value = models.CharField(
        max_length=254,
        help_text="E-mail, customer number, card reference, domain, country, or as evidence shows it.",
    )
    reason = models.CharField(max_length=300)
    valid_to = models.DateField(null=True, blank=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name_plural = "risk list entries"
        constraints = [models.UniqueConstraint("subject", Lower("value"), name="risklistentry_once")]

    def __str__(self) -> str:
        return f"{self.verdict} {self.subject} {self.value}"


class OrderRisk(models.Model):
    """What an order said about who pays, and the points the rules gave it. Orders that showed nothing have no row."""

    order = models.OneToOneField("orders.Order", on_delete=models.PROTECT, related_name="risk")
    card_ref = models.CharField(
        max_length=120, blank=True, help_text="The provider's token of the card, never a number."
    )
    provider_score = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    verified_age = models.PositiveSmallIntegerField(null=True, blank=True)
    bill_to = models.JSONField(default=dict, blank=True)
    score = models.PositiveIntegerField(default=0)
    fired = models.JSONField(default=list, blank=True, help_text="[{rule, points, why}]")

    class Meta:
        indexes = [models.Index(fields=["card_ref"], condition=~Q(card_ref=""), name="orderrisk_card_ref")]

    def __str__(self) -> str:
        return f"risk of order {self.order_id}"
