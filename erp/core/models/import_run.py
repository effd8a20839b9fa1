"""Which files were imported, by whom, and what became of each of their rows?"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from erp.core.models.work import Job
from erp.core.states import IMPORT, IMPORT_OVER, ImportState


class ImportRun(models.Model):
    """A file on its way in. While it is not discarded or taken back, the same file can not come in a second time."""

    MACHINE = IMPORT

    kind = models.CharField(max_length=40, help_text="A target of erp.core.imports.")
    state = models.CharField(max_length=20, choices=ImportState, default=ImportState.UPLOADED)
    file_name = models.CharField(max_length=120)
    file_hash = models.CharField(
        max_length=64, help_text="sha256; the file lies under it in MEDIA_ROOT/imports."
    )
    file_size = models.BigIntegerField()
    options = models.JSONField(default=dict, help_text="What was chosen beside the file: option → value.")
    scope_hash = models.CharField(
        max_length=64, help_text="sha256 of the options: two lists may share a file."
    )
    dialect = models.JSONField(help_text="How the file is written: encoding, delimiter, sheet, decimal sign.")
    header = models.JSONField(help_text="The headers of the file.")
    header_hash = models.CharField(
        max_length=64, help_text="Files with the same headers take over a mapping."
    )
    mapping = models.JSONField(default=dict, help_text="Our column → header of the file.")
    is_mapped = models.BooleanField(default=False, help_text="A person or program has confirmed the mapping.")
    row_count = models.PositiveIntegerField(default=0)
    item_count = models.PositiveIntegerField(default=0)
    items_done = models.PositiveIntegerField(default=0, help_text="Where an interrupted step goes on.")
    count_new = models.PositiveIntegerField(default=0)
    count_changed = models.PositiveIntegerField(default=0)
    count_unchanged = models.PositiveIntegerField(default=0)
    count_refused = models.PositiveIntegerField(default=0)
    count_undone = models.PositiveIntegerField(default=0)
    count_kept = models.PositiveIntegerField(
        default=0, help_text="Written rows that could not be taken back."
    )
    error = models.TextField(blank=True, default="", help_text="Why the file as a whole could not be read.")
    steps = models.PositiveSmallIntegerField(default=0, help_text="Jobs started so far: part of their key.")
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "file_hash", "scope_hash"], condition=~Q(state__in=IMPORT_OVER), name="importrun_file_once",
            ),
            models.CheckConstraint(name="importrun_done", condition=Q(items_done__lte=F("item_count"))),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["kind", "header_hash", "-id"], name="importrun_header"),
            models.Index(fields=["-created_at"], name="importrun_recent"),
        ]

    def __str__(self) -> str:
        return f"import #{self.pk}"


class ImportRow(models.Model):
    """What became, or in a dry run would become, of one item of a file: a row, or all rows of one document."""

    ACTIONS = [("NEW", "New"), ("CHANGED", "Changed"), ("UNCHANGED", "Unchanged"), ("REFUSED", "Refused")]
    UNDO = [("UNDONE", "Taken back"), ("KEPT", "Could not be taken back")]

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, db_index=False, related_name="rows")
    is_trial = models.BooleanField(help_text="Of the dry run.")
    number = models.PositiveIntegerField(help_text="Row of the file, as a spreadsheet counts.")
    action = models.CharField(max_length=10, choices=ACTIONS)
    key = models.CharField(max_length=200, help_text="The natural key.")
    subject_id = models.BigIntegerField(null=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    problems = models.JSONField(
        default=list, help_text="Row, column, value, message and remedy of all that is wrong."
    )
    undo = models.CharField(max_length=10, choices=UNDO, blank=True, default="")
    undo_note = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "is_trial", "number"], name="importrow_once"),
            models.CheckConstraint(
                name="importrow_refused_says_why", condition=~Q(action="REFUSED") | ~Q(problems=[])
            ),
        ]
        indexes = [
            models.Index(fields=["run", "is_trial", "action", "number"], name="importrow_action"),
            models.Index(
                fields=["subject_id"], condition=Q(is_trial=False, subject_id__isnull=False), name="importrow_subject",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"row {self.number} of import {self.run_id}"
