"""What does an order of Amazon's Orders API 2026-01-01, the follower of v0, say in Keel's words?

One document with everything in it. Each item says what it brings (`proceeds`) and of what that is made; the items and what
the order alone has, such as a tip, must give its grand total.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from erp.core.errors import InvalidInput
from erp.core.money import ZERO
from orders.channels.amazon.money import money
from orders.channels.contract import CANCELLED, NEWS, ORDER, ChannelEvent
from orders.channels.document import Cancelled, Charge, Fulfilled, Line, Paid, Place, Snapshot, version_of
from orders.channels.fields import read_country, read_currency
from orders.channels.tree import Tree
from orders.channels.worth import lost_to_prices, unit_price_of

NOT_YET = ("PENDING", "PENDING_AVAILABILITY")
_RANK = (*NOT_YET, "UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED", "UNFULFILLABLE", "CANCELLED")
_CHARGES = {
    "SHIPPING": ("SHIPPING_REVENUE", "Shipping"), "GIFT_WRAP": ("OTHER_INCOME", "Gift wrap"),
    "COD_FEE": ("OTHER_INCOME", "Cash on delivery"), "OTHER": ("OTHER_INCOME", "Other"),
    "DELIVERY_TIP": ("OTHER_INCOME", "Tip for the driver"),
}  # fmt: skip
_OF_ITEMS = ("ITEM", "DISCOUNT", "TAX", "SHIPPING", "GIFT_WRAP", "COD_FEE", "OTHER")


def order_event(message: Tree) -> ChannelEvent:
    """This function will return what an order says: itself, that it is cancelled, or that it is none yet."""
    order = message.child("order") if message.has("order") else message
    fulfillment = order.child("fulfillment")
    ident, status = order.ident("orderId"), fulfillment.text("fulfillmentStatus", 40, required=True)
    if status not in _RANK:
        raise InvalidInput(
            f"“{status}” is no state of an order at Amazon", field=fulfillment.at("fulfillmentStatus"),
            remedy="Tell Keel's makers.",
        )  # fmt: skip
    version = f"{version_of(order.moment('lastUpdatedTime'))}#{_RANK.index(status)}"
    if status in NOT_YET:
        return ChannelEvent(NEWS, "", ident, version, {"topic": "order", "order": ident, "status": status})
    if status == "CANCELLED":
        return ChannelEvent(CANCELLED, ident, "", version, Cancelled("cancelled at Amazon", version[:27]))
    return ChannelEvent(ORDER, ident, "", version, snapshot_of(order))


def snapshot_of(order: Tree) -> Snapshot:
    """This function will return the order as it stands in the document."""
    items = [item for item in order.children("orderItems") if item.whole("quantityOrdered")]
    if not items:
        raise InvalidInput(
            "the order has no orderItems", field=order.at("orderItems"), remedy="Fetch the order again."
        )
    proceeds = order.child("proceeds")
    grand = proceeds.child("grandTotal")
    currency = read_currency(grand.value.get("currencyCode"), grand.at("currencyCode"))
    total = _money(proceeds, "grandTotal", currency)
    lines, charges, costs = [], [], []
    for item in items:
        kinds = _kinds(item.child("proceeds"), currency)
        cost, count = kinds["ITEM"] + kinds["DISCOUNT"], item.whole("quantityOrdered")
        product = item.child("product")
        costs.append((cost, count))
        lines.append(
            Line(item.ident("orderItemId"), product.text("sellerSku", 80, required=True), count, unit_price_of(cost, count),
                 kinds["TAX"], str(product.value.get("title") or "")[:200])
        )  # fmt: skip
        charges += [
            Charge(role, kinds[kind], f"{name} of item {lines[-1].ref}")
            for kind, (role, name) in _CHARGES.items() if kinds.get(kind)
        ]  # fmt: skip
    for row in proceeds.children("breakdowns"):  # what no item has; the rest is the items' own, summed up
        kind = row.text("type", 40)
        if kind not in _OF_ITEMS:
            role, name = _CHARGES.get(kind, ("OTHER_INCOME", kind.replace("_", " ").capitalize()))
            charges.append(Charge(role, _money(row, "subtotal", currency), name))
    lost = lost_to_prices(costs, currency)
    if lost:
        charges.append(
            Charge("OTHER_INCOME" if lost > 0 else "DISCOUNT", lost, "Rounding of prices per unit")
        )
    snapshot = _snapshot(order, items, currency, total, (lines, charges))
    if snapshot.computed_total() != total:
        raise InvalidInput(
            f"grandTotal is {total}, the items add up to {snapshot.computed_total()}", field=grand.path,
            remedy="Fetch the order again.",
        )  # fmt: skip
    return snapshot


def _kinds(proceeds: Tree, currency: str) -> dict[str, Decimal]:
    """An item's proceeds by kind, a discount as less than nothing; they must give the item's own total."""
    found = dict.fromkeys((*_OF_ITEMS, "DELIVERY_TIP"), ZERO)
    for row in proceeds.children("breakdowns"):
        kind = row.text("type", 40, required=True)
        if kind not in found:
            raise InvalidInput(
                f"“{kind}” is no kind of proceeds", field=row.at("type"), remedy="Tell Keel's makers."
            )
        amount = _money(row, "subtotal", currency)
        found[kind] += -abs(amount) if kind == "DISCOUNT" else amount
    said, parts = _money(proceeds, "proceedsTotal", currency), sum(found.values(), ZERO)
    if said != parts:
        raise InvalidInput(
            f"proceedsTotal is {said}, its breakdowns add up to {parts}", field=proceeds.at("proceedsTotal"),
            remedy="Fetch the order again.",
        )  # fmt: skip
    return found


def _money(tree: Tree, name: str, currency: str) -> Decimal:
    return money(tree, name, currency, amount="amount", code="currencyCode")


def _snapshot(
    order: Tree, items: Sequence[Tree], currency: str, total: Decimal, goods: tuple[list[Line], list[Charge]]
) -> Snapshot:
    fulfillment, address = order.child("fulfillment"), order.child("recipient").child("deliveryAddress")
    ident, placed = order.ident("orderId"), order.moment("createdTime")
    return Snapshot(
        external_id=ident, ordered_at=placed, currency=currency, lines=goods[0], total=total, charges=goods[1],
        email=order.child("buyer").text("buyerEmail", 254), ship_to=_place(address),
        payments=[Paid("amazon", ident, total, version_of(placed))] if total else [],
        fulfilments=_fulfilments(order, items), facts=_facts(order, fulfillment, address),
    )  # fmt: skip


def _place(address: Tree) -> Place:
    return Place(
        address.text("name", 120), address.joined([f"addressLine{number}" for number in (1, 2, 3)], 160),
        address.text("city", 80), address.text("postalCode", 20),
        read_country(address.value.get("countryCode"), address.at("countryCode")),
    )  # fmt: skip


def _fulfilments(order: Tree, items: Sequence[Tree]) -> list[Fulfilled]:
    """One for all units that went: packages say their tracking, their items only in part."""
    sent = tuple(
        (item.ident("orderItemId"), units) for item in items if (units := item.child("fulfillment").whole("quantityFulfilled", 0))
    )  # fmt: skip
    if not sent:
        return []
    packages = list(order.children("packages"))
    by_amazon = order.child("fulfillment").text("fulfilledBy", 20) == "AMAZON"
    carriers = [carrier for package in packages if (carrier := package.text("carrier", 80))]
    tracking = tuple(number for package in packages if (number := package.text("trackingNumber", 80)))
    ref = f"{order.ident('orderId')}/{'AFN' if by_amazon else 'MFN'}"
    at = version_of(order.moment("lastUpdatedTime"))
    return [Fulfilled(ref, tracking, carriers[0] if carriers else "Amazon" if by_amazon else "", at, sent)]


def _facts(order: Tree, fulfillment: Tree, address: Tree) -> dict[str, Any]:
    found = {
        name: order.value[name]
        for name in ("orderAliases", "programs", "associatedOrders", "salesChannel", "tax", "packages")
        if order.has(name)
    }
    found |= {
        "fulfillment": fulfillment.value,
        "MarketplaceId": order.child("salesChannel").text("marketplaceId", 40),
    }
    found["fulfilled_by"] = "AMAZON" if fulfillment.text("fulfilledBy", 20) == "AMAZON" else "US"
    kept = {
        name: address.value[name]
        for name in ("stateOrRegion", "companyName", "phone", "addressType")
        if address.has(name)
    }
    found["items"] = {
        item.ident("orderItemId"): {
            name: item.value[name]
            for name in ("programs", "promotion", "cancellation", "expense", "tax")
            if item.has(name)
        }
        for item in order.children("orderItems")
    }
    return found | ({"address": kept} if kept else {})
