"""What does a notification of Amazon's say: that an order changed, or something else that is noted?

Amazon sends none to an address of ours by itself. They come out of its event bus (EventBridge: the notification is the
`detail` of an event) or out of a queue, as they are. ORDER_CHANGE has no prices: it cancels an order or says which to
fetch, and the catch-up, which asks for every order that changed, is the main road.
"""

from __future__ import annotations

from datetime import datetime

from erp.core.errors import InvalidInput
from orders.channels.contract import CANCELLED, FETCH, NEWS, STOCK, ChannelEvent
from orders.channels.document import Cancelled, version_of
from orders.channels.tree import Tree

ORDER_CHANGE = "ORDER_CHANGE"
MFN_STOCK = "LISTINGS_ITEM_MFN_QUANTITY_CHANGE"
NOTED = (MFN_STOCK, "FBA_INVENTORY_AVAILABILITY_CHANGES", "TRANSACTION_UPDATE", "REPORT_PROCESSING_FINISHED",
         "FEED_PROCESSING_FINISHED", "ACCOUNT_STATUS_CHANGED", "LISTINGS_ITEM_STATUS_CHANGE")  # fmt: skip
KINDS = (ORDER_CHANGE, *NOTED)


def notification_in(document: Tree) -> Tree:
    """This function will return the notification itself, out of the bus' envelope where it is in one."""
    return document.child("detail") if document.has("detail-type") and document.has("detail") else document


def kind_of(notification: Tree) -> str:
    """This function will return what kind of notification it is, or "" when it says none."""
    found = notification.value.get("NotificationType") or notification.value.get("notificationType")
    return found if isinstance(found, str) else ""


def payload_of(notification: Tree) -> Tree:
    """This function will return what it is about: the object in the payload that is named after the kind."""
    payload = notification.child("Payload" if notification.has("Payload") else "payload")
    inner = [
        name
        for name, value in payload.value.items()
        if isinstance(value, dict) and name.endswith("Notification")
    ]
    return payload.child(inner[0]) if inner else payload


def seller_of(notification: Tree) -> str:
    """This function will return whose notification it is, or "" when it does not say."""
    payload = payload_of(notification)
    found = (
        payload.value.get("SellerId")
        or payload.value.get("sellerId")
        or payload.value.get("sellingPartnerId")
    )
    return found if isinstance(found, str) else ""


def published_at(notification: Tree) -> datetime:
    """This function will return when it was published; InvalidInput when it does not say."""
    meta = notification.child(
        "NotificationMetadata" if notification.has("NotificationMetadata") else "notificationMetadata"
    )
    return meta.moment("PublishTime" if meta.has("PublishTime") else "publishTime")


def number_of(notification: Tree) -> str:
    """This function will return the notification's own id."""
    meta = notification.child(
        "NotificationMetadata" if notification.has("NotificationMetadata") else "notificationMetadata"
    )
    return meta.ident("NotificationId" if meta.has("NotificationId") else "notificationId")


def notice_event(document: Tree) -> ChannelEvent:
    """This function will return what a notification says."""
    notification = notification_in(document)
    kind, payload = kind_of(notification), payload_of(notification)
    if kind not in KINDS:
        raise InvalidInput(
            f"“{kind[:60]}” is no notification that Keel takes",
            field="NotificationType",
            remedy=f"One of {', '.join(KINDS)}.",
        )
    if kind == ORDER_CHANGE:
        return _order_change(notification, payload)
    version = version_of(published_at(notification))
    if kind == MFN_STOCK and payload.has("sku") and isinstance(payload.value.get("quantity"), int):
        content = {"sku": payload.text("sku", 80), "location": "", "available": payload.value["quantity"]}
        return ChannelEvent(STOCK, "", payload.text("sku", 80), version, content)
    return ChannelEvent(NEWS, "", number_of(notification), version, {"topic": kind})


def _order_change(notification: Tree, payload: Tree) -> ChannelEvent:
    order, summary = payload.ident("AmazonOrderId"), payload.child("Summary")
    trigger = payload.child("OrderChangeTrigger")
    when = (
        trigger.moment("TimeOfOrderChange")
        if trigger.has("TimeOfOrderChange")
        else notification.moment("EventTime")
    )
    status = summary.text("OrderStatus", 40, required=True)
    if status == "Canceled":
        reason = trigger.text("ChangeReason", 200) or "cancelled at Amazon"
        return ChannelEvent(CANCELLED, order, "", version_of(when), Cancelled(reason, version_of(when)))
    asked = any(
        item.value.get("IsBuyerRequestedCancel") in (True, "true") for item in summary.children("OrderItems")
    )
    content = {"topic": ORDER_CHANGE, "fetch": order, "status": status, "buyer_wants_to_cancel": asked}
    return ChannelEvent(FETCH, order, "", version_of(when), content)
