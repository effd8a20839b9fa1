"""Who lets our order follow what its channel says of it?

Whatever has been said is folded into one picture (`orders.channels.fold`), and what our order lacks of it is done: received,
changed, cancelled, paid, paid back. So nothing depends on which message came first, and a message that comes again finds
nothing to do. What can not be done yet is written down as pending and tried again with each message and by the clock; it
never stops the rest.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import transaction

from erp.core.errors import Conflict, KeelError
from erp.core.models import User
from erp.core.money import ZERO
from orders.channels.document import Place, Snapshot, from_json, to_json
from orders.channels.fold import Fact, Picture, fold
from orders.channels.normalise import order_command
from orders.editing import Edit, LineAdd, LineEdit
from orders.models import Channel, ChannelFact, ChannelOrder, Order, OrderLine, Payment
from orders.resolve import sku_of_listing
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
        _applied(row, snapshot, picture.version, _positions(snapshot))
    elif row.applied is None:  # it came another way: by hand, by a file, by a replay of its normalised form
        _applied(row, snapshot, picture.version, _positions(snapshot))
    elif picture.version > row.applied_version and picture.cancelled is None:  # cancelling takes all lines off
        before = from_json(Snapshot, row.applied)
        if _tried(pending, partial(_change, row, order, before, snapshot, actor, at)):
            _applied(row, snapshot, picture.version, row.line_map)
    order.refresh_from_db()
    if picture.cancelled is not None and order.state not in OVER:
        _tried(pending, partial(_cancel, order.pk, picture.cancelled.reason, actor, at))
    elif picture.cancelled is not None and order.state != OrderState.CANCELLED:
        pending.append(f"Cancelled there, but {order} has been shipped: agree on a return.")
    _money(order, picture, pending, actor, at)


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


def _applied(row: ChannelOrder, snapshot: Snapshot, version: str, lines: Mapping[str, int]) -> None:
    row.applied, row.applied_version, row.line_map = to_json(snapshot), version, dict(lines)


def _positions(snapshot: Snapshot) -> dict[str, int]:
    """Channel line ref → its place among the lines that were received, from 1."""
    return {line.ref: place for place, line in enumerate(_standing(snapshot), start=1)}


def _standing(snapshot: Snapshot) -> list[Any]:
    """The lines an order is received with: those that still want something, or all of them when none does."""
    return [line for line in snapshot.lines if line.quantity > line.removed] or list(snapshot.lines)


def _receive(
    channel: Channel, picture: Picture, pending: list[str], actor: User, at: datetime
) -> Order | None:
    assert picture.snapshot is not None
    command = command_of(channel.code, picture.snapshot, at=at)

    def promise(order_ids: Any) -> None:
        if picture.cancelled is None:  # what is cancelled at once wants no stock
            order_allocate_many(order_ids=order_ids, actor=actor, at=at)

    (received,) = order_receive_many([command], promise=promise, actor=actor, at=at)
    if received.error is not None:  # kept raw, with a case that says what to do
        pending.append(received.error.as_text())
        return None
    return Order.objects.get(pk=received.order_id or 0)


def command_of(channel: str, snapshot: Snapshot, *, at: datetime) -> OrderCommand:
    """This function will return the order that a snapshot describes; its body is the order in the words of our own API."""
    lines = [
        {
            "sku": line.sku, "quantity": (units := max(line.quantity - line.removed, 0) or line.quantity),
            "unit_price": str(line.unit_price), "description": line.description[:200],
            "tax_amount": str(line.tax_amount if units == line.quantity else _share(line.tax_amount, units, line.quantity)),
        }
        for line in _standing(snapshot)
    ]  # fmt: skip
    content: dict[str, Any] = {
        "channel": channel, "external_id": snapshot.external_id, "ordered_at": snapshot.ordered_at.isoformat(),
        "currency": snapshot.currency, "lines": lines,
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
    body = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return order_command(content, body=body, at=at)


def _share(amount: Decimal, units: int, of: int) -> Decimal:
    return (amount * units / of).quantize(Decimal("0.01"))


def _change(
    row: ChannelOrder, order: Order, before: Snapshot, after: Snapshot, actor: User, at: datetime
) -> None:
    """Do to our order what changed at the channel since the snapshot it followed."""
    lines = {line.position: line for line in OrderLine.objects.filter(order=order)}
    known = {line.ref: line for line in before.lines}
    edits, added = [], []
    for line in after.lines:
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
        row.line_map |= dict(zip((ref for ref, _ in added), new, strict=True))
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


def _money(order: Order, picture: Picture, pending: list[str], actor: User, at: datetime) -> None:
    """Record what was paid and paid back there and is not in our books yet."""
    refs = [paid.ref for paid in picture.payments] + [refund.ref for refund in picture.refunds]
    known = set(Payment.objects.filter(provider_ref__in=refs).values_list("provider", "provider_ref"))
    for paid in picture.payments:
        if (paid.provider, paid.ref) not in known and paid.amount > 0:
            draft = PaymentDraft(order.pk, paid.provider, paid.ref, paid.amount)
            _tried(pending, partial(payment_capture_many, [draft], actor=actor, at=at))
    order.refresh_from_db()
    if order.amount_paid > 0:
        refund_due_settle([order.pk], actor=actor, at=at)
    for refund in picture.refunds:
        if (refund.provider, refund.ref) not in known and refund.amount > 0:
            back = partial(
                order_pay_back,
                order_id=order.pk,
                provider=refund.provider,
                provider_ref=refund.ref,
                amount=refund.amount,
            )
            _tried(pending, partial(back, actor=actor, at=at))
