"""By which adapter, as whom and with which secrets is a channel connected?"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords


class Connection(models.Model):
    """A channel's line to the outside. `account` is who the channel says it is: a shop's domain, a seller's or partner's id."""

    channel = models.OneToOneField("orders.Channel", on_delete=models.PROTECT, related_name="connection")
    adapter = models.CharField(max_length=20, help_text="Slug of a package of orders.channels.")
    account = models.CharField(max_length=200)
    base_url = models.CharField(max_length=300, blank=True)
    settings = models.JSONField(default=dict, blank=True)
    is_enabled = models.BooleanField(default=True)
    polled_until = models.DateTimeField(
        null=True, blank=True, help_text="All changes before it were fetched."
    )
    history = HistoricalRecords(excluded_fields=["polled_until"])

    class Meta:
        constraints = [models.UniqueConstraint(fields=["adapter", "account"], name="connection_account")]

    def __str__(self) -> str:
        return f"{self.adapter}:{self.account}"


class ConnectionSecret(models.Model):
    """A secret of a connection, sealed. During a change of secrets the old one is good until `valid_until`."""

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="secrets")
    purpose = models.CharField(max_length=20)
    sealed = models.TextField()
    hint = models.CharField(max_length=8, help_text="Its last characters, so that people know which it is.")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    valid_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "purpose"],
                condition=Q(valid_until=None),
                name="connectionsecret_newest",
            )
        ]

    def __str__(self) -> str:
        return f"{self.purpose} …{self.hint}"


class RefusalCount(models.Model):
    """How many requests to a channel's address were turned away for a reason within an hour, those not kept included."""

    channel_code = models.CharField(max_length=40, blank=True, help_text="Blank: no connected channel's.")
    reason = models.CharField(max_length=40)
    hour = models.DateTimeField()
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel_code", "reason", "hour"], name="refusalcount_hour")
        ]
        indexes = [models.Index(fields=["hour"], name="refusalcount_by_hour")]

    def __str__(self) -> str:
        return f"{self.channel_code or 'nobody'}: {self.count} × {self.reason}, {self.hour:%d %b %H}:00"


class RefusedDelivery(models.Model):
    """A request to a channel's address that was turned away: who sent it, why, and as much of it as a look needs.

    Of one reason only so many are kept per hour; `RefusalCount` counts them all.
    """

    channel_code = models.CharField(max_length=40, db_index=True)
    reason = models.CharField(max_length=40)
    message = models.CharField(max_length=300)
    status = models.PositiveSmallIntegerField()
    remote = models.GenericIPAddressField(null=True)
    headers = models.JSONField(default=dict)
    body = models.TextField(blank=True, help_text="The first 4,000 characters.")
    body_hash = models.CharField(max_length=64)
    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.channel_code}: {self.reason}"
