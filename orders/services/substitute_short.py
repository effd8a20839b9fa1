"""Who replaces what is short where the policy and a substitution rule allow it without asking?

In a transaction of its own, after the allocation: the levels of what is short and of its substitutes are locked together then.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.timezone import localtime

from erp.core.errors import KeelError
from erp.core.models import User
from erp.core.services.note import note_add
from orders.locks import lock_levels_of_orders, lock_order
from orders.models import OrderLine
from orders.selectors.drop_ship import drop_ship_units
from orders.selectors.substitution import offered, substitute_units, substitutes_for
from orders.services.allocation import order_allocate_many
from orders.services.substitute import order_line_substitute
from orders.states import ALLOCATABLE, derive_quantity_open

REASON = "out of stock; replaced by rule"


@transaction.atomic
def order_substitute_short(*, order_ids: Sequence[int], actor: User, at: datetime) -> int:
    """This function will replace short units by what the rules offer without asking, if it is in stock, and allocate it.

    Returns the lines replaced. An order that moved on meanwhile is left alone; a replacement that is refused leaves its line
    waiting, with the refusal as a note.
    """
    replaced = []
    ids = sorted(set(order_ids))
    orders = [order for order in [lock_order(pk) for pk in ids] if order.state in ALLOCATABLE]
    short: dict[int, list[OrderLine]] = {order.pk: [] for order in orders}
    for line in OrderLine.objects.filter(order__in=orders, kit_id=None).order_by("order", "position"):
        if derive_quantity_open(line) > 0:
            short[line.order_id].append(line)
    products = {line.product_id for lines in short.values() for line in lines}
    rules = substitutes_for(sorted(products), localtime(at).date())
    lock_levels_of_orders(
        [order.pk for order in orders], also=[rule.substitute_id for own in rules.values() for rule in own]
    )
    there = substitute_units(rules)
    sent = drop_ship_units([line.pk for lines in short.values() for line in lines])
    for order in orders:
        for line in short[order.pk]:
            units = derive_quantity_open(line) - sent.get(line.pk, 0)  # a supplier sends those
            rule = offered(rules.get(line.product_id, []), units, there) if units else None
            if rule is None:
                continue
            try:
                with transaction.atomic():
                    order_line_substitute(
                        line_id=line.pk, substitute_product_id=rule.substitute_id, quantity=units, reason=REASON,
                        actor=actor, at=at,
                    )  # fmt: skip
            except KeelError as refusal:
                body = f"{rule.sku} was not sent instead: {refusal.message}."
                note_add(document_type="orders.Order", document_id=order.pk, body=body, actor=actor, at=at)
            else:
                replaced.append(order.pk)
    if replaced:
        order_allocate_many(order_ids=sorted(set(replaced)), actor=actor, at=at)
    return len(replaced)
