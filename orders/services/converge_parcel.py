"""What follows from it that a channel says that goods of an order have left?

What we sent comes back as an echo. What the channel sends from a warehouse of its own (a connection's `fulfilment_node`
stands for it) leaves that node in our books as well, by a job: `fulfillment.channel_parcels_ship`. Anything else that left
there while our order is open is a person's to settle: it would leave twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from erp.core.errors import NotFound
from erp.core.models import User
from erp.core.services.work import JobDraft, job_enqueue_many
from inventory.models import Node
from orders.channels.document import Fulfilled
from orders.channels.fold import Fact, Picture, fold
from orders.locks import lock_levels_of_orders, lock_order
from orders.models import Channel, ChannelFact, ChannelOrder, Connection, Order, OrderLine
from orders.selectors.channel_lines import published_refs
from orders.services.allocation import order_allocate_many
from orders.services.connection import FULFILMENT_NODE
from orders.services.converge_case import OVER, SAID_BY_CHANNEL, Following
from orders.services.release import order_release_allocation, order_release_units
from orders.states import OrderState

SHIP = "fulfillment.channel_parcels_ship"


@dataclass(frozen=True)
class Departed:
    """What has left a channel's warehouse and not yet our books: units by our order line id, and how they went."""

    order_id: int
    units: Mapping[int, int]
    carrier: str
    tracking_number: str


def channel_node_of(channel: Channel) -> Node | None:
    """This function will return the node that stands for a channel's own warehouse, if its connection names one."""
    link = Connection.objects.filter(channel=channel).first()
    code = str(link.settings.get(FULFILMENT_NODE) or "").strip() if link else ""
    return Node.objects.filter(code=code, is_active=True).first() if code else None


def order_bind_to_channel(case: Following) -> None:
    """This function will keep an order that the channel sends itself to the channel's node; what our shelves had promised it,
    they get back. Nothing happens to other orders.
    """
    order = case.order
    if not case.snapshot.is_sent_by_channel or order.state in OVER:
        return
    node = channel_node_of(case.channel)
    if order.fulfilled_by_channel and (node is None or order.fulfilment_node_id is not None):
        return
    case.tried(lambda: _bind(case, order.pk, node.pk if node else None))


def _bind(case: Following, order_id: int, node_id: int | None) -> None:
    reason = "the channel sends it from its own warehouse"
    order_release_allocation(order_id=order_id, reason=reason, actor=case.actor, at=case.at)
    Order.objects.filter(pk=order_id).update(fulfilled_by_channel=True, fulfilment_node=node_id)
    case.order.refresh_from_db()
    order_allocate_many(order_ids=[order_id], actor=case.actor, at=case.at)


def parcels_follow(case: Following) -> None:
    """This function will have what left the channel's warehouse leave our books, and say what else left there as pending."""
    order = case.order
    theirs = _foreign(order, case.picture.fulfilments)
    if case.snapshot.is_sent_by_channel and order.fulfilled_by_channel:
        if order.state not in OVER and order.fulfilment_node_id is None:
            case.pending.append(
                f"{case.channel} sends this order from its own warehouse, and no node of ours stands for it: "
                f"enter the code of one as the setting “{FULFILMENT_NODE}” on the channel's page."
            )
        elif order.fulfilment_node_id is not None:
            _have_shipped(case, theirs)
    elif order.state not in OVER:
        case.pending.extend(
            f"Shipped there: {_words(parcel)}, while {order} is open here. If it really left, cancel the units here "
            "or book their shipment; if not, cancel the parcel there."
            for parcel in theirs
        )


def _foreign(order: Order, parcels: Sequence[Fulfilled]) -> list[Fulfilled]:
    """The parcels that we did not tell the channel of; one that was cancelled has no lines."""
    sent = [parcel for parcel in parcels if any(units for _, units in parcel.lines)]
    if not sent:
        return []
    ours = published_refs(order.channel_id, order.external_id, "SHIPMENT")
    return [parcel for parcel in sent if parcel.ref not in ours and not ours & set(parcel.tracking_numbers)]


def _words(parcel: Fulfilled) -> str:
    units = sum(count for _, count in parcel.lines)
    how = " ".join([parcel.carrier, *parcel.tracking_numbers]).strip()
    return f"{units} unit{'s' if units != 1 else ''}{f' by {how}' if how else ''} ({parcel.ref})"


def _have_shipped(case: Following, parcels: Sequence[Fulfilled]) -> None:
    order = case.order
    left = _left(order, case.row.line_map, parcels)
    if not left:
        return
    assert order.fulfilment_node is not None
    node, lines = order.fulfilment_node.code, {line.pk: line for line in _lines(order)}
    if order.state == OrderState.CANCELLED:
        case.pending.append(
            f"It has left {node}, but {order} is cancelled: book what comes back as a return."
        )
        return
    if order.state == OrderState.ON_HOLD:
        case.pending.append(
            f"It has left {node}, but {order} is on hold: settle the hold, then it ships here too."
        )
        return
    short = [
        f"{lines[pk].product.sku}: {units} left, {lines[pk].quantity_allocated} promised"
        for pk, units in left.items() if units > lines[pk].quantity_allocated
    ]  # fmt: skip
    if short:
        case.pending.append(
            f"It has left {node}, whose stock in our books does not have it ({'; '.join(short)}): bring that in line."
        )
        return
    case.pending.append(f"It has left {node}: being booked here.")
    key = f"{case.row.pk}:{'-'.join(f'{pk}x{units}' for pk, units in sorted(left.items()))}:{case.at:%Y-%m-%dT%H}"
    job_enqueue_many([JobDraft(SHIP, key[:200], {"channel_order_id": case.row.pk})], actor=case.actor)


def _lines(order: Order) -> list[OrderLine]:
    return list(OrderLine.objects.filter(order=order).select_related("product").order_by("position"))


def _left(order: Order, line_map: Mapping[str, int], parcels: Sequence[Fulfilled]) -> dict[int, int]:
    """Units per our line that left there and are not shipped here; of a kit, those of all its components."""
    lines = _lines(order)
    places = {line.position: line for line in lines}
    gone: dict[int, int] = {}
    for parcel in parcels:
        for ref, units in parcel.lines:
            line = places.get(line_map.get(ref, 0))
            parts = [] if line is None else [line]
            if line is not None and line.kit_id is not None:
                parts = [part for part in lines if part.kit_id == line.kit_id]
            for part in parts:
                gone[part.pk] = gone.get(part.pk, 0) + units * (part.quantity_per_kit or 1)
    shipped = {line.pk: line.quantity_shipped for line in lines}
    return {pk: units - shipped[pk] for pk, units in gone.items() if units > shipped[pk]}


@transaction.atomic
def channel_parcels_take(*, channel_order_id: int, actor: User, at: datetime) -> Departed | None:
    """This function will lock an order that its channel sends itself, with its stock, and return what has left there and not
    yet here; None when nothing has. Promises of what has not left yet are given back: who ships promises them anew.
    """
    row = ChannelOrder.objects.select_for_update(no_key=True).filter(pk=channel_order_id).first()
    if row is None:
        raise NotFound("there is no such channel order", field="channel_order", remedy="Reload the list.")
    order = Order.objects.filter(channel=row.channel_id, external_id=row.external_id).first()
    if order is None or order.fulfilment_node_id is None:
        return None
    order = lock_order(order.pk)
    lock_levels_of_orders([order.pk])
    parcels = _foreign(order, _picture(row).fulfilments)
    left = _left(order, row.line_map, parcels)
    lines = {line.pk: line for line in _lines(order)}
    if not left or any(units > lines[pk].quantity_allocated for pk, units in left.items()):
        return None
    stay = {pk: line.quantity_allocated - left.get(pk, 0) for pk, line in lines.items()}
    order_release_units(
        order_id=order.pk, units={pk: units for pk, units in stay.items() if units},
        reason=f"has not left yet, {SAID_BY_CHANNEL}", actor=actor, at=at,
    )  # fmt: skip
    newest = parcels[-1]
    tracking = ", ".join(number for parcel in parcels for number in parcel.tracking_numbers)
    return Departed(order.pk, left, newest.carrier or str(row.channel), tracking[:60])


def _picture(row: ChannelOrder) -> Picture:
    facts = ChannelFact.objects.filter(channel_order=row)
    return fold(
        Fact(*fact) for fact in facts.values_list("kind", "ref", "version", "content_hash", "content")
    )
