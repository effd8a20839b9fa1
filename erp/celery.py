"""Answers: what runs by itself, how often, and in which queue?

A beat entry only wakes a worker; the task claims a unique (job, period) row, so two beats give one effect (DESIGN §9).
"""

import os
from typing import Any

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "erp.settings")

app = Celery("keel")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# name → task (an address in the code), schedule in seconds or a crontab, queue.
BEAT_SCHEDULE: dict[str, dict[str, Any]] = {}

app.conf.beat_schedule = BEAT_SCHEDULE
