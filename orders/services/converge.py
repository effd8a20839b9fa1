"""Who lets our order follow what its channel says of it?

Whatever has been said is folded into one picture (`orders.channels.fold`), and what our order lacks of it is done: received,
changed, cancelled, paid, paid back. So nothing depends on which message came first, and a message that comes again finds
nothing to do. What can not be done yet is written down as pending and tried again with each message and by the clock; it
never stops the rest.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import transaction

from erp.core.errors import Conflict, KeelError
from erp.core.models import User
from erp.core.money import ZERO
from orders.channels.document import Paid, Place, Snapshot, from_json, to_json
from orders.channels.fold import Fact, Picture, fold
from orders.channels.normalise import order_command
from orders.editing import Edit, LineAdd, LineEdit
from orders.locks import lock_levels_of_orders
from orders.models import Channel, ChannelFact, ChannelOrder, Order, OrderKit, OrderLine, Payment
from orders.resolve import products_of_skus, sku_of_listing
from orders.selectors.channel_lines import published_refs
from orders.services.address import order_change_address
from orders.services.allocation import order_allocate_many
from orders.services.command import OrderCommand, ShipTo
from orders.services.edit import order_edit
from orders.services.order import order_receive_many
from orders.services.pay_back import order_pay_back
from orders.services.payment import PaymentDraft, payment_capture_many
from orders.services.refund_due import refund_due_settle
from orders.services.release import order_cancel
from orders.states import OrderState

OVER = (OrderState.CANCELLED, OrderState.SHIPPED, OrderState.COMPLETED)
SAID_BY_CHANNEL = "as the channel says"


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
        pending.append("The order itself has not arrived.")
    elif not picture.snapshot.is_test:
        _follow(row, channel, picture, pending, actor, at)
    row.is_due = False
    row.pending_since = (row.pending_since or at) if pending else None
    row.pending = pending
    row.save()
    return pending


def _follow(
    row: ChannelOrder, channel: Channel, picture: Picture, pending: list[str], actor: User, at: datetime
) -> None:
    snapshot = picture.snapshot
    assert snapshot is not None
    order = Order.objects.filter(channel=channel, external_id=row.external_id).first()
    if order is None:
        order = _receive(channel, picture, pending, actor, at)
        if order is None:
            return
    if row.applied is None:  # new, or it came another way: by hand, by a file, by a replay
        row.applied, row.line_map = to_json(_as_ordered(snapshot)), _positions(order, snapshot)
    lock_levels_of_orders([order.pk], also=_products(channel, snapshot))
    _pay(order, picture, pending, actor, at)
    newest = (picture.version, to_json(snapshot))
    if newest[0] >= row.applied_version and newest != (row.applied_version, row.applied):
        before = from_json(Snapshot, row.applied)
        # what is called off is not changed any more
        if picture.cancelled or _tried(pending, partial(_change, row, order, before, snapshot, actor, at)):
            row.applied_version, row.applied = newest
    order.refresh_from_db()
    if picture.cancelled is not None and order.state not in OVER:
        _tried(pending, partial(_cancel, order.pk, picture.cancelled.reason, actor, at))
    elif picture.cancelled is not None and order.state != OrderState.CANCELLED:
        pending.append(f"Cancelled there, but {order} has been shipped: agree on a return.")
    _pay_back(order, picture, pending, actor, at)


def _cancel(order_id: int, told: str, actor: User, at: datetime) -> None:
    reason = f"{SAID_BY_CHANNEL}: {told}".rstrip(": ")[:300]
    order_cancel(order_id=order_id, reason=reason, told_reason=told, actor=actor, at=at)


def _tried(pending: list[str], act: Callable[[], Any]) -> bool:
    """Do it, or write down why it can not be done; what it wrote before it was refused is undone."""
    try:
        with transaction.atomic():
            act()
    except KeelError as error:
        pending.append(error.as_text())
        return False
    return True


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


def _receive(
    channel: Channel, picture: Picture, pending: list[str], actor: User, at: datetime
) -> Order | None:
    assert picture.snapshot is not None
    try:
        command = command_of(channel.code, picture.snapshot, picture.payments, at=at)
    except KeelError as error:
        pending.append(error.as_text())
        return None

    def promise(order_ids: Sequence[int]) -> None:
        if picture.cancelled is None:  # what is cancelled at once wants no stock
            order_allocate_many(order_ids=order_ids, actor=actor, at=at)
        lock_levels_of_orders(order_ids)  # before the payment takes its number

    (received,) = order_receive_many([command], promise=promise, actor=actor, at=at)
    if received.error is not None:  # kept raw, with a case that says what to do
        pending.append(received.error.as_text())
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


def _change(
    row: ChannelOrder, order: Order, before: Snapshot, after: Snapshot, actor: User, at: datetime
) -> None:
    """Do to our order what changed at the channel since the snapshot it followed."""
    lines = {line.position: line for line in OrderLine.objects.filter(order=order)}
    known = {line.ref: line for line in before.lines}
    edits, added = [], []
    standing = {line.ref for line in after.lines}
    vanished = [replace(line, removed=line.quantity) for line in before.lines if line.ref not in standing]
    for line in [*after.lines, *vanished]:
        wanted = line.quantity - line.removed
        old = known.get(line.ref)
        if old is None:
            if wanted:
                added.append((line.ref, _addition(order, line, wanted)))
            continue
        delta = wanted - (old.quantity - old.removed)
        price = line.unit_price if line.unit_price != old.unit_price else None
        if not delta and price is None:
            continue
        ours = lines.get(row.line_map.get(line.ref, 0))
        if ours is None:
            raise Conflict(
                f"{order} has no line for “{line.sku}”", field="lines", remedy="Change the order by hand."
            )
        mine = ours.quantity_ordered - ours.quantity_cancelled
        edits.append(LineEdit(ours.pk, max(mine + delta, 0) if delta else None, price))
    if edits or added:
        edit = Edit(edits, [line for _, line in added])
        order_edit(order_id=order.pk, edit=edit, reason=SAID_BY_CHANNEL, actor=actor, at=at)
        new = (
            OrderLine.objects.filter(order=order)
            .exclude(position__in=lines)
            .order_by("position")
            .values_list("position", flat=True)
        )
        row.line_map |= dict(zip((ref for ref, _ in added), new, strict=False))
    _change_address(order, before.ship_to, after.ship_to, actor, at)


def _addition(order: Order, line: Any, wanted: int) -> LineAdd:
    worth = line.unit_price * line.quantity
    rate = (line.tax_amount / worth * 100).quantize(Decimal("0.0001")) if worth and line.tax_amount else ZERO
    sku = sku_of_listing(order.channel_id, line.sku) or line.sku
    return LineAdd(sku, wanted, line.unit_price, rate)


def _change_address(order: Order, before: Place, after: Place, actor: User, at: datetime) -> None:
    if before != after and any(asdict(after).values()):
        order_change_address(
            order_id=order.pk, ship_to=ShipTo(**asdict(after)), reason=SAID_BY_CHANNEL, actor=actor, at=at
        )


def _known(refs: Sequence[str]) -> set[tuple[str, str]]:
    """The payments and refunds among these that are in our books, of whichever order (merged ones brought theirs along)."""
    found = Payment.objects.filter(provider_ref__in=refs)
    return {(provider, ref) for provider, ref in found.values_list("provider", "provider_ref")}


def _pay(order: Order, picture: Picture, pending: list[str], actor: User, at: datetime) -> None:
    """Record what was paid there and is not in our books yet."""
    known = _known([paid.ref for paid in picture.payments])
    for paid in picture.payments:
        if (paid.provider, paid.ref) not in known and paid.amount > 0:
            draft = PaymentDraft(order.pk, paid.provider, paid.ref, paid.amount)
            _tried(pending, partial(payment_capture_many, [draft], actor=actor, at=at))


def _pay_back(order: Order, picture: Picture, pending: list[str], actor: User, at: datetime) -> None:
    """Record what was paid back there; what our order does not owe is a return's, and waits for it."""
    order.refresh_from_db()
    if order.amount_paid > 0:
        refund_due_settle([order.pk], actor=actor, at=at)
    known = _known([refund.ref for refund in picture.refunds])
    ours = published_refs(order.channel_id, order.external_id, "REFUND")  # come back to us
    for refund in picture.refunds:
        if (refund.provider, refund.ref) not in known and refund.ref not in ours and refund.amount > 0:
            back = partial(
                order_pay_back,
                order_id=order.pk,
                provider=refund.provider,
                provider_ref=refund.ref,
                amount=refund.amount,
            )
            _tried(pending, partial(back, actor=actor, at=at))
