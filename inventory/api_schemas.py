"""Which fields have products, kits and stock in the REST API?"""

from __future__ import annotations

from ninja import Field

from erp.core.api_schemas import Asked, Page, Said


class ProductOut(Said):
    """A product; amounts are text."""

    id: int
    sku: str
    name: str
    gtin: str
    category: str
    unit: str
    weight_grams: int | None
    is_lot_tracked: bool
    is_kit: bool
    is_active: bool
    list_price: str


class ProductPage(Page):
    """Products, oldest first."""

    products: list[ProductOut]


class Component(Asked):
    """A part of a kit, and how many of it one kit needs."""

    sku: str = Field(min_length=1, max_length=80)
    quantity: int = Field(ge=1, le=1_000_000)


class KitIn(Asked):
    """What a kit consists of from now on; an order that is here already keeps what it was."""

    components: list[Component] = Field(min_length=1, max_length=100)
    reason: str = Field("", max_length=300)


class KitPart(Said):
    """A part of a kit."""

    sku: str
    quantity: int


class KitAtp(Said):
    """How many kits a node could put together, and which component says so."""

    node: str
    quantity: int
    limited_by: str


class KitOut(Said):
    """What a kit consists of, and what could be put together now."""

    sku: str
    is_kit: bool
    components: list[KitPart]
    atp: list[KitAtp]


class Level(Said):
    """Units of a product at a node in one status."""

    sku: str
    node: str
    status: str
    quantity: int


class LevelsNow(Said):
    """Levels, and the last stock event in them."""

    sequence: int
    levels: list[Level]


class LevelsThen(Said):
    """Levels as they were."""

    levels: list[Level]


class Atp(Said):
    """What may be promised of a product at a node."""

    sku: str
    node: str
    available: int
    buffer: int
    on_its_way: int
    quantity: int


class KitCount(Said):
    """How many of a kit a node could put together."""

    sku: str
    node: str
    quantity: int


class Availability(Said):
    """Products and kits that were asked for."""

    atp: list[Atp]
    kits: list[KitCount]
