"""Who takes in a file of suppliers, and takes back those that nobody has bought from?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from erp.core.models import User
from erp.core.services.take_back import row_take_back_many
from procurement.models import Supplier
from procurement.services.supplier import supplier_save


@dataclass(frozen=True)
class SupplierDraft:
    """A supplier as a file describes it; `rate` is base currency per unit of `currency`."""

    code: str
    name: str
    currency: str
    email: str = ""
    rate: Decimal | None = None
    lead_time_days: int = 7
    payment_days: int = 30
    is_active: bool = True


@transaction.atomic
def supplier_save_many(
    drafts: Sequence[tuple[int | None, SupplierDraft]], *, actor: User, at: datetime
) -> list[int]:
    """This function will create (id None) or change suppliers, all or none, and return their ids in order.

    Each is one `supplier_save`: a company has thousands of suppliers, not millions.
    """
    return [
        supplier_save(supplier_id=supplier_id, **asdict(draft), actor=actor, at=at).pk for supplier_id, draft in drafts
    ]  # fmt: skip


def supplier_take_back_many(
    *, supplier_ids: Sequence[int], reason: str, actor: User, at: datetime
) -> dict[int, str]:
    """This function will remove suppliers that nothing refers to, and return why the others stay (id → reason)."""
    return row_take_back_many(Supplier, supplier_ids, reason=reason, actor=actor, at=at)
