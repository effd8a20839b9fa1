"""Answers: what does an order look like in Shopify's words? Bodies as recorded ones are, worked out to the cent."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

BEYOND = 2**53 + 1  # what JavaScript can not count to, and Shopify's ids do
CENT = Decimal("0.01")


@dataclass
class Item:
    """What is put into the cart. `discount` is of all units, `tax` of all units."""

    sku: str | None
    quantity: int
    price: str
    discount: str = "0.00"
    tax: str = "0.00"
    variant_id: int | None = 4_611_686_018_427_387_904
    more: dict[str, Any] = field(default_factory=dict)


def money(amount: Decimal | str, currency: str = "GBP") -> dict[str, Any]:
    """Return a money bag: the same in the shop's and the customer's currency."""
    part = {"amount": str(amount), "currency_code": currency}
    return {"shop_money": dict(part), "presentment_money": dict(part)}


def tax_line(price: str | Decimal, title: str = "VAT", rate: float = 0.2) -> dict[str, Any]:
    return {
        "price": str(price),
        "rate": rate,
        "title": title,
        "channel_liable": False,
        "price_set": money(price),
    }


def line_of(item: Item, line_id: int, currency: str = "GBP") -> dict[str, Any]:
    """Return a line item, as yet unfulfilled."""
    discounts = [
        {
            "amount": item.discount,
            "discount_application_index": 0,
            "amount_set": money(item.discount, currency),
        }
    ]
    return {
        "id": line_id, "admin_graphql_api_id": f"gid://shopify/LineItem/{line_id}", "current_quantity": item.quantity,
        "fulfillable_quantity": item.quantity, "fulfillment_service": "manual", "fulfillment_status": None, "gift_card": False,
        "grams": 200, "name": f"{item.sku or 'Custom'} - blue", "price": item.price, "price_set": money(item.price, currency),
        "product_exists": True, "product_id": 632910392, "properties": [], "quantity": item.quantity, "requires_shipping": True,
        "sku": item.sku, "taxable": True, "title": item.sku or "Engraving", "total_discount": "0.00",
        "variant_id": item.variant_id, "vendor": None, "duties": [],
        "tax_lines": [tax_line(item.tax)] if Decimal(item.tax) else [],
        "discount_allocations": discounts if Decimal(item.discount) else [], **item.more,
    }  # fmt: skip


def order_of(
    order_id: int, items: list[Item], *, at: datetime, shipping: str = "0.00", shipping_tax: str = "0.00",
    included: bool = False, currency: str = "GBP", line_id: int = BEYOND * 2, **more: Any,
) -> dict[str, Any]:  # fmt: skip
    """Return a new, unpaid order; its totals are the sums of its parts as Shopify makes them."""
    lines = [line_of(item, line_id + number, currency) for number, item in enumerate(items)]
    goods = sum((Decimal(item.price) * item.quantity - Decimal(item.discount) for item in items), Decimal(0))
    tax = sum((Decimal(item.tax) for item in items), Decimal(shipping_tax))
    total = goods + Decimal(shipping) + (0 if included else tax)
    address = {
        "first_name": "Carol", "last_name": "Customer", "name": "Carol Customer", "company": None, "address1": "1 High Street",
        "address2": "", "city": "Leeds", "zip": "LS1 1AA", "country": "United Kingdom", "country_code": "GB", "phone": "0113",
        "province": None, "province_code": None,
    }  # fmt: skip
    stamp = at.isoformat(timespec="seconds")
    line = {
        "id": line_id + 500, "code": "Standard", "title": "Standard", "source": "shopify", "price": shipping, "is_removed": False,
        "discounted_price": shipping, "discount_allocations": [],
        "tax_lines": [tax_line(shipping_tax)] if Decimal(shipping_tax) else [],
    }  # fmt: skip
    return {
        "id": order_id, "admin_graphql_api_id": f"gid://shopify/Order/{order_id}", "name": "#1001", "number": 1,
        "order_number": 1001, "created_at": stamp, "processed_at": stamp, "updated_at": stamp, "cancelled_at": None,
        "cancel_reason": None, "closed_at": None, "confirmed": True, "currency": currency, "presentment_currency": currency,
        "email": "carol@example.com", "contact_email": "carol@example.com", "phone": None, "tags": "", "note": None,
        "note_attributes": [], "source_name": "web", "test": False, "taxes_included": included, "tax_exempt": False,
        "financial_status": "pending", "fulfillment_status": None, "payment_gateway_names": ["shopify_payments"],
        "total_line_items_price": str(sum((Decimal(item.price) * item.quantity for item in items), Decimal(0))),
        "subtotal_price": str(goods), "total_tax": str(tax), "total_price": str(total), "total_price_set": money(total, currency),
        "current_total_price": str(total), "total_outstanding": str(total), "total_tip_received": "0.00",
        "total_discounts": str(sum((Decimal(item.discount) for item in items), Decimal(0))),
        "total_shipping_price_set": money(shipping, currency), "discount_applications": [], "discount_codes": [],
        "tax_lines": [tax_line(tax)] if tax else [], "customer": {"id": BEYOND * 3, "email": "carol@example.com"},
        "billing_address": dict(address), "shipping_address": address, "line_items": lines,
        "shipping_lines": [line] if Decimal(shipping) else [], "refunds": [], "fulfillments": [], **more,
    }  # fmt: skip


def refund_of(
    refund_id: int, order: dict[str, Any], units: dict[int, int], amount: str, *, at: datetime,
    restock: str = "cancel", note: str = "", currency: str = "",
) -> dict[str, Any]:  # fmt: skip
    """Return a refund of units (line number → units) and money, as refunds/create and the order itself show it."""
    stamp = at.isoformat(timespec="seconds")
    lines = []
    for number, count in units.items():
        line = order["line_items"][number]
        lines.append({
            "id": refund_id + 100 + number, "line_item_id": line["id"], "quantity": count, "restock_type": restock,
            "location_id": 487838322, "subtotal": float(Decimal(line["price"]) * count), "total_tax": 0.0,
            "subtotal_set": money(Decimal(line["price"]) * count, order["currency"]), "line_item": line,
        })  # fmt: skip
    transaction = {
        "id": refund_id + 1, "order_id": order["id"], "kind": "refund", "gateway": "shopify_payments", "status": "success",
        "amount": amount, "currency": currency or order["currency"], "parent_id": 1, "test": False, "created_at": stamp,
        "processed_at": stamp,
    }  # fmt: skip
    return {
        "id": refund_id, "order_id": order["id"], "created_at": stamp, "processed_at": stamp, "note": note, "restock": True,
        "user_id": None, "order_adjustments": [], "refund_line_items": lines,
        "transactions": [transaction] if Decimal(amount) else [],
    }  # fmt: skip
