"""Answers: does Keel trade a real retailer's year through its services, and can it prove every number afterwards?"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from erp.core.services.proof import verify_run
from erp.core.services.user import system_user
from erp.demo.run import Scope, replay_run
from erp.demo.show import Progress
from orders.models import Order
from reporting.services import rollup_refresh


class Command(BaseCommand):
    help = "Trades the UCI Online Retail set in simulated time, in an empty database, and ends with verify."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--from", dest="first", type=date.fromisoformat, help="first trading day, 2010-12-01 …"
        )
        parser.add_argument(
            "--to", dest="last", type=date.fromisoformat, help="last trading day, … 2011-12-09"
        )
        parser.add_argument(
            "--limit", type=int, help="stop after about this many source rows (whole documents)"
        )
        parser.add_argument("--json", action="store_true", help="figures as JSON on stdout")

    def handle(self, *args: Any, **options: Any) -> None:
        """This function will replay, verify and print the figures; exit 1 when a row is lost or an invariant broken."""
        if Order.objects.exists():
            raise CommandError(
                "The database has orders. Replay into an empty one: set KEEL_HOME to a new folder, then migrate."
            )
        with Progress(self.stderr, quiet=options["json"]) as progress:
            figures = replay_run(
                Scope(options["first"], options["last"], options["limit"]), report=progress.report
            )
        rollup_refresh(actor=system_user(), at=timezone.now())
        run, proof = verify_run(actor=system_user(), at=timezone.now())
        figures |= {
            "violations": proof.violations,
            "verify_seconds": round(proof.seconds, 2),
            "verify_run": run.pk,
        }
        if options["json"]:
            self.stdout.write(json.dumps(figures, indent=1))
        else:
            self._print(figures, len(proof.findings))
        if proof.violations or figures["accounted"] != figures["rows"]:
            sys.exit(1)

    def _print(self, figures: dict[str, Any], statements: int) -> None:
        seconds = figures["seconds"]
        self.stdout.write(f"{figures['rows']:,} source rows, {figures['accounted']:,} accounted for:")
        for fate, count in figures["fates"].items():
            self.stdout.write(
                f"  {fate:<13} {count:>8,} rows  {float(figures['values'][fate]):>16,.2f} {figures['currency']}"
            )
        self.stdout.write(
            f"{figures['orders']:,} orders on {figures['days']} days; {len(figures['periods_closed'])} periods closed.\n"
            f"read {seconds['read']} s, founded {seconds['found']} s, traded {seconds['trade']} s: "
            f"{figures['rows_per_second']:,} rows/s\n"
            f"stages {figures['stages']}\n"
            f"verify: {statements} statements, {figures['violations']} violations, {figures['verify_seconds']} s"
        )
