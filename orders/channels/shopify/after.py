"""What happened to a Shopify order after it was placed: money taken and paid back, parcels, units taken off again?

A payment is known by its order: whether a message lists transactions depends on how it came, and money that is named in two
ways would be taken twice. A refund is known by its transaction, which every message has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from erp.core.errors import InvalidInput
from erp.core.money import ZERO, quantize
from orders.channels.document import Fulfilled, Paid, Refund, version_of
from orders.channels.shopify import reading

PROVIDER = "shopify"
NOT_SENT = ("cancelled", "error", "failure")
WAS_PAID = ("paid", "partially_refunded", "refunded")


def refunds_of(
    refund: Mapping[str, Any], field: str, currency: str = "", rate: Decimal | None = None
) -> list[Refund]:
    """This function will return the money that one refund paid back, a transaction each; without money its units alone.

    `currency` is the order's; `rate` what one unit of the customer's currency is in it. Without them the refund's own
    amounts, which Shopify gives in both, say them.
    """
    ref = reading.identity(refund.get("id"), f"{field}.id")
    at = version_of(
        reading.moment(refund.get("processed_at") or refund.get("created_at"), f"{field}.created_at")
    )
    reason = reading.words(refund.get("note"), 200)
    lines = tuple(sorted(cancelled_units(refund, field).items()))
    own_currency, own_rate = _rate_of(refund, field)
    paid_back = []
    for n, found in enumerate(reading.rows(refund.get("transactions"), f"{field}.transactions")):
        if found.get("kind") == "refund" and found.get("status") == "success":
            where = f"{field}.transactions[{n}]"
            value = _in_shop_money(found, where, currency or own_currency, rate or own_rate)
            paid_back.append((reading.identity(found.get("id"), f"{where}.id"), value))
    if not paid_back:
        return [Refund(PROVIDER, f"refund:{ref}", ZERO, reason, at, lines)]
    return [
        Refund(PROVIDER, known, value, reason, at, () if n else lines)
        for n, (known, value) in enumerate(paid_back)
    ]


def _in_shop_money(found: Mapping[str, Any], field: str, currency: str, rate: Decimal | None) -> Decimal:
    """A transaction's amount in the order's currency: it is in the customer's when that is another."""
    said = reading.shop_money(found.get("amount_set"), f"{field}.amount_set")
    if said is not None:
        return said
    value, theirs = (
        reading.amount(found.get("amount"), f"{field}.amount"),
        str(found.get("currency") or currency),
    )
    if not currency or theirs == currency:
        return value
    if rate is None:
        raise InvalidInput(
            f"{field} is in {theirs}, the order in {currency}, at no known rate", field=f"{field}.currency",
            remedy=reading.REMEDY,
        )  # fmt: skip
    return quantize(value * rate, currency)


def _rate_of(refund: Mapping[str, Any], field: str) -> tuple[str, Decimal | None]:
    for line in reading.rows(refund.get("refund_line_items"), f"{field}.refund_line_items"):
        currency, rate = rate_in(line.get("subtotal_set"), f"{field}.refund_line_items.subtotal_set")
        if currency:
            return currency, rate
    return "", None


def rate_in(price_set: Any, field: str) -> tuple[str, Decimal | None]:
    """This function will return the shop's currency and what one unit of the customer's is in it, from a money bag."""
    bag = reading.mapping(price_set, field)
    shop = reading.mapping(bag.get("shop_money"), field)
    shown = reading.mapping(bag.get("presentment_money"), field)
    theirs = reading.amount(shown.get("amount"), f"{field}.presentment_money.amount")
    ours = reading.amount(shop.get("amount"), f"{field}.shop_money.amount")
    return str(shop.get("currency_code") or ""), (ours / theirs if theirs and ours else None)


def cancelled_units(refund: Mapping[str, Any], field: str) -> dict[str, int]:
    """This function will return line → units that a refund took off before they were sent."""
    return _units(refund, field, ("cancel",))


def _units(refund: Mapping[str, Any], field: str, kinds: Sequence[str]) -> dict[str, int]:
    units: dict[str, int] = {}
    for n, line in enumerate(reading.rows(refund.get("refund_line_items"), f"{field}.refund_line_items")):
        if str(line.get("restock_type") or "no_restock") in kinds:
            where = f"{field}.refund_line_items[{n}]"
            ref = reading.identity(line.get("line_item_id"), f"{where}.line_item_id")
            units[ref] = units.get(ref, 0) + reading.whole(line.get("quantity"), f"{where}.quantity")
    return units


def removed_units(
    line: Mapping[str, Any],
    field: str,
    units: int,
    refunds: Sequence[tuple[str, Mapping[str, Any]]],
    sent: int,
) -> int:
    """This function will return how many units of a line were taken off before they were sent.

    `current_quantity` falls by every refund; those of restock type "cancel" never left, "return" came back. Of the others
    ("no_restock", "legacy_restock") those never left that were neither sent nor are still to be. What is missing beyond
    refunds was taken off by an edit.
    """
    ref = reading.identity(line.get("id"), f"{field}.id")
    cancelled, returned, unsaid = (
        sum(_units(refund, name, kinds).get(ref, 0) for name, refund in refunds)
        for kinds in (("cancel",), ("return",), ("no_restock", "legacy_restock"))
    )
    edited = 0
    if line.get("current_quantity") is not None:
        gone = units - reading.whole(line["current_quantity"], f"{field}.current_quantity")
        edited = max(gone - cancelled - returned - unsaid, 0)
    off = cancelled + edited
    if unsaid and line.get("fulfillable_quantity") is not None:
        to_send = reading.whole(line["fulfillable_quantity"], f"{field}.fulfillable_quantity")
        off += min(unsaid, max(units - sent - to_send - off, 0))
    return min(off, units)


def fulfilled(parcel: Mapping[str, Any], field: str) -> Fulfilled:
    """This function will return a parcel; one that failed or was cancelled has no lines."""
    lines: dict[str, int] = {}
    if parcel.get("status") not in NOT_SENT:
        for n, line in enumerate(reading.rows(parcel.get("line_items"), f"{field}.line_items")):
            where = f"{field}.line_items[{n}]"
            ref = reading.identity(line.get("id"), f"{where}.id")
            lines[ref] = lines.get(ref, 0) + reading.whole(line.get("quantity"), f"{where}.quantity")
    numbers = parcel.get("tracking_numbers") or [parcel.get("tracking_number")]
    return Fulfilled(
        reading.identity(parcel.get("id"), f"{field}.id"),
        tuple(reading.words(number, 80) for number in numbers if number) if isinstance(numbers, list) else (),
        reading.words(parcel.get("tracking_company"), 80),
        version_of(reading.moment(parcel.get("created_at"), f"{field}.created_at")), tuple(sorted(lines.items())),
    )  # fmt: skip


def payments_of(order: Mapping[str, Any], ref: str, total: Decimal, paid_back: Decimal) -> list[Paid]:
    """This function will return the money that was taken for an order, as one payment, once all of it was.

    A part that was paid before is a fact (`paid_so_far`): the same payment can not be taken again for more.
    """
    taken = captured(order)
    if order.get("financial_status") not in WAS_PAID:
        return []
    if taken is None:
        current, outstanding = order.get("current_total_price"), order.get("total_outstanding")
        left = min(ZERO, reading.amount(outstanding, "total_outstanding"))
        now = total if current is None else reading.amount(current, "current_total_price") - left + paid_back
        taken = min(total, now)
    return [Paid(PROVIDER, f"order:{ref}", taken)] if taken > 0 else []


def captured(order: Mapping[str, Any]) -> Decimal | None:
    """This function will return what the order's transactions took; None when the message lists none."""
    found = reading.rows(order.get("transactions"), "transactions")
    taken = [
        _in_shop_money(item, f"transactions[{n}]", str(order.get("currency") or ""),
                       rate_in(order.get("total_price_set"), "total_price_set")[1])
        for n, item in enumerate(found) if item.get("kind") in ("sale", "capture") and item.get("status") == "success"
    ]  # fmt: skip
    return sum(taken, ZERO) if found else None
