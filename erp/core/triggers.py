"""What does PostgreSQL itself refuse, whichever program asks?"""

from __future__ import annotations

import pgtrigger


def append_only(name: str) -> pgtrigger.Trigger:
    """This function will return the trigger that refuses UPDATE, DELETE and TRUNCATE of a journal's rows.

    Per statement, so it costs nothing per row on the insert path and cannot be outrun by a bulk statement.
    """
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.Before,
        operation=pgtrigger.Update | pgtrigger.Delete | pgtrigger.Truncate,
        func="RAISE EXCEPTION '% is append-only: % refused; post a reversal instead', TG_TABLE_NAME, TG_OP "
        "USING ERRCODE = 'insufficient_privilege';",
    )
