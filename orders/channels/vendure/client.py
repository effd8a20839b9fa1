"""How does Keel ask a Vendure shop, and tell it of stock, parcels and refunds (Admin API)?

Vendure sells what is on hand less what it has allocated to its own open orders. So what is set on hand is what may be sold and
what is allocated there; parcels and refunds are looked for first, so that telling twice is telling once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

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
from orders.channels.tree import Tree
from orders.channels.vendure import queries
from orders.channels.vendure.graphql import GraphQl, result, rows
from orders.channels.vendure.read import FETCHED, amount_of, precision_of, version_of_order

PAGE = 100
ASKED = 50  # variants in a question: room for SKUs that the shop has twice
TRIES = 3  # settings of a value that the shop's own orders cross
HANDLER = "manual-fulfillment"


class VendureClient:
    """One shop, as one of its administrators."""

    def __init__(self, account: Account, limits: Limits) -> None:
        self._api = GraphQl(account, limits)
        self._places = precision_of(account)
        self._location = str(account.settings.get("location") or "").strip()

    def changed_orders(self, since: datetime, until: datetime) -> Iterator[Fetched]:
        """This function will yield the orders changed in the time, oldest change first.

        Each page begins at the time where the last one ended, with what that time was told of again: an order that changes
        meanwhile goes to the end, and what stood behind it is not passed over.
        """
        start, skip = since.astimezone(UTC), 0
        told: set[tuple[str, str]] = set()
        while True:
            data = self._api.ask(queries.CHANGED, start=_said(start), end=_said(until), take=PAGE, skip=skip)
            page = rows((data.get("orders") or {}).get("items"), "orders.items")
            for order in page:
                fetched = _fetched(order)
                if (key := (str(order.get("id")), fetched.id)) not in told:
                    told.add(key)
                    yield fetched
            if len(page) < PAGE:
                return
            last = _moment(page[-1])
            skip = skip + PAGE if last <= start else 0  # a page of one single moment: its rest is behind it
            start = max(start, last)

    def order(self, external_id: str) -> Mapping[str, Any]:
        """This function will return an order as it is now; ChannelError when the shop has none of that id."""
        found = self._api.ask(queries.ORDER, id=external_id).get("order")
        if not isinstance(found, dict):
            raise ChannelError(f"Vendure has no order {external_id[:40]}", final=True, status=404)
        return found

    def publish_stock(self, values: Sequence[StockValue]) -> list[Published]:
        """This function will set what the shop may sell of each variant; the answers hold the ids that were looked up."""
        variants = self._variants(values)
        said: dict[str, str] = {}
        wanted: dict[str, StockValue] = {}
        for value in values:
            found = variants.get(value.channel_sku, [])
            if len(found) == 1:
                wanted[str(found[0]["id"])] = value
            else:
                many = "the shop has several variants with this SKU: map the listing to one of them"
                said[value.channel_sku] = many if found else "the shop has no variant with this SKU"
        known = {str(found["id"]): found for many in variants.values() for found in many}
        self._set({ident: known[ident] for ident in wanted}, wanted)
        ids = {value.channel_sku: {"variant_id": ident} for ident, value in wanted.items()}
        return [
            Published(value.channel_sku, said.get(value.channel_sku, ""), ids.get(value.channel_sku, {}))
            for value in values
        ]

    def _set(self, variants: Mapping[str, Mapping[str, Any]], wanted: Mapping[str, StockValue]) -> None:
        """Set on hand to what may be sold and what is allocated. A parcel that left in between would leave too much there: what
        the shop then has is looked at, and set again.
        """
        left = dict(variants)
        for _ in range(TRIES):
            if not left:
                return
            location = self._place(left.values())
            content = [
                {
                    "id": ident, "trackInventory": "TRUE",
                    "stockLevels": [
                        {
                            "stockLocationId": location,
                            "stockOnHand": wanted[ident].quantity + _level(variant, location)[1],
                        }
                    ],
                }
                for ident, variant in left.items()
            ]  # fmt: skip
            data = self._api.ask(queries.SET_STOCK, input=content)
            answers = {
                str(row.get("id")): row
                for row in rows(data.get("updateProductVariants"), "updateProductVariants")
            }
            if missing := set(left) - set(answers):
                raise ChannelError(f"Vendure did not answer for variant {sorted(missing)[0]}")
            left = {
                ident: row for ident, row in answers.items()
                if ident in left and _sellable(row, location) > wanted[ident].quantity
            }  # fmt: skip
        if left:
            raise ChannelError("the shop's stock moves faster than it can be set")

    def stock(self, values: Sequence[StockValue]) -> dict[str, int | None]:
        """This function will return what the shop may sell of each SKU: on hand less allocated; None for one it does not know."""
        variants = self._variants(values)
        shown: dict[str, int | None] = {}
        for value in values:
            found = variants.get(value.channel_sku, [])
            shown[value.channel_sku] = (
                _sellable(found[0], self._place(found))
                if len(found) == 1 and found[0].get("stockLevels")
                else None
            )
        return shown

    def _variants(self, values: Sequence[StockValue]) -> dict[str, list[Mapping[str, Any]]]:
        """Channel SKU → the variants that are meant: by the id that its listing knows, else by the SKU."""
        ids: dict[str, list[str]] = {}
        for value in values:
            if ident := _variant_id(value):
                ids.setdefault(ident, []).append(value.channel_sku)
        by_sku = [value.channel_sku for value in values if not _variant_id(value)]
        found: dict[str, list[Mapping[str, Any]]] = {}
        for field, names in (("id", list(ids)), ("sku", by_sku)):
            for at in range(0, len(names), ASKED):
                filtered = {field: {"in": names[at : at + ASKED]}}
                data = self._api.ask(queries.VARIANTS, filter=filtered, take=PAGE)
                for row in rows((data.get("productVariants") or {}).get("items"), "productVariants.items"):
                    skus = ids.get(str(row.get("id")), []) if field == "id" else [str(row.get("sku"))]
                    for sku in skus:
                        found.setdefault(sku, []).append(row)
        return found

    def _place(self, variants: Any) -> str:
        """The stock location that is set: the channel's setting, or the only one that the shop has."""
        if not self._location:
            seen = {
                str(level.get("stockLocationId"))
                for variant in variants
                for level in variant.get("stockLevels") or []
            }
            if len(seen) != 1:
                items = rows(
                    (self._api.ask(queries.LOCATIONS).get("stockLocations") or {}).get("items"),
                    "stockLocations",
                )
                seen = {str(row.get("id")) for row in items}
            if len(seen) != 1:
                raise ChannelError(
                    "the shop has several stock locations: enter the one that Keel sets on the channel's page",
                    final=True,
                )
            self._location = seen.pop()
        return self._location

    def publish_shipment(self, notice: ShipmentNotice) -> str:
        """This function will make a parcel known as a fulfilment that is shipped, and return its id.

        A parcel is known by its tracking number (our key, where it has none) and what is in it.
        """
        order = self.order(notice.external_id)
        lines = {str(ref): units for ref, _, units in notice.lines}
        tracking = notice.tracking_number or notice.key
        for known in order.get("fulfillments") or []:
            within = {str(line["orderLineId"]): line["quantity"] for line in known.get("lines") or []}
            if (
                known.get("state") != "Cancelled"
                and known.get("trackingCode") == tracking
                and within == lines
            ):
                return self._shipped(str(known["id"]), str(known["state"]))
        content = {
            "lines": [{"orderLineId": ref, "quantity": units} for ref, units in lines.items()],
            "handler": {
                "code": HANDLER,
                "arguments": [
                    {"name": "method", "value": notice.carrier or "Parcel"}, {"name": "trackingCode", "value": tracking}
                ],
            },
        }  # fmt: skip
        made = result(self._api.ask(queries.FULFIL, input=content), "addFulfillmentToOrder")
        return self._shipped(str(made["id"]), str(made["state"]))

    def _shipped(self, ident: str, state: str) -> str:
        if state in ("Created", "Pending"):
            data = self._api.ask(queries.MOVE_FULFILMENT, id=ident, state="Shipped")
            result(data, "transitionFulfillmentToState")
        return ident

    def publish_refund(self, external_id: str, refund: Refund) -> str:
        """This function will have the shop's payment provider pay back, and return the refund as the shop will tell of it.

        `refund.ref` is written into the reason: a refund that bears it already is not made twice.
        """
        order = self.order(external_id)
        mark = f"[keel {refund.ref}]"
        for payment in order.get("payments") or []:
            for known in payment.get("refunds") or []:
                if mark in str(known.get("reason") or "") and known.get("state") != "Failed":
                    return f"{order['code']}:{payment['id']}:{known['id']}"
        minor = int((refund.amount * (Decimal(10) ** self._places)).to_integral_exact())
        payment = self._payment_for(order, refund.provider, minor)
        content = {
            "paymentId": payment, "amount": minor, "reason": f"{refund.reason[:200]} {mark}".strip(),
            "lines": [], "shipping": 0, "adjustment": 0,  # outdated, and yet it fails without them
        }  # fmt: skip
        made = result(self._api.ask(queries.REFUND, input=content), "refundOrder")
        return f"{order['code']}:{payment}:{made['id']}"

    def _payment_for(self, order: Mapping[str, Any], provider: str, minor: int) -> str:
        """The payment that has as much left to pay back, of the provider that took the money."""
        for payment in order.get("payments") or []:
            back = sum(
                int(known["total"])
                for known in payment.get("refunds") or []
                if known.get("state") != "Failed"
            )
            fits = payment.get("state") == "Settled" and payment.get("method") == provider
            if fits and int(payment["amount"]) - back >= minor:
                return str(payment["id"])
        shown = amount_of(minor, self._places)
        raise ChannelError(f"no payment by {provider[:40]} has {shown} left to pay back", final=True)


def _fetched(order: Mapping[str, Any]) -> Fetched:
    body = json.dumps({"order": order}, sort_keys=True, ensure_ascii=False)
    version = version_of_order(Tree.of(order, "order"))
    return Fetched(FETCHED, f"{order.get('id')}@{version}", body, _moment(order))


def _moment(order: Mapping[str, Any]) -> datetime:
    try:
        return datetime.fromisoformat(str(order.get("updatedAt"))).astimezone(UTC)
    except ValueError as error:
        raise ChannelError(f"Vendure's order {order.get('id')} has no updatedAt") from error


def _said(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _variant_id(value: StockValue) -> str:
    known = str(value.external.get("variant_id") or "")
    return known or (value.channel_sku[8:] if value.channel_sku.startswith("variant:") else "")


def _level(variant: Mapping[str, Any], location: str) -> tuple[int, int]:
    """(on hand, allocated) of a variant at a location."""
    for level in variant.get("stockLevels") or []:
        if str(level.get("stockLocationId")) == location:
            return int(level["stockOnHand"]), int(level["stockAllocated"])
    return 0, 0


def _sellable(variant: Mapping[str, Any], location: str) -> int:
    on_hand, allocated = _level(variant, location)
    return on_hand - allocated
