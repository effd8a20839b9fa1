"""What does a shipment of Amazon's External Fulfillment API (2024-09-11) say: an order that we send for Amazon?

A shipment is what is asked of us, so it is the order. Its charges are base, discount and tax by kind, of each line and of
the whole, and a TOTAL of all of them, by which they are proven.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from erp.core.errors import InvalidInput
from erp.core.money import ZERO
from orders.channels.amazon.money import money
from orders.channels.contract import ORDER, ChannelEvent
from orders.channels.document import Cancelled, Charge, Fulfilled, Line, Paid, Place, Snapshot, version_of
from orders.channels.fields import read_country, read_currency
from orders.channels.tree import Tree
from orders.channels.worth import lost_to_prices, spread, unit_price_of

_RANK = (
    "CREATED", "ACCEPTED", "CONFIRMED", "PACKAGE_CREATED", "PICKUP_SLOT_RETRIEVED", "INVOICE_GENERATED", "SHIPLABEL_GENERATED",
    "SHIPPED", "DELIVERED", "CANCELLED",
)  # fmt: skip
_KINDS = {  # the model says GIFT_WRAP, the sandbox GIFT
    "SHIPPING": ("SHIPPING_REVENUE", "Shipping"), "GIFT_WRAP": ("OTHER_INCOME", "Gift wrap"),
    "GIFT": ("OTHER_INCOME", "Gift wrap"), "OTHER": ("OTHER_INCOME", "Other"),
}  # fmt: skip


def shipment_event(shipment: Tree) -> ChannelEvent:
    """This function will return what a shipment says, as an order of its own."""
    status = shipment.text("status", 40, required=True)
    if status not in _RANK:
        raise InvalidInput(
            f"“{status}” is no state of a shipment", field=shipment.at("status"), remedy="Tell Keel's makers."
        )
    version = f"{version_of(shipment.moment('lastUpdatedDateTime'))}#{_RANK.index(status)}"
    return ChannelEvent(ORDER, shipment.ident("id"), "", version, snapshot_of(shipment, status))


def snapshot_of(shipment: Tree, status: str) -> Snapshot:
    """This function will return the order that a shipment is."""
    items = list(shipment.children("lineItems"))
    if not items:
        raise InvalidInput(
            "the shipment has no lineItems", field=shipment.at("lineItems"), remedy="Fetch it again."
        )
    currency = _currency(shipment, items)
    goods = [_amounts(item, currency, ("PRODUCT",)) for item in items]
    extras = [(kind, _amounts(tree, currency, (kind,))) for tree in (shipment, *items) for kind in _KINDS]
    total = _total(shipment, currency)
    parts = sum((net + tax for net, tax in goods), ZERO) + sum((net + tax for _, (net, tax) in extras), ZERO)
    if total != parts:
        raise InvalidInput(
            f"the charges' TOTAL is {total}, they add up to {parts}", field=shipment.at("charges"),
            remedy="Ask Amazon for the shipment again.",
        )  # fmt: skip
    units = [item.whole("numberOfUnits") or 1 for item in items]
    extra_tax = spread(sum((tax for _, (_, tax) in extras), ZERO), [net for net, _ in goods], currency)
    lines = [
        Line(item.ident("shipmentLineItemId"), item.text("merchantSku", 80, required=True), count, unit_price_of(net, count),
             tax + more, removed=min(_cancelled_units(item), count))
        for item, count, (net, tax), more in zip(items, units, goods, extra_tax, strict=True)
    ]  # fmt: skip
    charges = [Charge(_KINDS[kind][0], net, _KINDS[kind][1]) for kind, (net, _) in extras if net]
    lost = lost_to_prices([(net, count) for (net, _), count in zip(goods, units, strict=True)], currency)
    if lost:
        charges.append(
            Charge("OTHER_INCOME" if lost > 0 else "DISCOUNT", lost, "Rounding of prices per unit")
        )
    info = shipment.child("shippingInfo")
    ident, changed = shipment.ident("id"), version_of(shipment.moment("lastUpdatedDateTime"))
    sent = status in ("SHIPPED", "DELIVERED")
    return Snapshot(
        external_id=ident, ordered_at=shipment.moment("creationDateTime"), currency=currency, lines=lines, total=total,
        charges=charges, ship_to=_place(info.child("shipToAddress")),
        cancelled=Cancelled(shipment.text("reason", 200) or "cancelled at Amazon", changed) if status == "CANCELLED" else None,
        payments=[Paid("amazon", ident, total, changed)] if total else [],
        fulfilments=[Fulfilled(ident, at=changed, lines=tuple((line.ref, line.quantity) for line in lines))] if sent else [],
        facts={
            "programme": "EXTERNAL_FULFILLMENT", "status": status, "location": shipment.ident("locationId", required=False),
            "marketplace": shipment.value.get("marketplaceAttributes") or {}, "shipping": info.value,
            "requirements": shipment.value.get("shipmentRequirements") or {},
            "packages": shipment.value.get("packages") or [], "earliest_pack": shipment.text("earliestPackDateTime", 40),
        },
    )  # fmt: skip


def _currency(shipment: Tree, items: Iterable[Tree]) -> str:
    for tree in (shipment, *items):
        for charge in tree.children("charges"):
            net = charge.child("totalCharge").child("netAmount")
            return read_currency(net.value.get("currencyCode"), net.at("currencyCode"))
    raise InvalidInput("the shipment has no charges", field=shipment.at("charges"), remedy="Fetch it again.")


def _amounts(tree: Tree, currency: str, kinds: tuple[str, ...]) -> tuple[Decimal, Decimal]:
    """What the charges of these kinds come to after discounts, and their tax."""
    net = tax = ZERO
    for charge in tree.children("charges"):
        if charge.text("chargeType", 40) in kinds:
            net += _net(charge.child("baseCharge"), currency)
            tax += _net(charge.child("totalTax").child("charge"), currency)
    return net, tax


def _net(breakup: Tree, currency: str) -> Decimal:
    return money(breakup, "netAmount", currency, amount="value", code="currencyCode")


def _total(shipment: Tree, currency: str) -> Decimal:
    for charge in shipment.children("charges"):
        if charge.text("chargeType", 40) == "TOTAL":
            return _net(charge.child("totalCharge"), currency)
    raise InvalidInput(
        "the charges have no TOTAL", field=shipment.at("charges"), remedy="Fetch the shipment again."
    )


def _cancelled_units(item: Tree) -> int:
    return sum(found.whole("cancelledQuantity", 0) for found in item.children("cancellations"))


def _place(address: Tree) -> Place:
    street = address.joined([f"addressLine{number}" for number in (1, 2, 3)], 160)
    return Place(
        address.text("name", 120), street, address.text("city", 80), address.text("postalCode", 20),
        read_country(address.value.get("countryCode"), address.at("countryCode")),
    )  # fmt: skip
