"""What may be sent instead of a product?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from erp.core.sql import array, query
from orders.selectors.quote import sellable_units


class Substitute(NamedTuple):
    """`per_substitute` units of the substitute replace `per_product` units of the product."""

    rule_id: int
    product_id: int
    substitute_id: int
    sku: str
    per_product: int
    per_substitute: int
    needs_agreement: bool
    price_rule: str
    priority: int

    def units_for(self, quantity: int) -> int | None:
        """This function will return the units that replace `quantity` units, or None when the ratio leaves a rest."""
        units, rest = divmod(quantity * self.per_substitute, self.per_product)
        return None if rest else units


_RULES = """
SELECT r.id, r.asked, r.instead, p.sku, r.per_asked, r.per_instead, r.needs_agreement, r.price_rule, r.priority FROM (
    SELECT id, product_id AS asked, substitute_id AS instead, quantity_product AS per_asked,
           quantity_substitute AS per_instead, needs_agreement, price_rule, priority, is_active, valid_from, valid_to
      FROM orders_substitution WHERE product_id = ANY(%s::bigint[])
    UNION ALL
    SELECT id, substitute_id, product_id, quantity_substitute, quantity_product, needs_agreement, price_rule, priority,
           is_active, valid_from, valid_to
      FROM orders_substitution WHERE is_both_ways AND substitute_id = ANY(%s::bigint[])) r
  JOIN inventory_product p ON p.id = r.instead AND p.is_active
 WHERE r.is_active AND coalesce(r.valid_from <= %s, true) AND coalesce(r.valid_to >= %s, true)
 ORDER BY r.asked, r.priority DESC, r.id
"""


def substitutes_for(product_ids: Iterable[int], at: date) -> dict[int, list[Substitute]]:
    """This function will return the rules in force on a day per product, the preferred one first, in one query."""
    ids = array(sorted(set(product_ids)), "bigint")
    found: dict[int, list[Substitute]] = {}
    for row in query(_RULES, [ids, ids, at, at]):
        rule = Substitute(*row)
        found.setdefault(rule.product_id, []).append(rule)
    return found


def substitute_units(rules: Mapping[int, Sequence[Substitute]]) -> dict[int, int]:
    """This function will return the units of the rules' substitutes at nodes that ship."""
    ids = {rule.substitute_id for own in rules.values() for rule in own}
    return sellable_units(ids) if ids else {}


def offered(rules: Sequence[Substitute], units: int, there: dict[int, int]) -> Substitute | None:
    """This function will return the preferred rule that needs nobody's word and whose product is there in full, or None.

    What it takes is taken off `there`.
    """
    for rule in rules:
        wanted = rule.units_for(units)
        if wanted and not rule.needs_agreement and there.get(rule.substitute_id, 0) >= wanted:
            there[rule.substitute_id] -= wanted
            return rule
    return None
