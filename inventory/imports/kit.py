"""What do the rows of a kit file mean? A row per component; all rows of a kit are what it consists of from now on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.db.models.functions import Lower

from erp.core.errors import KeelError
from erp.core.imports.master import take, unknown
from erp.core.imports.target import (
    CHANGED,
    NEW,
    UNCHANGED,
    Column,
    Done,
    Item,
    Plan,
    Scope,
    Target,
    Undone,
    register_target,
)  # fmt: skip
from erp.core.imports.values import read_required, read_whole
from inventory.models import Product
from inventory.selectors.kit import kit_parts
from inventory.services import kit_dissolve, kit_save_by_sku

Parts = list[tuple[str, int]]


def _said(parts: Parts) -> str:
    return ", ".join(f"{quantity} × {sku}" for sku, quantity in sorted(parts))


def _read(said: str) -> Parts:
    return [(sku, int(quantity)) for quantity, _, sku in (part.partition(" × ") for part in said.split(", "))]


class KitTarget(Target):
    kind: ClassVar[str] = "kits"
    label: ClassVar[str] = "Kits"
    noun: ClassVar[str] = "kit"
    help_text: ClassVar[str] = (
        "A row per component. All rows of a kit are what it consists of from now on; orders that are here already stay."
    )
    permission: ClassVar[str] = "inventory.product_edit"
    view_permission: ClassVar[str] = "inventory.view"
    document: ClassVar[str] = "inventory.Product"
    key_columns: ClassVar[tuple[str, ...]] = ("kit",)
    grouped: ClassVar[bool] = True
    batch: ClassVar[int] = 100
    columns: ClassVar[tuple[Column, ...]] = (
        Column("kit", "Kit", is_required=True, aliases=("kit sku", "bundle", "set"), example="GIFT-SET"),
        Column(
            "component",
            "Component",
            is_required=True,
            aliases=("component sku", "part", "sku"),
            example="MUG-BLUE",
        ),
        Column(
            "quantity", "Quantity", "whole", True, ("qty", "units", "menge"), "Base units in one kit.", "2"
        ),
    )

    def plan(self, items: Sequence[Item], scope: Scope) -> list[Plan]:
        skus = {
            values[name].lower() for item in items for _, values in item.rows for name in ("kit", "component")
        }
        found = Product.objects.annotate(low=Lower("sku")).filter(low__in=skus)
        products = {product.sku.lower(): product for product in found}
        now = kit_parts([product.pk for product in products.values()])
        return [self._plan(item, products, now) for item in items]

    def _plan(self, item: Item, products: Mapping[str, Product], now: dict[int, list[Any]]) -> Plan:
        plan = Plan(item, item.values["kit"])
        kit = products.get(take(plan, lambda: read_required(item.values, "kit"), "").lower())
        if item.values["kit"] and kit is None:
            plan.refuse(unknown("product", item.values["kit"], "kit", "Create the product first."))
        parts: Parts = []
        for number, values in item.rows:
            try:
                sku = read_required(values, "component")
                component = products.get(sku.lower())
                if component is None:
                    raise unknown("product", sku, "component", "Create the product first.")
                parts.append((component.sku, read_whole(values, "quantity")))
            except KeelError as error:
                plan.refuse(error, row=number, column=error.field)
        if plan.problems or kit is None:
            return plan
        before: Parts = [(part.sku, part.quantity) for part in now.get(kit.pk, [])]
        plan.subject_id, plan.payload = kit.pk, (kit.sku, parts)
        plan.after = {"components": _said(parts)}
        plan.before = {"components": _said(before)} if before else {}
        plan.action = NEW if not before else UNCHANGED if sorted(before) == sorted(parts) else CHANGED
        return plan

    def write(self, plans: Sequence[Plan], scope: Scope) -> None:
        for plan in plans:
            sku, parts = plan.payload
            kit_save_by_sku(sku=sku, components=parts, reason=scope.name, actor=scope.actor, at=scope.at)

    def undo(self, rows: Sequence[Done], scope: Scope) -> list[Undone]:
        now = kit_parts([row.subject_id for row in rows])
        return [(row.row_id, self._undo(row, now.get(row.subject_id, []), scope)) for row in rows]

    @staticmethod
    def _undo(row: Done, now: list[Any], scope: Scope) -> str:
        current = _said([(part.sku, part.quantity) for part in now])
        if current != row.after["components"]:
            return f"the kit was changed since: it is {current or 'no kit'} now"
        reason = f"{scope.name} taken back"
        try:
            if row.action == NEW:
                kit_dissolve(kit_id=row.subject_id, reason=reason, actor=scope.actor, at=scope.at)
            else:
                kit_save_by_sku(
                    sku=row.key, components=_read(row.before["components"]), reason=reason, actor=scope.actor, at=scope.at
                )  # fmt: skip
        except KeelError as error:
            return error.as_text()
        return ""


register_target(KitTarget())
