"""What do the lines and charges of a Shopify order cost, so that they add up to its `total_price`?

A discount lowers the price of the line it was allocated to, and in a shop whose prices contain tax the price is what is left
without it: so a unit that is taken off later takes its own share along. A price has four decimals; should quantity × price,
rounded as our order rounds it, miss what the line costs (only beyond a hundred units), the rest is a discount of its own.

Tax of shipping, duties and fees has no line: it is spread over the lines that are taxed, and `facts` say what it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from erp.core.errors import InvalidInput
from erp.core.money import ZERO, exponent, quantize, split
from orders.channels import fields
from orders.channels.document import Charge
from orders.channels.shopify import reading

PRICE = Decimal("0.0001")
Rows = Sequence[tuple[str, Mapping[str, Any]]]  # parts of the order with the names of their fields


@dataclass(frozen=True)
class Cost:
    """What one line costs: `net` without tax and after discounts, `listed` a unit's price before them."""

    quantity: int
    listed: Decimal
    discount: Decimal
    net: Decimal
    tax: Decimal
    unit_price: Decimal


@dataclass(frozen=True)
class Money:
    """The costs of the goods, line by line, and everything that is charged besides."""

    costs: Sequence[Cost]
    charges: Sequence[Charge]
    tax_elsewhere: Decimal  # of shipping, duties and fees; it is in the lines' taxes


def money_of(order: Mapping[str, Any], goods: Rows, tips: Rows, currency: str) -> Money:
    """This function will work out an order; `goods` and `tips` are its lines.

    InvalidInput when a line costs less than nothing or the taxes do not add up to `total_tax`.
    """
    included = bool(order.get("taxes_included"))
    costs = [_cost(line, field, included, currency) for field, line in goods]
    shipping, shipping_off, shipping_tax = _shipping(order, included)
    extra, extra_tax = _extra(order, goods)
    tipped = sum((_cost(line, field, included, currency).net for field, line in tips), ZERO)
    if not tips:
        tipped = reading.amount(order.get("total_tip_received"), "total_tip_received")
    if tipped:
        extra = [*extra, Charge("OTHER_INCOME", tipped, "Tip")]
    elsewhere = _tax_elsewhere(order, costs, shipping_tax + extra_tax, included, currency)
    costs = _spread(costs, elsewhere, currency)
    rests = sum((cost.net - quantize(cost.unit_price * cost.quantity, currency) for cost in costs), ZERO)
    loose = _loose_discount(order, costs, shipping_off)
    off = [Charge("DISCOUNT", -loose, "Discount on the order")] if loose else []
    rest = [Charge("DISCOUNT", rests, "Rounding of unit prices")] if rests else []
    return Money(costs, (*shipping, *extra, *off, *rest), elsewhere)


def _cost(line: Mapping[str, Any], field: str, included: bool, currency: str) -> Cost:
    units = fields.read_quantity(line.get("quantity"), f"{field}.quantity")
    listed = reading.amount(line.get("price"), f"{field}.price")
    discount = allocated(line, field)
    if not discount and not line.get("discount_allocations"):
        discount = reading.amount(line.get("total_discount"), f"{field}.total_discount")
    tax = taxes(line, field)
    net = listed * units - discount - (tax if included else ZERO)
    if net < 0:
        raise InvalidInput(
            f"{field} costs less than nothing: {listed} × {units} less {discount}",
            field=f"{field}.discount_allocations", remedy=reading.REMEDY,
        )  # fmt: skip
    return Cost(units, listed, discount, net, tax, _unit_price(net, units, currency))


def _unit_price(net: Decimal, units: int, currency: str) -> Decimal:
    """Never below what the line costs, so that a rest is a discount."""
    price = (net / units).quantize(PRICE, rounding=ROUND_HALF_EVEN)
    return price + PRICE if quantize(price * units, currency) < net else price


def allocated(part: Mapping[str, Any], field: str) -> Decimal:
    """This function will return the discounts that were allocated to a line or to a shipping line."""
    found = reading.rows(part.get("discount_allocations"), f"{field}.discount_allocations")
    return sum((reading.amount(item.get("amount"), f"{field}.discount_allocations[{n}].amount")
                for n, item in enumerate(found)), ZERO)  # fmt: skip


def taxes(part: Mapping[str, Any], field: str) -> Decimal:
    """This function will return the sum of the tax lines of a part of the order."""
    found = reading.rows(part.get("tax_lines"), f"{field}.tax_lines")
    return sum((reading.amount(item.get("price"), f"{field}.tax_lines[{n}].price")
                for n, item in enumerate(found)), ZERO)  # fmt: skip


def _shipping(order: Mapping[str, Any], included: bool) -> tuple[list[Charge], Decimal, Decimal]:
    """The charges, their discounts and their tax. A line that was removed counts when the document's own sum counts it."""
    lines = [(f"shipping_lines[{n}]", line)
             for n, line in enumerate(reading.rows(order.get("shipping_lines"), "shipping_lines"))]  # fmt: skip
    prices = {field: reading.amount(line.get("price"), f"{field}.price") for field, line in lines}
    said = reading.shop_money(order.get("total_shipping_price_set"), "total_shipping_price_set")
    if said != sum(prices.values(), ZERO):
        lines = [(field, line) for field, line in lines if not line.get("is_removed")]
    charges, discounts, tax = [], ZERO, ZERO
    for field, line in lines:
        off, own = allocated(line, field), taxes(line, field)
        price = prices[field] - off - (own if included else ZERO)
        discounts, tax = discounts + off, tax + own
        if price:
            name = reading.words(line.get("title") or line.get("code"), 200) or "Shipping"
            charges.append(Charge("SHIPPING_REVENUE", price, name))
    return charges, discounts, tax


def _extra(order: Mapping[str, Any], goods: Rows) -> tuple[list[Charge], Decimal]:
    """Duties and fees that are no shipping, and their tax."""
    duties, tax = ZERO, ZERO
    for field, line in goods:
        for n, duty in enumerate(reading.rows(line.get("duties"), f"{field}.duties")):
            where = f"{field}.duties[{n}]"
            duties += (
                reading.shop_money(duty, where) or reading.shop_money(duty.get("price_set"), where) or ZERO
            )
            tax += taxes(duty, where)
    said = reading.shop_money(order.get("original_total_duties_set"), "original_total_duties_set")
    duties = ZERO if order.get("duties_included") else duties if said is None else said
    fees = ZERO
    for n, fee in enumerate(reading.rows(order.get("additional_fees"), "additional_fees")):
        fees += reading.shop_money(fee.get("price_set"), f"additional_fees[{n}].price_set") or ZERO
        tax += taxes(fee, f"additional_fees[{n}]")
    said = reading.shop_money(
        order.get("original_total_additional_fees_set"), "original_total_additional_fees_set"
    )
    charges = [(duties, "Duties"), (fees if said is None else said, "Additional fees")]
    return [Charge("OTHER_INCOME", value, name) for value, name in charges if value], tax


def _tax_elsewhere(
    order: Mapping[str, Any], costs: Sequence[Cost], listed: Decimal, included: bool, currency: str
) -> Decimal:
    """The tax of the order that no line has. Prices without tax are topped up by `total_tax`, whatever the tax lines say."""
    ours = sum((cost.tax for cost in costs), ZERO)
    if order.get("total_tax") is None:
        return listed
    total = reading.amount(order["total_tax"], "total_tax")
    room = Decimal(1).scaleb(-exponent(currency)) * (len(costs) + 1)  # each line is rounded by itself
    if (ours or listed) and abs(total - ours - listed) > room:
        raise InvalidInput(
            f"total_tax is {total}, its tax lines are {ours + listed}",
            field="total_tax",
            remedy=reading.REMEDY,
        )
    return listed if included else total - ours


def _spread(costs: Sequence[Cost], tax: Decimal, currency: str) -> list[Cost]:
    if not tax or not costs:
        return list(costs)
    weights: list[Decimal] = [cost.tax for cost in costs]
    if sum(weights) <= 0:
        weights = [cost.net for cost in costs]
    if sum(weights) <= 0:
        weights = [Decimal(cost.quantity) for cost in costs]
    parts = split(tax, weights, currency)
    return [Cost(c.quantity, c.listed, c.discount, c.net, c.tax + part, c.unit_price)
            for c, part in zip(costs, parts, strict=True)]  # fmt: skip


def _loose_discount(order: Mapping[str, Any], costs: Sequence[Cost], shipping_off: Decimal) -> Decimal:
    """What documents of before 2018 take off without saying where."""
    said = reading.amount(order.get("total_discounts"), "total_discounts")
    return max(ZERO, said - sum((cost.discount for cost in costs), ZERO) - shipping_off)
