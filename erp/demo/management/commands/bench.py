"""Answers: how fast is Keel, as a share of the floor?"""

from __future__ import annotations

import json
import os
import platform
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

import benchmarks.flows
import benchmarks.scale
import benchmarks.whole  # noqa: F401 - registers its benchmarks
from benchmarks.harness import BENCHMARKS, LONG, Bench, Result, own_database
from benchmarks.seed import seed


class Command(BaseCommand):
    requires_system_checks = ()
    help = "Times services against hand-written SQL that leaves the same rows, in a database of its own."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "names", nargs="*", metavar="NAME", help=f"any of {', '.join(sorted(BENCHMARKS))}"
        )
        parser.add_argument("--rounds", type=int, default=5)
        parser.add_argument(
            "--scale", type=float, default=1.0, help="share of the full size, for a quick look"
        )
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """This function will run the chosen benchmarks, or all of them."""
        chosen = options["names"] or [name for name in BENCHMARKS if name not in LONG]
        unknown = sorted(set(chosen) - set(BENCHMARKS))
        if unknown:
            raise CommandError(
                f"no such benchmark: {', '.join(unknown)}; there are {', '.join(sorted(BENCHMARKS))}"
            )
        results: list[Result] = []
        with own_database():
            bench = Bench(options["rounds"], options["scale"])
            if set(chosen) - {"replay"}:
                bench.seeded = seed(options["scale"])
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")
            if not options["json"]:
                self.stdout.write(
                    f"{os.cpu_count()} cores, {platform.machine()}, PostgreSQL {connection.get_database_version()[0]}, "
                    f"{options['rounds']} rounds"
                )
            for name in chosen:
                result = BENCHMARKS[name](bench)
                results.append(result)
                if not options["json"]:
                    self.stdout.write(
                        f"{result.name:<18} {result.value:>12,.1f} {result.unit:<12} floor {result.floor:>12,.1f}   "
                        f"{100 * result.ratio:5.1f} %  {result.note}"
                    )
        if options["json"]:
            self.stdout.write(json.dumps([result.as_dict() for result in results], indent=1))
