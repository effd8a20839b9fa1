"""What does an order, a product or a refund of WooCommerce say, in Keel's words?

Source: the REST API v3 reference; a webhook's body is the same document. Its amounts are exclusive of tax whatever the shop
shows, and already lowered by coupons: a line is taken at what it costs after them, so that half of it taken back gives half
of the discount back. Tax of shipping and fees goes to the lines by what they cost, because only lines carry tax here.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from erp.core.errors import InvalidInput
from erp.core.money import EXPONENTS, ZERO
from orders.channels.contract import CANCELLED, NEWS, ORDER, STOCK, ChannelEvent
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
from orders.channels.worth import lost_to_prices, rounding_of, spread, unit_price_of

ORDER_TOPICS = ("order.created", "order.updated", "order.restored", "order.fetched")
DELETED = "order.deleted"
NOTED = tuple(
    f"{resource}.{event}"
    for resource in ("product", "coupon", "customer")
    for event in ("created", "updated", "deleted", "restored")
)
TOPICS = (*ORDER_TOPICS, DELETED, *NOTED)
# Several changes within one second have one time of change: the order that is further on is the newer one.
_RANK = {
    "pending": 1, "failed": 2, "on-hold": 3, "processing": 4, "completed": 6, "refunded": 7, "cancelled": 8, "trash": 9,
}  # fmt: skip
_RANK_OTHER = 5  # a status of a plug-in, such as "shipped"
_DRAFTS = ("checkout-draft", "auto-draft", "draft")
OFFLINE = ("bacs", "cheque", "cod", "")  # ways to pay whose transaction id is what somebody typed later
SHIPMENT_META = "_keel_shipment_"
REFUND_META = "_keel_refund"
_META_KEPT = 300


def events_of(topic: str, body: str) -> list[ChannelEvent]:
    """This function will return what a message says; InvalidInput names the field that can not be read."""
    document = Tree.of(read_json(body))
    if topic in ORDER_TOPICS:
        refunds: Sequence[Tree] | None = None
        if topic == "order.fetched":
            refunds = (
                list(document.children("refunds")) if document.value.get("refunds") is not None else None
            )
            document = document.child("order")
        return [_order_event(document, refunds)]
    if topic == DELETED:
        return [
            ChannelEvent(
                CANCELLED, document.ident("id"), "deleted", "deleted", Cancelled("deleted in the shop")
            )
        ]
    if topic in NOTED:
        return [_news(topic, document)]
    raise InvalidInput(
        f"“{topic[:60]}” is no topic of WooCommerce", field="topic", remedy=f"One of {', '.join(TOPICS)}."
    )


def _news(topic: str, document: Tree) -> ChannelEvent:
    """A product that says how many it has is news of stock; everything else is only noted."""
    ident = document.ident("id")
    if not document.has("date_modified_gmt"):
        return ChannelEvent(NEWS, "", ident, "", {"topic": topic, "id": ident})
    version = version_of(document.moment("date_modified_gmt", assume_utc=True))
    quantity = document.value.get("stock_quantity")
    if (
        topic.startswith("product.")
        and document.value.get("manage_stock") is True
        and isinstance(quantity, int)
    ):
        sku = document.text("sku", 80) or channel_sku(document)
        return ChannelEvent(STOCK, "", ident, version, {"sku": sku, "location": "", "available": quantity})
    return ChannelEvent(NEWS, "", ident, version, {"topic": topic, "id": ident})


def _order_event(order: Tree, refunds: Sequence[Tree] | None) -> ChannelEvent:
    ident, status = order.ident("id"), order.text("status", 40, required=True).removeprefix("wc-")
    if status in _DRAFTS:
        return ChannelEvent(NEWS, "", ident, "", {"topic": "order", "id": ident, "status": status})
    rank = _RANK.get(status, _RANK_OTHER)
    # what was fetched with its refunds knows more than the same version without them
    version = f"{version_of(_changed(order))}#{rank}{'+' if refunds is not None else ''}"
    return ChannelEvent(ORDER, ident, "", version, snapshot_of(order, refunds))


def _changed(order: Tree) -> datetime:
    name = "date_modified_gmt" if order.has("date_modified_gmt") else "date_created_gmt"
    return order.moment(name, assume_utc=True)


@dataclass(frozen=True)
class _Goods:
    lines: list[Line]
    charges: list[Charge]


def snapshot_of(order: Tree, refunds: Sequence[Tree] | None = None) -> Snapshot:
    """This function will return the order as it stands in the document; `refunds` are its refunds in full, when fetched."""
    currency = read_currency(order.value.get("currency"), order.at("currency"))
    completed = (
        order.moment("date_completed_gmt", assume_utc=True) if order.has("date_completed_gmt") else None
    )
    taken = _taken_off(refunds or [], completed)
    total = order.amount("total", currency, default=None, negative=False)
    goods = _goods(order, currency, taken, total)
    billing = order.child("billing")
    email = billing.text("email", 254)
    ship_to = _place(order.child("shipping"))
    return Snapshot(
        external_id=order.ident("id"),
        ordered_at=order.moment("date_created_gmt", assume_utc=True),
        currency=currency,
        lines=goods.lines,
        total=total,
        charges=goods.charges,
        email=email if _is_address(email) else "",
        ship_to=ship_to if ship_to.line1 or ship_to.city else _place(billing),
        bill_to=_place(billing) if billing.has("address_1") else None,
        cancelled=_cancelled(order, completed),
        payments=_payments(order, total),
        refunds=_refunds(order, refunds, currency),
        fulfilments=_fulfilments(order, goods.lines, completed),
        facts=_facts(order) | ({} if _is_address(email) else {"email": email}),
    )


def _is_address(email: str) -> bool:
    return not email or (email.count("@") == 1 and "." in email.rsplit("@", 1)[-1])


def _goods(order: Tree, currency: str, taken: Mapping[str, int], total: Decimal) -> _Goods:
    """Lines at what they cost after coupons, charges, and the proof that all of it is the order's total."""
    items = list(order.children("line_items"))
    if not items:
        raise InvalidInput(
            "the order has no line_items",
            field=order.at("line_items"),
            remedy="Add a product, or cancel it there.",
        )
    costs = [item.amount("total", currency, default=None, negative=False) for item in items]
    units = [item.whole("quantity") for item in items]
    for item, count in zip(items, units, strict=True):
        if not count:
            raise InvalidInput(
                f"{item.at('quantity')} is zero", field=item.at("quantity"), remedy="Remove the line there."
            )
    taxes = [item.amount("total_tax", currency) for item in items]
    others = [*order.children("shipping_lines"), *order.children("fee_lines")]
    tax_of_others = sum((other.amount("total_tax", currency) for other in others), ZERO)
    taxes = _to_the_total(order, taxes, tax_of_others, currency)
    shares = spread(tax_of_others, costs, currency)
    lines = [
        Line(
            ref=item.ident("id"), sku=channel_sku(item), quantity=count, unit_price=unit_price_of(cost, count),
            tax_amount=tax + share, description=html.unescape(str(item.value.get("name") or ""))[:200],
            removed=min(taken.get(item.ident("id"), 0), count),
        )
        for item, count, cost, tax, share in zip(items, units, costs, taxes, shares, strict=True)
    ]  # fmt: skip
    charges = _charges(order, currency)
    lost = lost_to_prices(list(zip(costs, units, strict=True)), currency)
    parts = sum(costs, ZERO) + sum(taxes, ZERO) + tax_of_others + sum((c.amount for c in charges), ZERO)
    charges += rounding_of(total, parts, 2 * (len(items) + len(others)), currency, field=order.at("total"))
    if lost:
        kind = "OTHER_INCOME" if lost > 0 else "DISCOUNT"
        charges.append(Charge(kind, lost, "Rounding of prices per unit"))
    return _Goods(lines, charges)


def _to_the_total(order: Tree, taxes: list[Decimal], of_others: Decimal, currency: str) -> list[Decimal]:
    """Lines are taxed to the cent, the order over all of them: what the order's own tax differs by goes to the dearest line."""
    if not order.has("total_tax"):
        return taxes
    off = order.amount("total_tax", currency) - sum(taxes, of_others)
    step = Decimal(len(taxes)).scaleb(-EXPONENTS[currency])
    if not off or abs(off) > step / 2:  # more is no rounding: the proof of the total will say so
        return taxes
    dearest = max(range(len(taxes)), key=lambda place: taxes[place])
    return [tax + off if place == dearest else tax for place, tax in enumerate(taxes)]


def channel_sku(item: Tree) -> str:
    """This function will return a SKU; of a product without one, "id:22:23" for its numbers, which can be mapped as well."""
    sku = item.text("sku", 80)
    if sku:
        return sku
    numbers = [item.ident(name, required=False) for name in ("product_id", "variation_id")]
    if not any(numbers):
        numbers = [item.ident("parent_id", required=False), item.ident("id", required=False)]
    return "id:" + ":".join(number for number in numbers if number and number != "0")


def _charges(order: Tree, currency: str) -> list[Charge]:
    found = []
    for line in order.children("shipping_lines"):
        amount = line.amount("total", currency)
        found.append(Charge("SHIPPING_REVENUE", amount, _name(line, "method_title", "Shipping")))
    for line in order.children("fee_lines"):
        amount = line.amount("total", currency)
        found.append(Charge("OTHER_INCOME" if amount > 0 else "DISCOUNT", amount, _name(line, "name", "Fee")))
    return [charge for charge in found if charge.amount]


def _name(line: Tree, field: str, otherwise: str) -> str:
    return html.unescape(str(line.value.get(field) or otherwise))[:200]


def _place(address: Tree) -> Place:
    name = " ".join(filter(None, (address.text("first_name", 80), address.text("last_name", 80))))
    street = address.joined(("address_1", "address_2"), 160)
    return Place(
        (name or address.text("company", 120))[:120], street, address.text("city", 80), address.text("postcode", 20),
        read_country(address.value.get("country"), address.at("country")),
    )  # fmt: skip


def _cancelled(order: Tree, completed: datetime | None) -> Cancelled | None:
    """Cancelled, thrown away, or all of it paid back before it was sent. A failed payment may be tried again: no."""
    status = order.text("status", 40).removeprefix("wc-")
    if status in ("cancelled", "trash") or (status == "refunded" and completed is None):
        return Cancelled(status, version_of(_changed(order)))
    return None


def _payments(order: Tree, total: Decimal) -> list[Paid]:
    if not order.has("date_paid_gmt") or not total:
        return []
    at = version_of(order.moment("date_paid_gmt", assume_utc=True))
    return [Paid(_provider(order), _payment_ref(order), total, at)]


def _provider(order: Tree) -> str:
    return order.text("payment_method", 40) or "woocommerce"


def _payment_ref(order: Tree) -> str:
    """What the provider calls it; for money that comes another way, the order's key, which no other shop has."""
    key = order.text("order_key", 80) or f"order-{order.ident('id')}"
    if order.text("payment_method", 40) in OFFLINE:
        return key
    return order.text("transaction_id", 120) or key


def _refunds(order: Tree, refunds: Sequence[Tree] | None, currency: str) -> list[Refund]:
    key = order.text("order_key", 80) or f"order-{order.ident('id')}"
    in_full = {refund.ident("id"): refund for refund in refunds or []}
    found = []
    for short in order.children("refunds"):
        ident, refund = short.ident("id"), in_full.get(short.ident("id"))
        amount = abs(short.amount("total", currency))
        at = version_of(refund.moment("date_created_gmt", assume_utc=True)) if refund else ""
        reason = str(short.value.get("reason") or short.value.get("refund") or "")[:200]
        lines = tuple(_units_of(refund).items()) if refund else ()
        if amount:
            found.append(Refund(_provider(order), f"{key}:{ident}"[:120], amount, reason, at, lines))
    return found


def _units_of(refund: Tree) -> dict[str, int]:
    """The units that a refund takes off, by the line of the order that they stood on."""
    units: dict[str, int] = {}
    for item in refund.children("line_items"):
        count = item.value.get("quantity")
        line = next(
            (
                m.value.get("value")
                for m in item.children("meta_data")
                if m.value.get("key") == "_refunded_item_id"
            ),
            None,
        )
        if isinstance(count, int) and count and line is not None:
            units[str(line)] = units.get(str(line), 0) + abs(count)
    return units


def _taken_off(refunds: Sequence[Tree], completed: datetime | None) -> dict[str, int]:
    """Units refunded before the order was completed: they never leave. Later ones come back as a return."""
    taken: dict[str, int] = {}
    for refund in refunds:
        if completed is None or refund.moment("date_created_gmt", assume_utc=True) < completed:
            for line, count in _units_of(refund).items():
                taken[line] = taken.get(line, 0) + count
    return taken


def _fulfilments(order: Tree, lines: Sequence[Line], completed: datetime | None) -> list[Fulfilled]:
    """The parcels that Keel told of, as it wrote them into the order; else, of a completed order, one for all of it."""
    ours = []
    for meta in order.children("meta_data"):
        key, value = str(meta.value.get("key", "")), meta.value.get("value")
        if key.startswith(SHIPMENT_META) and isinstance(value, dict):
            parcel = Tree.of(value, meta.at("value"))
            tracking = parcel.text("tracking_number", 80)
            told = tuple((str(ref), int(units)) for ref, units in value.get("lines") or [])
            ours.append(
                Fulfilled(key.removeprefix(SHIPMENT_META), (tracking,) if tracking else (), parcel.text("carrier", 80),
                          parcel.text("shipped_at", 40), told)
            )  # fmt: skip
    if ours or completed is None:
        return ours
    sent = tuple((line.ref, line.quantity - line.removed) for line in lines if line.quantity > line.removed)
    return [Fulfilled("completed", at=version_of(completed), lines=sent)]


_PLAIN = (
    "number", "status", "order_key", "created_via", "version", "payment_method", "payment_method_title", "transaction_id",
    "customer_id", "customer_note", "prices_include_tax", "discount_total", "discount_tax", "shipping_tax", "total_tax",
    "date_paid_gmt", "date_completed_gmt",
)  # fmt: skip
_LISTS = {
    "tax_lines": ("rate_code", "rate_id", "label", "compound", "tax_total", "shipping_tax_total"),
    "coupon_lines": ("code", "discount", "discount_tax"),
    "shipping_lines": ("id", "method_id", "method_title", "total", "total_tax"),
    "fee_lines": ("id", "name", "total", "total_tax"),
    "line_items": ("id", "product_id", "variation_id", "sku", "subtotal", "total", "total_tax", "tax_class"),
}
_ADDRESS = ("company", "address_2", "state", "phone")


def _facts(order: Tree) -> dict[str, Any]:
    """What only this shop has: tax lines, coupons, the lines' ids, notes, parts of addresses that Keel has no field for."""
    found: dict[str, Any] = {name: order.value[name] for name in _PLAIN if order.has(name)}
    for name, kept in _LISTS.items():
        rows = [{key: row.value[key] for key in kept if key in row.value} for row in order.children(name)]
        if rows:
            found[name] = rows
    for name in ("billing", "shipping"):
        address = order.child(name)
        kept_parts = {key: str(address.value[key])[:_META_KEPT] for key in _ADDRESS if address.has(key)}
        if kept_parts:
            found[f"{name}_more"] = kept_parts
    meta = {
        str(row.value.get("key"))[:80]: str(row.value.get("value"))[:_META_KEPT]
        for row in order.children("meta_data")
        if row.value.get("key") and not str(row.value["key"]).startswith("_")
    }
    return found | ({"meta": meta} if meta else {})
