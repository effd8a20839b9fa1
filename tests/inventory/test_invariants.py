"""Would each invariant notice the fault it is there for?"""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection

from erp.core.models import ExceptionCase
from erp.core.services.proof import prove
from inventory.services import (
    TransferLineDraft,
    stock_rebuild_check,
    stock_snapshot_take,
    transfer_create,
    transfer_ship,
)
from inventory.tie_outs import inventory_value, layer_units, units
from ledger.models import Period
from tests.cast import NOW, Company, assert_proven, stock_in
from tests.factories import LotFactory


@pytest.fixture
def stocked(company: Company) -> Company:
    stock_in(company, company.mug, 10)
    stock_in(company, company.cream, 5, lot_id=LotFactory(product=company.cream).pk)
    transfer = transfer_create(from_node_id=company.north.pk, to_node_id=company.south.pk, expected_date=None,
                               lines=[TransferLineDraft(company.mug.pk, 4)], actor=company.olga, at=NOW)  # fmt: skip
    transfer_ship(transfer_id=transfer.pk, actor=company.olga, at=NOW)
    stock_snapshot_take(at=NOW)
    assert_proven()
    return company


@pytest.fixture
def tamper(db: None) -> Callable[[str], None]:
    """Change rows behind everybody's back, as a broken program or a hand on the database would."""

    def run(statement: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL session_replication_role = replica")
            cursor.execute(statement)
            cursor.execute("SET LOCAL session_replication_role = origin")

    return run


@pytest.mark.parametrize(("statement", "code"), [
    ("UPDATE inventory_stocklevel SET quantity = quantity + 1 WHERE status = 'AVAILABLE'", "i02"),
    ("DELETE FROM inventory_stocklevel WHERE status = 'IN_TRANSIT'", "i02"),
    ("UPDATE inventory_binstock SET quantity = quantity - 1", "i02"),
    ("DELETE FROM inventory_binstock", "i02"),
    ("DELETE FROM inventory_stockmove WHERE to_status = 'IN_TRANSIT'", "i01"),
    ("UPDATE inventory_stockmove SET to_location_id = (SELECT id FROM inventory_location WHERE code = 'S-A-01') "
     "WHERE to_location_id IS NOT NULL", "i01"),
    ("UPDATE inventory_stockmove SET lot_id = NULL", "i13"),
    ("UPDATE inventory_product SET is_lot_tracked = true WHERE sku = 'MUG'", "i13"),
    ("UPDATE ledger_costlayer SET quantity_left = quantity_left - 1", "i14"),
    ("DELETE FROM ledger_costmovement; DELETE FROM ledger_costlayer", "i14"),
    ("UPDATE inventory_transferline SET quantity_received = 1", "transfer"),
    ("UPDATE inventory_transfer SET state = 'RECEIVED'", "transfer"),
    ("UPDATE inventory_stocksnapshot SET quantity = quantity + 1", "as_of"),
    ("DELETE FROM inventory_stocksnapshot WHERE status = 'IN_TRANSIT'", "as_of"),
    ("UPDATE inventory_adjustment SET value = value + 1", "i36"),
    ("UPDATE inventory_adjustment SET state = 'REJECTED'", "i36"),
])  # fmt: skip
def test_the_fault_is_found(
    stocked: Company, tamper: Callable[[str], None], statement: str, code: str
) -> None:
    tamper(statement)
    assert code in {finding.code for finding in prove().failed}


def test_drift_opens_one_case_per_bucket(stocked: Company, tamper: Callable[[str], None]) -> None:
    assert stock_rebuild_check(actor=stocked.system, at=NOW) == []
    assert not ExceptionCase.objects.exists()
    tamper("UPDATE inventory_stocklevel SET quantity = quantity + 3 WHERE status = 'IN_TRANSIT'")
    for _ in range(2):
        (drift,) = stock_rebuild_check(actor=stocked.system, at=NOW)
    assert drift == ("MUG", "SOUTH IN_TRANSIT", 4, 7)
    case = ExceptionCase.objects.get()
    assert (case.kind, case.occurrences) == ("STOCK_DRIFT", 2)


def test_the_close_compares_units_layers_and_books(stocked: Company, tamper: Callable[[str], None]) -> None:
    march = Period.objects.get(code="2026-03")
    assert [check(march).agree for check in (units, layer_units, inventory_value)] == [True, True, True]
    assert inventory_value(march).expected == Decimal(60)
    february = Period.objects.get(code="2026-02")
    assert inventory_value(february).expected == inventory_value(february).actual == Decimal(0)
    stock_in(
        stocked, stocked.mug, 5, at=NOW.replace(month=4)
    )  # April's stock does not change March's figures
    assert layer_units(march).expected == layer_units(march).actual == Decimal(15)
    tamper("UPDATE inventory_stocklevel SET quantity = quantity + 1 WHERE status = 'AVAILABLE'")
    tamper("UPDATE ledger_costmovement SET value = value + 1")
    assert [check(march).agree for check in (units, layer_units, inventory_value)] == [False, True, False]
