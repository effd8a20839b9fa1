"""Where is every order that is not done, how old is it there, and what does it cost to leave it there?

The stage is one SQL expression over the order and its fulfilment orders. The control tower counts by it and the list behind
a cell filters by it, so that a cell's figure is its rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Case, CharField, Count, F, IntegerField, Q, QuerySet, Sum, Value, When
from django.db.models.expressions import RawSQL

from erp.core.models import ExceptionCase
from erp.core.money import ZERO
from erp.core.ranking import ORDER as RANKED
from erp.core.roles import Role
from erp.core.sql import query
from erp.core.states import ExceptionState
from inventory.models import Node
from orders.models import Channel, Hold, Order
from orders.states import OPEN, HoldKind, HoldState, OrderState
from reporting.selectors.now import AGES, age_bounds

SHIPPED_DAYS = 30  # what left longer ago and was never reported as delivered is not looked at any more


@dataclass(frozen=True)
class Stage:
    """A place on an order's way: its words, who must act there, and how it looks."""

    code: str
    label: str
    owner: Role | None
    tone: str
    icon: str


STAGES: tuple[Stage, ...] = (
    Stage("received", "Received, to be checked", Role.OPERATIONS, "info", "inbox"),
    Stage("hold", "On hold", Role.CUSTOMER_SERVICE, "warning", "pause"),
    Stage("waiting", "Waiting for stock", Role.OPERATIONS, "warning", "clock"),
    Stage("allocated", "Allocated, to be released", Role.OPERATIONS, "progress", "package-check"),
    Stage("released", "Released, to be picked", Role.WAREHOUSE, "progress", "send"),
    Stage("picking", "Being picked", Role.WAREHOUSE, "progress", "hand"),
    Stage("picked", "Picked, to be packed", Role.WAREHOUSE, "progress", "hand-grab"),
    Stage("packed", "Packed, to be shipped", Role.WAREHOUSE, "progress", "package"),
    Stage("shipped", "Shipped, not delivered", None, "success", "truck"),
)
# A released order is as far as the least advanced of its fulfilment orders that still run; without one its rest waits.
_STAGE = """
CASE orders_order.state WHEN 'RECEIVED' THEN 'received' WHEN 'ON_HOLD' THEN 'hold' WHEN 'CONFIRMED' THEN 'waiting'
 WHEN 'ALLOCATED' THEN 'allocated' WHEN 'SHIPPED' THEN 'shipped' WHEN 'RELEASED' THEN coalesce((
 SELECT (array['released', 'picking', 'picked', 'packed'])[min(CASE f.state WHEN 'PICKING' THEN 2 WHEN 'PICKED' THEN 3
        WHEN 'PACKED' THEN 4 ELSE 1 END)] FROM fulfillment_fulfillmentorder f
  WHERE f.order_id = orders_order.id AND f.state IN ('PLANNED', 'RELEASED', 'PICKING', 'PICKED', 'PACKED')), 'waiting') END
"""
# Where it is worked: the node of its latest fulfilment order, or else the one that promised stock.
_NODE = """
coalesce((SELECT f.node_id FROM fulfillment_fulfillmentorder f WHERE f.order_id = orders_order.id
           AND f.state NOT IN ('CANCELLED', 'SHORT') ORDER BY f.id DESC LIMIT 1),
         (SELECT a.node_id FROM orders_orderline l JOIN orders_allocation a ON a.order_line_id = l.id AND a.state = 'ACTIVE'
           WHERE l.order_id = orders_order.id ORDER BY a.id LIMIT 1), 0)
"""
LEFT = F("total") - F(
    "amount_invoiced"
)  # what still has to leave, order currency; of a shipped order its total


def tower_orders(at: datetime) -> QuerySet[Order]:
    """This function will return the orders on their way, each with its `stage`."""
    recent = Q(state=OrderState.SHIPPED, shipped_at__gt=at - timedelta(days=SHIPPED_DAYS))
    return Order.objects.filter(Q(state__in=OPEN) | recent).annotate(
        stage=RawSQL(_STAGE, (), output_field=CharField())
    )


def with_node(rows: QuerySet[Any]) -> QuerySet[Any]:
    """This function will add `tower_node`: the id of the node where an order is worked, 0 while it is nowhere."""
    return rows.annotate(tower_node=RawSQL(_NODE, (), output_field=IntegerField()))


@dataclass
class Cell:
    """Orders in one stage and one column: how many, their value; of those the late, and those due today."""

    count: int = 0
    value: Decimal = ZERO
    late: int = 0
    late_value: Decimal = ZERO
    today: int = 0

    def __iadd__(self, other: Cell) -> Cell:
        self.count += other.count
        self.value += other.value
        self.late += other.late
        self.late_value += other.late_value
        self.today += other.today
        return self


@dataclass
class Line:
    """One stage (or one kind of hold): its cells by column, and their sum."""

    cells: dict[str, Cell] = field(default_factory=dict)
    total: Cell = field(default_factory=Cell)

    def add(self, column: str, cell: Cell) -> None:
        """This function will count a cell in."""
        self.cells.setdefault(column, Cell())
        self.cells[column] += cell
        self.total += cell


@dataclass(frozen=True)
class Matrix:
    """Stage code (or "hold:KIND") → line; `columns` are (code, label)."""

    columns: list[tuple[str, str]]
    lines: dict[str, Line]

    @property
    def open_total(self) -> Cell:
        """Everything that has not left yet."""
        total = Cell()
        for code, line in self.lines.items():
            if code != "shipped" and ":" not in code:
                total += line.total
        return total


def _sums(at: datetime, midnight: datetime) -> dict[str, Any]:
    """What is counted per cell. Money is in base currency; late and due are of what has not left."""
    base = Q(currency=settings.KEEL_BASE_CURRENCY)
    waiting = ~Q(state=OrderState.SHIPPED)
    left = Case(When(state=OrderState.SHIPPED, then=F("total")), default=LEFT)
    return {
        "n": Count("pk"),
        "value": Sum(left, filter=base),
        "late": Count("pk", filter=waiting & Q(ship_by__lt=at)),
        "late_value": Sum(left, filter=base & waiting & Q(ship_by__lt=at)),
        "today": Count("pk", filter=waiting & Q(ship_by__gte=at, ship_by__lt=midnight)),
    }


def _age_of(at: datetime) -> Case:
    cases = []
    for code, _, _ in reversed(AGES):
        newest = age_bounds(code, at)[1]
        cases.append(
            When(**({"ordered_at__lte": newest} if newest else {"pk__isnull": False}), then=Value(code))
        )
    return Case(*cases, output_field=CharField())


COLUMNS = {"age": "Age", "channel": "Channel", "node": "Node"}


def tower_matrix(by: str, *, at: datetime, midnight: datetime) -> Matrix:
    """This function will count the orders on their way by stage and by age, channel or node: three queries at most."""
    column: Any = {"age": _age_of(at), "channel": F("channel_id"), "node": F("tower_node")}[by]
    rows = with_node(tower_orders(at)) if by == "node" else tower_orders(at)
    sums = _sums(at, midnight)
    lines: dict[str, Line] = {}
    found = rows.annotate(place=column).order_by().values("stage", "place").annotate(**sums)
    for row in found.values_list("stage", "place", *sums):
        _count(lines, row[0], row)
    held = rows.annotate(place=column, kind=F("holds__kind")).filter(
        state=OrderState.ON_HOLD, holds__state=HoldState.OPEN
    )
    kinds = held.order_by().values("kind", "place").annotate(**sums)
    for row in kinds.values_list("kind", "place", *sums):
        _count(lines, f"hold:{row[0]}", row)
    return Matrix(_columns(by), lines)


def _count(lines: dict[str, Line], code: str, row: Sequence[Any]) -> None:
    _, place, count, value, late, late_value, today = row
    lines.setdefault(code, Line()).add(
        str(place), Cell(count, value or ZERO, late, late_value or ZERO, today)
    )


def _columns(by: str) -> list[tuple[str, str]]:
    if by == "channel":
        return [(str(pk), name) for pk, name in Channel.objects.order_by("code").values_list("pk", "name")]
    if by == "node":
        nodes = Node.objects.order_by("rank", "code").values_list("pk", "code")
        return [*((str(pk), code) for pk, code in nodes), ("0", "nowhere yet")]
    return [(code, label) for code, label, _ in AGES]


def hold_kinds(matrix: Matrix) -> list[tuple[str, str, Line]]:
    """This function will return (kind, words, line) of the holds that orders wait for, the most money first."""
    found = [
        (code.partition(":")[2], line) for code, line in matrix.lines.items() if code.startswith("hold:")
    ]
    found.sort(key=lambda pair: -pair[1].total.value)
    return [(kind, str(HoldKind(kind).label), line) for kind, line in found]


def pressing_cases(limit: int = 8) -> list[ExceptionCase]:
    """This function will return the open cases that should be worked first."""
    rows = ExceptionCase.objects.filter(state=ExceptionState.OPEN).select_related("assignee")
    return list(rows.order_by(*RANKED)[:limit])


@dataclass(frozen=True)
class Hour:
    hour: int
    received: int
    shipped: int


_FLOW = """
SELECT hour, coalesce(sum(n) FILTER (WHERE way = 'in'), 0), coalesce(sum(n) FILTER (WHERE way = 'out'), 0) FROM (
  SELECT 'in' AS way, floor(extract(epoch from ordered_at - %s) / 3600)::integer AS hour, count(*) AS n FROM orders_order
   WHERE ordered_at >= %s AND ordered_at <= %s GROUP BY 2
  UNION ALL
  SELECT 'out', floor(extract(epoch from shipped_at - %s) / 3600)::integer, count(*) FROM orders_order
   WHERE shipped_at >= %s AND shipped_at <= %s GROUP BY 2) moved GROUP BY 1 ORDER BY 1
"""


def flow_today(*, midnight: datetime, at: datetime) -> list[Hour]:
    """This function will count what came in (ordered) and what left per hour since `midnight`, up to now."""
    found = {row[0]: row[1:] for row in query(_FLOW, [midnight, midnight, at, midnight, midnight, at])}
    hours = int((at - midnight).total_seconds() // 3600) + 1
    return [Hour(hour, *(int(n) for n in found.get(hour, (0, 0)))) for hour in range(hours)]


@dataclass(frozen=True)
class Straight:
    """Orders of today, and how many of them nobody ever had to hold."""

    orders: int
    held: int

    @property
    def rate(self) -> Decimal | None:
        return Decimal(self.orders - self.held) * 100 / self.orders if self.orders else None


def straight_today(*, midnight: datetime, at: datetime) -> Straight:
    """This function will count today's orders, and those that were put on hold."""
    today = Order.objects.filter(ordered_at__gte=midnight, ordered_at__lte=at)
    held = Hold.objects.filter(order__ordered_at__gte=midnight, order__ordered_at__lte=at)
    return Straight(today.count(), held.aggregate(n=Count("order", distinct=True))["n"])


def desk_totals(at: datetime) -> dict[str, Any]:
    """This function will count the open exceptions, the overdue ones and the money they put at risk."""
    rows = ExceptionCase.objects.filter(state=ExceptionState.OPEN)
    return rows.aggregate(
        count=Count("pk"), overdue=Count("pk", filter=Q(due_at__lt=at)), money=Sum("money_at_risk")
    )
