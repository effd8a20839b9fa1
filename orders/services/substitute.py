"""Who sends another product than was ordered, and at which price?

A substitution never raises what the customer pays: goods and tax of the new line are at most those of the units it
replaces. Where a price per unit can not be split to four decimals it is rounded down, in the customer's favour.
"""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_DOWN, Decimal

from django.db import transaction

from erp.core.errors import Conflict, InvalidInput, NotFound
from erp.core.models import User
from erp.core.money import ZERO, quantize
from orders.editing import LineNow, LinePlan, Plan, due_of, line_after, share
from orders.locks import lock_order
from orders.models import Order, OrderLine
from orders.selectors.price import prices_for
from orders.selectors.substitution import Substitute, substitutes_for
from orders.services.change import ChangeNote, check_editable, lines_now, need_reason
from orders.services.edit import EditOutcome, plan_apply

_FINEST = Decimal("0.0001")


@transaction.atomic
def order_line_substitute(
    *, line_id: int, substitute_product_id: int, quantity: int, reason: str, agreed: str = "", actor: User, at: datetime
) -> EditOutcome:  # fmt: skip
    """This function will replace `quantity` units of a line by another product, by the rule that allows it.

    The replaced units come off the line and their stock becomes sellable; a new line points at it. `agreed` is what the
    customer said, where the rule asks for it. InvalidInput names the field; Conflict for units on the floor and kits.
    """
    reason = need_reason(reason)
    order_id = OrderLine.objects.filter(pk=line_id).values_list("order_id", flat=True).first()
    if order_id is None:
        raise NotFound(f"there is no line #{line_id}", field="line", remedy="Reload the order.")
    order = lock_order(order_id)
    check_editable(order)
    if order.fulfilled_by_channel:
        raise Conflict(
            f"{order.channel} sends {order} itself", field="line", remedy=f"Replace it at {order.channel}."
        )
    lines = lines_now(order_id)
    line = next(row for row in lines if row.line_id == line_id)
    _check_line(line, quantity)
    rule = _rule(line, substitute_product_id, at)
    if rule.needs_agreement and not agreed.strip():
        raise InvalidInput(
            "the customer has to agree first",
            field="agreed",
            remedy="Ask, and write down who said yes and when.",
        )
    units = rule.units_for(quantity)
    if not units:
        raise InvalidInput(
            f"{rule.per_product} units are replaced by {rule.per_substitute}", field="quantity",
            remedy=f"Replace a multiple of {rule.per_product}.",
        )  # fmt: skip
    kept = line_after(line, line.wanted - quantity, line.unit_price, None, order.currency)
    new = _new_line(order, line, kept, rule, units, at)
    plan = _plan(order, lines, kept, new)
    changes = [
        {"what": f"{line.sku} replaced", "old": f"{quantity} × {line.sku}", "new": f"{units} × {rule.sku}"}
    ]
    if agreed.strip():
        changes.append({"what": "customer agreed", "old": "", "new": agreed.strip()[:300]})
    note = ChangeNote("SUBSTITUTE", changes, reason, order.total)
    return plan_apply(
        order=order, plan=plan, note=note, action="orders.order_line_substitute", actor=actor, at=at
    )


def _check_line(line: LineNow, quantity: int) -> None:
    if not line.is_free:
        raise Conflict(
            f"units of {line.sku} are on the floor or have left",
            field="line",
            remedy="Cancel the fulfilment order first.",
        )
    if line.kit_id is not None:
        raise Conflict(f"{line.sku} is part of a kit", field="line", remedy="Change the kit instead.")
    if not 1 <= quantity <= line.wanted:
        raise InvalidInput(
            f"{line.sku} has {line.wanted} units to replace",
            field="quantity",
            remedy=f"Use 1 to {line.wanted}.",
        )


def _rule(line: LineNow, substitute_product_id: int, at: datetime) -> Substitute:
    for rule in substitutes_for([line.product_id], at.date()).get(line.product_id, []):
        if rule.substitute_id == substitute_product_id:
            return rule
    raise InvalidInput(
        f"no rule lets that product replace {line.sku}",
        field="substitute",
        remedy="Add a substitution rule first.",
    )


def _new_line(
    order: Order, line: LineNow, kept: LinePlan, rule: Substitute, units: int, at: datetime
) -> LinePlan:
    currency = order.currency
    goods = share(line.line_total, line.wanted, line.ordered, currency) - share(
        kept.line_total, kept.wanted, kept.ordered, currency
    )
    tax = share(line.tax, line.wanted, line.ordered, currency) - share(
        kept.tax, kept.wanted, kept.ordered, currency
    )
    price = line.unit_price if rule.per_product == rule.per_substitute else goods / units
    if rule.price_rule == "LOWER":
        applied = prices_for(
            order.channel_id, order.customer_id, [(rule.substitute_id, units)], currency, at
        )[0].price
        price = price if applied is None else min(price, applied)
    if quantize(price * units, currency) > goods:
        price = goods / units
    price = price.quantize(_FINEST, rounding=ROUND_DOWN)
    total = quantize(price * units, currency)
    new_tax = min(tax, quantize(tax * total / goods, currency)) if goods else ZERO
    return LinePlan(
        None, rule.substitute_id, rule.sku, units, 0, price, total, new_tax, None, substitute_of=line.line_id
    )  # fmt: skip


def _plan(order: Order, lines: list[LineNow], kept: LinePlan, new: LinePlan) -> Plan:
    assert kept.line is not None
    plans = [
        kept
        if row.line_id == kept.line.line_id
        else line_after(row, row.wanted, row.unit_price, None, order.currency)
        for row in lines
    ]
    before = due_of(
        [(r.line_total, r.tax, r.wanted, r.ordered) for r in lines], order.charges_total, order.currency
    )
    return Plan([*plans, new], order.charges_total, {}, order.total, before, order.currency)
