"""Which product does a code mean, what has it cost, and how much of it is there?"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import (
    BigIntegerField,
    Case,
    DecimalField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from erp.core.sql import array, query
from inventory.models import Product, StockLevel
from inventory.states import ON_HAND, StockStatus
from ledger.models import CostLayer

__all__ = ["CodeMatch", "product_by_code", "product_codes", "unit_costs", "valuation_methods", "with_stock"]


class CodeMatch(NamedTuple):
    """What a code stands for: `factor` base units of a product (1 unless it is the barcode of a pack)."""

    product_id: int
    factor: int


# What was merged into another product means that one. A pack's barcode and a product's never collide by meaning: the product's
# own wins, then the smallest pack
_CODES = """
SELECT c.code, p.id, 1, 0 FROM unnest(%s::text[]) AS c(code)
  JOIN inventory_product s ON lower(s.sku) = lower(c.code)
  JOIN inventory_product p ON p.id = coalesce(s.merged_into_id, s.id)
 UNION ALL
SELECT c.code, p.id, 1, 1 FROM unnest(%s::text[], %s::text[]) AS c(code, gtin)
  JOIN inventory_product s ON s.gtin = c.gtin
  JOIN inventory_product p ON p.id = coalesce(s.merged_into_id, s.id)
 UNION ALL
SELECT c.code, u.product_id, u.factor, 2 FROM unnest(%s::text[], %s::text[]) AS c(code, gtin)
  JOIN inventory_productunit u ON u.gtin = c.gtin
 ORDER BY 4 DESC, 3 DESC, 2 DESC
"""


def product_codes(codes: Iterable[str]) -> dict[str, CodeMatch]:
    """This function will find the product of each code in one query: SKU ignoring case, GTIN, or GTIN of a pack.

    A GTIN matches with or without leading zeros. Unknown codes are missing from the result.
    """
    wanted = sorted({code for code in codes if code})
    if not wanted:
        return {}
    gtins = [(code, form) for code in wanted for form in _gtin_forms(code)]
    given, forms = array([code for code, _ in gtins], "text"), array([form for _, form in gtins], "text")
    rows = query(_CODES, [array(wanted, "text"), given, forms, given, forms])
    return {code: CodeMatch(product, factor) for code, product, factor, _ in rows}


def product_by_code(code: str) -> CodeMatch | None:
    """This function will find the one product that a typed or scanned code stands for (see `product_codes`)."""
    return product_codes([code.strip()]).get(code.strip())


def _gtin_forms(code: str) -> list[str]:
    if not (code.isascii() and code.isdigit() and 8 <= len(code) <= 14):
        return []
    bare = code.lstrip("0")
    return sorted({code, *(bare.zfill(length) for length in (8, 12, 13, 14) if len(bare) <= length)})


_LATEST = """
SELECT DISTINCT ON (product_id) product_id,
       CASE WHEN method = 'AVERAGE' AND quantity_left > 0 THEN value_left / quantity_left
            ELSE value_in / quantity_in END
  FROM ledger_costlayer WHERE product_id = ANY(%s::bigint[]) {open} ORDER BY product_id, id DESC
"""


def unit_costs(product_ids: Iterable[int]) -> dict[int, Decimal]:
    """This function will return the latest known cost per base unit of each product that has one.

    In base currency, not rounded: the newest open layer's, or the pool's average; a product that is sold out answers
    with its last layer's.
    """
    wanted = sorted(set(product_ids))
    found = _latest(wanted, "AND is_open")
    return found | _latest([product for product in wanted if product not in found], "")


def _latest(product_ids: list[int], condition: str) -> dict[int, Decimal]:
    if not product_ids:
        return {}
    rows = query(_LATEST.format(open=condition), [array(product_ids, "bigint")])
    return {row[0]: row[1] for row in rows}


def valuation_methods(product_ids: Iterable[int]) -> dict[int, str]:
    """This function will return the valuation method of each product's category."""
    rows = Product.objects.filter(pk__in=set(product_ids)).values_list("pk", "category__valuation_method")
    return dict(rows)


def _level_sum(condition: Q) -> Coalesce:
    levels = StockLevel.objects.filter(condition, product=OuterRef("pk")).order_by().values("product")
    total = levels.annotate(total=Sum("quantity")).values("total")
    return Coalesce(Subquery(total, output_field=BigIntegerField()), Value(0))


# nodes × components, so only for kits; buffers are the promise's business, not the list's
_KITS_AVAILABLE = """
(SELECT coalesce(sum(k.kits), 0)::bigint FROM (
  SELECT min(coalesce(l.quantity, 0) / c.quantity) AS kits FROM inventory_kitcomponent c
   CROSS JOIN inventory_node n LEFT JOIN inventory_stocklevel l
     ON l.product_id = c.component_id AND l.node_id = n.id AND l.status = 'AVAILABLE'
  WHERE c.kit_id = "inventory_product"."id" AND n.is_active GROUP BY n.id) k)
"""


def with_stock(products: QuerySet[Product]) -> QuerySet[Any]:
    """This function will add on_hand, available, allocated, in_transit (units) and stock_value (base currency).

    What is available of a kit is what its components make, node by node.
    """
    layers = CostLayer.objects.filter(product_id=OuterRef("pk"), is_open=True).order_by().values("product_id")
    value = layers.annotate(total=Sum("value_left")).values("total")
    return products.annotate(
        on_hand=_level_sum(Q(status__in=ON_HAND)),
        available=Case(
            When(is_kit=True, then=RawSQL(_KITS_AVAILABLE, [], output_field=BigIntegerField())),
            default=_level_sum(Q(status=StockStatus.AVAILABLE)),
            output_field=BigIntegerField(),
        ),
        allocated=_level_sum(Q(status__in=[StockStatus.ALLOCATED, StockStatus.PICKED, StockStatus.RESERVED])),
        in_transit=_level_sum(Q(status=StockStatus.IN_TRANSIT)),
        stock_value=Coalesce(
            Subquery(value, output_field=DecimalField(max_digits=19, decimal_places=4)),
            Value(Decimal(0), output_field=DecimalField(max_digits=19, decimal_places=4)),
        ),
    )
