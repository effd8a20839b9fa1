"""Which kits does the demo company sell, of products that the set really has, and who has just ordered some?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings

from erp.core.models import User
from erp.core.money import quantize
from erp.demo.catalogue import Item, draw
from erp.demo.master import Company
from erp.demo.web_order import web_order, web_orders_take
from inventory.models import Product
from inventory.services import ComponentDraft, kit_save
from inventory.services.product import ProductDraft, product_create_many
from orders.services import LineCommand, ListingDraft, listing_create_many

# (SKU, name, components: stock code and units per kit); a kit costs a tenth less than its parts
KITS = (
    ("KIT-REGENCY-TEA", "Regency tea for three", (("22423", 1), ("22699", 1), ("22697", 1), ("22698", 1))),
    ("KIT-LUNCH-TRIO", "Lunch bag trio", (("20725", 1), ("20728", 1), ("22383", 1))),
    ("KIT-JAM-DAY", "Jam making day", (("22960", 1), ("22961", 1), ("22720", 1))),
    ("KIT-HEART-GLOW", "Hanging heart evening, six lights", (("85123A", 6), ("84879", 2))),
    ("KIT-PARTY", "Garden party starter", (("47566", 2), ("85099B", 1), ("22386", 1))),
)
DISCOUNT = Decimal("0.90")
ORDERS = 9


def kits_found(company: Company, items: Sequence[Item], *, actor: User, at: datetime) -> None:
    """This function will create the kits whose components the company trades, and list them in the web shop."""
    prices = {item.sku: item.list_price for item in items}
    sold = [kit for kit in KITS if all(sku in prices for sku, _ in kit[2])]
    if not sold:
        return
    like = Product.objects.get(pk=company.products[sold[0][2][0][0]])
    made = product_create_many(
        [
            ProductDraft(
                sku, name, like.category_id, like.unit_id,
                list_price=quantize(
                    sum((prices[part] * units for part, units in parts), Decimal(0)) * DISCOUNT, settings.KEEL_BASE_CURRENCY
                ),
            )
            for sku, name, parts in sold
        ],
        actor=actor, at=at,
    )  # fmt: skip
    for (sku, _, parts), product in zip(sold, made, strict=True):
        components = [ComponentDraft(company.products[part], units) for part, units in parts]
        kit_save(kit_id=product.pk, components=components, reason="Opening range", actor=actor, at=at)
        company.products[sku] = product.pk
    listings = [ListingDraft(company.channels["web-uk"], f"W-{product.sku}", product.pk) for product in made]
    listing_create_many(listings, actor=actor, at=at)


def kits_ordered(company: Company, *, at: datetime) -> None:
    """This function will take in and promise a few web orders for kits, paid by card."""
    kits = list(Product.objects.filter(is_kit=True).order_by("sku"))
    if not kits:
        return
    commands = []
    for number in range(ORDERS):
        kit, key = kits[number % len(kits)], f"kit-{number}"
        line = LineCommand(f"W-{kit.sku}", 1 + draw(key, 3), kit.list_price, kit.name)
        ordered_at = at - timedelta(minutes=17 * (ORDERS - number))
        commands.append(web_order(key, f"K-{9001 + number}", line, kit.sku, ordered_at))
    web_orders_take(company, commands, at=at)
