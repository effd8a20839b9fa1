"""Answers: which third-party files do our pages need, and how do they reach static/vendor/ uncommitted?"""

import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

FILES = {
    "@tabler/core/dist/css/tabler.min.css": "tabler/tabler.min.css",
    "@tabler/core/dist/css/tabler.rtl.min.css": "tabler/tabler.rtl.min.css",
    "@tabler/core/dist/js/tabler.min.js": "tabler/tabler.min.js",
    "chart.js/dist/chart.umd.min.js": "chartjs/chart.umd.min.js",
    "chart.js/LICENSE.md": "chartjs/LICENSE.md",
    "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2": "inter/inter-latin.woff2",
    "@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2": "inter/inter-latin-ext.woff2",
    "@fontsource-variable/inter/LICENSE": "inter/LICENSE",
}
# The maps are megabytes we do not ship, and the hashing storage fails on a reference to a file that is not there.
SOURCE_MAP = re.compile(rb"(/\*[#@] sourceMappingURL=.*?\*/|//[#@] sourceMappingURL=[^\n]*)\n?")


class Command(BaseCommand):
    """Copy the few files that pages need out of node_modules."""

    help = "Copies the needed browser assets from node_modules/ to static/vendor/."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Copy each file whose content has changed."""
        modules = Path(settings.BASE_DIR) / "node_modules"
        target = Path(settings.BASE_DIR) / "static" / "vendor"
        for source, name in FILES.items():
            origin = modules / source
            if not origin.exists():
                raise CommandError(f"{origin.name} is missing: run `make setup` (it runs `npm ci`).")
            content = origin.read_bytes()
            if origin.suffix in {".css", ".js"}:
                content = SOURCE_MAP.sub(b"", content)
            copy = target / name
            if not copy.exists() or copy.read_bytes() != content:
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(content)
        self.stdout.write(f"{len(FILES)} files in static/vendor")
