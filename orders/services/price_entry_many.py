"""Who sets many prices of a list at once, and takes them off again?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from erp.core.errors import InvalidInput
from erp.core.models import User
from erp.core.services.take_back import row_take_back_many
from orders.models import PriceListEntry
from orders.services.price_list import EntryDraft, check_entry, lock_price_list


@transaction.atomic
def price_entry_save_many(
    *, price_list_id: int, drafts: Sequence[EntryDraft], reason: str = "", actor: User, at: datetime
) -> list[int]:
    """This function will set prices on a list in a constant number of statements, or none; returns their ids in order.

    The same product, quantity and first day replaces what stood there (see `price_entry_save`).
    """
    price_list = lock_price_list(price_list_id)
    keys = [(draft.product_id, draft.minimum_quantity, draft.valid_from) for draft in drafts]
    if len(set(keys)) != len(keys):
        raise InvalidInput("the same price is there twice", field="sku", remedy="Keep one of them.")
    for draft in drafts:
        check_entry(draft)
    products = {draft.product_id for draft in drafts}
    known = {
        (entry.product_id, entry.minimum_quantity, entry.valid_from): entry
        for entry in price_list.entries.filter(product_id__in=products)
    }
    changed, fresh = [], []
    for key, draft in zip(keys, drafts, strict=True):
        if key not in known:
            known[key] = PriceListEntry(
                price_list=price_list, product_id=key[0], minimum_quantity=key[1], valid_from=key[2], price=draft.price,
                valid_to=draft.valid_to,
            )  # fmt: skip
            fresh.append(known[key])
        elif (known[key].price, known[key].valid_to) != (draft.price, draft.valid_to):
            known[key].price, known[key].valid_to = draft.price, draft.valid_to
            changed.append(known[key])
    signed = {"default_user": actor, "default_date": at, "default_change_reason": reason[:100] or None}
    made = bulk_create_with_history(fresh, PriceListEntry, batch_size=5_000, **signed)
    if changed:
        bulk_update_with_history(changed, PriceListEntry, ["price", "valid_to"], batch_size=5_000, **signed)
    ids = {(entry.product_id, entry.minimum_quantity, entry.valid_from): entry.pk for entry in made}
    return [ids.get(key) or known[key].pk for key in keys]


def price_entry_take_back_many(
    *, entry_ids: Sequence[int], reason: str, actor: User, at: datetime
) -> dict[int, str]:
    """This function will take prices off their list, and return why the others stay (id → reason); the history keeps them."""
    return row_take_back_many(PriceListEntry, entry_ids, reason=reason, actor=actor, at=at)
