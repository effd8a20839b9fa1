"""Who registers a lot of a product?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from django.db import transaction

from erp.core.errors import InvalidInput
from erp.core.sql import query, unnest
from inventory.models import Lot, Product


class LotDraft(NamedTuple):
    product_id: int
    code: str
    expiry_date: date | None = None


_COLUMNS = {"product_id": "bigint", "code": "text", "expiry_date": "date"}


@transaction.atomic
def lot_ensure_many(drafts: Sequence[LotDraft]) -> dict[tuple[int, str], int]:
    """This function will register the lots that are new and return the id of each by (product, code).

    InvalidInput for a blank code, or when a lot that is known has another expiry date.
    """
    if not drafts:
        return {}
    for draft in drafts:
        if not draft.code.strip() or len(draft.code) > 40:
            raise InvalidInput(
                "the lot code is not valid", field="lot_code", remedy="Enter 1 to 40 characters."
            )
    unique = {(draft.product_id, draft.code): draft for draft in drafts}
    source, parameters = unnest(_COLUMNS, [unique[key] for key in sorted(unique)])
    query(
        f"INSERT INTO inventory_lot (product_id, code, expiry_date) SELECT product_id, code, expiry_date FROM {source} "
        "ON CONFLICT (product_id, code) DO NOTHING RETURNING id",
        parameters,
    )
    rows = query(
        "SELECT l.product_id, l.code, l.id, l.expiry_date, v.expiry_date FROM inventory_lot l "
        f"JOIN {source} ON v.product_id = l.product_id AND v.code = l.code",
        parameters,
    )
    for _, code, _, known, given in rows:
        if given is not None and known is not None and given != known:
            raise InvalidInput(
                f"lot {code} expires on {known}, not {given}",
                field="expiry_date",
                remedy="Check the label, or the lot code.",
            )
    return {(product, code): lot for product, code, lot, _, _ in rows}


@transaction.atomic
def lot_save(*, product_id: int, code: str, expiry_date: date | None) -> Lot:
    """This function will register a lot of a lot-tracked product, or correct the expiry date of one that is known."""
    product = Product.objects.filter(pk=product_id).first()
    if product is None or not product.is_lot_tracked:
        raise InvalidInput("the product is not tracked by lot", field="product", remedy="Choose another one.")
    lot_id = lot_ensure_many([LotDraft(product_id, code.strip())])[product_id, code.strip()]
    Lot.objects.filter(pk=lot_id).update(expiry_date=expiry_date)
    return Lot.objects.get(pk=lot_id)
