"""What does a row of a file of substitutions mean?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, ClassVar

from django.db.models.functions import Lower

from erp.core.errors import InvalidInput
from erp.core.imports.master import MasterTarget, take, texts_of, unknown
from erp.core.imports.target import CHANGED, Column, Item, Plan, Scope, register_target
from erp.core.imports.values import read_day, read_flag, read_required, read_whole
from inventory.models import Product
from orders.models import Substitution
from orders.services import SubstitutionDraft, substitution_save
from orders.services.substitution_many import substitution_take_back_many

_FIELDS = tuple(
    field.name for field in fields(SubstitutionDraft) if field.name not in ("product", "substitute")
)
_WHOLE = ("quantity_product", "quantity_substitute", "priority")
_FLAGS = ("is_both_ways", "needs_agreement", "is_active")
_DAYS = ("valid_from", "valid_to")


class SubstitutionTarget(MasterTarget):
    kind: ClassVar[str] = "substitutions"
    label: ClassVar[str] = "Substitutions"
    noun: ClassVar[str] = "rule"
    help_text: ClassVar[str] = (
        "A row per pair of products. A known pair is changed; a blank cell leaves what is there."
    )
    permission: ClassVar[str] = "orders.substitution_edit"
    view_permission: ClassVar[str] = "orders.view"
    document: ClassVar[str] = "orders.Substitution"
    key_columns: ClassVar[tuple[str, ...]] = ("product", "substitute")
    batch: ClassVar[int] = 100
    columns: ClassVar[tuple[Column, ...]] = (
        Column("product", "Product", is_required=True, aliases=("sku",), example="MUG-BLUE"),
        Column(
            "substitute",
            "Substitute",
            is_required=True,
            aliases=("replacement", "substitute sku"),
            example="MUG-RED",
        ),
        Column("quantity_product", "Units of the product", "whole", example="1"),
        Column("quantity_substitute", "Units of the substitute", "whole", example="1"),
        Column("is_both_ways", "Both ways", "flag", example="no"),
        Column("needs_agreement", "Customer agrees", "flag", example="yes"),
        Column("price_rule", "Price rule", example="LOWER", help_text="KEEP or LOWER."),
        Column("valid_from", "Valid from", "day", aliases=("from",)),
        Column("valid_to", "Valid to", "day", aliases=("to",)),
        Column("priority", "Priority", "whole", example="0"),
        Column("is_active", "In force", "flag", aliases=("active",), example="yes"),
    )

    def look_up(self, items: Sequence[Item], scope: Scope) -> tuple[dict[str, str], Any]:
        skus = {item.values[name].lower() for item in items for name in ("product", "substitute")}
        products = Product.objects.annotate(low=Lower("sku")).filter(low__in=skus).values_list("low", "sku")
        rules = Substitution.objects.select_related("product", "substitute").annotate(
            low=Lower("product__sku")
        )
        found = {(rule.product.sku, rule.substitute.sku): rule for rule in rules.filter(low__in=skus)}
        return dict(products), found

    def find(self, item: Item, context: Any) -> Substitution | None:
        products, rules = context
        pair = tuple(products.get(item.values[name].lower(), "") for name in ("product", "substitute"))
        found: Substitution | None = rules.get(pair)
        return found

    def read(self, plan: Plan, row: Substitution | None, context: Any, scope: Scope) -> SubstitutionDraft:
        values, products = plan.item.values, context[0]
        pair = {}
        for name in ("product", "substitute"):
            sku = take(plan, lambda name=name: read_required(values, name), "")  # type: ignore[misc]
            pair[name] = products.get(sku.lower(), "")
            if sku and not pair[name]:
                plan.refuse(unknown("product", sku, name, "Use our own SKU."))
        draft = SubstitutionDraft(**pair)
        if row is not None:
            draft = replace(draft, **{name: getattr(row, name) for name in _FIELDS})
        read: dict[str, Any] = {}
        for names, reader in ((_WHOLE, read_whole), (_DAYS, read_day)):
            for name in names:
                if values[name]:
                    read[name] = take(plan, lambda name=name, reader=reader: reader(values, name), None)  # type: ignore[misc]
        for name in _FLAGS:
            if values[name]:
                read[name] = take(plan, lambda name=name: read_flag(values, name, True), True)  # type: ignore[misc]
        if values["price_rule"]:
            read["price_rule"] = values["price_rule"].upper()
        if abs(read.get("priority") or 0) > 30_000:
            plan.refuse(
                InvalidInput("the priority is out of range", field="priority", remedy="0 is the usual one.")
            )
        return draft if plan.problems else replace(draft, **read)

    def texts(self, draft: SubstitutionDraft) -> dict[str, str]:
        return texts_of(draft, _FIELDS)

    def row_texts(self, row: Substitution) -> dict[str, str]:
        return texts_of(row, _FIELDS)

    def rows(self, ids: Sequence[int]) -> Mapping[int, Substitution]:
        return Substitution.objects.select_related("product", "substitute").in_bulk(list(ids))

    def write(self, plans: Sequence[Plan], scope: Scope) -> None:
        for plan in plans:
            known = plan.subject_id if plan.action == CHANGED else None
            rule = substitution_save(plan.payload, substitution_id=known, actor=scope.actor, at=scope.at)
            plan.subject_id = rule.pk

    def restore(self, row: Substitution, before: Mapping[str, str], scope: Scope) -> None:
        values: dict[str, Any] = {name: getattr(row, name) for name in _FIELDS}
        for name, text in before.items():
            values[name] = (
                int(text) if name in _WHOLE else text == "yes" if name in _FLAGS
                else read_day(before, name) if name in _DAYS else text
            )  # fmt: skip
        draft = SubstitutionDraft(product=row.product.sku, substitute=row.substitute.sku, **values)
        substitution_save(draft, substitution_id=row.pk, actor=scope.actor, at=scope.at)

    def take_back(self, ids: Sequence[int], scope: Scope) -> dict[int, str]:
        return substitution_take_back_many(
            substitution_ids=ids, reason=scope.name, actor=scope.actor, at=scope.at
        )


register_target(SubstitutionTarget())
