"""What does each of Shopify's messages say?

`orders/edited` names lines and differences only, and neither an `updated_at` nor a price: the order is fetched, unless the
`orders/updated` that Shopify sends of the same edit was there before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from erp.core.errors import InvalidInput
from orders.channels.contract import (
    FETCH,
    FULFILMENT,
    NEWS,
    ORDER,
    REDACT,
    REFUND,
    STOCK,
    UNINSTALLED,
    Account,
    ChannelEvent,
)
from orders.channels.document import version_of
from orders.channels.shopify import after, reading
from orders.channels.shopify.snapshot import plain, snapshot_of

PAYOUT, BALANCE = "shopify_payments/payout", "shopify_payments/balance_transactions"
Body = Mapping[str, Any]


def events(account: Account, topic: str, body: str) -> list[ChannelEvent]:
    """This function will return what a stored message says; InvalidInput names the field."""
    if topic not in _READERS:
        raise InvalidInput(
            f"Shopify's “{topic[:80]}” means nothing here", field="topic", remedy="Unsubscribe it in the app."
        )
    return _READERS[topic](account, topic, reading.load(body))


def _order(account: Account, topic: str, body: Body) -> list[ChannelEvent]:
    snapshot, version = snapshot_of(account, body)
    return [ChannelEvent(ORDER, snapshot.external_id, "", version, snapshot)]


def _edited(account: Account, topic: str, body: Body) -> list[ChannelEvent]:
    if body.get("line_items") is not None:
        return _order(account, topic, body)
    edit = reading.mapping(body.get("order_edit"), "order_edit")
    order = reading.identity(edit.get("order_id"), "order_edit.order_id")
    version = version_of(reading.moment(edit.get("created_at"), "order_edit.created_at"))
    lines = reading.mapping(edit.get("line_items"), "order_edit.line_items")
    content = {
        "topic": topic, "order": order, "note": reading.words(edit.get("staff_note"), 200),
        "lines": {name: plain(lines.get(name) or []) for name in ("additions", "removals")},
    }  # fmt: skip
    return [ChannelEvent(FETCH, order, f"edit:{edit.get('id')}", version, content)]


def _refund(account: Account, topic: str, body: Body) -> list[ChannelEvent]:
    order = reading.identity(body.get("order_id"), "order_id")
    return [
        ChannelEvent(REFUND, order, refund.ref, refund.at, refund)
        for refund in after.refunds_of(body, "refund")
    ]


def _parcel(account: Account, topic: str, body: Body) -> list[ChannelEvent]:
    order = reading.identity(body.get("order_id"), "order_id")
    parcel = after.fulfilled(body, "fulfillment")
    version = version_of(reading.moment(body.get("updated_at") or body.get("created_at"), "updated_at"))
    return [ChannelEvent(FULFILMENT, order, parcel.ref, version, parcel)]


def _stock(account: Account, topic: str, body: Body) -> list[ChannelEvent]:
    item = reading.identity(body.get("inventory_item_id"), "inventory_item_id")
    location = reading.identity(body.get("location_id"), "location_id")
    available = body.get("available")
    if available is not None and (isinstance(available, bool) or not isinstance(available, int)):
        raise InvalidInput("available is no whole number", field="available", remedy=reading.REMEDY)
    version = version_of(reading.moment(body.get("updated_at"), "updated_at"))
    content = {"item": item, "location": location, "available": available}
    return [ChannelEvent(STOCK, "", f"{item}:{location}", version, content)]


def _redact(account: Account, topic: str, body: Body) -> list[ChannelEvent]:
    """Ids alone: a request to be forgotten is no reason to keep the address once more."""
    shop = reading.mapping(body, "body").get("shop_id")
    customer = reading.mapping(body.get("customer"), "customer")
    orders = body.get("orders_to_redact") or body.get("orders_requested") or []
    if not isinstance(orders, list):
        raise InvalidInput("the orders must be a list", field="orders_to_redact", remedy=reading.REMEDY)
    who = (
        f"customer:{reading.identity(customer.get('id'), 'customer.id')}"
        if topic.startswith("customers/")
        else f"shop:{reading.identity(shop, 'shop_id')}"
    )
    asked = reading.mapping(body.get("data_request"), "data_request").get("id")
    content = {
        "asked": topic, "who": who, "request": "" if asked is None else str(asked),
        "orders": [reading.identity(order, f"orders[{n}]") for n, order in enumerate(orders)],
    }  # fmt: skip
    return [ChannelEvent(REDACT, "", f"{topic}:{who}", "", content)]


def _uninstalled(account: Account, topic: str, body: Body) -> list[ChannelEvent]:
    shop = reading.identity(body.get("id"), "id")
    return [
        ChannelEvent(
            UNINSTALLED, "", f"shop:{shop}", "", {"shop": shop, "name": reading.words(body.get("name"), 120)}
        )
    ]


def _settlement(account: Account, topic: str, body: Body) -> list[ChannelEvent]:
    """Raw for the ledger, which matches it."""
    ref = str(body.get("id") or body.get("payout_id") or "")
    return [ChannelEvent(NEWS, "", f"{topic}:{ref}", str(body.get("date") or ""), plain(dict(body)))]


_READERS: dict[str, Callable[[Account, str, Body], list[ChannelEvent]]] = {
    **dict.fromkeys(("orders/create", "orders/updated", "orders/paid", "orders/cancelled"), _order),
    "orders/edited": _edited,
    "refunds/create": _refund,
    **dict.fromkeys(("fulfillments/create", "fulfillments/update"), _parcel),
    "inventory_levels/update": _stock,
    **dict.fromkeys(("customers/redact", "customers/data_request", "shop/redact"), _redact),
    "app/uninstalled": _uninstalled,
    **dict.fromkeys((PAYOUT, BALANCE), _settlement),
}
