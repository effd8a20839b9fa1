"""Which address shows which page of purchasing?"""

from __future__ import annotations

from django.urls import path

from procurement.views import (
    drop_ship,
    product,
    product_merge,
    purchase_order,
    receipt,
    replenishment,
    supplier,
    supplier_invoice,
)

app_name = "procurement"
urlpatterns = [
    path("orders/", purchase_order.PurchaseOrderList.as_view(), name="purchase_order_list"),
    path("orders/new/", purchase_order.PurchaseOrderCreate.as_view(), name="purchase_order_create"),
    path("orders/<int:pk>/", purchase_order.PurchaseOrderRecord.as_view(), name="purchase_order_detail"),
    path("orders/<int:pk>/edit/", purchase_order.PurchaseOrderEdit.as_view(), name="purchase_order_edit"),
    path("orders/<int:pk>/submit/", purchase_order.purchase_order_submit_view, name="purchase_order_submit"),
    path("orders/<int:pk>/approve/", purchase_order.purchase_order_approve_view, name="purchase_order_approve"),
    path("orders/<int:pk>/reject/", purchase_order.purchase_order_reject_view, name="purchase_order_reject"),
    path("orders/<int:pk>/send/", purchase_order.purchase_order_send_view, name="purchase_order_send"),
    path("orders/<int:pk>/cancel/", purchase_order.purchase_order_cancel_view, name="purchase_order_cancel"),
    path("orders/<int:pk>/close/", purchase_order.purchase_order_close_view, name="purchase_order_close"),
    path("orders/<int:pk>/receive/", receipt.GoodsReceive.as_view(), name="goods_receive"),
    path("orders/<int:pk>/shipped/", drop_ship.DropShipNotice.as_view(), name="drop_ship_notice"),
    path("orders/<int:pk>/bill/", supplier_invoice.SupplierInvoiceCreate.as_view(), name="supplier_invoice_create"),
    path("orders/of-product/<int:pk>/", product.product_supply_panel, name="product_supply_panel"),
    path("products/<int:pk>/merge/", product_merge.ProductMergeForm.as_view(), name="product_merge"),
    path("products/<int:pk>/merge/preview/", product_merge.product_merge_preview_view, name="product_merge_preview"),
    path("receipts/", receipt.GoodsReceiptList.as_view(), name="goods_receipt_list"),
    path("receipts/<int:pk>/", receipt.GoodsReceiptRecord.as_view(), name="goods_receipt_detail"),
    path("received-not-invoiced/", receipt.GrniAgeing.as_view(), name="grni_ageing"),
    path("replenishment/", replenishment.ReplenishmentList.as_view(), name="replenishment_list"),
    path("replenishment/run/", replenishment.replenishment_run_view, name="replenishment_run"),
    path("replenishment/<int:pk>/", replenishment.ReplenishmentDecisionRecord.as_view(), name="replenishment_decision_detail"),
    path("replenishment/<int:pk>/accept/", replenishment.replenishment_accept_view, name="replenishment_accept"),
    path("invoices/", supplier_invoice.SupplierInvoiceList.as_view(), name="supplier_invoice_list"),
    path("invoices/<int:pk>/", supplier_invoice.SupplierInvoiceRecord.as_view(), name="supplier_invoice_detail"),
    path("invoices/<int:pk>/match/", supplier_invoice.supplier_invoice_match_view, name="supplier_invoice_match"),
    path("invoices/<int:pk>/approve-difference/", supplier_invoice.supplier_invoice_approve_variance_view,
         name="supplier_invoice_approve_variance"),
    path("invoices/<int:pk>/pay/", supplier_invoice.supplier_invoice_pay_view, name="supplier_invoice_pay"),
    path("suppliers/", supplier.SupplierList.as_view(), name="supplier_list"),
    path("suppliers/new/", supplier.SupplierCreate.as_view(), name="supplier_create"),
    path("suppliers/<int:pk>/", supplier.SupplierRecord.as_view(), name="supplier_detail"),
    path("suppliers/<int:pk>/edit/", supplier.SupplierEdit.as_view(), name="supplier_edit"),
    path("suppliers/<int:pk>/terms/", supplier.SupplierProductSave.as_view(), name="supplier_product_save"),
]  # fmt: skip
