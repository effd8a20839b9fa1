"""Who does something about promises that can not be kept: wait, bring units from another node, split, or call off?

Each promise is settled once: what has been replaced, covered or cancelled meanwhile is left alone and said so.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from django.db import models, transaction
from django.utils.timezone import localtime

from erp.core.errors import InvalidInput, KeelError
from erp.core.models import User
from erp.core.services.note import note_add
from erp.core.services.state import change_state_many
from erp.core.sql import array, query
from inventory.services import InsufficientStock, TransferLineDraft, transfer_raise_many
from orders.locks import lock_levels_of_orders, lock_sellable
from orders.models import Order, Promise
from orders.selectors.promise import PromiseAtRisk, promises_at_risk, stock_elsewhere
from orders.selectors.substitution import offered, substitute_units, substitutes_for
from orders.services.allocation import order_allocate_many
from orders.services.notice import NoticeDraft, order_notice_add_many
from orders.services.promise import promise_fit_many
from orders.services.release import order_cancel
from orders.services.sister import ON_THE_WAY
from orders.services.substitute import order_line_substitute
from orders.states import PromiseState

ACTION = "orders.promise_rescue_many"


class Rescue(models.TextChoices):
    """What can be done about a promise at risk."""

    WAIT = "WAIT", "Wait: promise the new day and tell the customer"
    TRANSFER = "TRANSFER", "Bring the units from a node that has them"
    SUBSTITUTE = "SUBSTITUTE", "Send what a rule allows instead, from stock"
    SPLIT = "SPLIT", "Ship what is there now, the rest when it comes"
    CANCEL = "CANCEL", "Call the units off and tell the customer"


class RescueResult(NamedTuple):
    """What became of one promise."""

    promise_id: int
    label: str
    is_done: bool
    message: str


@transaction.atomic
def promise_rescue_many(
    *, promise_ids: Sequence[int], option: str, reason: str, actor: User, at: datetime
) -> list[RescueResult]:
    """This function will do one thing about every promise that is at risk, and say per promise what became of it.

    Messages to customers are in the outbox when it returns. InvalidInput for an unknown option or without a reason.
    """
    if option not in Rescue.values:
        raise InvalidInput("there is no such option", field="option", remedy="Choose from the list.")
    if not reason.strip():
        raise InvalidInput("a reason is needed", field="reason", remedy="Say what the customer may be told.")
    wanted = list(dict.fromkeys(promise_ids))
    query(
        "SELECT o.id FROM orders_order o WHERE o.id IN (SELECT l.order_id FROM orders_orderline l JOIN orders_promise p "
        "ON p.order_line_id = l.id WHERE p.id = ANY(%s::bigint[])) ORDER BY o.id FOR NO KEY UPDATE",
        [array(wanted, "bigint")],
    )
    risks = {
        risk.promise_id: risk for risk in promises_at_risk(today=localtime(at).date(), promise_ids=wanted)
    }
    chosen = [risks[pk] for pk in wanted if pk in risks]
    acts = {
        Rescue.WAIT: _wait, Rescue.TRANSFER: _transfer, Rescue.SUBSTITUTE: _substitute, Rescue.SPLIT: _split,
        Rescue.CANCEL: _cancel,
    }  # fmt: skip
    said = acts[Rescue(option)](chosen, reason.strip(), actor, at) if chosen else {}
    return [
        RescueResult(pk, f"{risks[pk].order} {risks[pk].sku}", *said[pk])
        if pk in risks
        else RescueResult(pk, f"promise #{pk}", False, "It was settled already, or can be kept.")
        for pk in wanted
    ]


Said = dict[int, tuple[bool, str]]


def _close(risks: Sequence[PromiseAtRisk], state: str, reason: str, actor: User, at: datetime) -> None:
    change_state_many(
        Promise, [risk.promise_id for risk in risks], source=PromiseState.OPEN, to=state, actor=actor, at=at, action=ACTION,
        reason=reason, fields={"closed_at": at},
    )  # fmt: skip


def _wait(risks: Sequence[PromiseAtRisk], reason: str, actor: User, at: datetime) -> Said:
    """Promise anew, out of the earliest supply that has units; what has no supply stays without a day, and is told so."""
    _close(risks, PromiseState.REPLACED, reason, actor, at)
    fitted = promise_fit_many(
        [risk.line_id for risk in risks],
        replaces={risk.line_id: risk.promise_id for risk in risks},
        actor=actor,
        at=at,
    )
    _tell_delay(risks, fitted, reason, at)
    return {
        risk.promise_id: (
            True,
            f"Promised for {fitted[risk.line_id]:%d %b} now; the customer is told."
            if risk.line_id in fitted
            else "No supply is known: it waits without a day; the customer is told.",
        )
        for risk in risks
    }


def _tell_delay(risks: Sequence[PromiseAtRisk], fitted: dict[int, date], reason: str, at: datetime) -> None:
    by_order: dict[int, list[PromiseAtRisk]] = {}
    for risk in risks:
        by_order.setdefault(risk.order_id, []).append(risk)
    drafts = []
    for order_id, own in by_order.items():
        days = [fitted[risk.line_id] for risk in own if risk.line_id in fitted]
        facts = {
            "lines": {str(risk.line_id): risk.quantity for risk in own}, "reason": reason,
            "previous_date": min(risk.promised_date for risk in own).isoformat(),
            "promised_date": max(days).isoformat() if len(days) == len(own) else "",
        }  # fmt: skip
        drafts.append(NoticeDraft(order_id, f"promise-{max(risk.promise_id for risk in own)}", facts))
    order_notice_add_many("ORDER_DELAYED", drafts, at=at)


def _transfer(risks: Sequence[PromiseAtRisk], reason: str, actor: User, at: datetime) -> Said:
    """Let a node that has the units send them to where the promise's supply was to arrive."""
    _, _ = lock_sellable(sorted({risk.product_id for risk in risks}))
    spare = {
        product: {place.node_id: place.units for place in places}
        for product, places in stock_elsewhere([risk.product_id for risk in risks]).items()
    }
    nodes = _supply_nodes([risk.promise_id for risk in risks])
    said: Said = {}
    routes: dict[tuple[int, int], dict[int, int]] = {}
    brought = []
    for risk in risks:
        goal = nodes.get(risk.promise_id)
        source = next(
            (
                node
                for node, units in spare.get(risk.product_id, {}).items()
                if node != goal and units >= risk.quantity
            ),
            None,
        )
        if goal is None or source is None:
            said[risk.promise_id] = (
                False,
                f"No other node has {risk.quantity} units of {risk.sku} to spare."
                if goal is not None
                else "A supplier sends it to the customer: cancel his purchase order, and the units want stock again.",
            )
            continue
        spare[risk.product_id][source] -= risk.quantity
        units = routes.setdefault((source, goal), {})
        units[risk.product_id] = units.get(risk.product_id, 0) + risk.quantity
        brought.append(risk)
    if not brought:
        return said
    _close(brought, PromiseState.REPLACED, reason, actor, at)
    transfers = transfer_raise_many(
        {route: [TransferLineDraft(p, q) for p, q in sorted(units.items())] for route, units in routes.items()},
        expected_date=(at + ON_THE_WAY).date(), actor=actor, at=at,
    )  # fmt: skip
    fitted = promise_fit_many(
        [risk.line_id for risk in brought],
        replaces={risk.line_id: risk.promise_id for risk in brought},
        actor=actor,
        at=at,
    )
    numbers = ", ".join(transfer.number for transfer in transfers)
    for risk in brought:
        day = f", promised for {fitted[risk.line_id]:%d %b}" if risk.line_id in fitted else ""
        said[risk.promise_id] = (True, f"{numbers} brings the units{day}.")
    return said


def _supply_nodes(promise_ids: Sequence[int]) -> dict[int, int]:
    """Where the promised units were to arrive; without a supply, the node that ships and is preferred.

    What goes straight to the customer arrives nowhere and is left out.
    """
    return dict(
        query(
            "SELECT p.id, coalesce(s.node_id, (SELECT id FROM inventory_node WHERE is_active AND can_ship "
            "ORDER BY rank, id LIMIT 1)) "
            "FROM orders_promise p LEFT JOIN inventory_expectedsupply s ON s.id = p.supply_id "
            "LEFT JOIN inventory_node n ON n.id = s.node_id "
            "WHERE n.kind IS DISTINCT FROM 'DROPSHIP' AND p.id = ANY(%s::bigint[])",
            [array(promise_ids, "bigint")],
        )  # type: ignore[arg-type]
    )


def _substitute(risks: Sequence[PromiseAtRisk], reason: str, actor: User, at: datetime) -> Said:
    """Replace the promised units by a product that a rule allows without asking and that is there; promise it at once."""
    orders = sorted({risk.order_id for risk in risks})
    rules = substitutes_for([risk.product_id for risk in risks], localtime(at).date())
    lock_levels_of_orders(orders, also=[rule.substitute_id for own in rules.values() for rule in own])
    there = substitute_units(rules)
    said: Said = {}
    for risk in risks:
        rule = offered(rules.get(risk.product_id, []), risk.quantity, there)
        if rule is None:
            said[risk.promise_id] = (False, f"Nothing that may be sent instead of {risk.sku} is in stock.")
            continue
        try:
            with transaction.atomic():
                order_line_substitute(
                    line_id=risk.line_id, substitute_product_id=rule.substitute_id, quantity=risk.quantity, reason=reason,
                    actor=actor, at=at,
                )  # fmt: skip
        except KeelError as refusal:
            said[risk.promise_id] = (False, f"{refusal.message}. {refusal.remedy}")
        else:
            said[risk.promise_id] = (True, f"{rule.sku} is sent instead.")
    order_allocate_many(order_ids=orders, actor=actor, at=at)
    return said


def _split(risks: Sequence[PromiseAtRisk], reason: str, actor: User, at: datetime) -> Said:
    """Let orders that were to ship complete leave with what is there; what is at risk is promised anew and told."""
    whole = [risk for risk in risks if risk.ships_complete]
    for order_id in sorted({risk.order_id for risk in whole}):
        Order.objects.filter(pk=order_id).update(ships_complete=False)
        note_add(
            document_type="orders.Order",
            document_id=order_id,
            body=f"Ships in parts: {reason}",
            actor=actor,
            at=at,
        )
    said: Said = {
        risk.promise_id: (False, "The order ships in parts anyway.")
        for risk in risks
        if not risk.ships_complete
    }
    if whole:
        # stock levels are locked before expected supply
        order_allocate_many(order_ids=sorted({risk.order_id for risk in whole}), actor=actor, at=at)
        said |= _wait(whole, reason, actor, at)
    return said


def _cancel(risks: Sequence[PromiseAtRisk], reason: str, actor: User, at: datetime) -> Said:
    """Cancel the units that were promised; the cancellation calls the promises off and tells the customer."""
    said: Said = {}
    lock_levels_of_orders([risk.order_id for risk in risks])
    for risk in risks:
        try:
            with transaction.atomic():
                order_cancel(
                    order_id=risk.order_id,
                    quantities={risk.line_id: risk.quantity},
                    reason=reason,
                    told_reason=reason,
                    actor=actor,
                    at=at,
                )
        except (KeelError, InsufficientStock) as refusal:
            said[risk.promise_id] = (False, f"{refusal.message}. {refusal.remedy}")
        else:
            said[risk.promise_id] = (True, f"{risk.quantity} units called off.")
    return said
