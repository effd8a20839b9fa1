"""What do the codes in a batch of orders refer to? One query per kind of reference, however many orders."""

# ruff: noqa: S608 — column lists are our own literals
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from erp.core.sql import array, query, unnest
from inventory.selectors import KitPart, kit_parts

if TYPE_CHECKING:
    from orders.services.command import OrderCommand


class ChannelFacts(NamedTuple):
    id: int
    code: str
    currency: str
    is_prepaid: bool
    ship_within_hours: int
    is_active: bool
    policy_id: int | None = None


class ProductFacts(NamedTuple):
    id: int
    list_price: Decimal
    is_active: bool
    is_kit: bool = False


class CustomerFacts(NamedTuple):
    id: int
    number: str
    is_blocked: bool
    credit_limit: Decimal | None
    segment: str
    verified_age: int | None
    ships_complete: str = "AS_ORDERED"
    max_shipments: int | None = None

    def ship_complete(self, ordered: bool) -> bool:
        """This function will tell whether an order ships complete: the customer's rule, else what the order says."""
        if self.max_shipments == 1:
            return True
        return {"COMPLETE": True, "PARTIAL": False}.get(self.ships_complete, ordered)


CUSTOMER_COLUMNS = (
    "id, number, is_blocked, credit_limit, segment, verified_age, ships_complete, max_shipments"
)
CHANNEL_COLUMNS = "id, code, currency, is_prepaid, ship_within_hours, is_active, policy_id"


@dataclass(frozen=True)
class References:
    """Channels by code, products by (channel id, sku in lower case), customers by number.

    `payments` says whose a payment is: (provider, its reference) → (channel, external id) of the order.
    `kits` holds the bill of materials of each kit among the products.
    """

    channels: dict[str, ChannelFacts]
    listings: dict[tuple[int, str], ProductFacts]
    customers: dict[str, CustomerFacts]
    payments: dict[tuple[str, str], tuple[str, str]]
    kits: dict[int, list[KitPart]] = field(default_factory=dict)

    def product(self, channel: ChannelFacts, sku: str) -> ProductFacts | None:
        """This function will return the product that `sku` means in a channel, or None."""
        return self.listings.get((channel.id, sku.lower()))


def resolve_references(commands: Sequence[OrderCommand], *, at: datetime) -> References:
    """This function will look up every channel, listing and customer that `commands` name.

    A SKU means what the channel's active listing says; without one, the product with that very SKU (ignoring case), or
    the one that it was merged into.
    """
    codes = sorted({command.channel for command in commands})
    channels = {
        row[1]: ChannelFacts(*row)
        for row in query(
            f"SELECT {CHANNEL_COLUMNS} FROM orders_channel WHERE code = ANY(%s::text[])",
            [array(codes, "text")],
        )
    }
    skus = sorted({line.sku.lower() for command in commands for line in command.lines})
    channel_ids = [channel.id for channel in channels.values()]
    listings: dict[tuple[int, str], ProductFacts] = {}
    for channel_id, sku, *facts in query(
        "SELECT NULL::bigint, lower(s.sku), p.id, p.list_price, p.is_active, p.is_kit FROM inventory_product s "
        "JOIN inventory_product p ON p.id = coalesce(s.merged_into_id, s.id) "
        "WHERE lower(s.sku) = ANY(%s::text[]) UNION ALL "
        "SELECT l.channel_id, lower(l.channel_sku), p.id, p.list_price, p.is_active AND l.is_active, p.is_kit "
        "FROM orders_listing l JOIN inventory_product p ON p.id = l.product_id "
        "WHERE l.channel_id = ANY(%s::bigint[]) AND lower(l.channel_sku) = ANY(%s::text[])",
        [array(skus, "text"), array(channel_ids, "bigint"), array(skus, "text")],
    ):
        product = ProductFacts(*facts)
        if channel_id is not None:
            listings[channel_id, sku] = product
        else:
            for known in channel_ids:
                listings.setdefault((known, sku), product)
    kits = _kits(listings)
    numbers = sorted({command.customer_number for command in commands if command.customer_number})
    customers = _customers(numbers)
    return References(channels, listings, customers, _payments(commands), kits)


def products_of_skus(channel_id: int, skus: Sequence[str]) -> list[int]:
    """This function will return the products that these SKUs mean in a channel, the components of kits among them."""
    lower = array(sorted({sku.lower() for sku in skus}), "text")
    return [
        row[0]
        for row in query(
            "WITH meant AS (SELECT id FROM inventory_product WHERE lower(sku) = ANY(%s::text[]) UNION "
            "SELECT product_id FROM orders_listing WHERE channel_id = %s AND lower(channel_sku) = ANY(%s::text[])) "
            "SELECT id FROM meant UNION SELECT component_id FROM inventory_kitcomponent WHERE kit_id IN (SELECT id FROM meant) "
            "ORDER BY 1",
            [lower, channel_id, lower],
        )
    ]


def sku_of_listing(channel_id: int, channel_sku: str) -> str | None:
    """This function will return our SKU for one of a channel's active listings, or None when it has none of that name."""
    found = query(
        "SELECT p.sku FROM orders_listing l JOIN inventory_product p ON p.id = l.product_id "
        "WHERE l.channel_id = %s AND lower(l.channel_sku) = lower(%s) AND l.is_active",
        [channel_id, channel_sku],
    )
    return str(found[0][0]) if found else None


def _kits(listings: dict[tuple[int, str], ProductFacts]) -> dict[int, list[KitPart]]:
    """The kits' components, in one query if there is a kit at all. A kit with a part out of use is out of use."""
    kits = {product.id for product in listings.values() if product.is_kit}
    if not kits:
        return {}
    parts = kit_parts(kits)
    for key, product in listings.items():
        if product.is_kit and not all(part.is_active for part in parts.get(product.id, ())):
            listings[key] = product._replace(is_active=False)
    return {kit: parts.get(kit, []) for kit in kits}


def _payments(commands: Sequence[OrderCommand]) -> dict[tuple[str, str], tuple[str, str]]:
    keys = sorted({command.payment[:2] for command in commands if command.payment})
    if not keys:
        return {}
    source, parameters = unnest({"provider": "text", "provider_ref": "text"}, keys)
    return {
        (row[0], row[1]): (row[2], row[3])
        for row in query(
            f"SELECT p.provider, p.provider_ref, c.code, o.external_id FROM {source} "
            "JOIN orders_payment p USING (provider, provider_ref) JOIN orders_order o ON o.id = p.order_id "
            "JOIN orders_channel c ON c.id = o.channel_id",
            parameters,
        )
    }


def _customers(numbers: Sequence[str]) -> dict[str, CustomerFacts]:
    if not numbers:
        return {}
    return {
        row[1]: CustomerFacts(*row)
        for row in query(
            f"SELECT {CUSTOMER_COLUMNS} FROM orders_customer WHERE number = ANY(%s::text[])",
            [array(numbers, "text")],
        )
    }
