"""Answers: where do the recorded answers of Vendure come from, with which the adapter is tested without one?

    python -m tests.live.record

It starts a Vendure, buys, ships, cancels and pays back in it, and writes what its Admin API answers to the adapter's own
questions into `tests/channels/recorded/vendure/`: one file per answer, {"asked", "variables", "answer"}.
"""

from __future__ import annotations

import json
import sys
import urllib.request
from pathlib import Path
from typing import Any

from orders.channels.vendure import queries
from tests.chaos.stack import ROOT, Stack
from tests.live.run_live import PRICES
from tests.live.shop import PASSWORD, Shop, buy

FOLDER = ROOT / "tests/channels/recorded/vendure"
ERROR = "__typename ... on ErrorResult { errorCode message }"
START = {"start": "2020-01-01T00:00:00.000Z", "end": "2099-01-01T00:00:00.000Z", "take": 100, "skip": 0}


class Recorder:
    """Asks one shop, and writes down what it answers."""

    def __init__(self, shop: Shop, mode: str) -> None:
        self.shop, self.mode = shop, mode

    def post(self, query: str, variables: dict[str, Any], *, token: str | None = None) -> dict[str, Any]:
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {token or self.shop.admin.token}",
        }
        body = json.dumps({"query": query, "variables": variables}).encode()
        with urllib.request.urlopen(
            urllib.request.Request(self.shop.admin.url, body, headers), timeout=60
        ) as answer:
            found: dict[str, Any] = json.loads(answer.read())
        return found

    def record(self, name: str, query: str, *, token: str | None = None, **variables: Any) -> Any:
        """Ask, write the answer down, and return its data."""
        answer = self.post(query, variables, token=token)
        asked = query.split("(")[0].split("{")[0].split()[1]
        content = {"asked": asked, "variables": variables, "answer": answer}
        path = FOLDER / f"{self.mode}__{name}.json"
        path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        return answer.get("data")

    def order(self, name: str, ident: str) -> dict[str, Any]:
        found: dict[str, Any] = self.record(name, queries.ORDER, id=ident)["order"]
        return found

    def buy(
        self, number: int, *lines: tuple[str, int], coupon: bool = False, method: str = "card"
    ) -> dict[str, Any]:
        code = buy(self.shop, number, lines, coupon=coupon, method=method)
        found = self.post(
            "query ($c: String!) { orders(options: {filter: {code: {eq: $c}}}) { items { id updatedAt payments { id } "
            "lines { id quantity } } } }", {"c": code},
        )  # fmt: skip
        order: dict[str, Any] = found["data"]["orders"]["items"][0]
        return order

    def everything(self) -> None:
        """What an order can become, and what is told of stock, parcels and refunds."""
        self.shop.admin.ask(
            "mutation ($i: [UpdateProductVariantInput!]!) { updateProductVariants(input: $i) { id } }",
            i=[{"id": ident, "stockOnHand": 100} for ident in self.shop.variants.values()],
        )
        self._orders()
        self._outward()
        self.record("changed", queries.CHANGED, **START)

    def _orders(self) -> None:
        paid = self.buy(1, ("LIVE-1", 2), ("LIVE-3", 3))
        self.order("order_paid", paid["id"])
        discounted = self.buy(2, ("LIVE-2", 3), ("LIVE-3", 7), ("LIVE-6", 1), coupon=True)
        self.order("order_discounted", discounted["id"])
        self.order("order_authorized", self.buy(3, ("LIVE-4", 1), method="invoice")["id"])
        cancelled = self.buy(4, ("LIVE-5", 4), coupon=True)
        self._cancel(cancelled, None)
        self.order("order_cancelled", cancelled["id"])
        partly = self.buy(5, ("LIVE-1", 3), ("LIVE-6", 2), coupon=True)
        self._cancel(partly, [{"orderLineId": partly["lines"][0]["id"], "quantity": 1}])
        self.order("order_partly_cancelled", partly["id"])
        self._cancel(partly, [{"orderLineId": partly["lines"][1]["id"], "quantity": 2}])
        self.order("order_line_cancelled", partly["id"])
        extra = self.buy(6, ("LIVE-2", 1))
        self._modify(extra["id"])
        self.order("order_surcharge", extra["id"])

    def _cancel(self, order: dict[str, Any], lines: Any) -> None:
        content = {
            "orderId": order["id"],
            "lines": lines,
            "cancelShipping": lines is None,
            "reason": "changed my mind",
        }
        made = self.post(
            f"mutation ($i: CancelOrderInput!) {{ cancelOrder(input: $i) {{ {ERROR} }} }}", {"i": content}
        )
        assert made["data"]["cancelOrder"]["__typename"] == "Order", made

    def _modify(self, ident: str) -> None:
        move = (
            f"mutation ($id: ID!, $s: String!) {{ transitionOrderToState(id: $id, state: $s) {{ {ERROR} }} }}"
        )
        self.post(move, {"id": ident, "s": "Modifying"})
        content = {
            "dryRun": False, "orderId": ident,
            "surcharges": [
                {"description": "Gift wrap", "price": 250, "priceIncludesTax": True, "taxRate": 20, "taxDescription": "VAT"}
            ],
        }  # fmt: skip
        made = self.post(
            f"mutation ($i: ModifyOrderInput!) {{ modifyOrder(input: $i) {{ {ERROR} }} }}", {"i": content}
        )
        assert made["data"]["modifyOrder"]["__typename"] == "Order", made
        self.post(move, {"id": ident, "s": "ArrangingAdditionalPayment"})
        manual = {"orderId": ident, "method": "by hand", "transactionId": "cash", "metadata": {}}
        made = self.post(
            f"mutation ($i: ManualPaymentInput!) {{ addManualPaymentToOrder(input: $i) {{ {ERROR} }} }}",
            {"i": manual},
        )
        assert made["data"]["addManualPaymentToOrder"]["__typename"] == "Order", made

    def _outward(self) -> None:
        self.record("login_wrong", queries.LOGIN, token="none", username="superadmin", password="wrong")
        self.record("forbidden", queries.LOCATIONS, token="none")
        self.record("locations", queries.LOCATIONS)
        self.record(
            "variants", queries.VARIANTS, filter={"sku": {"in": ["LIVE-1", "LIVE-2", "NONE"]}}, take=100
        )
        level = {"stockLocationId": "1", "stockOnHand": 42}
        content = [{"id": self.shop.variants["LIVE-5"], "trackInventory": "TRUE", "stockLevels": [level]}]
        self.record("set_stock", queries.SET_STOCK, input=content)
        sent = self.buy(7, ("LIVE-1", 2), ("LIVE-2", 1))
        lines = [{"orderLineId": line["id"], "quantity": 1} for line in sent["lines"]]
        arguments = [{"name": "method", "value": "DPD"}, {"name": "trackingCode", "value": "TRACK-1"}]
        handler = {"code": "manual-fulfillment", "arguments": arguments}
        made = self.record("fulfil", queries.FULFIL, input={"lines": lines, "handler": handler})
        ident = made["addFulfillmentToOrder"]["id"]
        self.order("order_parcel_pending", sent["id"])
        self.record("move_fulfilment", queries.MOVE_FULFILMENT, id=ident, state="Shipped")
        self.record("move_fulfilment_twice", queries.MOVE_FULFILMENT, id=ident, state="Pending")
        self.order("order_partly_shipped", sent["id"])
        many = [{"orderLineId": sent["lines"][0]["id"], "quantity": 5}]
        self.record("fulfil_refused", queries.FULFIL, input={"lines": many, "handler": handler})
        before = self.order("order_before_refund", sent["id"])
        payment = before["payments"][0]["id"]
        refund = {
            "paymentId": payment, "amount": 500, "reason": "one was broken [keel CN-1]", "lines": [], "shipping": 0,
            "adjustment": 0,
        }  # fmt: skip
        made = self.record("refund", queries.REFUND, input=refund)["refundOrder"]
        self.order("order_refund_pending", sent["id"])
        settle = {"id": made["id"], "transactionId": "by hand"}
        settled = self.post(
            f"mutation ($i: SettleRefundInput!) {{ settleRefund(input: $i) {{ {ERROR} }} }}", {"i": settle}
        )
        assert settled["data"]["settleRefund"]["__typename"] == "Refund", settled
        after = self.order("order_refunded", sent["id"])
        print(
            self.mode,
            "updatedAt",
            before["updatedAt"],
            "→ after a refund",
            after["updatedAt"],
            file=sys.stderr,
        )
        print(self.mode, "refund", after["payments"][0]["refunds"], file=sys.stderr)
        self.record("refund_refused", queries.REFUND, input={**refund, "amount": 10_000_000})


def main() -> None:
    """Record a shop whose prices hold the tax, and one whose do not."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.json"):
        old.unlink()
    stack = Stack()
    try:
        stack.start()
        for mode in ("included", "excluded"):
            database = json.loads(
                stack.run("-m", "tests.live.keel", "database", f"vendure_{mode}").splitlines()[-1]
            )
            shop = Shop(database, {}, Path(stack.home) / f"{mode}.log")
            try:
                shop.start()
                shop.fill(PRICES, prices_include_tax=mode == "included")
                Recorder(shop, mode).everything()
            finally:
                shop.stop()
    finally:
        stack.stop()
    assert PASSWORD not in "".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json"))


if __name__ == "__main__":
    main()
