"""Who carries listings, prices, substitutions and subscriptions over to the product that another one is the same as?

The order side's part of a merge; `procurement.product_merge` puts the parts of all apps together.
"""

from __future__ import annotations

from datetime import datetime

from erp.core.models import User
from erp.core.sql import query
from inventory.models import Product
from inventory.services.master import record_sign
from inventory.services.product_merge import move_rows
from orders.models import Channel, ContractPrice, Listing, PriceListEntry, SubscriptionLine, Substitution
from orders.services.channel import ListingDraft, listing_create_many

# A line that is still open was priced, promised and told to the customer under its product: it is finished under it.
_OPEN = """
SELECT 'order ' || o.number FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id
 WHERE l.product_id = %s AND l.quantity_ordered > l.quantity_shipped + l.quantity_cancelled
UNION SELECT 'kit order ' || o.number FROM orders_orderkit k JOIN orders_order o ON o.id = k.order_id
  JOIN orders_orderline l ON l.kit_id = k.id
 WHERE k.product_id = %s AND l.quantity_ordered > l.quantity_shipped + l.quantity_cancelled
UNION SELECT 'cart ' || r.key FROM orders_reservationline l JOIN orders_reservation r ON r.id = l.reservation_id
 WHERE l.product_id = %s AND r.state = 'ACTIVE'
ORDER BY 1 LIMIT 50
"""


def product_open_order_work(product_id: int) -> list[str]:
    """This function will name the open orders and carts that want a product."""
    return [row[0] for row in query(_OPEN, [product_id, product_id, product_id])]


def product_order_links_move(*, merged: Product, kept: Product, actor: User, at: datetime) -> list[str]:
    """This function will move listings, prices, substitutions and subscriptions to the product that is kept; returns what moved.

    The old SKU becomes a listing in every active channel that has none of that name, so orders that still say it are understood.
    """
    why = f"merged into {kept}"
    unique = ("minimum_quantity", "valid_from")
    told = [
        move_rows(Listing.objects.filter(product=merged), "product", kept, "listings", actor=actor, at=at, why=why),
        move_rows(
            PriceListEntry.objects.filter(product=merged), "product", kept, "price_list", *unique, "list prices",
            actor=actor, at=at, why=why,
        ),
        move_rows(
            ContractPrice.objects.filter(product=merged), "product", kept, "customer", "currency", *unique,
            "contract prices", actor=actor, at=at, why=why,
        ),
        *_substitutions(merged, kept, actor, at, why),
        move_rows(
            SubscriptionLine.objects.filter(product=merged), "product", kept, "subscription lines",
            actor=actor, at=at, why=why,
        ),
    ]  # fmt: skip
    drafts = [ListingDraft(pk, merged.sku, kept.pk) for pk in _active_channels()]
    aliases = listing_create_many(drafts, actor=actor, at=at)
    return [
        words for words in [*told, f"{merged.sku} listed in {aliases} channels" if aliases else ""] if words
    ]


def _active_channels() -> list[int]:
    return list(Channel.objects.filter(is_active=True).order_by("pk").values_list("pk", flat=True))


def _substitutions(merged: Product, kept: Product, actor: User, at: datetime, why: str) -> list[str]:
    """A rule between the two has nothing left to say."""
    between = Substitution.objects.filter(product__in=[merged, kept], substitute__in=[merged, kept])
    ended = 0
    for rule in between:
        record_sign(rule, actor=actor, at=at, reason=why[:100])
        rule.delete()
        ended += 1
    words = [f"{ended} substitution rules between the two ended"] if ended else []
    for field, other in (("product", "substitute"), ("substitute", "product")):
        rows = Substitution.objects.filter(**{field: merged})
        words.append(move_rows(rows, field, kept, other, "substitution rules", actor=actor, at=at, why=why))
    return words
