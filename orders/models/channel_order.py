"""What does a channel say of an order, message by message, and how far has our order followed?"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from erp.core.triggers import append_only


class ChannelOrder(models.Model):
    """An order as its channel knows it. Our order is the one with the same channel and external id, once there is one."""

    channel = models.ForeignKey("orders.Channel", on_delete=models.PROTECT, db_index=False)
    external_id = models.CharField(max_length=80)
    applied = models.JSONField(null=True, help_text="The snapshot that our order follows.")
    applied_version = models.CharField(max_length=40, blank=True, default="")
    line_map = models.JSONField(
        default=dict, help_text="Channel line ref → position of our line; of a kit, its first component's."
    )
    pending = models.JSONField(
        default=list, help_text="What could not be done yet, in words; empty when our order follows."
    )
    pending_since = models.DateTimeField(null=True)
    dearest = models.DecimalField(
        max_digits=19,
        decimal_places=4,
        default=0,
        db_default=0,
        help_text="The most that it ever cost there; nobody pays more.",
    )
    never_was_at = models.DateTimeField(
        null=True,
        help_text="Called off before it ever arrived, and given up since; a snapshot opens it again.",
    )
    is_due = models.BooleanField(default=False, help_text="Something is known that was not looked at yet.")
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "external_id"], name="channelorder_once")]
        indexes = [
            models.Index(fields=["id"], condition=Q(is_due=True), name="channelorder_due"),
            models.Index(
                fields=["pending_since"],
                condition=Q(pending_since__isnull=False),
                name="channelorder_pending",
            ),
            models.Index(fields=["-last_seen_at", "id"], name="channelorder_last_seen"),
        ]

    def __str__(self) -> str:
        return self.external_id


class ChannelFact(models.Model):
    """One thing that a channel said of an order. The same thing again is no second row; a newer version is."""

    KINDS = [
        ("ORDER", "Order"),
        ("CANCELLED", "Cancelled"),
        ("PAYMENT", "Payment"),
        ("REFUND", "Refund"),
        ("FULFILMENT", "Fulfilment"),
    ]

    channel_order = models.ForeignKey(
        ChannelOrder, on_delete=models.PROTECT, related_name="facts", db_index=False
    )
    kind = models.CharField(max_length=12, choices=KINDS)
    ref = models.CharField(max_length=120, blank=True, default="")
    version = models.CharField(max_length=40)
    content = models.JSONField()
    content_hash = models.CharField(max_length=64)
    message = models.ForeignKey("core.InboxMessage", on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["channel_order", "kind", "ref", "version", "content_hash"], name="channelfact_once"
            )
        ]
        triggers = [append_only("channelfact_append_only")]

    def __str__(self) -> str:
        return f"{self.kind} {self.ref} {self.version}"
