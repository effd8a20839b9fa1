"""Answers: how are the roll-ups computed anew from the journals?"""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from erp.core.services.user import system_user
from reporting.services import rollup_rebuild, rollup_refresh


class Command(BaseCommand):
    help = "Recompute every roll-up from the journals, or with --refresh only the days touched since the last time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--refresh", action="store_true", help="only what changed")

    def handle(self, *args: Any, **options: Any) -> None:
        """This function will recompute the roll-ups and print how many days each journal touched."""
        began = time.perf_counter()
        work = rollup_refresh if options["refresh"] else rollup_rebuild
        days = work(actor=system_user(), at=timezone.now())
        told = ", ".join(f"{code} {count} days" for code, count in days.items())
        self.stdout.write(f"{told}; {time.perf_counter() - began:.2f} s")
