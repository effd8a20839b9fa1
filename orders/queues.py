"""Which of the order side's lists are somebody's work?"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from erp.core.pages import Queue, register_queue
from erp.core.roles import Role
from orders.models import Hold, Order
from orders.states import HoldState, OrderState


def _mine(user: Any) -> QuerySet[Hold]:
    """The open holds that this person's roles decide; an administrator's are all."""
    found = Hold.objects.filter(state=HoldState.OPEN)
    return found if Role.ADMIN in user.roles else found.filter(owner_role__in=user.roles)


register_queue(
    Queue(
        "orders.holds", "Orders on hold", "orders:hold_list", query="state=OPEN", icon="hand",
        count=lambda user: _mine(user).count(),
        overdue=lambda user: _mine(user).filter(due_at__lt=timezone.now()).count(),
        roles=frozenset({Role.CUSTOMER_SERVICE, Role.OPERATIONS, Role.FINANCE}),
    )
)  # fmt: skip
register_queue(
    Queue(
        "orders.waiting", "Orders waiting for stock", "orders:order_list", query="progress=backordered", icon="clock",
        count=lambda user: Order.objects.filter(needs_allocation=True, decisions__isnull=False).distinct().count(),
        roles=frozenset({Role.OPERATIONS, Role.PROCUREMENT}),
    )
)  # fmt: skip
register_queue(
    Queue(
        "orders.release", "Orders ready to release", "orders:order_list", query="state=ALLOCATED", icon="package-check",
        count=lambda user: Order.objects.filter(state=OrderState.ALLOCATED).count(),
        roles=frozenset({Role.OPERATIONS, Role.WAREHOUSE}),
    )
)  # fmt: skip
