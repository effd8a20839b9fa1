"""How does another program get the books? `manage.py export_journal --format hledger --output books.journal`"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection, transaction

from ledger.export import FORMATS


class Command(BaseCommand):
    help = "Write the whole journal for hledger, beancount or a spreadsheet."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--format", choices=sorted(FORMATS), default="hledger")
        parser.add_argument("--output", type=Path, help="File to write; standard output otherwise.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write one consistent state of the books, whatever is posted meanwhile."""
        nested = connection.in_atomic_block
        with transaction.atomic():
            if not nested:
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            chunks = FORMATS[options["format"]]()
            if options["output"] is None:
                for chunk in chunks:
                    self.stdout.write(chunk, ending="")
                return
            with options["output"].open("w", encoding="utf-8") as target:
                target.writelines(chunks)
