"""Which of the order side's lists are somebody's work?"""

from __future__ import annotations

from django.utils import timezone

from erp.core.pages import Queue, register_queue
from erp.core.roles import Role
from orders.models import Hold, Order
from orders.states import HoldState, OrderState

register_queue(
    Queue(
        "orders.holds", "Orders on hold", "orders:hold_list", query="state=OPEN", icon="hand",
        count=lambda user: Hold.objects.filter(state=HoldState.OPEN).count(),
        overdue=lambda user: Hold.objects.filter(state=HoldState.OPEN, due_at__lt=timezone.now()).count(),
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
