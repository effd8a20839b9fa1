"""Who says what a kit consists of, and who keeps kits out of stock work?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from erp.core.errors import InvalidInput, KeelError, NotFound
from erp.core.models import User
from erp.core.sql import REFUSALS, array, query
from inventory.models import KitComponent, Product
from inventory.models.kit import MOST_PER_KIT
from inventory.selectors.kit import kit_parts
from inventory.services.master import record_sign

MOST_COMPONENTS = 100


class ComponentDraft(NamedTuple):
    """`quantity` base units of a product in one kit."""

    product_id: int
    quantity: int


class KitHasNoStock(InvalidInput):
    """Somebody tried to keep, count, buy or move a kit: only its components are ever there."""

    code = "kit_has_no_stock"


def _no_stock(sku: str) -> KeelError:
    return KitHasNoStock(
        f"{sku} is a kit: it has no stock of its own",
        field="product",
        remedy="Name its components instead.",
        sku=sku,
    )


REFUSALS["inventory.kit_has_no_stock"] = _no_stock


@transaction.atomic
def kit_save(
    *, kit_id: int, components: Sequence[ComponentDraft], reason: str = "", actor: User, at: datetime
) -> Product:
    """This function will make a product a kit of these components, or change what the kit consists of.

    Orders that are here already keep what they were taken in with. InvalidInput names what is wrong: no component, one
    named twice, a kit inside a kit, a product that has stock or lots of its own, a component that is out of use.
    """
    _check_drafts(kit_id, components)
    products = _lock_products({kit_id, *(draft.product_id for draft in components)})
    kit = products.get(kit_id)
    if kit is None:
        raise NotFound(f"there is no product #{kit_id}", field="product", remedy="Reload the list.")
    _refuse_as_kit(kit)
    held = {row.component_id: row for row in KitComponent.objects.filter(kit=kit).order_by("pk")}
    for number, draft in enumerate(components, start=1):
        _refuse_component(number, products.get(draft.product_id), is_new=draft.product_id not in held)
    _write(kit, components, held, reason, actor, at)
    kit.is_kit = True
    said = ", ".join(f"{draft.quantity} × {products[draft.product_id].sku}" for draft in components)
    record_sign(kit, actor=actor, at=at, reason=f"{reason}: {said}"[:100] if reason else said[:100])
    kit.save()
    return kit


@transaction.atomic
def kit_dissolve(*, kit_id: int, reason: str, actor: User, at: datetime) -> Product:
    """This function will make a kit an ordinary product again, which may have stock of its own.

    Orders for the kit keep their components. InvalidInput without a reason, or when it is no kit.
    """
    if not reason.strip():
        raise InvalidInput(
            "dissolving a kit needs a reason", field="reason", remedy="Say why in a few words."
        )
    kit = _lock_products({kit_id}).get(kit_id)
    if kit is None or not kit.is_kit:
        raise InvalidInput("this is no kit", field="product", remedy="Reload the product.")
    for row in KitComponent.objects.filter(kit=kit).order_by("pk"):
        record_sign(row, actor=actor, at=at, reason=reason[:100])
        row.delete()
    kit.is_kit = False
    record_sign(kit, actor=actor, at=at, reason=f"no kit any more: {reason}"[:100])
    kit.save()
    return kit


def kit_save_by_sku(
    *, sku: str, components: Sequence[tuple[str, int]], reason: str = "", actor: User, at: datetime
) -> Product:
    """This function will do what `kit_save` does for SKUs, as a program or a file names them: (sku, units per kit).

    InvalidInput names a SKU that nobody knows.
    """
    wanted = {sku.strip().lower(), *(code.strip().lower() for code, _ in components)}
    rows = query(
        "SELECT lower(sku), id FROM inventory_product WHERE lower(sku) = ANY(%s::text[])",
        [array(wanted, "text")],
    )
    found: dict[str, int] = {row[0]: row[1] for row in rows}
    for number, code in enumerate([sku, *(code for code, _ in components)]):
        if code.strip().lower() not in found:
            field = f"components[{number}].sku" if number else "sku"
            raise InvalidInput(
                f"there is no product “{code[:40]}”", field=field, remedy="Create the product first."
            )
    drafts = [ComponentDraft(found[code.strip().lower()], quantity) for code, quantity in components]
    return kit_save(kit_id=found[sku.strip().lower()], components=drafts, reason=reason, actor=actor, at=at)


def kit_refuse(product_ids: Iterable[int], *, doing: str, field: str = "lines") -> None:
    """This function will raise KitHasNoStock when one of the products is a kit, and name what to use instead."""
    rows = query(
        "SELECT id, sku FROM inventory_product WHERE is_kit AND id = ANY(%s::bigint[]) ORDER BY id LIMIT 1",
        [array(sorted(set(product_ids)), "bigint")],
    )
    if not rows:
        return
    ((kit_id, sku),) = rows
    parts = ", ".join(f"{part.quantity} × {part.sku}" for part in kit_parts([kit_id]).get(kit_id, []))
    raise KitHasNoStock(
        f"{sku} is a kit and has no stock of its own, so it can not be {doing}", field=field,
        remedy=f"Use its components: {parts}.", sku=sku,
    )  # fmt: skip


def _check_drafts(kit_id: int, components: Sequence[ComponentDraft]) -> None:
    if not 1 <= len(components) <= MOST_COMPONENTS:
        raise InvalidInput(
            f"a kit has 1 to {MOST_COMPONENTS} components, not {len(components)}", field="components",
            remedy="Dissolve the kit if it has none." if not components else "Make a kit of fewer products.",
        )  # fmt: skip
    seen: set[int] = set()
    for number, draft in enumerate(components, start=1):
        where = f"components[{number}]"
        if not 1 <= draft.quantity <= MOST_PER_KIT:
            raise InvalidInput(
                f"line {number}: {draft.quantity} is no number of units in a kit", field=where,
                remedy=f"Enter 1 to {MOST_PER_KIT:,}.", line=number,
            )  # fmt: skip
        if draft.product_id == kit_id:
            raise InvalidInput(
                f"line {number}: a kit can not contain itself",
                field=where,
                remedy="Leave it out.",
                line=number,
            )
        if draft.product_id in seen:
            raise InvalidInput(
                f"line {number}: the component is there twice", field=where, remedy="Add the units up.", line=number
            )  # fmt: skip
        seen.add(draft.product_id)


def _lock_products(ids: set[int]) -> dict[int, Product]:
    """In id order; a first stock level of one of them waits (it shares the product's row), and so does a second kit."""
    locked = Product.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    return {product.pk: product for product in locked}


def _refuse_as_kit(kit: Product) -> None:
    if kit.is_kit:
        return
    if kit.is_lot_tracked:
        problem, remedy = "is tracked by lot", "Make a new product the kit; its components may be tracked."
    elif query("SELECT 1 FROM inventory_stocklevel WHERE product_id = %s LIMIT 1", [kit.pk]):
        problem, remedy = "has had stock of its own", "Make a new product the kit."
    elif query("SELECT 1 FROM inventory_kitcomponent WHERE component_id = %s LIMIT 1", [kit.pk]):
        problem, remedy = (
            "is a component of another kit",
            "A kit can not lie inside a kit: list its parts there.",
        )
    else:
        return
    raise InvalidInput(f"{kit.sku} {problem}, so it can not become a kit", field="product", remedy=remedy)


def _refuse_component(number: int, component: Product | None, *, is_new: bool) -> None:
    if component is None:
        problem, remedy = "there is no such product", "Scan it again, or search for it."
    elif component.is_kit:
        problem, remedy = f"{component.sku} is a kit itself", "List the components of that kit instead."
    elif is_new and not component.is_active:
        problem, remedy = f"{component.sku} is out of use", "Take it back into use, or choose another one."
    else:
        return
    raise InvalidInput(f"line {number}: {problem}", field=f"components[{number}]", remedy=remedy, line=number)


def _write(
    kit: Product,
    components: Sequence[ComponentDraft],
    held: Mapping[int, KitComponent],
    reason: str,
    actor: User,
    at: datetime,
) -> None:
    """What stays the same is not written; what changes carries who changed it."""
    wanted = {draft.product_id for draft in components}
    for component_id, row in held.items():
        if component_id not in wanted:
            record_sign(row, actor=actor, at=at, reason=reason[:100])
            row.delete()
    for draft in components:
        row = held.get(draft.product_id) or KitComponent(kit=kit, component_id=draft.product_id)
        if row.pk is None or row.quantity != draft.quantity:
            row.quantity = draft.quantity
            record_sign(row, actor=actor, at=at, reason=reason[:100])
            row.save()
