"""How does a table leave room on its pages for rows that will be updated?

PostgreSQL keeps a new row version on the page of the old one, and touches no index, while that page has room (HOT). A
model whose rows are updated on every step of their way says `FILLFACTOR = 60`: pages are filled to 60 % at first.
"""

from __future__ import annotations

from django.db import migrations


def fillfactor(table: str, percent: int) -> migrations.RunSQL:
    """This function will return the migration step that sets the fill factor of a (trusted) table, reversibly."""
    return migrations.RunSQL(
        f"ALTER TABLE {table} SET (fillfactor = {percent})", f"ALTER TABLE {table} RESET (fillfactor)"
    )
