"""Answers: how fast is Keel, as a share of the floor?"""

from __future__ import annotations

import json
import os
import platform
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

import benchmarks.flows
import benchmarks.scale
import benchmarks.whole  # noqa: F401 - registers its benchmarks
from benchmarks.harness import BENCHMARKS, FOUNDS, LONG, Bench, Result, own_database
from benchmarks.seed import seed
from erp.core.sql import execute, query


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
        self._say = (lambda line: None) if options["json"] else self.stdout.write
        version = query("SHOW server_version")[0][0]
        self._say(
            f"{os.cpu_count()} cores, {platform.machine()}, PostgreSQL {version}, {options['rounds']} rounds"
        )
        seeded = [name for name in chosen if name not in FOUNDS]
        for names in [seeded, *([name] for name in chosen if name in FOUNDS)]:
            if names:
                results += self._run(names, Bench(options["rounds"], options["scale"]))
        if options["json"]:
            self.stdout.write(json.dumps([result.as_dict() for result in results], indent=1))

    def _run(self, names: list[str], bench: Bench) -> list[Result]:
        """Run benchmarks that share a database, seeded unless they found a company themselves."""
        results = []
        with own_database():
            if not FOUNDS.issuperset(names):
                bench.seeded = seed(bench.scale)
            execute("ANALYZE")
            for name in names:
                result = BENCHMARKS[name](bench)
                results.append(result)
                share = f"floor {result.floor:>12,.1f}   {100 * result.ratio:5.1f} %" if result.floor else ""
                self._say(
                    f"{result.name:<18} {result.value:>12,.1f} {result.unit:<12} {share}  {result.note}"
                )
        return results
