"""Who takes down that a supplier has sent goods to our customer?

One transaction: the goods are received at the drop-ship node and promised to the very order lines they were bought for, and one
job writes the shipment (`fulfillment.drop_ship_confirm`; fulfilment is a stranger to purchasing). Its key is the receipt's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import transaction

from erp.core.errors import IllegalTransition, InvalidInput
from erp.core.models import User
from erp.core.services.work import JobDraft, job_enqueue_many
from orders.locks import lock_drop_ship_levels, lock_drop_ships
from orders.models import DropShip, Order
from orders.selectors.drop_ship import drop_ships_of_purchase
from orders.services.drop_ship_allocate import drop_ship_allocate, drop_ship_check
from procurement.locks import lock_purchase_order
from procurement.models import GoodsReceipt
from procurement.services.receipt import ReceiptDraft, ReceivedLine, goods_receive_many
from procurement.states import PurchaseOrderState

DOCUMENT = "procurement.PurchaseOrder"
CONFIRM = "fulfillment.drop_ship_confirm"


@dataclass(frozen=True)
class SentLine:
    """Units of a purchase order line that the supplier says have left; a lot-tracked product needs `lot_code`."""

    purchase_order_line_id: int
    quantity: int
    lot_code: str = ""


@dataclass(frozen=True)
class ShipNotice:
    """What a supplier sent with whom. `rate` (base currency per unit) is asked for when the customer pays in another one."""

    purchase_order_id: int
    lines: Sequence[SentLine]
    carrier: str
    tracking_number: str = ""
    rate: Decimal | None = None


@transaction.atomic
def drop_ship_notice(notice: ShipNotice, *, actor: User, at: datetime) -> GoodsReceipt:
    """This function will receive what a supplier has sent to a customer, promise it to that order, and have it shipped.

    InvalidInput for a line of another order, more units than are still wanted, no carrier or a missing rate;
    IllegalTransition when the supplier was not sent the order; Conflict while the customer's order is held.
    """
    carrier = notice.carrier.strip()
    if not carrier:
        raise InvalidInput("a shipment needs a carrier", field="carrier", remedy="Name who takes the parcel.")
    by_line = {
        row.purchase_line_id: row for row in drop_ships_of_purchase(DOCUMENT, [notice.purchase_order_id])
    }
    units = _units(notice, by_line)
    rows = list(lock_drop_ships(list(units)).values())
    purchase = lock_purchase_order(notice.purchase_order_id)
    if purchase.state != PurchaseOrderState.SENT:
        raise IllegalTransition(
            f"{purchase} is {purchase.get_state_display().lower()}", field="state",
            remedy="Only what the supplier was sent can have left him.",
        )  # fmt: skip
    order = drop_ship_check(rows, units)
    rate = _rate(order, notice.rate)
    lock_drop_ship_levels([row.order_line.product_id for row in rows], purchase.node_id)
    received = [
        ReceivedLine(line.purchase_order_line_id, line.quantity, lot_code=line.lot_code)
        for line in notice.lines
    ]
    (receipt_id,) = goods_receive_many(
        [ReceiptDraft(purchase.pk, received, is_drop_ship=True)], actor=actor, at=at
    )
    allocations = drop_ship_allocate(
        units=units,
        node_id=purchase.node_id,
        reason=f"{purchase} was sent to the customer with {carrier}",
        actor=actor,
        at=at,
    )
    arguments = {
        "order_id": order.pk, "allocation_ids": allocations, "carrier": carrier,
        "tracking_number": notice.tracking_number.strip(), "rate": rate,
    }  # fmt: skip
    job_enqueue_many([JobDraft(CONFIRM, f"receipt:{receipt_id}", arguments)], actor=actor)
    return GoodsReceipt.objects.get(pk=receipt_id)


def _units(notice: ShipNotice, by_line: dict[int | None, DropShip]) -> dict[int, int]:
    units: dict[int, int] = {}
    for line in notice.lines:
        row = by_line.get(line.purchase_order_line_id)
        if row is None:
            raise InvalidInput(
                f"line #{line.purchase_order_line_id} is not of this drop-ship",
                field="lines",
                remedy="Reload the page.",
            )
        units[row.pk] = units.get(row.pk, 0) + line.quantity
    if not units:
        raise InvalidInput("no unit is named", field="lines", remedy="Say how many units have left.")
    return units


def _rate(order: Order, rate: Decimal | None) -> str:
    if order.currency == settings.KEEL_BASE_CURRENCY:
        return ""
    if rate is None or not rate.is_finite() or not 0 < rate < Decimal("1e8"):
        raise InvalidInput(
            f"the customer pays in {order.currency}", field="rate",
            remedy=f"Enter how much {settings.KEEL_BASE_CURRENCY} one {order.currency} is worth today.",
        )  # fmt: skip
    return format(rate, "f")
