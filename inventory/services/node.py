"""Who changes where stock may lie: nodes, bins and buffers?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.db import transaction
from simple_history.utils import bulk_create_with_history

from erp.core.errors import InvalidInput, NotFound
from erp.core.models import User
from erp.core.sql import execute, query
from inventory.models import Location, Node, StockBuffer
from inventory.services.kit import kit_refuse
from inventory.services.master import record_sign
from inventory.services.product import clean_text


@dataclass(frozen=True)
class NodeDraft:
    """A node as a person describes it; `country` ISO 3166-1 alpha-2, `handling_cost` per order in base currency."""

    code: str
    name: str
    kind: str
    country: str
    latitude: Decimal = Decimal(0)
    longitude: Decimal = Decimal(0)
    can_ship: bool = True
    rank: int = 100
    handling_cost: Decimal = Decimal(0)
    is_active: bool = True


class LocationDraft(NamedTuple):
    """A place inside a node. `parent` is the code of the zone or aisle it belongs to, blank for none."""

    code: str
    kind: str = "BIN"
    parent: str = ""
    walk_order: int = 0
    is_pickable: bool = True


@transaction.atomic
def node_save(draft: NodeDraft, *, node_id: int | None = None, actor: User, at: datetime) -> Node:
    """This function will create or change a node.

    InvalidInput for a code that is taken, an unknown kind or country form, and for closing a node that still holds
    stock.
    """
    node = Node() if node_id is None else Node.objects.select_for_update().filter(pk=node_id).first()
    if node is None:
        raise NotFound(f"there is no node #{node_id}", field="node", remedy="Reload the list.")
    if Node.DROPSHIP in (draft.kind, node.kind):
        raise InvalidInput(
            "the drop-ship node is kept by Keel", field="kind", remedy="Choose warehouse, store or 3PL."
        )
    code = clean_text(draft.code, "code", 20).upper()
    if Node.objects.filter(code=code).exclude(pk=node_id or 0).exists():
        raise InvalidInput(f"there is a node {code} already", field="code", remedy="Choose another code.")
    if draft.kind not in dict(Node.KINDS):
        raise InvalidInput("no such kind of node", field="kind", remedy="Choose from the list.")
    country = draft.country.strip().upper()
    if not (len(country) == 2 and country.isascii() and country.isalpha()):
        raise InvalidInput("the country is not a code", field="country", remedy="Two letters, such as GB.")
    if not draft.is_active and node_id and _holds_stock(node_id):
        raise InvalidInput(
            f"{code} still holds stock", field="is_active", remedy="Transfer or adjust it away first."
        )
    node.code, node.name, node.kind, node.country = (
        code,
        clean_text(draft.name, "name", 80),
        draft.kind,
        country,
    )
    node.latitude, node.longitude = draft.latitude, draft.longitude
    node.can_ship, node.rank = draft.can_ship, draft.rank
    node.handling_cost, node.is_active = draft.handling_cost, draft.is_active
    record_sign(node, actor=actor, at=at)
    node.save()
    return node


def _holds_stock(node_id: int) -> bool:
    return bool(
        query("SELECT 1 FROM inventory_stocklevel WHERE node_id = %s AND quantity <> 0 LIMIT 1", [node_id])
    )


@transaction.atomic
def location_create_many(
    *, node_id: int, drafts: Sequence[LocationDraft], actor: User, at: datetime
) -> list[Location]:
    """This function will create zones, aisles and bins of a node, parents before children, and return them in order.

    InvalidInput for a code that is taken anywhere in the company, and for a parent that is not in this node.
    """
    checked = [
        draft._replace(code=clean_text(draft.code, "code", 40).upper(), parent=draft.parent.upper())
        for draft in drafts
    ]
    codes = [draft.code for draft in checked]
    taken = sorted(Location.objects.filter(code__in=codes).values_list("code", flat=True))
    taken += sorted({code for code in codes if codes.count(code) > 1}) if len(set(codes)) < len(codes) else []
    if taken:
        raise InvalidInput(
            f"there is a place {taken[0]} already", field="code", remedy="Choose another code."
        )
    made: dict[str, Location] = {}
    for parent, children in _families(checked):
        for location in _add_children(node_id, parent, children, actor, at):
            made[location.code] = location
    return [made[code] for code in codes]


def _families(drafts: Sequence[LocationDraft]) -> list[tuple[str, list[LocationDraft]]]:
    """Children by parent, each family after the one that its parent is born in."""
    families: dict[str, list[LocationDraft]] = {}
    for draft in drafts:
        families.setdefault(draft.parent, []).append(draft)
    born = {draft.code: draft for draft in drafts}

    def depth(code: str, seen: int = 0) -> int:
        if code not in born or seen > len(drafts):
            return 0
        return 1 + depth(born[code].parent, seen + 1)

    return sorted(families.items(), key=lambda family: depth(family[0]))


def _add_children(
    node_id: int, parent_code: str, drafts: Sequence[LocationDraft], actor: User, at: datetime
) -> list[Location]:
    """One family in a constant number of statements: mptt itself would renumber the tree once per child."""
    kinds = dict(Location.KINDS)
    for draft in drafts:
        if draft.kind not in kinds:
            raise InvalidInput("no such kind of place", field="kind", remedy="Choose from the list.")
    parent = (
        Location.objects.select_for_update().filter(code=parent_code, node_id=node_id).first()
        if parent_code
        else None
    )
    if parent_code and parent is None:
        raise InvalidInput(
            f"there is no place {parent_code} in this node", field="parent", remedy="Create the parent first."
        )
    if parent is None:
        tree = query("SELECT coalesce(max(tree_id), 0) FROM inventory_location")[0][0]
    else:
        edge, width = parent.rght, 2 * len(drafts)
        execute(
            "UPDATE inventory_location SET rght = rght + %s, lft = lft + CASE WHEN lft > %s THEN %s ELSE 0 END "
            "WHERE tree_id = %s AND rght >= %s",
            [width, edge, width, parent.tree_id, edge],
        )
    rows = []
    for index, draft in enumerate(drafts):
        location = Location(
            node_id=node_id, code=draft.code, kind=draft.kind, walk_order=draft.walk_order,
            is_pickable=draft.is_pickable and draft.kind == "BIN", parent=parent,
        )  # fmt: skip
        location.tree_id = parent.tree_id if parent else tree + 1 + index
        location.lft = edge + 2 * index if parent else 1
        location.rght = location.lft + 1
        location.level = parent.level + 1 if parent else 0
        rows.append(location)
    return list(bulk_create_with_history(rows, Location, default_user=actor, default_date=at))


@transaction.atomic
def location_save(
    *, location_id: int, walk_order: int, is_pickable: bool, is_active: bool, actor: User, at: datetime
) -> Location:
    """This function will change how a place is used; InvalidInput for closing one that is not empty."""
    location = Location.objects.select_for_update().filter(pk=location_id).first()
    if location is None:
        raise NotFound(f"there is no place #{location_id}", field="location", remedy="Reload the list.")
    if not is_active and query(
        "SELECT 1 FROM inventory_binstock WHERE location_id = %s AND quantity > 0 LIMIT 1", [location_id]
    ):
        raise InvalidInput(
            f"{location.code} is not empty", field="is_active", remedy="Move its stock to another bin first."
        )
    location.walk_order, location.is_pickable, location.is_active = walk_order, is_pickable, is_active
    record_sign(location, actor=actor, at=at)
    location.save()
    return location


@transaction.atomic
def buffer_save(
    *, node_id: int, product_id: int | None, quantity: int, channel_code: str = "", actor: User, at: datetime
) -> StockBuffer:
    """This function will set how many units of a product (None: of every product) a node keeps back from promises.

    With `channel_code` the units are kept back from that channel on top of those kept back from everyone.
    """
    if not 0 <= quantity < 2**31:
        raise InvalidInput("the quantity is out of range", field="quantity", remedy="Enter 0 or more.")
    kit_refuse([product_id] if product_id else [], doing="kept back", field="sku")
    key = {"node_id": node_id, "product_id": product_id, "channel_code": channel_code}
    buffer = StockBuffer.objects.select_for_update().filter(**key).first() or StockBuffer(**key)
    buffer.quantity = quantity
    record_sign(buffer, actor=actor, at=at)
    buffer.save()
    return buffer


@transaction.atomic
def buffer_remove(*, buffer_id: int, actor: User, at: datetime) -> None:
    """This function will let promises use the units again; NotFound when there is no such buffer."""
    buffer = StockBuffer.objects.select_for_update().filter(pk=buffer_id).first()
    if buffer is not None:
        record_sign(buffer, actor=actor, at=at)
        buffer.delete()
    else:
        raise NotFound(f"there is no buffer #{buffer_id}", field="buffer", remedy="Reload the list.")
