"""Which page shows it?"""

from __future__ import annotations

from django.urls import path

from reporting.views import dashboard, metric, proof, reports, rows, tower

app_name = "reporting"
urlpatterns = [
    path("", dashboard.dashboard, name="dashboard"),
    path("tower/", tower.tower, name="tower"),
    path("metrics/", metric.metric_list, name="metric_list"),
    path("sales/", reports.DailySalesList.as_view(), name="daily_sales_list"),
    path("service/", reports.DailyServiceList.as_view(), name="daily_service_list"),
    path("products/", reports.ProductSalesList.as_view(), name="product_sales_list"),
    path("stock-value/", reports.StockValueList.as_view(), name="stock_value_list"),
    path("stock-value/periods/", reports.PeriodStockList.as_view(), name="period_stock_list"),
    # the rows behind a figure
    path("rows/orders/", rows.OrderRows.as_view(), name="order_rows"),
    path("rows/backorders/", rows.BackorderRows.as_view(), name="backorder_rows"),
    path("rows/journal/", rows.JournalRows.as_view(), name="journal_rows"),
    path("rows/layers/", rows.LayerRows.as_view(), name="layer_rows"),
    path("rows/node-stock/", rows.NodeStockRows.as_view(), name="node_stock_rows"),
    path("rows/receipts/", rows.ReceiptRows.as_view(), name="receipt_rows"),
    path("rows/pick-lists/", rows.PickListRows.as_view(), name="pick_list_rows"),
    path("rows/shipments/", rows.ShipmentRows.as_view(), name="shipment_rows"),
    path("rows/tower/", tower.TowerRows.as_view(), name="tower_rows"),
    path("proof/", proof.VerifyRunList.as_view(), name="verify_run_list"),
    path("proof/<int:pk>/", proof.VerifyRunRecord.as_view(), name="verify_run_detail"),
    path("proof/start/", proof.verify_start, name="verify_start"),
]
