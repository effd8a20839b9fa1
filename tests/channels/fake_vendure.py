"""How does a Vendure shop answer Keel's questions? An imitation, request by request, of what was recorded from a real one.

`test_vendure_client.py` compares the shape of each of its answers with the recorded one, so it may not invent fields.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.channels.served import Answer, Asked

RECORDED = Path(__file__).parent / "recorded/vendure"
ORDERS = sorted(path.stem for path in RECORDED.glob("*__order_*.json"))


def recorded(name: str) -> dict[str, Any]:
    """What was recorded under a name: {"asked", "variables", "answer"}."""
    found: dict[str, Any] = json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))
    return found


def order_recorded(name: str) -> dict[str, Any]:
    """A recorded order."""
    found: dict[str, Any] = recorded(name)["answer"]["data"]["order"]
    return found


def error(code: str, message: str = "as the shop says", **more: str) -> dict[str, str]:
    """A result that is an ErrorResult."""
    return {"__typename": "AnError", "errorCode": code, "message": message, **more}


@dataclass
class Shop:
    """A shop with orders, variants and one administrator."""

    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    variants: dict[str, dict[str, Any]] = field(default_factory=dict)
    locations: list[str] = field(default_factory=lambda: ["1"])
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    sessions: set[str] = field(default_factory=set)
    logins: int = 0
    gives_tokens: bool = True
    fails: list[Answer] = field(default_factory=list)  # answers instead, once each
    address: str = ""

    def add_order(self, order: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Put an order in and return it."""
        made = {**copy.deepcopy(order), **more}
        self.orders[str(made["id"])] = made
        return made

    def add_variant(
        self, ident: str, sku: str, on_hand: int = 0, allocated: int = 0, *, at: str = "1"
    ) -> None:
        """Put a variant in, with its level at one location."""
        level = {"stockLocationId": at, "stockOnHand": on_hand, "stockAllocated": allocated}
        self.variants[ident] = {"id": ident, "sku": sku, "stockLevels": [level]}

    def answer(self, asked: Asked) -> Answer:
        """Answer one request as Vendure does."""
        if self.fails:
            return self.fails.pop(0)
        content = asked.json()
        name, variables = content["query"].split("(")[0].split("{")[0].split()[1], content["variables"]
        self.asked.append((name, variables))
        if name == "KeelLogin":
            return self._log_in(variables)
        if asked.headers.get("authorization", "").removeprefix("Bearer ") not in self.sessions:
            return Answer(content=recorded("included__forbidden")["answer"])
        found = getattr(self, "_" + name.removeprefix("Keel").lower())(**variables)
        return Answer(content={"data": found})

    def _log_in(self, given: dict[str, Any]) -> Answer:
        if given != {"username": "keel", "password": "right"}:
            return Answer(content=recorded("included__login_wrong")["answer"])
        self.logins += 1
        token = f"token-{self.logins}"
        self.sessions.add(token)
        headers = {"vendure-auth-token": token} if self.gives_tokens else {}
        return Answer(content={"data": {"login": {"__typename": "CurrentUser"}}}, headers=headers)

    def _order(self, id: str) -> dict[str, Any]:
        return {"order": self.orders.get(id)}

    def _changed(self, start: str, end: str, take: int, skip: int) -> dict[str, Any]:
        found = [
            order
            for order in self.orders.values()
            if start <= order["updatedAt"] <= end and order["orderPlacedAt"]
        ]
        found.sort(key=lambda order: (order["updatedAt"], int(order["id"])))
        return {"orders": {"items": found[skip : skip + take]}}

    def _variants(self, filter: dict[str, Any], take: int) -> dict[str, Any]:
        ((name, wanted),) = filter.items()
        found = [row for row in self.variants.values() if row[name] in wanted["in"]]
        return {"productVariants": {"items": copy.deepcopy(found[:take])}}

    def _locations(self) -> dict[str, Any]:
        return {
            "stockLocations": {"items": [{"id": ident, "name": f"Place {ident}"} for ident in self.locations]}
        }

    def _setstock(self, input: list[dict[str, Any]]) -> dict[str, Any]:
        for change in input:
            (level,) = change["stockLevels"]
            levels = self.variants[change["id"]]["stockLevels"]
            for known in levels:
                if known["stockLocationId"] == level["stockLocationId"]:
                    known["stockOnHand"] = level["stockOnHand"]
                    break
            else:
                levels.append({**level, "stockAllocated": 0})
        return {"updateProductVariants": [copy.deepcopy(self.variants[change["id"]]) for change in input]}

    def _fulfil(self, input: dict[str, Any]) -> dict[str, Any]:
        given = {argument["name"]: argument["value"] for argument in input["handler"]["arguments"]}
        order = next(
            order for order in self.orders.values()
            if {line["orderLineId"] for line in input["lines"]} <= {line["id"] for line in order["lines"]}
        )  # fmt: skip
        sent: dict[str, int] = {}
        for parcel in order["fulfillments"]:
            for line in parcel["lines"]:
                sent[line["orderLineId"]] = sent.get(line["orderLineId"], 0) + line["quantity"]
        units = {line["id"]: line["quantity"] for line in order["lines"]}
        for line in input["lines"]:
            if sent.get(line["orderLineId"], 0) + line["quantity"] > units[line["orderLineId"]]:
                return {"addFulfillmentToOrder": error("ITEMS_ALREADY_FULFILLED_ERROR")}
        made = {
            "id": str(100 + len(order["fulfillments"])), "createdAt": order["updatedAt"], "updatedAt": order["updatedAt"],
            "state": "Pending", "method": given["method"], "trackingCode": given["trackingCode"], "lines": input["lines"],
        }  # fmt: skip
        order["fulfillments"].append(made)
        return {"addFulfillmentToOrder": {"__typename": "Fulfillment", "id": made["id"], "state": "Pending"}}

    def _movefulfilment(self, id: str, state: str) -> dict[str, Any]:
        parcel = next(
            found for order in self.orders.values() for found in order["fulfillments"] if found["id"] == id
        )
        if parcel["state"] != "Pending":
            words = f'Cannot transition Fulfillment from "{parcel["state"]}" to "{state}"'
            return {
                "transitionFulfillmentToState": error(
                    "FULFILLMENT_STATE_TRANSITION_ERROR", transitionError=words
                )
            }
        parcel["state"] = state
        return {"transitionFulfillmentToState": {"__typename": "Fulfillment", "id": id, "state": state}}

    def _refund(self, input: dict[str, Any]) -> dict[str, Any]:
        order, payment = next(
            (order, found) for order in self.orders.values() for found in order["payments"] if found["id"] == input["paymentId"]
        )  # fmt: skip
        if input["amount"] > payment["amount"] - sum(known["total"] for known in payment["refunds"]):
            return {"refundOrder": error("REFUND_AMOUNT_ERROR")}
        made = {
            "id": str(500 + len(payment["refunds"])), "createdAt": order["updatedAt"], "updatedAt": order["updatedAt"],
            "total": input["amount"], "state": "Pending", "reason": input["reason"], "transactionId": "",
        }  # fmt: skip
        payment["refunds"].append(made)
        return {
            "refundOrder": {
                "__typename": "Refund",
                "id": made["id"],
                "state": "Pending",
                "total": made["total"],
            }
        }
