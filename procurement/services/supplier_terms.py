"""Who takes in a whole price list of a supplier?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.db import transaction
from simple_history.utils import bulk_create_with_history

from erp.core.errors import InvalidInput
from erp.core.models import User
from inventory.services import kit_refuse
from procurement.models import SupplierProduct


class TermsDraft(NamedTuple):
    """Terms of a product that has none yet; `unit_cost` per base unit in the supplier's currency."""

    supplier_id: int
    product_id: int
    unit_cost: Decimal
    minimum_quantity: int = 1
    pack_size: int = 1


@transaction.atomic
def supplier_product_create_many(drafts: Sequence[TermsDraft], *, actor: User, at: datetime) -> int:
    """This function will add terms as first choice for products that nobody supplies yet; returns how many."""
    for number, draft in enumerate(drafts, start=1):
        if draft.unit_cost < 0 or draft.minimum_quantity < 1 or draft.pack_size < 1:
            raise InvalidInput(
                f"row {number}: a price is not negative, a minimum and a pack at least 1",
                field=f"rows[{number}]",
                remedy="Correct the row.",
            )
    kit_refuse((draft.product_id for draft in drafts), doing="bought", field="rows")
    known = set(
        SupplierProduct.objects.filter(product_id__in=[draft.product_id for draft in drafts]).values_list(
            "product_id", flat=True
        )
    )
    fresh = {draft.product_id: draft for draft in reversed(drafts) if draft.product_id not in known}
    made = bulk_create_with_history(
        [SupplierProduct(**draft._asdict(), rank=1) for draft in fresh.values()],
        SupplierProduct, default_user=actor, default_date=at, batch_size=5_000,
    )  # fmt: skip
    return len(made)
