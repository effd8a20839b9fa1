"""Does replenishment buy what kits consist of, and never a kit?"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from inventory.services import ComponentDraft, kit_save
from procurement.models import PurchaseOrderLine
from procurement.services import replenishment_run
from tests.cast import NOW, TODAY, Company
from tests.factories import ProductFactory, SupplierProductFactory
from tests.fulfillment.goods import order_in

pytestmark = pytest.mark.django_db


def test_the_demand_for_a_kit_is_demand_for_its_components(shop: Company) -> None:
    kit = ProductFactory(sku="TEA-SET", category=shop.goods, unit=shop.each)
    SupplierProductFactory(
        supplier=shop.acme, product=kit, unit_cost=Decimal(9)
    )  # bought whole until it became a kit
    kit_save(kit_id=kit.pk, components=[ComponentDraft(shop.mug.pk, 6)], actor=shop.olga, at=NOW)
    for days_ago in range(1, 29):
        order_in(shop, (kit, 1, "40.00"), ordered_at=NOW - timedelta(days=days_ago))
    replenishment_run(node_id=shop.north.pk, run_date=TODAY, actor=shop.ben, at=NOW)
    line = PurchaseOrderLine.objects.get()
    assert (line.product, line.decision.daily_velocity) == (shop.mug, Decimal(6))
