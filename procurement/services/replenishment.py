"""Who decides each day what to order, keeps the reasons, and drafts the purchase orders?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import transaction

from erp.core.errors import Conflict, InvalidInput
from erp.core.locks import AdvisoryLock, advisory_lock
from erp.core.models import User
from erp.core.sql import cents, insert, query
from inventory.models import Node
from procurement.models import PurchaseOrderLine, ReplenishmentDecision, ReplenishmentRule
from procurement.planner import Decision, Plan, ReplenishmentInput, Terms, plan_replenishment
from procurement.selectors import open_suggestions
from procurement.services.purchase_order import PurchaseDraft, PurchaseLine, purchase_order_create_many
from procurement.services.purchase_order_send import purchase_order_flag_late

SHORTEST_WINDOW_DAYS = 7


@dataclass(frozen=True)
class ReplenishmentRun:
    """What a run did: products looked at, decisions kept, units and orders drafted."""

    run_date: date
    rule: str
    considered: int
    decision_ids: list[int]
    purchase_order_ids: list[int]


# Company-wide on purpose: any node may ship any order, so demand and position are the company's; the run's node is
# where the goods are delivered to. Drafts count as inbound, or tomorrow's run would order the same again.
# One index range of orders and their lines, no table of daily sums: that would hold three rows for four lines of a
# retailer's month. 28 of 365 days with 552,000 lines and 3,900 products take 0.13 s of CPU. Sums over whole numbers
# below 2^53 are exact in float8, and several times as fast as in numeric.
_INPUTS = """
WITH sale AS MATERIALIZED (
    SELECT id, ((ordered_at AT TIME ZONE 'UTC')::date - %s::date)::integer AS weight FROM orders_order
     WHERE ordered_at >= %s AND ordered_at < %s AND state <> 'CANCELLED'),
demand AS (
    SELECT product_id, sum(units * weight)::bigint AS weighted, sum(units)::bigint AS total,
           sum(units * units)::bigint AS squares
      FROM (SELECT l.product_id, s.weight, sum((l.quantity_ordered - l.quantity_cancelled)::integer)::float8 AS units
              FROM sale s JOIN orders_orderline l ON l.order_id = s.id GROUP BY l.product_id, s.weight) per_day
     GROUP BY product_id),
stock AS (
    SELECT product_id, (sum(quantity) FILTER (WHERE status = 'AVAILABLE'))::bigint AS available,
           (sum(quantity) FILTER (WHERE status = 'IN_TRANSIT'))::bigint AS in_transit
      FROM inventory_stocklevel WHERE status IN ('AVAILABLE', 'IN_TRANSIT') GROUP BY product_id),
inbound AS (
    SELECT l.product_id, sum(greatest(l.quantity_ordered - l.quantity_received, 0))::bigint AS units
      FROM procurement_purchaseorder o JOIN procurement_purchaseorderline l ON l.purchase_order_id = o.id
     WHERE o.state IN ('DRAFT', 'PENDING_APPROVAL', 'APPROVED', 'SENT') AND o.customer_order_id IS NULL GROUP BY l.product_id),
backorder AS (
    SELECT l.product_id,
           sum(l.quantity_ordered - l.quantity_allocated - l.quantity_shipped - l.quantity_cancelled
               - coalesce((SELECT sum(d.quantity - d.quantity_shipped - d.quantity_cancelled) FROM orders_dropship d
                            WHERE d.order_line_id = l.id AND d.state IN ('REQUESTED', 'ORDERED')), 0))::bigint AS units
      FROM orders_order o JOIN orders_orderline l ON l.order_id = o.id
     WHERE o.needs_allocation GROUP BY l.product_id),
terms AS (
    SELECT DISTINCT ON (t.product_id) t.product_id, t.supplier_id, t.unit_cost, t.minimum_quantity, t.pack_size,
           s.lead_time_days
      FROM procurement_supplierproduct t JOIN procurement_supplier s ON s.id = t.supplier_id AND s.is_active
     ORDER BY t.product_id, t.rank)
SELECT t.product_id, t.supplier_id, t.unit_cost, t.minimum_quantity, t.pack_size, t.lead_time_days, %s::integer,
       coalesce(d.weighted, 0), coalesce(d.total, 0), coalesce(d.squares, 0), coalesce(k.available, 0),
       coalesce(k.in_transit, 0), coalesce(i.units, 0), coalesce(b.units, 0)
  FROM terms t JOIN inventory_product p ON p.id = t.product_id AND p.is_active AND NOT p.is_kit
  LEFT JOIN demand d USING (product_id) LEFT JOIN stock k USING (product_id)
  LEFT JOIN inbound i USING (product_id) LEFT JOIN backorder b USING (product_id)
 WHERE d.weighted > 0 OR b.units > 0
 ORDER BY t.product_id
"""


def replenishment_inputs(*, run_date: date, window_days: int) -> list[ReplenishmentInput]:
    """This function will read what a run on the morning of `run_date` knows of every product with demand.

    The window is the `window_days` days before the run date, shorter while the company's first order is younger than
    that.
    """
    first = query("SELECT min(ordered_at) FROM orders_order")[0][0]
    age = (run_date - first.astimezone(UTC).date()).days if first else 0
    days = max(SHORTEST_WINDOW_DAYS, min(window_days, age))
    start = run_date - timedelta(days=days)
    since, until = (datetime.combine(day, time(), UTC) for day in (start, run_date))
    # the oldest day weighs 1: its date less the day before it
    rows = query(_INPUTS, [start - timedelta(days=1), since, until, days])
    return list(map(ReplenishmentInput._make, rows))


def active_terms() -> tuple[Terms, bool]:
    """This function will return the active rule's terms (else the built-in ones) and whether it drafts orders."""
    rule = ReplenishmentRule.objects.filter(is_active=True).first()
    if rule is None:
        return Terms(), True
    terms = Terms(str(rule), float(rule.service_level), rule.window_days, rule.review_days)
    return terms, rule.is_automatic


@transaction.atomic
def replenishment_run(
    *, node_id: int, run_date: date, draft_orders: bool | None = None, actor: User, at: datetime
) -> ReplenishmentRun:
    """This function will decide what to order for delivery at a node on `run_date` and keep a row per product to order.

    With `draft_orders` (default: the rule's own setting) it drafts a purchase order per supplier at once. A product
    that was decided on the same day is left alone, so running twice orders nothing twice. InvalidInput for an
    unknown node.
    """
    if not Node.objects.filter(pk=node_id, is_active=True).exists():
        raise InvalidInput(
            f"node #{node_id} is unknown or inactive", field="node", remedy="Choose an active node."
        )
    advisory_lock(AdvisoryLock.REPLENISHMENT)
    terms, is_automatic = active_terms()
    plan = plan_replenishment(replenishment_inputs(run_date=run_date, window_days=terms.window_days), terms)
    kept = _keep(plan, node_id, run_date, terms.code)
    orders: list[int] = []
    if is_automatic if draft_orders is None else draft_orders:
        lines = [
            _Line(pk, d.product_id, d.supplier_id, d.quantity)
            for d in plan.decisions
            if (pk := kept.get(d.product_id)) is not None
        ]
        orders = _draft(node_id, lines, actor, at)
    return ReplenishmentRun(run_date, terms.code, plan.considered, sorted(kept.values()), orders)


_COLUMNS = {
    "run_date": "date", "product_id": "bigint", "node_id": "bigint", "rule": "text", "stock_sequence": "bigint",
    "daily_velocity": "numeric", "lead_time_days": "smallint", "safety_stock": "bigint", "reorder_point": "bigint",
    "position": "bigint", "quantity": "bigint", "supplier_id": "bigint", "unit_cost": "numeric", "explanation": "jsonb",
}  # fmt: skip


def _keep(plan: Plan, node_id: int, run_date: date, rule: str) -> dict[int, int]:
    """Store the decisions; returns product → decision of those that were not made before on this day."""
    if not plan.decisions:
        return {}
    sequence = query("SELECT coalesce(max(sequence), 0) FROM inventory_stockevent")[0][0]

    def row(d: Decision) -> tuple[Any, ...]:
        return (
            run_date, d.product_id, node_id, rule, sequence, cents(d.daily_velocity), d.lead_time_days, d.safety_stock,
            d.reorder_point, d.position, d.quantity, d.supplier_id, cents(d.unit_cost), json.dumps(d.explanation),
        )  # fmt: skip

    sql, parameters = insert(
        "procurement_replenishmentdecision", _COLUMNS, [row(d) for d in plan.decisions],
        "ON CONFLICT (product_id, node_id, run_date, rule) DO NOTHING RETURNING product_id, id",
    )  # fmt: skip
    return dict(tuple(found) for found in query(sql, parameters))


@dataclass(frozen=True)
class _Line:
    decision_id: int
    product_id: int
    supplier_id: int
    quantity: int


def _draft(node_id: int, lines: Sequence[_Line], actor: User, at: datetime) -> list[int]:
    by_supplier: dict[int, list[PurchaseLine]] = {}
    for line in sorted(lines, key=lambda item: (item.supplier_id, item.product_id)):
        by_supplier.setdefault(line.supplier_id, []).append(
            PurchaseLine(line.product_id, line.quantity, None, line.decision_id)
        )
    drafts = [PurchaseDraft(supplier, node_id, bought) for supplier, bought in by_supplier.items()]
    return purchase_order_create_many(drafts, actor=actor, at=at)


@transaction.atomic
def replenishment_accept(*, decision_ids: Sequence[int], actor: User, at: datetime) -> list[int]:
    """This function will draft purchase orders for suggestions, one per node and supplier, and return their ids.

    Conflict when one of them has been ordered already or a later run has replaced it.
    """
    if not decision_ids:
        raise InvalidInput("nothing is chosen", field="decisions", remedy="Tick at least one suggestion.")
    advisory_lock(AdvisoryLock.REPLENISHMENT)
    found = {decision.pk: decision for decision in open_suggestions().filter(pk__in=decision_ids)}
    gone = sorted(set(decision_ids) - set(found))
    if gone:
        raise Conflict(
            f"{len(gone)} of the suggestions are ordered or replaced by a later run",
            field="decisions", remedy="Reload the page.", ids=gone,
        )  # fmt: skip
    orders: list[int] = []
    for node_id in sorted({decision.node_id for decision in found.values()}):
        chosen = [d for d in found.values() if d.node_id == node_id]
        orders += _draft(
            node_id, [_Line(d.pk, d.product_id, d.supplier_id, d.quantity) for d in chosen], actor, at
        )
    return orders


@transaction.atomic
def replenishment_run_daily(*, actor: User, at: datetime) -> dict[str, int]:
    """This function will run today's replenishment for the first warehouse and flag late orders: a periodic job."""
    node = Node.objects.filter(is_active=True, kind="WAREHOUSE").order_by("rank", "pk").first()
    late = purchase_order_flag_late(actor=actor, at=at)
    if node is None:
        return {"late": late}
    run = replenishment_run(node_id=node.pk, run_date=at.astimezone(UTC).date(), actor=actor, at=at)
    return {
        "considered": run.considered, "decisions": len(run.decision_ids), "orders": len(run.purchase_order_ids),
        "late": late,
    }  # fmt: skip


def explain(decision: ReplenishmentDecision) -> list[tuple[str, str]]:
    """This function will tell, step by step, why a decision says this quantity: (what, how it was computed)."""
    e = decision.explanation
    expected = decision.reorder_point - decision.safety_stock
    steps = [
        (
            "Demand",
            f"{e['demand']:,} units in {e['days']} days, the latest weigh most: {decision.daily_velocity:.2f} a day",
        ),
        (
            "Safety stock",
            f"{e['service_level']:.0%} service is {e['service_factor']:.2f} × deviation {e['deviation']:.2f} × "
            f"√{decision.lead_time_days} days = {decision.safety_stock:,}",
        ),
        (
            "Reorder point",
            f"{decision.lead_time_days} days of lead time need {expected:,}, plus safety = {decision.reorder_point:,}",
        ),
        (
            "Position",
            f"{e['available']:,} available + {e['in_transit']:,} in transit + {e['inbound']:,} on order − "
            f"{e['backordered']:,} backordered = {decision.position:,}",
        ),
        (
            "Order up to",
            f"{decision.lead_time_days} + {e['review_days']} days of demand plus safety stock = {e['order_up_to']:,}, "
            f"so {e['wanted']:,} are missing",
        ),
        (
            "Order",
            f"at least {e['minimum_quantity']:,}, in packs of {e['pack_size']:,}: {decision.quantity:,}",
        ),
    ]
    line = PurchaseOrderLine.objects.filter(decision=decision).select_related("purchase_order").first()
    if line is not None and line.quantity_ordered != decision.quantity:
        steps.append(("Changed by hand", f"{line.purchase_order} orders {line.quantity_ordered:,}"))
    return steps
