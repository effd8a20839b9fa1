"""What does a row of a file of prices mean?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar

from django.db.models.functions import Lower

from erp.core.errors import InvalidInput
from erp.core.imports.master import MasterTarget, take, unknown
from erp.core.imports.target import Column, Item, Option, Plan, Scope, register_target
from erp.core.imports.values import read_day, read_decimal, read_required, read_whole, shown
from inventory.models import Product
from orders.models import PriceList, PriceListEntry
from orders.services import EntryDraft, price_entry_save
from orders.services.price_entry_many import price_entry_save_many, price_entry_take_back_many
from orders.services.price_list import check_entry

_Key = tuple[int, int, date | None]


@dataclass(frozen=True)
class _Context:
    products: Mapping[str, int]
    entries: Mapping[_Key, PriceListEntry]


def _lists() -> list[tuple[str, str]]:
    rows = PriceList.objects.filter(is_active=True).order_by("code").values_list("code", "name", "currency")
    return [(code, f"{code} · {name} ({currency})") for code, name, currency in rows]


def _minimum(values: Mapping[str, str]) -> int:
    return read_whole(values, "minimum_quantity", 1)


class PriceTarget(MasterTarget):
    kind: ClassVar[str] = "prices"
    label: ClassVar[str] = "Prices"
    noun: ClassVar[str] = "price"
    help_text: ClassVar[str] = (
        "A row per price of one list. The same product, quantity and first day replaces the price; what is not in the file "
        "stays as it is."
    )
    permission: ClassVar[str] = "orders.price_edit"
    view_permission: ClassVar[str] = "orders.view"
    document: ClassVar[str] = "orders.PriceListEntry"
    key_columns: ClassVar[tuple[str, ...]] = ("sku", "minimum_quantity", "valid_from")
    options: ClassVar[tuple[Option, ...]] = (Option("price_list", "Price list", _lists),)
    columns: ClassVar[tuple[Column, ...]] = (
        Column(
            "sku",
            "SKU",
            is_required=True,
            aliases=("item", "article", "artikelnummer", "product", "product code", "code"),
            example="MUG-BLUE",
        ),
        Column(
            "price",
            "Price",
            "decimal",
            is_required=True,
            aliases=("unit price", "net price", "preis"),
            example="12.50",
            help_text="Per base unit, in the list's currency, tax exclusive.",
        ),
        Column(
            "minimum_quantity",
            "From quantity",
            "whole",
            aliases=("quantity", "min qty", "minimum", "moq", "ab menge"),
            example="1",
        ),
        Column("valid_from", "Valid from", "day", aliases=("from", "start date"), example=""),
        Column("valid_to", "Valid to", "day", aliases=("to", "until", "end date"), example=""),
    )

    def key_of(self, values: Mapping[str, str]) -> tuple[str, ...]:
        return values["sku"].casefold(), values["minimum_quantity"].lstrip("0") or "1", values["valid_from"]

    def look_up(self, items: Sequence[Item], scope: Scope) -> _Context:
        skus = {item.values["sku"].lower() for item in items}
        found = Product.objects.annotate(low=Lower("sku")).filter(low__in=skus).values_list("low", "pk")
        products = dict(found)
        entries = PriceListEntry.objects.filter(
            price_list__code=scope.options["price_list"], product_id__in=products.values()
        )
        keyed = {(entry.product_id, entry.minimum_quantity, entry.valid_from): entry for entry in entries}
        return _Context(products, keyed)

    def find(self, item: Item, context: _Context) -> PriceListEntry | None:
        try:
            key = (
                context.products.get(item.values["sku"].lower(), 0),
                _minimum(item.values),
                read_day(item.values, "valid_from"),
            )
        except InvalidInput:
            return None  # `read` says so, with all else that is wrong
        return context.entries.get(key)

    def read(self, plan: Plan, row: PriceListEntry | None, context: _Context, scope: Scope) -> EntryDraft:
        values = plan.item.values
        sku = take(plan, lambda: read_required(values, "sku"), "")
        product = context.products.get(sku.lower())
        if sku and product is None:
            plan.refuse(unknown("product", sku, "sku", "Use our own SKU, or import the product first."))
        valid_to = take(plan, lambda: read_day(values, "valid_to"), None)
        draft = EntryDraft(
            product or 0,
            take(plan, lambda: read_decimal(values, "price"), Decimal(0)),
            take(plan, lambda: _minimum(values), 1),
            take(plan, lambda: read_day(values, "valid_from"), None),
            valid_to if values["valid_to"] or row is None else row.valid_to,
        )
        if not plan.problems:
            take(plan, lambda: check_entry(draft), None)
        return draft

    def texts(self, draft: EntryDraft) -> dict[str, str]:
        return {"price": shown(draft.price), "valid_to": shown(draft.valid_to)}

    def row_texts(self, row: PriceListEntry) -> dict[str, str]:
        return {"price": shown(row.price), "valid_to": shown(row.valid_to)}

    def rows(self, ids: Sequence[int]) -> Mapping[int, PriceListEntry]:
        return PriceListEntry.objects.in_bulk(list(ids))

    def write(self, plans: Sequence[Plan], scope: Scope) -> None:
        price_list = PriceList.objects.get(code=scope.options["price_list"])
        ids = price_entry_save_many(
            price_list_id=price_list.pk, drafts=[plan.payload for plan in plans], reason=scope.name, actor=scope.actor,
            at=scope.at,
        )  # fmt: skip
        for plan, entry_id in zip(plans, ids, strict=True):
            plan.subject_id = entry_id

    def restore(self, row: PriceListEntry, before: Mapping[str, str], scope: Scope) -> None:
        valid_to = read_day(before, "valid_to") if "valid_to" in before else row.valid_to
        price = Decimal(before.get("price", shown(row.price)))
        draft = EntryDraft(row.product_id, price, row.minimum_quantity, row.valid_from, valid_to)
        price_entry_save(price_list_id=row.price_list_id, draft=draft, actor=scope.actor, at=scope.at)

    def take_back(self, ids: Sequence[int], scope: Scope) -> dict[int, str]:
        return price_entry_take_back_many(entry_ids=ids, reason=scope.name, actor=scope.actor, at=scope.at)


register_target(PriceTarget())
