"""`manage.py import_file KIND FILE`: how does a file come in without a browser?"""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from erp.core.errors import Conflict, KeelError
from erp.core.imports.target import targets
from erp.core.models import ImportRun, Job, User
from erp.core.services.import_run import (
    STEPS,
    ImportDraft,
    import_check,
    import_commit,
    import_continue,
    import_map,
    import_upload,
)
from erp.core.services.user import system_user
from erp.core.services.work_run import work_run
from erp.core.states import WORK_OPEN, ImportState, WorkState

SHOWN = 20


class Command(BaseCommand):
    help = "Import a CSV file or a workbook: the same machine as the pages under /imports/."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=[target.kind for target in targets()])
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--mapping", action="append", default=[], metavar="COLUMN=HEADER", help="instead of the guess"
        )
        parser.add_argument(
            "--option", action="append", default=[], metavar="NAME=VALUE", help="such as channel=web"
        )
        parser.add_argument("--user", default="", help="who imports; without it the program itself")
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would become of every row, and write nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._import(options)
        except KeelError as error:
            raise CommandError(error.as_text()) from error

    def _import(self, options: dict[str, Any]) -> None:
        actor = User.objects.filter(username=options["user"]).first() if options["user"] else system_user()
        if actor is None:
            raise CommandError(f"there is no user {options['user']}")
        if not options["file"].is_file():
            raise CommandError(f"there is no file {options['file']}")
        chosen = _pairs(options["option"])
        run = _upload(options, chosen, actor)
        if run.state in (ImportState.UPLOADED, ImportState.CHECKED):
            mapping = run.mapping | _pairs(options["mapping"])
            import_map(run_id=run.pk, mapping=mapping, actor=actor, at=timezone.now())
            start = import_check if options["dry_run"] else import_commit
            start(run_id=run.pk, actor=actor, at=timezone.now())
        elif run.job is None or run.job.state not in WORK_OPEN:
            import_continue(run_id=run.pk, actor=actor, at=timezone.now())
        began = time.monotonic()
        self._work(run)
        self._report(run, time.monotonic() - began)

    def _work(self, run: ImportRun) -> None:
        """Do the job here, unless a worker was faster: then wait for it."""
        run.refresh_from_db()
        assert run.job_id is not None
        while True:
            work_run(table="job", row_id=run.job_id, at=timezone.now())
            job = Job.objects.get(pk=run.job_id)
            if job.state in (WorkState.DONE, WorkState.CANCELLED):
                return
            if job.state == WorkState.DEAD:
                raise CommandError(
                    f"{run}: {job.error.strip().splitlines()[-1]} (run the command again to go on)"
                )
            time.sleep(0.5)

    def _report(self, run: ImportRun, seconds: float) -> None:
        run.refresh_from_db()
        is_trial = run.state in (ImportState.CHECKED, ImportState.UPLOADED)
        self.stdout.write(
            f"{run} {run.get_state_display().lower()}: {run.count_new:,} new, {run.count_changed:,} changed, "
            f"{run.count_unchanged:,} unchanged, {run.count_refused:,} refused; {run.row_count:,} rows in {seconds:.1f} s"
        )
        if run.error:
            raise CommandError(run.error)
        for row in run.rows.filter(is_trial=is_trial, action="REFUSED").order_by("number")[:SHOWN]:
            for problem in row.problems:
                self.stderr.write(
                    f"row {problem['row']} {problem['column']}: {problem['message']}. {problem['remedy']}"
                )
        if run.count_refused:
            self.stderr.write(f"the refused rows as a file: /imports/{run.pk}/errors/")
            sys.exit(1)


def _upload(options: dict[str, Any], chosen: dict[str, str], actor: User) -> ImportRun:
    """The import of this file; one that was interrupted is found again."""
    with options["file"].open("rb") as file:
        draft = ImportDraft(options["kind"], file, options["file"].name, chosen)
        try:
            return import_upload(draft, actor=actor, at=timezone.now())[0]
        except Conflict as error:
            run = ImportRun.objects.select_related("job").filter(pk=error.detail.get("run", 0)).first()
            if run is None or run.state not in STEPS:
                raise
            return run


def _pairs(given: list[str]) -> dict[str, str]:
    found = {}
    for pair in given:
        name, sign, value = pair.partition("=")
        if not sign:
            raise CommandError(f"“{pair}” is not NAME=VALUE")
        found[name.strip()] = value.strip()
    return found
