"""Which addresses does the order side have?"""

from __future__ import annotations

from django.urls import path

from orders.views import intake, master, notice, order, product, subscription, wording

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
    path("<int:pk>/write/", notice.OrderWrite.as_view(), name="order_write"),
    path("<int:pk>/write/preview/", notice.order_write_preview, name="order_write_preview"),
    # subscriptions
    path("subscriptions/", subscription.SubscriptionList.as_view(), name="subscription_list"),
    path("subscriptions/new/", subscription.SubscriptionForm_.as_view(), name="subscription_create"),
    path("subscriptions/<int:pk>/", subscription.SubscriptionRecord.as_view(), name="subscription_detail"),
    path("subscriptions/<int:pk>/edit/", subscription.SubscriptionForm_.as_view(), name="subscription_edit"),
    path("subscriptions/<int:pk>/retry/", subscription.subscription_retry_view, name="subscription_retry"),
    path("subscriptions/<int:pk>/<str:verb>/", subscription.subscription_act_view, name="subscription_act"),
    # messages to customers
    path("messages/<int:pk>/", notice.NoticeRecord.as_view(), name="notice_detail"),
    path("messages/<int:pk>/preview/", notice.notice_preview, name="notice_preview"),
    path("messages/<int:pk>/resend/", notice.notice_resend_view, name="notice_resend"),
    path("wording/", wording.MessageTemplateList.as_view(), name="message_template_list"),
    path("wording/<int:pk>/", wording.MessageTemplateRecord.as_view(), name="message_template_detail"),
    path("wording/<int:pk>/preview/", wording.version_preview, name="message_template_preview"),
    path("wording/<int:pk>/retire/", wording.retire_view, name="message_template_retire"),
    path("wording/<str:kind>/<str:language>/", wording.WordingForm.as_view(), name="wording_edit"),
    path("wording/<str:kind>/<str:language>/preview/", wording.draft_preview, name="wording_preview"),
    path("wording/<str:kind>/<str:language>/test/", wording.draft_test, name="wording_test"),
    path("channels/<int:pk>/mail/", wording.ChannelMailForm_.as_view(), name="channel_mail"),
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
    path("policies/", master.AllocationPolicyList.as_view(), name="allocation_policy_list"),
    path("policies/<int:pk>/", master.AllocationPolicyRecord.as_view(), name="allocation_policy_detail"),
]
