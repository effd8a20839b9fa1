"""How do things stand at this moment: open orders, backorders, stock, exceptions, approvals, what happened today?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from erp.core.models import ApprovalRequest, ExceptionCase
from erp.core.money import ZERO, split
from erp.core.sql import query
from erp.core.states import ApprovalState, ExceptionState
from inventory.states import PHYSICAL
from ledger.models import CostLayer
from orders.models import AllocationDecision, Order, OrderLine
from orders.states import ALLOCATABLE, OPEN
from reporting.scope import Scope

# (code, label, from this old on); an order is in the oldest bucket it has reached.
AGES: tuple[tuple[str, str, timedelta], ...] = (
    ("0", "under 1 day", timedelta(0)),
    ("1", "1–2 days", timedelta(days=1)),
    ("2", "2–4 days", timedelta(days=2)),
    ("4", "4–7 days", timedelta(days=4)),
    ("7", "7 days and more", timedelta(days=7)),
)
WANTED = F("quantity_ordered") - F("quantity_allocated") - F("quantity_shipped") - F("quantity_cancelled")


def age_bounds(code: str, at: datetime) -> tuple[datetime | None, datetime | None]:
    """This function will return (ordered after, ordered at or before) of an age bucket; None where it has no end."""
    index = [age[0] for age in AGES].index(code)
    oldest = at - AGES[index + 1][2] if index + 1 < len(AGES) else None
    newest = at - AGES[index][2] if index else None
    return oldest, newest


def open_orders(scope: Scope) -> QuerySet[Order]:
    """This function will return every order that is not finished, of the scope's channel, whenever it was ordered."""
    rows = Order.objects.filter(state__in=OPEN)
    return rows.filter(channel_id=scope.channel_id) if scope.channel_id is not None else rows


def order_matrix(scope: Scope) -> dict[tuple[str, str], int]:
    """This function will count the open orders by (state, age bucket)."""
    sums = {}
    for code, _, _ in AGES:
        oldest, newest = age_bounds(code, scope.at)
        within = Q()
        if oldest is not None:
            within &= Q(ordered_at__gt=oldest)
        if newest is not None:
            within &= Q(ordered_at__lte=newest)
        sums[f"age_{code}"] = Count("pk", filter=within) if within else Count("pk")
    rows = open_orders(scope).values("state").annotate(**sums).order_by("state").values_list("state", *sums)
    return {(row[0], code): count for row in rows for (code, _, _), count in zip(AGES, row[1:], strict=True)}


def overdue_orders(scope: Scope) -> QuerySet[Order]:
    """This function will return the open orders whose ship-by time has passed."""
    return open_orders(scope).filter(ship_by__lt=scope.at)


def backorder_lines() -> QuerySet[OrderLine]:
    """This function will return the lines that still want stock after a decision, with `wanted` and `wanted_value`.

    An order that waits for its first decision, or on hold, is not backordered.
    """
    decided = AllocationDecision.objects.filter(order=OuterRef("order"))
    return (
        OrderLine.objects.filter(Exists(decided), order__needs_allocation=True, order__state__in=ALLOCATABLE)
        .annotate(wanted=WANTED)
        .filter(wanted__gt=0)
        .annotate(wanted_value=F("wanted") * F("unit_price"))
    )


@dataclass(frozen=True)
class Backorders:
    """Lines and units that want stock, and what they are worth to us (orders in base currency)."""

    lines: int
    units: int
    value: Decimal


def backorders(scope: Scope) -> Backorders:
    """This function will sum up the backordered lines."""
    in_base = Q(order__currency=settings.KEEL_BASE_CURRENCY)
    rows = backorder_lines()
    if scope.channel_id is not None:
        rows = rows.filter(order__channel_id=scope.channel_id)
    found = rows.aggregate(
        lines=Count("pk"), units=Coalesce(Sum("wanted"), 0), value=Sum("wanted_value", filter=in_base)
    )
    return Backorders(found["lines"], found["units"], found["value"] or ZERO)


@dataclass(frozen=True)
class StockShare:
    """What lies in a category or at a node: units, and their share of the cost layers, base currency."""

    id: int
    label: str
    units: int
    value: Decimal


def stock_by_category() -> list[StockShare]:
    """This function will value what is left in the cost layers, by category, the most valuable first."""
    rows = query(
        "SELECT c.id, c.name, sum(l.quantity_left), sum(l.value_left) FROM ledger_costlayer l "
        "JOIN inventory_product p ON p.id = l.product_id JOIN inventory_category c ON c.id = p.category_id "
        "WHERE l.is_open GROUP BY 1, 2 ORDER BY 4 DESC, 1"
    )
    return [StockShare(row[0], row[1], int(row[2]), row[3]) for row in rows]


def stock_by_node() -> list[StockShare]:
    """This function will split each product's layer value over the nodes that hold it, by units.

    Layers belong to the company, so a node's value is its share; the shares add up to the layers to the cent.
    """
    statuses = ", ".join(f"'{status.value}'" for status in sorted(PHYSICAL))
    rows = query(
        "WITH held AS (SELECT product_id, node_id, sum(quantity) AS units FROM inventory_stocklevel "  # noqa: S608
        f"WHERE status IN ({statuses}) AND quantity > 0 GROUP BY 1, 2), "
        "whole AS (SELECT product_id, sum(units) AS units FROM held GROUP BY 1), "
        "worth AS (SELECT product_id, sum(value_left) AS value FROM ledger_costlayer WHERE quantity_left > 0 GROUP BY 1) "
        "SELECT n.id, n.name, sum(held.units), sum(coalesce(worth.value, 0) * held.units / whole.units) FROM held "
        "JOIN whole USING (product_id) LEFT JOIN worth USING (product_id) JOIN inventory_node n ON n.id = held.node_id "
        "GROUP BY 1, 2 ORDER BY 4 DESC, 1"
    )
    weights = [row[3] for row in rows]
    if not rows or not sum(weights):
        return [StockShare(row[0], row[1], int(row[2]), ZERO) for row in rows]
    parts = split(sum(weights, ZERO), weights, settings.KEEL_BASE_CURRENCY)
    return [StockShare(row[0], row[1], int(row[2]), part) for row, part in zip(rows, parts, strict=True)]


def stock_total() -> tuple[int, Decimal]:
    """This function will return units and value left in the cost layers."""
    found = CostLayer.objects.filter(is_open=True).aggregate(
        units=Coalesce(Sum("quantity_left"), 0), value=Sum("value_left")
    )
    return found["units"], found["value"] or ZERO


@dataclass(frozen=True)
class ExceptionShare:
    """Open cases of one kind, the money they put at risk, and how many are past their time."""

    kind: str
    count: int
    money: Decimal
    overdue: int


def exceptions_by_kind(at: datetime) -> list[ExceptionShare]:
    """This function will sum up the cases that are not settled, the most money first."""
    rows = (
        ExceptionCase.objects.exclude(state=ExceptionState.RESOLVED)
        .values("kind")
        .annotate(
            count=Count("pk"),
            money=Sum("money_at_risk"),
            overdue=Count("pk", filter=Q(due_at__lt=at, state=ExceptionState.OPEN)),
        )
        .order_by("-money", "-count", "kind")
    )
    return [ExceptionShare(row["kind"], row["count"], row["money"], row["overdue"]) for row in rows]


def approvals_waiting() -> int:
    """This function will count the approvals that wait for a decision."""
    return ApprovalRequest.objects.filter(state=ApprovalState.PENDING).count()
