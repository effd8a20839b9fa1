"""Which work must happen, how far is it, and what came in and goes out?

A unit of work is a row; a Celery message only carries its id (DESIGN §9). The effect and "done" commit together.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from erp.core.states import INBOX, JOB, OUTBOX, WorkState


class Work(models.Model):
    """What a job and a message have in common: state, attempts, next try, lease, error."""

    state = models.CharField(max_length=20, choices=WorkState, default=WorkState.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    max_attempts = models.PositiveSmallIntegerField(default=5)
    next_at = models.DateTimeField(db_default=Now())
    lease_until = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True, default="", db_default="")
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


class Job(Work):
    """A unit of work of our own. `kind` is the address of its handler; `key` makes its effect unique."""

    MACHINE = JOB

    kind = models.CharField(max_length=80)
    key = models.CharField(max_length=160, help_text="Unique effect key within the kind.")
    queue = models.CharField(max_length=20, default="default")
    arguments = models.JSONField(default=dict, blank=True)
    percent = models.PositiveSmallIntegerField(default=0)
    units_done = models.PositiveBigIntegerField(default=0)
    units_total = models.PositiveBigIntegerField(null=True, blank=True, help_text="Blank while unknown.")
    message = models.CharField(max_length=300, blank=True, default="")
    checkpoint = models.JSONField(
        null=True, blank=True, help_text="Where a job that commits chunk by chunk resumes."
    )
    result = models.JSONField(null=True, blank=True)
    cancel_requested = models.BooleanField(default=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "key"], name="job_kind_key"),
            models.CheckConstraint(name="job_attempts", condition=Q(attempts__lte=F("max_attempts"))),
        ]
        indexes = [
            models.Index(
                fields=["next_at"], condition=Q(state__in=["PENDING", "FAILED", "RUNNING"]), name="job_due"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind}:{self.key}"


class InboxMessage(Work):
    """What came from outside, raw, before anyone interprets it. Unique by (source, external id, version)."""

    MACHINE = INBOX

    source = models.CharField(max_length=60, help_text="Channel or provider code.")
    kind = models.CharField(max_length=60, help_text="Address of the handler, e.g. orders.order_receive.")
    external_id = models.CharField(max_length=200)
    version = models.CharField(max_length=80, blank=True, default="")
    headers = models.JSONField(default=dict, blank=True)
    body = models.TextField(blank=True, help_text="Exactly as received (undecodable bytes as \\xNN).")
    body_hash = models.CharField(max_length=64)
    result = models.CharField(
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text='What it became, e.g. "orders.Order:17".',
    )
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "kind", "external_id", "version"], name="inbox_once"),
            models.CheckConstraint(
                name="inbox_done_has_result", condition=~Q(state=WorkState.DONE) | ~Q(result="")
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_at"], condition=Q(state__in=["PENDING", "FAILED", "RUNNING"]), name="inbox_due"
            ),
            models.Index(fields=["-received_at", "-id"], name="inbox_received"),
        ]

    def __str__(self) -> str:
        return f"{self.source}:{self.external_id}:{self.version}"


class OutboxMessage(Work):
    """What must reach someone outside. Written in the transaction that caused it, delivered at least once, in stream order."""

    MACHINE = OUTBOX

    stream = models.CharField(max_length=80, help_text='Ordered key, e.g. "channel:uk-web".')
    kind = models.CharField(max_length=60, help_text="Address of the sender, e.g. core.send_email.")
    key = models.CharField(
        max_length=160, help_text="Unique effect key: the receiver may see it twice, never two of it."
    )
    subject_type = models.CharField(max_length=60, blank=True)
    subject_id = models.BigIntegerField(null=True, blank=True)
    payload = models.JSONField()
    provider_ref = models.CharField(max_length=200, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "key"], name="outbox_once"),
            models.CheckConstraint(
                name="outbox_done_has_reference", condition=~Q(state=WorkState.DONE) | ~Q(provider_ref="")
            ),
        ]
        indexes = [
            models.Index(
                fields=["stream", "id"],
                condition=Q(state__in=["PENDING", "FAILED", "RUNNING"]),
                name="outbox_due",
            ),
            models.Index(fields=["subject_type", "subject_id"], name="outbox_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}:{self.key}"


class PeriodicClaim(models.Model):
    """Periodic work done once per period however many beats fire: the unique row is the claim."""

    job = models.CharField(max_length=80)
    period = models.CharField(max_length=40)
    claimed_at = models.DateTimeField()
    work = models.ForeignKey(Job, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "period"], name="periodicclaim_once")]

    def __str__(self) -> str:
        return f"{self.job}@{self.period}"


class Canary(models.Model):
    """When a queue last proved that it is consumed: sent by beat and watcher, answered by the worker."""

    queue = models.CharField(max_length=20, primary_key=True)
    sent_at = models.DateTimeField(null=True)
    sent_since = models.DateTimeField(
        null=True,
        help_text="Since when canaries have been sent without a pause: silence before that says nothing.",
    )
    answered_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.queue
