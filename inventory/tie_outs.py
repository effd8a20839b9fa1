"""Which stock figures must agree before a month is closed?

Units and cost are compared as of the period's last day, so closing March in May still looks at the end of March.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from erp.core.sql import query
from inventory.invariants import BIN_DRIFT, BINS_VERSUS_LEVELS, LEVEL_DRIFT
from inventory.selectors import stock_as_of
from ledger.models import Period
from ledger.services import Figures, register_tie_out

_SHOWN = 20


def units(period: Period) -> Figures:
    """This function will count the levels and bins that differ from the journal: none may."""
    differences = {
        "levels against the journal": query(LEVEL_DRIFT),
        "bins against the journal": query(BIN_DRIFT),
        "bins against levels": query(BINS_VERSUS_LEVELS),
    }
    evidence = {
        name: [[str(value) for value in row] for row in rows[:_SHOWN]] for name, rows in differences.items()
    }
    evidence["buckets checked"] = [[str(query("SELECT count(*) FROM inventory_stocklevel")[0][0])]]
    return Figures(Decimal(0), Decimal(sum(len(rows) for rows in differences.values())), evidence)


def layer_units(period: Period) -> Figures:
    """This function will compare the units that were in stock or on their way at the period's end with the cost
    layers'.
    """
    in_stock = sum(level.quantity for level in stock_as_of(at=_end(period)))
    in_layers = query(
        "SELECT coalesce(sum(quantity), 0) FROM ledger_costmovement WHERE at <= %s", [_end(period)]
    )[0][0]
    return Figures(
        Decimal(in_stock), Decimal(in_layers), {"units in stock": in_stock, "units in layers": int(in_layers)}
    )


def inventory_value(period: Period) -> Figures:
    """This function will compare the cost layers' value at the period's end with the inventory account's balance."""
    layers = query("SELECT coalesce(sum(value), 0) FROM ledger_costmovement WHERE at <= %s", [_end(period)])[
        0
    ][0]
    balance = query(
        "SELECT coalesce(sum(l.base_debit - l.base_credit), 0) FROM ledger_journalline l "
        "JOIN ledger_account a ON a.id = l.account_id AND a.role = 'INVENTORY' "
        "JOIN ledger_journalentry e ON e.id = l.entry_id WHERE e.posting_date <= %s",
        [period.end_date],
    )[0][0]
    return Figures(
        Decimal(layers), Decimal(balance), {"cost layers": str(layers), "general ledger": str(balance)}
    )


def _end(period: Period) -> datetime:
    """The last microsecond of the period's last day; posting dates are days in UTC."""
    return datetime.combine(period.end_date + timedelta(days=1), time.min, UTC) - timedelta(microseconds=1)


register_tie_out("stock_units", "Stock journal = levels = bins (buckets that differ)", units)
register_tie_out("layer_units", "Units in stock = units in cost layers", layer_units)
register_tie_out("inventory_value", "Cost layers = inventory account", inventory_value)
