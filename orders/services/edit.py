"""Who changes an order after intake: lines, units, prices, dates and wishes, whole or not at all?"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from erp.core.errors import Conflict, InvalidInput, NotFound
from erp.core.models import ApprovalRequest, User
from erp.core.money import ZERO
from erp.core.sql import Statements, cents, reserve_ids, unnest
from inventory.models import Product
from orders.editing import Edit, LinePlan, NewProduct, Plan, plan_edit
from orders.locks import lock_order, lock_sellable
from orders.models import Order
from orders.selectors.price import prices_for
from orders.services.change import (
    ChangeNote,
    change_record,
    check_editable,
    check_version,
    lines_now,
    need_reason,
)
from orders.services.price_override import Override, override_need, override_request
from orders.services.promise import promise_fit_many
from orders.services.refund_due import refund_due_settle
from orders.services.release import _give_back, _settle_state, _unplanned
from orders.services.revalidate import order_recheck
from orders.states import HoldKind, OrderState

ACTION = "orders.order_edit"
HEADER = ("ship_by", "priority", "ships_complete", "max_shipments", "email", "warehouse_note")
_WHILE_RELEASED = ("priority", "ship_by", "email", "warehouse_note")
_NEW_LINES = {
    "id": "bigint", "order_id": "bigint", "position": "integer", "product_id": "bigint", "channel_sku": "text",
    "description": "text", "quantity_ordered": "bigint", "unit_price": "numeric", "line_total": "numeric",
    "tax_amount": "numeric", "quantity_allocated": "bigint", "quantity_picked": "bigint", "quantity_shipped": "bigint",
    "quantity_cancelled": "bigint", "quantity_returned": "bigint", "amount_invoiced": "numeric",
    "unit_price_agreed": "numeric", "substitute_of_id": "bigint", "merged_from_id": "bigint",
}  # fmt: skip
# A kit is worth what its lines are worth; how many were ordered follows from them as well.
_KITS_FOLLOW = (
    "UPDATE orders_orderkit k SET quantity = v.kits, unit_price = round(v.goods / v.kits, 4), line_total = v.goods, "
    "tax_amount = v.tax FROM (SELECT kit_id, min(quantity_ordered / quantity_per_kit) AS kits, sum(line_total) AS goods, "
    "sum(tax_amount) AS tax FROM orders_orderline WHERE order_id = %s AND kit_id IS NOT NULL GROUP BY kit_id) v "
    "WHERE k.id = v.kit_id AND (k.quantity, k.line_total, k.tax_amount) IS DISTINCT FROM (v.kits, v.goods, v.tax)"
)


@dataclass(frozen=True)
class EditOutcome:
    """What became of an edit: applied (`change_id`), or waiting for `approval`. `refund_due` is what is owed back now."""

    plan: Plan
    change_id: int | None = None
    approval: ApprovalRequest | None = None
    units_back: int = 0
    holds: list[str] = field(default_factory=list)
    refund_due: Decimal = ZERO


@dataclass(frozen=True)
class EditPreview:
    """What an edit would do, before it is saved."""

    plan: Plan
    override: Override
    holds: list[str]
    refund_due: Decimal

    @property
    def units_back(self) -> int:
        return sum(self.plan.freed.values())


@transaction.atomic
def order_edit(*, order_id: int, edit: Edit, reason: str, actor: User, at: datetime) -> EditOutcome:
    """This function will apply one draft of changes to an order, or refuse all of it.

    Promised units that are not wanted any more become sellable; totals and tax follow to the cent. A price below what was
    agreed by more than the actor's limit waits for approval, and the order with it. A prepaid order that became dearer
    goes on a payment hold; one that became cheaper opens a case for what is to be paid back. Prices of an edit that was
    agreed elsewhere (`is_agreed`) need no approval; the price check judges them. Outdated when the form saw another version;
    Conflict for units on the floor; InvalidInput names the line or field.
    """
    reason = need_reason(reason)
    order = lock_order(order_id)
    check_version(order, edit.version)
    check_editable(order)
    plan = plan_of(order, edit, at)
    if plan.is_empty:
        raise InvalidInput(
            "nothing is different", field="lines", remedy="Change something, or leave the page."
        )
    if not edit.is_agreed and override_need(plan, actor).needs_approval:
        approval = override_request(order=order, edit=edit, plan=plan, reason=reason, actor=actor, at=at)
        return EditOutcome(plan, approval=approval, holds=[HoldKind.PRICE])
    return plan_apply(
        order=order,
        plan=plan,
        note=ChangeNote("EDIT", plan.changes(), reason, order.total),
        action=ACTION,
        actor=actor,
        at=at,
    )


def order_edit_preview(*, order_id: int, edit: Edit, actor: User, at: datetime) -> EditPreview:
    """This function will say what an edit would do; it raises what `order_edit` would, and writes nothing."""
    order = Order.objects.select_related("channel").filter(pk=order_id).first()
    if order is None:
        raise NotFound(f"there is no order #{order_id}", field="order", remedy="Reload the list.")
    check_editable(order)
    plan = plan_of(order, edit, at)
    override = override_need(plan, actor)
    paid = order.amount_paid - order.amount_refunded
    holds = [HoldKind.PRICE.label] if override.needs_approval else []
    if order.channel.is_prepaid and paid < plan.due:
        holds.append(f"{HoldKind.PAYMENT.label}: {plan.due - paid:.2f} {order.currency} to be paid")
    return EditPreview(plan, override, holds, max(ZERO, paid - plan.due))


def plan_of(order: Order, edit: Edit, at: datetime) -> Plan:
    """This function will work an edit out on an order as it is now; InvalidInput or Conflict names what can not be."""
    header = {name: _checked(name, value, order, at) for name, value in edit.header.items()}
    plan = plan_edit(
        lines_now(order.pk), Edit(edit.lines, edit.added, header, is_agreed=edit.is_agreed), _products(order, edit, at),
        charges=order.charges_total, currency=order.currency,
        header_now={name: getattr(order, name) for name in HEADER},
    )  # fmt: skip
    if order.state == OrderState.RELEASED:
        frozen = [name for name in plan.header if name not in _WHILE_RELEASED]
        if frozen:
            raise Conflict(
                f"{order} is released: its {frozen[0].replace('_', ' ')} stays", field=frozen[0],
                remedy="Cancel its fulfilment orders first.",
            )  # fmt: skip
        if order.channel.is_prepaid and plan.due > max(
            plan.due_before, order.amount_paid - order.amount_refunded
        ):
            raise Conflict(
                f"{order} is on the floor and would cost more than was paid", field="lines",
                remedy="Take a new order for what is added, or cancel its fulfilment orders first.",
            )  # fmt: skip
    return plan


def plan_apply(
    *, order: Order, plan: Plan, note: ChangeNote, action: str, actor: User, at: datetime
) -> EditOutcome:
    """This function will write a worked-out change of a locked order; what it leads to (holds, money owed) follows."""
    freed = give_back(order=order, plan=plan, reason=note.reason, action=action, actor=actor, at=at)
    write_plan(order, plan, actor=actor, at=at)
    _settle_state(order, action, note.reason, actor, at)
    change = change_record(order=order, note=note, actor=actor, at=at)
    owed = refund_due_settle([order.pk], actor=actor, at=at).get(order.pk, ZERO)
    holds = order_recheck(order.pk, actor=actor, at=at)
    return EditOutcome(plan, change.pk, note.approval, freed, holds, owed)


def give_back(*, order: Order, plan: Plan, reason: str, action: str, actor: User, at: datetime) -> int:
    """This function will make sellable what a plan wants no more and return the units; Conflict for units on the floor."""
    freed = plan.freed
    if not freed:
        return 0
    # all levels first, in their order: what is promised anew afterwards asks for the same rows
    lock_sellable(sorted({line.product_id for line in plan.lines}))
    back = _give_back(order, _unplanned([order.pk]), freed, action, reason, actor, at)
    if back < sum(freed.values()):
        raise Conflict(
            f"{sum(freed.values()) - back} units of {order} are on the floor", field="lines",
            remedy="Cancel the fulfilment order first.",
        )  # fmt: skip
    return back


def write_plan(order: Order, plan: Plan, *, actor: User, at: datetime) -> None:
    """This function will write the lines, totals and head fields of a locked order; days promised for less are called off."""
    batch = Statements()
    changed = [
        (p.line.line_id, p.ordered, p.cancelled, cents(p.unit_price), cents(p.line_total), cents(p.tax), cents(p.agreed))
        for p in plan.lines if p.line and p.is_changed
    ]  # fmt: skip
    if changed:
        source, parameters = unnest(
            {"id": "bigint", "ordered": "bigint", "cancelled": "bigint", "price": "numeric", "total": "numeric",
             "tax": "numeric", "agreed": "numeric"},
            changed,
        )  # fmt: skip
        batch.demand(
            "UPDATE orders_orderline l SET quantity_ordered = v.ordered, quantity_cancelled = v.cancelled, "
            "unit_price = v.price, line_total = v.total, tax_amount = v.tax, unit_price_agreed = v.agreed "
            f"FROM {source} WHERE l.id = v.id AND l.order_id = %s AND l.quantity_shipped = 0 RETURNING 1",
            [*parameters, order.pk], len(changed), "orders.OrderLine edited",
        )  # fmt: skip
        if any(p.line.kit_id is not None for p in plan.lines if p.line and p.is_changed):
            batch.add(_KITS_FOLLOW, [order.pk])
    new = [p for p in plan.lines if p.line is None]
    if new:
        ids = reserve_ids({"orders_orderline": len(new)})["orders_orderline"]
        first = max((p.line.position for p in plan.lines if p.line), default=0) + 1
        rows = [_new_row(order, pk, first + n, p) for n, (pk, p) in enumerate(zip(ids, new, strict=True))]
        batch.insert("orders_orderline", _NEW_LINES, rows)
    batch.run()
    touched = [p.line.line_id for p in plan.lines if p.line and p.is_changed]
    promise_fit_many(touched, cancelled=True, actor=actor, at=at)
    totals = {
        "goods_total": plan.goods,
        "tax_total": plan.tax,
        "charges_total": plan.charges,
        "total": plan.total,
    }
    Order.objects.filter(pk=order.pk).update(
        **totals, **{name: new for name, (_, new) in plan.header.items()}
    )
    order.refresh_from_db()


def _new_row(order: Order, pk: int, position: int, plan: LinePlan) -> tuple[Any, ...]:
    return (
        pk, order.pk, position, plan.product_id, (plan.channel_sku or plan.sku)[:80], plan.description,
        plan.ordered, cents(plan.unit_price), cents(plan.line_total), cents(plan.tax), 0, 0, 0, 0, 0, "0", cents(plan.agreed),
        plan.substitute_of, plan.merged_from,
    )  # fmt: skip


def _products(order: Order, edit: Edit, at: datetime) -> dict[str, NewProduct]:
    """What the SKUs of added lines mean, with the price that applies to this customer and quantity."""
    wanted = {line.sku.strip().lower(): line.quantity for line in edit.added}
    if not wanted:
        return {}
    found = {
        product.sku.lower(): product
        for product in Product.objects.extra(where=["lower(sku) = ANY(%s)"], params=[list(wanted)])
        if product.is_active
    }
    lines = [(product.pk, wanted[sku]) for sku, product in found.items()]
    prices = prices_for(order.channel_id, order.customer_id, lines, order.currency, at)
    return {
        sku: NewProduct(product.pk, product.sku, price.price, price.words)
        for (sku, product), price in zip(found.items(), prices, strict=True)
    }


def _checked(name: str, value: Any, order: Order, at: datetime) -> Any:
    """A header field's value as it may be stored; InvalidInput names the field."""
    if name not in HEADER:
        raise InvalidInput(
            f"{name} can not be edited", field=name, remedy=f"Editable are {', '.join(HEADER)}."
        )
    if (
        name == "ship_by"
        and value != order.ship_by
        and not at - timedelta(days=1) < value < at + timedelta(days=366)
    ):
        raise InvalidInput(
            "ship by lies in the past or years ahead", field=name, remedy="Choose a day ahead."
        )
    if name == "priority" and not -100 <= value <= 100:
        raise InvalidInput("a priority is -100 to 100", field=name, remedy="0 is the usual one.")
    if name == "max_shipments" and value is not None and not 1 <= value <= 99:
        raise InvalidInput("shipments are 1 to 99", field=name, remedy="Leave it blank for no limit.")
    if name == "warehouse_note" and len(value) > 500:
        raise InvalidInput("the note is longer than 500 characters", field=name, remedy="Shorten it.")
    if name == "email" and value:
        try:
            validate_email(value)
        except ValidationError as error:
            raise InvalidInput("that is no e-mail address", field=name, remedy="Correct it.") from error
    return value
