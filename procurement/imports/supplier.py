"""What does a row of a supplier file mean?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings

from erp.core.imports.master import MasterTarget, take, texts_of
from erp.core.imports.target import CHANGED, Column, Item, Plan, Scope, register_target
from erp.core.imports.values import read_decimal, read_flag, read_required, read_whole
from procurement.models import Supplier
from procurement.services.supplier import supplier_validated
from procurement.services.supplier_many import SupplierDraft, supplier_save_many, supplier_take_back_many

_FIELDS = tuple(asdict(SupplierDraft("", "", "")))


class SupplierTarget(MasterTarget):
    kind: ClassVar[str] = "suppliers"
    label: ClassVar[str] = "Suppliers"
    noun: ClassVar[str] = "supplier"
    help_text: ClassVar[str] = (
        "A row per supplier. A known code is changed; a blank cell leaves what is there."
    )
    permission: ClassVar[str] = "procurement.edit"
    view_permission: ClassVar[str] = "procurement.view"
    document: ClassVar[str] = "procurement.Supplier"
    key_columns: ClassVar[tuple[str, ...]] = ("code",)
    batch: ClassVar[int] = 200
    columns: ClassVar[tuple[Column, ...]] = (
        Column(
            "code",
            "Code",
            is_required=True,
            aliases=("supplier code", "supplier", "vendor", "vendor code", "number", "lieferant"),
            example="ACME",
        ),
        Column(
            "name",
            "Name",
            aliases=("supplier name", "company", "firma"),
            example="Acme Ltd",
            help_text="Needed for a new supplier.",
        ),
        Column("email", "E-mail", aliases=("email address", "mail"), example="orders@acme.example"),
        Column(
            "currency",
            "Currency",
            aliases=("currency code",),
            example="GBP",
            help_text="ISO 4217; the base currency, if blank.",
        ),
        Column(
            "rate",
            "Rate",
            "decimal",
            aliases=("exchange rate",),
            example="",
            help_text="Base currency per unit of a foreign currency.",
        ),
        Column("lead_time_days", "Lead time in days", "whole", aliases=("lead time",), example="7"),
        Column("payment_days", "Payment days", "whole", aliases=("payment terms", "terms"), example="30"),
        Column("is_active", "Active", "flag", example="yes"),
    )

    def look_up(self, items: Sequence[Item], scope: Scope) -> dict[str, Supplier]:
        codes = [item.values["code"].upper() for item in items]
        return {supplier.code: supplier for supplier in Supplier.objects.filter(code__in=codes)}

    def find(self, item: Item, context: dict[str, Supplier]) -> Supplier | None:
        return context.get(item.values["code"].upper())

    def read(self, plan: Plan, row: Supplier | None, context: Any, scope: Scope) -> SupplierDraft:
        values = plan.item.values
        base = settings.KEEL_BASE_CURRENCY
        draft = (
            SupplierDraft(**{name: getattr(row, name) for name in _FIELDS})
            if row
            else SupplierDraft("", "", base)
        )
        read: dict[str, Any] = {"code": take(plan, lambda: read_required(values, "code"), "").upper()}
        if row is None:
            read["name"] = take(plan, lambda: read_required(values, "name"), "")
        read |= {name: values[name] for name in ("name", "email") if values[name]}
        if values["currency"]:
            read["currency"] = values["currency"].upper()
        if values["rate"]:
            read["rate"] = take(plan, lambda: read_decimal(values, "rate"), None)
        for name in ("lead_time_days", "payment_days"):
            if values[name]:
                read[name] = take(plan, lambda name=name: read_whole(values, name), 0)  # type: ignore[misc]
        if values["is_active"]:
            read["is_active"] = take(plan, lambda: read_flag(values, "is_active", True), True)
        draft = replace(draft, **read)
        if plan.problems:
            return draft
        rate = take(plan, lambda: supplier_validated(**_checked(draft)), None)
        return replace(draft, rate=rate)

    def texts(self, draft: SupplierDraft) -> dict[str, str]:
        return texts_of(draft, _FIELDS)

    def row_texts(self, row: Supplier) -> dict[str, str]:
        return texts_of(row, _FIELDS)

    def rows(self, ids: Sequence[int]) -> Mapping[int, Supplier]:
        return Supplier.objects.in_bulk(list(ids))

    def write(self, plans: Sequence[Plan], scope: Scope) -> None:
        drafts = [(plan.subject_id if plan.action == CHANGED else None, plan.payload) for plan in plans]
        ids = supplier_save_many(drafts, actor=scope.actor, at=scope.at)
        for plan, supplier_id in zip(plans, ids, strict=True):
            plan.subject_id = supplier_id

    def restore(self, row: Supplier, before: Mapping[str, str], scope: Scope) -> None:
        values: dict[str, Any] = dict(before)
        values |= {name: int(before[name]) for name in ("lead_time_days", "payment_days") if name in before}
        if "rate" in before:
            values["rate"] = Decimal(before["rate"])
        if "is_active" in before:
            values["is_active"] = before["is_active"] == "yes"
        draft = replace(SupplierDraft(**{name: getattr(row, name) for name in _FIELDS}), **values)
        supplier_save_many([(row.pk, draft)], actor=scope.actor, at=scope.at)

    def take_back(self, ids: Sequence[int], scope: Scope) -> dict[int, str]:
        return supplier_take_back_many(supplier_ids=ids, reason=scope.name, actor=scope.actor, at=scope.at)


def _checked(draft: SupplierDraft) -> dict[str, Any]:
    values = asdict(draft)
    del values["is_active"]
    return values


register_target(SupplierTarget())
