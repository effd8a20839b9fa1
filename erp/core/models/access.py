"""Who are the people and programs that act, and what have they kept for themselves?"""

from __future__ import annotations

from functools import cached_property

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from erp.core.roles import permissions_of


class User(AbstractUser):
    """A person, or a program that acts by itself (`is_system`: no password, never logs in)."""

    THEMES = [("auto", "As the system"), ("light", "Light"), ("dark", "Dark")]

    is_system = models.BooleanField(default=False)
    theme = models.CharField(max_length=5, choices=THEMES, default="auto")
    time_zone = models.CharField(max_length=64, default="Europe/London")
    approval_limit = models.DecimalField(
        max_digits=19,
        decimal_places=4,
        default=0,
        help_text="Largest amount this person may approve, base currency.",
    )

    def __str__(self) -> str:
        return self.username

    @cached_property
    def roles(self) -> frozenset[str]:
        """The role codes this user holds (one query, then cached for the life of the instance)."""
        return frozenset(self.groups.values_list("name", flat=True))

    @cached_property
    def keel_permissions(self) -> frozenset[str]:
        if self.is_superuser:
            return permissions_of(frozenset({"ADMIN"}))
        return permissions_of(self.roles)

    def may(self, permission: str) -> bool:
        """This function will tell whether one of the user's roles holds `permission`."""
        return self.is_active and permission in self.keel_permissions


def all_scopes() -> list[str]:
    """This function will return the scopes of a key that nobody narrowed."""
    return ["*"]


class ApiKey(models.Model):
    """A program's key to the REST API. Only the hash is kept; the prefix lets people recognise it."""

    name = models.CharField(max_length=80, unique=True)
    prefix = models.CharField(max_length=12, unique=True)
    key_hash = models.CharField(max_length=64, unique=True, help_text="sha256 of the whole key, hex.")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="api_keys")
    channel_code = models.CharField(
        max_length=40, blank=True, help_text="Orders may only enter this channel; blank = any."
    )
    scopes = models.JSONField(
        default=all_scopes, help_text="What it may be used for, of what its user may do; “*” = all of it."
    )
    previous_hash = models.CharField(
        max_length=64, blank=True, default="", db_index=True, help_text="The secret before a rotation."
    )
    previous_until = models.DateTimeField(null=True, blank=True, help_text="So long the old secret is good.")
    rate_per_minute = models.PositiveIntegerField(
        null=True, blank=True, help_text="Requests; blank = the house's limit."
    )
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    history = HistoricalRecords(excluded_fields=["key_hash", "previous_hash", "last_used_at"])

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class ApiKeyUse(models.Model):
    """How often a key was used in the minute that began then: one row a key."""

    FILLFACTOR = 50  # changed by every request

    api_key = models.OneToOneField(ApiKey, on_delete=models.CASCADE, primary_key=True, related_name="use")
    minute = models.BigIntegerField(help_text="Minutes since 1970.")
    requests = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"use of key {self.pk}"


class IdempotencyKey(models.Model):
    """The first answer to a keyed API request, replayed to every repeat of it."""

    client = models.CharField(max_length=80)
    key = models.CharField(max_length=255)
    request_hash = models.CharField(max_length=64)
    state = models.CharField(max_length=12, choices=[("IN_PROGRESS", "In progress"), ("DONE", "Done")])
    lease_until = models.DateTimeField()
    response_status = models.PositiveSmallIntegerField(null=True)
    response_body = models.TextField(blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "key"], name="idempotency_client_key"),
            models.CheckConstraint(
                name="idempotency_done_has_response",
                condition=~Q(state="DONE") | Q(response_status__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.client}:{self.key}"


class SavedView(models.Model):
    """A named set of filters, columns and sort order of one list; its query string is its whole state."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_views")
    list_code = models.CharField(max_length=60)
    name = models.CharField(max_length=60)
    query = models.TextField(blank=True)
    is_shared = models.BooleanField(default=False)
    is_default = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "list_code", "name"], name="savedview_user_list_name"),
            models.UniqueConstraint(
                fields=["user", "list_code"], condition=Q(is_default=True), name="savedview_one_default"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.list_code}: {self.name}"
