"""How does Keel ask a Shopify shop, and how does it tell it of stock, parcels and refunds?

Source: shopify.dev, Admin REST API 2025-01. A bucket of 40 calls leaks two a second; who overfills it is told 429 and when to
come back. Lists go on where the Link header says, with nothing but its page_info.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from time import sleep
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests

from erp.core.errors import InvalidInput
from orders.channels.contract import (
    Account,
    ChannelError,
    Fetched,
    Limits,
    Published,
    ShipmentNotice,
    StockValue,
)
from orders.channels.document import Refund
from orders.channels.http import Http
from orders.channels.shopify import reading
from orders.channels.shopify.messages import BALANCE, PAYOUT
from orders.channels.shopify.outward import (
    fulfilments_to_create,
    own_parcels,
    refund_to_create,
    told_refund,
)
from orders.channels.shopify.signature import TOPICS

VERSION = "2025-01"
PAGE = 250
MOST_WAITS, LONGEST_WAIT = (
    3,
    10.0,
)  # 429s in a row that are waited for here; what takes longer, the outbox waits for
BY_APP = ("customers/redact", "customers/data_request", "shop/redact")  # subscribed in the app's own settings


class ShopifyClient:
    """Calls to one shop. ChannelError says whether asking again can help."""

    def __init__(self, account: Account, limits: Limits, *, wait: Callable[[float], None] = sleep) -> None:
        name = account.account.strip().lower()
        shop = name if "." in name else f"{name}.myshopify.com"
        base = account.base_url.rstrip("/") or f"https://{shop}"
        token = {"X-Shopify-Access-Token": account.secret("token"), "Accept": "application/json"}
        self._http = Http(f"{base}/admin/api/{VERSION}", limits, token)
        self._settings = account.settings
        self._limits = limits
        self._wait = wait
        self._items: dict[str, str] | None = None  # SKU in lower case → inventory item, once it was asked for

    def changed_orders(self, since: datetime, until: datetime) -> Iterator[Fetched]:
        """This function will fetch the orders that changed in the time, oldest first, each as `orders/updated` says it."""
        asked = {
            "status": "any", "order": "updated_at asc", "limit": PAGE, "updated_at_min": _said(since),
            "updated_at_max": _said(until),
        }  # fmt: skip
        for order in self._pages("orders.json", asked, "orders"):
            yield self._fetched(order)

    def order(self, external_id: str) -> Fetched:
        """This function will fetch one order as it is now, as `orders/updated` says it."""
        return self._fetched(_object_in(self._call("GET", f"{_order_path(external_id)}.json"), "order"))

    def _fetched(self, order: Mapping[str, Any]) -> Fetched:
        with _understood():
            changed = reading.moment(order.get("updated_at"), "updated_at")
        body = json.dumps(order, ensure_ascii=False, separators=(",", ":"))
        return Fetched("orders/updated", f"{order.get('id')}@{changed.isoformat()}", body, changed)

    def publish_stock(self, values: Sequence[StockValue]) -> list[Published]:
        """This function will set what the shop shows, value by value; the answers hold the ids that were looked up.

        What Shopify says against one value is its error; what it says against all of them (a bad token, no answer) is raised.
        """
        published = []
        for value in values:
            ids, error = self._ids(value)
            if not error:
                content = {name: int(known) for name, known in ids.items()} | {"available": value.quantity}
                try:
                    self._call("POST", "inventory_levels/set.json", content=content)
                except ChannelError as refused:
                    if refused.status not in (404, 422):
                        raise
                    error = str(refused)
            # after a refusal its item is looked up anew
            published.append(
                Published(value.channel_sku, error[:300], {"inventory_item_id": ""} if error else ids)
            )
        return published

    def publish_shipment(self, notice: ShipmentNotice) -> str:
        """This function will tell of a parcel and return the fulfilment's id; the same parcel again is the same fulfilment.

        Its goods may wait at several of the shop's locations: that makes one fulfilment each, under one tracking number.
        """
        order = _order_path(notice.external_id)
        known = self._get(f"{order}/fulfillments.json", "fulfillments")
        with _understood():
            told, open_units = own_parcels(known, notice)
        if not open_units:
            return told[0]
        waiting = self._get(f"{order}/fulfillment_orders.json", "fulfillment_orders")
        with _understood():
            contents = fulfilments_to_create(waiting, notice, open_units, notify=self._notify)
        for content in contents:
            made = self._call("POST", "fulfillments.json", content={"fulfillment": content})
            told.append(_id_in(made, "fulfillment"))
        return told[0]

    def publish_refund(self, external_id: str, refund: Refund) -> str:
        """This function will pay money back through the shop and return the transaction's id, by which we hear of it again.

        `refund.ref` is written into the note: a refund that bears it already is not made twice.
        """
        order = _order_path(external_id)
        if known := told_refund(self._get(f"{order}/refunds.json", "refunds"), refund.ref):
            return known
        taken = self._get(f"{order}/transactions.json", "transactions")
        with _understood():
            content = refund_to_create(taken, refund, notify=self._notify)
        made = self._call("POST", f"{order}/refunds.json", content={"refund": content})
        found = told_refund([_object_in(made, "refund")], refund.ref)
        if not found:
            raise ChannelError(f"Shopify took refund {refund.ref} and names no transaction", final=True)
        return found

    def stock(self, values: Sequence[StockValue]) -> dict[str, int | None]:
        """This function will return what the shop shows now: channel SKU → units, None for what it does not know."""
        shown: dict[str, int | None] = {value.channel_sku: None for value in values}
        wanted: dict[tuple[str, str], str] = {}
        for value in values:
            ids, error = self._ids(value)
            if not error:
                wanted[ids["inventory_item_id"], ids["location_id"]] = value.channel_sku
        pairs = sorted(wanted)
        for start in range(0, len(pairs), self._limits.stock_batch):
            batch = pairs[start : start + self._limits.stock_batch]
            asked = {
                "inventory_item_ids": ",".join(sorted({item for item, _ in batch})),
                "location_ids": ",".join(sorted({location for _, location in batch})), "limit": PAGE,
            }  # fmt: skip
            for level in self._pages("inventory_levels.json", asked, "inventory_levels"):
                key = (str(level.get("inventory_item_id")), str(level.get("location_id")))
                if key in wanted and isinstance(level.get("available"), int):
                    shown[wanted[key]] = level["available"]
        return shown

    def payouts(self, since: date, until: date) -> Iterator[Fetched]:
        """This function will fetch the payouts of these days, each as a message for the ledger."""
        asked = {"date_min": since.isoformat(), "date_max": until.isoformat(), "limit": PAGE}
        for payout in self._pages("shopify_payments/payouts.json", asked, "payouts"):
            with _understood():
                paid = datetime.combine(date.fromisoformat(str(payout.get("date"))), time.min, UTC)
            ref = f"{payout.get('id')}:{payout.get('status')}"
            yield Fetched(PAYOUT, ref, json.dumps(payout, ensure_ascii=False, separators=(",", ":")), paid)

    def balance_transactions(self, payout_id: str, paid_at: datetime) -> Fetched:
        """This function will fetch what a payout is made of, as one message."""
        asked = {"payout_id": payout_id, "limit": PAGE}
        found = list(self._pages("shopify_payments/balance/transactions.json", asked, "transactions"))
        body = {"payout_id": payout_id, "date": paid_at.date().isoformat(), "transactions": found}
        return Fetched(
            BALANCE, payout_id, json.dumps(body, ensure_ascii=False, separators=(",", ":")), paid_at
        )

    def subscribe(self, address: str) -> list[str]:
        """This function will have the shop send every topic to `address` and return those that it did not send yet."""
        known = {(item.get("topic"), item.get("address"))
                 for item in self._pages("webhooks.json", {"limit": PAGE}, "webhooks")}  # fmt: skip
        missing = [topic for topic in TOPICS if topic not in BY_APP and (topic, address) not in known]
        for topic in missing:
            content = {"webhook": {"topic": topic, "address": address, "format": "json"}}
            self._call("POST", "webhooks.json", content=content)
        return missing

    @property
    def _notify(self) -> bool:
        return str(self._settings.get("notify_customer", "")).strip().lower() in ("true", "yes", "1")

    def _ids(self, value: StockValue) -> tuple[dict[str, str], str]:
        """The item and the location that a value is of, looked up when its listing does not know them; else why not."""
        item = str(value.external.get("inventory_item_id") or "")
        location = str(value.external.get("location_id") or self._settings.get("location") or "").strip()
        if not location:
            return {}, "no location is set: enter the location's id on the channel's page"
        if not item:
            item = self._item_of(value.channel_sku)
        if not item:
            return {}, f"the shop has no variant with SKU {value.channel_sku[:80]}"
        if not (item.isdigit() and location.isdigit()):
            return {}, "the ids of item and location are numbers"
        return {"inventory_item_id": item, "location_id": location}, ""

    def _item_of(self, sku: str) -> str:
        """REST can not search by SKU: the variants are read once. A SKU of two variants means neither."""
        if sku.startswith("variant:"):
            variant = self._call("GET", f"variants/{_digits(sku[8:])}.json")
            return str(_object_in(variant, "variant").get("inventory_item_id") or "")
        if self._items is None:
            found: dict[str, str] = {}
            for product in self._pages("products.json", {"fields": "id,variants", "limit": PAGE}, "products"):
                for variant in product.get("variants") or []:
                    name = str(variant.get("sku") or "").strip().lower()
                    found[name] = "" if name in found else str(variant.get("inventory_item_id") or "")
            self._items = found
        return self._items.get(sku.strip().lower(), "")

    def _get(self, path: str, name: str) -> list[Mapping[str, Any]]:
        return list(self._pages(path, {"limit": PAGE}, name))

    def _pages(self, path: str, asked: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
        """All rows of a list. Of the next page's address only its page_info is taken: our token goes to no other host."""
        params: Mapping[str, Any] | None = asked
        while params is not None:
            answer = self._call("GET", path, params=params)
            yield from _list_in(answer, name)
            query = dict(parse_qsl(urlsplit(answer.links.get("next", {}).get("url", "")).query))
            params = (
                {"limit": asked["limit"], "page_info": query["page_info"]} if "page_info" in query else None
            )

    def _call(self, method: str, path: str, *, content: Any = None, params: Any = None) -> requests.Response:
        """One call, again after each 429 that asks for a short wait."""
        for waits in range(MOST_WAITS + 1):
            try:
                return self._http.send(method, path, content=content, params=params)
            except ChannelError as error:
                pause = error.retry_after or 2.0
                if error.status != 429 or waits == MOST_WAITS or pause > LONGEST_WAIT:
                    raise
            self._wait(pause)
        raise AssertionError("unreachable: the last round returns or raises")


@contextmanager
def _understood() -> Iterator[None]:
    """What Shopify answered and can not be read is the channel's failure, not the caller's."""
    try:
        yield
    except (InvalidInput, ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise ChannelError(
            f"Shopify's answer can not be read: {type(error).__name__} {error}"[:300]
        ) from error


def _said(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")


def _digits(ref: str) -> str:
    if not (ref.isascii() and ref.isdigit()):
        raise ChannelError(f"“{ref[:40]}” is no id of Shopify's", final=True)
    return ref


def _order_path(external_id: str) -> str:
    return f"orders/{_digits(external_id)}"


def _json(answer: requests.Response) -> Mapping[str, Any]:
    try:
        return reading.mapping(json.loads(answer.content), "answer")
    except (ValueError, RecursionError, InvalidInput) as error:
        raise ChannelError(f"Shopify answered no JSON: {answer.text[:120]}") from error


def _list_in(answer: requests.Response, name: str) -> Sequence[Mapping[str, Any]]:
    found = _json(answer).get(name)
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise ChannelError(f"Shopify's answer has no list “{name}”")
    return found


def _object_in(answer: requests.Response, name: str) -> Mapping[str, Any]:
    found = _json(answer).get(name)
    if not isinstance(found, dict):
        raise ChannelError(f"Shopify's answer has no “{name}”")
    return found


def _id_in(answer: requests.Response, name: str) -> str:
    return str(_object_in(answer, name).get("id"))
