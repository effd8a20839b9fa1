"""Who does it? The only writers of purchasing."""

from procurement.services.purchase_order import (
    PurchaseDraft,
    PurchaseLine,
    purchase_order_approve,
    purchase_order_create,
    purchase_order_create_many,
    purchase_order_edit,
    purchase_order_reject,
    purchase_order_submit,
    purchase_order_submit_many,
)
from procurement.services.purchase_order_redate import purchase_order_redate
from procurement.services.purchase_order_send import (
    purchase_order_cancel,
    purchase_order_close,
    purchase_order_flag_late,
    purchase_order_send,
    purchase_order_send_many,
)
from procurement.services.receipt import (
    OverReceipt,
    ReceiptDraft,
    ReceivedLine,
    goods_receive,
    goods_receive_many,
)
from procurement.services.replenishment import (
    ReplenishmentRun,
    replenishment_accept,
    replenishment_run,
    replenishment_run_daily,
)
from procurement.services.supplier import supplier_product_save, supplier_save
from procurement.services.supplier_invoice import (
    BilledLine,
    InvoiceDraft,
    supplier_invoice_approve_variance,
    supplier_invoice_pay,
    supplier_invoice_pay_many,
    supplier_invoice_record,
    supplier_invoice_record_many,
)
from procurement.services.supplier_invoice_match import supplier_invoice_match, supplier_invoice_match_many
from procurement.services.supplier_terms import TermsDraft, supplier_product_create_many

__all__ = [
    "BilledLine",
    "InvoiceDraft",
    "OverReceipt",
    "PurchaseDraft",
    "PurchaseLine",
    "ReceiptDraft",
    "ReceivedLine",
    "ReplenishmentRun",
    "TermsDraft",
    "goods_receive",
    "goods_receive_many",
    "purchase_order_approve",
    "purchase_order_cancel",
    "purchase_order_close",
    "purchase_order_create",
    "purchase_order_create_many",
    "purchase_order_edit",
    "purchase_order_flag_late",
    "purchase_order_redate",
    "purchase_order_reject",
    "purchase_order_send",
    "purchase_order_send_many",
    "purchase_order_submit",
    "purchase_order_submit_many",
    "replenishment_accept",
    "replenishment_run",
    "replenishment_run_daily",
    "supplier_invoice_approve_variance",
    "supplier_invoice_match",
    "supplier_invoice_match_many",
    "supplier_invoice_pay",
    "supplier_invoice_pay_many",
    "supplier_invoice_record",
    "supplier_invoice_record_many",
    "supplier_product_create_many",
    "supplier_product_save",
    "supplier_save",
]
