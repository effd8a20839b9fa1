"""What does the stock side know? Reads that are not trivial; never a write."""

from inventory.selectors.as_of import Level, stock_as_of
from inventory.selectors.atp import Atp, Expected, atp_query
from inventory.selectors.bins import BinCandidate, bin_candidates, binned_node_ids, locations_in
from inventory.selectors.journal import JournalHead, journal_head, products_moved
from inventory.selectors.kit import KitAtp, KitPart, kit_atp, kit_parts
from inventory.selectors.moves import MovePage, MoveRow, stock_moves
from inventory.selectors.product import (
    CodeMatch,
    product_by_code,
    product_codes,
    unit_costs,
    valuation_methods,
    with_stock,
)
from inventory.selectors.stock_card import NodeLevels, StockCard, stock_card

__all__ = [
    "Atp",
    "BinCandidate",
    "CodeMatch",
    "Expected",
    "JournalHead",
    "KitAtp",
    "KitPart",
    "Level",
    "MovePage",
    "MoveRow",
    "NodeLevels",
    "StockCard",
    "atp_query",
    "bin_candidates",
    "binned_node_ids",
    "journal_head",
    "kit_atp",
    "kit_parts",
    "locations_in",
    "product_by_code",
    "product_codes",
    "products_moved",
    "stock_as_of",
    "stock_card",
    "stock_moves",
    "unit_costs",
    "valuation_methods",
    "with_stock",
]
