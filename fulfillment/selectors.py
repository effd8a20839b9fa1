"""What does the floor have to do, how far is it, and what left?"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from erp.core.sql import query
from fulfillment.models import PickScan, PickTask
from fulfillment.states import ScanOutcome
from ledger.models import JournalEntry


def bin_is_confirmed(task: PickTask) -> bool:
    """This function will tell whether the picker stands at the task's bin: the list's last good scan was there."""
    return (
        PickScan.objects.filter(
            pick_list_id=task.pick_list_id, outcome__in=[ScanOutcome.BIN_OK, ScanOutcome.PICKED]
        )
        .order_by("-pk")
        .values_list("task__location_id", flat=True)
        .first()
        == task.location_id
    )


def next_task(pick_list_id: int) -> PickTask | None:
    """This function will return the first open task of a list in walk order, with everything its screen shows."""
    return (
        PickTask.objects.open()
        .filter(pick_list_id=pick_list_id)
        .select_related("product", "location", "lot", "pick_list__node", "line__fulfillment__order")
        .order_by("position")
        .first()
    )


class Progress(NamedTuple):
    done: int
    total: int

    @property
    def percent(self) -> int:
        return self.done * 100 // self.total if self.total else 100


def pick_progress(pick_list_id: int) -> Progress:
    """This function will count the closed and all tasks of a list."""
    done, total = query(
        "SELECT count(closed_at), count(*) FROM fulfillment_picktask WHERE pick_list_id = %s", [pick_list_id]
    )[0]
    return Progress(done, total)


class Releasable(NamedTuple):
    """An order's promised units at one node that no fulfilment order has taken up."""

    order_id: int
    number: str
    channel: str
    customer: str
    node_id: int
    node: str
    ship_by: datetime
    priority: int
    lines: int
    units: int
    is_waiting: bool  # ships complete, and part of it is still wanted


_RELEASABLE = (
    "SELECT o.id, o.number, c.name, coalesce(u.name, o.ship_to_name), n.id, n.code, o.ship_by, o.priority, count(*), "
    "sum(a.quantity)::bigint, o.ships_complete AND EXISTS (SELECT 1 FROM orders_orderline m WHERE m.order_id = o.id "
    "AND m.quantity_ordered > m.quantity_allocated + m.quantity_shipped + m.quantity_cancelled) "
    "FROM orders_allocation a JOIN orders_orderline l ON l.id = a.order_line_id "
    "JOIN orders_order o ON o.id = l.order_id "
    "JOIN orders_channel c ON c.id = o.channel_id JOIN inventory_node n ON n.id = a.node_id "
    "LEFT JOIN orders_customer u ON u.id = o.customer_id "
    "WHERE a.state = 'ACTIVE' AND NOT a.is_planned AND NOT o.fulfilled_by_channel "
    "AND o.state IN ('ALLOCATED', 'RELEASED') {condition} "
    "GROUP BY o.id, c.name, u.name, n.id ORDER BY o.priority DESC, o.ship_by, o.id, n.rank LIMIT %s"
)


def releasable(*, node_id: int | None = None, limit: int = 500) -> list[Releasable]:
    """This function will return what could go to the floor now, most urgent first."""
    if node_id is None:
        return [Releasable(*row) for row in query(_RELEASABLE.format(condition=""), [limit])]
    return [
        Releasable(*row) for row in query(_RELEASABLE.format(condition="AND n.id = %s"), [node_id, limit])
    ]


def journal_entry_of(shipment_id: int) -> JournalEntry | None:
    """This function will return what a shipment posted; None when it was worth nothing."""
    return JournalEntry.objects.filter(
        source_type="fulfillment.Shipment", source_id=shipment_id, kind="fulfillment.shipment_confirmed"
    ).first()


class OpenList(NamedTuple):
    """A pick list that is not finished; `ship_by` is its most urgent order's."""

    id: int
    number: str
    node_id: int
    node: str
    picker_id: int | None
    picker: str
    ship_by: datetime
    tasks: int
    done: int

    @property
    def left(self) -> int:
        return self.tasks - self.done


_OPEN_LISTS = (
    "SELECT p.id, p.number, p.node_id, n.code, p.picker_id, coalesce(u.username, ''), f.ship_by, t.tasks, t.done "
    "FROM fulfillment_picklist p JOIN inventory_node n ON n.id = p.node_id LEFT JOIN core_user u ON u.id = p.picker_id "
    "JOIN LATERAL (SELECT min(ship_by) AS ship_by FROM fulfillment_fulfillmentorder WHERE pick_list_id = p.id) f ON true "
    "JOIN LATERAL (SELECT count(*) AS tasks, count(closed_at) AS done FROM fulfillment_picktask "
    "WHERE pick_list_id = p.id) t ON true "
    "WHERE p.state IN ('OPEN', 'PICKING') ORDER BY f.ship_by, p.id LIMIT %s"
)


def open_lists(limit: int = 60) -> list[OpenList]:
    """This function will return the lists that are not finished, most urgent first."""
    return [OpenList(*row) for row in query(_OPEN_LISTS, [limit])]
