"""Answers: how does a new user meet a living company? The last trading days of the data set, ending today."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from erp.core.locks import AdvisoryLock, session_lock
from erp.core.models import User, VerifyRun
from erp.core.services.proof import verify_run
from erp.core.services.user import system_user
from erp.demo.master import PASSWORD, PEOPLE
from erp.demo.run import LAST_DAY, Scope, replay_run
from erp.demo.show import Progress
from orders.models import Order
from reporting.services import rollup_refresh

DAYS = 14


class Command(BaseCommand):
    help = "Loads the demo company, once, and prints one login per role."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, default=DAYS, help="how many calendar days to trade")

    def handle(self, *args: Any, **options: Any) -> None:
        """This function will load the demo company into an empty database; a database with people in it is left alone.

        The proof at the end is the mark of a finished load: without it the next start says that the load broke off.
        """
        with session_lock(AdvisoryLock.DEMO_LOAD) as is_ours:
            if not is_ours:
                self.stderr.write("The demo company is being loaded by another process.")
                return
            if not User.objects.filter(is_system=False).exists():
                self._load(options["days"])
            elif Order.objects.exists() and not VerifyRun.objects.exists():
                raise CommandError(
                    "The demo company was loaded only in part. Remove KEEL_HOME (.keel) and start again."
                )
        if User.objects.filter(username="olga").exists():
            self.stdout.write(logins())

    def _load(self, days: int) -> None:
        shift = timezone.now().date() - LAST_DAY
        scope = Scope(first=LAST_DAY - timedelta(days=days), last=LAST_DAY, shift=shift, is_left_open=True)
        with Progress(self.stderr) as progress:
            figures = replay_run(scope, report=progress.report)
        rollup_refresh(actor=system_user(), at=timezone.now())
        _, proof = verify_run(actor=system_user(), at=timezone.now())
        self.stderr.write(
            f"{figures['rows']:,} source rows, {figures['orders']:,} orders, {figures['seconds']['trade']} s; "
            f"verify: {proof.violations} violations"
        )


def logins() -> str:
    """This function will return the table of demo logins, one per role."""
    lines = ["Log in as (password for all: " + PASSWORD + ")"]
    lines += [f"  {name:<6} {role.label}" for name, _, role, _ in PEOPLE if name != "paul"]
    return "\n".join(lines)
