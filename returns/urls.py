"""Which address shows which page of returns?"""

from __future__ import annotations

from django.urls import path

from returns.views import inspection, refund, rma

app_name = "returns"
urlpatterns = [
    path("", rma.RmaList.as_view(), name="rma_list"),
    path("new/", rma.RmaStart.as_view(), name="rma_create"),
    path("new/<int:pk>/", rma.RmaCreate.as_view(), name="rma_create_for_order"),
    path("<int:pk>/", rma.RmaRecord.as_view(), name="rma_detail"),
    path("<int:pk>/receive/", rma.RmaReceive.as_view(), name="rma_receive"),
    path("<int:pk>/cancel/", rma.rma_cancel_view, name="rma_cancel"),
    path("<int:pk>/close/", rma.rma_close_view, name="rma_close"),
    path("<int:pk>/refund/", refund.RefundRequest.as_view(), name="refund_request"),
    path("of-order/<int:pk>/", rma.OrderReturnsPanel.as_view(), name="order_returns_panel"),
    path("inspect/", inspection.InspectionList.as_view(), name="inspection_list"),
    path("inspect/<int:pk>/", inspection.InspectionPage.as_view(), name="rma_inspect"),
    path("inspect/<int:pk>/dispose/", inspection.rma_dispose_view, name="rma_dispose"),
    path("refunds/", refund.RefundList.as_view(), name="refund_list"),
    path("refunds/<int:pk>/", refund.RefundRecord.as_view(), name="refund_detail"),
    path("refunds/<int:pk>/approve/", refund.refund_approve_view, name="refund_approve"),
    path("refunds/<int:pk>/reject/", refund.refund_reject_view, name="refund_reject"),
    path("refunds/<int:pk>/pay/", refund.refund_pay_view, name="refund_pay"),
]
