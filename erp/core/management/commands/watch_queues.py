"""Answers: who notices that a worker lives but consumes nothing, and that nobody sweeps? A process that
needs no broker.

It runs beside worker and beat: sweeps when beat does not, sends canaries, does the work of a queue that has been
silent for half a minute, and restarts the worker (`--restart`, a command line) after two. Broker connections are
known to go deaf while their process stays up.
"""

import shlex
import subprocess
import time
from typing import Any

import structlog
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import Error as DatabaseFault
from django.db import connection
from django.utils import timezone

from erp.core.services.canary import SILENT_AFTER, canary_report, canary_send, canary_stale
from erp.core.services.outbox import due_streams, stream_drain
from erp.core.services.user import system_user
from erp.core.services.work_run import work_drain, work_sweep

log = structlog.get_logger(__name__)
EVERY_SECONDS = 15
STAND_IN_SECONDS = 10
REST_SECONDS = 180  # a restarted worker gets this long to answer before it is restarted again


class Command(BaseCommand):
    """Sweep, send canaries and restart what does not answer, until the process is stopped."""

    help = "Watches the queues without the broker and restarts a worker that consumes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the command that restarts the worker, and whether to look once only."""
        parser.add_argument("--restart", default="", help="e.g. 'supervisorctl restart worker'")
        parser.add_argument("--once", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Look, act, sleep; a database that is away is waited for."""
        restarted = 0.0
        while True:
            try:
                stale = look()
            except DatabaseFault as error:
                log.warning("the database does not answer", error=str(error).strip())
                connection.close()
                stale = []
            if stale and options["restart"] and time.monotonic() - restarted > REST_SECONDS:
                log.error("queues are not consumed; restarting the worker", queues=stale)
                subprocess.run(shlex.split(options["restart"]), check=False, timeout=120)
                restarted = time.monotonic()
            if options["once"]:
                return
            time.sleep(EVERY_SECONDS)


def look() -> list[str]:
    """This function will sweep, send canaries down every queue and return those that do not answer."""
    now = timezone.now()
    work_sweep(at=now)
    stand_in()
    stale = canary_report(queues=settings.KEEL_QUEUES, actor=system_user(), at=now)
    canary_send(queues=settings.KEEL_QUEUES, at=now)
    return stale


def stand_in() -> int:
    """This function will do the due work of silent queues in this process and return how many rows it did.

    Claims keep it and a worker that wakes up out of each other's way.
    """
    done = 0
    for queue in canary_stale(queues=settings.KEEL_QUEUES, at=timezone.now(), after=SILENT_AFTER):
        done += work_drain(queue=queue, clock=timezone.now, seconds=STAND_IN_SECONDS)
        if queue == settings.CELERY_TASK_DEFAULT_QUEUE:
            done += stream_drain(streams=due_streams(), clock=timezone.now, seconds=STAND_IN_SECONDS)
    if done:
        log.warning("did the work of a silent queue", rows=done)
    return done
