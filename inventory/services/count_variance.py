"""Which counts differed by so much that somebody should look again?"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from erp.core.models import User
from erp.core.services.exception_case import CaseDraft, exception_open_many
from erp.core.sql import query

LARGE = Decimal(250)  # base currency, what the lines move in either direction
LOOK_BACK = timedelta(days=2)  # the job runs every hour; an adjustment is told once

_LARGE = """
SELECT a.id, a.number, n.code, sum(abs(l.value)), sum(l.value), sum(abs(l.quantity_delta)),
       (array_agg(p.sku ORDER BY abs(l.value) DESC, l.id))[1]
  FROM inventory_adjustment a JOIN inventory_node n ON n.id = a.node_id
  JOIN inventory_adjustmentline l ON l.adjustment_id = a.id JOIN inventory_product p ON p.id = l.product_id
 WHERE a.reason = 'COUNT' AND a.state = 'POSTED' AND a.created_at >= %s AND NOT EXISTS (
       SELECT 1 FROM core_exceptioncase c WHERE c.kind = 'COUNT_VARIANCE' AND c.subject_type = 'inventory.Adjustment'
          AND c.subject_id = a.id::text)
 GROUP BY a.id, n.code HAVING sum(abs(l.value)) >= %s ORDER BY a.id
"""


@transaction.atomic
def count_variance_flag(*, actor: User, at: datetime) -> int:
    """This function will open a case for every posted count of the last days that differed by much; returns how many.

    Each is told once: what a person has settled stays settled.
    """
    drafts = [
        CaseDraft(
            "COUNT_VARIANCE", "inventory.Adjustment", str(pk),
            f"{number}: the count at {node} differs by {units} units, {sku} most of all",
            {"node": node, "sku": sku, "units": int(units), "net_value": str(net)}, gross,
        )
        for pk, number, node, gross, net, units, sku in query(_LARGE, [at - LOOK_BACK, LARGE])
    ]  # fmt: skip
    return len(exception_open_many(drafts, actor=actor, at=at))
