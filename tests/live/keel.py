"""Answers: what does Keel's company do while a real shop sells for it, and what is in its books afterwards?

Run as a program inside a stack's environment: `keel.py database` makes the shop's database; `found` the company and its
connection; `work SECONDS` receives stock and ships; `count` prints one JSON object of figures.
"""

from __future__ import annotations

import json
import sys
import time
from decimal import Decimal
from typing import Any

import django

django.setup()

from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from erp.core.services.proof import prove  # noqa: E402
from erp.core.services.user import system_user  # noqa: E402
from erp.core.sql import query  # noqa: E402
from fulfillment.services import (  # noqa: E402
    fulfillment_pack_many,
    fulfillment_pick_many,
    fulfillment_release_many,
    shipment_confirm_many,
)
from inventory.models import Location, Node, Product  # noqa: E402
from inventory.selectors import atp_query  # noqa: E402
from inventory.services import AdjustmentDraft, AdjustmentLineDraft, adjustment_record_many  # noqa: E402
from orders.services.connection import ConnectionDraft, connection_save, connection_secret_set  # noqa: E402
from orders.services.connection_switch import SyncDraft, channel_sync_set  # noqa: E402
from orders.services.listing import listing_save  # noqa: E402
from tests import factories as make  # noqa: E402
from tests.cast import company_create, moment, stock_in  # noqa: E402

OPEN = "state IN ('PENDING', 'FAILED', 'RUNNING')"
TO_SHIP = "SELECT id FROM orders_order WHERE state = 'ALLOCATED' ORDER BY id LIMIT %s"
FIGURES = {
    "orders": "SELECT count(*) FROM orders_order",
    "external_ids": "SELECT count(DISTINCT external_id) FROM orders_order",
    "orders_shipped": "SELECT count(*) FROM orders_order WHERE state IN ('SHIPPED', 'COMPLETED')",
    "shipments": "SELECT count(*) FROM fulfillment_shipment",
    "told_shipments": "SELECT count(*) FROM orders_channelpublication WHERE kind = 'SHIPMENT'",
    "messages_dead": "SELECT count(*) FROM core_inboxmessage WHERE state = 'DEAD'",
    "outbox_dead": "SELECT count(*) FROM core_outboxmessage WHERE state = 'DEAD'",
    "turned_away": "SELECT count(*) FROM orders_refuseddelivery",
    "pending": "SELECT count(*) FROM orders_channelorder WHERE pending_since IS NOT NULL",
    "missed_orders": "SELECT coalesce(sum(missed_orders), 0) FROM orders_channelsync",
    "stock_due": "SELECT count(*) FROM orders_listingstock WHERE is_due",
    "drift": "SELECT count(*) FROM orders_listingstock WHERE drift_at IS NOT NULL",
    "breaker_openings": "SELECT count(*) FROM core_statechange WHERE document_type = 'orders.ChannelBreaker' "
    "AND to_state = 'OPEN'",
    "open_work": f"SELECT (SELECT count(*) FROM core_inboxmessage WHERE {OPEN}) + (SELECT count(*) FROM core_outboxmessage "
    f"WHERE {OPEN})",
}  # fmt: skip


def database(name: str = "vendure") -> dict[str, str]:
    """Make a database for the shop in our cluster and tell where it is."""
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    settings = connection.settings_dict
    return {"host": settings["HOST"], "user": settings["USER"], "name": name}


@transaction.atomic
def found(url: str, account: str, secret: str, password: str, goods: dict[str, list[int]]) -> dict[str, Any]:
    """Found the company: the goods with their stock and listings, the web channel connected to the shop at `url`."""
    at, company = timezone.now(), company_create()
    actor = company.ada
    for sku, (units, pence) in goods.items():
        price = Decimal(pence) / 100
        product = make.ProductFactory(sku=sku, unit=company.each, category=company.goods, list_price=price)
        stock_in(company, product, units, at=moment(2026, 1, 5))
        listing_save(channel_id=company.web.pk, channel_sku=sku, product_id=product.pk, actor=actor, at=at)
    saved = connection_save(ConnectionDraft(company.web.pk, "vendure", account, url), actor=actor, at=at)
    for purpose, value in (("username", "superadmin"), ("password", password), ("webhook", secret)):
        connection_secret_set(connection_id=saved.pk, purpose=purpose, secret=value, actor=actor, at=at)
    draft = SyncDraft(company.web.pk, publishes_stock=True, polls_orders=True)
    channel_sync_set(draft, reason="the shop opens", actor=actor, at=at)
    return {"channel": company.web.code}


@transaction.atomic
def _ship(order_ids: list[int]) -> int:
    """Pick, pack and hand over what these orders were promised, each parcel with its tracking number."""
    actor, at = system_user(), timezone.now()
    ids = fulfillment_release_many(order_ids=order_ids, actor=actor, at=at).fulfillment_ids
    fulfillment_pick_many(fulfillment_ids=ids, actor=actor, at=at)
    fulfillment_pack_many(fulfillment_ids=ids, actor=actor, at=at)
    tracking = {pk: f"DPD{pk:09}" for pk in ids}
    return len(
        shipment_confirm_many(
            fulfillment_ids=ids, carrier="DPD", tracking_numbers=tracking, actor=actor, at=at
        )
    )


def work(seconds: float, *, most: int = 5) -> dict[str, int]:
    """Ship what is promised, a few orders at a time, and bring goods in meanwhile; until time is up, and nothing is left when
    `seconds` is 0.
    """
    actor, ends = system_user(), time.monotonic() + seconds
    skus = list(Product.objects.filter(sku__startswith="LIVE-").order_by("sku"))
    bin_ = Location.objects.get(code="N-A-01")
    node, shipped, received = Node.objects.get(code="NORTH"), 0, 0
    while True:
        ids = [pk for (pk,) in query(TO_SHIP, [most])]
        if ids:
            shipped += _ship(ids)
        if seconds:
            line = AdjustmentLineDraft(
                skus[received % len(skus)].pk, 3, "AVAILABLE", bin_.pk, None, Decimal(4)
            )
            adjustment_record_many(
                drafts=[AdjustmentDraft(node.pk, "FOUND", [line])], actor=actor, at=timezone.now()
            )
            received += 1
        if time.monotonic() >= ends and (seconds or not ids):
            return {"shipped": shipped, "stock_moves": received}
        if seconds:
            time.sleep(1.0)


def count() -> dict[str, Any]:
    """Return every figure that the shop's own are compared with."""
    figures: dict[str, Any] = {name: int(query(sql)[0][0]) for name, sql in FIGURES.items()}
    products = dict(Product.objects.filter(sku__startswith="LIVE-").values_list("pk", "sku"))
    atp: dict[str, int] = dict.fromkeys(products.values(), 0)
    for row in atp_query(products, channel_code="web"):
        atp[products[row.product_id]] += row.quantity
    figures["atp"] = atp
    figures["breaker"] = [state for (state,) in query("SELECT state FROM orders_channelbreaker")]
    figures["states"] = dict(
        tuple(row) for row in query("SELECT state, count(*) FROM orders_order GROUP BY 1 ORDER BY 1")
    )
    figures["parcels"] = [
        list(row)
        for row in query(
            "SELECT o.external_id, s.tracking_number FROM fulfillment_shipment s JOIN orders_order o ON o.id = s.order_id "
            "ORDER BY s.id"
        )
    ]
    figures["totals"] = {
        external: str(total) for external, total in query("SELECT external_id, total FROM orders_order")
    }
    return figures


def proof() -> dict[str, Any]:
    """Return which invariants do not hold."""
    return {"broken": [f"{f.code} {f.title}: {f.violations}" for f in prove().failed]}


if __name__ == "__main__":
    verb, *words = sys.argv[1:]
    if verb == "found":
        said: Any = found(*words[:4], json.loads(words[4]))
    elif verb == "work":
        said = work(float(words[0]))
    elif verb == "database":
        said = database(*words)
    else:
        said = {"count": count, "proof": proof}[verb]()
    print(json.dumps(said))
