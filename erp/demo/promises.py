"""How does the demo company keep its promises: suppliers slip, the desk decides, and the day tells whether they were kept?"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from erp.core.sql import query
from erp.demo.catalogue import draw
from orders.selectors import promises_at_risk
from orders.services import Rescue, promise_rescue_many, promise_settle
from procurement.services import purchase_order_redate

if TYPE_CHECKING:
    from erp.demo.engine import Replay

SLIP_ONE_IN = 12
STAYS_ONE_IN = 9  # so many of the promises at risk stay for somebody to decide


def evening(replay: Replay, at: datetime) -> None:
    """This function will let some suppliers slip, renew most promises that fail by that, and settle what has left."""
    ben, olga = replay.company.people["ben"], replay.company.people["olga"]
    for order_id, number, expected in query(
        "SELECT id, number, expected_date FROM procurement_purchaseorder WHERE state = 'SENT' AND expected_date = %s ORDER BY id",
        [at.date() + timedelta(days=1)],
    ):
        if draw(f"slip:{number}", SLIP_ONE_IN) == 0:
            later = expected + timedelta(days=2 + draw(f"days:{number}", 4))
            purchase_order_redate(
                purchase_order_id=order_id,
                expected_date=later,
                reason="The carrier missed the ferry.",
                actor=ben,
                at=at,
            )
    failing = [
        risk.promise_id
        for risk in promises_at_risk(today=at.date())
        if draw(f"promise:{risk.promise_id}", STAYS_ONE_IN)
    ]
    if failing:
        promise_rescue_many(
            promise_ids=failing, option=Rescue.WAIT, reason="Our supplier delivers later.", actor=olga, at=at
        )
    promise_settle(actor=replay.actor, at=at)
