"""Answers: who is who in the tests, and what does the smallest working company consist of?

Warehouses North and South keep bins, the High Street store does not. Picker Pia, buyer Ben, finance Fay, operator Olga,
customer-service Cora, admin Ada, reader Rita; outsider Otto has an account and no role.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from erp.core.models import User
from erp.core.roles import Role
from erp.core.services.proof import prove
from erp.core.services.role import role_sync
from erp.core.services.user import system_user
from inventory.models import Category, Location, Node, Product, StockEvent, UnitOfMeasure
from inventory.services import AdjustmentDraft, AdjustmentLineDraft, adjustment_record_many
from ledger.models import Period
from ledger.services import chart_create
from orders.models import AllocationPolicy, Channel, Customer
from procurement.models import Supplier
from tests import factories as make
from tests.factories import NOW, TODAY
from tests.founding import Founded

__all__ = ["NOW", "TODAY", "Company", "assert_proven", "company_create", "stock_in"]


@dataclass(frozen=True)
class Company:
    """Everything a document can refer to. `bins` are North's pick bins in walk order."""

    pia: User
    ben: User
    fay: User
    olga: User
    cora: User
    ada: User
    rita: User
    otto: User
    system: User
    each: UnitOfMeasure
    goods: Category
    pooled: Category
    mug: Product
    lamp: Product
    cream: Product
    north: Node
    south: Node
    store: Node
    bins: tuple[Location, ...]
    south_bins: tuple[Location, ...]
    dock: Location
    acme: Supplier
    web: Channel
    wholesale: Channel
    policy: AllocationPolicy
    carol: Customer


@pytest.fixture
def company(db: None) -> Company:
    """The smallest company that can trade."""
    return company_create()


def company_create() -> Company:
    """Create the company in the current database connection; a test that commits calls this itself."""
    return _founded.again()


def _found() -> Company:
    role_sync()
    system = system_user()  # a worker may have been here first
    chart_create(actor=system, at=NOW)
    _months_create()
    make.NumberSeriesFactory(code="SO")
    policy = make.AllocationPolicyFactory()
    goods = make.CategoryFactory()
    pooled = make.CategoryFactory(code="POOLED", name="Valued at moving average", valuation_method="AVERAGE")
    each = make.UnitFactory()
    north = make.NodeFactory(code="NORTH", name="Warehouse North", rank=10, latitude=Decimal("53.800755"),
                             longitude=Decimal("-1.549077"))  # fmt: skip
    south = make.NodeFactory(code="SOUTH", name="Warehouse South", rank=20, latitude=Decimal("51.507351"),
                             longitude=Decimal("-0.127758"))  # fmt: skip
    store = make.NodeFactory(code="STORE", name="High Street", kind="STORE", rank=30)
    return Company(
        pia=_person("pia", [Role.WAREHOUSE]),
        ben=_person("ben", [Role.PROCUREMENT], limit=5_000),
        fay=_person("fay", [Role.FINANCE], limit=10_000),
        olga=_person("olga", [Role.OPERATIONS], limit=1_000),
        cora=_person("cora", [Role.CUSTOMER_SERVICE]),
        ada=_person("ada", [Role.ADMIN], limit=1_000_000),
        rita=_person("rita", [Role.READ_ONLY]),
        otto=_person("otto", []),
        system=system,
        each=each,
        goods=goods,
        pooled=pooled,
        mug=make.ProductFactory(sku="MUG", name="Blue mug", gtin="4006381333931", category=goods, unit=each),
        lamp=make.ProductFactory(sku="LAMP", name="Desk lamp", category=pooled, unit=each),
        cream=make.ProductFactory(
            sku="CREAM", name="Hand cream", category=goods, unit=each, is_lot_tracked=True
        ),
        north=north,
        south=south,
        store=store,
        bins=tuple(make.LocationFactory(node=north, code=f"N-A-0{n}", walk_order=n) for n in (1, 2, 3)),
        south_bins=tuple(make.LocationFactory(node=south, code=f"S-A-0{n}", walk_order=n) for n in (1, 2)),
        dock=make.LocationFactory(node=north, code="N-DOCK", kind="DOCK", is_pickable=False, walk_order=99),
        acme=make.SupplierFactory(code="ACME", name="Acme Ltd"),
        web=make.ChannelFactory(code="web", name="Web shop", policy=policy),
        wholesale=make.ChannelFactory(
            code="wholesale", name="Wholesale", kind="B2B", is_prepaid=False, policy=policy
        ),
        policy=policy,
        carol=make.CustomerFactory(number="C-CAROL", name="Carol Customer", email="carol@example.com"),
    )


_founded = Founded(_found)


def _person(name: str, roles: list[Role], *, limit: int = 0) -> User:
    return make.UserFactory(
        username=name, first_name=name.title(), approval_limit=Decimal(limit), roles=roles
    )


def _months_create() -> None:
    """Create the open months of 2026."""
    Period.objects.bulk_create(
        Period(
            code=f"2026-{month:02d}",
            start_date=date(2026, month, 1),
            end_date=date(2026, month, monthrange(2026, month)[1]),
        )
        for month in range(1, 13)
    )


def stock_in(
    company: Company,
    product: Product,
    quantity: int,
    *,
    node: Node | None = None,
    location: Location | None = None,
    lot_id: int | None = None,
    unit_cost: Decimal | int = 4,
    at: datetime = NOW,
) -> int:
    """Bring `quantity` units in as opening stock (units, cost layer, journal entry) and return the journal sequence.

    Into North's first bin unless told otherwise; South uses its first bin, the store none.
    """
    node = node or (location.node if location else company.north)
    if location is None:
        location = {company.north.pk: company.bins[0], company.south.pk: company.south_bins[0]}.get(node.pk)
    line = AdjustmentLineDraft(
        product.pk, quantity, "AVAILABLE", location.pk if location else None, lot_id, Decimal(unit_cost)
    )
    draft = AdjustmentDraft(node.pk, "OPENING", [line])
    (adjustment_id,) = adjustment_record_many(drafts=[draft], actor=company.system, at=at)
    return StockEvent.objects.get(source_type="inventory.Adjustment", source_id=adjustment_id).pk


def assert_proven(*codes: str) -> None:
    """Fail with the rows that break an invariant, of all of them or of those with these codes."""
    proof = prove(codes=frozenset(codes) or None)
    assert [(f.code, f.title, f.rows) for f in proof.failed] == []


def moment(year: int, month: int, day: int, hour: int = 9) -> datetime:
    """Return that hour in UTC."""
    return datetime(year, month, day, hour, tzinfo=UTC)
