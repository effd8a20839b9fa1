"""What becomes of a customer's lines when the purchase order that was to serve them ends without it?"""

from __future__ import annotations

from datetime import datetime

from erp.core.models import User
from orders.locks import lock_drop_ships
from orders.selectors.drop_ship import drop_ships_of_purchase
from orders.services.drop_ship import DropShipRefusal, drop_ship_refuse_many
from orders.states import DROP_SHIP_OPEN

DOCUMENT = "procurement.PurchaseOrder"


def drop_ship_lock(purchase_order_id: int) -> None:
    """This function will lock the customers' orders that a purchase order serves: before it, as everywhere."""
    rows = drop_ships_of_purchase(DOCUMENT, [purchase_order_id])
    if rows:
        lock_drop_ships([row.pk for row in rows])


def drop_ship_give_up(*, purchase_order_id: int, reason: str, actor: User, at: datetime) -> int:
    """This function will give back to the customers' lines what a cancelled or closed purchase order does not bring."""
    rows = drop_ships_of_purchase(DOCUMENT, [purchase_order_id])
    refusals = [
        DropShipRefusal(row.pk, f"{row.purchase_number}: {reason or 'closed'}")
        for row in rows
        if row.state in DROP_SHIP_OPEN
    ]
    return drop_ship_refuse_many(refusals, actor=actor, at=at)
