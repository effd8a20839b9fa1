#!/usr/bin/env python
"""Answers: how does one management command get its settings and, when none are configured, its servers?"""

import os
import sys


def main() -> None:
    """Attach to (or start) the embedded servers when the command needs them, then hand over to Django."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "erp.settings")
    from django.core.management import execute_from_command_line

    from erp import embedded

    if embedded.command_needs_servers(sys.argv[1:]):
        from django.conf import settings

        try:
            embedded.attach(settings.KEEL_EMBEDDED)
        except embedded.EmbeddedError as problem:
            sys.exit(f"keel: {problem}")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
