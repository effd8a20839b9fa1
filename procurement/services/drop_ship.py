"""Who buys what a supplier is to send straight to a customer?

Orders put down a job with drop-ship ids; what comes of it goes back through `orders.services.drop_ship`. The purchase order is
one like any other, to a node that no shelf belongs to: approval, e-mail, invoice match and books need to know nothing new.
Orders are locked before purchase orders, here and in everything that follows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from erp.core.models import User
from inventory.services.drop_ship_node import drop_ship_node_ensure
from orders.locks import lock_drop_ships
from orders.models import DropShip, Order
from orders.selectors.drop_ship import drop_ships_of_purchase
from orders.services.drop_ship import (
    DropShipPurchase,
    DropShipRefusal,
    drop_ship_promise_many,
    drop_ship_record_order_many,
    drop_ship_refuse_many,
)
from orders.states import ALLOCATABLE, DROP_SHIP_OPEN, DropShipState
from procurement.locks import lock_purchase_order
from procurement.models import PurchaseOrder, PurchaseOrderLine, SupplierProduct
from procurement.services.purchase_order import (
    PurchaseDraft,
    PurchaseLine,
    purchase_order_create_many,
    purchase_order_submit_many,
)
from procurement.services.purchase_order_send import purchase_order_send_many
from procurement.states import PurchaseOrderState as S

DOCUMENT = "procurement.PurchaseOrder"
Group = tuple[int, int]  # supplier, customer's order


@transaction.atomic
def drop_ship_raise(*, ids: Sequence[int], actor: User, at: datetime) -> list[int]:
    """This function will raise a purchase order per supplier and customer's order for requested drop-ships.

    The supplier is the first choice among those that drop-ship the product in such a quantity. Below the approval threshold
    the order goes out at once. What nobody sends, and what is for an order that is held, is refused. Returns the purchase
    orders' ids; run again it finds nothing requested.
    """
    rows = [row for row in lock_drop_ships(ids).values() if row.state == DropShipState.REQUESTED]
    terms = _terms({row.order_line.product_id for row in rows})
    groups: dict[Group, list[DropShip]] = {}
    refusals = []
    for row in rows:
        supplier = next(
            (t.supplier_id for t in terms.get(row.order_line.product_id, []) if _sends(t, row)), None
        )
        if row.order_line.order.state not in ALLOCATABLE:
            refusals.append(DropShipRefusal(row.pk, "the order is held"))
        elif supplier is None:
            refusals.append(DropShipRefusal(row.pk, "no supplier drop-ships it in this quantity"))
        else:
            groups.setdefault((supplier, row.order_line.order_id), []).append(row)
    made = _raise(groups, actor, at) if groups else []
    drop_ship_refuse_many(refusals, actor=actor, at=at)
    return made


def _terms(product_ids: set[int]) -> Mapping[int, list[SupplierProduct]]:
    """Active suppliers that drop-ship, the preferred and then the cheapest first (in base currency)."""
    found: dict[int, list[SupplierProduct]] = {}
    rows = SupplierProduct.objects.filter(
        product__in=product_ids, is_dropship=True, supplier__is_active=True, product__is_active=True
    ).select_related("supplier")
    for row in sorted(rows, key=lambda t: (t.rank, t.unit_cost * t.supplier.rate, t.pk)):
        found.setdefault(row.product_id, []).append(row)
    return found


def _sends(terms: SupplierProduct, row: DropShip) -> bool:
    return row.quantity_open >= terms.minimum_quantity and row.quantity_open % terms.pack_size == 0


def _raise(groups: Mapping[Group, Sequence[DropShip]], actor: User, at: datetime) -> list[int]:
    node = drop_ship_node_ensure(actor=actor, at=at)
    drafts = [
        PurchaseDraft(
            supplier, node.pk, [PurchaseLine(row.order_line.product_id, row.quantity_open) for row in rows],
            customer_order_id=order, ship_to=ship_to_text(rows[0].order_line.order),
        )
        for (supplier, order), rows in groups.items()
    ]  # fmt: skip
    ids = purchase_order_create_many(drafts, actor=actor, at=at)
    numbers = dict(PurchaseOrder.objects.filter(pk__in=ids).values_list("pk", "number"))
    lines: dict[int, list[int]] = {}
    for order_id, line_id in (
        PurchaseOrderLine.objects.filter(purchase_order__in=ids)
        .order_by("purchase_order_id", "position")
        .values_list("purchase_order_id", "pk")
    ):
        lines.setdefault(order_id, []).append(line_id)
    purchases = {
        row.pk: DropShipPurchase(DOCUMENT, pk, line_id, numbers[pk])
        for pk, rows in zip(ids, groups.values(), strict=True)
        for row, line_id in zip(rows, lines[pk], strict=True)
    }
    drop_ship_record_order_many(purchases, actor=actor, at=at)
    purchase_order_submit_many(ids, actor=actor, at=at)
    return ids


def ship_to_text(order: Order) -> str:
    """This function will return an order's address as the supplier prints it, line by line."""
    parts = (
        order.ship_to_name,
        order.ship_to_line1,
        f"{order.ship_to_postcode} {order.ship_to_city}",
        order.ship_to_country,
    )
    return "\n".join(part.strip() for part in parts if part.strip())


@transaction.atomic
def drop_ship_send(*, purchase_order_id: int, actor: User, at: datetime) -> bool:
    """This function will send an approved drop-ship order to its supplier and promise the customer's lines out of it.

    False when it is not approved any more or somebody has sent it already: then there is nothing left to do.
    """
    rows = drop_ships_of_purchase(DOCUMENT, [purchase_order_id])
    ids = [row.pk for row in rows if row.state in DROP_SHIP_OPEN]
    lock_drop_ships(ids)
    order = lock_purchase_order(purchase_order_id)
    if order.state == S.APPROVED and ids:
        purchase_order_send_many([purchase_order_id], actor=actor, at=at)
    drop_ship_promise_many(ids, actor=actor, at=at)
    order.refresh_from_db(fields=["state"])
    return order.state == S.SENT and bool(ids)
