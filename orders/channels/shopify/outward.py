"""What is to be asked of Shopify so that a parcel or a refund is known there once? Pure: its lists in, contents out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from erp.core.money import ZERO
from orders.channels.contract import ChannelError, ShipmentNotice
from orders.channels.document import Refund
from orders.channels.shopify import reading
from orders.channels.shopify.after import NOT_SENT

Found = Mapping[str, Any]


def own_parcels(known: Sequence[Found], notice: ShipmentNotice) -> tuple[list[str], dict[str, int]]:
    """This function will return the fulfilments that are this parcel already, and line → units that none of them has.

    A parcel is known by its tracking number; one without is a fulfilment without, of the very same units.
    """
    wanted: dict[str, int] = {}
    for ref, _, units in notice.lines:
        wanted[ref] = wanted.get(ref, 0) + units
    told: list[str] = []
    left = dict(wanted)
    if not wanted:
        raise ChannelError(f"parcel {notice.key} has no lines", final=True)
    for parcel in known:
        if parcel.get("status") in NOT_SENT:
            continue
        numbers = {
            str(number)
            for number in (parcel.get("tracking_numbers") or [parcel.get("tracking_number")])
            if number
        }
        theirs = _units(parcel)
        if notice.tracking_number in numbers or (
            not notice.tracking_number and not numbers and theirs == wanted
        ):
            told.append(str(parcel.get("id")))
            left = {ref: count - theirs.get(ref, 0) for ref, count in left.items()}
    return told, {ref: count for ref, count in left.items() if count > 0}


def _units(parcel: Found) -> dict[str, int]:
    units: dict[str, int] = {}
    for line in parcel.get("line_items") or []:
        ref = str(line.get("id"))
        units[ref] = units.get(ref, 0) + int(line.get("quantity") or 0)
    return units


def fulfilments_to_create(
    waiting: Sequence[Found], notice: ShipmentNotice, units: Mapping[str, int], *, notify: bool
) -> list[dict[str, Any]]:
    """This function will return one fulfilment per location whose fulfilment orders hold the units.

    ChannelError, for good, when the shop does not wait for that many: it was told by somebody else, or took them off.
    """
    left = dict(units)
    by_location: dict[str, list[dict[str, Any]]] = {}
    for order in waiting:
        if order.get("status") not in ("open", "in_progress"):
            continue
        lines = []
        for line in order.get("line_items") or []:
            ref = str(line.get("line_item_id"))
            take = min(left.get(ref, 0), int(line.get("fulfillable_quantity") or 0))
            if take > 0:
                left[ref] -= take
                lines.append({"id": line["id"], "quantity": take})
        if lines:
            place = by_location.setdefault(str(order.get("assigned_location_id")), [])
            place.append({"fulfillment_order_id": order["id"], "fulfillment_order_line_items": lines})
    short = {ref: count for ref, count in left.items() if count}
    if short:
        names = ", ".join(f"{count} × line {ref}" for ref, count in sorted(short.items()))
        raise ChannelError(f"order {notice.order_number}: the shop does not wait for {names}", final=True)
    tracking = {
        "number": notice.tracking_number, "company": notice.carrier, "url": notice.tracking_url,
    }  # fmt: skip
    return [
        {"line_items_by_fulfillment_order": place, "notify_customer": notify,
         "tracking_info": {name: value for name, value in tracking.items() if value}}
        for _, place in sorted(by_location.items())
    ]  # fmt: skip


def _mark(ref: str) -> str:
    return f"[keel {ref}]"


def told_refund(known: Sequence[Found], ref: str) -> str:
    """This function will return the first transaction of the refund that bears our reference, or nothing."""
    for refund in known:
        if _mark(ref) in str(refund.get("note") or ""):
            for found in refund.get("transactions") or []:
                if found.get("kind") == "refund" and found.get("status") not in ("failure", "error"):
                    return str(found.get("id"))
    return ""


def refund_to_create(taken: Sequence[Found], refund: Refund, *, notify: bool) -> dict[str, Any]:
    """This function will return a refund of what the order's transactions took: by one that can pay it all, else by the latest.

    ChannelError, for good, when less than that is left to be paid back.
    """
    paying = [
        (found, room) for found in taken
        if found.get("kind") in ("sale", "capture") and found.get("status") == "success" and (room := _left_of(found, taken)) > 0
    ]  # fmt: skip
    paying.sort(
        key=lambda item: (item[1] < refund.amount, -int(item[0].get("id") or 0))
    )  # one that can pay all, if any
    left, parts = refund.amount, []
    for found, room in paying:
        if left:
            part = min(left, room)
            left -= part
            parts.append(
                {
                    "parent_id": found["id"],
                    "kind": "refund",
                    "gateway": found.get("gateway"),
                    "amount": str(part),
                }
            )
    if left:
        raise ChannelError(
            f"{refund.amount} is to be paid back, the shop has {refund.amount - left} left of what it took",
            final=True,
        )
    lines = [
        {"line_item_id": int(ref), "quantity": units, "restock_type": "cancel"} for ref, units in refund.lines
    ]
    note = f"{refund.reason[:200]} {_mark(refund.ref)}".strip()
    return {"note": note, "notify": notify, "refund_line_items": lines, "transactions": parts}


def _left_of(found: Found, taken: Sequence[Found]) -> Decimal:
    back = [item for item in taken if item.get("kind") == "refund" and item.get("parent_id") == found.get("id")
            and item.get("status") in ("success", "pending")]  # fmt: skip
    return reading.amount(found.get("amount"), "amount") - sum(
        (reading.amount(item.get("amount"), "amount") for item in back), ZERO
    )
