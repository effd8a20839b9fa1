"""Answers: how does a test get one record of each kind, with every value fixed?

Counters make keys unique, nothing is random. Only master data and users come from factories: documents and stock come
from the services, because a row that no service would write proves nothing.
"""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import factory
from django.contrib.auth.models import Group
from factory.django import DjangoModelFactory

from erp.core.models import NumberSeries, User
from erp.core.services.state import record_creation
from erp.core.services.user import system_user
from inventory.models import Category, Location, Lot, Node, Product, UnitOfMeasure
from ledger.models import Period
from orders.models import AllocationPolicy, Channel, ChannelMail, Customer, Listing
from orders.notices import AUTOMATIC
from procurement.models import Supplier, SupplierProduct

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday; every test's clock unless it says otherwise
TODAY = NOW.date()


class UserFactory(DjangoModelFactory[User]):
    """A person; `roles=["WAREHOUSE"]` puts them into those groups."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"user{n}")
    email = factory.LazyAttribute(lambda user: f"{user.username}@example.com")
    is_active = True
    password = "!"

    @factory.post_generation
    def roles(self: Any, create: bool, extracted: list[str] | None, **_: Any) -> None:
        if create and extracted:
            self.groups.set([Group.objects.get_or_create(name=str(role))[0] for role in extracted])


class NumberSeriesFactory(DjangoModelFactory[NumberSeries]):
    class Meta:
        model = NumberSeries
        django_get_or_create = ("code",)

    prefix = factory.LazyAttribute(lambda series: f"{series.code}-")


class PeriodFactory(DjangoModelFactory[Period]):
    """March 2026 unless told otherwise."""

    class Meta:
        model = Period
        django_get_or_create = ("code",)

    code = "2026-03"
    start_date = date(2026, 3, 1)
    end_date = date(2026, 3, 31)


class UnitFactory(DjangoModelFactory[UnitOfMeasure]):
    class Meta:
        model = UnitOfMeasure
        django_get_or_create = ("code",)

    code = "EA"
    name = "Each"


class CategoryFactory(DjangoModelFactory[Category]):
    class Meta:
        model = Category
        django_get_or_create = ("code",)

    code = "GOODS"
    name = "Goods"
    valuation_method = "FIFO"


class ProductFactory(DjangoModelFactory[Product]):
    class Meta:
        model = Product

    sku = factory.Sequence(lambda n: f"SKU-{n:04d}")
    name = factory.LazyAttribute(lambda product: f"Product {product.sku}")
    category = factory.SubFactory(CategoryFactory)
    unit = factory.SubFactory(UnitFactory)
    list_price = Decimal("10.00")
    weight_grams = 500
    search_text = factory.LazyAttribute(lambda product: f"{product.sku} {product.name}".lower())


class LotFactory(DjangoModelFactory[Lot]):
    class Meta:
        model = Lot

    product = factory.SubFactory(ProductFactory, is_lot_tracked=True)
    code = factory.Sequence(lambda n: f"LOT-{n:04d}")


class NodeFactory(DjangoModelFactory[Node]):
    class Meta:
        model = Node

    code = factory.Sequence(lambda n: f"NODE{n}")
    name = factory.LazyAttribute(lambda node: node.code.title())
    kind = "WAREHOUSE"
    country = "GB"


class LocationFactory(DjangoModelFactory[Location]):
    class Meta:
        model = Location

    node = factory.SubFactory(NodeFactory)
    code = factory.Sequence(lambda n: f"BIN-{n:04d}")
    kind = "BIN"


class AllocationPolicyFactory(DjangoModelFactory[AllocationPolicy]):
    class Meta:
        model = AllocationPolicy
        skip_postgeneration_save = True
        django_get_or_create = ("code", "version")

    code = "default"
    version = 1
    name = "Node rank"
    state = "ACTIVE"

    @factory.post_generation
    def strategy(self, create: bool, extracted: str | None, **kwargs: object) -> None:
        """One rule for every order: `AllocationPolicyFactory(strategy="BALANCE")`."""
        if self.rules.exists():
            return
        self.rules.create(name="Every order", strategy=extracted or "PRIORITY")
        steps = [(self.state, "orders.policy_activate")] if self.state != "DRAFT" else []
        record_creation(
            AllocationPolicy, [self.pk], actor=system_user(), at=datetime(2026, 1, 1, tzinfo=UTC),
            action="orders.policy_draft", then=steps,
        )  # fmt: skip


class ChannelFactory(DjangoModelFactory[Channel]):
    class Meta:
        model = Channel

    code = factory.Sequence(lambda n: f"channel-{n}")
    name = factory.LazyAttribute(lambda channel: channel.code.title())
    kind = "WEB"
    currency = "GBP"
    policy = factory.SubFactory(AllocationPolicyFactory)


class ChannelMailFactory(DjangoModelFactory[ChannelMail]):
    """A channel that tells its customers everything from the beginning of 2026 on."""

    class Meta:
        model = ChannelMail

    reply_to = "help@example.com"
    kinds = factory.LazyFunction(lambda: list(AUTOMATIC))
    notices_from = datetime(2026, 1, 1, tzinfo=UTC)


class ListingFactory(DjangoModelFactory[Listing]):
    class Meta:
        model = Listing

    channel = factory.SubFactory(ChannelFactory)
    product = factory.SubFactory(ProductFactory)
    channel_sku = factory.LazyAttribute(lambda listing: listing.product.sku)


class CustomerFactory(DjangoModelFactory[Customer]):
    class Meta:
        model = Customer

    number = factory.Sequence(lambda n: f"C{n:05d}")
    name = factory.LazyAttribute(lambda customer: f"Customer {customer.number}")
    email = factory.LazyAttribute(lambda customer: f"{customer.number.lower()}@example.com")
    line1 = "1 High Street"
    city = "Leeds"
    postcode = "LS1 1AA"
    country = "GB"


class SupplierFactory(DjangoModelFactory[Supplier]):
    class Meta:
        model = Supplier

    code = factory.Sequence(lambda n: f"SUP{n}")
    name = factory.LazyAttribute(lambda supplier: f"Supplier {supplier.code}")
    email = factory.LazyAttribute(lambda supplier: f"sales@{supplier.code.lower()}.example.com")
    currency = "GBP"
    lead_time_days = 7


class SupplierProductFactory(DjangoModelFactory[SupplierProduct]):
    class Meta:
        model = SupplierProduct

    supplier = factory.SubFactory(SupplierFactory)
    product = factory.SubFactory(ProductFactory)
    unit_cost = Decimal("4.00")
    pack_size = 10
    rank = 1
