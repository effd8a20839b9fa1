"""Answers: what does `make run` do before the first page answers, step by step?"""

import hashlib
import io
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from erp import embedded
from erp.embedded import supervise


@contextmanager
def step(label: str) -> Iterator[None]:
    """Print one line for a step: its name when it starts, its seconds when it is done."""
    started = time.monotonic()
    print(f"{label:<24}", end="", flush=True)
    yield
    print(f"{time.monotonic() - started:6.1f} s", flush=True)


class Command(BaseCommand):
    """Prepare database, pages and demo company, then become the supervisor of the whole stack."""

    help = "Runs Keel on this machine: servers, demo company, web, worker and beat. `make run` calls it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the port, and whether the demo company is wanted."""
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
        parser.add_argument("--web-workers", type=int, default=2)
        parser.add_argument("--no-demo", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the steps; this process is replaced by the supervisor at the end."""
        port: int = options["port"]
        if not settings.HASHED_STATIC:
            os.environ["KEEL_HASHED_STATIC"] = "true"  # the settings are read already, so begin again
            os.execv(sys.executable, [sys.executable, *sys.argv])
        try:
            lock = supervise.claim_run(port)
            logins = self.prepare(demo=not options["no_demo"])
        except embedded.EmbeddedError as problem:
            raise CommandError(str(problem)) from problem
        stack = supervise.programs(
            embedded=settings.KEEL_EMBEDDED,
            port=port,
            queues=settings.KEEL_QUEUES,
            web_workers=options["web_workers"],
        )
        configuration = settings.KEEL_HOME / "supervisord.conf"
        configuration.write_text(supervise.configuration(stack))
        announcement = settings.KEEL_HOME / "announcement.txt"
        announcement.write_text(self.announcement(port, logins))
        os.environ["PYTHONUNBUFFERED"] = "1"
        os.set_inheritable(lock, True)  # the supervisor keeps a second `make run` out
        sys.stdout.flush()
        package = str(Path(embedded.__file__).parent)
        os.execv(
            sys.executable,
            [sys.executable, package, "supervise", str(configuration), str(port), str(announcement)],
        )

    def prepare(self, *, demo: bool) -> str:
        """Bring the database and the pages up to date; returns what the demo command prints."""
        with step("database and broker"):
            use = embedded.attach(settings.KEEL_EMBEDDED)
        with step("migrations"):
            call_command("migrate", interactive=False, verbosity=0)
        with step("pages"):
            collect_static()
        logins = io.StringIO()
        if demo and "demo" in get_commands():
            with step("demo company"):
                call_command("demo", stdout=logins)
        connections.close_all()
        use.release()
        embedded.retire_idle_keepers(settings.KEEL_EMBEDDED)
        return logins.getvalue()

    def announcement(self, port: int, logins: str) -> str:
        """Return what the user reads when the first page answers."""
        address = f"http://127.0.0.1:{port}"
        lines = [
            f"Keel      {address}/",
            f"API       {address}/api/v1/docs",
            f"logs      {settings.KEEL_HOME / 'log'}",
            "",
            logins.strip(),
            "",
            "Ctrl-C stops it.",
        ]
        return "\n".join(lines)


def collect_static() -> None:
    """Collect, hash and compress the static files, unless none of them has changed since the last time."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list(["*.map"]):
            info = Path(storage.path(path)).stat()
            digest.update(f"{path} {info.st_size} {info.st_mtime_ns}\n".encode())
    mark = Path(settings.STATIC_ROOT) / ".collected"
    if mark.exists() and mark.read_text() == digest.hexdigest():
        return
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    mark.write_text(digest.hexdigest())
