"""What does a channel show of our stock, how far has it followed, does it answer, and what was it told?"""

from __future__ import annotations

from django.db import models
from django.db.models import Case, F, Q, Value, When
from simple_history.models import HistoricalRecords

from orders.states import BREAKER, BreakerState

CURSOR = [
    "sequence", "pending_sequence", "pending_holders", "rules_seen", "computed_at", "full_at", "sending_until", "send_token",
    "lag_seconds", "lag_used", "confirmed_at", "reconciled_at", "reconciled_rows", "polled_at", "missed_orders",
]  # fmt: skip


class ChannelSync(models.Model):
    """How a channel is kept up to date: what an administrator set, and how far the streams are.

    Every product that the stock journal moved up to `sequence` has been computed. What was in flight while `pending_sequence`
    was read is waited for (`pending_holders`), so that no move is passed by.
    """

    channel = models.OneToOneField("orders.Channel", on_delete=models.PROTECT, related_name="sync")
    publishes_stock = models.BooleanField(
        default=False, help_text="The channel is told what it may sell; otherwise nobody tells it."
    )
    risk_units = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="Units that may be oversold at worst per SKU; more is kept back. Blank = nothing is kept back.",
    )
    reconcile_hours = models.PositiveSmallIntegerField(
        default=6, help_text="How often what it shows is compared with what was confirmed."
    )
    polls_orders = models.BooleanField(
        default=False, help_text="Changed orders are asked for, in case a message got lost."
    )
    sequence = models.BigIntegerField(default=0)
    pending_sequence = models.BigIntegerField(null=True)
    pending_holders = models.JSONField(default=list)
    rules_seen = models.JSONField(
        default=dict,
        help_text="The last change of buffers, pools, nodes, kits and listings that was looked at.",
    )
    computed_at = models.DateTimeField(null=True)
    full_at = models.DateTimeField(null=True, help_text="When every listing was last computed.")
    sending_until = models.DateTimeField(null=True, help_text="Somebody is sending until then, or has died.")
    send_token = models.BigIntegerField(default=0, help_text="Which sender; an older one's answers are void.")
    lag_seconds = models.PositiveIntegerField(
        default=0, help_text="From a change to its confirmation: the longest lately, fading."
    )
    lag_used = models.PositiveIntegerField(default=0, help_text="What the leases were last reckoned with.")
    confirmed_at = models.DateTimeField(null=True)
    reconciled_at = models.DateTimeField(null=True)
    reconciled_rows = models.PositiveIntegerField(default=0)
    polled_at = models.DateTimeField(null=True)
    missed_orders = models.PositiveIntegerField(
        default=0, help_text="Versions of orders that no message had told us of."
    )
    history = HistoricalRecords(excluded_fields=CURSOR)

    class Meta:
        constraints = [
            models.CheckConstraint(name="channelsync_reconcile", condition=Q(reconcile_hours__gte=1))
        ]

    def __str__(self) -> str:
        return f"sync of channel {self.channel_id}"


class ListingStock(models.Model):
    """What a listing is to show (wanted), what was sent, what the channel confirmed, and what it was last seen to show.

    Only the newest value waits: one that was not sent is replaced, never queued behind. `is_uncertain` from before a value is
    sent until its answer is stored: an answer that got lost is no proof that nothing happened.
    """

    listing = models.OneToOneField("orders.Listing", on_delete=models.PROTECT, related_name="stock")
    channel = models.ForeignKey(
        "orders.Channel", on_delete=models.PROTECT, db_index=False, related_name="listing_stock"
    )
    quantity_atp = models.BigIntegerField(default=0, help_text="Available to promise there.")
    quantity_leased = models.BigIntegerField(
        default=0, help_text="Kept back against overselling while it lags."
    )
    quantity_wanted = models.BigIntegerField(default=0)
    sequence = models.BigIntegerField(default=0, help_text="The stock journal's when it was computed.")
    computed_at = models.DateTimeField()
    reasons = models.JSONField(default=dict, help_text="Velocity, lag and what follows, as computed.")
    quantity_sent = models.BigIntegerField(null=True)
    sent_at = models.DateTimeField(null=True)
    sent_token = models.BigIntegerField(null=True)
    is_uncertain = models.BooleanField(default=False)
    quantity_confirmed = models.BigIntegerField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    due_since = models.DateTimeField(null=True, help_text="Since when it shows, or may show, something else.")
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True, default="")
    quantity_shown = models.BigIntegerField(
        null=True, help_text="Seen there last; blank = not known there, or never looked."
    )
    shown_at = models.DateTimeField(null=True)
    doubted_at = models.DateTimeField(null=True, help_text="A message said something else: to be asked.")
    drift_at = models.DateTimeField(null=True, help_text="Since when it shows what nobody confirmed.")
    external = models.JSONField(default=dict, blank=True, help_text="The channel's ids of it.")
    is_due = models.GeneratedField(
        expression=Case(
            When(is_uncertain=False, quantity_confirmed=F("quantity_wanted"), then=Value(False)),
            default=Value(True),
        ),
        output_field=models.BooleanField(),
        db_persist=True,
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="listingstock_quantities",
                condition=Q(
                    quantity_wanted__gte=0, quantity_leased__gte=0, quantity_atp__gte=F("quantity_wanted")
                ),
            ),
            models.CheckConstraint(
                name="listingstock_due_has_time",
                condition=Q(is_uncertain=False, quantity_confirmed=F("quantity_wanted"))
                | Q(due_since__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["channel", "due_since"], condition=Q(is_due=True), name="listingstock_due"),
            models.Index(fields=["channel"], condition=Q(drift_at__isnull=False), name="listingstock_drift"),
            models.Index(
                fields=["channel"], condition=Q(doubted_at__isnull=False), name="listingstock_doubted"
            ),
            models.Index(fields=["channel", "id"], name="listingstock_channel"),
        ]

    def __str__(self) -> str:
        return f"stock of listing #{self.listing_id}"


class ChannelBreaker(models.Model):
    """Is a channel called at all? CLOSED: yes. OPEN: not before `retry_at`. HALF_OPEN: one call is trying."""

    MACHINE = BREAKER

    channel = models.OneToOneField("orders.Channel", on_delete=models.PROTECT, related_name="breaker")
    state = models.CharField(max_length=10, choices=BreakerState, default=BreakerState.CLOSED)
    failures = models.PositiveIntegerField(default=0, help_text="In a row, whatever was asked.")
    openings = models.PositiveSmallIntegerField(
        default=0, help_text="In a row, without a success between them."
    )
    opened_at = models.DateTimeField(null=True, help_text="When it stopped answering.")
    retry_at = models.DateTimeField(null=True)
    trial_until = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="channelbreaker_open_has_time",
                condition=Q(state=BreakerState.CLOSED) | Q(opened_at__isnull=False, retry_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"breaker of channel {self.channel_id}"


class ChannelTally(models.Model):
    """What became of the calls to a channel in an hour, by what they were for."""

    KINDS = [
        ("STOCK", "Quantities told"),
        ("SHIPMENT", "Shipments told"),
        ("REFUND", "Refunds asked for"),
        ("POLL", "Orders asked for"),
        ("LOOK", "Quantities looked at"),
        ("TEST", "Tests of the connection"),
    ]

    channel = models.ForeignKey("orders.Channel", on_delete=models.PROTECT, db_index=False, related_name="+")
    hour = models.DateTimeField()
    kind = models.CharField(max_length=8, choices=KINDS)
    calls = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    last_success_at = models.DateTimeField(null=True)
    last_failure_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "hour", "kind"], name="channeltally_once"),
            models.CheckConstraint(name="channeltally_failures", condition=Q(failures__lte=F("calls"))),
        ]

    def __str__(self) -> str:
        return f"tally #{self.pk}"


class ChannelPublication(models.Model):
    """A shipment or refund of ours that a channel has taken, so that its echo is known for what it is."""

    KINDS = [("SHIPMENT", "Shipment"), ("REFUND", "Refund")]

    channel = models.ForeignKey("orders.Channel", on_delete=models.PROTECT, db_index=False, related_name="+")
    kind = models.CharField(max_length=8, choices=KINDS)
    key = models.CharField(max_length=160, help_text="The outbox message's.")
    external_id = models.CharField(max_length=80, help_text="The order's, at the channel.")
    ref = models.CharField(max_length=200, help_text="The channel's id of it.")
    tracking_number = models.CharField(max_length=80, blank=True)
    lines = models.JSONField(default=list, help_text="[[channel line ref, units]] that were told.")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "kind", "key", "external_id"], name="channelpublication_once"
            )
        ]
        indexes = [models.Index(fields=["channel", "external_id"], name="channelpublication_order")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
