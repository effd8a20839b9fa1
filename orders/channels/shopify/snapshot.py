"""What does the body of a Shopify order say? The order in Keel's words, or a refusal that names the field.

Everything that only Shopify has is kept in `facts`. Amounts are the shop's (`currency`); what the customer saw in another
currency is a fact.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from erp.core.errors import InvalidInput
from erp.core.money import ZERO
from orders.channels import fields
from orders.channels.contract import Account
from orders.channels.document import Cancelled, Line, Place, Snapshot, version_of
from orders.channels.shopify import after, reading
from orders.channels.shopify.money import Cost, Money, Rows, money_of

# How far an order is, for two versions of the same second (updated_at has no fractions).
_STEPS = ("pending", "authorized", "partially_paid", "paid", "partially_refunded", "refunded", "voided")
_KEPT = (
    "name", "order_number", "source_name", "source_identifier", "tags", "note", "note_attributes", "financial_status",
    "fulfillment_status", "payment_gateway_names", "taxes_included", "tax_exempt", "tax_lines", "discount_codes",
    "discount_applications", "presentment_currency", "current_total_price", "total_outstanding", "total_discounts",
    "location_id", "app_id", "phone", "po_number", "payment_terms", "closed_at", "processed_at", "estimated_taxes",
    "duties_included", "merchant_of_record_app_id", "customer_locale", "landing_site", "referring_site",
    "fulfillments_on_hold", "total_cash_rounding_payment_adjustment_set",
)  # fmt: skip
_LINE_KEPT = (
    "variant_id", "product_id", "name", "vendor", "grams", "properties", "gift_card", "requires_shipping", "taxable",
    "fulfillment_service", "fulfillment_status", "fulfillable_quantity", "tax_lines", "discount_allocations", "duties",
    "total_discount", "origin_location", "pre_tax_price",
)  # fmt: skip


def snapshot_of(account: Account, order: Mapping[str, Any]) -> tuple[Snapshot, str]:
    """This function will return an order as it stands, and its version.

    InvalidInput names the field: above all `total_price` when lines, charges and taxes do not add up to it.
    """
    ref = reading.identity(order.get("id"), "id")
    currency = fields.read_currency(order.get("currency"), "currency")
    goods, tips = _lines(order)
    money = money_of(order, goods, tips, currency)
    total = reading.amount(order.get("total_price"), "total_price")
    rate = after.rate_in(order.get("total_price_set"), "total_price_set")[1]
    refunds = _named(order, "refunds")
    paid_back = [part for name, item in refunds for part in after.refunds_of(item, name, currency, rate)]
    parcels = _named(order, "fulfillments")
    lines = _goods(goods, money, refunds, parcels)
    snapshot = Snapshot(
        external_id=ref,
        ordered_at=reading.moment(order.get("processed_at") or order.get("created_at"), "created_at"),
        currency=currency, lines=lines, total=total, charges=money.charges, email=_email(order),
        ship_to=_place(order.get("shipping_address"), "shipping_address"),
        bill_to=_place(order["billing_address"], "billing_address") if order.get("billing_address") else None,
        is_test=order.get("test") is True, cancelled=_cancelled(order),
        payments=tuple(after.payments_of(order, ref, total, sum((part.amount for part in paid_back), ZERO))),
        refunds=tuple(paid_back), fulfilments=tuple(after.fulfilled(item, name) for name, item in parcels),
        facts=_facts(account, order, goods, money, rate),
    )  # fmt: skip
    _check_total(snapshot)
    return snapshot, _version(order, snapshot)


def _check_total(snapshot: Snapshot) -> None:
    if (computed := snapshot.computed_total()) != snapshot.total:
        raise InvalidInput(
            f"total_price is {snapshot.total}, but its lines, charges and taxes are {computed} {snapshot.currency}",
            field="total_price", remedy=reading.REMEDY,
        )  # fmt: skip


def _named(order: Mapping[str, Any], name: str) -> Rows:
    return [(f"{name}[{n}]", item) for n, item in enumerate(reading.rows(order.get(name), name))]


def _lines(order: Mapping[str, Any]) -> tuple[Rows, Rows]:
    """The goods, and the tips that checkout writes as lines."""
    if order.get("line_items") is None:
        raise InvalidInput("the order has no line_items", field="line_items", remedy=reading.REMEDY)
    found = [
        (name, line)
        for name, line in _named(order, "line_items")
        if not reading.is_zero(line.get("quantity"))
    ]
    goods = [(name, line) for name, line in found if not line.get("tip")]
    if not goods:
        raise InvalidInput("line_items is empty", field="line_items", remedy=reading.REMEDY)
    return goods, [(name, line) for name, line in found if line.get("tip")]


def _goods(goods: Rows, money: Money, refunds: Rows, parcels: Rows) -> list[Line]:
    sent: dict[str, int] = {}
    for name, parcel in parcels:
        for ref, units in after.fulfilled(parcel, name).lines:
            sent[ref] = sent.get(ref, 0) + units
    lines = []
    for (name, line), cost in zip(goods, money.costs, strict=True):
        ref = reading.identity(line.get("id"), f"{name}.id")
        removed = after.removed_units(line, name, cost.quantity, refunds, sent.get(ref, 0))
        label = reading.words(line.get("name") or line.get("title"), 200)
        lines.append(Line(ref, sku_of(line, name), cost.quantity, cost.unit_price, cost.tax, label, removed))
    return lines


def sku_of(line: Mapping[str, Any], field: str) -> str:
    """This function will return a line's SKU, or a name that can be mapped: of its variant, or of a custom item's title."""
    sku = fields.read_text(line.get("sku"), f"{field}.sku", 80, required=False)
    if sku:
        return sku
    if line.get("variant_id") is not None:
        return f"variant:{reading.identity(line['variant_id'], f'{field}.variant_id')}"
    return f"custom:{reading.words(line.get('title') or line.get('name'), 73) or 'item'}"


def _email(order: Mapping[str, Any]) -> str:
    for value in (order.get("email"), order.get("contact_email")):
        text = reading.words(value, 254)
        if text.count("@") == 1 and "." in text.rsplit("@", 1)[-1] and " " not in text:
            return text
    return ""


def _place(value: Any, field: str) -> Place:
    """Shopify's address in five fields; the company goes before the street. It is complete among the facts."""
    address = reading.mapping(value, field)
    name = address.get("name") or " ".join(
        reading.words(address.get(part), 60) for part in ("first_name", "last_name")
    )
    street = [reading.words(address.get(part), 160) for part in ("company", "address1", "address2")]
    return Place(
        reading.words(name, 120), ", ".join(part for part in street if part)[:160].strip(),
        reading.words(address.get("city"), 80), reading.words(address.get("zip"), 20),
        fields.read_country(address.get("country_code"), f"{field}.country_code"),
    )  # fmt: skip


def _cancelled(order: Mapping[str, Any]) -> Cancelled | None:
    if not order.get("cancelled_at"):
        return None
    at = version_of(reading.moment(order["cancelled_at"], "cancelled_at"))
    return Cancelled(reading.words(order.get("cancel_reason"), 80), at)


def _version(order: Mapping[str, Any], snapshot: Snapshot) -> str:
    """`updated_at`, and within its second how far the order is: each part only grows."""
    status = str(order.get("financial_status"))
    step = _STEPS.index(status) if status in _STEPS else 0
    done = (
        step + len(snapshot.refunds) + len(snapshot.fulfilments) + len(snapshot.lines) + bool(snapshot.cancelled)
        + sum(line.quantity + line.removed for line in snapshot.lines)
    )  # fmt: skip
    return f"{version_of(reading.moment(order.get('updated_at'), 'updated_at'))}-{min(done, 99_999_999):08d}"


def _facts(
    account: Account, order: Mapping[str, Any], goods: Rows, money: Money, rate: Decimal | None
) -> dict[str, Any]:
    """What only Shopify says of the order, without what is empty."""
    facts = {name: order[name] for name in _KEPT if order.get(name) not in (None, "", [], {})}
    facts["lines"] = {
        str(line["id"]): _line_facts(line, cost)
        for (_, line), cost in zip(goods, money.costs, strict=True)
    }  # fmt: skip
    facts["shipping"] = [
        {name: line.get(name) for name in ("id", "code", "title", "source", "price", "carrier_identifier", "tax_lines")}
        for _, line in _named(order, "shipping_lines")
    ]  # fmt: skip
    for name in ("shipping_address", "billing_address"):
        facts[name] = {part: value for part, value in reading.mapping(order.get(name), name).items() if value}
    customer = reading.mapping(order.get("customer"), "customer")
    found = {
        "customer_id": reading.identity(customer["id"], "customer.id") if customer.get("id") else "",
        "tax_elsewhere": str(money.tax_elsewhere) if money.tax_elsewhere else "",
        "paid_so_far": _paid_so_far(order),
        "promised": _promised(account, order),
        "presentment": _presentment(order, rate),
    }
    return plain(facts | {name: value for name, value in found.items() if value})


def _line_facts(line: Mapping[str, Any], cost: Cost) -> dict[str, Any]:
    kept = {name: line[name] for name in _LINE_KEPT if line.get(name) not in (None, "", [], {})}
    return kept | {"listed_price": str(cost.listed), "discount": str(cost.discount)}


def _paid_so_far(order: Mapping[str, Any]) -> str:
    if order.get("financial_status") != "partially_paid":
        return ""
    taken = after.captured(order)
    if taken is None and order.get("total_outstanding") is not None:
        total = order.get("current_total_price") or order.get("total_price")
        taken = reading.amount(total, "current_total_price") - reading.amount(
            order["total_outstanding"], "total_outstanding"
        )
    return "" if taken is None else str(taken)


def _promised(account: Account, order: Mapping[str, Any]) -> str:
    wanted = str(account.settings.get("promise_attribute") or "").strip().lower()
    for _, item in _named(order, "note_attributes"):
        if wanted and str(item.get("name")).strip().lower() == wanted:
            return reading.words(item.get("value"), 80)
    return ""


def _presentment(order: Mapping[str, Any], rate: Decimal | None) -> dict[str, str]:
    """What the customer saw, when that was another currency: total, and our currency per unit of it."""
    shown = str(order.get("presentment_currency") or "")
    if not shown or shown == order.get("currency"):
        return {}
    bag = reading.mapping(order.get("total_price_set"), "total_price_set")
    money = reading.mapping(bag.get("presentment_money"), "total_price_set.presentment_money")
    return {"currency": shown, "total": str(money.get("amount", "")), "rate": str(rate or "")}


def plain(value: Any) -> Any:
    """This function will return a value of Shopify's with every number that is no small whole one as text."""
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, Decimal) or (
        isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**53
    ):
        return str(value)
    return value
