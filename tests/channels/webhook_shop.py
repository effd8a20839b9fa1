"""Who owns the two shops of the webhook proof, and what became of their messages?

Run as a program inside a stack's environment: `found` connects the shops, `count` says how the messages stand, `prove` runs
every invariant.
"""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from typing import Any

import django

django.setup()

from django.db import transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from erp.core.services.proof import prove  # noqa: E402
from erp.core.sql import query  # noqa: E402
from orders.channels.contract import Account  # noqa: E402
from orders.channels.document import Snapshot  # noqa: E402
from orders.channels.registry import adapter_of  # noqa: E402
from orders.services.channel_message import ACTION  # noqa: E402
from orders.services.connection import ConnectionDraft, connection_save, connection_secret_set  # noqa: E402
from tests import factories as make  # noqa: E402
from tests.cast import Company, company_create, moment, stock_in  # noqa: E402
from tests.channels import webhook_flow as flow  # noqa: E402


@transaction.atomic
def found() -> dict[str, int]:
    """Found the company with both shops; returns how many listings they have."""
    company = company_create()
    listings = {}
    for slug, code, account, topic, orders in (
        ("shopify", flow.SHOPIFY, flow.SHOPIFY_SHOP, "orders/create", flow.shopify_orders()),
        ("woocommerce", flow.WOO, flow.WOO_SHOP, "order.created", flow.woo_orders()),
    ):
        _connect(company, slug, code, account)
        listings[code] = _list(company, slug, code, topic, orders)
    return listings


def _connect(company: Company, slug: str, code: str, account: str) -> None:
    at = timezone.now()
    channel = make.ChannelFactory(code=code, name=code.title(), policy=company.policy)
    connection = connection_save(ConnectionDraft(channel.pk, slug, account), actor=company.ada, at=at)
    connection_secret_set(
        connection_id=connection.pk, purpose="webhook", secret=flow.SECRET, overlap=timedelta(0), actor=company.ada, at=at
    )  # fmt: skip


def _list(company: Company, slug: str, code: str, topic: str, orders: list[dict[str, Any]]) -> int:
    """Map whatever the orders name to a product with plenty of stock."""
    adapter, skus = adapter_of(slug), set()
    for order in orders:
        body = json.dumps(flow.renumbered(order, 1, timezone.now()))
        for event in adapter.events(Account(code, "", "", {}, {}), topic, body):
            if isinstance(event.content, Snapshot):
                skus |= {line.sku for line in event.content.lines}
    channel = type(company.web).objects.get(code=code)
    for number, sku in enumerate(sorted(skus)):
        product = make.ProductFactory(
            sku=f"{code.upper()}-{number}", category=company.goods, unit=company.each
        )
        stock_in(company, product, 1_000_000, at=moment(2026, 1, 5))
        make.ListingFactory(channel=channel, product=product, channel_sku=sku)
    return len(skus)


def count() -> dict[str, Any]:
    """Return the messages by state, the last moment that one was handled, and the orders they became."""
    states = dict(
        query("SELECT state, count(*) FROM core_inboxmessage WHERE kind = %s GROUP BY state", [ACTION])
    )
    (orders, lines) = query(
        "SELECT (SELECT count(*) FROM orders_order), (SELECT count(*) FROM orders_orderline)"
    )[0]
    (last,) = query(
        "SELECT extract(epoch FROM max(finished_at))::float FROM core_inboxmessage WHERE kind = %s", [ACTION]
    )[0]
    errors = query(
        "SELECT left(error, 160), count(*) FROM core_inboxmessage WHERE kind = %s AND state IN ('FAILED', 'DEAD') "
        "GROUP BY 1 ORDER BY 2 DESC LIMIT 5", [ACTION],
    )  # fmt: skip
    (refused,) = query("SELECT count(*) FROM orders_refuseddelivery")[0]
    return {
        "states": states,
        "orders": orders,
        "lines": lines,
        "last": last,
        "errors": [*map(list, errors)],
        "refused": refused,
    }


def proven() -> list[str]:
    """Return what every invariant finds."""
    return [f"{finding.code} {finding.title}: {finding.violations}" for finding in prove().failed]


if __name__ == "__main__":
    print(json.dumps({"found": found, "count": count, "prove": proven}[sys.argv[1]]()))
