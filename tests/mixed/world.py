"""Answers: in which company do the mixed operations happen, and on which database when no test runner gives one?

Twenty products in three nodes (two with bins), three kits of them, rules that let transfers be raised and products be
replaced, a pool, a buffer and a supplier: whatever the services can do finds something to do it with.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.cast import Company

SKUS = 20
KITS = (
    ("KIT-A", ("S-03", 1), ("S-01", 2)),
    ("KIT-B", ("S-07", 2), ("S-12", 1), ("S-05", 1)),
    ("KIT-C", ("S-20", 1), ("S-02", 3)),
)
OPENING = 60  # units per product and node
REPLACED = ((1, 2), (4, 3), (6, 9), (10, 8), (15, 14), (18, 20), (20, 1))  # by product number


@contextmanager
def own_servers() -> Iterator[Path]:
    """Give a PostgreSQL and a broker of our own with every migration applied, gone afterwards; Django is set up on them."""
    from tests import pgplugin

    names = ("DATABASE_URL", "REDIS_URL", "REDIS_CACHE_URL", "DATABASE_REPLICA_URL")
    os.environ |= dict.fromkeys(names, "") | {
        "KEEL_ENV": "test", "DJANGO_SETTINGS_MODULE": "erp.settings", "KEEL_EMBEDDED_THROWAWAY": "1", "KEEL_LINGER": "0.3",
    }  # fmt: skip
    from erp import embedded

    home = pgplugin.new_home()
    pgplugin.lay_cluster(home)
    os.environ["KEEL_HOME"] = str(home)
    use = embedded.attach()
    try:
        import django

        django.setup()
        yield home
    finally:
        if (module := sys.modules.get("django.db")) is not None:
            module.connections.close_all()
        use.release()
        embedded.retire_idle_keepers()
        shutil.rmtree(home, ignore_errors=True)


@dataclass
class World:
    """The company, its twenty products (by id) and what the operations have made so far; lists only ever grow."""

    company: Company
    products: list[int]
    skus: dict[int, str]
    nodes: list[int]
    bins: dict[int, list[int]]
    orders: list[int] = field(default_factory=list)
    carts: list[int] = field(default_factory=list)
    transfers: list[int] = field(default_factory=list)
    purchases: list[int] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)  # of carts that no order has named yet

    def bin_of(self, node: int, dice: random.Random) -> int | None:
        """Return one of the node's bins, None where it keeps none."""
        return dice.choice(self.bins[node]) if self.bins[node] else None


@dataclass(frozen=True)
class Turn:
    """One operation's world, its dice and its clock: the n-th one happens n seconds after nine."""

    world: World
    dice: random.Random
    number: int
    at: datetime

    def one(self, ids: list[int], recent: int = 120) -> int:
        """Return one of the latest `recent` documents."""
        return self.dice.choice(ids[-recent:])

    def some(self, ids: list[int], most: int, recent: int = 60) -> list[int]:
        """Return 1 to `most` of the latest documents, in no order."""
        own = list(dict.fromkeys(ids[-recent:]))
        return self.dice.sample(own, min(len(own), self.dice.randint(1, most)))


def turn(world: World, seed: int, number: int) -> Turn:
    """Return the `number`-th turn: the same dice for the same seed."""
    from tests.cast import NOW

    return Turn(world, random.Random(seed * 1_000_003 + number), number, NOW + timedelta(seconds=number))


def world_create() -> World:
    """Found the company in the current database connection."""
    from inventory.models import Location
    from inventory.services import ComponentDraft, PoolDraft, kit_save, pool_save
    from orders.models import AllocationRule
    from orders.services import SubstitutionDraft, substitution_save
    from tests import factories as make
    from tests.cast import NOW, company_create, stock_in

    company = company_create()
    products = {
        number: make.ProductFactory(
            sku=f"S-{number:02}", unit=company.each, category=company.goods if number % 4 else company.pooled
        )
        for number in range(1, SKUS + 1)
    }
    nodes = (company.north, company.south, company.store)
    for product in products.values():
        make.SupplierProductFactory(supplier=company.acme, product=product)
        for node in nodes:
            stock_in(company, product, OPENING, node=node)
    by_sku = {product.sku: product.pk for product in products.values()}
    for code, *parts in KITS:
        kit = make.ProductFactory(sku=code, unit=company.each, category=company.goods)
        drafts = [ComponentDraft(by_sku[sku], units) for sku, units in parts]
        kit_save(kit_id=kit.pk, components=drafts, actor=company.system, at=NOW)
    for one, other in REPLACED:
        rule = SubstitutionDraft(products[one].sku, products[other].sku, needs_agreement=False)
        substitution_save(rule, actor=company.system, at=NOW)
    AllocationRule.objects.update(allow_transfer=True, allow_substitution=True)
    pool = PoolDraft("WEB", "Kept for the web", 5, product_id=products[1].pk, channel_code="web")
    pool_save(pool, actor=company.system, at=NOW)
    make.ChannelMailFactory(channel=company.web)
    bins = {
        node.pk: list(Location.objects.filter(node=node, kind="BIN").values_list("pk", flat=True))
        for node in nodes
    }
    skus = {product.pk: product.sku for product in products.values()}
    return World(company, list(skus), skus, [node.pk for node in nodes], bins)
