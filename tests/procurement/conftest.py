"""Answers: what do purchasing's tests buy? Acme sells mugs at 4.00 in packs of 10 and lamps at 12.50."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

import pytest

from erp.core.models import ApprovalPolicy
from erp.core.roles import Role
from ledger.models import AccountRole, JournalLine
from procurement.models import PurchaseOrder
from procurement.services import (
    PurchaseLine,
    purchase_order_create,
    purchase_order_send,
    purchase_order_submit,
)
from tests import factories as make
from tests.cast import NOW, Company, company  # noqa: F401 — the fixture

Buy = Callable[..., PurchaseOrder]


@pytest.fixture
def shop(company: Company) -> Company:  # noqa: F811
    """The company with Acme's terms and a threshold of 1,000 for purchase orders."""
    make.SupplierProductFactory(supplier=company.acme, product=company.mug, unit_cost=Decimal("4.00"))
    make.SupplierProductFactory(
        supplier=company.acme, product=company.lamp, unit_cost=Decimal("12.5000"), pack_size=1
    )
    ApprovalPolicy.objects.update_or_create(
        kind="procurement.purchase_order_approve",
        defaults={"threshold": Decimal(1_000), "role": Role.FINANCE, "is_active": True},
    )
    return company


@pytest.fixture
def buy(shop: Company) -> Buy:
    """Order mugs (100 unless told otherwise) and lamps of Acme for North, sent to the supplier."""

    def order(
        mugs: int = 100, lamps: int = 0, *, at: datetime = NOW, mug_cost: Decimal | None = None
    ) -> PurchaseOrder:
        lines = [PurchaseLine(shop.mug.pk, mugs, mug_cost)] if mugs else []
        lines += [PurchaseLine(shop.lamp.pk, lamps)] if lamps else []
        made = purchase_order_create(
            supplier_id=shop.acme.pk, node_id=shop.north.pk, lines=lines, actor=shop.ben, at=at
        )
        purchase_order_submit(purchase_order_id=made.pk, actor=shop.ben, at=at)
        return purchase_order_send(purchase_order_id=made.pk, actor=shop.ben, at=at)

    return order


def balance(role: AccountRole) -> Decimal:
    """Return debit less credit of the account that plays `role`, base currency."""
    lines = JournalLine.objects.filter(account__role=role).values_list("base_debit", "base_credit")
    return sum((debit - credit for debit, credit in lines), Decimal(0))
