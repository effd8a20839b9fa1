"""Answers: what can come back? Carol bought 3 mugs for 27.01 plus 5.40 tax, shipped today; they cost 10.00 together."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

import pytest

from erp.core.models import ApprovalPolicy
from erp.core.roles import Role
from fulfillment.models import ShipmentLine
from fulfillment.services import fulfillment_ship_through_many
from inventory.models import Product
from orders.services import order_allocate_many, order_receive
from orders.services.command import LineCommand, OrderCommand, PaymentCommand, ShipTo
from tests.cast import NOW, Company, company, stock_in  # noqa: F401 — the fixture

Sell = Callable[..., ShipmentLine]


@pytest.fixture
def shop(company: Company) -> Company:  # noqa: F811
    """The company, with a threshold of 100 for refunds that Fay decides."""
    ApprovalPolicy.objects.update_or_create(
        kind="returns.refund_approve",
        defaults={"threshold": Decimal(100), "role": Role.FINANCE, "is_active": True},
    )
    return company


@pytest.fixture
def sell(shop: Company) -> Sell:
    """Receive, allocate and ship an order of one line, and return its shipment line."""
    numbers = iter(range(1, 1_000))

    def sold(
        quantity: int = 3,
        price: str = "9.0033",
        *,
        tax: str = "5.40",
        cost: str = "10.00",
        product: Product | None = None,
        paid: bool = True,
        at: datetime = NOW,
    ) -> ShipmentLine:
        number, product = next(numbers), product or shop.mug
        stock_in(shop, product, quantity, unit_cost=round(Decimal(cost) / quantity, 4))
        total = round(Decimal(price) * quantity, 2) + Decimal(tax)
        order = order_receive(
            OrderCommand(
                channel=(shop.web if paid else shop.wholesale).code, external_id=f"W-{number}", ordered_at=at,
                currency="GBP", lines=[LineCommand(product.sku, quantity, Decimal(price), tax_amount=Decimal(tax))],
                body=f"order {number}", customer_number=shop.carol.number, email=shop.carol.email,
                ship_to=ShipTo("Carol Customer", "1 High Street", "Leeds", "LS1 1AA", "GB"),
                payment=PaymentCommand("card", f"pay-{number}", total) if paid else None,
            ),
            actor=shop.olga, at=at,
        )  # fmt: skip
        assert order.order_id and order.error is None
        order_allocate_many(order_ids=[order.order_id], actor=shop.olga, at=at)
        (shipment,) = fulfillment_ship_through_many(
            order_ids=[order.order_id], carrier="Royal Mail", actor=shop.pia, at=at
        )
        return ShipmentLine.objects.select_related("shipment").get(shipment_id=shipment)

    return sold
