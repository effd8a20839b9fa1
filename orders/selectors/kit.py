"""What does an order look like to who ordered it: its lines, and its kits with their components below them?"""

from __future__ import annotations

from dataclasses import dataclass, field

from orders.models import OrderKit, OrderLine
from orders.states import KitProgress, derive_kit_progress


@dataclass(frozen=True)
class OrderedItem:
    """One thing that was ordered: a line, or a kit with its component lines and how far it is."""

    position: int
    kit: OrderKit | None = None
    lines: list[OrderLine] = field(default_factory=list)

    @property
    def progress(self) -> KitProgress:
        return derive_kit_progress((line, line.quantity_per_kit or 1) for line in self.lines)

    @property
    def kits_left(self) -> int:
        """Whole kits of which nothing has left or is cancelled: the most that can still be cancelled."""
        return min(
            (line.quantity_ordered - line.quantity_shipped - line.quantity_cancelled) // (line.quantity_per_kit or 1)
            for line in self.lines
        )  # fmt: skip


def ordered_items(order_id: int) -> list[OrderedItem]:
    """This function will return an order's lines and kits by position, in two queries."""
    kits = {kit.pk: kit for kit in OrderKit.objects.filter(order_id=order_id).select_related("product")}
    items: list[OrderedItem] = []
    of_kit: dict[int, OrderedItem] = {}
    lines = OrderLine.objects.filter(order_id=order_id).order_by("position")
    for line in lines.select_related("product", "substitute_of", "merged_from__order"):
        item = of_kit.get(line.kit_id or 0)
        if item is None:
            item = OrderedItem(line.position, kits[line.kit_id] if line.kit_id else None)
            items.append(item)
            if line.kit_id:
                of_kit[line.kit_id] = item
        item.lines.append(line)
    return items
