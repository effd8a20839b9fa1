"""Answers: do both journals balance, and what do they say?"""

from decimal import Decimal

from django.db.models import Sum

from erp.core.sql import query
from inventory.models import Product
from ledger.models import JournalLine


def units(product: Product) -> dict[str, int]:
    """Return units by status out of the journal alone, the outside world included; they add up to nothing."""
    rows = query(
        "SELECT status, sum(quantity)::bigint FROM ("
        "SELECT from_status AS status, -quantity AS quantity FROM inventory_stockmove WHERE product_id = %s UNION ALL "
        "SELECT to_status, quantity FROM inventory_stockmove WHERE product_id = %s) side GROUP BY 1 HAVING sum(quantity) <> 0",
        [product.pk, product.pk],
    )
    found: dict[str, int] = dict(rows)  # type: ignore[arg-type]
    assert sum(found.values()) == 0
    return found


def books() -> dict[str, Decimal]:
    """Return debit less credit by account role, zero ones left out; they add up to nothing."""
    rows = JournalLine.objects.values_list("account__role").annotate(Sum("base_debit"), Sum("base_credit"))
    found = {str(role): debit - credit for role, debit, credit in rows if debit != credit}
    assert sum(found.values(), Decimal(0)) == 0
    return found
