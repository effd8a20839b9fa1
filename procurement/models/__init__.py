"""Which rows does purchasing keep?"""

from procurement.models.purchase_order import PurchaseOrder, PurchaseOrderLine
from procurement.models.receipt import GoodsReceipt, GoodsReceiptLine
from procurement.models.replenishment import ReplenishmentDecision, ReplenishmentRule
from procurement.models.supplier import Supplier, SupplierProduct
from procurement.models.supplier_invoice import SupplierInvoice, SupplierInvoiceLine

__all__ = [
    "GoodsReceipt",
    "GoodsReceiptLine",
    "PurchaseOrder",
    "PurchaseOrderLine",
    "ReplenishmentDecision",
    "ReplenishmentRule",
    "Supplier",
    "SupplierInvoice",
    "SupplierInvoiceLine",
    "SupplierProduct",
]
