"""Who lets our order follow what its channel says of it?

Whatever has been said is folded into one picture (`orders.channels.fold`), and what our order lacks of it is done: received,
changed, cancelled, paid, paid back. So nothing depends on which message came first, and a message that comes again finds
nothing to do, and locks nothing. What can not be done yet is written down as pending and tried again with each message and by
the clock; it never stops the rest.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction

from erp.core.errors import KeelError
from erp.core.models import User
from orders.channels.document import Paid, Refund, Snapshot, from_json, to_json
from orders.channels.fold import Fact, fold
from orders.channels.normalise import order_command
from orders.locks import lock_levels_of_orders
from orders.models import Channel, ChannelFact, ChannelOrder, Order, OrderKit, OrderLine, Payment
from orders.resolve import products_of_skus
from orders.selectors.channel_lines import published_refs
from orders.services.allocation import order_allocate_many
from orders.services.command import OrderCommand
from orders.services.converge_case import OVER, SAID_BY_CHANNEL, Following
from orders.services.converge_change import order_follow_change
from orders.services.converge_parcel import channel_node_of, order_bind_to_channel, parcels_follow
from orders.services.order import order_receive_many
from orders.services.pay_back import order_pay_back
from orders.services.payment import PaymentDraft, payment_capture_many
from orders.services.refund_due import refund_due_settle
from orders.services.release import order_cancel
from orders.states import OrderState


@transaction.atomic
def channel_order_converge(*, channel_order_id: int, actor: User, at: datetime) -> list[str]:
    """This function will do what our order lacks of what its channel says, and return what can not be done yet, in words.

    Stock first, money last, as everywhere: who locks a level while holding the journal's number waits in a circle.
    """
    row = ChannelOrder.objects.select_for_update(no_key=True).get(pk=channel_order_id)
    channel = Channel.objects.get(pk=row.channel_id)
    facts = ChannelFact.objects.filter(channel_order=row).values_list(
        "kind", "ref", "version", "content_hash", "content"
    )
    picture = fold(Fact(*fact) for fact in facts)
    pending: list[str] = []
    if picture.snapshot is None:
        if row.never_was_at is None or not picture.is_only_called_off:
            row.never_was_at = None
            pending.append("The order itself has not arrived.")
    elif not picture.snapshot.is_test:
        row.never_was_at, row.dearest = None, picture.dearest
        _follow(Following(row, channel, picture, pending, actor, at))
    row.is_due = False
    row.pending_since = (row.pending_since or at) if pending else None
    row.pending = pending
    row.save()
    return pending


def _follow(case: Following) -> None:
    order = Order.objects.filter(channel=case.channel, external_id=case.row.external_id).first()
    is_new = order is None
    if order is None:
        order = _receive(case)
        if order is None:
            return
    case.order = order
    if case.row.applied is None:  # new, or it came another way: by hand, by a file, by a replay
        case.row.applied = to_json(_as_ordered(case.snapshot))
        case.row.line_map = _positions(order, case.snapshot)
    if _is_behind(case):
        if not is_new:
            case.order = Order.objects.select_for_update(no_key=True).get(pk=order.pk)
            lock_levels_of_orders([order.pk], also=_products(case.channel, case.snapshot))
        _catch_up(case)
    _say(case)


def _catch_up(case: Following) -> None:
    """Do what is lacking: what the order is, then whether it is wanted, then what is owed back."""
    picture, row = case.picture, case.row
    _pay(case)
    order_bind_to_channel(case)
    if _is_changed(case) and not (picture.is_reinstated and case.order.state == OrderState.CANCELLED):
        before = from_json(Snapshot, row.applied or {})
        # what is called off is not changed any more
        if picture.cancelled or case.tried(partial(order_follow_change, case, before)):
            row.applied_version, row.applied = picture.version, to_json(case.snapshot)
    case.order.refresh_from_db()
    if picture.cancelled is not None and case.order.state not in OVER:
        case.tried(partial(_cancel, case, picture.cancelled.reason))
    _pay_back(case)


def _say(case: Following) -> None:
    """Write down what only a person can settle."""
    case.order.refresh_from_db(fields=["state", "fulfilment_node"])
    state = case.order.state
    if case.picture.cancelled is not None and state in (OrderState.SHIPPED, OrderState.COMPLETED):
        case.pending.append(f"Cancelled there, but {case.order} has been shipped: agree on a return.")
    if case.picture.is_reinstated and state == OrderState.CANCELLED and _is_changed(case):
        case.pending.append(
            f"Reinstated there, but {case.order} is cancelled for good: enter it anew by hand under another number, "
            "then accept ours here."
        )
    parcels_follow(case)


def _is_behind(case: Following) -> bool:
    """Is anything lacking that could be done? Reads only: a message that comes again locks nothing."""
    picture, order = case.picture, case.order
    if _is_changed(case) or (picture.cancelled is not None and order.state not in OVER):
        return True
    if case.snapshot.is_sent_by_channel and (
        not order.fulfilled_by_channel
        or (order.fulfilment_node_id is None and channel_node_of(case.channel) is not None)
    ):
        return True
    return bool(_unpaid(case) or _unreturned(case))


def _is_changed(case: Following) -> bool:
    newest = (case.picture.version, to_json(case.snapshot))
    return newest[0] >= case.row.applied_version and newest != (case.row.applied_version, case.row.applied)


def _cancel(case: Following, told: str) -> None:
    reason = f"{SAID_BY_CHANNEL}: {told}".rstrip(": ")[:300]
    order_cancel(order_id=case.order.pk, reason=reason, told_reason=told, actor=case.actor, at=case.at)


def _as_ordered(snapshot: Snapshot) -> Snapshot:
    """The order before anything was taken off: what it is received as, so that its payment fits it."""
    return replace(snapshot, lines=tuple(replace(line, removed=0) for line in snapshot.lines))


def _positions(order: Order, snapshot: Snapshot) -> dict[str, int]:
    """Channel line ref → position of our line; of a kit, that of its first component."""
    own = OrderLine.objects.filter(order=order, kit=None).values_list("position", flat=True)
    kits = OrderKit.objects.filter(order=order).values_list("position", flat=True)
    return dict(zip([line.ref for line in snapshot.lines], sorted([*own, *kits]), strict=False))


def _products(channel: Channel, snapshot: Snapshot) -> list[int]:
    return products_of_skus(channel.pk, [line.sku for line in snapshot.lines])


def _receive(case: Following) -> Order | None:
    snapshot, picture = case.snapshot, case.picture
    # a payment of more than it costs by now (it became cheaper since) is taken afterwards, and the rest owed back
    fitting = [paid for paid in picture.payments if paid.amount <= snapshot.computed_total()]
    known = _known([paid.ref for paid in fitting])
    new = [paid for paid in fitting if (paid.provider, paid.ref) not in known]
    try:
        command = command_of(case.channel.code, snapshot, new[:1], at=case.at)
    except KeelError as error:
        case.pending.append(error.as_text())
        return None
    if snapshot.is_sent_by_channel:
        node = channel_node_of(case.channel)
        command = replace(command, fulfilled_by_channel=True, fulfilment_node_id=node.pk if node else None)

    def promise(order_ids: Sequence[int]) -> None:
        lock_levels_of_orders(order_ids)  # all at once, and before the payment takes its number
        if picture.cancelled is None and snapshot.is_left_of:  # what is called off at once wants no stock
            order_allocate_many(order_ids=order_ids, actor=case.actor, at=case.at)

    (received,) = order_receive_many([command], promise=promise, actor=case.actor, at=case.at)
    if received.error is not None:  # kept raw, with a case that says what to do
        case.pending.append(received.error.as_text())
        return None
    return Order.objects.get(pk=received.order_id or 0)


def command_of(
    channel: str, snapshot: Snapshot, payments: Sequence[Paid] = (), *, at: datetime
) -> OrderCommand:
    """This function will return the order that a snapshot describes, as it was ordered; its body is the order in the words of
    our own API. The first payment comes with it: an order that is paid needs no hold.
    """
    content: dict[str, Any] = {
        "channel": channel, "external_id": snapshot.external_id, "ordered_at": snapshot.ordered_at.isoformat(),
        "currency": snapshot.currency,
        "lines": [
            {
                "sku": line.sku, "quantity": line.quantity, "unit_price": str(line.unit_price),
                "description": line.description[:200], "tax_amount": str(line.tax_amount),
            }
            for line in snapshot.lines
        ],
        "charges": [
            {"kind": charge.kind, "amount": str(charge.amount), "description": charge.description[:200]}
            for charge in snapshot.charges
        ],
        "customer_number": snapshot.customer_number, "email": snapshot.email, "ship_to": asdict(snapshot.ship_to),
        "card_ref": snapshot.card_ref, "priority": snapshot.priority, "ships_complete": snapshot.ships_complete,
    }  # fmt: skip
    if snapshot.bill_to is not None:
        content["bill_to"] = asdict(snapshot.bill_to)
    if snapshot.risk_score is not None:
        content["risk_score"] = str(snapshot.risk_score)
    if payments and payments[0].amount > 0:
        first = payments[0]
        content["payment"] = {
            "provider": first.provider, "provider_ref": first.ref, "amount": str(first.amount)
        }  # fmt: skip
    body = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return order_command(content, body=body, at=at)


def _known(refs: Sequence[str]) -> set[tuple[str, str]]:
    """The payments and refunds among these that are in our books, of whichever order (merged ones brought theirs along)."""
    if not refs:
        return set()
    found = Payment.objects.filter(provider_ref__in=refs)
    return {(provider, ref) for provider, ref in found.values_list("provider", "provider_ref")}


def _unpaid(case: Following) -> list[Paid]:
    """What was paid there and is not in our books yet."""
    known = _known([paid.ref for paid in case.picture.payments])
    return [
        paid for paid in case.picture.payments if (paid.provider, paid.ref) not in known and paid.amount > 0
    ]


def _unreturned(case: Following) -> list[Refund]:
    """What was paid back there and is not in our books yet, but what we had paid back ourselves."""
    found = [refund for refund in case.picture.refunds if refund.amount > 0]
    if not found:
        return []
    known = _known([refund.ref for refund in found])
    ours = published_refs(case.order.channel_id, case.order.external_id, "REFUND")  # come back to us
    return [
        refund for refund in found if (refund.provider, refund.ref) not in known and refund.ref not in ours
    ]


def _pay(case: Following) -> None:
    """Record what was paid there. It may be more than the order costs by now: the rest is owed back."""
    for paid in _unpaid(case):
        draft = PaymentDraft(case.order.pk, paid.provider, paid.ref, paid.amount)
        case.tried(
            partial(
                payment_capture_many, [draft], ever_cost=case.picture.dearest, actor=case.actor, at=case.at
            )
        )


def _pay_back(case: Following) -> None:
    """Record what was paid back there; what our order does not owe is a return's, and waits for it."""
    case.order.refresh_from_db()
    if case.order.amount_paid > 0:
        refund_due_settle([case.order.pk], actor=case.actor, at=case.at)
    for refund in _unreturned(case):
        act: Callable[..., Any] = partial(
            order_pay_back, order_id=case.order.pk, provider=refund.provider, provider_ref=refund.ref, amount=refund.amount
        )  # fmt: skip
        case.tried(partial(act, actor=case.actor, at=case.at))
