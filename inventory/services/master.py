"""How is a change of master data kept with who made it and when?"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Model

from erp.core.models import User


def record_sign(record: Model, *, actor: User, at: datetime, reason: str = "") -> None:
    """This function will say whose the next save or delete of `record` is; simple-history writes it beside the
    change.
    """
    # simple-history reads these from the instance; they are no fields, so a type checker knows nothing of them
    for name, value in (("_history_user", actor), ("_history_date", at), ("_change_reason", reason)):
        setattr(record, name, value)
