"""What do suppliers send straight to customers, of which orders and lines?"""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import QuerySet, Sum

from orders.models import DropShip
from orders.states import DROP_SHIP_OPEN


def drop_ships() -> QuerySet[DropShip]:
    """This function will return drop-ships with what a table shows: order and product."""
    return DropShip.objects.select_related("order_line__order", "order_line__product")


def drop_ships_of_order(order_id: int) -> list[DropShip]:
    """This function will return the drop-ships of an order, in the order in which they were asked for."""
    return list(drop_ships().filter(order_line__order=order_id).order_by("pk"))


def drop_ships_of_purchase(purchase_type: str, purchase_ids: Sequence[int]) -> list[DropShip]:
    """This function will return the drop-ships that purchase documents bring."""
    return list(
        drop_ships().filter(purchase_type=purchase_type, purchase_id__in=list(purchase_ids)).order_by("pk")
    )


def drop_ship_units(line_ids: Sequence[int]) -> dict[int, int]:
    """This function will return the units per order line that a supplier was asked for and has not sent yet."""
    sums = (
        DropShip.objects.filter(order_line__in=list(line_ids), state__in=DROP_SHIP_OPEN)
        .order_by()
        .values("order_line_id")
        .annotate(asked=Sum("quantity"), sent=Sum("quantity_shipped"), off=Sum("quantity_cancelled"))
    )
    return {row["order_line_id"]: row["asked"] - row["sent"] - row["off"] for row in sums}
