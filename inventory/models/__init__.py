"""Which rows does the stock side keep?"""

from inventory.models.kit import KitComponent
from inventory.models.merge import ProductDistinct, ProductMerge
from inventory.models.node import Location, Node
from inventory.models.product import Category, Lot, Product, ProductUnit, UnitOfMeasure
from inventory.models.product_pair import ProductPair
from inventory.models.restriction import ProductRestriction
from inventory.models.stock import BinStock, StockBuffer, StockEvent, StockLevel, StockMove, StockSnapshot
from inventory.models.supply import ExpectedSupply, StockPool
from inventory.models.transfer import Adjustment, AdjustmentLine, Transfer, TransferLine

__all__ = [
    "Adjustment",
    "AdjustmentLine",
    "BinStock",
    "Category",
    "ExpectedSupply",
    "KitComponent",
    "Location",
    "Lot",
    "Node",
    "Product",
    "ProductDistinct",
    "ProductMerge",
    "ProductPair",
    "ProductRestriction",
    "ProductUnit",
    "StockBuffer",
    "StockEvent",
    "StockLevel",
    "StockMove",
    "StockPool",
    "StockSnapshot",
    "Transfer",
    "TransferLine",
    "UnitOfMeasure",
]
