"""Who takes orders in, confirms and cancels them?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import transaction

from erp.core.errors import Conflict, InvalidInput, KeelError
from erp.core.models import User
from erp.core.money import ZERO, exponent, quantize
from erp.core.services.exception_case import CaseDraft, exception_open_many
from erp.core.services.inbox import (
    InboxDraft,
    StoredMessage,
    inbox_reject_many,
    inbox_revive_many,
    inbox_store_many,
)
from erp.core.services.state import record_creation
from erp.core.sql import Statements, cents, reserve_ids
from erp.core.states import WorkState
from orders import checks
from orders.models import Hold, Order
from orders.resolve import References, resolve_references
from orders.selectors.hold import hold_rules
from orders.services.command import OrderCommand
from orders.services.notice import NoticeDraft, order_notice_add_many
from orders.services.order_check import RISKS, check_drafts, command_subject, risk_row
from orders.services.order_ground import Subject, SubjectLine
from orders.services.order_kits import KitLine, StockLine, add_kits, explode, line_rows, refuse_empty_kits
from orders.services.payment import PaymentDraft, payment_capture_many
from orders.states import HoldState, OrderState

ACTION = "orders.order_receive"
NEWS_TIME = timedelta(days=3)  # nobody is thanked for an order that is older than this when it reaches us


class ReceivedOrder(NamedTuple):
    """What became of a command: the order it is now (or was already), or the error that kept it out."""

    order_id: int | None
    is_new: bool
    error: KeelError | None = None
    lines: Sequence[tuple[int, int, int]] = ()  # (line id, product id, quantity) of a new, confirmed order


_ORDERS = {
    "id": "bigint", "number": "text", "channel_id": "bigint", "external_id": "text", "customer_id": "bigint", "state": "text",
    "currency": "text", "ordered_at": "timestamptz", "ship_by": "timestamptz", "priority": "smallint",
    "ships_complete": "boolean", "needs_allocation": "boolean", "goods_total": "numeric", "charges_total": "numeric",
    "tax_total": "numeric", "total": "numeric", "ship_to_name": "text", "ship_to_line1": "text", "ship_to_city": "text",
    "ship_to_postcode": "text", "ship_to_country": "text", "email": "text", "checks": "jsonb",
    "inbox_message_id": "bigint", "created_by_id": "bigint", "received_at": "timestamptz", "amount_invoiced": "numeric",
    "amount_credited": "numeric", "amount_paid": "numeric", "amount_refunded": "numeric", "charges_invoiced": "boolean",
    "reservation_key": "text",
    "max_shipments": "smallint", "fulfilled_by_channel": "boolean", "fulfilment_node_id": "bigint",
}  # fmt: skip
_LINES = {
    "id": "bigint", "order_id": "bigint", "position": "integer", "product_id": "bigint", "channel_sku": "text",
    "description": "text", "quantity_ordered": "bigint", "unit_price": "numeric", "line_total": "numeric",
    "tax_amount": "numeric", "quantity_allocated": "bigint", "quantity_picked": "bigint", "quantity_shipped": "bigint",
    "quantity_cancelled": "bigint", "quantity_returned": "bigint", "amount_invoiced": "numeric", "kit_id": "bigint",
    "quantity_per_kit": "integer",
}  # fmt: skip
_CHARGES = {"order_id": "bigint", "kind": "text", "description": "text", "amount": "numeric"}
_HOLDS = {
    "id": "bigint", "order_id": "bigint", "kind": "text", "reason": "text", "evidence": "jsonb", "owner_role": "text",
    "state": "text", "opened_at": "timestamptz", "due_at": "timestamptz", "close_reason": "text",
}  # fmt: skip


@dataclass
class _Draft:
    """A command on its way to becoming an order."""

    command: OrderCommand
    order_id: int
    products: list[int] = field(default_factory=list)
    totals: list[Decimal] = field(default_factory=list)
    subject: Subject | None = None
    fired: list[dict[str, Any]] = field(default_factory=list)
    findings: list[checks.Finding] = field(default_factory=list)
    error: KeelError | None = None
    message: StoredMessage | None = None
    line_ids: list[int] = field(default_factory=list)
    lines: list[StockLine] = field(default_factory=list)
    kits: list[KitLine] = field(default_factory=list)
    kit_ids: list[int] = field(default_factory=list)

    @property
    def is_due(self) -> bool:
        """New, or refused when it came before: its cause may be gone (a SKU was mapped, a replay was asked for)."""
        return self.message is not None and (self.message.is_new or self.message.state != WorkState.DONE)

    @property
    def holds(self) -> dict[str, checks.Finding]:
        return checks.holds_of(self.findings)

    @property
    def goods(self) -> Decimal:
        return sum(self.totals, ZERO)

    @property
    def tax(self) -> Decimal:
        return sum((line.tax_amount for line in self.command.lines), ZERO)

    @property
    def charges(self) -> Decimal:
        return sum((charge.amount for charge in self.command.charges), ZERO)


@transaction.atomic
def order_receive_many(
    commands: Sequence[OrderCommand],
    *,
    promise: Callable[[Sequence[int]], None] | None = None,
    actor: User,
    at: datetime,
) -> list[ReceivedOrder]:
    """This function will store every command raw, make orders of the sound ones, and refuse the others with a typed error.

    One bad command never spoils its neighbours: it becomes a dead inbox message with an exception case, and its error is
    returned. A repeat of a known external id returns the order it became; with another body it is a Conflict. Sound orders
    are CONFIRMED, or ON_HOLD with one hold per finding. `promise` is called with the ids of the new orders before their
    payments are posted: whatever locks stock levels goes there, because number series are locked last.
    """
    if not commands:
        return []
    ids = iter(reserve_ids({"orders_order": len(commands)})["orders_order"])
    drafts = [_Draft(command, next(ids)) for command in commands]
    references = resolve_references(commands, at=at)
    for draft in drafts:
        try:
            _price(draft, references)
        except KeelError as error:
            draft.error = error
    check_drafts([draft for draft in drafts if draft.error is None])
    _store_raw(drafts, at)
    fresh = [draft for draft in drafts if draft.error is None and draft.is_due]
    if fresh:
        _write(fresh, references, actor, at)
    again = {d.message.id: f"orders.Order:{d.order_id}" for d in fresh if d.message and not d.message.is_new}
    inbox_revive_many(again, actor=actor, at=at)
    _refuse(drafts, references, actor, at)
    if promise is not None and fresh:
        promise([draft.order_id for draft in fresh])
    _capture(fresh, actor, at)
    return [_outcome(draft) for draft in drafts]


def order_receive(command: OrderCommand, *, actor: User, at: datetime) -> ReceivedOrder:
    """This function will receive one order (see `order_receive_many`); a refusal is returned in `error`, already recorded."""
    return order_receive_many([command], actor=actor, at=at)[0]


def _price(draft: _Draft, references: References) -> None:
    """Resolve the references and compute the totals; raises what makes the command no order at all."""
    command = draft.command
    channel = references.channels.get(command.channel)
    if channel is None or not channel.is_active:
        raise InvalidInput(
            f"there is no active channel “{command.channel}”", field="channel", remedy="Use a channel's code."
        )
    exponent(command.currency)
    _check_minor_units(command)
    _check_references(command, references)
    if not command.lines:
        raise InvalidInput("the order has no lines", field="lines", remedy="Send at least one line.")
    unknown = []
    lines = []
    for number, line in enumerate(command.lines, start=1):
        product = references.product(channel, line.sku)
        if product is None:
            unknown.append((number, line.sku))
            continue
        total = quantize(line.unit_price * line.quantity, command.currency)
        draft.products.append(product.id)
        draft.totals.append(total)
        lines.append(SubjectLine(line.sku, product, line.quantity, line.unit_price, total))
    if unknown:
        named = ", ".join(f"“{sku}” (line {number})" for number, sku in unknown[:10])
        raise InvalidInput(
            f"unknown SKU {named}", field=f"lines[{unknown[0][0]}].sku", remedy="Map it to a product in the channel's listings.",
            skus=[sku for _, sku in unknown],
        )  # fmt: skip
    draft.subject = command_subject(command, channel, lines, references)


def _check_references(command: OrderCommand, references: References) -> None:
    """A number that means nobody is no guest (a guest's credit is not checked), and a payment is one order's."""
    if command.customer_number and command.customer_number not in references.customers:
        raise InvalidInput(
            f"there is no customer {command.customer_number}", field="customer_number",
            remedy="Create the customer and replay the message, or leave the number out for a guest.",
        )  # fmt: skip
    refuse_empty_kits(command, references)
    if command.payment:
        mine = (command.channel, command.external_id)
        if references.payments.setdefault(command.payment[:2], mine) != mine:
            raise InvalidInput(
                f"the payment {command.payment.provider_ref} belongs to another order", field="payment.provider_ref",
                remedy="Send each payment with the order that it pays.",
            )  # fmt: skip


def _check_minor_units(command: OrderCommand) -> None:
    """A price may be finer than a cent; what is posted as it stands may not, or the order could never be invoiced."""
    amounts = [(f"lines[{n}].tax_amount", line.tax_amount) for n, line in enumerate(command.lines, start=1)]
    amounts += [(f"charges[{n}].amount", charge.amount) for n, charge in enumerate(command.charges, start=1)]
    amounts += [("payment.amount", command.payment.amount)] if command.payment else []
    for path, amount in amounts:
        if amount and amount != quantize(amount, command.currency):
            raise InvalidInput(f"{path} is finer than {command.currency} is", field=path, remedy="Round it.")


def _store_raw(drafts: Sequence[_Draft], at: datetime) -> None:
    stored = inbox_store_many(
        [
            InboxDraft(
                draft.command.channel, ACTION, draft.command.external_id, draft.command.body, "", draft.command.headers,
                "" if draft.error else f"orders.Order:{draft.order_id}",
            )
            for draft in drafts
        ],
        at=at,
    )  # fmt: skip
    for draft, message in zip(drafts, stored, strict=True):
        draft.message = message
        if not message.is_new and not message.is_same_body:
            draft.error = Conflict(
                f"order “{draft.command.external_id}” was received before with other content",
                field="external_id",
                remedy="Send a change or a cancellation instead of a second order with the same id.",
            )
        elif not message.is_new and message.state == WorkState.DONE:
            draft.error = None  # it is an order already: what the checks would say today does not matter


def _write(drafts: Sequence[_Draft], references: References, actor: User, at: datetime) -> None:
    for draft in drafts:
        draft.lines, draft.kits = explode(
            draft.command.lines, draft.products, draft.totals, references.kits, draft.command.currency
        )
    counts = {
        "orders_orderline": sum(len(draft.lines) for draft in drafts),
        "orders_orderkit": sum(len(draft.kits) for draft in drafts),
        "orders_hold": sum(len(draft.holds) for draft in drafts),
    }
    ids = reserve_ids(counts)
    line_ids, hold_ids, kit_ids = (
        iter(ids[table]) for table in ("orders_orderline", "orders_hold", "orders_orderkit")
    )
    for draft in drafts:
        draft.line_ids = [next(line_ids) for _ in draft.lines]
        draft.kit_ids = [next(kit_ids) for _ in draft.kits]
    batch = Statements()
    batch.insert("orders_order", _ORDERS, [_order_row(draft, references, actor, at) for draft in drafts])
    add_kits(
        batch,
        [
            (kit_id, draft.order_id, kit)
            for draft in drafts
            for kit_id, kit in zip(draft.kit_ids, draft.kits, strict=True)
        ],
    )
    batch.insert(
        "orders_orderline",
        _LINES,
        [
            row
            for draft in drafts
            for row in line_rows(draft.order_id, draft.line_ids, draft.lines, draft.kit_ids)
        ],
    )
    batch.insert(
        "orders_ordercharge",
        _CHARGES,
        [
            (draft.order_id, c.kind, c.description[:200], cents(c.amount))
            for draft in drafts
            for c in draft.command.charges
        ],
    )
    _add_holds(batch, drafts, hold_ids, actor, at)
    told = [
        NoticeDraft(draft.order_id)
        for draft in drafts
        if draft.command.email and at - draft.command.ordered_at <= NEWS_TIME
    ]
    order_notice_add_many("ORDER_RECEIVED", told, at=at, statements=batch)
    batch.run()


def _add_holds(
    batch: Statements, drafts: Sequence[_Draft], ids: Iterator[int], actor: User, at: datetime
) -> None:
    """The holds with their owners and clocks, what is kept of the risk, and the first steps of the orders."""
    rules = hold_rules() if any(draft.holds for draft in drafts) else {}
    holds = [
        (next(ids), draft.order_id, kind, finding.reason[:300], json.dumps(finding.evidence),
         finding.owner or rules[kind].owner, HoldState.OPEN, at, at + rules[kind].clock, "")
        for draft in drafts
        for kind, finding in draft.holds.items()
    ]  # fmt: skip
    batch.insert("orders_hold", _HOLDS, holds)
    batch.insert("orders_orderrisk", RISKS, [row for draft in drafts if (row := risk_row(draft))])
    record_creation(Hold, [row[0] for row in holds], actor=actor, at=at, action=ACTION, statements=batch)
    for state, action in (
        (OrderState.CONFIRMED, "orders.order_confirm"),
        (OrderState.ON_HOLD, "orders.hold_open"),
    ):
        reached = [draft.order_id for draft in drafts if bool(draft.holds) == (state == OrderState.ON_HOLD)]
        record_creation(
            Order, reached, actor=actor, at=at, action=ACTION, then=[(state, action)], statements=batch
        )


def _capture(drafts: Sequence[_Draft], actor: User, at: datetime) -> None:
    payments = [
        PaymentDraft(draft.order_id, *draft.command.payment)
        for draft in drafts
        if draft.command.payment and draft.command.payment.amount > 0
    ]
    payment_capture_many(payments, actor=actor, at=at)


def _order_row(draft: _Draft, references: References, actor: User, at: datetime) -> tuple[Any, ...]:
    command = draft.command
    assert draft.subject is not None
    to = draft.subject.ship_to
    channel = references.channels[command.channel]
    customer = references.customers.get(command.customer_number)
    found = json.dumps([{"check": f.check, "verdict": f.verdict, "reason": f.reason} for f in draft.findings])
    state = OrderState.ON_HOLD if draft.holds else OrderState.CONFIRMED
    assert draft.message is not None
    return (
        draft.order_id, f"SO-{draft.order_id:06d}", channel.id, command.external_id, customer.id if customer else None, state,
        command.currency, command.ordered_at, command.ordered_at + timedelta(hours=channel.ship_within_hours),
        command.priority, customer.ship_complete(command.ships_complete) if customer else command.ships_complete,
        True, cents(draft.goods), cents(draft.charges), cents(draft.tax),
        cents(draft.goods + draft.charges + draft.tax), to.name[:120], to.line1[:160], to.city[:80], to.postcode[:20],
        to.country[:2], command.email, found, draft.message.id, actor.pk, at, "0", "0", "0", "0", False,
        command.reservation_key,
        customer.max_shipments if customer else None, command.fulfilled_by_channel, command.fulfilment_node_id,
    )  # fmt: skip


def _refuse(drafts: Sequence[_Draft], references: References, actor: User, at: datetime) -> None:
    """Record what was refused: the raw message is dead with its error, and an exception case points at it."""
    errors: dict[int, str] = {}
    cases: dict[int, CaseDraft] = {}
    for draft in drafts:
        if draft.error is None or draft.message is None:
            continue
        draft.error.is_recorded = True
        if isinstance(draft.error, Conflict):
            kind = "ORDER_CONFLICT"
        else:
            kind = "ORDER_UNKNOWN_SKU" if "skus" in draft.error.detail else "INBOX_REJECTED"
            if draft.message.is_new:
                errors[draft.message.id] = draft.error.as_text()
        if kind != "INBOX_REJECTED":  # inbox_reject_many opens that one itself
            at_risk = sum((line.unit_price * line.quantity for line in draft.command.lines), ZERO)
            detail = {
                "channel": draft.command.channel,
                "external_id": draft.command.external_id,
                **draft.error.as_dict(),
            }
            title = f"{draft.command.channel} {draft.command.external_id}: {draft.error.message}"
            subject = str(draft.message.id)
            cases[draft.message.id] = CaseDraft(kind, "core.InboxMessage", subject, title, detail, at_risk)
    exception_open_many(list(cases.values()), actor=actor, at=at)
    inbox_reject_many(errors, told=cases, actor=actor, at=at)


def _outcome(draft: _Draft) -> ReceivedOrder:
    assert draft.message is not None
    if draft.error is not None:
        return ReceivedOrder(None, False, draft.error)
    if not draft.is_due:
        label, _, known = draft.message.result.partition(":")
        return ReceivedOrder(int(known) if label == "orders.Order" else None, False)
    if draft.holds:
        return ReceivedOrder(draft.order_id, True)
    own = zip(draft.line_ids, draft.lines, strict=True)
    lines = [(line_id, line.product_id, line.quantity) for line_id, line in own]
    return ReceivedOrder(draft.order_id, True, None, lines)
