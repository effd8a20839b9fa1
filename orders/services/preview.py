"""What would become of an order that a person is still typing? Nothing is written.

The checks are the ones that intake runs, on the same facts; a line that is not complete yet is left out of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from erp.core.errors import KeelError
from erp.core.money import ZERO, quantize
from inventory.models import Product
from inventory.selectors import product_codes
from orders import checks
from orders.models import Channel, Customer
from orders.resolve import References, resolve_references
from orders.selectors.credit import credit_position
from orders.selectors.price import prices_for
from orders.selectors.quote import promise_quote, units_by_node
from orders.services.command import ChargeCommand, LineCommand, OrderCommand, ShipTo
from orders.services.order import _Draft, _price
from orders.services.order_check import check_drafts


class TypedLine(NamedTuple):
    """A line as far as it is typed: None = not yet, or no number."""

    sku: str
    quantity: int | None
    unit_price: Decimal | None


@dataclass(frozen=True)
class TypedOrder:
    """An order as far as it is typed; `tax_rate` in percent."""

    channel: Channel
    currency: str
    lines: Sequence[TypedLine]
    customer_number: str = ""
    ship_to: ShipTo = field(default_factory=ShipTo)
    shipping: Decimal = ZERO
    tax_rate: Decimal = ZERO


class EntryLine(NamedTuple):
    """What we know of a typed line. `price` is what will be charged, `source` where it comes from."""

    sku: str
    name: str
    product_id: int | None
    quantity: int
    price: Decimal | None
    applied: Decimal | None
    source: str
    total: Decimal
    tax: Decimal
    nodes: Sequence[tuple[str, int]]
    available: int
    promised: date | None


class Credit(NamedTuple):
    """What the customer may owe, owes already, and would owe with this order; `limit` None = none set."""

    limit: Decimal | None
    used: Decimal
    after: Decimal
    is_over: bool


@dataclass(frozen=True)
class EntryPreview:
    """Everything that the page shows beside an order while it is typed."""

    lines: Sequence[EntryLine]
    goods: Decimal
    tax: Decimal
    shipping: Decimal
    currency: str
    findings: Sequence[str]
    customer: Customer | None
    credit: Credit | None

    @property
    def total(self) -> Decimal:
        return self.goods + self.tax + self.shipping


def sku_of_codes(codes: Sequence[str]) -> dict[str, str]:
    """This function will return typed or scanned code → SKU for the GTINs among `codes`; SKUs are left out."""
    wanted = [code for code in codes if code.isascii() and code.isdigit() and len(code) in (8, 12, 13, 14)]
    found = product_codes(wanted) if wanted else {}
    skus = dict(
        Product.objects.filter(pk__in={m.product_id for m in found.values()}).values_list("pk", "sku")
    )
    return {code: skus[match.product_id] for code, match in found.items() if match.factor == 1}


def order_preview(typed: TypedOrder, *, at: datetime) -> EntryPreview:
    """This function will price, promise and check what is typed so far; it raises nothing for what is not complete."""
    codes = sku_of_codes([line.sku for line in typed.lines])
    lines = [line._replace(sku=codes.get(line.sku, line.sku)) for line in typed.lines]
    customer = (
        Customer.objects.filter(number=typed.customer_number).first() if typed.customer_number else None
    )
    complete = [LineCommand(line.sku, line.quantity or 1, line.unit_price or ZERO) for line in lines]
    references = resolve_references([_command(typed, complete, customer, at)], at=at)
    channel = references.channels[typed.channel.code]
    known = {line.sku: p.id for line in lines if (p := references.product(channel, line.sku)) is not None}
    shown = _lines(typed, lines, known, customer, at)
    goods, tax = sum((line.total for line in shown), ZERO), sum((line.tax for line in shown), ZERO)
    findings = _findings(typed, shown, references, customer, at)
    credit = None
    if customer is not None and not typed.channel.is_prepaid:
        used = credit_position(customer.pk, at=at).exposure
        after = used + goods + tax + typed.shipping
        limit = customer.credit_limit
        credit = Credit(limit, used, after, limit is not None and after > limit)
    return EntryPreview(shown, goods, tax, typed.shipping, typed.currency, findings, customer, credit)


def _lines(
    typed: TypedOrder,
    lines: Sequence[TypedLine],
    known: dict[str, int],
    customer: Customer | None,
    at: datetime,
) -> list[EntryLine]:
    wanted = [(known[line.sku], line.quantity or 1) for line in lines if line.sku in known]
    customer_id = customer.pk if customer else None
    prices = iter(prices_for(typed.channel.pk, customer_id, wanted, typed.currency, at))
    quotes = iter(
        promise_quote(wanted, channel_id=typed.channel.pk, country=typed.ship_to.country, at=at)
        if wanted
        else []
    )
    nodes = (
        units_by_node([product for product, _ in wanted], channel_code=typed.channel.code) if wanted else {}
    )
    names = dict(Product.objects.filter(pk__in=known.values()).values_list("pk", "name"))
    found = []
    for line in lines:
        product = known.get(line.sku)
        if product is None:
            unknown = "unknown SKU" if line.sku else ""
            found.append(
                EntryLine(
                    line.sku, "", None, line.quantity or 0, None, None, unknown, ZERO, ZERO, (), 0, None
                )
            )
            continue
        applied, quote = next(prices), next(quotes)
        price = applied.price if line.unit_price is None else line.unit_price
        total = quantize((price or ZERO) * (line.quantity or 0), typed.currency)
        found.append(
            EntryLine(
                line.sku, names[product], product, line.quantity or 0, price, applied.price,
                applied.words if line.unit_price is None else "typed", total,
                quantize(total * typed.tax_rate / 100, typed.currency), nodes.get(product, ()), quote.available,
                quote.promised_date,
            )
        )  # fmt: skip
    return found


def _findings(
    typed: TypedOrder,
    shown: Sequence[EntryLine],
    references: References,
    customer: Customer | None,
    at: datetime,
) -> list[str]:
    """What the checks would say of the complete lines; a refusal ends the list, as it would end the intake."""
    lines = [
        LineCommand(line.sku, line.quantity, line.price, "", line.tax)
        for line in shown if line.product_id and line.quantity and line.price is not None
    ]  # fmt: skip
    if not lines:
        return []
    draft = _Draft(_command(typed, lines, customer, at), 0)
    try:
        _price(draft, references)
    except KeelError as refusal:
        return [f"Refused: {refusal.message}. {refusal.remedy}".strip()]
    check_drafts([draft])
    if draft.error is not None:
        return [f"Refused: {draft.error.message}. {draft.error.remedy}".strip()]
    return [f"Will be held: {f.reason}" for f in draft.findings if f.verdict == checks.HOLD]


def _command(
    typed: TypedOrder, lines: Sequence[LineCommand], customer: Customer | None, at: datetime
) -> OrderCommand:
    charges = [ChargeCommand("SHIPPING_REVENUE", typed.shipping)] if typed.shipping else []
    return OrderCommand(
        typed.channel.code, "", at, typed.currency, lines, "", charges, customer.number if customer else "",
        ship_to=typed.ship_to,
    )  # fmt: skip
