"""Who sends an order elsewhere than it was ordered to?"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from django.db import transaction

from erp.core.errors import Conflict, InvalidInput
from erp.core.models import User
from orders import checks
from orders.locks import lock_order
from orders.models import DropShip, Order
from orders.services.change import (
    UNRELEASED,
    ChangeNote,
    change_record,
    check_editable,
    check_version,
    need_reason,
)
from orders.services.command import ShipTo
from orders.services.release import order_release_allocation
from orders.services.revalidate import order_recheck
from orders.states import DropShipState, OrderState

_LENGTHS = {"name": 120, "line1": 160, "city": 80, "postcode": 20, "country": 2}


@transaction.atomic
def order_change_address(
    *, order_id: int, ship_to: ShipTo, reason: str, version: str = "", actor: User, at: datetime
) -> list[str]:
    """This function will send a locked order to another address, check it again, and return the kinds of hold opened.

    Into another country the promise is taken back, so that the nodes are chosen anew. Once it is on the floor a Conflict
    says how it is recalled; InvalidInput names the field. What can be written in the country's way without guessing is.
    """
    reason = need_reason(reason)
    order = lock_order(order_id)
    check_version(order, version)
    check_editable(order)
    if order.state not in UNRELEASED:
        raise Conflict(
            f"{order} is on the floor with its old address", field="order",
            remedy="Cancel its fulfilment orders (panel Fulfilment of the order), then change the address and release it again.",
        )  # fmt: skip
    if DropShip.objects.filter(order_line__order=order, state=DropShipState.ORDERED).exists():
        raise Conflict(
            f"a supplier has the old address of {order}", field="order",
            remedy="Cancel his purchase order (panel Drop-ship of the order), change the address, then ask again.",
        )  # fmt: skip
    fields = {f"ship_to_{name}": value.strip() for name, value in asdict(ship_to).items()}
    _check(fields)
    normal = checks.normal_address(checks.AddressFacts(*fields.values()))
    fields = {f"ship_to_{name}": value for name, value in normal._asdict().items()}
    changes = [
        {"what": name.replace("_", " "), "old": getattr(order, name), "new": value}
        for name, value in fields.items() if value != getattr(order, name)
    ]  # fmt: skip
    if not changes:
        raise InvalidInput("the address is the same", field="ship_to_line1", remedy="Change something.")
    if order.state == OrderState.ALLOCATED and fields["ship_to_country"] != order.ship_to_country:
        order_release_allocation(order_id=order_id, reason=f"another country: {reason}", actor=actor, at=at)
    Order.objects.filter(pk=order_id).update(**fields)
    change_record(order=order, note=ChangeNote("ADDRESS", changes, reason, order.total), actor=actor, at=at)
    return order_recheck(order_id, actor=actor, at=at)


def _check(fields: dict[str, str]) -> None:
    for name, length in _LENGTHS.items():
        value = fields[f"ship_to_{name}"]
        if len(value) > length:
            raise InvalidInput(
                f"{name} is longer than {length}", field=f"ship_to_{name}", remedy="Shorten it."
            )
    country = fields["ship_to_country"]
    if country and not (len(country) == 2 and country.isascii() and country.isalpha() and country.isupper()):
        raise InvalidInput(
            "the country is no code", field="ship_to_country", remedy="Two capital letters, such as GB."
        )
