"""Which lines of which of a channel's orders are the units in a parcel, in the channel's own words, and what was told before?

A substitute stands for the line it replaced, a merged line for the line of the order it came from, and a kit for its
components: as many kits are told as are whole by now, less those that were told before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from erp.core.sql import array, query
from orders.models import ChannelOrder, ChannelPublication, OrderKit, OrderLine

Told = tuple[str, str, int]
# Each line with the line that the channel knows it by: up through substitutes and merges.
_ROOTS = """
WITH RECURSIVE up AS (
    SELECT l.id AS line_id, l.id AS root_id, coalesce(l.substitute_of_id, l.merged_from_id) AS above, 0 AS depth
      FROM orders_orderline l WHERE l.id = ANY(%s::bigint[])
    UNION ALL
    SELECT up.line_id, l.id, coalesce(l.substitute_of_id, l.merged_from_id), up.depth + 1
      FROM up JOIN orders_orderline l ON l.id = up.above WHERE up.depth < 20)
SELECT line_id, root_id FROM up WHERE above IS NULL
"""
_TO_TELL = """
SELECT l.id, o.external_id, l.order_id, l.kit_id, l.channel_sku FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id
 WHERE l.id = ANY(%s::bigint[]) AND o.channel_id = %s ORDER BY l.order_id, l.position
"""


class _Root(NamedTuple):
    id: int
    external_id: str
    order_id: int
    kit_id: int | None
    channel_sku: str


def told_lines(
    channel_id: int, external_id: str, units: Mapping[int, int], *, key: str
) -> dict[str, list[Told]]:
    """This function will return, per external id of an order, the (channel line ref, channel SKU, units) in a parcel.

    `units` by our order line id. The parcel's own order is always among them, without lines when nothing of it is known there.
    """
    roots: dict[int, int] = dict(tuple(row) for row in query(_ROOTS, [array(units, "bigint")]))
    counted: dict[int, int] = {}
    for line, count in units.items():
        counted[roots.get(line, line)] = counted.get(roots.get(line, line), 0) + count
    found = [_Root(*row) for row in query(_TO_TELL, [array(counted, "bigint"), channel_id])]
    told: dict[str, list[Told]] = {external_id: []}
    for order_id in sorted({root.order_id for root in found}):
        mine = [root for root in found if root.order_id == order_id]
        told.setdefault(mine[0].external_id, []).extend(_of_order(channel_id, mine, counted, key))
    return told


def _of_order(channel_id: int, roots: Sequence[_Root], counted: Mapping[int, int], key: str) -> list[Told]:
    order_id, external_id = roots[0].order_id, roots[0].external_id
    known = ChannelOrder.objects.filter(channel=channel_id, external_id=external_id).first()
    refs = {place: ref for ref, place in known.line_map.items()} if known else {}
    places = _places(order_id)
    rows: list[Told] = []
    for root in roots:
        if root.kit_id is None:
            place = places.get(root.id, 0)
            rows.append((refs.get(place, str(place)), root.channel_sku, counted[root.id]))
    for kit_id in sorted({root.kit_id for root in roots if root.kit_id is not None}):
        kit = OrderKit.objects.get(pk=kit_id)
        place = places.get(-kit_id, 0)
        ref = refs.get(place, str(place))
        whole = _whole(kit_id) - _told_before(channel_id, external_id, ref, key)
        if whole > 0:
            rows.append((ref, kit.channel_sku, whole))
    return rows


def _places(order_id: int) -> dict[int, int]:
    """Position of each item, as `ChannelOrder.line_map` has it: by line id; of a kit, its first component's by its id negated."""
    lines = OrderLine.objects.filter(order=order_id).order_by("position")
    seen: dict[int, int] = {}
    for line, kit, position in lines.values_list("id", "kit_id", "position"):
        seen.setdefault(line if kit is None else -kit, position)
    return seen


def _whole(kit_id: int) -> int:
    lines = OrderLine.objects.filter(kit=kit_id).values_list("quantity_shipped", "quantity_per_kit")
    return min((shipped // per_kit for shipped, per_kit in lines if per_kit), default=0)


def _told_before(channel_id: int, external_id: str, ref: str, key: str) -> int:
    rows = ChannelPublication.objects.filter(channel=channel_id, external_id=external_id, kind="SHIPMENT")
    return sum(
        units for lines in rows.exclude(key=key).values_list("lines", flat=True) for name, units in lines if name == ref
    )  # fmt: skip


def published_refs(channel_id: int, external_id: str, kind: str) -> set[str]:
    """This function will return the channel's ids of our own shipments or refunds of an order: what comes back as an echo."""
    rows = ChannelPublication.objects.filter(channel=channel_id, external_id=external_id, kind=kind)
    return {name for pair in rows.values_list("ref", "tracking_number") for name in pair if name}
