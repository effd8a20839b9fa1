"""What does a Vendure order say? The order in Keel's words, or a refusal that names the field.

Amounts are whole minor units. A line's prorated price is what it costs after every discount, once without and once with tax,
so both kinds of shop (prices with tax, prices without) read the same. Units that were taken off are gone from the amounts: the
document is proven as it stands, and the order as it was placed is worked out from it. A unit's price is Vendure's own, in whole
minor units: it stays the same when a unit is taken off, and what units × price misses of the line is a charge of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from erp.core.errors import InvalidInput
from erp.core.money import ZERO, quantize
from orders.channels.contract import NEWS, ORDER, Account, ChannelEvent
from orders.channels.document import (
    Cancelled,
    Charge,
    Fulfilled,
    Line,
    Paid,
    Place,
    Refund,
    Snapshot,
    version_of,
)
from orders.channels.fields import read_country, read_currency
from orders.channels.tree import Tree, read_json
from orders.channels.worth import spread

CHANGED, FETCHED = "order.changed", "order.fetched"
_STATES = (
    "Created", "Draft", "AddingItems", "ArrangingPayment", "PaymentAuthorized", "PaymentSettled",
    "ArrangingAdditionalPayment", "Modifying", "PartiallyShipped", "Shipped", "PartiallyDelivered", "Delivered", "Cancelled",
)  # fmt: skip
_PRECISION = 2
_REMEDY = "Look at the order in Vendure: an amount is missing, or a plugin reckons differently."


def events_of(account: Account, topic: str, body: str) -> list[ChannelEvent]:
    """This function will return what a message says; InvalidInput names the field that can not be read."""
    if topic not in (CHANGED, FETCHED):
        raise InvalidInput(
            f"“{topic[:60]}” is no topic of Vendure", field="topic", remedy=f"One of {CHANGED}, {FETCHED}."
        )
    order = Tree.of(Tree.of(read_json(body)).value.get("order"), "order")
    ident, version = order.ident("id"), version_of_order(order)
    of_seller = order.value.get("type") == "Seller" and not account.settings.get("channel_token")
    if not order.has("orderPlacedAt") or of_seller:  # a cart, or a part of an order that comes whole
        return [
            ChannelEvent(
                NEWS, "", ident, version, {"topic": topic, "id": ident, "state": order.text("state", 40)}
            )
        ]
    return [ChannelEvent(ORDER, ident, "", version, snapshot_of(account, order))]


def version_of_order(order: Tree) -> str:
    """This function will return how new an order is: the last change of any of its parts; within it, how far it is."""
    parts = [order, *order.children("lines"), *order.children("payments"), *order.children("fulfillments")]
    refunds = [refund for payment in order.children("payments") for refund in payment.children("refunds")]
    newest = max(part.moment("updatedAt") for part in [*parts, *refunds])
    state = order.text("state", 40)
    rank = _STATES.index(state) if state in _STATES else 6
    done = sum(_is_done(part.text("state", 40)) for part in [*parts[1:], *refunds] if part.has("state"))
    return f"{version_of(newest)}#{rank:02d}{min(done + len(parts) + len(refunds), 9999):04d}"


def _is_done(state: str) -> bool:
    return state in ("Settled", "Shipped", "Delivered", "Cancelled", "Failed")


def precision_of(account: Account) -> int:
    """This function will return how many decimals the shop's amounts have."""
    set_to = str(account.settings.get("precision", "")).strip()
    return int(set_to) if set_to in ("0", "2", "3", "4") else _PRECISION


def amount_of(minor: int, places: int) -> Decimal:
    """This function will return an amount in the currency's own unit."""
    return Decimal(minor).scaleb(-places)


@dataclass(frozen=True)
class _Reader:
    """Reads amounts of one order: minor units of `places` decimals, in `currency`."""

    currency: str
    places: int

    def amount(self, part: Tree, name: str) -> Decimal:
        value = part.value.get(name)
        if isinstance(value, bool) or not isinstance(value, int) or abs(value) > 10**14:
            raise InvalidInput(
                f"{part.at(name)} must be a whole number of minor units", field=part.at(name), remedy=_REMEDY
            )
        found = amount_of(value, self.places)
        if found != quantize(found, self.currency):
            raise InvalidInput(
                f"{part.at(name)} is {found}, finer than {self.currency} is", field=part.at(name),
                remedy="Enter the decimals of the shop's amounts on the channel's page.",
            )  # fmt: skip
        return quantize(found, self.currency)

    def net_and_tax(self, part: Tree, name: str) -> tuple[Decimal, Decimal]:
        net = self.amount(part, name)
        return net, self.amount(part, f"{name}WithTax") - net


@dataclass(frozen=True)
class _Cost:
    """A line as it was placed: units, what is gone of them, its amount without tax, its tax."""

    item: Tree
    units: int
    removed: int
    net: Decimal
    tax: Decimal
    price: Decimal


def snapshot_of(account: Account, order: Tree) -> Snapshot:
    """This function will return the order as it stands in the document."""
    read = _Reader(
        read_currency(order.value.get("currencyCode"), order.at("currencyCode")), precision_of(account)
    )
    _prove(order, read)
    cancelled = _cancelled(order)
    costs = _costs(order, read, whole=cancelled is not None)
    charges, tax_elsewhere = _charges(order, read)
    shares = spread(tax_elsewhere, [cost.tax or cost.net for cost in costs], read.currency)
    total = sum((cost.net + cost.tax for cost in costs), tax_elsewhere) + sum(
        (part.amount for part in charges), ZERO
    )
    lost = sum((cost.net - quantize(cost.price * cost.units, read.currency) for cost in costs), ZERO)
    if lost:
        charges.append(
            Charge("OTHER_INCOME" if lost > 0 else "DISCOUNT", lost, "Rounding of prices per unit")
        )
    lines = [
        Line(
            ref=cost.item.ident("id"), sku=sku_of(cost.item), quantity=cost.units, unit_price=cost.price,
            tax_amount=cost.tax + share, description=str(cost.item.child("productVariant").value.get("name") or "")[:200],
            removed=cost.removed,
        )
        for cost, share in zip(costs, shares, strict=True)
    ]  # fmt: skip
    customer = order.child("customer")
    email = customer.text("emailAddress", 254)
    return Snapshot(
        external_id=order.ident("id"), ordered_at=order.moment("orderPlacedAt"), currency=read.currency, lines=lines,
        total=total, charges=charges, email=email if _is_address(email) else "",
        ship_to=_place(order.child("shippingAddress"), customer),
        bill_to=_place(order.child("billingAddress"), customer) if order.child("billingAddress").has("streetLine1") else None,
        cancelled=cancelled, payments=_payments(order, read), refunds=_refunds(order, read),
        fulfilments=_fulfilments(order), facts=_facts(order, tax_elsewhere),
    )  # fmt: skip


def _prove(order: Tree, read: _Reader) -> None:
    """Is the document what its parts add up to, once without and once with tax? Nothing is read from one that is not."""
    for end in ("", "WithTax"):
        goods = sum((read.amount(line, f"proratedLinePrice{end}") for line in order.children("lines")), ZERO)
        extra = sum((read.amount(item, f"price{end}") for item in order.children("surcharges")), ZERO)
        freight = sum(
            (read.amount(item, f"discountedPrice{end}") for item in order.children("shippingLines")), ZERO
        )
        for name, parts in (
            (f"subTotal{end}", goods + extra), (f"shipping{end}", freight), (f"total{end}", goods + extra + freight)
        ):  # fmt: skip
            said = read.amount(order, name)
            if said != parts:
                raise InvalidInput(
                    f"{order.at(name)} is {said}, its parts add up to {parts}",
                    field=order.at(name),
                    remedy=_REMEDY,
                )


def _costs(order: Tree, read: _Reader, *, whole: bool) -> list[_Cost]:
    """The lines as they were placed. One of which nothing is left is gone, unless the whole order is called off."""
    found = []
    for item in order.children("lines"):
        left = item.whole("quantity", 0)
        units = max(left, item.whole("orderPlacedQuantity", 0))
        if not units or not (left or whole):
            continue
        if not left:  # its discounts are gone with its units
            price, with_tax = read.amount(item, "unitPrice"), read.amount(item, "unitPriceWithTax")
            found.append(_Cost(item, units, units, price * units, (with_tax - price) * units, price))
            continue
        net, tax = read.net_and_tax(item, "proratedLinePrice")
        if net < 0:
            raise InvalidInput(
                f"{item.at('proratedLinePrice')} is negative",
                field=item.at("proratedLinePrice"),
                remedy=_REMEDY,
            )
        price, unit_tax = read.net_and_tax(item, "proratedUnitPrice")
        gone = units - left
        net, tax = net + price * gone, tax + unit_tax * gone
        found.append(_Cost(item, units, gone, net, tax, price))
    if not found:
        raise InvalidInput("the order has no lines", field=order.at("lines"), remedy="Cancel it in Vendure.")
    return found


def sku_of(item: Tree) -> str:
    """This function will return a line's SKU; of a variant without one a name that can be mapped."""
    variant = item.child("productVariant")
    return variant.text("sku", 80) or f"variant:{variant.ident('id')}"


def _charges(order: Tree, read: _Reader) -> tuple[list[Charge], Decimal]:
    """Freight and surcharges without tax, and their tax, which has no line of its own."""
    charges, tax = [], ZERO
    for line in order.children("shippingLines"):
        net, own = read.net_and_tax(line, "discountedPrice")
        name = str(line.child("shippingMethod").value.get("name") or "Shipping")[:200]
        charges.append(Charge("SHIPPING_REVENUE", net, name))
        tax += own
    for item in order.children("surcharges"):
        net, own = read.net_and_tax(item, "price")
        kind = "OTHER_INCOME" if net > 0 else "DISCOUNT"
        charges.append(Charge(kind, net, str(item.value.get("description") or "Surcharge")[:200]))
        tax += own
    return [charge for charge in charges if charge.amount], tax


def _cancelled(order: Tree) -> Cancelled | None:
    if order.text("state", 40) != "Cancelled":
        return None
    return Cancelled("cancelled in Vendure", version_of(order.moment("updatedAt")))


def _payments(order: Tree, read: _Reader) -> tuple[Paid, ...]:
    """Money that was taken. It bears the order's and the payment's number: a transaction id may be anything a person typed."""
    return tuple(
        Paid(
            _provider(payment),
            _ref(order, payment),
            read.amount(payment, "amount"),
            version_of(payment.moment("updatedAt")),
        )
        for payment in order.children("payments")
        if payment.text("state", 40) == "Settled" and payment.value.get("amount")
    )


def _refunds(order: Tree, read: _Reader) -> tuple[Refund, ...]:
    return tuple(
        Refund(
            _provider(payment), f"{_ref(order, payment)}:{refund.ident('id')}", read.amount(refund, "total"),
            str(refund.value.get("reason") or "")[:200], version_of(refund.moment("updatedAt")),
        )
        for payment in order.children("payments")
        for refund in payment.children("refunds")
        if refund.text("state", 40) == "Settled" and refund.value.get("total")
    )  # fmt: skip


def _provider(payment: Tree) -> str:
    return payment.text("method", 40, required=True)


def _ref(order: Tree, payment: Tree) -> str:
    return f"{order.text('code', 60, required=True)}:{payment.ident('id')}"


def _fulfilments(order: Tree) -> tuple[Fulfilled, ...]:
    return tuple(
        Fulfilled(
            parcel.ident("id"), tuple(filter(None, [parcel.text("trackingCode", 80)])), parcel.text("method", 80),
            version_of(parcel.moment("updatedAt")),
            tuple((line.ident("orderLineId"), line.whole("quantity", 0)) for line in parcel.children("lines")),
        )
        for parcel in order.children("fulfillments")
        if parcel.text("state", 40) in ("Shipped", "Delivered")
    )  # fmt: skip


def _is_address(email: str) -> bool:
    return email.count("@") == 1 and "." in email.rsplit("@", 1)[-1] and " " not in email


def _place(address: Tree, customer: Tree) -> Place:
    """Vendure's address in five fields; it is complete among the facts."""
    own = " ".join(filter(None, (customer.text("firstName", 60), customer.text("lastName", 60))))
    return Place(
        (address.text("fullName", 120) or own)[:120],
        address.joined(("company", "streetLine1", "streetLine2"), 160), address.text("city", 80),
        address.text("postalCode", 20), read_country(address.value.get("countryCode"), address.at("countryCode")),
    )  # fmt: skip


_PLAIN = (
    "code",
    "type",
    "state",
    "couponCodes",
    "taxSummary",
    "discounts",
    "shippingAddress",
    "billingAddress",
)
_LINE = ("productVariant", "taxRate", "taxLines", "discounts", "unitPrice", "unitPriceWithTax")


def _facts(order: Tree, tax_elsewhere: Decimal) -> dict[str, Any]:
    """What only this shop has: codes, coupons, discounts, tax lines, whole addresses, payments that are not settled."""
    found: dict[str, Any] = {name: order.value[name] for name in _PLAIN if order.has(name)}
    found["lines"] = {line.ident("id"): _kept(line, _LINE) for line in order.children("lines")}
    found["payments"] = [
        _kept(part, ("id", "method", "state", "transactionId", "amount"))
        for part in order.children("payments")
    ]
    customer = order.child("customer")
    more = {
        "customer_id": customer.ident("id") if customer.has("id") else "",
        "email": ""
        if _is_address(customer.text("emailAddress", 254))
        else customer.text("emailAddress", 254),
        "tax_elsewhere": str(tax_elsewhere) if tax_elsewhere else "",
    }
    return found | {name: value for name, value in more.items() if value}


def _kept(part: Tree, names: Sequence[str]) -> dict[str, Any]:
    return {name: part.value[name] for name in names if part.has(name)}
