"""What would an edit do to an order's lines, totals and promises? Pure: facts and wishes in, a plan out.

Rules. A line may change while none of its units is on the floor or has left. Its total is units × price to the minor
unit; its tax keeps the line's own rate (tax ÷ total) and is rounded once, half to even, so an order's tax is the sum of its
lines' and there is no residual cent to place. A line whose last unit is taken off stays, cancelled and worth nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from erp.core.errors import Conflict, InvalidInput
from erp.core.money import EXPONENTS, ZERO, quantize

MOST_UNITS = 1_000_000


@dataclass(frozen=True)
class LineEdit:
    """What a line becomes; None = as it is. `quantity` counts the units the customer is to get; 0 takes the line off.

    `tax_amount` is the tax of all the line's units after the edit; None = at the line's own rate.
    """

    line_id: int
    quantity: int | None = None
    unit_price: Decimal | None = None
    tax_amount: Decimal | None = None


@dataclass(frozen=True)
class LineAdd:
    """A new line; without a price the one that applies, without a rate (percent) the one that all lines share.

    `tax_amount` says the tax itself, for who was told it and not a rate.
    """

    sku: str
    quantity: int
    unit_price: Decimal | None = None
    tax_rate: Decimal | None = None
    tax_amount: Decimal | None = None


@dataclass(frozen=True)
class Edit:
    """One draft of changes, applied whole or not at all. `header` maps field → new value; `version` is what the form saw.

    `is_agreed`: its prices were agreed elsewhere (at the channel). They override nothing of ours and need nobody's approval;
    the checks judge them as they judge those of a new order.
    """

    lines: Sequence[LineEdit] = ()
    added: Sequence[LineAdd] = ()
    header: Mapping[str, Any] = field(default_factory=dict)
    version: str = ""
    is_agreed: bool = False


@dataclass(frozen=True)
class LineNow:
    """A line as it stands; `planned` units are on the floor."""

    line_id: int
    position: int
    product_id: int
    sku: str
    ordered: int
    allocated: int
    planned: int
    picked: int
    shipped: int
    cancelled: int
    unit_price: Decimal
    line_total: Decimal
    tax: Decimal
    agreed: Decimal | None = None
    kit_id: int | None = None
    per_kit: int = 1

    @property
    def wanted(self) -> int:
        return self.ordered - self.cancelled

    @property
    def is_free(self) -> bool:
        return not (self.planned or self.picked or self.shipped)


@dataclass(frozen=True)
class NewProduct:
    """What an added line's SKU means; `price` is what applies to this customer, None when nothing does."""

    product_id: int
    sku: str
    price: Decimal | None
    source: str


@dataclass(frozen=True)
class LinePlan:
    """A line after the edit. `freed` promised units go back; `line` is None for a new one."""

    line: LineNow | None
    product_id: int
    sku: str
    ordered: int
    cancelled: int
    unit_price: Decimal
    line_total: Decimal
    tax: Decimal
    agreed: Decimal | None
    freed: int = 0
    channel_sku: str = ""
    description: str = ""
    substitute_of: int | None = None
    merged_from: int | None = None

    @property
    def wanted(self) -> int:
        return self.ordered - self.cancelled

    @property
    def is_changed(self) -> bool:
        now = self.line
        return now is None or (now.ordered, now.cancelled, now.unit_price, now.tax) != (
            self.ordered, self.cancelled, self.unit_price, self.tax,
        )  # fmt: skip

    @property
    def given_away(self) -> Decimal:
        """What overriding the price costs us, all overrides of this line so far included."""
        return ZERO if self.agreed is None else max(ZERO, (self.agreed - self.unit_price) * self.wanted)

    @property
    def percent_off(self) -> Decimal:
        if not self.agreed or not self.wanted:
            return ZERO
        return max(ZERO, (self.agreed - self.unit_price) * 100 / self.agreed)


@dataclass(frozen=True)
class Plan:
    """The whole edit, worked out. `due` is what the customer is to pay in all; cancelled units are not."""

    lines: Sequence[LinePlan]
    charges: Decimal
    header: Mapping[str, tuple[Any, Any]]
    total_before: Decimal
    due_before: Decimal
    currency: str

    @property
    def goods(self) -> Decimal:
        return sum((line.line_total for line in self.lines), ZERO)

    @property
    def tax(self) -> Decimal:
        return sum((line.tax for line in self.lines), ZERO)

    @property
    def total(self) -> Decimal:
        return self.goods + self.tax + self.charges

    @property
    def due(self) -> Decimal:
        rows = [(line.line_total, line.tax, line.wanted, line.ordered) for line in self.lines]
        return due_of(rows, self.charges, self.currency)

    @property
    def freed(self) -> dict[int, int]:
        return {line.line.line_id: line.freed for line in self.lines if line.line and line.freed}

    @property
    def given_away(self) -> Decimal:
        return sum((line.given_away for line in self.lines), ZERO)

    @property
    def percent_off(self) -> Decimal:
        return max((line.percent_off for line in self.lines), default=ZERO)

    @property
    def has_new_override(self) -> bool:
        """Is a price below what was agreed asked for now (not only carried over from an earlier change)?"""
        return any(
            line.given_away and line.is_changed
            and (line.line is None or line.unit_price < line.line.unit_price or line.wanted > line.line.wanted)
            for line in self.lines
        )  # fmt: skip

    @property
    def is_empty(self) -> bool:
        return not self.header and not any(line.is_changed for line in self.lines)

    def changes(self) -> list[dict[str, str]]:
        """This function will return what is different, as [{what, old, new}]."""
        found = []
        for plan in self.lines:
            now = plan.line
            if now is None:
                new = f"{plan.wanted} × {plan.unit_price.normalize():f}"
                found.append({"what": f"{plan.sku} added", "old": "", "new": new})
                continue
            if not plan.is_changed:
                continue
            if plan.wanted == 0:
                old = f"{now.wanted} × {now.unit_price.normalize():f}"
                found.append({"what": f"{plan.sku} removed", "old": old, "new": ""})
                continue
            if plan.wanted != now.wanted:
                found.append({"what": f"{plan.sku} units", "old": str(now.wanted), "new": str(plan.wanted)})
            if plan.unit_price != now.unit_price:
                prices = {"old": f"{now.unit_price.normalize():f}", "new": f"{plan.unit_price.normalize():f}"}
                found.append({"what": f"{plan.sku} price", **prices})
            if plan.tax != now.tax and (plan.wanted, plan.unit_price) == (now.wanted, now.unit_price):
                found.append({"what": f"{plan.sku} tax", "old": f"{now.tax:.2f}", "new": f"{plan.tax:.2f}"})
        for name, (before, after) in self.header.items():
            found.append({"what": name.replace("_", " "), "old": _words(before), "new": _words(after)})
        return found


def _words(value: Any) -> str:
    if value is None or value == "":
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def share(total: Decimal, units: int, ordered: int, currency: str) -> Decimal:
    """This function will return what `units` of `ordered` are worth, as shipments will invoice them cumulatively."""
    return total if units == ordered or not total else quantize(total * units / ordered, currency)


def due_of(rows: Sequence[tuple[Decimal, Decimal, int, int]], charges: Decimal, currency: str) -> Decimal:
    """This function will return what is to be paid in all: rows are (total, tax, units wanted, units ordered).

    Charges go with the first shipment, so an order that nothing is left of owes none.
    """
    goods = sum(
        (share(total, n, m, currency) + share(tax, n, m, currency) for total, tax, n, m in rows), ZERO
    )
    return goods + (charges if any(row[2] for row in rows) else ZERO)


def shared_rate(lines: Sequence[LineNow], currency: str) -> Decimal | None:
    """This function will return the tax rate that all lines of value share (to the minor unit), or None when they differ."""
    valued = [line for line in lines if line.line_total]
    goods = sum((line.line_total for line in valued), ZERO)
    if not goods:
        return ZERO
    rate = sum((line.tax for line in valued), ZERO) / goods
    unit = Decimal(1).scaleb(-EXPONENTS[currency])
    same = all(abs(quantize(line.line_total * rate, currency) - line.tax) <= unit for line in valued)
    return rate if same else None


def line_after(
    line: LineNow, wanted: int, unit_price: Decimal, rate: Decimal | None, currency: str, *,
    tax_amount: Decimal | None = None, is_agreed: bool = False,
) -> LinePlan:  # fmt: skip
    """This function will work out a line with `wanted` units at `unit_price`; taking the last unit off leaves it worthless."""
    ordered, cancelled = line.ordered + wanted - line.wanted, line.cancelled
    if wanted == 0 and line.wanted:
        ordered, cancelled, unit_price = line.ordered, line.ordered, ZERO
    total = quantize(unit_price * ordered, currency)
    if tax_amount is not None and wanted:
        tax = tax_amount
    elif line.line_total:
        tax = quantize(line.tax * total / line.line_total, currency)
    else:
        tax = line.tax if not total else quantize(total * (rate or ZERO), currency)
    agreed = line.agreed
    if wanted and unit_price != line.unit_price:
        agreed = line.unit_price if agreed is None else agreed
        agreed = None if unit_price >= agreed or is_agreed else agreed
    freed = max(0, line.allocated - (wanted - line.shipped))
    unchanged = (ordered, cancelled, unit_price) == (line.ordered, line.cancelled, line.unit_price)
    return LinePlan(
        line, line.product_id, line.sku, ordered, cancelled, unit_price, line.line_total if unchanged else total,
        line.tax if unchanged and tax_amount is None else tax, agreed, freed,
    )  # fmt: skip


def plan_edit(
    lines: Sequence[LineNow], edit: Edit, products: Mapping[str, NewProduct], *, charges: Decimal, currency: str,
    header_now: Mapping[str, Any],
) -> Plan:  # fmt: skip
    """This function will work an edit out. InvalidInput or Conflict names the line (`lines[n]`, `added[n]`) at fault."""
    rate = shared_rate(lines, currency)
    wishes = {wish.line_id: (number, wish) for number, wish in enumerate(edit.lines, start=1)}
    strangers = set(wishes) - {line.line_id for line in lines}
    if strangers or len(wishes) < len(edit.lines):
        raise InvalidInput(
            "a line is not the order's, or named twice", field="lines", remedy="Reload the order."
        )
    plans = [
        _planned(line, *wishes.get(line.line_id, (0, LineEdit(line.line_id))), rate, currency, edit.is_agreed)
        for line in lines
    ]
    _check_kits(plans)
    plans += [
        _added(wish, f"added[{number}]", products, rate, currency, edit.is_agreed)
        for number, wish in enumerate(edit.added, start=1)
    ]
    rows = [(line.line_total, line.tax, line.wanted, line.ordered) for line in lines]
    before = sum((line.line_total + line.tax for line in lines), ZERO) + charges
    header = {
        name: (header_now[name], value) for name, value in edit.header.items() if value != header_now[name]
    }
    plan = Plan(plans, charges, header, before, due_of(rows, charges, currency), currency)
    if not any(line.wanted for line in plans) and any(line.wanted for line in lines):
        raise InvalidInput(
            "nothing would be left of the order", field="lines", remedy="Cancel the order instead."
        )
    if plan.due < 0 <= plan.due_before:
        raise Conflict(
            "the discounts would be more than the goods", field="lines", remedy="Cancel the order instead."
        )
    return plan


def _planned(
    line: LineNow, number: int, wish: LineEdit, rate: Decimal | None, currency: str, is_agreed: bool
) -> LinePlan:
    wanted = line.wanted if wish.quantity is None else wish.quantity
    price = line.unit_price if wish.unit_price is None else wish.unit_price
    where = f"lines[{number}]"
    _check_figures(wanted, price, where, least=0)
    if line.wanted == 0 and wanted:
        raise Conflict(
            f"{line.sku} is off the order", field=f"{where}.quantity", remedy="Add it as a new line."
        )
    tax = wish.tax_amount
    _check_tax(tax, where, currency)
    changed = (wanted, price) != (line.wanted, line.unit_price) or tax not in (None, line.tax)
    if changed and not line.is_free:
        raise Conflict(
            f"units of {line.sku} are on the floor or have left", field=f"{where}.quantity",
            remedy="Cancel the fulfilment order first; shipped goods come back by a return.",
        )  # fmt: skip
    return line_after(line, wanted, price, rate, currency, tax_amount=tax, is_agreed=is_agreed)


def _added(
    wish: LineAdd, where: str, products: Mapping[str, NewProduct], rate: Decimal | None, currency: str, is_agreed: bool
) -> LinePlan:  # fmt: skip
    product = products.get(wish.sku.lower())
    if product is None:
        raise InvalidInput(
            f"there is no product “{wish.sku}”", field=f"{where}.sku", remedy="Search by SKU or name."
        )
    price = product.price if wish.unit_price is None else wish.unit_price
    if price is None:
        raise InvalidInput(
            f"no price applies to {product.sku}", field=f"{where}.unit_price", remedy="Type the price."
        )
    _check_figures(wish.quantity, price, where, least=1)
    _check_tax(wish.tax_amount, where, currency)
    total = quantize(price * wish.quantity, currency)
    agreed = product.price if product.price is not None and price < product.price and not is_agreed else None
    own = wish.tax_rate / 100 if wish.tax_rate is not None else rate
    if wish.tax_amount is not None:
        own = ZERO
    if own is None:
        raise InvalidInput(
            "the order's lines are taxed differently",
            field=f"{where}.tax_rate",
            remedy="Say this line's rate.",
        )
    if not ZERO <= own <= 1:
        raise InvalidInput(
            "a tax rate is 0 to 100 %", field=f"{where}.tax_rate", remedy="Type it in percent."
        )
    tax = quantize(total * own, currency) if wish.tax_amount is None else wish.tax_amount
    return LinePlan(None, product.product_id, product.sku, wish.quantity, 0, price, total, tax, agreed)


def _check_tax(tax: Decimal | None, where: str, currency: str) -> None:
    if tax is not None and (tax < 0 or tax != quantize(tax, currency)):
        raise InvalidInput(f"{tax} is no tax in {currency}", field=f"{where}.tax_amount", remedy="Round it.")


def _check_figures(quantity: int, price: Decimal, where: str, *, least: int) -> None:
    if not least <= quantity <= MOST_UNITS:
        raise InvalidInput(
            f"{quantity} units can not be", field=f"{where}.quantity", remedy=f"Use {least} to {MOST_UNITS}."
        )
    if not price.is_finite() or not ZERO <= price < Decimal(10) ** 12 or price != round(price, 4):
        raise InvalidInput(
            f"{price} is no price", field=f"{where}.unit_price", remedy="Zero or more, at most 4 decimals."
        )


def _check_kits(plans: Sequence[LinePlan]) -> None:
    """A kit is bought whole: its lines shrink and grow together, to whole kits."""
    ratios: dict[int, set[Decimal]] = {}
    for plan in plans:
        if plan.line and plan.line.kit_id is not None and plan.line.wanted:
            ratios.setdefault(plan.line.kit_id, set()).add(Decimal(plan.wanted) / plan.line.per_kit)
    if any(len(found) > 1 or any(kits % 1 for kits in found) for found in ratios.values()):
        raise Conflict(
            "a kit's lines change together",
            field="lines",
            remedy="Change every line of the kit to the same number of whole kits.",
        )
