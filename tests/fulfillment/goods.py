"""Answers: how does a test get stock with a cost, and an order that is promised?"""

from datetime import datetime
from decimal import Decimal
from itertools import count

from fulfillment.models import FulfillmentOrder
from inventory.models import Location, Lot, Product
from orders.models import Order
from orders.services import (
    ChargeCommand,
    LineCommand,
    OrderCommand,
    ShipTo,
    order_allocate_many,
    order_receive,
)
from tests.cast import NOW, Company, stock_in

_numbers = count(1)


def goods_in(
    company: Company,
    product: Product,
    quantity: int,
    *,
    location: Location | None = None,
    lot: Lot | None = None,
    unit_cost: Decimal | int = 4,
    at: datetime = NOW,
) -> None:
    """Bring in units with their cost layer; into North's first bin unless a location is given."""
    stock_in(
        company,
        product,
        quantity,
        location=location,
        lot_id=lot.pk if lot else None,
        unit_cost=unit_cost,
        at=at,
    )


def order_in(
    company: Company,
    *lines: tuple[Product, int] | tuple[Product, int, str] | tuple[Product, int, str, str],
    charges: tuple[ChargeCommand, ...] = (),
    ships_complete: bool = False,
    priority: int = 0,
    ordered_at: datetime = NOW,
) -> Order:
    """Receive an order of (product, quantity, unit price, tax) for the wholesale channel, which need not be prepaid."""
    number = next(_numbers)
    command = OrderCommand(
        channel="wholesale", external_id=f"W-{number}", ordered_at=ordered_at, currency="GBP",
        lines=[
            LineCommand(
                line[0].sku, line[1], Decimal(line[2] if len(line) > 2 else "10.00"), "",
                Decimal(line[3] if len(line) > 3 else 0),
            )
            for line in lines
        ],
        body=f"body {number}", charges=charges, customer_number="C-CAROL", email="carol@example.com",
        ship_to=ShipTo("Carol Customer", "1 High Street", "Leeds", "LS1 1AA", "GB"), priority=priority,
        ships_complete=ships_complete,
    )  # fmt: skip
    received = order_receive(command, actor=company.olga, at=NOW)
    assert received.error is None, received.error
    return Order.objects.get(pk=received.order_id)


def promised(company: Company, *lines: tuple[Product, int], **wants: object) -> Order:
    """Receive an order and promise it what there is."""
    order = order_in(company, *lines, **wants)  # type: ignore[arg-type]
    order_allocate_many(order_ids=[order.pk], actor=company.olga, at=NOW)
    order.refresh_from_db()
    return order


def fulfillment_of(order: Order) -> FulfillmentOrder:
    """The order's one fulfilment order."""
    return FulfillmentOrder.objects.get(order=order)
