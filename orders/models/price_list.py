"""Which price has been agreed with whom, from which quantity, and for how long?"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from orders.models.customer import Customer


def _valid_period(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        name=name,
        condition=Q(valid_to__isnull=True) | Q(valid_from__isnull=True) | Q(valid_to__gte=F("valid_from")),
    )


class PriceList(models.Model):
    """Prices in one currency for whoever it is assigned to. Dates are inclusive; blank = open."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    currency = models.CharField(max_length=3)
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    history = HistoricalRecords()

    class Meta:
        constraints = [_valid_period("pricelist_period")]

    def __str__(self) -> str:
        return self.code


class PriceListEntry(models.Model):
    """A product's price on a list from `minimum_quantity` units of a line on, tax exclusive."""

    price_list = models.ForeignKey(
        PriceList, on_delete=models.PROTECT, db_index=False, related_name="entries"
    )
    product = models.ForeignKey("inventory.Product", on_delete=models.PROTECT, related_name="+")
    price = models.DecimalField(max_digits=19, decimal_places=4)
    minimum_quantity = models.PositiveIntegerField(default=1)
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)
    history = HistoricalRecords()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["price_list", "product", "minimum_quantity", "valid_from"],
                name="pricelistentry_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="pricelistentry_amounts", condition=Q(price__gte=0, minimum_quantity__gte=1)
            ),
            _valid_period("pricelistentry_period"),
        ]

    def __str__(self) -> str:
        return f"price #{self.pk} of list {self.price_list_id}"


class PriceListAssignment(models.Model):
    """Whom a list is for: one customer, a segment of customers, or all of a channel."""

    price_list = models.ForeignKey(PriceList, on_delete=models.PROTECT, related_name="assignments")
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, null=True, blank=True, related_name="price_lists"
    )
    segment = models.CharField(max_length=10, choices=Customer.SEGMENTS, blank=True)
    channel = models.ForeignKey(
        "orders.Channel", on_delete=models.PROTECT, null=True, blank=True, related_name="price_lists"
    )
    history = HistoricalRecords()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="pricelistassignment_one_party",
                condition=Q(customer__isnull=False, segment="", channel__isnull=True)
                | (Q(customer__isnull=True, channel__isnull=True) & ~Q(segment=""))
                | Q(customer__isnull=True, segment="", channel__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["price_list", "customer", "segment", "channel"],
                name="pricelistassignment_once",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"assignment #{self.pk} of list {self.price_list_id}"


class ContractPrice(models.Model):
    """What one customer pays for one product, before any list."""

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, db_index=False, related_name="contract_prices"
    )
    product = models.ForeignKey("inventory.Product", on_delete=models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    price = models.DecimalField(max_digits=19, decimal_places=4)
    minimum_quantity = models.PositiveIntegerField(default=1)
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)
    history = HistoricalRecords()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "product", "currency", "minimum_quantity", "valid_from"],
                name="contractprice_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="contractprice_amounts", condition=Q(price__gte=0, minimum_quantity__gte=1)
            ),
            _valid_period("contractprice_period"),
        ]

    def __str__(self) -> str:
        return f"contract price #{self.pk} of customer {self.customer_id}"
