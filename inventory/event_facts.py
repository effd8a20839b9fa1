"""What is said of a product in an event about its stock?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from inventory.models import Product


def facts(document_type: str, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """This function will name products by their SKU."""
    if document_type != "inventory.Product":
        return {}
    return {pk: {"sku": sku} for pk, sku in Product.objects.filter(pk__in=ids).values_list("pk", "sku")}
