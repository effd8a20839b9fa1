"""Answers: what would a Shopify shop do? An Admin REST API 2025-01 over HTTP, and the webhooks that it would send, signed.

It keeps Shopify's own rules where a client could get them wrong: page_info goes with no other parameter, a fulfilment takes no
more than its fulfilment order waits for, a refund no more than was taken, an inventory level is set and never added to.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from socketserver import ThreadingMixIn
from typing import Any
from urllib.parse import parse_qs
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from tests.channels.shopify_documents import BEYOND, Item, order_of, refund_of

PREFIX = "/admin/api/2025-01"
Query = dict[str, str]
Route = Callable[..., Any]
_ROUTES: list[tuple[str, re.Pattern[str], str]] = []


class Refusal(Exception):
    """An answer that is not 2xx."""

    def __init__(self, status: int, errors: Any, headers: dict[str, str] | None = None) -> None:
        super().__init__(str(errors))
        self.status, self.errors, self.headers = status, errors, headers or {}


def route(method: str, path: str) -> Callable[[Route], Route]:
    def register(view: Route) -> Route:
        _ROUTES.append((method, re.compile(path), view.__name__))
        return view

    return register


class FakeShop:
    """The shop: its documents by id, and what was asked of it (`calls`)."""

    domain, token, secret = "keel-test.myshopify.com", "shpat_test", "hush"
    location = 487838322

    def __init__(self) -> None:
        self.orders: dict[int, dict[str, Any]] = {}
        self.transactions: dict[int, list[dict[str, Any]]] = {}
        self.waiting: dict[int, list[dict[str, Any]]] = {}
        self.levels: dict[tuple[int, int], int] = {}
        self.products: list[dict[str, Any]] = []
        self.webhooks: list[dict[str, Any]] = []
        self.payouts: list[dict[str, Any]] = []
        self.balance: list[dict[str, Any]] = []
        self.calls: list[str] = []
        self.throttled = 0  # so many calls to come are told 429
        self.url = ""
        self.now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
        self._id = BEYOND

    # --- what happens in the shop

    def next_id(self) -> int:
        self._id += 1_000
        return self._id

    def tick(self, seconds: int = 60) -> datetime:
        self.now += timedelta(seconds=seconds)
        return self.now

    def stock(self, sku: str, available: int, location: int | None = None) -> int:
        """Offer a variant; returns its inventory item."""
        item, variant = self.next_id(), self.next_id()
        self.products.append(
            {"id": self.next_id(), "variants": [{"id": variant, "sku": sku, "inventory_item_id": item}]}
        )
        self.levels[item, location or self.location] = available
        return item

    def place(self, items: list[Item], **how: Any) -> dict[str, Any]:
        """Somebody orders. Each line waits at the shop's location."""
        ref = self.next_id()
        order = order_of(ref, items, at=self.tick(), line_id=self.next_id(), **how)
        self.orders[ref], self.transactions[ref] = order, []
        lines = [
            {"id": self.next_id(), "line_item_id": line["id"], "quantity": line["quantity"],
             "fulfillable_quantity": line["quantity"], "variant_id": line["variant_id"]}
            for line in order["line_items"]
        ]  # fmt: skip
        self.waiting[ref] = [{"id": self.next_id(), "order_id": ref, "status": "open", "line_items": lines,
                              "assigned_location_id": self.location}]  # fmt: skip
        return order

    def pay(self, order: dict[str, Any]) -> dict[str, Any]:
        """The provider takes the whole amount."""
        sale = {
            "id": self.next_id(), "order_id": order["id"], "kind": "sale", "gateway": "shopify_payments", "status": "success",
            "amount": order["total_price"], "currency": order["currency"], "parent_id": None,
        }  # fmt: skip
        self.transactions[order["id"]].append(sale)
        return self._change(order, financial_status="paid", total_outstanding="0.00")

    def refund(self, order: dict[str, Any], units: dict[int, int], amount: str, **how: Any) -> dict[str, Any]:
        """Somebody in the shop takes units off, and pays money back."""
        made = refund_of(self.next_id(), order, units, amount, at=self.tick(), **how)
        for number, count in units.items():
            line = order["line_items"][number]
            line["current_quantity"] -= count
            line["fulfillable_quantity"] -= 0 if how.get("restock") == "return" else count
        for found in made["transactions"]:
            found["parent_id"] = next(
                (sale["id"] for sale in self.transactions[order["id"]] if sale["kind"] == "sale"), None
            )
            self.transactions[order["id"]].append(found)
        order["refunds"].append(made)
        back = sum((Decimal(t["amount"]) for r in order["refunds"] for t in r["transactions"]), Decimal(0))
        left = Decimal(order["total_price"]) - back
        status = "refunded" if not left else "partially_refunded" if back else order["financial_status"]
        self._change(order, financial_status=status, current_total_price=str(left))
        return made

    def cancel(self, order: dict[str, Any], reason: str = "customer") -> dict[str, Any]:
        """The order is cancelled: what it still wants comes off, what was taken goes back."""
        units = {
            n: line["current_quantity"]
            for n, line in enumerate(order["line_items"])
            if line["current_quantity"]
        }
        paid = sum((Decimal(t["amount"]) * (-1 if t["kind"] == "refund" else 1)
                    for t in self.transactions[order["id"]]), Decimal(0))  # fmt: skip
        self.refund(order, units, str(paid))
        return self._change(order, cancelled_at=self.now.isoformat(), cancel_reason=reason)

    def _change(self, order: dict[str, Any], **values: Any) -> dict[str, Any]:
        order.update(values, updated_at=self.tick().isoformat(timespec="seconds"))
        return order

    # --- webhooks

    def webhook(self, topic: str, content: Any, *, ref: str = "", at: datetime | None = None,
                secret: str = "") -> tuple[bytes, dict[str, str]]:  # fmt: skip
        """Return a webhook as it is sent: the body and its headers."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        seal = base64.b64encode(
            hmac.new((secret or self.secret).encode(), body, hashlib.sha256).digest()
        ).decode()
        ref = ref or f"b54557e4-bdd9-4b37-8a5f-{self.next_id() % 10**12:012d}"
        return body, {
            "X-Shopify-Topic": topic, "X-Shopify-Hmac-Sha256": seal, "X-Shopify-Shop-Domain": self.domain,
            "X-Shopify-API-Version": "2025-01", "X-Shopify-Webhook-Id": ref, "X-Shopify-Event-Id": f"event-{ref}",
            "X-Shopify-Triggered-At": (at or self.now).strftime("%Y-%m-%dT%H:%M:%S.%f") + "123Z",
        }  # fmt: skip

    # --- the Admin API

    @route("GET", r"/orders\.json")
    def orders_list(self, query: Query, body: Any) -> Any:
        found = sorted(self.orders.values(), key=lambda order: (order["updated_at"], order["id"]))
        since, until = query.get("updated_at_min"), query.get("updated_at_max")
        moment = datetime.fromisoformat
        found = [o for o in found if (not since or moment(o["updated_at"]) >= moment(since))
                 and (not until or moment(o["updated_at"]) <= moment(until))]  # fmt: skip
        if query.get("status") != "any":
            found = [order for order in found if not order["cancelled_at"] and not order["closed_at"]]
        return self._page("orders", found, query)

    @route("GET", r"/orders/(\d+)\.json")
    def order_detail(self, query: Query, body: Any, ref: str) -> Any:
        return {"order": self._order(ref)}

    @route("POST", r"/orders/(\d+)/cancel\.json")
    def order_cancel(self, query: Query, body: Any, ref: str) -> Any:
        return {"order": self.cancel(self._order(ref), (body or {}).get("reason", "other"))}

    @route("GET", r"/orders/(\d+)/transactions\.json")
    def transactions_list(self, query: Query, body: Any, ref: str) -> Any:
        return {"transactions": self.transactions[self._order(ref)["id"]]}

    @route("GET", r"/orders/(\d+)/refunds\.json")
    def refunds_list(self, query: Query, body: Any, ref: str) -> Any:
        return {"refunds": self._order(ref)["refunds"]}

    @route("POST", r"/orders/(\d+)/refunds\.json")
    def refund_create(self, query: Query, body: Any, ref: str) -> Any:
        order, asked = self._order(ref), body["refund"]
        numbers = {line["id"]: n for n, line in enumerate(order["line_items"])}
        units = {
            numbers[line["line_item_id"]]: line["quantity"] for line in asked.get("refund_line_items", [])
        }
        taken = {item["id"]: item for item in self.transactions[order["id"]]}
        for part in asked.get("transactions", []):
            parent = taken.get(part["parent_id"])
            back = sum(
                Decimal(t["amount"]) for t in taken.values() if t.get("parent_id") == part["parent_id"]
            )
            if parent is None or Decimal(part["amount"]) > Decimal(parent["amount"]) - back:
                raise Refusal(422, {"base": ["Refund amount is greater than the amount left to be refunded"]})
        amount = sum((Decimal(part["amount"]) for part in asked.get("transactions", [])), Decimal(0))
        return {"refund": self.refund(order, units, str(amount), note=asked.get("note", ""))}

    @route("GET", r"/orders/(\d+)/fulfillments\.json")
    def fulfillments_list(self, query: Query, body: Any, ref: str) -> Any:
        return {"fulfillments": self._order(ref)["fulfillments"]}

    @route("GET", r"/orders/(\d+)/fulfillment_orders\.json")
    def fulfillment_orders_list(self, query: Query, body: Any, ref: str) -> Any:
        return {"fulfillment_orders": self.waiting[self._order(ref)["id"]]}

    @route("POST", r"/fulfillments\.json")
    def fulfillment_create(self, query: Query, body: Any) -> Any:
        asked = body["fulfillment"]
        waiting = {order["id"]: order for orders in self.waiting.values() for order in orders}
        taken: dict[int, int] = {}
        chosen = [waiting[part["fulfillment_order_id"]] for part in asked["line_items_by_fulfillment_order"]]
        if len({order["assigned_location_id"] for order in chosen}) != 1:
            raise Refusal(422, ["All fulfillment orders must be assigned to the same location."])
        for part, order in zip(asked["line_items_by_fulfillment_order"], chosen, strict=True):
            for want in part["fulfillment_order_line_items"]:
                line = next(line for line in order["line_items"] if line["id"] == want["id"])
                if want["quantity"] > line["fulfillable_quantity"]:
                    raise Refusal(422, ["Invalid fulfillment order line item quantity requested."])
                line["fulfillable_quantity"] -= want["quantity"]
                taken[line["line_item_id"]] = taken.get(line["line_item_id"], 0) + want["quantity"]
            if not any(line["fulfillable_quantity"] for line in order["line_items"]):
                order["status"] = "closed"
        return {"fulfillment": self._parcel(self.orders[chosen[0]["order_id"]], taken, asked, chosen[0])}

    def _parcel(self, order: dict[str, Any], taken: dict[int, int], asked: Any, where: Any) -> dict[str, Any]:
        tracking = asked.get("tracking_info") or {}
        stamp = self.tick().isoformat(timespec="seconds")
        lines = [
            {**line, "quantity": taken[line["id"]]} for line in order["line_items"] if line["id"] in taken
        ]
        for line in order["line_items"]:
            line["fulfillable_quantity"] -= taken.get(line["id"], 0)
        made = {
            "id": self.next_id(), "order_id": order["id"], "status": "success", "service": "manual", "created_at": stamp,
            "updated_at": stamp, "location_id": where["assigned_location_id"], "tracking_company": tracking.get("company"),
            "tracking_number": tracking.get("number"), "tracking_numbers": [n for n in [tracking.get("number")] if n],
            "tracking_url": tracking.get("url"), "line_items": lines,
        }  # fmt: skip
        order["fulfillments"].append(made)
        self._change(order)
        return made

    @route("GET", r"/inventory_levels\.json")
    def levels_list(self, query: Query, body: Any) -> Any:
        items, places = (
            {int(ref) for ref in query.get(name, "").split(",") if ref}
            for name in ("inventory_item_ids", "location_ids")
        )
        if len(items) > 50 or len(places) > 50 or not (items or places):
            raise Refusal(422, {"inventory_item_ids": "at most 50 ids"})
        found = [self._level(item, place) for item, place in sorted(self.levels)
                 if (not items or item in items) and (not places or place in places)]  # fmt: skip
        return self._page("inventory_levels", found, query)

    @route("POST", r"/inventory_levels/set\.json")
    def level_set(self, query: Query, body: Any) -> Any:
        item, place = body["inventory_item_id"], body["location_id"]
        if (item, place) not in self.levels:
            raise Refusal(404, "Not Found")
        self.levels[item, place] = body["available"]
        return {"inventory_level": self._level(item, place)}

    def _level(self, item: int, place: int) -> dict[str, Any]:
        return {"inventory_item_id": item, "location_id": place, "available": self.levels[item, place],
                "updated_at": self.now.isoformat()}  # fmt: skip

    @route("GET", r"/products\.json")
    def products_list(self, query: Query, body: Any) -> Any:
        return self._page("products", self.products, query)

    @route("GET", r"/variants/(\d+)\.json")
    def variant_detail(self, query: Query, body: Any, ref: str) -> Any:
        for product in self.products:
            for variant in product["variants"]:
                if variant["id"] == int(ref):
                    return {"variant": variant}
        raise Refusal(404, "Not Found")

    @route("GET", r"/webhooks\.json")
    def webhooks_list(self, query: Query, body: Any) -> Any:
        return self._page("webhooks", self.webhooks, query)

    @route("POST", r"/webhooks\.json")
    def webhook_create(self, query: Query, body: Any) -> Any:
        asked = body["webhook"]
        if any(
            (hook["topic"], hook["address"]) == (asked["topic"], asked["address"]) for hook in self.webhooks
        ):
            raise Refusal(422, {"address": ["for this topic has already been taken"]})
        self.webhooks.append({"id": self.next_id(), **asked})
        return {"webhook": self.webhooks[-1]}

    @route("GET", r"/shopify_payments/payouts\.json")
    def payouts_list(self, query: Query, body: Any) -> Any:
        found = [item for item in self.payouts
                 if query.get("date_min", "") <= item["date"] <= query.get("date_max", "9999")]  # fmt: skip
        return self._page("payouts", found, query)

    @route("GET", r"/shopify_payments/balance/transactions\.json")
    def balance_list(self, query: Query, body: Any) -> Any:
        wanted = query.get("payout_id")
        return self._page(
            "transactions", [t for t in self.balance if wanted in (None, str(t["payout_id"]))], query
        )

    def _order(self, ref: str) -> dict[str, Any]:
        if int(ref) not in self.orders:
            raise Refusal(404, "Not Found")
        return self.orders[int(ref)]

    def _page(self, name: str, found: list[Any], query: Query) -> Any:
        """One page, and where the next one is. The cursor remembers the question, so nothing may be asked beside it."""
        limit, start = min(int(query.get("limit", 50)), 250), 0
        if "_cursor" in query:
            start = int(query["_cursor"])
        links = {}
        if start + limit < len(found):
            links["next"] = start + limit
        if start:
            links["previous"] = max(0, start - limit)
        return {name: found[start : start + limit], "_links": links}

    # --- HTTP

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        headers = {"Content-Type": "application/json; charset=utf-8", "X-Shopify-Shop-Api-Call-Limit": "1/40"}
        try:
            status, content = 200, self._answer(environ, headers)
        except Refusal as refusal:
            status, content = refusal.status, {"errors": refusal.errors}
            headers |= refusal.headers
        start_response(f"{status} {'OK' if status < 300 else 'Refused'}", list(headers.items()))
        return [json.dumps(content).encode()]

    def _answer(self, environ: dict[str, Any], headers: dict[str, str]) -> Any:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        query = {name: values[-1] for name, values in parse_qs(environ["QUERY_STRING"]).items()}
        self.calls.append(f"{method} {path.removeprefix(PREFIX)}")
        if environ.get("HTTP_X_SHOPIFY_ACCESS_TOKEN") != self.token:
            raise Refusal(401, "[API] Invalid API key or access token (unrecognized login or wrong password)")
        if self.throttled:
            self.throttled -= 1
            raise Refusal(429, "Exceeded 2 calls per second for api client.", {"Retry-After": "2.0"})
        if "page_info" in query:
            if set(query) - {"page_info", "limit", "fields"}:
                raise Refusal(400, {"page_info": "no other parameter may go with it"})
            query = json.loads(base64.urlsafe_b64decode(query["page_info"])) | query
        size = int(environ.get("CONTENT_LENGTH") or 0)
        body = json.loads(environ["wsgi.input"].read(size)) if size else None
        for verb, pattern, name in _ROUTES:
            if verb == method and (match := pattern.fullmatch(path.removeprefix(PREFIX))):
                answer = getattr(self, name)(query, body, *match.groups())
                return self._linked(answer, path, query, headers)
        raise Refusal(404, "Not Found")

    def _linked(self, answer: Any, path: str, query: Query, headers: dict[str, str]) -> Any:
        asked = {name: value for name, value in query.items() if name not in ("page_info", "_cursor")}
        links = []
        for rel, start in answer.pop("_links", {}).items():
            cursor = base64.urlsafe_b64encode(json.dumps(asked | {"_cursor": str(start)}).encode()).decode()
            links.append(f'<{self.url}{path}?limit={asked.get("limit", 50)}&page_info={cursor}>; rel="{rel}"')
        if links:
            headers["Link"] = ", ".join(links)
        return answer


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        return


@contextmanager
def served(shop: FakeShop) -> Iterator[FakeShop]:
    """Serve a shop on a free port of this machine."""
    server = make_server("127.0.0.1", 0, shop, _Server, _Quiet)
    shop.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield shop
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
