"""What of the kernel itself does not work: can nothing be written, is a queue not consumed?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings

from erp.core.banner_registry import Banner, register_banners
from erp.core.models import User
from erp.core.permissions import may_open
from erp.core.services.canary import SILENT_AFTER, canary_stale
from erp.core.sql import query


def _read_only(user: User, at: datetime) -> Sequence[Banner]:
    (off,) = query("SELECT current_setting('transaction_read_only') = 'on' OR pg_is_in_recovery()")[0]
    said = "Everything can be read, nothing can be changed. What others send us is asked to come again."
    return [Banner("Read-only", said, is_grave=True)] if off else []


def _queues(user: User, at: datetime) -> Sequence[Banner]:
    """A broker that is down silences every queue; the watcher then does the work, from the rows."""
    silent = canary_stale(queues=settings.KEEL_QUEUES, at=at, after=SILENT_AFTER)
    if not silent:
        return []
    if len(silent) == len(settings.KEEL_QUEUES):
        title, said = "Background work is slow", "No queue answers: broker or workers are down."
    else:
        title, said = "Background work is slow", f"Not answering: {', '.join(silent)}."
    said += " Nothing is lost: the watcher does the work meanwhile, from its rows."
    return [Banner(title, said, may_open(user, "job_list") or "", "Jobs")]


register_banners("core.database", _read_only)
register_banners("core.queues", _queues)
