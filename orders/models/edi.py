"""Which interchanges came from a partner and went to one, which documents were in them, and what was said of each?"""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class EdiInterchange(models.Model):
    """One envelope, as it was read or written. `answer` is the acknowledgement: ours of what came in, theirs of what went out."""

    DIRECTIONS = [("IN", "In"), ("OUT", "Out")]
    ANSWERS = [
        ("WAITING", "Unacknowledged"),
        ("NOT_WANTED", "No acknowledgement"),
        ("ACCEPTED", "Accepted"),
        ("PARTLY", "Partly accepted"),
        ("REJECTED", "Rejected"),
    ]

    connection = models.ForeignKey(
        "orders.Connection", on_delete=models.PROTECT, related_name="interchanges", db_index=False
    )
    direction = models.CharField(max_length=3, choices=DIRECTIONS)
    standard = models.CharField(max_length=7)
    control_number = models.CharField(max_length=35, blank=True)
    group_number = models.CharField(max_length=14, blank=True, default="")
    sender = models.CharField(max_length=60, blank=True)
    receiver = models.CharField(max_length=60, blank=True)
    documents = models.CharField(max_length=120, blank=True, help_text="What is in it: 850, 855, …")
    is_test = models.BooleanField(default=False)
    answer = models.CharField(max_length=10, choices=ANSWERS)
    faults = models.JSONField(default=list, blank=True)
    answer_words = models.CharField(max_length=300, blank=True, default="")
    text = models.TextField(help_text="The interchange as it stands on the wire.")
    key = models.CharField(max_length=160, help_text="What makes it one: its bytes, or what it tells of.")
    inbox_message = models.ForeignKey(
        "core.InboxMessage", on_delete=models.PROTECT, null=True, related_name="+"
    )
    acknowledges = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="acknowledgements"
    )
    at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True, help_text="The partner acknowledges until then.")
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "key"], condition=Q(direction="OUT"), name="ediinterchange_told_once"
            ),
            models.UniqueConstraint(
                fields=["connection", "key"],
                condition=Q(direction="IN") & ~Q(answer="REJECTED"),
                name="ediinterchange_received_once",
            ),
        ]
        indexes = [
            models.Index(fields=["connection", "-at"], name="ediinterchange_recent"),
            models.Index(fields=["connection", "control_number"], name="ediinterchange_control"),
            models.Index(fields=["due_at"], condition=Q(answer="WAITING"), name="ediinterchange_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.direction} {self.control_number or '–'} #{self.pk}"


class EdiMessage(models.Model):
    """A document of an interchange. `text` is it alone, under the header it came with; `number` the order it is about."""

    interchange = models.ForeignKey(EdiInterchange, on_delete=models.PROTECT, related_name="messages")
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=10)
    purpose = models.CharField(max_length=10, blank=True, default="")
    version = models.CharField(max_length=40, blank=True)
    reference = models.CharField(max_length=35, blank=True)
    number = models.CharField(max_length=80, blank=True, default="", db_index=True)
    order_version = models.CharField(max_length=40, blank=True, default="")
    is_accepted = models.BooleanField()
    faults = models.JSONField(default=list, blank=True)
    text = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["interchange", "position"], name="edimessage_position")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.reference} #{self.pk}"


class EdiCounter(models.Model):
    """The last control number of a kind that a partner was sent. Locked by whoever takes the next one until it commits."""

    connection = models.ForeignKey(
        "orders.Connection", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    name = models.CharField(max_length=12)
    last_number = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "name"], name="edicounter_once")]

    def __str__(self) -> str:
        return f"{self.name} {self.last_number} of connection #{self.connection_id}"
