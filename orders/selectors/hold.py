"""How are holds worked, and how many wait for whom?"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.conf import settings
from django.db.models import Count, Min, Q, Sum

from erp.core.models import User
from erp.core.roles import Role
from orders.hold_rules import Rule, merge_rules
from orders.models import Hold, HoldRule
from orders.states import HoldState


def hold_rules() -> dict[str, Rule]:
    """This function will return the rule of every kind of hold."""
    return merge_rules(HoldRule.objects.all())


def hold_is_decidable(hold: Hold, actor: User) -> bool:
    """This function will tell whether `actor` may decide a hold: its owner's role, an administrator, or a program."""
    return actor.is_system or actor.is_superuser or bool(actor.roles & {hold.owner_role, Role.ADMIN})


class HoldQueue(NamedTuple):
    """The open holds of one owner's kind: how many, past their clock, the oldest, and the money that waits (base currency)."""

    owner_role: str
    kind: str
    holds: int
    overdue: int
    oldest: datetime | None
    money: Decimal


def hold_queues(*, at: datetime, roles: Collection[str] | None = None) -> list[HoldQueue]:
    """This function will return the queues of open holds, of all roles or of these, the oldest first."""
    found = Hold.objects.filter(state=HoldState.OPEN)
    if roles is not None:
        found = found.filter(owner_role__in=roles)
    rows = found.values("owner_role", "kind").annotate(
        holds=Count("pk"),
        overdue=Count("pk", filter=Q(due_at__lt=at)),
        oldest=Min("opened_at"),
        money=Sum("order__total", filter=Q(order__currency=settings.KEEL_BASE_CURRENCY)),
    )
    return [
        HoldQueue(
            row["owner_role"],
            row["kind"],
            row["holds"],
            row["overdue"],
            row["oldest"],
            row["money"] or Decimal(0),
        )
        for row in rows.order_by("oldest")
    ]
