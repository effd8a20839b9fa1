"""What was ordered, for how much, and how far is it?"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from ledger.models import AccountRole
from orders.states import ORDER, OrderState


class Order(models.Model):
    """A customer's order from one channel. Amounts are in the order's currency; total = goods + charges + tax."""

    MACHINE = ORDER

    number = models.CharField(max_length=20, unique=True)
    channel = models.ForeignKey("orders.Channel", on_delete=models.PROTECT, related_name="orders")
    external_id = models.CharField(max_length=80, help_text="The channel's own order id.")
    customer = models.ForeignKey(
        "orders.Customer", on_delete=models.PROTECT, null=True, blank=True, related_name="orders"
    )
    state = models.CharField(max_length=20, choices=OrderState, default=OrderState.RECEIVED)
    currency = models.CharField(max_length=3)
    ordered_at = models.DateTimeField()
    ship_by = models.DateTimeField()
    priority = models.SmallIntegerField(default=0, help_text="Higher is served first.")
    ships_complete = models.BooleanField(default=False, help_text="Nothing leaves until everything can.")
    max_shipments = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text="At most so many parcels on different days; blank = as many as it takes.",
    )
    warehouse_note = models.CharField(
        max_length=500, blank=True, default="", db_default="", help_text="What the floor must know."
    )
    fulfilled_by_channel = models.BooleanField(
        default=False, db_default=False, help_text="The channel sends it from a warehouse of its own."
    )
    fulfilment_node = models.ForeignKey(
        "inventory.Node", on_delete=models.PROTECT, null=True, blank=True, db_index=False, related_name="+",
        help_text="The node that stands for the channel's warehouse: it is promised stock there and nowhere else.",
    )  # fmt: skip
    needs_allocation = models.BooleanField(
        default=False, help_text="Has units that want stock; kept by the allocator."
    )
    goods_total = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    charges_total = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    tax_total = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    total = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    amount_invoiced = models.DecimalField(
        max_digits=19, decimal_places=4, default=0, help_text="Posted to receivables by shipments."
    )
    amount_credited = models.DecimalField(
        max_digits=19, decimal_places=4, default=0, help_text="Credit notes."
    )
    amount_paid = models.DecimalField(
        max_digits=19, decimal_places=4, default=0, help_text="Captured payments."
    )
    amount_refunded = models.DecimalField(max_digits=19, decimal_places=4, default=0, help_text="Paid back.")
    charges_invoiced = models.BooleanField(
        default=False, help_text="Charges are invoiced with the first shipment."
    )
    ship_to_name = models.CharField(max_length=120, blank=True)
    ship_to_line1 = models.CharField(max_length=160, blank=True)
    ship_to_city = models.CharField(max_length=80, blank=True)
    ship_to_postcode = models.CharField(max_length=20, blank=True)
    ship_to_country = models.CharField(max_length=2, blank=True)
    email = models.EmailField(blank=True)
    checks = models.JSONField(default=list, blank=True, help_text="[{check, verdict, reason}] as validated.")
    reservation_key = models.CharField(
        max_length=80,
        blank=True,
        default="",
        db_default="",
        help_text="The cart whose reserved stock it wants.",
    )
    inbox_message_id = models.BigIntegerField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    received_at = models.DateTimeField()
    shipped_at = models.DateTimeField(null=True, blank=True, help_text="When the last unit left.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "external_id"], name="order_channel_external_id"),
            models.CheckConstraint(
                name="order_total_adds_up",
                condition=Q(total=F("goods_total") + F("charges_total") + F("tax_total")),
            ),
            models.CheckConstraint(
                name="order_node_is_the_channels",
                condition=Q(fulfilment_node__isnull=True) | Q(fulfilled_by_channel=True),
            ),
            models.CheckConstraint(
                name="order_amounts_within_bounds",
                condition=Q(amount_credited__gte=0, amount_paid__gte=0, amount_refunded__gte=0)
                & Q(amount_refunded__lte=F("amount_paid"))
                & (Q(amount_credited=0) | Q(amount_credited__lte=F("amount_invoiced"))),
            ),
        ]
        indexes = [
            models.Index(fields=["state", "ship_by"], name="order_state_ship_by"),
            models.Index(fields=["-ordered_at", "id"], name="order_ordered_at"),
            models.Index(Lower("email"), "ordered_at", condition=~Q(email=""), name="order_email_ordered_at"),
            models.Index(
                fields=["shipped_at"], condition=Q(shipped_at__isnull=False), name="order_shipped_at"
            ),
            models.Index(
                fields=["-priority", "ship_by", "id"],
                condition=Q(needs_allocation=True),
                name="order_needs_allocation",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class OrderLine(models.Model):
    """Units of one product. `quantity_allocated` is what stock is promised for now; shipping turns it into shipped."""

    FILLFACTOR = 50  # each line is updated on every step of its way

    # The unique (order, position) serves the look-ups by order too.
    order = models.ForeignKey(Order, on_delete=models.PROTECT, db_index=False, related_name="lines")
    position = models.PositiveIntegerField()
    product = models.ForeignKey("inventory.Product", on_delete=models.PROTECT, related_name="order_lines")
    kit = models.ForeignKey(
        "orders.OrderKit", on_delete=models.PROTECT, null=True, blank=True, db_index=False, related_name="lines",
        help_text="The kit that it is a component of.",
    )  # fmt: skip
    quantity_per_kit = models.PositiveIntegerField(null=True, blank=True)
    channel_sku = models.CharField(max_length=80)
    description = models.CharField(max_length=200, blank=True)
    quantity_ordered = models.BigIntegerField()
    quantity_allocated = models.BigIntegerField(default=0)
    quantity_picked = models.BigIntegerField(default=0)
    quantity_shipped = models.BigIntegerField(default=0)
    quantity_cancelled = models.BigIntegerField(default=0)
    quantity_returned = models.BigIntegerField(default=0)
    unit_price = models.DecimalField(max_digits=19, decimal_places=4)
    line_total = models.DecimalField(
        max_digits=19, decimal_places=4, help_text="quantity × price, to the minor unit."
    )
    tax_amount = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    amount_invoiced = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    unit_price_agreed = models.DecimalField(
        max_digits=19, decimal_places=4, null=True, blank=True,
        help_text="The price before anybody overrode it; blank = nobody did.",
    )  # fmt: skip
    substitute_of = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, db_index=False, related_name="+"
    )
    merged_from = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, db_index=False, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="orderline_position"),
            models.CheckConstraint(
                name="orderline_quantities",
                condition=Q(
                    quantity_ordered__gt=0,
                    quantity_allocated__gte=0,
                    quantity_picked__gte=0,
                    quantity_shipped__gte=0,
                    quantity_cancelled__gte=0,
                    quantity_returned__gte=0,
                    quantity_picked__lte=F("quantity_allocated"),
                    quantity_returned__lte=F("quantity_shipped"),
                    quantity_ordered__gte=F("quantity_allocated")
                    + F("quantity_shipped")
                    + F("quantity_cancelled"),
                ),
            ),
            models.CheckConstraint(name="orderline_price", condition=Q(unit_price__gte=0, line_total__gte=0)),
            models.CheckConstraint(
                name="orderline_whole_kits",
                condition=Q(kit__isnull=True, quantity_per_kit__isnull=True)
                | Q(kit__isnull=False, quantity_per_kit__gt=0),
            ),
        ]
        indexes = [models.Index(fields=["kit"], condition=Q(kit__isnull=False), name="orderline_kit")]

    def __str__(self) -> str:
        return f"line #{self.pk} of order {self.order_id}"


class OrderCharge(models.Model):
    """An amount on an order that is no product: shipping, discount, fee. Signed: a discount is negative."""

    KINDS = [
        (AccountRole.SHIPPING_REVENUE, "Shipping"),
        (AccountRole.DISCOUNT, "Discount"),
        (AccountRole.OTHER_INCOME, "Other"),
        (AccountRole.CHANNEL_FEE, "Channel fee"),
        (AccountRole.BANK_CHARGE, "Bank charge"),
        (AccountRole.SAMPLES, "Samples"),
    ]

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="charges")
    kind = models.CharField(max_length=24, choices=KINDS, help_text="The account role it posts to.")
    description = models.CharField(max_length=200, blank=True)
    amount = models.DecimalField(max_digits=19, decimal_places=4)

    def __str__(self) -> str:
        return f"charge #{self.pk} of order {self.order_id}"
