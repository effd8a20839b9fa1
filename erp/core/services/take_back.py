"""What refers to a row, and who removes one that nothing refers to?

An import that is taken back removes what it created. A row that somebody has used since stays, with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import models, transaction

from erp.core.models import User


def references_of(model: type[models.Model], ids: Sequence[int]) -> dict[int, str]:
    """This function will return, for each row that another one refers to, what that is: one query per kind of reference.

    History rows do not count, nor what goes with its row (on_delete CASCADE).
    """
    found: dict[int, str] = {}
    for relation in model._meta.get_fields(include_hidden=True):
        if not (relation.auto_created and (relation.one_to_many or relation.one_to_one)):
            continue
        other = relation.related_model
        if other is None or isinstance(other, str) or other.__name__.startswith("Historical"):
            continue
        if getattr(relation, "on_delete", None) is models.CASCADE:
            continue
        name = relation.field.name  # type: ignore[union-attr]
        used = other._default_manager.filter(**{f"{name}__in": ids}).values_list(name, flat=True).distinct()
        for pk in used:
            found.setdefault(pk, str(other._meta.verbose_name))
    return found


@transaction.atomic
def row_take_back_many(
    model: type[models.Model], ids: Sequence[int], *, reason: str, actor: User, at: datetime
) -> dict[int, str]:  # fmt: skip
    """This function will delete rows that nothing refers to and return why the others stay; the history keeps them all.

    For the services that own the model: nobody else calls it.
    """
    used = references_of(model, ids)
    free = [pk for pk in ids if pk not in used]
    for row in model._default_manager.select_for_update(of=("self",)).filter(pk__in=free).order_by("pk"):
        row._history_user, row._history_date, row._change_reason = actor, at, reason[:100]  # type: ignore[attr-defined]
        row.delete()
    return {pk: f"a {what} refers to it" for pk, what in used.items()}
