"""Who tries draft policies on the orders of the last days?

Everything is read as of the span; the only rows that are written are the rehearsal's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from erp.core.errors import InvalidInput, NotFound
from erp.core.models import User
from erp.core.services.progress import Progress
from erp.core.services.state import change_state, record_creation
from erp.core.services.work import job_enqueue
from erp.core.sql import Statements, query
from inventory.selectors import stock_as_of, unit_costs
from orders.locks import read_withheld
from orders.models import AllocationPolicy, Rehearsal
from orders.planner import Demand, DemandLine, Policy
from orders.rehearsal import Arrival, Outcome, SupplyChange, Trading, rehearse, totals_of
from orders.selectors.policy import freight_rates, pence, policies_by_id, policies_in_force, shipping_nodes
from orders.states import RehearsalState

MAX_DAYS = 400
MAX_POLICIES = 5
_ORDERS = """
SELECT o.id, o.ordered_at, o.ship_by, c.code, coalesce(u.segment, ''), coalesce(u.tier, ''), o.ship_to_country, o.ships_complete,
       o.priority, o.total, c.policy_id, coalesce(o.max_shipments, 0)
  FROM orders_order o JOIN orders_channel c ON c.id = o.channel_id LEFT JOIN orders_customer u ON u.id = o.customer_id
 WHERE o.ordered_at >= %s AND o.ordered_at < %s AND o.state <> 'CANCELLED' AND NOT o.fulfilled_by_channel
 ORDER BY o.ordered_at, o.id
"""
_LINES = """
SELECT l.order_id, l.id, l.product_id, l.quantity_ordered - l.quantity_cancelled, l.unit_price, p.weight_grams, l.kit_id,
       l.quantity_per_kit
  FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id JOIN inventory_product p ON p.id = l.product_id
 WHERE o.ordered_at >= %s AND o.ordered_at < %s AND o.state <> 'CANCELLED' AND NOT o.fulfilled_by_channel
   AND l.quantity_ordered > l.quantity_cancelled
 ORDER BY l.order_id, l.position
"""
# Whatever puts units on a shelf or takes them off it, but for promises made and taken back.
_CHANGES = """
SELECT e.occurred_at, m.product_id, side.node_id, sum(side.units)::bigint
  FROM inventory_stockevent e JOIN inventory_stockmove m ON m.event_id = e.sequence
  CROSS JOIN LATERAL (VALUES (m.to_node_id, m.to_status, m.from_status, m.quantity),
                             (m.from_node_id, m.from_status, m.to_status, -m.quantity)) AS side(node_id, status, other, units)
 WHERE e.occurred_at > %s AND e.occurred_at < %s AND side.status = 'AVAILABLE' AND side.other <> 'ALLOCATED'
 GROUP BY 1, 2, 3 HAVING sum(side.units) <> 0 ORDER BY 1, 2, 3
"""
_TOTALS = {
    "rehearsal_id": "bigint", "policy_id": "bigint", "orders": "integer", "units": "bigint", "parcels": "integer",
    "split_orders": "integer", "freight": "numeric", "late_orders": "integer", "short_orders": "integer",
    "unserved_orders": "integer", "margin": "numeric",
}  # fmt: skip
_CHANGED = {
    "rehearsal_id": "bigint", "policy_id": "bigint", "order_id": "bigint", "parcels_before": "integer", "parcels": "integer",
    "freight_before": "numeric", "freight": "numeric", "late_before": "boolean", "late": "boolean",
    "short_before": "integer", "short": "integer", "margin_change": "numeric", "nodes_before": "text", "nodes": "text",
}  # fmt: skip


@transaction.atomic
def rehearsal_start(*, policy_ids: Sequence[int], days: int, actor: User, at: datetime) -> Rehearsal:
    """This function will put down a rehearsal of policies over the last `days`, and the job that runs it.

    InvalidInput for no policy, too many, or a span out of range.
    """
    found = list(AllocationPolicy.objects.filter(pk__in=set(policy_ids)).order_by("pk"))
    if not 1 <= len(found) <= MAX_POLICIES:
        raise InvalidInput(
            f"choose 1 to {MAX_POLICIES} policies", field="policies", remedy="Tick the drafts to compare."
        )
    if not 1 <= days <= MAX_DAYS:
        raise InvalidInput(
            f"{days} is no span to rehearse", field="days", remedy=f"Enter 1 to {MAX_DAYS} days."
        )
    rehearsal = Rehearsal.objects.create(
        days=days, starts_at=at - timedelta(days=days), ends_at=at, created_by=actor, created_at=at
    )
    record_creation(Rehearsal, [rehearsal.pk], actor=actor, at=at, action="orders.rehearsal_start")
    rehearsal.policies.set(found)
    job = job_enqueue(
        kind="orders.rehearsal_run", key=f"rehearsal:{rehearsal.pk}", arguments={"rehearsal_id": rehearsal.pk},
        actor=actor, at=at,
    )  # fmt: skip
    rehearsal.job_id = job.pk
    rehearsal.save(update_fields=["job_id"])
    return rehearsal


@transaction.atomic
def rehearsal_run(*, rehearsal_id: int, actor: User, at: datetime, progress: Progress | None = None) -> str:
    """This function will trade the rehearsal's span again, once as in force and once per policy, and keep the comparison.

    A draft takes the place of the policy of its code. Returns what to show in the job drawer.
    """
    rehearsal = Rehearsal.objects.select_for_update().filter(pk=rehearsal_id).first()
    if rehearsal is None:
        raise NotFound(
            f"there is no rehearsal #{rehearsal_id}", field="rehearsal", remedy="Start another one."
        )
    if rehearsal.state != RehearsalState.PENDING:
        return f"{rehearsal} was run before"
    drafts = list(rehearsal.policies.order_by("pk"))
    tell = progress or (lambda done, total=None, message="": None)
    tell(0, len(drafts) + 1, "Reading the span")
    trading = _read(rehearsal)
    in_force = policies_in_force()
    before = rehearse(trading, in_force)
    tell(1, len(drafts) + 1, "Rehearsed what is in force")
    batch = Statements()
    rows = [_total(rehearsal.pk, None, before)]
    changed = []
    codes = {node.node_id: node.code for node in trading.nodes}
    for number, (policy_id, policy) in enumerate(
        policies_by_id([draft.pk for draft in drafts]).items(), start=1
    ):
        after = rehearse(trading, _in_place(in_force, policy))
        rows.append(_total(rehearsal.pk, policy_id, after))
        changed += _changes(rehearsal.pk, policy_id, before, after, codes)
        tell(number + 1, len(drafts) + 1, f"Rehearsed {policy.code} v{policy.version}")
    batch.insert("orders_rehearsaltotal", _TOTALS, rows)
    batch.insert("orders_rehearsalorder", _CHANGED, changed)
    batch.run()
    change_state(
        rehearsal, to=RehearsalState.DONE, actor=actor, at=at, action="orders.rehearsal_run",
        fields={"orders": len(before), "finished_at": at},
    )  # fmt: skip
    return f"{len(before)} orders, {len(changed)} of them treated otherwise"


def _in_place(in_force: Mapping[int, Policy], draft: Policy) -> dict[int, Policy]:
    """The policies as orders name them, the draft in the place of the one with its code; a new code is tried for everybody."""
    known = {policy.code for policy in in_force.values()}
    return {
        pk: draft if policy.code == draft.code or draft.code not in known else policy
        for pk, policy in in_force.items()
    }


def _read(rehearsal: Rehearsal) -> Trading:
    span = [rehearsal.starts_at, rehearsal.ends_at]
    lines: dict[int, list[DemandLine]] = {}
    for order_id, line_id, product, wanted, price, grams, kit, per_kit in query(_LINES, span):
        lines.setdefault(order_id, []).append(
            DemandLine(line_id, product, wanted, pence(price), grams, kit, per_kit or 1)
        )
    in_force = policies_in_force()
    if not in_force:
        raise InvalidInput("no policy is in force", field="policy", remedy="Put one in force first.")
    fallback = next(iter(in_force))
    arrivals = [
        Arrival(
            at,
            Demand(
                order_id,
                country,
                complete,
                lines[order_id],
                channel,
                segment,
                tier,
                priority,
                pence(total),
                parcels,
            ),
            ship_by,
            policy if policy in in_force else fallback,
        )
        for order_id, at, ship_by, channel, segment, tier, country, complete, priority, total, policy, parcels in query(
            _ORDERS, span
        )
        if order_id in lines
    ]
    products = sorted({line.product_id for own in lines.values() for line in own})
    levels = stock_as_of(at=rehearsal.starts_at, product_ids=products)
    wanted_products = set(products)
    return Trading(
        ends_at=rehearsal.ends_at,
        arrivals=arrivals,
        changes=[SupplyChange(*row) for row in query(_CHANGES, span) if row[1] in wanted_products],
        supply={(row.product_id, row.node_id): row.quantity for row in levels if row.status == "AVAILABLE"},
        nodes=shipping_nodes(),
        rates=freight_rates(),
        costs={product: pence(cost) for product, cost in unit_costs(products).items()},
        withheld=read_withheld(products),
    )


def _money(amount: int) -> str:
    return str(Decimal(amount) / 100)


def _total(rehearsal_id: int, policy_id: int | None, outcomes: Mapping[int, Outcome]) -> tuple[object, ...]:
    sums = totals_of(outcomes)
    return (
        rehearsal_id, policy_id, sums.orders, sums.units, sums.parcels, sums.split_orders, _money(sums.freight),
        sums.late_orders, sums.short_orders, sums.unserved_orders, _money(sums.margin),
    )  # fmt: skip


def _changes(
    rehearsal_id: int,
    policy_id: int,
    before: Mapping[int, Outcome],
    after: Mapping[int, Outcome],
    codes: Mapping[int, str],
) -> list[tuple[object, ...]]:
    def places(outcome: Outcome) -> str:
        return ", ".join(codes[node] for node in outcome.nodes)[:200]

    return [
        (
            rehearsal_id, policy_id, order_id, old.parcels, new.parcels, _money(old.freight), _money(new.freight), old.is_late,
            new.is_late, old.units_short_at_first, new.units_short_at_first, _money(new.margin - old.margin), places(old),
            places(new),
        )
        for order_id, old in before.items()
        if old != (new := after[order_id])
    ]  # fmt: skip
