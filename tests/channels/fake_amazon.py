"""What would Amazon answer? The SP-API as far as Keel uses it, with Login with Amazon, from the sandbox' own examples.

The official client drives it in test_amazon_client.py, so that it is known to speak the real protocol.
"""

from __future__ import annotations

import gzip
import json
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tests.channels.served import Answer, Asked

RECORDED = Path(__file__).parent / "recorded" / "amazon"
CLIENT, SECRET, REFRESH, SELLER, MARKET = (
    "amzn1.app",
    "lwa-secret",
    "Atzr|refresh",
    "A3TH9S8BH6GOGM",
    "ATVPDKIKX0DER",
)


def examples(model: str, operation: str, status: str = "200") -> list[Any]:
    """The recorded answers of an operation."""
    return [
        deepcopy(row.get("response") or row.get("example"))
        for row in json.loads((RECORDED / f"{model}.json").read_text())
        if row["operationId"] == operation and row["status"] == status
    ]


def notification() -> dict[str, Any]:
    """The example of the schema of ORDER_CHANGE."""
    found: dict[str, Any] = json.loads((RECORDED / "OrderChangeNotification.json").read_text())["examples"][0]
    return found


def error(status: int, code: str, message: str, details: str = "") -> Answer:
    return Answer(status, {"errors": [{"code": code, "message": message, "details": details}]})


@dataclass
class Amazon:
    """Amazon's memory. `failures` are answered before anything else; `lives` is how many calls a token is good for."""

    address: str = ""
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    newer: dict[str, dict[str, Any]] = field(default_factory=dict)
    items: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    listings: dict[str, dict[str, Any]] = field(default_factory=dict)
    shipments: dict[str, dict[str, Any]] = field(default_factory=dict)
    parcels: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    feeds: dict[str, dict[str, Any]] = field(default_factory=dict)
    reports: list[dict[str, Any]] = field(default_factory=list)
    failures: list[Answer] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    tokens: dict[str, int] = field(default_factory=dict)
    lives: int = 1_000
    page: int = 2
    rates: dict[str, str] = field(default_factory=dict)

    def add_order(self, order: dict[str, Any], items: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
        found = deepcopy(order) | changes
        self.orders[found["AmazonOrderId"]] = found
        self.items[found["AmazonOrderId"]] = deepcopy(items)
        return found

    def add_report(self, content: bytes, *, packed: bool = True) -> None:
        number = f"R{len(self.reports)}"
        self.files[number] = gzip.compress(content) if packed else content
        self.reports.append({"reportId": number, "reportDocumentId": f"doc-{number}", "packed": packed})

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        if asked.path == "/auth/o2/token":
            return self._login(asked)
        if asked.path.startswith("/files/"):
            return self._file(asked)
        if self.failures:
            return self.failures.pop(0)
        token = asked.headers.get("x-amz-access-token", "")
        if self.tokens.get(token, 0) <= 0:
            return error(
                403,
                "Unauthorized",
                "Access to requested resource is denied.",
                "The access token you provided has expired.",
            )
        self.tokens[token] -= 1
        parts = [unquote(part) for part in asked.path.strip("/").split("/")]
        found = self._route(asked, parts)
        return Answer(found.status, found.content, {**found.headers, **self.rates})

    def _login(self, asked: Asked) -> Answer:
        form = asked.form()
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT, SECRET):
            return Answer(
                401, {"error": "invalid_client", "error_description": "Client authentication failed"}
            )
        if form.get("grant_type") != "refresh_token" or not form.get("refresh_token", "").startswith(REFRESH):
            return Answer(
                400,
                {"error": "invalid_grant", "error_description": "The request has an invalid grant parameter"},
            )
        token = f"Atza|{len(self.tokens)}"
        self.tokens[token] = self.lives
        return Answer(
            200, {"access_token": token, "refresh_token": REFRESH, "token_type": "bearer", "expires_in": 3600}
        )

    def _file(self, asked: Asked) -> Answer:
        name = asked.path.removeprefix("/files/")
        if asked.headers.get("x-amz-access-token"):  # a signed address takes no second authentication
            return Answer(
                400, b"<Error><Code>InvalidArgument</Code></Error>", {"Content-Type": "application/xml"}
            )
        if asked.method == "PUT":
            self.files[name] = asked.body
            return Answer(200, b"")
        return Answer(200, self.files[name], {"Content-Type": "application/octet-stream"})

    def _route(self, asked: Asked, parts: list[str]) -> Answer:
        match parts, asked.method:
            case ["orders", "v0", "orders"], "GET":
                return self._orders(asked)
            case ["orders", "v0", "orders", ident, *rest], _:
                if ident not in self.orders:
                    return error(404, "InvalidInput", "The requested order does not exist.")
                return self._order(asked, ident, rest)
            case ["orders", "2026-01-01", "orders"], "GET":
                return self._newer_orders(asked)
            case ["orders", "2026-01-01", "orders", ident], "GET" if ident in self.newer:
                return Answer(200, {"order": self.newer[ident]})
            case ["tokens", "2021-03-01", "restrictedDataToken"], "POST":
                token = f"Atz.sprdt|{len(self.tokens)}"
                self.tokens[token] = self.lives
                return Answer(200, {"restrictedDataToken": token, "expiresIn": 3600})
            case ["listings", "2021-08-01", "items", seller, sku], _:
                return self._listing(asked, seller, sku)
            case ["externalFulfillment", "2024-09-11", "shipments", *rest], _:
                return self._shipment(asked, rest)
            case ["feeds", "2021-06-30", *rest], _:
                return self._feed(asked, rest)
            case ["reports", "2021-06-30", "reports"], "GET":
                rows = [
                    {"reportId": r["reportId"], "reportDocumentId": r["reportDocumentId"]}
                    for r in self.reports
                ]
                return Answer(200, {"reports": rows})
            case ["reports", "2021-06-30", "documents", ident], "GET":
                report = next(r for r in self.reports if r["reportDocumentId"] == ident)
                packed = {"compressionAlgorithm": "GZIP"} if report["packed"] else {}
                return Answer(
                    200,
                    {"reportDocumentId": ident, "url": f"{self.address}/files/{report['reportId']}"} | packed,
                )
            case ["finances", "v0", "financialEvents"], "GET":
                return self._paged_example(
                    asked, examples("financesV0", "listFinancialEvents")[0], "NextToken"
                )
            case ["finances", "2024-06-19", "transactions"], "GET":
                return self._paged_example(
                    asked, examples("finances_2024-06-19", "listTransactions")[0], "nextToken"
                )
        return error(404, "NotFound", "Resource not found.")

    def _paged_example(self, asked: Asked, document: dict[str, Any], token: str) -> Answer:
        if token in asked.query:
            document["payload"].pop(token)
        return Answer(200, document)

    def _newer_orders(self, asked: Asked) -> Answer:
        query = asked.query
        if not ({"createdAfter", "lastUpdatedAfter"} & set(query)):
            return error(400, "InvalidInput", "Invalid Input")
        after, start = query.get("lastUpdatedAfter", ""), int(query.get("paginationToken", "0"))
        before = query.get("lastUpdatedBefore", "9")
        rows = [order for order in self.newer.values() if after <= order["lastUpdatedTime"] <= before]
        more = {"pagination": {"nextToken": str(start + self.page)}} if start + self.page < len(rows) else {}
        return Answer(200, {"orders": rows[start : start + self.page], **more})

    def _orders(self, asked: Asked) -> Answer:
        query = asked.query
        if not query.get("MarketplaceIds") or not (
            {"CreatedAfter", "LastUpdatedAfter", "NextToken"} & set(query)
        ):
            return error(400, "InvalidInput", "Invalid Input")
        after, before, start = query.get("LastUpdatedAfter", ""), query.get("LastUpdatedBefore", "9"), 0
        if "NextToken" in query:
            after, before, at = query["NextToken"].split("|")
            start = int(at)
        rows = [order for order in self.orders.values() if after <= order["LastUpdateDate"] <= before]
        payload: dict[str, Any] = {"Orders": rows[start : start + self.page]}
        if start + self.page < len(rows):
            payload["NextToken"] = f"{after}|{before}|{start + self.page}"
        return Answer(200, {"payload": payload})

    def _order(self, asked: Asked, ident: str, rest: list[str]) -> Answer:
        match rest, asked.method:
            case [], "GET":
                return Answer(200, {"payload": self.orders[ident]})
            case ["orderItems"], "GET":
                start = int(asked.query.get("NextToken", "0"))
                payload = {"AmazonOrderId": ident, "OrderItems": self.items[ident][start : start + 1]}
                more = {"NextToken": str(start + 1)} if start + 1 < len(self.items[ident]) else {}
                return Answer(200, {"payload": payload | more})
            case ["address"], "GET":
                return Answer(200, examples("ordersV0", "getOrderAddress")[0])
            case ["buyerInfo"], "GET":
                return Answer(200, examples("ordersV0", "getOrderBuyerInfo")[0])
            case ["shipmentConfirmation"], "POST":
                return self._confirm(asked, ident)
        return error(404, "NotFound", "Resource not found.")

    def _confirm(self, asked: Asked, ident: str) -> Answer:
        detail = asked.json()["packageDetail"]
        known = {item["OrderItemId"]: item["QuantityOrdered"] for item in self.items[ident]}
        if not detail["packageReferenceId"].isdigit() or "/" in detail["shipDate"]:
            return error(400, "InvalidInput", "Invalid Input")
        if any(known.get(item["orderItemId"], 0) < item["quantity"] for item in detail["orderItems"]):
            return error(400, "InvalidInput", "Invalid order item")
        self.parcels[ident, detail["packageReferenceId"]] = asked.json()
        return Answer(204)

    def _listing(self, asked: Asked, seller: str, sku: str) -> Answer:
        if seller != SELLER or sku not in self.listings:
            return error(404, "NOT_FOUND", f"SKU '{sku}' not found in marketplace {MARKET}")
        shown = self.listings[sku]
        if asked.method == "GET":
            return Answer(200, {"sku": sku, "fulfillmentAvailability": shown["availability"]})
        quantity = asked.json()["patches"][0]["value"][0]["quantity"]
        if quantity > 99_999:
            issue = {"code": "90244", "message": "The quantity is too large", "severity": "ERROR"}
            return Answer(200, {"sku": sku, "status": "INVALID", "submissionId": "s", "issues": [issue]})
        shown["availability"] = [{"fulfillmentChannelCode": "DEFAULT", "quantity": quantity}]
        return Answer(200, {"sku": sku, "status": "ACCEPTED", "submissionId": "s", "issues": []})

    def _shipment(self, asked: Asked, rest: list[str]) -> Answer:
        if not rest:
            found = [s for s in self.shipments.values() if s["status"] == asked.query.get("status")]
            return Answer(200, {"shipments": found})
        shipment = self.shipments.get(rest[0])
        if shipment is None:
            return Answer(404, examples("externalFulfillmentShipments_2024-09-11", "getShipment", "404")[0])
        if len(rest) == 1 and asked.method == "POST":
            shipment["status"] = {"CONFIRM": "CONFIRMED", "REJECT": "CANCELLED"}[asked.query["operation"]]
            return Answer(204)
        if rest[1:2] == ["packages"] and asked.method == "PATCH":
            shipment["status"] = asked.query["status"]
            return Answer(204)
        return Answer(200, shipment)

    def _feed(self, asked: Asked, rest: list[str]) -> Answer:
        match rest, asked.method:
            case ["documents"], "POST":
                ident = f"feed-{len(self.files)}"
                return Answer(201, {"feedDocumentId": ident, "url": f"{self.address}/files/{ident}"})
            case ["feeds"], "POST":
                ident = str(23_492_394 + len(self.feeds))
                self.feeds[ident] = {"feedId": ident, "processingStatus": "IN_QUEUE", **asked.json()}
                return Answer(202, {"feedId": ident})
            case ["feeds", ident], "GET":
                return Answer(200, self.feeds[ident])
            case ["documents", ident], "GET":
                return Answer(
                    200,
                    {
                        "feedDocumentId": ident,
                        "url": f"{self.address}/files/{ident}",
                        "compressionAlgorithm": "GZIP",
                    },
                )
        return error(404, "NotFound", "Resource not found.")

    def work_on_feed(self, ident: str) -> None:
        """Do what a feed says and write its report, as Amazon does minutes later."""
        feed = self.feeds[ident]
        issues = []
        for message in json.loads(self.files[feed["inputFeedDocumentId"]])["messages"]:
            listing = self.listings.get(message["sku"])
            if listing is None:
                issues.append(
                    {
                        "messageId": message["messageId"],
                        "code": "4000003",
                        "severity": "ERROR",
                        "message": "no such SKU",
                    }
                )
                continue
            quantity = message["patches"][0]["value"][0]["quantity"]
            listing["availability"] = [{"fulfillmentChannelCode": "DEFAULT", "quantity": quantity}]
        self.files["result"] = gzip.compress(json.dumps({"issues": issues}).encode())
        feed |= {"processingStatus": "DONE", "resultFeedDocumentId": "result"}
