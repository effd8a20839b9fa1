"""What does an order of Amazon's Orders API v0 say, in Keel's words?

The order and its items are two documents; a message holds both, with the buyer and the address where they had to be asked
for by themselves. An item's amounts are of all its units. Whether they hold the tax (Europe, Japan) or not (North America) is
nowhere said: the one that gives the order's own total is true, and an order that neither gives is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from erp.core.errors import InvalidInput
from erp.core.money import ZERO
from orders.channels.amazon.money import money
from orders.channels.contract import CANCELLED, NEWS, ORDER, ChannelEvent
from orders.channels.document import Cancelled, Charge, Fulfilled, Line, Paid, Place, Snapshot, version_of
from orders.channels.fields import read_country, read_currency
from orders.channels.tree import Tree
from orders.channels.worth import lost_to_prices, spread, unit_price_of

NOT_YET = ("Pending", "PendingAvailability")  # no prices and nothing to do: Amazon is still taking the money
_RANK = {
    "PendingAvailability": 1, "Pending": 2, "Unshipped": 3, "PartiallyShipped": 4, "Shipped": 5, "InvoiceUnconfirmed": 6,
    "Unfulfillable": 7, "Canceled": 8,
}  # fmt: skip
BY_AMAZON = "AFN"


def order_event(message: Tree) -> ChannelEvent:
    """This function will return what an order says: itself, that it is cancelled, or that it is none yet."""
    order = message.child("order")
    ident, status = order.ident("AmazonOrderId"), order.text("OrderStatus", 40, required=True)
    if status not in _RANK:
        raise InvalidInput(
            f"“{status}” is no state of an order at Amazon",
            field=order.at("OrderStatus"),
            remedy="Tell Keel's makers.",
        )
    version = f"{version_of(order.moment('LastUpdateDate'))}#{_RANK[status]}"
    if status in NOT_YET:
        return ChannelEvent(NEWS, "", ident, version, {"topic": "order", "order": ident, "status": status})
    if status == "Canceled":  # its items are gone, and most often its total too
        return ChannelEvent(CANCELLED, ident, "", version, Cancelled("cancelled at Amazon", version[:27]))
    return ChannelEvent(ORDER, ident, "", version, snapshot_of(message))


@dataclass(frozen=True)
class _Item:
    """An item's amounts: what its units cost after promotions, what the rest costs, and the tax in or on both."""

    tree: Tree
    units: int
    goods: Decimal
    shipping: Decimal
    gift: Decimal
    cod: Decimal
    goods_tax: Decimal
    promotion_tax: Decimal
    other_tax: Decimal

    @property
    def said(self) -> Decimal:
        return self.goods + self.shipping + self.gift + self.cod

    def tax(self, *, promotion_in: bool) -> Decimal:
        return self.goods_tax + self.other_tax - (ZERO if promotion_in else self.promotion_tax)


@dataclass(frozen=True)
class _Rule:
    """How the amounts are meant: with the tax in them or not; the tax after promotions or before."""

    tax_included: bool
    promotion_in: bool

    def total(self, items: Sequence[_Item]) -> Decimal:
        said = sum((item.said for item in items), ZERO)
        tax = sum((item.tax(promotion_in=self.promotion_in) for item in items), ZERO)
        return said if self.tax_included else said + tax

    def __str__(self) -> str:
        return f"tax {'in' if self.tax_included else 'on top of'} the prices"


_RULES = [_Rule(included, promotion) for promotion in (False, True) for included in (False, True)]


def snapshot_of(message: Tree) -> Snapshot:
    """This function will return the order as it stands in the message {order, items, buyer, address}."""
    order = message.child("order")
    items = [item for item in message.children("items") if item.whole("QuantityOrdered")]
    if not items:
        raise InvalidInput(
            "the order has no items",
            field=message.at("items"),
            remedy="Fetch the order again with its items.",
        )
    currency, total = _total(order, items)
    read = [_read(item, currency) for item in items]
    rule = next((rule for rule in _RULES if rule.total(read) == total), None)
    if rule is None:
        said = " or ".join(sorted({str(rule.total(read)) for rule in _RULES}))
        raise InvalidInput(
            f"OrderTotal is {total}, the items add up to {said}", field=order.at("OrderTotal"),
            remedy="Fetch the order again: an item may be on another page.",
        )  # fmt: skip
    lines, charges = _goods(read, rule, currency)
    address = order.child("ShippingAddress") if order.has("ShippingAddress") else message.child("address")
    buyer = order.child("BuyerInfo") if order.has("BuyerInfo") else message.child("buyer")
    return Snapshot(
        external_id=order.ident("AmazonOrderId"), ordered_at=order.moment("PurchaseDate"), currency=currency, lines=lines,
        total=total, charges=charges, email=buyer.text("BuyerEmail", 254), ship_to=place_of(address),
        payments=_payments(order, total), fulfilments=_fulfilments(order, items),
        facts=_facts(order, items, buyer, address) | {"tax_rule": str(rule)},
    )  # fmt: skip


def _total(order: Tree, items: Sequence[Tree]) -> tuple[str, Decimal]:
    """The order's currency and total; a replacement costs nothing and has neither."""
    if order.has("OrderTotal"):
        code = order.child("OrderTotal")
        currency = read_currency(code.value.get("CurrencyCode"), code.at("CurrencyCode"))
        return currency, money(order, "OrderTotal", currency)
    priced = next((item.child("ItemPrice") for item in items if item.has("ItemPrice")), None)
    if priced is None or order.value.get("IsReplacementOrder") not in (True, "true"):
        raise InvalidInput(
            "the order has no OrderTotal",
            field=order.at("OrderTotal"),
            remedy="Fetch it again once Amazon has priced it.",
        )
    return read_currency(priced.value.get("CurrencyCode"), priced.at("CurrencyCode")), ZERO


def _read(item: Tree, currency: str) -> _Item:
    buyer = item.child("BuyerInfo")

    def of(name: str, less: str = "", tree: Tree = item) -> Decimal:
        return money(tree, name, currency) - (money(tree, less, currency) if less else ZERO)

    return _Item(
        item, item.whole("QuantityOrdered"), of("ItemPrice", "PromotionDiscount"), of("ShippingPrice", "ShippingDiscount"),
        of("GiftWrapPrice", tree=buyer), of("CODFee", "CODFeeDiscount"), of("ItemTax"), of("PromotionDiscountTax"),
        of("ShippingTax", "ShippingDiscountTax") + of("GiftWrapTax", tree=buyer),
    )  # fmt: skip


def _goods(items: Sequence[_Item], rule: _Rule, currency: str) -> tuple[list[Line], list[Charge]]:
    """Lines and charges without tax; the tax of shipping and gift wrap goes to the line that it came with."""
    lines, charges, costs = [], [], []
    for item in items:
        own_tax = item.goods_tax - (ZERO if rule.promotion_in else item.promotion_tax)
        cost = item.goods - own_tax if rule.tax_included else item.goods
        if cost < 0:
            raise InvalidInput(
                f"{item.tree.at('PromotionDiscount')} is more than the item costs", field=item.tree.at("PromotionDiscount"),
                remedy="Look at the order on Amazon.",
            )  # fmt: skip
        costs.append((cost, item.units))
        lines.append(
            Line(item.tree.ident("OrderItemId"), item.tree.text("SellerSKU", 80, required=True), item.units,
                 unit_price_of(cost, item.units), own_tax + item.other_tax, str(item.tree.value.get("Title") or "")[:200])
        )  # fmt: skip
        others = (item.shipping, item.gift, item.cod)
        taxed = spread(item.other_tax, others, currency) if rule.tax_included else [ZERO] * 3
        names = (
            ("SHIPPING_REVENUE", "Shipping"),
            ("OTHER_INCOME", "Gift wrap"),
            ("OTHER_INCOME", "Cash on delivery"),
        )
        for (kind, name), amount, tax in zip(names, others, taxed, strict=True):
            if amount - tax:
                charges.append(Charge(kind, amount - tax, f"{name} of item {lines[-1].ref}"))
    lost = lost_to_prices(costs, currency)
    if lost:
        charges.append(
            Charge("OTHER_INCOME" if lost > 0 else "DISCOUNT", lost, "Rounding of prices per unit")
        )
    return lines, charges


def place_of(address: Tree) -> Place:
    """This function will return an address of Amazon's."""
    street = address.joined([f"AddressLine{number}" for number in (1, 2, 3)], 160)
    return Place(
        address.text("Name", 120), street, address.text("City", 80), address.text("PostalCode", 20),
        read_country(address.value.get("CountryCode"), address.at("CountryCode")),
    )  # fmt: skip


def _payments(order: Tree, total: Decimal) -> list[Paid]:
    """What is past Pending is paid to Amazon, unless the carrier collects it."""
    if not total or order.text("PaymentMethod", 40) == "COD":
        return []
    return [Paid("amazon", order.ident("AmazonOrderId"), total, version_of(order.moment("PurchaseDate")))]


def _fulfilments(order: Tree, items: Sequence[Tree]) -> list[Fulfilled]:
    """What has left: Amazon's own warehouses tell no parcels here, only how many units of each item went."""
    sent = tuple(
        (item.ident("OrderItemId"), units) for item in items if (units := item.whole("QuantityShipped", 0))
    )
    if not sent:
        return []
    channel = order.text("FulfillmentChannel", 10) or "MFN"
    carrier = "Amazon" if channel == BY_AMAZON else ""
    ref = f"{order.ident('AmazonOrderId')}/{channel}"
    return [Fulfilled(ref, carrier=carrier, at=version_of(order.moment("LastUpdateDate")), lines=sent)]


_ORDER = (
    "SellerOrderId", "OrderStatus", "FulfillmentChannel", "SalesChannel", "OrderChannel", "ShipServiceLevel",
    "ShipmentServiceLevelCategory", "OrderType", "PaymentMethod", "PaymentMethodDetails", "MarketplaceId", "EarliestShipDate",
    "LatestShipDate", "EarliestDeliveryDate", "LatestDeliveryDate", "IsBusinessOrder", "IsPrime", "IsPremiumOrder",
    "IsReplacementOrder", "ReplacedOrderId", "IsISPU", "IsIBA", "IsSoldByAB", "IsAccessPointOrder", "HasRegulatedItems",
    "FulfillmentInstruction", "AutomatedShippingSettings", "ElectronicInvoiceStatus", "EasyShipShipmentStatus",
)  # fmt: skip
_ITEM = (
    "ASIN", "PromotionIds", "TaxCollection", "ConditionId", "ConditionSubtypeId", "IsGift", "IossNumber", "SerialNumberRequired",
    "IsTransparency", "DeemedResellerCategory", "BuyerRequestedCancel", "PriceDesignation", "ScheduledDeliveryEndDate",
    "ShippingConstraints", "PointsGranted", "ItemPrice", "PromotionDiscount", "ItemTax",
)  # fmt: skip


def _facts(order: Tree, items: Sequence[Tree], buyer: Tree, address: Tree) -> dict[str, Any]:
    """What only Amazon has: promised days, programmes, who collects the tax, what must not be forgotten when it is sent."""
    found: dict[str, Any] = {name: order.value[name] for name in _ORDER if order.has(name)}
    found["fulfilled_by"] = "AMAZON" if order.text("FulfillmentChannel", 10) == BY_AMAZON else "US"
    found["items"] = {
        item.ident("OrderItemId"): {name: item.value[name] for name in _ITEM if item.has(name)}
        for item in items
    }
    for name, tree, keys in (
        ("buyer", buyer, ("BuyerName", "BuyerTaxInfo", "PurchaseOrderNumber")),
        ("address", address, ("StateOrRegion", "County", "District", "Phone", "AddressType")),
    ):
        kept = {key: tree.value[key] for key in keys if tree.has(key)}
        if kept:
            found[name] = kept
    return found
