"""What waits for the warehouse on the home page?"""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from erp.core.pages import Queue, register_queue
from erp.core.roles import Role
from erp.core.sql import query
from fulfillment.models import FulfillmentOrder, PickList
from fulfillment.states import FulfillmentState, PickListState

_FLOOR = frozenset({Role.WAREHOUSE, Role.OPERATIONS})
_TO_RELEASE = (
    "SELECT count(DISTINCT l.order_id), count(DISTINCT l.order_id) FILTER (WHERE o.ship_by < %s) "
    "FROM orders_allocation a JOIN orders_orderline l ON l.id = a.order_line_id JOIN orders_order o ON o.id = l.order_id "
    "WHERE a.state = 'ACTIVE' AND NOT a.is_planned AND o.state IN ('ALLOCATED', 'RELEASED')"
)


def _to_release(user: Any) -> int:
    return int(query(_TO_RELEASE, [timezone.now()])[0][0])


def _to_release_late(user: Any) -> int:
    return int(query(_TO_RELEASE, [timezone.now()])[0][1])


def _lists(user: Any) -> int:
    return PickList.objects.filter(state__in=[PickListState.OPEN, PickListState.PICKING]).count()


def _bench(user: Any) -> int:
    return FulfillmentOrder.objects.filter(
        state__in=[FulfillmentState.PICKED, FulfillmentState.PACKED]
    ).count()


def _bench_late(user: Any) -> int:
    rows = FulfillmentOrder.objects.filter(state__in=[FulfillmentState.PICKED, FulfillmentState.PACKED])
    return rows.filter(ship_by__lt=timezone.now()).count()


register_queue(
    Queue("fulfillment.release", "Orders to release", "fulfillment:release_board", count=_to_release,
          overdue=_to_release_late, roles=_FLOOR, icon="send", text="Promised, not on the floor yet")
)  # fmt: skip
register_queue(
    Queue("fulfillment.pick", "Pick lists", "fulfillment:floor_home", count=_lists, roles=frozenset({Role.WAREHOUSE}),
          icon="scan-barcode", text="Walk them with the scanner")
)  # fmt: skip
register_queue(
    Queue("fulfillment.bench", "On the packing bench", "fulfillment:pack_list", count=_bench, overdue=_bench_late,
          roles=_FLOOR, icon="package", text="Picked or packed, not shipped")
)  # fmt: skip
