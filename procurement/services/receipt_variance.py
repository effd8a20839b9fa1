"""Who notices that a delivery was short, too much or late, and that a case about it is settled?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from erp.core.models import User
from erp.core.services.exception_case import CaseDraft, exception_open_many
from procurement.models import PurchaseOrder
from procurement.services.purchase_order_send import DOCUMENT, cases_resolve
from procurement.terms import base_value


class ReceivedSoFar(Protocol):
    purchase_order_id: int
    sku: str
    ordered: int
    received: int
    unit_cost: Decimal


def variance_record(
    orders: dict[int, PurchaseOrder], lines: Iterable[ReceivedSoFar], *, actor: User, at: datetime
) -> None:
    """This function will open a case for every order that is short or over, and settle the complete ones'."""
    found: dict[int, dict[str, dict[str, int]]] = {pk: {"short": {}, "over": {}} for pk in orders}
    risk = dict.fromkeys(orders, Decimal(0))
    for line in lines:
        difference = line.received - line.ordered
        if difference:
            found[line.purchase_order_id]["short" if difference < 0 else "over"][line.sku] = abs(difference)
            rate = orders[line.purchase_order_id].rate
            risk[line.purchase_order_id] += base_value(abs(difference), line.unit_cost, rate)
    complete = [pk for pk, sides in found.items() if not sides["short"]]
    cases_resolve(
        complete, resolution="procurement.goods_receive", reason="everything has arrived", actor=actor, at=at
    )
    drafts = []
    for pk, order in orders.items():
        days_late = (at.date() - order.expected_date).days
        words = [side for side in ("short", "over") if found[pk][side]]
        if not words:
            continue
        late = f", {days_late} days late" if days_late > 0 else ""
        drafts.append(
            CaseDraft(
                "RECEIPT_VARIANCE", DOCUMENT, str(pk), f"{order.number}: delivery is {' and '.join(words)}{late}",
                {**{side: found[pk][side] for side in words}, "days_late": max(0, days_late)}, risk[pk],
            )
        )  # fmt: skip
    exception_open_many(drafts, actor=actor, at=at)
