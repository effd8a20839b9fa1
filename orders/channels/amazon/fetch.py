"""How are Amazon's orders and shipments fetched, so that none that changed is passed over?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from orders.channels.amazon.call import SpApi
from orders.channels.contract import Account, ChannelError, Fetched

WINDOW = timedelta(days=1)
LATE = timedelta(
    minutes=5
)  # Amazon shows a change two minutes later: what was read last time is looked at again
ORDERS = "orders/v0/orders"
ORDERS_2026 = "orders/2026-01-01/orders"
SHIPMENTS = "externalFulfillment/2024-09-11/shipments"
INCLUDED = "BUYER,RECIPIENT,PROCEEDS,EXPENSE,PROMOTION,CANCELLATION,FULFILLMENT,PACKAGES,TAX"
_NO_ADDRESS = ("Pending", "PendingAvailability", "Canceled")


class Fetching:
    """The orders of one account, by the API that its setting “orders_api” names."""

    def __init__(self, api: SpApi, account: Account, marketplaces: Sequence[str]) -> None:
        self._api, self._account, self._marketplaces = api, account, marketplaces
        self._is_newer = str(account.settings.get("orders_api") or "v0") == "2026-01-01"

    def changed(self, since: datetime, until: datetime) -> Iterator[Fetched]:
        """This function will yield the orders changed in the time, oldest change first, with their items and addresses.

        Begins five minutes early: Amazon shows a change only after two. Day by day, so that the heads of one day are sorted
        in memory; the last day is asked for without an end, which Amazon sets to two minutes ago.
        """
        start, end = since.astimezone(UTC) - LATE, until.astimezone(UTC)
        while start < end:
            stop = min(start + WINDOW, end)
            found: dict[str, tuple[datetime, dict[str, Any]]] = {}
            for order in (self._newer if self._is_newer else self._heads)(
                start, stop if stop < end else None
            ):
                ident = str(order.get("orderId") or order.get("AmazonOrderId"))
                found[ident] = (
                    _moment(order, "lastUpdatedTime" if self._is_newer else "LastUpdateDate"),
                    order,
                )
            for _, (changed, order) in sorted(found.items(), key=lambda entry: (entry[1][0], entry[0])):
                if changed <= end:
                    yield self._fetched_newer(order) if self._is_newer else self.fetched(order)
            start = stop
        yield from self._shipments(since.astimezone(UTC) - LATE, end)

    def _heads(self, start: datetime, stop: datetime | None) -> Iterator[dict[str, Any]]:
        params = {"LastUpdatedAfter": iso(start), "MaxResultsPerPage": 100} | (
            {"LastUpdatedBefore": iso(stop)} if stop else {}
        )
        where = {"MarketplaceIds": ",".join(self._marketplaces)}
        token = self._restricted(f"/{ORDERS}", ["buyerInfo", "shippingAddress"])
        while True:
            answer = self._api.json("getOrders", "GET", ORDERS, params={**where, **params}, token=token)
            payload = _payload(answer)
            yield from payload.get("Orders", [])
            if not payload.get("NextToken"):
                return
            params = {"NextToken": payload["NextToken"]}

    def _newer(self, start: datetime, stop: datetime | None) -> Iterator[dict[str, Any]]:
        params: dict[str, Any] = {
            "lastUpdatedAfter": iso(start), "maxResultsPerPage": 100, "includedData": INCLUDED,
            "marketplaceIds": ",".join(self._marketplaces),
        } | ({"lastUpdatedBefore": iso(stop)} if stop else {})  # fmt: skip
        while True:
            answer = self._api.json("searchOrders", "GET", ORDERS_2026, params=params)
            yield from answer.get("orders", [])
            following = (answer.get("pagination") or {}).get("nextToken")
            if not following:
                return
            params |= {"paginationToken": following}

    def _fetched_newer(self, order: dict[str, Any]) -> Fetched:
        body = json.dumps(order, sort_keys=True, ensure_ascii=False)
        changed = _moment(order, "lastUpdatedTime")
        return Fetched("order_2026", f"{order['orderId']}@{iso(changed)}", body, changed)

    def fetched(self, order: dict[str, Any]) -> Fetched:
        """This function will return an order's message: the order with its items, and its address where it lacks one."""
        ident = str(order["AmazonOrderId"])
        message: dict[str, Any] = {"order": order, "items": self.items(ident)}
        wanted = order.get("FulfillmentChannel") != "AFN" and order.get("OrderStatus") not in _NO_ADDRESS
        if wanted and not order.get("ShippingAddress"):
            message["address"] = self._personal("getOrderAddress", ident, "address", "shippingAddress").get(
                "ShippingAddress"
            )
        if wanted and not order.get("BuyerInfo"):
            message["buyer"] = self._personal("getOrderBuyerInfo", ident, "buyerInfo", "buyerInfo")
        body = json.dumps(message, sort_keys=True, ensure_ascii=False)
        return Fetched("order", f"{ident}@{order['LastUpdateDate']}", body, _moment(order, "LastUpdateDate"))

    def one(self, external_id: str) -> Fetched:
        """This function will return the message of one order as it is now: what a notification asks to be fetched."""
        if self._is_newer:
            path, included = f"{ORDERS_2026}/{part(external_id)}", {"includedData": INCLUDED}
            answer = self._api.json("getOrder", "GET", path, params=included)
            return self._fetched_newer(_payload(answer, "order"))
        return self.fetched(_payload(self._api.json("getOrder", "GET", f"{ORDERS}/{part(external_id)}")))

    def items(self, external_id: str) -> list[dict[str, Any]]:
        """This function will return all items of an order, from all pages."""
        rows: list[dict[str, Any]] = []
        params: dict[str, Any] = {}
        while True:
            path = f"{ORDERS}/{part(external_id)}/orderItems"
            payload = _payload(self._api.json("getOrderItems", "GET", path, params=params))
            rows += payload.get("OrderItems", [])
            if not payload.get("NextToken"):
                return rows
            params = {"NextToken": payload["NextToken"]}

    def _personal(self, operation: str, ident: str, path: str, element: str) -> dict[str, Any]:
        place = f"{ORDERS}/{part(ident)}/{path}"
        token = self._restricted(f"/{ORDERS}/{{orderId}}/{path}", [element])
        return _payload(self._api.json(operation, "GET", place, token=token))

    def _restricted(self, path: str, element: Sequence[str]) -> str:
        """A token for names and addresses, where the application may see them; "" takes the ordinary one."""
        if str(self._account.settings.get("personal_data") or "") != "restricted":
            return ""
        return self._api.restricted_token(path, element)

    def _shipments(self, since: datetime, until: datetime) -> Iterator[Fetched]:
        location = str(self._account.settings.get("location") or "")
        if not location:
            return
        for status in ("ACCEPTED", "CONFIRMED", "SHIPPED", "DELIVERED", "CANCELLED"):
            params = {
                "locationId": location,
                "status": status,
                "lastUpdatedAfter": iso(since),
                "lastUpdatedBefore": iso(until),
            }
            while True:
                answer = self._api.json("getShipments", "GET", SHIPMENTS, params=params)
                for shipment in answer.get("shipments", []):
                    changed = _moment(shipment, "lastUpdatedDateTime")
                    body = json.dumps(shipment, sort_keys=True, ensure_ascii=False)
                    yield Fetched("shipment", f"{shipment['id']}@{iso(changed)}", body, changed)
                following = (answer.get("pagination") or {}).get("nextToken")
                if not following:
                    break
                params |= {"paginationToken": following}


def _payload(answer: dict[str, Any], name: str = "payload") -> dict[str, Any]:
    found = answer.get(name)
    if not isinstance(found, dict):
        raise ChannelError(f"Amazon answered without “{name}”")
    return found


def _moment(row: dict[str, Any], name: str) -> datetime:
    try:
        return datetime.fromisoformat(str(row[name])).astimezone(UTC)
    except (KeyError, ValueError) as error:
        raise ChannelError(f"Amazon answered an order without a time “{name}”", final=True) from error


def iso(moment: datetime) -> str:
    """This function will return a time as Amazon writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def part(text: str) -> str:
    """This function will return a piece of a path: whatever it holds, it stays one piece."""
    if text in ("", ".", ".."):
        raise ChannelError(f"“{text}” is no id of Amazon's", final=True)
    return quote(text, safe="")
