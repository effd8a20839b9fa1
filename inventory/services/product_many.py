"""Who changes many products at once, and takes back those that nobody has used?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from simple_history.utils import bulk_update_with_history

from erp.core.errors import InvalidInput, NotFound
from erp.core.models import User
from erp.core.services.take_back import row_take_back_many
from erp.core.sql import query, unnest
from inventory.models import Product
from inventory.services.product import ProductDraft, fill, refuse_rewriting, validated

_FIELDS = (
    "sku", "name", "category_id", "unit_id", "gtin", "weight_grams", "is_lot_tracked", "list_price", "search_text",
)  # fmt: skip
# A GTIN or SKU of the drafts that another product has, unless that product gives it up in the same breath.
_TAKEN = """
SELECT v.field, v.value FROM {source} JOIN inventory_product p ON p.id <> v.id
   AND (v.field = 'gtin' AND p.gtin = v.value OR v.field = 'sku' AND lower(p.sku) = v.value)
 WHERE NOT p.id = ANY(%s::bigint[]) LIMIT 1
"""


@transaction.atomic
def product_change_many(
    changes: Sequence[tuple[int, ProductDraft]], *, reason: str = "", actor: User, at: datetime
) -> None:
    """This function will change products (id, draft) in a constant number of statements, or none (see `product_save`)."""
    if not changes:
        return
    known = dict(Product.objects.filter(pk__in=[pk for pk, _ in changes]).values_list("pk", "gtin"))
    drafts = {pk: validated(draft, known=known.get(pk, "")) for pk, draft in changes}
    _refuse_taken(drafts)
    ids = sorted(drafts)
    products = list(Product.objects.select_for_update().filter(pk__in=ids).order_by("pk"))
    if len(products) != len(ids):
        raise NotFound("one of the products is gone", field="sku", remedy="Load the file again.")
    for product in products:
        refuse_rewriting(product, drafts[product.pk])
        fill(product, drafts[product.pk])
    bulk_update_with_history(
        products, Product, [name.removesuffix("_id") for name in _FIELDS], default_user=actor, default_date=at,
        default_change_reason=reason[:100] or None, batch_size=1_000,
    )  # fmt: skip


def _refuse_taken(drafts: dict[int, ProductDraft]) -> None:
    rows = [(pk, "sku", draft.sku.lower()) for pk, draft in drafts.items()]
    rows += [(pk, "gtin", draft.gtin) for pk, draft in drafts.items() if draft.gtin]
    seen: set[tuple[str, str]] = set()
    for _, name, value in rows:
        if (name, value) in seen:
            raise InvalidInput(f"{value} appears twice", field=name, remedy="Leave one of them out.")
        seen.add((name, value))
    source, parameters = unnest({"id": "bigint", "field": "text", "value": "text"}, rows)
    found = query(_TAKEN.format(source=source), [*parameters, sorted(drafts)])
    if found:
        name, value = found[0]
        raise InvalidInput(f"{value} is taken by another product", field=name, remedy="Choose another one.")


def product_take_back_many(
    *, product_ids: Sequence[int], reason: str, actor: User, at: datetime
) -> dict[int, str]:
    """This function will remove products that nothing refers to, and return why the others stay (id → reason)."""
    return row_take_back_many(Product, product_ids, reason=reason, actor=actor, at=at)
