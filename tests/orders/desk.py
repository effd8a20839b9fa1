"""What do the tests of the order desk's pages press, read and count?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.test import Client
from django.urls import reverse

from erp.core.models import ExceptionCase, IdempotencyKey, InboxMessage, StateChange
from inventory.models import StockEvent
from orders.models import Allocation, Hold, Order

LISTS = ["order", "backorder", "hold", "customer", "channel", "listing", "allocation_policy", "price_list", "price_entry",
         "contract_price"]  # fmt: skip
Login = Callable[[str], Client]
PEOPLE = ["olga", "cora", "fay", "ada", "pia", "ben", "rita", "otto"]
ORDER = {
    "channel": "wholesale", "external_id": "M-1", "customer_number": "C-CAROL", "currency": "GBP",
    "email": "pat@example.com", "ship_to_name": "Pat Price", "ship_to_line1": "1 High Street", "ship_to_city": "Leeds",
    "ship_to_postcode": "LS1 1AA", "ship_to_country": "gb", "shipping": "4.50", "sku": ["", "mug", "LAMP"],
    "quantity": ["", "2", "1"], "unit_price": ["", "3.50", "12"], "form_token": "t1",
}  # fmt: skip


HEAD = (
    "external_id,ordered_at,currency,ship_to_name,ship_to_line1,ship_to_city,ship_to_postcode,ship_to_country,sku,"
    "quantity,unit_price"
)
ROW = "{},2026-03-02T10:00:00+00:00,GBP,Pat,1 High Street,Leeds,LS1 1AA,GB,{},{},{}"
FILE = [
    HEAD, ROW.format("F-1", "MUG", 2, "3.50"), ROW.format("F-2", "MUG", -2, "3.50"), ROW.format("F-1", "LAMP", 1, "12"),
    ROW.format("F-3", "NOPE", 1, "1"), ROW.format("F-4", "MUG", 1, "1,5"), ROW.format("F-5", "MUG", 9, "3.50"),
    ROW.format("F-6", "MUG", 1, "3.50"), ROW.format("F-6", "MUG", "two", "3.50"),
]  # fmt: skip


def to(name: str, *args: Any) -> str:
    return reverse(f"orders:{name}", args=args)


def shown(response: Any) -> list[Any]:
    """The records of a list page, in its order."""
    return [row.record for row in response.context["page_obj"].object_list]


def toasts(response: Any) -> list[str]:
    """What the page said after it was redirected to."""
    return [str(message) for message in response.context["messages"]]


def press(client: Client, verb: str, order: Order, reason: str = "Because") -> str:
    """Press a button of the order's record, load the order again, and return what the page then says."""
    (said,) = toasts(client.post(to(verb, order.pk), {"reason": reason}, follow=True))
    order.refresh_from_db()
    return said


def written() -> tuple[int, ...]:
    """How many rows there are that an order leaves behind."""
    tables = (Order, InboxMessage, ExceptionCase, Allocation, StockEvent, StateChange, IdempotencyKey, Hold)
    return tuple(model.objects.count() for model in tables)
