"""What would the checks say about an order today, and which holds open or end by that?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from erp.core.models import User
from erp.core.sql import Statements, array, query, unnest
from orders import checks
from orders.locks import lock_levels_of_orders
from orders.models import Hold
from orders.selectors.hold import hold_rules
from orders.services.hold import hold_open, hold_settle_many
from orders.services.order_facts import facts_of
from orders.services.order_ground import Subject, load_ground
from orders.services.order_stored import stored_subjects
from orders.states import HoldRelease, HoldState, OrderState

CHECKABLE = (OrderState.RECEIVED, OrderState.ON_HOLD, OrderState.CONFIRMED, OrderState.ALLOCATED)
BATCH = 500
_SETTLED = {
    HoldRelease.PAID: "The order is paid.",
    HoldRelease.CREDIT: "The customer is within credit again.",
    HoldRelease.ADDRESS: "The address is deliverable.",
}


class Revalidated(NamedTuple):
    """What a new look at an order changed: kinds of hold that opened and ended."""

    order_id: int
    opened: tuple[str, ...]
    released: tuple[str, ...]


@transaction.atomic
def order_revalidate(
    order_ids: Sequence[int], *, opens: bool = True, actor: User, at: datetime
) -> list[Revalidated]:
    """This function will check orders again that are not yet being picked, and open and release holds accordingly.

    A hold ends by itself only where its kind's rule says so; the others wait for their owner. What a person has released
    does not open again. Without `opens` holds only end. Orders that are further on are left out.
    """
    ids = _lock(order_ids)
    subjects = stored_subjects(ids)
    findings = _check(subjects)
    _store(subjects, findings)
    holds: dict[int, dict[str, Hold]] = {}
    judged: set[tuple[int, str]] = set()
    for hold in Hold.objects.filter(order__in=ids).select_related("closed_by"):
        if hold.state == HoldState.OPEN:
            holds.setdefault(hold.order_id, {})[hold.kind] = hold
        elif hold.closed_by and not hold.closed_by.is_system:
            judged.add((hold.order_id, hold.kind))
    rules = hold_rules()
    met = {
        order_id: [
            hold for kind, hold in open_.items() if rules[kind].release_by in _SETTLED and kind not in findings[order_id]
        ]
        for order_id, open_ in holds.items()
    }  # fmt: skip
    opened: dict[int, list[str]] = {}
    if opens and len(ids) > 1 and any(findings[order_id] for order_id in ids):
        lock_levels_of_orders(ids)  # each hold gives an order's promises back, one order after the other
    for order_id in ids if opens else ():  # before others end, or the order would be confirmed in between
        for kind, finding in findings[order_id].items():
            if kind not in holds.get(order_id, {}) and (order_id, kind) not in judged:
                hold_open(
                    order_id=order_id, kind=kind, reason=finding.reason, evidence=finding.evidence, owner=finding.owner,
                    actor=actor, at=at,
                )  # fmt: skip
                opened.setdefault(order_id, []).append(kind)
    for release_by, reason in _SETTLED.items():
        ending = [
            hold for found in met.values() for hold in found if rules[hold.kind].release_by == release_by
        ]
        if ending:
            hold_settle_many(ending, reason=reason, actor=actor, at=at)
    return [
        Revalidated(
            order_id, tuple(opened.get(order_id, ())), tuple(hold.kind for hold in met.get(order_id, ()))
        )
        for order_id in ids
    ]


def _lock(order_ids: Sequence[int]) -> list[int]:
    return [
        row[0]
        for row in query(
            "SELECT id FROM orders_order WHERE id = ANY(%s::bigint[]) AND state = ANY(%s::text[]) "
            "ORDER BY id FOR NO KEY UPDATE",
            [array(order_ids, "bigint"), array(CHECKABLE, "text")],
        )
    ]


def _check(subjects: Sequence[Subject]) -> dict[int, dict[str, checks.Finding]]:
    ground = load_ground(subjects)
    found = {}
    for subject in subjects:
        findings = [
            # what would be refused at the door is held once it is in
            checks.Finding(f.check, checks.HOLD, f.reason, "FRAUD", f.evidence)
            if f.verdict == checks.REJECT
            else f
            for f in checks.check_order(facts_of(subject, ground))
            if f.verdict == checks.HOLD or f.check == "risk"
        ]
        found[subject.order_id] = checks.holds_of(findings)
    return found


def _store(subjects: Sequence[Subject], findings: dict[int, dict[str, checks.Finding]]) -> None:
    if not subjects:
        return
    said = [
        (
            order_id,
            json.dumps(
                [{"check": f.check, "verdict": f.verdict, "reason": f.reason} for f in found.values()]
            ),
        )
        for order_id, found in findings.items()
    ]
    source, parameters = unnest({"id": "bigint", "said": "jsonb"}, said)
    batch = Statements()
    batch.demand(
        f"UPDATE orders_order o SET checks = v.said FROM {source} WHERE o.id = v.id RETURNING 1",
        parameters, len(said), "orders.Order checks",
    )  # fmt: skip
    batch.run()


def order_recheck(order_id: int, *, actor: User, at: datetime) -> list[str]:
    """This function will check one changed order again and return the kinds of hold that opened by it."""
    return [kind for row in order_revalidate([order_id], actor=actor, at=at) for kind in row.opened]


@transaction.atomic
def hold_release_met(*, actor: User, at: datetime) -> int:
    """This function will release the holds whose rule is met by now, and return how many: paid, within credit, deliverable."""
    kinds = [kind for kind, rule in hold_rules().items() if rule.release_by in _SETTLED]
    ids = list(
        Hold.objects.filter(state=HoldState.OPEN, kind__in=kinds)
        .order_by("order_id").values_list("order_id", flat=True).distinct()
    )  # fmt: skip
    done = 0
    for start in range(0, len(ids), BATCH):
        found = order_revalidate(ids[start : start + BATCH], opens=False, actor=actor, at=at)
        done += sum(len(row.released) for row in found)
    return done
