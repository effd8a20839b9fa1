"""Answers: who owns the scarce goods, and what became of them?

Run as a program inside a stack's environment: `shop.py found` founds the company and prints a key per channel, `shop.py
count` lets the allocator look once more, as it does twice a minute, and prints what was sold.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import django

django.setup()

from django.db import transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from erp.core.services.api_key import api_key_create  # noqa: E402
from erp.core.services.proof import prove  # noqa: E402
from erp.core.services.user import system_user  # noqa: E402
from erp.core.sql import query  # noqa: E402
from inventory.services import ComponentDraft, PoolDraft, kit_save, pool_save  # noqa: E402
from orders.services import RuleDraft, order_allocate_many, policy_create  # noqa: E402
from tests import factories as make  # noqa: E402
from tests.buyers.goods import KIT, PER_NODE, SKUS  # noqa: E402
from tests.cast import company_create, moment, stock_in  # noqa: E402

PER_SKU = (
    "SELECT p.sku, coalesce((SELECT sum(m.quantity) FROM inventory_stockmove m WHERE m.product_id = p.id "
    "AND m.from_status NOT IN ('AVAILABLE', 'ALLOCATED', 'RESERVED')), 0)::bigint, "
    "coalesce((SELECT sum(a.quantity) FROM orders_allocation a WHERE a.product_id = p.id AND a.state = 'ACTIVE'), 0)::bigint "
    "FROM inventory_product p WHERE p.sku LIKE 'RARE-%%' ORDER BY 1"
)


@transaction.atomic
def found() -> dict[str, str]:
    """Found the company: goods, kit, a policy of two rules, a pool, and a key per channel; returns the secrets."""
    at, company = timezone.now(), company_create()
    actor = company.system
    products = [
        make.ProductFactory(sku=f"RARE-{n}", unit=company.each, category=company.goods, list_price=20)
        for n in range(1, SKUS + 1)
    ]
    for product in products:
        for node in (company.north, company.south):
            stock_in(company, product, PER_NODE, node=node, at=moment(2026, 1, 5))
    kit = make.ProductFactory(sku=KIT, unit=company.each, category=company.goods, list_price=20)
    parts = [ComponentDraft(products[-1].pk, 1), ComponentDraft(products[0].pk, 1)]
    kit_save(kit_id=kit.pk, components=parts, actor=actor, at=at)
    rules = [
        RuleDraft("The web shop's", "NEAREST", {"channels": ["web"]}),
        RuleDraft("Every order", "PRIORITY", allow_backorder=True),
    ]
    policy_create(code="default", name="Two rules", rules=rules, actor=actor, at=at)
    pool = PoolDraft("WEB", "Kept for the web", 4, product_id=products[1].pk, channel_code="web")
    pool_save(pool, actor=actor, at=at)
    secrets = {}
    for channel in ("web", "wholesale"):
        _, secrets[channel] = api_key_create(
            name=channel, user=system_user(f"api-{channel}"), channel_code=channel, rate_per_minute=1_000_000,
            actor=actor, at=at,
        )  # fmt: skip
    return secrets


def count() -> dict[str, Any]:
    """Return per product what came in and what is promised, and what else the proof asks for."""
    swept = sum(
        row.assigned for row in order_allocate_many(limit=5000, actor=system_user(), at=timezone.now())
    )
    goods = {sku: {"stock": stock, "sold": sold} for sku, stock, sold in query(PER_SKU)}
    numbers = (
        "SELECT (SELECT count(*) FROM orders_order), (SELECT count(DISTINCT external_id) FROM orders_order), "
        "(SELECT count(*) FROM orders_reservation WHERE state = 'ACTIVE'), "
        "(SELECT count(*) FROM core_idempotencykey WHERE state = 'IN_PROGRESS'), (SELECT count(*) FROM orders_hold), "
        "(SELECT count(*) FROM orders_payment), (SELECT count(*) FROM orders_order o JOIN orders_channel c "
        "ON c.id = o.channel_id WHERE c.code = 'web')"
    )
    names = ("orders", "external_ids", "open_carts", "open_keys", "holds", "payments", "web_orders")
    figures = dict(zip(names, query(numbers)[0], strict=True))
    (deadlocks,) = query("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")[0]
    broken = [f"{f.code} {f.title}: {f.violations}" for f in prove().failed]
    return {**figures, "goods": goods, "swept": swept, "deadlocks": deadlocks, "broken": broken}


if __name__ == "__main__":
    print(json.dumps(found() if sys.argv[1] == "found" else count()))
