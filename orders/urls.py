"""Which addresses does the order side have?"""

from __future__ import annotations

from django.urls import path

from orders.views import customer, hold, intake, master, order, price_list, product

app_name = "orders"
urlpatterns = [
    # orders
    path("", order.OrderList.as_view(), name="order_list"),
    path("new/", intake.OrderCreate.as_view(), name="order_create"),
    path("import/", intake.order_import_view, name="order_import"),
    path("import/template/", intake.order_import_template, name="order_import_template"),
    path("backorders/", order.BackorderList.as_view(), name="backorder_list"),
    path("<int:pk>/", order.OrderRecord.as_view(), name="order_detail"),
    path("<int:pk>/allocate/", order.order_allocate_view, name="order_allocate"),
    path("<int:pk>/unallocate/", order.order_unallocate_view, name="order_unallocate"),
    path("<int:pk>/cancel/", order.order_cancel_view, name="order_cancel"),
    path("<int:pk>/hold/", order.order_hold_view, name="order_hold"),
    path("<int:pk>/release-holds/", order.order_release_holds_view, name="order_release_holds"),
    path("of-product/<int:pk>/", product.product_orders_panel, name="product_orders_panel"),
    # holds
    path("holds/", hold.HoldList.as_view(), name="hold_list"),
    path("holds/<int:pk>/", hold.HoldRecord.as_view(), name="hold_detail"),
    path("holds/<int:pk>/release/", hold.hold_release_view, name="hold_release"),
    path("holds/<int:pk>/reject/", hold.hold_reject_view, name="hold_reject"),
    path("holds/<int:pk>/reassign/", hold.hold_reassign_view, name="hold_reassign"),
    path("holds/<int:pk>/extend/", hold.hold_extend_view, name="hold_extend"),
    path("holds/<int:pk>/check/", hold.hold_check_view, name="hold_check"),
    path("<int:pk>/address/", hold.OrderAddress.as_view(), name="order_address"),
    # prices
    path("price-lists/", price_list.PriceListList.as_view(), name="price_list_list"),
    path("price-lists/new/", price_list.PriceListCreate.as_view(), name="price_list_create"),
    path("price-lists/<int:pk>/", price_list.PriceListRecord.as_view(), name="price_list_detail"),
    path("price-lists/<int:pk>/edit/", price_list.PriceListCreate.as_view(), name="price_list_edit"),
    path("price-lists/<int:pk>/assign/", price_list.PriceListAssign.as_view(), name="price_list_assign"),
    path("price-lists/<int:pk>/import/", price_list.price_list_import_view, name="price_list_import"),
    path("price-lists/<int:pk>/export/", price_list.price_list_export, name="price_list_export"),
    path(
        "price-lists/<int:pk>/prices/new/", price_list.PriceEntryCreate.as_view(), name="price_entry_create"
    ),
    path(
        "price-lists/assignments/<int:pk>/end/",
        price_list.price_list_unassign_view,
        name="price_list_unassign",
    ),
    path("prices/", price_list.PriceEntryList.as_view(), name="price_entry_list"),
    path("prices/<int:pk>/remove/", price_list.price_entry_delete_view, name="price_entry_delete"),
    path("contract-prices/", price_list.ContractPriceList.as_view(), name="contract_price_list"),
    path("contract-prices/new/", price_list.ContractPriceCreate.as_view(), name="contract_price_create"),
    # master data
    path("customers/", customer.CustomerList.as_view(), name="customer_list"),
    path("customers/new/", customer.CustomerForm_.as_view(), name="customer_create"),
    path("customers/<int:pk>/", customer.CustomerRecord.as_view(), name="customer_detail"),
    path("customers/<int:pk>/edit/", customer.CustomerForm_.as_view(), name="customer_edit"),
    path("customers/<int:pk>/credit/", customer.CustomerCredit.as_view(), name="customer_credit"),
    path(
        "customers/<int:pk>/credit/change/",
        customer.CustomerCreditChange.as_view(),
        name="customer_credit_change",
    ),
    path("channels/", master.ChannelList.as_view(), name="channel_list"),
    path("channels/<int:pk>/", master.ChannelRecord.as_view(), name="channel_detail"),
    path("listings/", master.ListingList.as_view(), name="listing_list"),
    path("policies/", master.AllocationPolicyList.as_view(), name="allocation_policy_list"),
    path("policies/<int:pk>/", master.AllocationPolicyRecord.as_view(), name="allocation_policy_detail"),
]
