"""Which addresses does fulfilment have?"""

from __future__ import annotations

from django.urls import path

from fulfillment.views import board, floor, fulfillment, pick_list, shipment

app_name = "fulfillment"
urlpatterns = [
    path("", fulfillment.FulfillmentList.as_view(), name="fulfillment_order_list"),
    path("board/", board.ReleaseBoard.as_view(), name="release_board"),
    path("<int:pk>/", fulfillment.FulfillmentRecord.as_view(), name="fulfillment_order_detail"),
    path("<int:pk>/pick/", fulfillment.fulfillment_pick_view, name="fulfillment_order_pick"),
    path("<int:pk>/pack/", fulfillment.fulfillment_pack_view, name="fulfillment_order_pack"),
    path("<int:pk>/ship/", fulfillment.fulfillment_ship_view, name="fulfillment_order_ship"),
    path("<int:pk>/deliver/", fulfillment.fulfillment_deliver_view, name="fulfillment_order_deliver"),
    path("<int:pk>/cancel/", fulfillment.fulfillment_cancel_view, name="fulfillment_order_cancel"),
    path("of-order/<int:pk>/", fulfillment.order_fulfillments_panel, name="order_fulfillments_panel"),
    # pick lists and the floor
    path("pick-lists/", pick_list.PickListList.as_view(), name="pick_list_list"),
    path("pick-lists/<int:pk>/", pick_list.PickListRecord.as_view(), name="pick_list_detail"),
    path("floor/", floor.floor_home, name="floor_home"),
    path("floor/pick/<int:pk>/", floor.floor_pick, name="floor_pick"),
    path("floor/pick/<int:pk>/scan/", floor.floor_scan, name="floor_scan"),
    path("floor/pick/<int:pk>/short/", floor.floor_short, name="floor_short"),
    # bench and carrier
    path("packing/", fulfillment.PackList.as_view(), name="pack_list"),
    path("packing/ship/", board.ShipConfirm.as_view(), name="ship_confirm"),
    path("shipments/", shipment.ShipmentList.as_view(), name="shipment_list"),
    path("shipments/<int:pk>/", shipment.ShipmentRecord.as_view(), name="shipment_detail"),
    path("shipments/<int:pk>/slip/", shipment.shipment_slip, name="shipment_slip"),
]
