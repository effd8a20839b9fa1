"""Who books cost that arrives after the goods?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

from erp.core.models import User
from ledger.models import AccountRole, CostLayer
from ledger.postings import late_cost
from ledger.services.cost import CostRevaluation, cost_revalue_many
from ledger.services.journal import journal_entry_post


@transaction.atomic
def late_cost_post(
    *,
    revaluations: Sequence[CostRevaluation],
    against: AccountRole,
    source_type: str,
    source_id: int,
    posting_date: date,
    memo: str,
    actor: User,
    at: datetime,
) -> int:
    """This function will put late cost into the layers and the books at once and return the entry's id (0 for nothing).

    What belongs to units still here raises their layers and Inventory; what belongs to units that have left
    is COGS of the open period on `posting_date`. A closed period is never touched.
    """
    products = dict(
        CostLayer.objects.filter(pk__in=[item.layer_id for item in revaluations]).values_list(
            "pk", "product_id"
        )
    )
    shares = cost_revalue_many(revaluations, at=at)
    draft = late_cost(
        source_type=source_type,
        source_id=source_id,
        posting_date=posting_date,
        against=against,
        shares=[
            (products[item.layer_id], share.to_inventory, share.to_cogs)
            for item, share in zip(revaluations, shares, strict=True)
        ],
        memo=memo,
    )
    return journal_entry_post(draft, actor=actor)
