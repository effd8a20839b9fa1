"""Who keeps stock for a cart, and who lets it go again?

A reservation is all or nothing, and for a while: units go AVAILABLE → RESERVED at the nodes that the channel's policy would
ship from, and come back when it is released, when it expires, or when its order takes them (`reservation_hand_over_many`).
Whoever moves RESERVED units holds the AVAILABLE level of the same product and node first, so nobody waits in a circle.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction

from erp.core.errors import Conflict, InvalidInput, KeelError, NotFound
from erp.core.models import User
from erp.core.money import ZERO
from erp.core.services.note import note_add
from erp.core.services.state import change_state_many, record_creation
from erp.core.sql import Statements, array, query, reserve_ids, unnest
from inventory.services import Move, Posting, stock_post_many
from inventory.states import StockStatus
from orders.locks import lock_sellable
from orders.models import Reservation, ReservationLine
from orders.planner import Demand, DemandLine, Policy, plan_allocation
from orders.resolve import ChannelFacts, References, resolve_references
from orders.selectors.policy import freight_rates, policies_in_force, shipping_nodes
from orders.services.command import LineCommand, OrderCommand
from orders.states import RESERVATION, ReservationState

SHORTEST, LONGEST = 60, 3_600  # seconds that one request may ask for
MOST_HOURS = 6  # however often it is extended
MOST_LINES = 200
MOST_UNITS = 1_000_000
SWEEP = 1_000


class ReservationShort(KeelError):
    """Not everything can be kept. `detail["shortages"]` lists sku, wanted and available of each short product."""

    code = "reservation_short"


@dataclass(frozen=True)
class ReservationDraft:
    """A cart as a channel describes it: `lines` are (channel SKU, units), `country` where it would go if that is known."""

    channel: str
    key: str
    lines: Sequence[tuple[str, int]]
    ttl_seconds: int
    country: str = ""


_HEADS = {
    "id": "bigint", "channel_id": "bigint", "key": "text", "state": "text", "wanted": "jsonb", "country": "text",
    "created_by_id": "bigint", "created_at": "timestamptz", "expires_at": "timestamptz",
}  # fmt: skip
_LINES = {"reservation_id": "bigint", "product_id": "bigint", "node_id": "bigint", "quantity": "bigint"}


@transaction.atomic
def reservation_create(draft: ReservationDraft, *, actor: User, at: datetime) -> tuple[Reservation, bool]:
    """This function will keep the cart's units, all or nothing, and return the reservation and whether it is new.

    The same key with the same lines returns what it became; with others it is a Conflict. Kits keep their components.
    ReservationShort names every short SKU with what there is; InvalidInput a field at fault.
    """
    _check(draft)
    references = resolve_references([_as_order(draft, at)], at=at)
    channel = references.channels.get(draft.channel)
    if channel is None or not channel.is_active:
        raise InvalidInput(
            f"there is no active channel “{draft.channel[:40]}”",
            field="channel",
            remedy="Use a channel's code.",
        )
    lines = _demand_lines(draft, channel, references)
    (pk,) = reserve_ids({"orders_reservation": 1})["orders_reservation"]
    if not _claim(pk, draft, channel.id, actor, at):
        return _known(draft, channel.id), False
    kept = _plan(pk, draft, channel, lines)
    batch = Statements()
    rows = [(pk, product, node, units) for (product, node), units in sorted(kept.items())]
    batch.insert("orders_reservationline", _LINES, rows)
    record_creation(
        Reservation, [pk], actor=actor, at=at, action="orders.reservation_create", statements=batch
    )
    moves = [
        Move(product, quantity, node, StockStatus.AVAILABLE, node, StockStatus.RESERVED)
        for _, product, node, quantity in rows
    ]
    posting = Posting(
        "orders.reservation_create", "orders.Reservation", pk, f"reserve:{pk}", moves, draft.key
    )
    stock_post_many([posting], actor=actor, at=at, statements=batch)
    batch.run()
    return Reservation.objects.select_related("channel").get(pk=pk), True


@transaction.atomic
def reservation_extend(*, reservation_id: int, ttl_seconds: int, actor: User, at: datetime) -> Reservation:
    """This function will let a reservation end `ttl_seconds` from now; a note says who asked.

    Conflict when it is over already; InvalidInput for a time out of range or past six hours from its beginning.
    """
    _check_ttl(ttl_seconds)
    found = _lock(reservation_id)
    if found.state != ReservationState.ACTIVE or found.expires_at <= at:
        raise Conflict(
            f"the reservation {found.key} is over", field="state", remedy="Make a new one with another key."
        )
    ends = at + timedelta(seconds=ttl_seconds)
    if ends > found.created_at + timedelta(hours=MOST_HOURS):
        raise InvalidInput(
            f"a reservation lasts {MOST_HOURS} hours at most", field="ttl_seconds",
            remedy="Order, or release it and make a new one.",
        )  # fmt: skip
    found.expires_at = ends
    found.save(update_fields=["expires_at"])
    note_add(
        document_type="orders.Reservation", document_id=found.pk, body=f"Extended to {ends:%Y-%m-%d %H:%M:%S} UTC",
        actor=actor, at=at,
    )  # fmt: skip
    return found


@transaction.atomic
def reservation_release(*, reservation_id: int, reason: str = "", actor: User, at: datetime) -> Reservation:
    """This function will make a reservation's units sellable again; IllegalTransition when it is over already."""
    found = _lock(reservation_id)
    reservation_give_back(
        [found.pk], states=[found.state], to=ReservationState.RELEASED, action="orders.reservation_release", reason=reason,
        actor=actor, at=at,
    )  # fmt: skip
    found.refresh_from_db()
    return found


@transaction.atomic
def reservation_expire(*, actor: User, at: datetime) -> dict[str, int]:
    """This function will give back the units of reservations whose time is over, and return how many there were.

    Those that somebody has in hand are skipped: they are being used, extended or released, or come with the next look.
    """
    ids = [
        row[0]
        for row in query(
            "SELECT id FROM orders_reservation WHERE state = 'ACTIVE' AND expires_at <= %s ORDER BY expires_at, id LIMIT %s "
            "FOR NO KEY UPDATE SKIP LOCKED",
            [at, SWEEP],
        )
    ]
    reservation_give_back(
        sorted(ids), states=[ReservationState.ACTIVE], to=ReservationState.EXPIRED, action="orders.reservation_expire",
        reason="its time is over", actor=actor, at=at,
    )  # fmt: skip
    return {"expired": len(ids)}


def reservation_give_back(
    ids: Sequence[int],
    *,
    states: Sequence[str],
    to: str,
    action: str,
    reason: str = "",
    orders: Mapping[int, int] | None = None,
    actor: User,
    at: datetime,
) -> None:
    """This function will move the units of locked reservations RESERVED → AVAILABLE and end them, each once.

    `orders` (reservation id → order id) says whose they are when they were consumed. One event per reservation, and the
    levels of all of them in one ordered statement.
    """
    if not ids:
        return
    batch = Statements()
    if orders:
        source, parameters = unnest({"id": "bigint", "order_id": "bigint"}, sorted(orders.items()))
        batch.demand(
            f"UPDATE orders_reservation r SET order_id = v.order_id FROM {source} WHERE r.id = v.id RETURNING 1",
            parameters, len(orders), "orders.Reservation handed over",
        )  # fmt: skip
    change_state_many(
        Reservation, ids, source=states, to=to, actor=actor, at=at, action=action, reason=reason, fields={"closed_at": at},
        statements=batch,
    )  # fmt: skip
    moves: dict[int, list[Move]] = {pk: [] for pk in ids}
    for pk, product, node, quantity in (
        ReservationLine.objects.filter(reservation__in=ids)
        .order_by("pk")
        .values_list("reservation_id", "product_id", "node_id", "quantity")
    ):
        moves[pk].append(Move(product, quantity, node, StockStatus.RESERVED, node, StockStatus.AVAILABLE))
    batch.run()
    stock_post_many(
        [Posting(action, "orders.Reservation", pk, f"unreserve:{pk}", moves[pk], reason) for pk in sorted(ids)],
        actor=actor, at=at,
    )  # fmt: skip


def _lock(reservation_id: int) -> Reservation:
    found = Reservation.objects.select_for_update(no_key=True, of=("self",)).select_related("channel")
    reservation = found.filter(pk=reservation_id).first()
    if reservation is None:
        raise NotFound(
            f"there is no reservation #{reservation_id}", field="reservation", remedy="Reload the list."
        )
    return reservation


def _check_ttl(ttl_seconds: int) -> None:
    if not SHORTEST <= ttl_seconds <= LONGEST:
        raise InvalidInput(
            f"ttl_seconds is {ttl_seconds}, it must be {SHORTEST} to {LONGEST:,}", field="ttl_seconds",
            remedy="Ask for less; an active reservation can be extended.",
        )  # fmt: skip


def _check(draft: ReservationDraft) -> None:
    _check_ttl(draft.ttl_seconds)
    if not 1 <= len(draft.lines) <= MOST_LINES:
        raise InvalidInput(
            f"{len(draft.lines)} lines, it must be 1 to {MOST_LINES}", field="lines", remedy="Send what the cart holds."
        )  # fmt: skip
    for number, (_, units) in enumerate(draft.lines, start=1):
        if not 1 <= units <= MOST_UNITS:
            raise InvalidInput(
                f"lines[{number}].quantity is {units}", field=f"lines[{number}].quantity",
                remedy=f"Send 1 to {MOST_UNITS:,} units.",
            )  # fmt: skip


def _as_order(draft: ReservationDraft, at: datetime) -> OrderCommand:
    """A cart names products as an order does: the same look-up says what they mean."""
    lines = [LineCommand(sku, units, ZERO) for sku, units in draft.lines]
    return OrderCommand(draft.channel, draft.key, at, "", lines, "")


def _demand_lines(draft: ReservationDraft, channel: ChannelFacts, references: References) -> list[DemandLine]:
    """What the cart wants of stocked products: kits are what their components are, and those stay together."""
    lines: list[DemandLine] = []
    for number, (sku, count) in enumerate(draft.lines, start=1):
        product = references.product(channel, sku)
        if product is None or not product.is_active:
            said = f"unknown SKU “{sku[:40]}”" if product is None else f"{sku[:40]} is not sold any more"
            raise InvalidInput(
                f"{said} (line {number})", field=f"lines[{number}].sku",
                remedy="Send a SKU that is listed in the channel.", skus=[sku],
            )  # fmt: skip
        if not product.is_kit:
            lines.append(DemandLine(len(lines), product.id, count))
            continue
        for part in references.kits.get(product.id, ()):
            lines.append(
                DemandLine(
                    len(lines), part.product_id, part.quantity * count, kit_id=number, per_kit=part.quantity
                )
            )
    return lines


def _claim(pk: int, draft: ReservationDraft, channel_id: int, actor: User, at: datetime) -> bool:
    """The head is the claim of its key: a second request with the key waits for the first one to end."""
    batch = Statements()
    batch.insert(
        "orders_reservation",
        _HEADS,
        [
            (pk, channel_id, draft.key, RESERVATION.initial, json.dumps(_wanted(draft)), draft.country, actor.pk, at,
             at + timedelta(seconds=draft.ttl_seconds))
        ],
        "ON CONFLICT (channel_id, key) DO NOTHING RETURNING id",
    )  # fmt: skip
    return bool(batch.run())


def _wanted(draft: ReservationDraft) -> list[list[object]]:
    return [[sku, units] for sku, units in draft.lines]


def _known(draft: ReservationDraft, channel_id: int) -> Reservation:
    known = Reservation.objects.select_related("channel").get(channel_id=channel_id, key=draft.key)
    if known.wanted != _wanted(draft):
        raise Conflict(
            f"the key “{draft.key}” reserves something else", field="key", remedy="Use a new key, or release the first."
        )  # fmt: skip
    return known


def _plan(
    pk: int, draft: ReservationDraft, channel: ChannelFacts, lines: Sequence[DemandLine]
) -> dict[tuple[int, int], int]:
    """Lock what may be sold and choose the nodes as the allocator would; ReservationShort unless all can be kept.

    Returns (product, node) → units.
    """
    wanted: dict[int, int] = {}
    for line in lines:
        wanted[line.product_id] = wanted.get(line.product_id, 0) + line.wanted
    supply, withheld = lock_sellable(sorted(wanted))
    demand = Demand(pk, draft.country, False, lines, draft.channel)
    plan = plan_allocation(
        [demand], supply, shipping_nodes(), {pk: _policy(channel)}, withheld=withheld, rates=freight_rates()
    )
    if plan.short:
        left = {line.line_id: plan.short.get(line.line_id, 0) for line in lines}
        there = dict(wanted)
        for line in lines:
            there[line.product_id] -= left[line.line_id]
        raise _short(wanted, there)
    kept: dict[tuple[int, int], int] = {}
    for a in plan.assignments:
        kept[a.product_id, a.node_id] = kept.get((a.product_id, a.node_id), 0) + a.quantity
    return kept


def _short(units: Mapping[int, int], there: Mapping[int, int]) -> ReservationShort:
    rows = query(
        "SELECT id, sku FROM inventory_product WHERE id = ANY(%s::bigint[])", [array(units, "bigint")]
    )
    skus: dict[int, str] = {row[0]: row[1] for row in rows}
    short = [product for product in sorted(units) if units[product] > there.get(product, 0)] or sorted(units)
    shortages = [
        {"sku": skus[product], "wanted": units[product], "available": there.get(product, 0)}
        for product in short
    ]
    named = ", ".join(
        f"{s['sku']} ({s['wanted']} wanted, {s['available']} available)" for s in shortages[:10]
    )
    return ReservationShort(
        f"not everything can be reserved: {named}", field="lines",
        remedy="Ask for less of these; nothing was reserved.", shortages=shortages,
    )  # fmt: skip


def _policy(channel: ChannelFacts) -> Policy:
    """The channel's policy while it is in force, else the company's default; whatever it says, a cart gets no transfers."""
    known = policies_in_force()
    if not known:
        raise InvalidInput(
            "no allocation policy is in force", field="policy", remedy="Put one in force first."
        )
    policy = known.get(channel.policy_id or 0) or next(iter(known.values()))
    return replace(
        policy,
        rules=tuple(replace(rule, allow_transfer=False, allow_backorder=True) for rule in policy.rules),
    )
