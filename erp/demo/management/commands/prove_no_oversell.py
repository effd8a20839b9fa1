"""Answers: is exactly the stock sold, however many processes want it and however many of them are killed?"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from benchmarks.harness import own_database
from erp.demo.race import Outcome, race_prepare, race_run


class Command(BaseCommand):
    help = "Races real processes for scarce stock in a database of its own, and the control without locks."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--orders", type=int, default=2_000)
        parser.add_argument("--workers", type=int, default=8)
        parser.add_argument(
            "--stock", type=int, help="units over five SKUs; default: as many as there are orders"
        )
        parser.add_argument("--kill", action="store_true", help="kill random workers with SIGKILL on the way")
        parser.add_argument("--no-control", action="store_true", help="leave the control without locks out")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """This function will run the race and the control; exit 1 unless the race is exact and the control oversells."""
        stock = options["stock"] or options["orders"]
        with own_database():
            race_prepare(stock)
            proven = race_run(orders=options["orders"], workers=options["workers"], kill=options["kill"])
        control = None
        if not options["no_control"]:
            with own_database():
                race_prepare(min(stock, 200))
                control = race_run(
                    orders=min(options["orders"], 400), workers=options["workers"], kill=False, locked=False
                )
        self._show(proven, control, as_json=options["json"])
        if not proven.is_exact or (control is not None and not control.oversold):
            sys.exit(1)

    def _show(self, proven: Outcome, control: Outcome | None, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(
                json.dumps(
                    {"race": asdict(proven), "control": asdict(control) if control else None}, indent=1
                )
            )
            return
        self.stdout.write(
            f"orders {proven.orders:,} (lost {proven.lost}, doubled {proven.doubled}, stuck {proven.stuck}), "
            f"workers killed {proven.deaths}, {proven.seconds} s\n"
            f"stock {proven.stock:,}  demand {proven.demand:,}  sold {proven.sold:,}  left {proven.left:,}  "
            f"oversold {proven.oversold}  invariants broken {proven.violations} {'; '.join(proven.broken)}\n"
            f"{'exact' if proven.is_exact else 'NOT EXACT'}"
        )
        if control is not None:
            self.stdout.write(
                f"control without locks: stock {control.stock:,}, sold {control.sold:,}, oversold {control.oversold:,} "
                "(it must oversell, or the race proves nothing)"
            )
