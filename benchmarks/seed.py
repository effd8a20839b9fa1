"""What does the benchmark company consist of? 10,000 products, two nodes without bins and one with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from random import Random

from erp.core.models import User
from erp.core.services.user import system_user
from inventory.models import Node
from inventory.services import (
    AdjustmentDraft,
    AdjustmentLineDraft,
    LocationDraft,
    NodeDraft,
    ProductDraft,
    adjustment_record_many,
    category_save,
    location_create_many,
    node_save,
    product_create_many,
    unit_ensure,
)
from ledger.services import chart_create
from ledger.services.period import period_ensure
from orders.services import (
    ChannelDraft,
    ChannelMailDraft,
    LineCommand,
    OrderCommand,
    ShipTo,
    channel_mail_save,
    channel_save,
    policy_create,
)

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
PRODUCTS = 10_000
STOCK = 10_000_000
PRICE = Decimal("2.00")
_serial = count(1)


@dataclass
class Seeded:
    actor: User
    nodes: list[Node]
    products: list[int]
    skus: list[str]
    channel_id: int
    policy_id: int
    random: Random

    def command(self, lines: int = 3, hot: bool = False) -> OrderCommand:
        """This function will return an order of `lines` different products, one of them the hot SKU if asked for."""
        chosen = self.random.sample(range(1, len(self.skus)), lines)
        if hot:
            chosen[0] = 0
        external_id = f"B-{next(_serial)}"
        return OrderCommand(
            channel="bench", external_id=external_id, ordered_at=AT, currency="GBP",
            lines=[LineCommand(self.skus[index], self.random.randint(1, 4), PRICE, "Something nice") for index in chosen],
            body=f'{{"external_id": "{external_id}", "padding": "{"x" * 200}"}}',
            ship_to=ShipTo("Pat Price", "1 High Street", "Leeds", "LS1 1AA", "GB"), email="pat@example.com",
        )  # fmt: skip


def seed(scale: float) -> Seeded:
    """This function will found the company in an empty database."""
    actor = system_user("system")
    chart_create(actor=actor, at=AT)
    period_ensure(AT.date(), actor=actor, at=AT)
    each = unit_ensure(code="EA", name="Each")
    goods = category_save(code="ALL", name="All", parent_id=None, valuation_method="FIFO", actor=actor, at=AT)
    size = max(int(PRODUCTS * scale), 500)
    skus = [f"SKU{number:05d}" for number in range(size)]
    made = product_create_many(
        [ProductDraft(sku, f"Product {sku}", goods.pk, each.pk, list_price=PRICE) for sku in skus],
        actor=actor,
        at=AT,
    )
    products = [product.pk for product in made]
    nodes = [
        node_save(
            NodeDraft(code, code, kind, "GB", Decimal(52), Decimal(longitude), rank=rank), actor=actor, at=AT
        )
        for code, kind, longitude, rank in (("WH", "WAREHOUSE", 0, 1), ("TPL", "TPL", -1, 2))
    ]
    bins = location_create_many(
        node_id=nodes[0].pk, drafts=[LocationDraft(f"B-{number:05d}", "BIN", "", number) for number in range(size)],
        actor=actor, at=AT,
    )  # fmt: skip
    for node, places in ((nodes[0], [place.pk for place in bins]), (nodes[1], [None] * size)):
        lines = [
            AdjustmentLineDraft(product, STOCK, location_id=place, unit_cost=Decimal("1.00"))
            for product, place in zip(products, places, strict=True)
        ]
        adjustment_record_many(
            drafts=[AdjustmentDraft(node.pk, "OPENING", lines, "Bench")], actor=actor, at=AT
        )
    policy = policy_create(code="default", name="Nearest", strategy="NEAREST", actor=actor, at=AT)
    channel = channel_save(
        ChannelDraft("bench", "Bench", "WEB", "GBP", False, 48, policy.pk), actor=actor, at=AT
    )
    channel_mail_save(ChannelMailDraft(channel.pk), actor=actor, at=AT)
    return Seeded(actor, nodes, products, skus, channel.pk, policy.pk, Random(20260302))
