"""Who promises stock to orders, and who takes a promise back?

The decision is `orders.planner`'s; here it is read for, under locks, and written with its reasons: for one
order or for a thousand the statements are the same few.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from erp.core.errors import InvalidInput
from erp.core.models import User
from erp.core.services.state import change_state_many
from erp.core.services.work import job_enqueue
from erp.core.sql import Statements, array, query, reserve_ids, unnest
from inventory.selectors import unit_costs
from inventory.services import Move, Posting, stock_post_many
from inventory.states import StockStatus
from orders.locks import OPEN_DROP_SHIP, OrderInNeed, lock_orders_in_need, lock_sellable
from orders.models import DropShip, Order
from orders.planner import Assignment, Demand, DemandLine, Plan, Policy, plan_allocation
from orders.selectors.policy import channel_nodes, freight_rates, pence, policies_in_force, shipping_nodes
from orders.services.drop_ship import drop_ship_request_many
from orders.services.notice import NoticeDraft, order_notice_add_many
from orders.services.promise import promise_fit_many
from orders.services.reservation_hand_over import reservation_hand_over_many, reservation_report_short
from orders.services.sister import transfers_raise
from orders.states import AllocationState, DropShipState, OrderState

ACTION = "orders.order_allocate_many"


class AllocationResult(NamedTuple):
    """Units assigned and units still short, per order."""

    order_id: int
    assigned: int
    short: int


@dataclass(frozen=True)
class _Facts:
    """What a batch was planned from: state, policy row id and policy per order, and who was decided or drop-shipped before."""

    states: Mapping[int, str]
    drop_shipped: frozenset[int]
    decided: frozenset[int]
    policy_ids: Mapping[int, int]
    policies: Mapping[int, Policy]
    sequence: str


class _Wanted(NamedTuple):
    """An order's lines, and which of them have a promise for a day."""

    demand: Demand
    row: OrderInNeed
    promised: list[int]


_DECISIONS = {
    "id": "bigint", "order_id": "bigint", "policy_id": "bigint", "stock_sequence": "bigint", "at": "timestamptz",
    "explanation": "jsonb",
}  # fmt: skip
_ALLOCATIONS = {
    "id": "bigint", "order_line_id": "bigint", "node_id": "bigint", "product_id": "bigint", "quantity": "bigint",
    "state": "text", "decision_id": "bigint", "is_planned": "boolean", "created_at": "timestamptz",
}  # fmt: skip
_LINES = (
    "SELECT l.order_id, l.id, l.product_id, l.quantity_ordered - l.quantity_allocated - l.quantity_shipped - l.quantity_cancelled"
    f" - {OPEN_DROP_SHIP}, l.unit_price, p.weight_grams, l.kit_id, coalesce(l.quantity_per_kit, 1), "
    "EXISTS (SELECT 1 FROM orders_promise m WHERE m.order_line_id = l.id AND m.state = 'OPEN') "
    "FROM orders_orderline l JOIN inventory_product p ON p.id = l.product_id WHERE l.order_id = ANY(%s::bigint[]) "
    f"AND l.quantity_ordered > l.quantity_allocated + l.quantity_shipped + l.quantity_cancelled + {OPEN_DROP_SHIP} "
    "ORDER BY l.order_id, l.position"
)


@transaction.atomic
def order_allocate_many(
    *,
    order_ids: Sequence[int] | None = None,
    product_ids: Sequence[int] | None = None,
    limit: int = 500,
    actor: User,
    at: datetime,
) -> list[AllocationResult]:
    """This function will promise stock to orders that want it, the most urgent first, and store why.

    Without `order_ids` it sweeps up to `limit` waiting orders (skipping those another worker has in hand), with `product_ids`
    only those that want one of these products. What can not be served is promised for the day on which named supply brings
    it, or waits. Looking again in vain stores no second decision. InvalidInput when no allocation policy is in force.
    """
    rows = lock_orders_in_need(
        order_ids=order_ids, product_ids=product_ids, limit=len(order_ids) if order_ids is not None else limit
    )
    if not rows:
        return []
    facts = _facts(rows)
    wanted = _in_sequence(_read_demands(rows), facts.sequence)
    carts = reservation_hand_over_many([row.order_id for row in rows], actor=actor, at=at)
    if carts:  # what was kept for a cart is its order's: plan those first
        wanted.sort(key=lambda want: want.row.order_id not in carts)
    demands = [want.demand for want in wanted]
    products = sorted({line.product_id for demand in demands for line in demand.lines})
    theirs = {demand.only_node for demand in demands if demand.only_node is not None}
    supply, withheld = lock_sellable(products, theirs=theirs)
    plan = plan_allocation(
        demands, supply, shipping_nodes(), facts.policies, withheld=withheld, rates=freight_rates(),
        theirs=channel_nodes(theirs) if theirs else (),
    )  # fmt: skip
    ours = [
        want for want in wanted if want.demand.only_node is None
    ]  # a channel's warehouse is its own to fill
    drop_ships = _drop_ships(ours, plan, facts)
    _write(demands, plan, facts, actor, at)
    drop_ship_request_many(drop_ships, actor=actor, at=at)
    _promise(ours, plan, drop_ships, facts, actor, at)
    reservation_report_short(carts, actor=actor, at=at)
    return _results(demands, plan)


def _drop_ships(wanted: Sequence[_Wanted], plan: Plan, facts: _Facts) -> dict[int, int]:
    """What is short and a rule lets a supplier send to the customer: line id → units, noted in the orders' explanations.

    Not what a transfer brings or what waits for a supply already, no part of a kit, and nothing of an order that is to leave
    whole: those parcels would not come together. What was refused once is a person's to ask for again.
    """
    short = dict(plan.short)
    for proposal in plan.transfers:
        short[proposal.line_id] = short.get(proposal.line_id, 0) - proposal.quantity
    candidates = {
        line.line_id: want.demand.order_id
        for want in wanted
        for line in want.demand.lines
        if short.get(line.line_id, 0) > 0 and line.kit_id is None and line.line_id not in want.promised
        and not want.demand.ships_complete and want.demand.max_shipments != 1
        and not plan.explanations[want.demand.order_id].get("refused")
        and facts.policies[want.demand.order_id].rule_for(want.demand).allow_dropship
    }  # fmt: skip
    if not candidates:
        return {}
    refused = DropShip.objects.filter(order_line__in=candidates, state=DropShipState.REFUSED)
    refused_lines = set(refused.values_list("order_line_id", flat=True))
    found = {line: short[line] for line in candidates if line not in refused_lines}
    said: dict[int, list[list[int]]] = {}
    for line, units in found.items():
        said.setdefault(candidates[line], []).append([line, units])
    for order_id, rows in said.items():
        plan.explanations[order_id]["drop_ships"] = rows
    return found


def _promise(
    wanted: Sequence[_Wanted],
    plan: Plan,
    drop_ships: Mapping[int, int],
    facts: _Facts,
    actor: User,
    at: datetime,
) -> None:
    """What waits gets a day and a supply; what had one and is on the shelf now gives its supply back.

    An order that is short at its first decision is told so, once; what a rule lets be replaced is looked at afterwards. What a
    supplier was asked for is neither: it is on its way unless he refuses.
    """
    if plan.transfers:
        transfers_raise(plan.transfers, actor=actor, at=at)
    mine = {line.line_id for want in wanted for line in want.demand.lines}
    touched = {line for want in wanted for line in want.promised} | (mine & set(plan.short))
    if not touched:
        return
    days = promise_fit_many(touched, actor=actor, at=at)
    short = {
        want.row.order_id: {
            line.line_id
            for line in want.demand.lines
            if plan.short.get(line.line_id, 0) > drop_ships.get(line.line_id, 0)
        }
        for want in wanted
    }
    notices = []
    for order_id, lines in short.items():
        if lines and order_id not in facts.decided:
            day = max(days[line] for line in lines) if lines <= set(days) else None
            said = {
                "lines": {str(line): plan.short[line] - drop_ships.get(line, 0) for line in sorted(lines)},
                "promised_date": day.isoformat() if day else "",
            }
            notices.append(NoticeDraft(order_id, "first", said))
    order_notice_add_many("ORDER_BACKORDERED", notices, at=at)
    substitutable = [
        want.row.order_id
        for want in wanted
        if short[want.row.order_id]
        and facts.policies[want.row.order_id].rule_for(want.demand).allow_substitution
    ]
    if substitutable:
        job_enqueue(
            kind="orders.order_substitute_short", key=f"{substitutable[0]}:{at.isoformat()}",
            arguments={"order_ids": substitutable}, actor=actor, at=at,
        )  # fmt: skip


def _read_demands(rows: Sequence[OrderInNeed]) -> list[_Wanted]:
    lines: dict[int, list[DemandLine]] = {row.order_id: [] for row in rows}
    promised: dict[int, list[int]] = {row.order_id: [] for row in rows}
    for order_id, line_id, product_id, wanted, price, grams, kit, per_kit, has_promise in query(
        _LINES, [array(lines, "bigint")]
    ):
        lines[order_id].append(DemandLine(line_id, product_id, wanted, pence(price), grams, kit, per_kit))
        if has_promise:
            promised[order_id].append(line_id)
    return [
        _Wanted(
            Demand(
                row.order_id, row.country, row.ships_complete, lines[row.order_id], row.channel, row.segment, row.tier,
                row.priority, pence(row.total), row.max_shipments,
                row.only_node,
            ),
            row,
            promised[row.order_id],
        )
        for row in rows
        if lines[row.order_id]
    ]  # fmt: skip


def _in_sequence(wanted: Sequence[_Wanted], sequence: str) -> list[_Wanted]:
    """Sort a batch as the default policy says; priority goes first, and the locked order (ship-by) settles ties."""
    if sequence == "ORDERED":
        return sorted(wanted, key=lambda want: (-want.row.priority, want.row.ordered_at))
    if sequence == "VALUE":
        return sorted(wanted, key=lambda want: (-want.row.priority, -want.row.total))
    if sequence == "MARGIN":
        costs = unit_costs({line.product_id for want in wanted for line in want.demand.lines})
        margins = {
            want.row.order_id: sum(
                line.wanted * (line.value - pence(costs.get(line.product_id, 0)))
                for line in want.demand.lines
            )
            for want in wanted
        }
        return sorted(wanted, key=lambda want: (-want.row.priority, -margins[want.row.order_id]))
    return list(wanted)


def _facts(rows: Sequence[OrderInNeed]) -> _Facts:
    known = policies_in_force()
    if not known:
        raise InvalidInput(
            "no allocation policy is in force", field="policy", remedy="Put one in force first."
        )
    fallback = next(iter(known))
    policy_ids: dict[int, int] = {
        row.order_id: row.policy_id if row.policy_id in known else fallback for row in rows
    }
    return _Facts(
        {row.order_id: row.state for row in rows},
        frozenset(row.order_id for row in rows if row.has_drop_ships),
        frozenset(row.order_id for row in rows if row.is_decided),
        policy_ids,
        {order: known[policy] for order, policy in policy_ids.items()},
        known[fallback].sequence,
    )


def _write(demands: Sequence[Demand], plan: Plan, facts: _Facts, actor: User, at: datetime) -> None:
    by_order: dict[int, list[Assignment]] = {demand.order_id: [] for demand in demands}
    for assignment in plan.assignments:
        by_order[assignment.order_id].append(assignment)
    served = [order_id for order_id, assignments in by_order.items() if assignments]
    decided = [
        demand.order_id
        for demand in demands
        if by_order[demand.order_id] or demand.order_id not in facts.decided
    ]
    ids = reserve_ids(
        {
            "orders_allocationdecision": len(decided),
            "orders_allocation": len(plan.assignments),
            "inventory_stockevent": len(served),
        }
    )
    sequences = dict(zip(served, ids["inventory_stockevent"], strict=True))
    decisions = dict(zip(decided, ids["orders_allocationdecision"], strict=True))
    allocations = list(zip(ids["orders_allocation"], plan.assignments, strict=True))
    batch = Statements()
    batch.insert(
        "orders_allocationdecision",
        _DECISIONS,
        [
            (
                decision,
                order_id,
                facts.policy_ids[order_id],
                sequences.get(order_id),
                at,
                json.dumps(plan.explanations[order_id]),
            )
            for order_id, decision in decisions.items()
        ],
    )
    batch.insert(
        "orders_allocation",
        _ALLOCATIONS,
        [
            (
                allocation,
                a.line_id,
                a.node_id,
                a.product_id,
                a.quantity,
                AllocationState.ACTIVE,
                decisions[a.order_id],
                False,
                at,
            )
            for allocation, a in allocations
        ],
    )
    _add_line_quantities(batch, plan.assignments)
    _add_order_states(batch, served, plan, demands, facts, actor, at)
    stock_post_many(
        [_posting(order_id, decisions[order_id], by_order[order_id]) for order_id in served],
        actor=actor,
        at=at,
        sequences=[sequences[order_id] for order_id in served],
        statements=batch,
    )
    batch.run()


def _posting(order_id: int, decision_id: int, assignments: Sequence[Assignment]) -> Posting:
    moves = [
        Move(a.product_id, a.quantity, a.node_id, StockStatus.AVAILABLE, a.node_id, StockStatus.ALLOCATED,
             order_line_id=a.line_id)
        for a in assignments
    ]  # fmt: skip
    return Posting(ACTION, "orders.Order", order_id, f"allocate:{decision_id}", moves)


def _add_line_quantities(batch: Statements, assignments: Sequence[Assignment]) -> None:
    units: dict[int, int] = {}
    for assignment in assignments:
        units[assignment.line_id] = units.get(assignment.line_id, 0) + assignment.quantity
    if units:
        source, parameters = unnest({"id": "bigint", "units": "bigint"}, sorted(units.items()))
        batch.demand(
            "UPDATE orders_orderline l SET quantity_allocated = l.quantity_allocated + v.units "
            f"FROM {source} WHERE l.id = v.id RETURNING 1",
            parameters,
            len(units),
            "orders.OrderLine allocated",
        )


def _add_order_states(
    batch: Statements,
    served: Sequence[int],
    plan: Plan,
    demands: Sequence[Demand],
    facts: _Facts,
    actor: User,
    at: datetime,
) -> None:
    """Move what got its first units to ALLOCATED; whoever has everything needs the allocator no more."""
    short = facts.drop_shipped | {
        demand.order_id for demand in demands if any(line.line_id in plan.short for line in demand.lines)
    }
    for complete in (True, False):
        ids = [
            order_id
            for order_id in served
            if facts.states[order_id] == OrderState.CONFIRMED and (order_id not in short) == complete
        ]
        change_state_many(
            Order, ids, source=OrderState.CONFIRMED, to=OrderState.ALLOCATED, actor=actor, at=at, action=ACTION,
            fields={"needs_allocation": False} if complete else None, statements=batch,
        )  # fmt: skip
    settled = [
        order_id
        for order_id in served
        if facts.states[order_id] != OrderState.CONFIRMED and order_id not in short
    ]
    if settled:
        batch.demand(
            "UPDATE orders_order SET needs_allocation = false WHERE id = ANY(%s::bigint[]) RETURNING 1",
            [array(settled, "bigint")],
            len(settled),
            "orders.Order settled",
        )


def _results(demands: Sequence[Demand], plan: Plan) -> list[AllocationResult]:
    results = []
    for demand in demands:
        short = sum(plan.short.get(line.line_id, 0) for line in demand.lines)
        results.append(
            AllocationResult(demand.order_id, sum(line.wanted for line in demand.lines) - short, short)
        )
    return results
