"""Which addresses does the order side have?"""

from __future__ import annotations

from django.urls import path

from orders.views import intake, kit, master, order, policy, product, promise, reservation

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
    path("kits/<int:pk>/cancel/", kit.KitCancel.as_view(), name="order_kit_cancel"),
    path("of-kit/<int:pk>/", kit.product_kit_orders_panel, name="product_kit_orders_panel"),
    path("of-product/<int:pk>/", product.product_orders_panel, name="product_orders_panel"),
    # reservations
    path("reservations/", reservation.ReservationList.as_view(), name="reservation_list"),
    path("reservations/<int:pk>/", reservation.ReservationRecord.as_view(), name="reservation_detail"),
    path("reservations/<int:pk>/release/", reservation.reservation_release_view, name="reservation_release"),
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
    path("promises/", promise.promises_at_risk_view, name="promises_at_risk"),
    path(
        "promises/<str:document_type>/<int:document_id>/",
        promise.promise_document_view,
        name="promise_document",
    ),
    path("policies/", policy.AllocationPolicyList.as_view(), name="allocation_policy_list"),
    path("policies/new/", policy.PolicyForm.as_view(), name="allocation_policy_create"),
    path("policies/<int:pk>/", policy.AllocationPolicyRecord.as_view(), name="allocation_policy_detail"),
    path("policies/<int:pk>/edit/", policy.PolicyForm.as_view(), name="allocation_policy_edit"),
    path("policies/<int:pk>/submit/", policy.policy_submit_view, name="allocation_policy_submit"),
    path("policies/<int:pk>/retire/", policy.policy_retire_view, name="allocation_policy_retire"),
]
