"""Which addresses does the order side have?"""

from __future__ import annotations

from django.urls import path

from orders.views import change, entry, intake, master, order, product, substitution

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
    path("<int:pk>/edit/", change.OrderEdit.as_view(), name="order_edit"),
    path("<int:pk>/edit/preview/", change.order_edit_preview_view, name="order_edit_preview"),
    path("<int:pk>/address/", change.OrderAddress.as_view(), name="order_address"),
    path("<int:pk>/cancel-units/", change.OrderCancelLines.as_view(), name="order_cancel_lines"),
    path("<int:pk>/cancel-units/preview/", change.order_cancel_preview_view, name="order_cancel_preview"),
    path("<int:pk>/merge/", change.order_merge_view, name="order_merge"),
    path("<int:pk>/withdraw-override/", change.order_withdraw_override, name="order_withdraw_override"),
    path("<int:pk>/pay-back/", change.order_pay_back_view, name="order_pay_back"),
    path("lines/<int:pk>/substitute/", change.LineSubstitute.as_view(), name="order_line_substitute"),
    # manual entry, while typing
    path("new/quote/", entry.order_quote, name="order_quote"),
    path("new/rows/", entry.order_rows, name="order_rows"),
    path("new/products/", entry.product_suggest, name="product_suggest"),
    path("new/customers/", entry.customer_suggest, name="customer_suggest"),
    path("of-product/<int:pk>/", product.product_orders_panel, name="product_orders_panel"),
    # holds
    path("holds/", master.HoldList.as_view(), name="hold_list"),
    # master data
    path("customers/", master.CustomerList.as_view(), name="customer_list"),
    path("customers/new/", master.CustomerForm_.as_view(), name="customer_create"),
    path("customers/<int:pk>/", master.CustomerRecord.as_view(), name="customer_detail"),
    path("customers/<int:pk>/edit/", master.CustomerForm_.as_view(), name="customer_edit"),
    path("channels/", master.ChannelList.as_view(), name="channel_list"),
    path("channels/<int:pk>/", master.ChannelRecord.as_view(), name="channel_detail"),
    path("listings/", master.ListingList.as_view(), name="listing_list"),
    path("substitutions/", substitution.SubstitutionList.as_view(), name="substitution_list"),
    path("substitutions/new/", substitution.SubstitutionEdit.as_view(), name="substitution_create"),
    path("substitutions/import/", substitution.SubstitutionImport.as_view(), name="substitution_import"),
    path("substitutions/<int:pk>/", substitution.SubstitutionRecord.as_view(), name="substitution_detail"),
    path("substitutions/<int:pk>/edit/", substitution.SubstitutionEdit.as_view(), name="substitution_edit"),
    path("price-limits/", substitution.PriceLimitList.as_view(), name="price_limit_list"),
    path("price-limits/new/", substitution.PriceLimitEdit.as_view(), name="price_limit_create"),
    path("price-limits/<int:pk>/", substitution.PriceLimitRecord.as_view(), name="price_limit_detail"),
    path("price-limits/<int:pk>/edit/", substitution.PriceLimitEdit.as_view(), name="price_limit_edit"),
    path("policies/", master.AllocationPolicyList.as_view(), name="allocation_policy_list"),
    path("policies/<int:pk>/", master.AllocationPolicyRecord.as_view(), name="allocation_policy_detail"),
]
