"""Who founds the demo company: its people, nodes, bins, products, suppliers, channels, rules and opening stock?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.conf import settings

from erp.core.models import ApprovalPolicy, User
from erp.core.roles import Role
from erp.core.services.role import role_grant, role_sync
from erp.core.services.user import system_user
from erp.demo.catalogue import AVERAGE_CATEGORIES, CATEGORIES, SUPPLIERS, Item, draw
from erp.demo.rules import policies_found, rules_found
from inventory.models import AdjustmentLine, Node, Product
from inventory.services import AdjustmentDraft, AdjustmentLineDraft, adjustment_record_many
from inventory.services.node import LocationDraft, NodeDraft, location_create_many, node_save
from inventory.services.product import ProductDraft, category_save, product_create_many, unit_ensure
from inventory.states import AdjustmentReason
from ledger.services import chart_create
from orders.models import Channel
from orders.services import ChannelDraft, ListingDraft, channel_save, listing_create_many
from procurement.models import Supplier, SupplierProduct
from procurement.services import TermsDraft, supplier_product_create_many, supplier_save

PASSWORD = "keel-demo-harbour"  # noqa: S105 - the demo company's, printed at every start
# (user name, first name, role, approval limit in base currency)
PEOPLE = (
    ("olga", "Olga", Role.OPERATIONS, 1_000), ("pia", "Pia", Role.WAREHOUSE, 0), ("ben", "Ben", Role.PROCUREMENT, 5_000),
    ("fay", "Fay", Role.FINANCE, 500_000), ("cora", "Cora", Role.CUSTOMER_SERVICE, 0), ("ada", "Ada", Role.ADMIN, 1_000_000),
    ("rita", "Rita", Role.READ_ONLY, 0), ("paul", "Paul", Role.WAREHOUSE, 0),
)  # fmt: skip
NODES = (
    NodeDraft(
        "NORTH",
        "Warehouse North, Leeds",
        "WAREHOUSE",
        "GB",
        Decimal("53.800755"),
        Decimal("-1.549077"),
        rank=10,
    ),
    NodeDraft(
        "SOUTH",
        "Warehouse South, Reading",
        "WAREHOUSE",
        "GB",
        Decimal("51.454265"),
        Decimal("-0.978130"),
        rank=20,
    ),
    NodeDraft(
        "STORE", "High Street store, York", "STORE", "GB", Decimal("53.959965"), Decimal("-1.087298"), rank=40
    ),
    NodeDraft(
        "TPL-NL", "Dockside 3PL, Rotterdam", "TPL", "NL", Decimal("51.924420"), Decimal("4.477733"), rank=30
    ),
)
# code, name, kind, prepaid, hours to ship
CHANNELS = (
    ("web-uk", "Web shop UK", "WEB", True, 48), ("trade-uk", "Trade desk UK", "B2B", False, 72),
    ("trade-eu", "Trade desk Europe", "B2B", False, 96), ("export", "Export", "B2B", False, 120),
)  # fmt: skip
THRESHOLDS = (
    ("procurement.purchase_order_approve", 15_000, Role.FINANCE), ("inventory.adjustment_post", 500, Role.OPERATIONS),
    ("returns.refund_approve", 1_000, Role.FINANCE), ("ledger.manual_entry_post", 0, Role.FINANCE),
    ("orders.price_override", 0, Role.OPERATIONS), ("orders.policy_activate", 0, Role.OPERATIONS),
)  # fmt: skip
OPENING_WEEKS = 4


@dataclass
class Company:
    """Ids the replay needs: products by stock code, nodes, channels and people by code."""

    people: dict[str, User] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)
    products: dict[str, int] = field(default_factory=dict)
    channels: dict[str, int] = field(default_factory=dict)
    costs: dict[int, Decimal] = field(default_factory=dict)
    home_bins: dict[int, int] = field(default_factory=dict)
    south_bins: dict[int, int] = field(default_factory=dict)


def company_found(items: Sequence[Item], *, at: datetime) -> Company:
    """This function will create everything that trading needs, in an empty database, as of `at`."""
    company = Company()
    _people(company)
    actor = company.people["ada"]
    chart_create(actor=actor, at=at)
    for kind, threshold, role in THRESHOLDS:
        ApprovalPolicy.objects.get_or_create(
            kind=kind, defaults={"threshold": Decimal(threshold), "role": role}
        )
    company.nodes = {draft.code: node_save(draft, actor=actor, at=at) for draft in NODES}
    _products(company, items, actor, at)
    _suppliers(company, items, actor, at)
    _channels(company, items, actor, at)
    _bins(company, items, actor, at)
    return company


def _people(company: Company) -> None:
    role_sync()
    for name in ("system", "replay", "channel"):
        company.people[name] = system_user(name)
    for username, first_name, role, limit in PEOPLE:
        user, created = User.objects.get_or_create(
            username=username,
            defaults={
                "first_name": first_name, "email": f"{username}@example.com", "approval_limit": Decimal(limit),
                "is_staff": role == Role.ADMIN, "is_superuser": role == Role.ADMIN,
            },
        )  # fmt: skip
        if created:
            user.set_password(PASSWORD)
            user.save(update_fields=["password"])
            role_grant(user=user, roles=[role])
        company.people[username] = user


def _products(company: Company, items: Sequence[Item], actor: User, at: datetime) -> None:
    each = unit_ensure(code="EA", name="Each")
    root = category_save(
        code="ALL", name="All merchandise", parent_id=None, valuation_method="FIFO", actor=actor, at=at
    )
    categories = {
        code: category_save(
            code=code, name=name, parent_id=root.pk, actor=actor, at=at,
            valuation_method="AVERAGE" if code in AVERAGE_CATEGORIES else "FIFO",
        ).pk
        for code, name in [*((code, name) for code, name, _ in CATEGORIES), ("OTHER", "Other")]
    }  # fmt: skip
    made = product_create_many(
        [
            ProductDraft(
                item.sku, item.name[:200], categories[item.category], each.pk, item.gtin, item.weight_grams, False,
                item.list_price, is_in_house_gtin=True,
            )
            for item in items
        ],
        actor=actor,
        at=at,
    )  # fmt: skip
    company.products = {item.sku: product.pk for item, product in zip(items, made, strict=True)}
    company.costs = {company.products[item.sku]: item.cost for item in items}


def _suppliers(company: Company, items: Sequence[Item], actor: User, at: datetime) -> None:
    suppliers: dict[str, Supplier] = {
        code: supplier_save(
            code=code, name=name, currency=settings.KEEL_BASE_CURRENCY, email=f"orders@{code.lower()}.example.com",
            lead_time_days=lead, payment_days=payment, actor=actor, at=at,
        )
        for code, name, lead, payment in SUPPLIERS
    }  # fmt: skip
    supplier_product_create_many(
        [
            TermsDraft(
                suppliers[item.supplier].pk, company.products[item.sku], item.cost,
                6 if item.list_price < 5 else 1, (6, 12, 12, 24)[draw("pack:" + item.sku, 4)] if item.list_price < 5 else 1,
            )
            for item in items
        ],
        actor=actor,
        at=at,
    )  # fmt: skip


def _channels(company: Company, items: Sequence[Item], actor: User, at: datetime) -> None:
    policies = policies_found({code: node.pk for code, node in company.nodes.items()}, actor=actor, at=at)
    for code, name, kind, prepaid, hours in CHANNELS:
        policy = policies["few-parcels" if code == "export" else "default"]
        draft = ChannelDraft(code, name, kind, settings.KEEL_BASE_CURRENCY, prepaid, hours, policy)
        company.channels[code] = channel_save(draft, actor=actor, at=at).pk
    # the web shop calls products by its own numbers; the other channels use ours
    web = company.channels["web-uk"]
    listing_create_many(
        [ListingDraft(web, f"W-{item.sku}", company.products[item.sku]) for item in items], actor=actor, at=at
    )
    rules_found(company, _best(items, 40), actor=actor, at=at)


def _bins(company: Company, items: Sequence[Item], actor: User, at: datetime) -> None:
    """One home bin per product in North, twenty bins to an aisle in walk order; the best sellers also have one in South."""
    for node_code, chosen, home in (
        ("NORTH", sorted(items, key=lambda item: (item.category, item.sku)), company.home_bins),
        ("SOUTH", _best(items, 400), company.south_bins),
    ):
        letter = node_code[0]
        drafts = [LocationDraft(f"{letter}-DOCK", "DOCK", "", 0, False)]
        aisles = sorted({number // 40 for number in range(len(chosen))})
        drafts += [
            LocationDraft(f"{letter}-{aisle + 1:02d}", "AISLE", "", aisle * 1_000, False) for aisle in aisles
        ]
        codes = [f"{letter}-{number // 40 + 1:02d}-{number % 40 + 1:02d}" for number in range(len(chosen))]
        drafts += [
            LocationDraft(code, "BIN", code.rsplit("-", 1)[0], number // 40 * 1_000 + number % 40 + 1, True)
            for number, code in enumerate(codes)
        ]
        made = location_create_many(node_id=company.nodes[node_code].pk, drafts=drafts, actor=actor, at=at)
        by_code = {location.code: location.pk for location in made}
        home.update(
            {company.products[item.sku]: by_code[code] for item, code in zip(chosen, codes, strict=True)}
        )


def _best(items: Sequence[Item], count: int) -> list[Item]:
    return sorted(sorted(items, key=lambda item: (-item.weekly, item.sku))[:count], key=lambda item: item.sku)


def stock_open(company: Company, items: Sequence[Item], *, at: datetime) -> None:
    """This function will post the opening stock: four weeks of each product's sales in North, a little elsewhere."""
    lines: dict[str, list[AdjustmentLineDraft]] = {node.code: [] for node in NODES}
    for item in items:
        product = company.products[item.sku]
        units = max(item.weekly * OPENING_WEEKS, 6)
        lines["NORTH"].append(
            AdjustmentLineDraft(product, units, location_id=company.home_bins[product], unit_cost=item.cost)
        )
    for item in _best(items, 400):
        product = company.products[item.sku]
        south, tpl = max(item.weekly, 6), max(item.weekly // 3, 6)
        lines["SOUTH"].append(
            AdjustmentLineDraft(product, south, location_id=company.south_bins[product], unit_cost=item.cost)
        )
        lines["TPL-NL"].append(AdjustmentLineDraft(product, tpl, unit_cost=item.cost))
        if draw("store:" + item.sku, 3) == 0:
            lines["STORE"].append(AdjustmentLineDraft(product, max(item.weekly // 8, 4), unit_cost=item.cost))
    drafts = [
        AdjustmentDraft(company.nodes[code].pk, AdjustmentReason.OPENING, chosen, "Opening stock")
        for code, chosen in lines.items()
    ]
    policies = ApprovalPolicy.objects.filter(kind="inventory.adjustment_post")
    # the opening balance is agreed before the first day; from then on corrections need their second person
    policies.update(is_active=False)
    adjustment_record_many(drafts=drafts, actor=company.people["olga"], at=at)
    policies.update(is_active=True)


def company_load() -> Company:
    """This function will return the company that was founded before."""
    company = Company()
    company.people = {user.username: user for user in User.objects.all()}
    company.nodes = {node.code: node for node in Node.objects.all()}
    company.products = dict(Product.objects.values_list("sku", "pk"))
    company.channels = dict(Channel.objects.values_list("code", "pk"))
    company.costs = dict(SupplierProduct.objects.filter(rank=1).values_list("product_id", "unit_cost"))
    opening = AdjustmentLine.objects.filter(
        adjustment__reason=AdjustmentReason.OPENING, location__isnull=False
    ).values_list("product_id", "location_id", "adjustment__node__code")
    company.home_bins = {product: location for product, location, node in opening if node == "NORTH"}
    company.south_bins = {product: location for product, location, node in opening if node == "SOUTH"}
    return company
