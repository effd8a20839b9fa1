"""What may happen to an approval, an exception case, a job and a message?"""

from __future__ import annotations

from datetime import timedelta

from django.db import models

from erp.core.roles import Role
from erp.core.state_machine import Machine


class ApprovalState(models.TextChoices):
    PENDING = "PENDING", "Pending"
    APPROVED = "APPROVED", "Approved"
    REJECTED = "REJECTED", "Rejected"
    WITHDRAWN = "WITHDRAWN", "Withdrawn"


APPROVAL = Machine(
    document="core.ApprovalRequest",
    states=ApprovalState,
    initial=ApprovalState.PENDING,
    transitions={
        ApprovalState.PENDING: {ApprovalState.APPROVED, ApprovalState.REJECTED, ApprovalState.WITHDRAWN},
        ApprovalState.APPROVED: set(),
        ApprovalState.REJECTED: set(),
        ApprovalState.WITHDRAWN: set(),
    },
    limits={ApprovalState.PENDING: timedelta(days=1)},
)


class ExceptionState(models.TextChoices):
    OPEN = "OPEN", "Open"
    SNOOZED = "SNOOZED", "Snoozed"
    RESOLVED = "RESOLVED", "Resolved"


EXCEPTION = Machine(
    document="core.ExceptionCase",
    states=ExceptionState,
    initial=ExceptionState.OPEN,
    transitions={
        ExceptionState.OPEN: {ExceptionState.SNOOZED, ExceptionState.RESOLVED},
        ExceptionState.SNOOZED: {ExceptionState.OPEN, ExceptionState.RESOLVED},
        ExceptionState.RESOLVED: set(),
    },
)


class WorkState(models.TextChoices):
    """Of a job, an inbox message and an outbox message alike: a unit of work is a row (DESIGN §9)."""

    PENDING = "PENDING", "Pending"
    RUNNING = "RUNNING", "Running"
    DONE = "DONE", "Done"
    FAILED = "FAILED", "Failed, will retry"
    DEAD = "DEAD", "Dead"
    CANCELLED = "CANCELLED", "Cancelled"


W = WorkState
WORK_OPEN = (W.PENDING, W.RUNNING, W.FAILED)
_WORK_TRANSITIONS: dict[str, frozenset[str] | set[str]] = {
    W.PENDING: {W.RUNNING, W.CANCELLED},
    W.RUNNING: {W.DONE, W.FAILED, W.DEAD, W.CANCELLED, W.PENDING},
    W.FAILED: {W.RUNNING, W.CANCELLED},
    W.DEAD: {W.PENDING},
    W.DONE: set(),
    W.CANCELLED: set(),
}
# Work rows change state thousands of times an hour by conditional UPDATE in services/work.py; their table is proven here.
JOB = Machine(
    "core.Job", WorkState, W.PENDING, _WORK_TRANSITIONS, owners={W.DEAD: Role.OPERATIONS}, audited=False
)
INBOX = Machine(
    "core.InboxMessage",
    WorkState,
    W.PENDING,
    _WORK_TRANSITIONS,
    owners={W.DEAD: Role.OPERATIONS},
    audited=False,
)
OUTBOX = Machine(
    "core.OutboxMessage",
    WorkState,
    W.PENDING,
    _WORK_TRANSITIONS,
    owners={W.DEAD: Role.OPERATIONS},
    audited=False,
)


class ImportState(models.TextChoices):
    UPLOADED = "UPLOADED", "Uploaded"
    CHECKING = "CHECKING", "Dry run"
    CHECKED = "CHECKED", "Checked"
    IMPORTING = "IMPORTING", "Importing"
    IMPORTED = "IMPORTED", "Imported"
    UNDOING = "UNDOING", "Being taken back"
    UNDONE = "UNDONE", "Taken back"
    DISCARDED = "DISCARDED", "Discarded"


I = ImportState  # noqa: E741
IMPORT = Machine(
    document="core.ImportRun",
    states=ImportState,
    initial=I.UPLOADED,
    transitions={
        I.UPLOADED: {I.CHECKING, I.IMPORTING, I.DISCARDED},
        I.CHECKING: {I.CHECKED, I.UPLOADED, I.DISCARDED},
        I.CHECKED: {I.CHECKING, I.IMPORTING, I.DISCARDED},
        I.IMPORTING: {I.IMPORTED, I.UNDOING},
        I.IMPORTED: {I.UNDOING},
        I.UNDOING: {I.UNDONE},
        I.UNDONE: set(),
        I.DISCARDED: set(),
    },
)
IMPORT_OPEN = (I.UPLOADED, I.CHECKING, I.CHECKED)  # nothing was written yet
IMPORT_OVER = (I.UNDONE, I.DISCARDED)  # the same file may come again


class WebhookState(models.TextChoices):
    ACTIVE = "ACTIVE", "Active"
    DISABLED = "DISABLED", "Disabled"


WEBHOOK = Machine(
    document="core.WebhookEndpoint",
    states=WebhookState,
    initial=WebhookState.ACTIVE,
    transitions={
        WebhookState.ACTIVE: {WebhookState.DISABLED},
        WebhookState.DISABLED: {WebhookState.ACTIVE},
    },
    owners={WebhookState.DISABLED: Role.ADMIN},
)
