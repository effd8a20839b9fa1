"""Which address shows which page of the stock side?"""

from __future__ import annotations

from django.urls import path

from inventory.views import adjustment, journal, place, product, restriction, transfer

app_name = "inventory"
urlpatterns = [
    path("products/", product.ProductList.as_view(), name="product_list"),
    path("products/new/", product.ProductCreate.as_view(), name="product_create"),
    path("products/<int:pk>/", product.ProductRecord.as_view(), name="product_detail"),
    path("products/<int:pk>/edit/", product.ProductEdit.as_view(), name="product_edit"),
    path("products/<int:pk>/restrictions/", restriction.ProductRestrict.as_view(), name="product_restrict"),
    path("products/<int:pk>/pack/", product.PackCreate.as_view(), name="product_unit_create"),
    path("products/<int:pk>/deactivate/", product.product_deactivate_view, name="product_deactivate"),
    path("products/<int:pk>/as-of/", product.product_as_of, name="product_as_of"),
    path("products/<int:pk>/moves/", product.product_moves, name="product_moves"),
    path("products/<int:pk>/condition/", product.StatusChange.as_view(), name="stock_status_change"),
    path("levels/", journal.StockLevelList.as_view(), name="stock_level_list"),
    path("bins/", journal.BinStockList.as_view(), name="bin_stock_list"),
    path("journal/", journal.StockEventList.as_view(), name="stock_event_list"),
    path("journal/<int:pk>/", journal.StockEventRecord.as_view(), name="stock_event_detail"),
    path("transfers/", transfer.TransferList.as_view(), name="transfer_list"),
    path("transfers/new/", transfer.TransferCreate.as_view(), name="transfer_create"),
    path("transfers/<int:pk>/", transfer.TransferRecord.as_view(), name="transfer_detail"),
    path("transfers/<int:pk>/ship/", transfer.transfer_ship_view, name="transfer_ship"),
    path("transfers/<int:pk>/receive/", transfer.TransferReceive.as_view(), name="transfer_receive"),
    path("transfers/<int:pk>/write-off/", transfer.transfer_write_off_view, name="transfer_write_off"),
    path("transfers/<int:pk>/cancel/", transfer.transfer_cancel_view, name="transfer_cancel"),
    path("adjustments/", adjustment.AdjustmentList.as_view(), name="adjustment_list"),
    path("adjustments/new/", adjustment.AdjustmentCreate.as_view(), name="adjustment_create"),
    path("adjustments/<int:pk>/", adjustment.AdjustmentRecord.as_view(), name="adjustment_detail"),
    path("adjustments/<int:pk>/submit/", adjustment.adjustment_submit_view, name="adjustment_submit"),
    path("adjustments/<int:pk>/reject/", adjustment.adjustment_reject_view, name="adjustment_reject"),
    path("categories/", place.CategoryList.as_view(), name="category_list"),
    path("categories/new/", place.CategoryCreate.as_view(), name="category_create"),
    path("categories/<int:pk>/", place.CategoryRecord.as_view(), name="category_detail"),
    path("categories/<int:pk>/edit/", place.CategoryEdit.as_view(), name="category_edit"),
    path("nodes/", place.NodeList.as_view(), name="node_list"),
    path("nodes/new/", place.NodeCreate.as_view(), name="node_create"),
    path("nodes/<int:pk>/", place.NodeRecord.as_view(), name="node_detail"),
    path("nodes/<int:pk>/edit/", place.NodeEdit.as_view(), name="node_edit"),
    path("nodes/<int:pk>/places/new/", place.LocationsCreate.as_view(), name="location_create"),
    path("places/<int:pk>/", place.LocationRecord.as_view(), name="location_detail"),
    path("places/<int:pk>/edit/", place.LocationEdit.as_view(), name="location_edit"),
    path("lots/", place.LotList.as_view(), name="lot_list"),
    path("lots/new/", place.LotCreate.as_view(), name="lot_create"),
    path("lots/<int:pk>/", place.LotRecord.as_view(), name="lot_detail"),
    path("buffers/", place.BufferList.as_view(), name="buffer_list"),
    path("buffers/new/", place.BufferCreate.as_view(), name="buffer_create"),
    path("buffers/<int:pk>/remove/", place.buffer_remove_view, name="buffer_remove"),
]
