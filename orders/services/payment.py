"""Who records customers' payments and refunds, and posts them?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import transaction

from erp.core.errors import InvalidInput, NotFound
from erp.core.models import User
from erp.core.money import ZERO
from erp.core.sql import Statements, array, cents, query, reserve_ids, unnest
from ledger.models import AccountRole
from ledger.services import journal_entry_post_many
from orders import postings
from orders.services.hold import hold_release_paid


class PaymentDraft(NamedTuple):
    """Money for one order, in the order's currency; `provider_ref` is unique per provider."""

    order_id: int
    provider: str
    provider_ref: str
    amount: Decimal


class ChargeDraft(NamedTuple):
    """An amount that belongs to no order; its raw message is its source document."""

    message_id: int
    sequence: int
    role: AccountRole
    amount: Decimal
    currency: str
    channel_id: int | None
    memo: str


# What an order cost at its dearest: nobody pays more than that for it.
_DEAREST = "greatest(total, (SELECT max(total_before) FROM orders_orderchange c WHERE c.order_id = o.id))"
_PAYMENTS = {
    "id": "bigint", "order_id": "bigint", "provider": "text", "provider_ref": "text", "amount": "numeric", "currency": "text",
    "is_refund": "boolean", "captured_at": "timestamptz",
}  # fmt: skip


@transaction.atomic
def payment_capture_many(
    drafts: Sequence[PaymentDraft], *, ever_cost: Decimal = ZERO, actor: User, at: datetime
) -> list[int]:
    """This function will record captured payments, add them to their orders and post each of them.

    IntegrityError when a provider's reference arrives twice: the caller reads the winner. InvalidInput for an amount ≤ 0 or
    more than the order ever cost (money that is on its way when an order is made cheaper arrives all the same), NotFound for
    an unknown order. An order that waited for its money goes on. `ever_cost`: what they cost at their channel
    before we knew of them, where that was more.
    """
    ids = _record(drafts, is_refund=False, ever_cost=ever_cost, actor=actor, at=at)
    if ids:
        hold_release_paid({draft.order_id for draft in drafts}, actor=actor, at=at)
    return ids


@transaction.atomic
def payment_refund(
    *, order_id: int, provider: str, provider_ref: str, amount: Decimal, actor: User, at: datetime
) -> int:
    """This function will record money paid back for an order; InvalidInput for more than is left of what was paid."""
    return payment_refund_many([PaymentDraft(order_id, provider, provider_ref, amount)], actor=actor, at=at)[
        0
    ]


@transaction.atomic
def payment_refund_many(drafts: Sequence[PaymentDraft], *, actor: User, at: datetime) -> list[int]:
    """This function will record money paid back for many orders (see `payment_refund`)."""
    return _record(drafts, is_refund=True, actor=actor, at=at)


@transaction.atomic
def charge_post_many(drafts: Sequence[ChargeDraft], *, actor: User, at: datetime) -> list[int]:
    """This function will post amounts that belong to no order and return their journal entries."""
    return journal_entry_post_many(
        [
            postings.charge_posted(
                message_id=draft.message_id, sequence=draft.sequence, role=draft.role, amount=draft.amount,
                currency=draft.currency, channel_id=draft.channel_id, posting_date=at.date(), memo=draft.memo,
            )
            for draft in drafts
            if draft.amount
        ],
        actor=actor,
    )  # fmt: skip


def _record(
    drafts: Sequence[PaymentDraft], *, is_refund: bool, ever_cost: Decimal = ZERO, actor: User, at: datetime
) -> list[int]:
    if not drafts:
        return []
    for draft in drafts:
        if draft.amount <= 0:
            raise InvalidInput(
                "a payment is more than zero", field="amount", remedy="Send the amount that was captured."
            )
    ids = reserve_ids({"orders_payment": len(drafts)})["orders_payment"]
    room = (
        "amount_paid - amount_refunded"
        if is_refund
        else f"greatest({_DEAREST}, %s::numeric) - amount_paid + amount_refunded"
    )
    orders: dict[int, tuple[Any, ...]] = {
        row[0]: tuple(row[1:])
        for row in query(
            f"SELECT o.id, currency, channel_id, {room} FROM orders_order o WHERE o.id = ANY(%s::bigint[]) "
            "ORDER BY o.id FOR NO KEY UPDATE OF o",
            [
                *([] if is_refund else [cents(ever_cost)]),
                array({draft.order_id for draft in drafts}, "bigint"),
            ],
        )
    }
    _check_room(drafts, {order_id: row[2] for order_id, row in orders.items()})
    batch = Statements()
    batch.insert(
        "orders_payment",
        _PAYMENTS,
        [
            (
                payment_id,
                d.order_id,
                d.provider,
                d.provider_ref,
                cents(d.amount),
                orders[d.order_id][0],
                is_refund,
                at,
            )
            for payment_id, d in zip(ids, drafts, strict=True)
        ],
    )
    column = "amount_refunded" if is_refund else "amount_paid"
    source, parameters = unnest(
        {"id": "bigint", "amount": "numeric"}, [(d.order_id, cents(d.amount)) for d in drafts]
    )
    batch.demand(
        f"UPDATE orders_order o SET {column} = o.{column} + v.amount FROM "
        f"(SELECT id, sum(amount) AS amount FROM {source} GROUP BY id) v WHERE o.id = v.id RETURNING 1",
        parameters,
        len(orders),
        "orders.Order payments",
    )
    rule = postings.payment_refunded if is_refund else postings.payment_captured
    entries = [
        rule(
            payment_id=payment_id, amount=draft.amount, currency=orders[draft.order_id][0],
            channel_id=orders[draft.order_id][1], posting_date=at.date(),
        )
        for payment_id, draft in zip(ids, drafts, strict=True)
    ]  # fmt: skip
    journal_entry_post_many(entries, actor=actor, statements=batch)
    batch.run()
    return ids


def _check_room(drafts: Sequence[PaymentDraft], room: dict[int, Decimal]) -> None:
    for draft in drafts:
        if draft.order_id not in room:
            raise NotFound(f"there is no order #{draft.order_id}", field="order", remedy="Reload the list.")
        room[draft.order_id] -= draft.amount
        if room[draft.order_id] < 0:
            over = f"{-room[draft.order_id]} more than the order #{draft.order_id} has left"
            raise InvalidInput(over, field="amount", remedy="Check the amount and the order's payments.")
