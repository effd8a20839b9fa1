"""Which orders of the demo company wait for goods, promised out of a purchase order that came, or out of one that slipped?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from erp.core.sql import query
from erp.demo.catalogue import draw
from erp.demo.engine import CARRIER
from erp.demo.web_order import web_order, web_orders_take
from fulfillment.services import fulfillment_ship_through_many
from orders.services import LineCommand, order_allocate_many, promise_settle
from procurement.services import ReceiptDraft, ReceivedLine, goods_receive_many, purchase_order_redate

if TYPE_CHECKING:
    from erp.demo.engine import Replay

ORDERS_PER_PRODUCT = 3
# Products that are nearly sold out and that one purchase order will bring, by purchase order, those that bring most first.
_COMING = """
SELECT p.id, p.expected_date, l.id, l.product_id, pr.sku, pr.list_price, l.quantity_ordered - l.quantity_received
  FROM procurement_purchaseorder p JOIN procurement_purchaseorderline l ON l.purchase_order_id = p.id
  JOIN inventory_product pr ON pr.id = l.product_id
 WHERE p.state = 'SENT' AND p.expected_date > %s AND l.quantity_ordered - l.quantity_received >= 24 AND pr.list_price > 0
   AND (SELECT coalesce(sum(s.quantity), 0) FROM inventory_stocklevel s
         WHERE s.product_id = l.product_id AND s.status = 'AVAILABLE') < 10
   AND (SELECT count(*) FROM procurement_purchaseorderline o JOIN procurement_purchaseorder q ON q.id = o.purchase_order_id
         WHERE o.product_id = l.product_id AND q.state = 'SENT') = 1
 ORDER BY count(*) OVER (PARTITION BY p.id) DESC, p.id, l.position
"""


class _Coming(NamedTuple):
    purchase_order_id: int
    expected: date
    line_id: int
    product_id: int
    sku: str
    price: Decimal
    quantity: int


def sell_short(replay: Replay, *, at: datetime) -> None:
    """This function will sell what only purchase orders bring: one comes and its promises are kept, one slips."""
    coming = [_Coming(*row) for row in query(_COMING, [at.date()])]
    chosen = list(dict.fromkeys(line.purchase_order_id for line in coming))[:2]
    if len(chosen) < 2:
        return
    slips, comes = ([line for line in coming if line.purchase_order_id == order] for order in chosen)
    company = replay.company
    purchase_order_redate(
        purchase_order_id=chosen[1], expected_date=at.date() - timedelta(days=1), reason="It comes sooner.",
        actor=company.people["ben"], at=at - timedelta(days=3),
    )  # fmt: skip
    _order(replay, slips[:6], at - timedelta(days=2))
    served = _order(replay, comes[:4], at - timedelta(days=2))
    received = [
        ReceivedLine(line.line_id, line.quantity, location_id=company.home_bins[line.product_id])
        for line in comes
    ]
    goods_receive_many(
        [ReceiptDraft(chosen[1], received)], actor=company.people["paul"], at=at - timedelta(hours=8)
    )
    order_allocate_many(order_ids=served, actor=replay.actor, at=at - timedelta(hours=8))
    fulfillment_ship_through_many(
        order_ids=served, carrier=CARRIER, actor=company.people["pia"], at=at - timedelta(hours=4)
    )
    promise_settle(actor=replay.actor, at=at)
    purchase_order_redate(
        purchase_order_id=chosen[0], expected_date=slips[0].expected + timedelta(days=6),
        reason="The container missed its ship.", actor=company.people["ben"], at=at - timedelta(hours=1),
    )  # fmt: skip


def _order(replay: Replay, lines: Sequence[_Coming], at: datetime) -> list[int]:
    """Web orders of a few units of each product, paid by card, promised out of what is coming."""
    commands = []
    for line in lines:
        for number in range(ORDERS_PER_PRODUCT):
            key = f"short-{line.sku}-{number}"
            wanted = LineCommand(line.sku, 4 + draw(key, 3), line.price)
            commands.append(web_order(key, key.upper(), wanted, line.sku, at))
    return web_orders_take(replay.company, commands, at=at)
