"""How does a folder, or somebody at a shell, bring an EDI file in? `manage.py edi_receive FILE… --channel CODE`"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from erp.core.errors import KeelError
from erp.core.services.user import system_user
from orders.channels.edi.adapter import MOST_BYTES
from orders.services.edi_interchange import edi_receive


class Command(BaseCommand):
    help = "Takes interchanges in from files or folders, as if the partner's gateway had posted them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--channel", required=True, help="The partner's channel code.")

    def handle(self, *args: Any, **options: Any) -> None:
        """This function will take every file in, say what became of each, and fail when one of them was refused."""
        refused = 0
        for path in _files(options["paths"]):
            try:
                with path.open("rb") as file:
                    body = file.read(MOST_BYTES + 1)
                message = edi_receive(
                    channel=options["channel"], body=body, actor=system_user("channel"), at=timezone.now()
                )
            except (KeelError, OSError) as error:
                refused += 1
                said = error.as_text() if isinstance(error, KeelError) else str(error)
                self.stderr.write(f"{path}: {said}")
            else:
                self.stdout.write(f"{path}: message {message}")
        if refused:
            raise CommandError(f"{refused} refused")


def _files(paths: list[Path]) -> list[Path]:
    """A folder stands for the files in it; a hidden one is still being written."""
    found: list[Path] = []
    for path in paths:
        found += (
            sorted(p for p in path.iterdir() if p.is_file() and p.name[0] != ".") if path.is_dir() else [path]
        )
    return found
