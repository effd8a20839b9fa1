"""What does the benchmark company consist of? 10,000 products, one node with bins and one without, and every kind of rule.

One order in ten has a kit, one in a hundred is stopped by a check, one in five goes abroad; buyers differ.
"""

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
    ComponentDraft,
    LocationDraft,
    NodeDraft,
    ProductDraft,
    adjustment_record_many,
    category_save,
    kit_save,
    location_create_many,
    node_save,
    product_create_many,
    unit_ensure,
)
from ledger.services import chart_create
from ledger.services.period import period_ensure
from orders.models import CheckPolicy, RiskRule
from orders.services import (
    ChannelDraft,
    ChannelMailDraft,
    LineCommand,
    OrderCommand,
    RuleDraft,
    ShipTo,
    channel_mail_save,
    channel_save,
    freight_rate_save,
    policy_create,
)

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
PRODUCTS = 10_000
STOCK = 10_000_000
PRICE = Decimal("2.00")
KITS = 50
PARTS = (2, 1)  # units per kit of its two components
TOO_MANY = 5_000  # units of a line that a check stops
ADDRESSES = [
    *[ShipTo("Pat Price", "1 High Street", "Leeds", "LS1 1AA", "GB")] * 4,
    ShipTo("Petra Preis", "Hauptstrasse 1", "Berlin", "10115", "DE"),
]
_serial = count(1)


@dataclass
class Seeded:
    actor: User
    nodes: list[Node]
    products: list[int]
    skus: list[str]
    channel_id: int
    policy_id: int
    kits: dict[str, tuple[int, list[int]]]  # SKU → product id, its components
    random: Random

    def command(self, lines: int = 3, hot: bool = False) -> OrderCommand:
        """This function will return an order of `lines` different products, one of them the hot SKU if asked for."""
        chosen = self.random.sample(range(1, len(self.skus)), lines)
        if hot:
            chosen[0] = 0
        number = next(_serial)
        external_id = f"B-{number}"
        wanted = [
            LineCommand(self.skus[index], self.random.randint(1, 4), PRICE, "Something nice")
            for index in chosen
        ]
        if number % 10 == 0:
            wanted[-1] = LineCommand(self.random.choice(list(self.kits)), 1, PRICE, "A set of things")
        if number % 100 == 1:
            wanted[-1] = LineCommand(wanted[-1].sku, TOO_MANY, PRICE, "Very many of them")
        return OrderCommand(
            channel="bench", external_id=external_id, ordered_at=AT, currency="GBP",
            lines=wanted,
            body=f'{{"external_id": "{external_id}", "padding": "{"x" * 200}"}}',
            ship_to=self.random.choice(ADDRESSES), email=f"pat{number}@example.com",
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
    policy_id = _policy(nodes, actor)
    channel = channel_save(
        ChannelDraft("bench", "Bench", "WEB", "GBP", False, 48, policy_id), actor=actor, at=AT
    )
    channel_mail_save(ChannelMailDraft(channel.pk), actor=actor, at=AT)
    _checks(channel.pk)
    kits = _kits(products, goods.pk, each.pk, actor)
    return Seeded(actor, nodes, products, skus, channel.pk, policy_id, kits, Random(20260302))


def _policy(nodes: list[Node], actor: User) -> int:
    """A policy whose rules look at the order's worth, its country and what a parcel costs."""
    for node, base in zip(nodes, ("3.20", "4.10"), strict=True):
        for country, more in (("GB", 0), ("", 8)):
            freight_rate_save(
                node_id=node.pk, country=country, base=Decimal(base) + more, per_kg=Decimal("0.35"), days=1 + more,
                actor=actor, at=AT,
            )  # fmt: skip
    rules = [
        RuleDraft("Large orders: fewest parcels", "FEWEST_SPLITS", {"min_total": "1000"}, split_worth=150),
        RuleDraft("Home: nearest", "NEAREST", {"countries": ["GB"]}, split_worth=100),
        RuleDraft("Everybody else: cheapest", "CHEAPEST", split_worth=100),
    ]
    return int(policy_create(code="default", name="By rules", actor=actor, at=AT, rules=rules).pk)


def _checks(channel_id: int) -> None:
    CheckPolicy.objects.create(channel_id=channel_id, duplicate_hours=2, largest_line=3_000)
    RiskRule.objects.create(
        code="many", kind=RiskRule.VELOCITY, subject="CUSTOMER", window_hours=24, normal_orders=5, points=60
    )
    RiskRule.objects.create(code="free-mail", kind=RiskRule.FREE_MAIL, amount=Decimal(900), points=55)


def _kits(
    products: list[int], category_id: int, unit_id: int, actor: User
) -> dict[str, tuple[int, list[int]]]:
    drafts = [
        ProductDraft(f"KIT{number:03d}", f"Set {number}", category_id, unit_id, list_price=PRICE)
        for number in range(KITS)
    ]
    kits = {}
    for number, kit in enumerate(product_create_many(drafts, actor=actor, at=AT)):
        parts = products[1 + 2 * number : 3 + 2 * number]
        components = [ComponentDraft(part, units) for part, units in zip(parts, PARTS, strict=True)]
        kit_save(kit_id=kit.pk, components=components, actor=actor, at=AT)
        kits[kit.sku] = (int(kit.pk), parts)
    return kits
