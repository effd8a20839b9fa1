"""What would a WooCommerce shop answer? REST API v3 as far as Keel uses it, with all three ways to send the keys.

The official client drives it in test_woocommerce_client.py, so that it is known to speak the real protocol.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.channels.served import Answer, Asked

RECORDED = Path(__file__).parent / "recorded" / "woocommerce"
KEY, SECRET = "ck_recorded", "cs_recorded"
_ORDER_BY = {"date", "id", "include", "title", "slug"}  # as the reference has it: no "modified"


def recorded(name: str) -> Any:
    """One of the examples of the reference."""
    return json.loads((RECORDED / f"{name}.json").read_text())


def orders_recorded() -> list[dict[str, Any]]:
    """Every order document among the examples."""
    found: list[dict[str, Any]] = []

    def look(value: Any) -> None:
        if isinstance(value, dict) and "line_items" in value and "status" in value:
            found.append(value)
        elif isinstance(value, (dict, list)):
            for item in value.values() if isinstance(value, dict) else value:
                look(item)

    for path in sorted(RECORDED.glob("orders__*.json")):
        look(json.loads(path.read_text()))
    return found


def error(status: int, code: str, message: str) -> Answer:
    return Answer(status, {"code": code, "message": message, "data": {"status": status}})


@dataclass
class Shop:
    """The shop's memory. `failures` are answered before anything else, first in first out."""

    address: str = ""
    orders: dict[int, dict[str, Any]] = field(default_factory=dict)
    refunds: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    notes: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    products: dict[int, dict[str, Any]] = field(default_factory=dict)
    failures: list[Answer] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    nonces: set[str] = field(default_factory=set)
    clock: str = "2026-03-02T09:30:00"

    def add_order(self, document: dict[str, Any], **changes: Any) -> dict[str, Any]:
        order = deepcopy(document) | changes
        self.orders[int(order["id"])] = order
        return order

    def add_product(self, ident: int, sku: str, stock: int | None = 0, parent: int = 0) -> None:
        base = deepcopy(recorded("products__list-all-products__3")[0])
        self.products[ident] = base | {
            "id": ident, "sku": sku, "parent_id": parent, "manage_stock": stock is not None, "stock_quantity": stock,
        }  # fmt: skip

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        if self.failures:
            return self.failures.pop(0)
        if not asked.path.startswith("/wp-json/wc/v3/"):
            return error(404, "rest_no_route", "No route was found matching the URL and request method")
        if not self._known(asked):
            return error(401, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
        return self._route(asked, asked.path.removeprefix("/wp-json/wc/v3/").strip("/").split("/"))

    def _known(self, asked: Asked) -> bool:
        header = asked.headers.get("authorization", "")
        if header.startswith("Basic "):
            return base64.b64decode(header.removeprefix("Basic ")).decode() == f"{KEY}:{SECRET}"
        if "oauth_signature" in asked.query:
            return self._oauth(asked)
        return (asked.query.get("consumer_key"), asked.query.get("consumer_secret")) == (KEY, SECRET)

    def _oauth(self, asked: Asked) -> bool:
        """OAuth 1.0a without a token, as WC_REST_Authentication checks it."""
        given = dict(asked.query)
        signature = given.pop("oauth_signature")
        if given.get("oauth_consumer_key") != KEY or given.get("oauth_nonce", "") in self.nonces:
            return False
        self.nonces.add(given["oauth_nonce"])

        def twice(text: str) -> str:
            return quote(quote(text, safe=""), safe="")

        pairs = "%26".join(f"{twice(name)}%3D{twice(value)}" for name, value in sorted(given.items()))
        text = f"{asked.method}&{quote(self.address + asked.path, safe='')}&{pairs}"
        mine = hmac.new(f"{SECRET}&".encode(), text.encode(), hashlib.sha256).digest()
        return hmac.compare_digest(base64.b64encode(mine).decode(), signature)

    def _route(self, asked: Asked, parts: list[str]) -> Answer:
        match parts:
            case ["orders"] if asked.method == "GET":
                return self._list(asked, self._filtered(asked))
            case ["orders", number, *rest]:
                order = self.orders.get(int(number)) if number.isdigit() else None
                if order is None:
                    return error(404, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.")
                return self._order(asked, order, rest)
            case ["products"] if asked.method == "GET":
                skus = [sku.lower() for sku in asked.query.get("sku", "").split(",")]
                found = [p for p in self.products.values() if p["sku"].lower() in skus]
                return self._list(asked, found)
            case ["products", "batch"]:
                return self._batch(asked, 0)
            case ["products", parent, "variations", "batch"]:
                return self._batch(asked, int(parent))
            case ["products", *_, number] if asked.method == "GET" and int(number) in self.products:
                return Answer(200, self.products[int(number)])
            case ["products", *_]:
                return error(404, "woocommerce_rest_product_invalid_id", "Invalid ID.")
        return error(404, "rest_no_route", "No route was found matching the URL and request method")

    def _filtered(self, asked: Asked) -> list[dict[str, Any]]:
        after, before = asked.query.get("modified_after", ""), asked.query.get("modified_before", "9")
        status = asked.query.get("status", "any")
        return [
            order for order in self.orders.values()
            if after < order["date_modified_gmt"] < before and status in ("any", order["status"]) and order["status"] != "trash"
        ]  # fmt: skip

    def _list(self, asked: Asked, rows: list[dict[str, Any]]) -> Answer:
        size, page = int(asked.query.get("per_page", 10)), int(asked.query.get("page", 1))
        if size > 100 or asked.query.get("orderby", "date") not in _ORDER_BY:
            return error(400, "rest_invalid_param", "Invalid parameter(s): per_page, orderby")
        rows = sorted(rows, key=lambda row: row["id"], reverse=asked.query.get("order", "desc") == "desc")
        pages = -(-len(rows) // size)
        headers = {"X-WP-Total": str(len(rows)), "X-WP-TotalPages": str(pages)}
        return Answer(200, rows[(page - 1) * size : page * size], headers)

    def _order(self, asked: Asked, order: dict[str, Any], rest: list[str]) -> Answer:
        number = int(order["id"])
        match rest, asked.method:
            case [], "GET":
                return Answer(200, order)
            case [], "PUT":
                return self._change(order, asked.json())
            case ["notes"], "GET":
                return Answer(200, self.notes.get(number, []))
            case ["notes"], "POST":
                note = recorded("order-notes__create-an-order-note__0") | asked.json()
                note["id"] = 281 + sum(len(notes) for notes in self.notes.values())
                self.notes.setdefault(number, []).append(note)
                return Answer(201, note)
            case ["refunds"], "GET":
                return self._list(asked, self.refunds.get(number, []))
            case ["refunds"], "POST":
                return self._refund(order, asked.json())
        return error(404, "rest_no_route", "No route was found matching the URL and request method")

    def _change(self, order: dict[str, Any], change: dict[str, Any]) -> Answer:
        for meta in change.pop("meta_data", []):
            order["meta_data"] = [m for m in order["meta_data"] if m["key"] != meta["key"]]
            order["meta_data"].append({"id": 14000 + len(order["meta_data"]), **meta})
        order |= change | {"date_modified_gmt": self.clock}
        if order["status"] == "completed" and not order["date_completed_gmt"]:
            order["date_completed_gmt"] = self.clock
        return Answer(200, order)

    def _refund(self, order: dict[str, Any], asked: dict[str, Any]) -> Answer:
        left = float(order["total"]) + sum(float(refund["total"]) for refund in order["refunds"])
        if not asked.get("amount") or float(asked["amount"]) > left:
            return error(400, "woocommerce_rest_invalid_order_refund_amount", "Invalid refund amount.")
        document = recorded("order-refunds__create-a-refund__0")
        ident = 900 + sum(len(refunds) for refunds in self.refunds.values())
        lines = [
            {
                "id": 1000 + place, "quantity": -line["quantity"],
                "meta_data": [{"id": 1, "key": "_refunded_item_id", "value": str(line["id"])}],
            }
            for place, line in enumerate(asked.get("line_items", []))
        ]  # fmt: skip
        document |= {
            "id": ident, "amount": asked["amount"], "reason": asked.get("reason", ""), "line_items": lines,
            "date_created_gmt": self.clock, "refunded_payment": asked.get("api_refund", True),
            "meta_data": [{"id": 5, **meta} for meta in asked.get("meta_data", [])],
        }  # fmt: skip
        self.refunds.setdefault(int(order["id"]), []).append(document)
        order["refunds"].append(
            {"id": ident, "reason": asked.get("reason", ""), "total": f"-{asked['amount']}"}
        )
        order["date_modified_gmt"] = self.clock
        return Answer(201, document)

    def _batch(self, asked: Asked, parent: int) -> Answer:
        rows = asked.json().get("update", [])
        if len(rows) > 100:
            return error(
                413,
                "woocommerce_rest_request_entity_too_large",
                "Unable to accept more than 100 items for this request.",
            )
        done = []
        for row in rows:
            product = self.products.get(row["id"])
            if product is None or product["parent_id"] != parent:
                refused = {
                    "code": "woocommerce_rest_product_invalid_id",
                    "message": "Invalid ID.",
                    "data": {"status": 400},
                }
                done.append({"id": row["id"], "error": refused})
                continue
            product |= row
            done.append(product)
        return Answer(200, {"update": done})


def moved(order: dict[str, Any], moment: datetime) -> dict[str, Any]:
    """The order changed at another time."""
    return order | {"date_modified_gmt": moment.strftime("%Y-%m-%dT%H:%M:%S")}
