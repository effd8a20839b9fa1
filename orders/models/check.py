"""How strict are the checks of a channel's orders, and which tax do we expect where?"""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords


class CheckPolicy(models.Model):
    """A channel's limits. A channel without one is checked by the defaults of `orders.checks.facts.Limits`."""

    channel = models.OneToOneField("orders.Channel", on_delete=models.PROTECT, related_name="check_policy")
    agreed_tolerance = models.DecimalField(
        max_digits=5, decimal_places=4, default=Decimal("0.02"),
        help_text="Share below a contract or price-list price that still passes.",
    )  # fmt: skip
    list_tolerance = models.DecimalField(
        max_digits=5, decimal_places=4, default=Decimal("0.90"),
        help_text="The same below the product's list price, where nothing was agreed.",
    )  # fmt: skip
    override_share = models.DecimalField(
        max_digits=5, decimal_places=4, default=Decimal("0.25"),
        help_text="Share below an agreed price beyond which finance must release the order.",
    )  # fmt: skip
    discount_share = models.DecimalField(
        max_digits=5, decimal_places=4, default=Decimal("0.30"),
        help_text="Discounts as a share of the goods that still pass.",
    )  # fmt: skip
    largest_line = models.PositiveIntegerField(
        default=3_000, help_text="Units of a line from which it is held."
    )
    duplicate_hours = models.PositiveSmallIntegerField(
        default=24, help_text="Same buyer, address and lines within so many hours is held; 0 = off."
    )
    risk_hold_at = models.PositiveSmallIntegerField(
        default=50, help_text="Risk points from which it is held."
    )
    risk_reject_at = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Risk points from which it is refused; blank = never."
    )
    history = HistoricalRecords()

    class Meta:
        verbose_name_plural = "check policies"
        constraints = [
            models.CheckConstraint(
                name="checkpolicy_shares",
                condition=Q(
                    agreed_tolerance__range=(0, 1), list_tolerance__range=(0, 1), override_share__range=(0, 1),
                    discount_share__range=(0, 1), largest_line__gte=1, risk_hold_at__gte=1,
                ),
            ),
            models.CheckConstraint(
                name="checkpolicy_risk",
                condition=Q(risk_reject_at__isnull=True) | Q(risk_reject_at__gte=F("risk_hold_at")),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"checks of channel {self.channel_id}"


class TaxExpectation(models.Model):
    """The tax we expect on goods to a country, of one channel or of all. Exports have a rate of zero."""

    country = models.CharField(max_length=2)
    channel = models.ForeignKey(
        "orders.Channel", on_delete=models.PROTECT, null=True, blank=True, related_name="tax_expectations"
    )
    rate = models.DecimalField(max_digits=5, decimal_places=4, help_text="0.2000 is 20 %.")
    tolerance = models.DecimalField(max_digits=5, decimal_places=4, default=Decimal("0.005"))
    allows_less = models.BooleanField(
        default=False, help_text="Reduced and zero rates exist there: anything up to the rate is plausible."
    )
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    history = HistoricalRecords()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["country", "channel", "valid_from"], name="taxexpectation_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                name="taxexpectation_rate", condition=Q(rate__range=(0, 1), tolerance__range=(0, 1))
            ),
            models.CheckConstraint(
                name="taxexpectation_period",
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.country} {self.rate:%} from {self.valid_from}"
