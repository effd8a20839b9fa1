"""Which rows does the kernel keep?"""

from erp.core.models.access import ApiKey, ApiKeyUse, IdempotencyKey, SavedView, User
from erp.core.models.approval import ApprovalPolicy, ApprovalRequest
from erp.core.models.audit import Mention, Note, NumberSeries, StateChange
from erp.core.models.exception_case import ExceptionCase
from erp.core.models.import_run import ImportRow, ImportRun
from erp.core.models.mail import CaughtMail
from erp.core.models.proof import VerifyRun
from erp.core.models.replay import Replay, ReplayItem
from erp.core.models.webhook import Event, WebhookAttempt, WebhookEndpoint
from erp.core.models.work import Canary, InboxMessage, Job, OutboxMessage, PeriodicClaim

__all__ = [
    "ApiKey",
    "ApiKeyUse",
    "ApprovalPolicy",
    "ApprovalRequest",
    "Canary",
    "CaughtMail",
    "Event",
    "ExceptionCase",
    "IdempotencyKey",
    "ImportRow",
    "ImportRun",
    "InboxMessage",
    "Job",
    "Mention",
    "Note",
    "NumberSeries",
    "OutboxMessage",
    "PeriodicClaim",
    "Replay",
    "ReplayItem",
    "SavedView",
    "StateChange",
    "User",
    "VerifyRun",
    "WebhookAttempt",
    "WebhookEndpoint",
]
