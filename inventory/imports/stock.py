"""What does a row of a stock file mean? So many units were counted of a product, in a bin of a node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar, NamedTuple

from django.db.models.functions import Lower

from erp.core.errors import InvalidInput, KeelError
from erp.core.imports.master import take, unknown
from erp.core.imports.target import (
    CHANGED,
    UNCHANGED,
    Column,
    Done,
    Item,
    Option,
    Plan,
    Scope,
    Target,
    Undone,
    register_target,
)  # fmt: skip
from erp.core.imports.values import read_day, read_decimal, read_required, shown
from inventory.models import Adjustment, Location, Lot, Node, Product, ProductUnit
from inventory.selectors import binned_node_ids
from inventory.services.lot import LotDraft, lot_ensure_many
from inventory.services.stock_count import Bucket, CountDraft, stock_count_record_many, stock_counted_now
from inventory.states import AdjustmentReason, AdjustmentState, StockStatus

_STATUSES = (StockStatus.AVAILABLE, StockStatus.QUARANTINE, StockStatus.DAMAGED)
_COLUMNS = {"product": "sku", "quantity_delta": "quantity", "location": "bin", "lot_code": "lot"}
MOST = 2**31 - 1


class _Count(NamedTuple):
    """A count on its way: the lot is registered when it is written."""

    bucket: Bucket
    quantity: int
    unit_cost: Decimal | None
    lot: str
    expiry: date | None


@dataclass(frozen=True)
class _Context:
    products: Mapping[str, Product]
    packs: Mapping[tuple[int, str], int]
    nodes: Mapping[str, Node]
    places: Mapping[str, Location]
    lots: Mapping[tuple[int, str], int]
    binned: frozenset[int]


def _reasons() -> list[tuple[str, str]]:
    return [(str(code), str(label)) for code, label in AdjustmentReason.choices]


class StockTarget(Target):
    kind: ClassVar[str] = "stock"
    label: ClassVar[str] = "Stock"
    noun: ClassVar[str] = "count"
    help_text: ClassVar[str] = (
        "A row per product and bin: the units that were counted there. The difference is posted as an adjustment with your "
        "reason; above the threshold it waits for a second person."
    )
    permission: ClassVar[str] = "inventory.adjust"
    view_permission: ClassVar[str] = "inventory.view"
    document: ClassVar[str] = "inventory.Adjustment"
    key_columns: ClassVar[tuple[str, ...]] = ("sku", "node", "bin", "lot", "status")
    options: ClassVar[tuple[Option, ...]] = (Option("reason", "Reason", _reasons),)
    batch: ClassVar[int] = 200
    columns: ClassVar[tuple[Column, ...]] = (
        Column(
            "sku",
            "SKU",
            is_required=True,
            aliases=("item", "article", "artikelnummer", "product", "product code", "code"),
            example="MUG-BLUE",
        ),
        Column(
            "node",
            "Node",
            is_required=True,
            aliases=("warehouse", "store", "location code", "site", "lager"),
            example="NORTH",
        ),
        Column(
            "bin",
            "Bin",
            aliases=("location", "shelf", "place", "lagerplatz"),
            example="N-A-01",
            help_text="Needed where the node keeps bins.",
        ),
        Column(
            "quantity",
            "Quantity",
            "decimal",
            True,
            ("counted", "qty", "on hand", "stock", "menge", "bestand"),
            "Counted, not the difference.",
            "120",
        ),
        Column(
            "unit",
            "Unit",
            aliases=("uom", "unit of measure"),
            help_text="The base unit, if blank; packs are converted.",
        ),
        Column(
            "status", "Status", example="AVAILABLE", help_text="AVAILABLE (if blank), QUARANTINE or DAMAGED."
        ),
        Column("lot", "Lot", aliases=("batch", "lot code", "charge")),
        Column("expiry_date", "Expiry date", "day", aliases=("expires", "best before")),
        Column(
            "unit_cost",
            "Unit cost",
            "decimal",
            aliases=("cost", "cost price"),
            example="4.20",
            help_text="Per base unit; the latest known, if blank.",
        ),
    )

    def key_of(self, values: Mapping[str, str]) -> tuple[str, ...]:
        status = values["status"].upper() or "AVAILABLE"
        return (
            values["sku"].casefold(),
            values["node"].casefold(),
            values["bin"].casefold(),
            values["lot"],
            status,
        )

    def _context(self, items: Sequence[Item]) -> _Context:
        skus = {item.values["sku"].lower() for item in items}
        products = {
            p.sku.lower(): p for p in Product.objects.annotate(low=Lower("sku")).filter(low__in=skus).select_related("unit")
        }  # fmt: skip
        ids = [product.pk for product in products.values()]
        packs = ProductUnit.objects.filter(product_id__in=ids).values_list(
            "product_id", "unit__code", "factor"
        )
        codes = {item.values["bin"].lower() for item in items}
        places = Location.objects.annotate(low=Lower("code")).filter(low__in=codes, is_active=True)
        lots = Lot.objects.filter(product_id__in=ids, code__in=[item.values["lot"] for item in items])
        return _Context(
            products, {(product, code.lower()): factor for product, code, factor in packs},
            {node.code.lower(): node for node in Node.objects.all()}, {place.code.lower(): place for place in places},
            {(lot.product_id, lot.code): lot.pk for lot in lots}, binned_node_ids(),
        )  # fmt: skip

    def plan(self, items: Sequence[Item], scope: Scope) -> list[Plan]:
        context = self._context(items) if items else None
        plans = []
        for item in items:
            plan = Plan(item, " · ".join(item.values[name] for name in self.key_columns if item.values[name]))
            assert context is not None
            plan.payload = self._count(plan, context)
            plans.append(plan)
        sound = [plan for plan in plans if not plan.problems]
        now = stock_counted_now([plan.payload.bucket for plan in sound])
        for plan, was in zip(sound, now, strict=True):
            new_lot = plan.payload.lot and plan.payload.bucket.lot_id is None
            _say(plan, 0 if new_lot else was)
        return plans

    def _count(self, plan: Plan, context: _Context) -> _Count | None:
        values = plan.item.values
        product = context.products.get(take(plan, lambda: read_required(values, "sku"), "").lower())
        node = context.nodes.get(take(plan, lambda: read_required(values, "node"), "").lower())
        if values["sku"] and product is None:
            plan.refuse(
                unknown("product", values["sku"], "sku", "Use our own SKU, or import the product first.")
            )
        if values["node"] and node is None:
            known = ", ".join(found.code for found in list(context.nodes.values())[:5])
            plan.refuse(unknown("node", values["node"], "node", f"Use a node's code: {known}."))
        status = values["status"].upper() or StockStatus.AVAILABLE
        if status not in _STATUSES:
            plan.refuse(unknown("status", values["status"], "status", f"One of {', '.join(_STATUSES)}."))
        cost = take(plan, lambda: read_decimal(values, "unit_cost"), None) if values["unit_cost"] else None
        if cost is not None and cost < 0:
            plan.refuse(InvalidInput("a cost is not negative", field="unit_cost", remedy="Enter 0 or more."))
        quantity = take(plan, lambda: _units(values, product, context), 0)
        expiry = take(plan, lambda: read_day(values, "expiry_date"), None)
        if product is None or node is None:
            return None
        place = take(plan, lambda: _place(values, node, product, context), None)
        lot = context.lots.get((product.pk, values["lot"])) if values["lot"] else None
        bucket = Bucket(product.pk, node.pk, place, lot, status)
        return _Count(bucket, quantity, cost, values["lot"], expiry)

    def write(self, plans: Sequence[Plan], scope: Scope) -> None:
        fresh = [
            LotDraft(plan.payload.bucket.product_id, plan.payload.lot, plan.payload.expiry)
            for plan in plans
            if plan.payload.lot
        ]
        reason = scope.options["reason"]
        try:
            lots = lot_ensure_many(fresh)
            counts = [_draft(plan.payload, lots) for plan in plans]
            made = stock_count_record_many(
                counts, reason=reason, note=scope.name, actor=scope.actor, at=scope.at
            )
        except KeelError as error:
            error.field = _COLUMNS.get(error.field, error.field)
            raise
        for plan, count, counted in zip(plans, counts, made, strict=True):
            _say(plan, counted.before)
            plan.subject_id = counted.adjustment_id
            bucket = [shown(part) for part in count.bucket]
            plan.after["bucket"] = "/".join(bucket)

    def undo(self, rows: Sequence[Done], scope: Scope) -> list[Undone]:
        """Back to what was there before the count, where the stock is still what was counted."""
        adjustments = Adjustment.objects.in_bulk([row.subject_id for row in rows])
        notes: dict[int, str] = {}
        back: list[tuple[Done, CountDraft]] = []
        for row, now in zip(rows, stock_counted_now([_bucket(row) for row in rows]), strict=True):
            adjustment = adjustments.get(row.subject_id)
            state = adjustment.state if adjustment else AdjustmentState.REJECTED
            if state == AdjustmentState.REJECTED:
                notes[row.row_id] = ""
            elif state != AdjustmentState.POSTED:
                notes[row.row_id] = f"{adjustment} waits for an approval: have it rejected"
            elif now != int(row.after["quantity"]):
                notes[row.row_id] = f"stock has moved since: there are {now} units now"
            else:
                back.append((row, CountDraft(_bucket(row), int(row.before.get("quantity", "0")))))
        return list((notes | _put_back(back, scope)).items())


def _put_back(back: Sequence[tuple[Done, CountDraft]], scope: Scope) -> dict[int, str]:
    """Together when that works; else one half after the other, so that one row's trouble is its own."""
    if not back:
        return {}
    reason = (
        scope.options["reason"]
        if scope.options["reason"] != AdjustmentReason.OPENING
        else AdjustmentReason.OTHER
    )
    try:
        stock_count_record_many(
            [draft for _, draft in back],
            reason=reason,
            note=f"{scope.name} taken back",
            actor=scope.actor,
            at=scope.at,
        )
    except KeelError as error:
        if len(back) == 1:
            return {back[0][0].row_id: error.as_text()}
        middle = len(back) // 2
        return _put_back(back[:middle], scope) | _put_back(back[middle:], scope)
    return {row.row_id: "" for row, _ in back}


def _bucket(row: Done) -> Bucket:
    product, node, place, lot, status = row.after["bucket"].split("/")
    return Bucket(int(product), int(node), int(place) if place else None, int(lot) if lot else None, status)


def _draft(count: _Count, lots: Mapping[tuple[int, str], int]) -> CountDraft:
    lot = lots[count.bucket.product_id, count.lot] if count.lot else None
    return CountDraft(count.bucket._replace(lot_id=lot), count.quantity, count.unit_cost)


def _say(plan: Plan, was: int) -> None:
    plan.before = {"quantity": str(was)} if was else {}
    plan.after = {"quantity": str(plan.payload.quantity)}
    if was == plan.payload.quantity:
        plan.action = UNCHANGED
    elif was:
        plan.action = CHANGED


def _units(values: Mapping[str, str], product: Product | None, context: _Context) -> int:
    """Base units: 2 BOX of 12 are 24."""
    quantity = read_decimal(values, "quantity")
    unit = values["unit"].lower()
    factor = 1
    if product is not None and unit and unit != product.unit.code.lower():
        found = context.packs.get((product.pk, unit))
        if found is None:
            raise InvalidInput(
                f"{product.sku} does not come in {values['unit'][:12]}", field="unit",
                remedy="Use its base unit or one of its packs.",
            )  # fmt: skip
        factor = found
    units = quantity * factor
    if units != units.to_integral_value() or not 0 <= units <= MOST:
        raise InvalidInput(
            f"{shown(units)} is not a whole number of units from 0 on", field="quantity", remedy="Correct the quantity."
        )  # fmt: skip
    return int(units)


def _place(values: Mapping[str, str], node: Node, product: Product, context: _Context) -> int | None:
    if product.is_lot_tracked != bool(values["lot"]):
        raise InvalidInput(
            "the lot is missing" if product.is_lot_tracked else "the product has no lots", field="lot", remedy="Correct the lot."
        )  # fmt: skip
    if not values["bin"]:
        if node.pk in context.binned:
            raise InvalidInput(f"{node.code} keeps its stock in bins", field="bin", remedy="Say which bin.")
        if product.is_lot_tracked:
            raise InvalidInput("lots are counted bin by bin", field="bin", remedy="Say which bin.")
        return None
    place = context.places.get(values["bin"].lower())
    if place is None or place.node_id != node.pk:
        raise unknown(f"bin in {node.code}", values["bin"], "bin", "Choose a bin of the node.")
    return place.pk


register_target(StockTarget())
